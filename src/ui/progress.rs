//! Stack events as they come in: lines, and a bar where a terminal can draw one.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::events::event_line;
use super::layout::Layout;
use super::styles::styled;
use crate::apply::tally::{Step, Tally, span};
use crate::cloudformation::StackEvent;

/// How long nothing may be written where no bar can be drawn, so that a CI job's log does not look dead.
const SILENCE: Duration = Duration::from_secs(60);

/// Below how many columns there is no room for a bar.
const NARROW: usize = 60;

/// Events of one operation as they come in.
///
/// On a terminal a bar counts the steps that are done and names those in work, the longest first, and only what is done or failed
/// scrolls by; without one, every event is a line, and long silence is broken by what is waited for.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    layout: Layout,
    tally: Tally,
    began: Instant,
    written: Instant,
}

impl Progress {
    /// Starts with so many steps to go, each the creation, update or deletion of one resource; draws only when told that it can.
    pub fn new(steps: usize, can_draw: bool, layout: Layout) -> Self {
        let now = Instant::now();
        let bar = can_draw.then(|| {
            let bar = ProgressBar::with_draw_target(u64::try_from(steps).ok(), ProgressDrawTarget::stderr());
            let shape =
                if layout.width < NARROW { "{pos}/{len} {wide_msg}" } else { "{elapsed_precise} [{bar:20}] {pos}/{len} {wide_msg}" };
            bar.set_style(ProgressStyle::with_template(shape).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
            bar
        });
        Self { bar, layout, tally: Tally::new(steps), began: now, written: now }
    }

    /// Takes in an event from before, which is no news.
    pub fn earlier(&mut self, event: &StackEvent) {
        let ago = event.at().and_then(|at| Duration::try_from(jiff::Timestamp::now().duration_since(at)).ok());
        self.tally.take_earlier(event, ago.unwrap_or_default());
        self.draw();
    }

    /// Takes an event in; returns the line to write when there is no bar.
    pub fn event(&mut self, event: &StackEvent) -> Option<String> {
        let step = self.tally.take(event, self.began.elapsed());
        let took = match step {
            Step::Done(Some(took)) | Step::Failed(Some(took)) if took >= Duration::from_millis(100) => {
                styled(self.layout.styles.dim, format!("  ({})", span(took))).to_string()
            }
            _ => String::new(),
        };
        let line = format!("{}{took}", event_line(event, self.layout));
        self.written = Instant::now();
        let Some(bar) = &self.bar else { return Some(line) };
        // What is in work stands beside the bar, and what was cancelled follows from what failed.
        if !matches!(step, Step::Doing | Step::Cancelled) {
            bar.println(line);
        }
        self.draw();
        None
    }

    /// Lets time go by; returns a line to write where nothing was written for long.
    pub fn waiting(&mut self) -> Option<String> {
        self.draw();
        if self.bar.is_some() || self.written.elapsed() < SILENCE {
            return None;
        }
        self.written = Instant::now();
        Some(format!("{:.3}  {}", jiff::Timestamp::now(), self.state()))
    }

    /// Writes a remark above the bar; returns it where there is none.
    pub fn remark(&mut self, text: String) -> Option<String> {
        match &self.bar {
            Some(bar) => {
                bar.println(text);
                None
            }
            None => Some(text),
        }
    }

    /// Takes the bar off the screen.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }

    fn draw(&self) {
        let Some(bar) = &self.bar else { return };
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        bar.set_length(number(self.tally.expected()));
        bar.set_position(number(self.tally.settled()));
        let waiting = self.waiting_for();
        bar.set_message([self.tally.trouble(), waiting].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; "));
    }

    fn waiting_for(&self) -> String {
        let names = self.tally.waiting_for(self.began.elapsed()).into_iter().map(|(name, since)| format!("{name} {}", span(since)));
        names.collect::<Vec<_>>().join(", ")
    }

    /// Returns how far it is and what is waited for.
    fn state(&self) -> String {
        let (counts, waiting) = (self.tally.counts(), self.waiting_for());
        if waiting.is_empty() { counts } else { format!("{counts}; waiting for {waiting}") }
    }
}

#[cfg(test)]
mod tests {
    use super::{Layout, Progress};
    use crate::cloudformation::StackEvent;

    fn event(logical_id: &str, status: &str, second: u32) -> StackEvent {
        StackEvent {
            timestamp: format!("2026-01-02T03:04:{second:02}.000Z"),
            logical_id: logical_id.to_owned(),
            resource_type: "AWS::EFS::FileSystem".to_owned(),
            status: status.into(),
            ..StackEvent::default()
        }
    }

    #[test]
    fn a_line_tells_how_long_it_took() {
        let mut progress = Progress::new(1, false, Layout::plain());
        progress.event(&event("Files", "CREATE_IN_PROGRESS", 1));
        let line = progress.event(&event("Files", "CREATE_COMPLETE", 43)).unwrap_or_default();
        assert!(line.ends_with("AWS::EFS::FileSystem  (42s)"), "{line}");
    }

    #[test]
    fn what_is_waited_for_is_named() {
        let mut progress = Progress::new(2, false, Layout::plain());
        progress.event(&event("Files", "CREATE_IN_PROGRESS", 1));
        assert!(progress.state().starts_with("0 of 2 done, 1 in work; waiting for Files 0."), "{}", progress.state());
    }

    #[test]
    fn a_narrow_line_leaves_the_date_out() {
        let layout = Layout { width: 80, ..Layout::plain() };
        let line = Progress::new(1, false, layout).event(&event("Files", "CREATE_COMPLETE", 1)).unwrap_or_default();
        assert_eq!(line, "03:04:01  CREATE_COMPLETE  Files  AWS::EFS::FileSystem");
    }
}
