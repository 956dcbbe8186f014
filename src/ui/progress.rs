//! Progress of an operation: stack events as lines, and a progress bar on a terminal.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::door::painted;
use super::events::event_line;
use super::layout::Layout;
use super::styles::styled;
use crate::apply::progress::{Progress as OperationProgress, Step, age, format_duration};
use crate::cloudformation::StackEvent;

/// The interval without output after which a status line is written if there is no bar, so that a CI job does not seem to hang.
const SILENCE: Duration = Duration::from_secs(60);

/// The width below which no bar is shown.
const NARROW: usize = 60;

/// The progress of one operation.
///
/// On a terminal a bar counts completed steps and names those in progress, the longest first, and only completed and failed steps are
/// written as lines. Without a terminal, every event is a line, and after a long silence a line names the steps in progress.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    layout: Layout,
    progress: OperationProgress,
    began: Instant,
    written: Instant,
}

impl Progress {
    /// Starts with `steps` steps, each the creation, update or deletion of one resource; shows a bar if `can_draw`.
    pub fn new(steps: usize, can_draw: bool, layout: Layout) -> Self {
        let now = Instant::now();
        let bar = can_draw.then(|| {
            let bar = ProgressBar::with_draw_target(u64::try_from(steps).ok(), ProgressDrawTarget::stderr());
            let shape =
                if layout.width < NARROW { "{pos}/{len} {wide_msg}" } else { "{elapsed_precise} [{bar:20}] {pos}/{len} {wide_msg}" };
            bar.set_style(ProgressStyle::with_template(shape).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
            bar
        });
        Self { bar, layout, progress: OperationProgress::new(steps), began: now, written: now }
    }

    /// Records an event that was already shown.
    pub fn earlier(&mut self, event: &StackEvent) {
        self.progress.add_earlier(event, age(event));
        self.draw();
    }

    /// Records an event; returns the line to write if there is no bar.
    pub fn event(&mut self, event: &StackEvent) -> Option<String> {
        let step = self.progress.add(event, self.began.elapsed());
        let took = match step {
            Step::Done(Some(took)) | Step::Failed(Some(took)) if took >= Duration::from_millis(100) => {
                styled(self.layout.styles.dim, format!("  ({})", format_duration(took))).to_string()
            }
            _ => String::new(),
        };
        let line = format!("{}{took}", event_line(event, self.layout));
        self.written = Instant::now();
        let Some(bar) = &self.bar else { return Some(line) };
        // The bar shows steps in progress, and cancelled steps follow from a failure.
        if !matches!(step, Step::InProgress | Step::Cancelled) {
            bar.println(self.painted(&line));
        }
        self.draw();
        None
    }

    /// Updates the bar; returns a status line to write after a long silence.
    pub fn waiting(&mut self) -> Option<String> {
        self.draw();
        if self.bar.is_some() || self.written.elapsed() < SILENCE {
            return None;
        }
        self.written = Instant::now();
        Some(format!("{:.3}  {}", jiff::Timestamp::now(), self.state()))
    }

    /// Writes a remark above the bar; returns the remark if there is no bar.
    pub fn remark(&mut self, text: String) -> Option<String> {
        match &self.bar {
            Some(bar) => {
                bar.println(self.painted(&text));
                None
            }
            None => Some(text),
        }
    }

    /// Removes the bar.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }

    fn draw(&self) {
        let Some(bar) = &self.bar else { return };
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        bar.set_length(number(self.progress.expected()));
        bar.set_position(number(self.progress.finished()));
        let waiting = self.waiting_for();
        let message = [self.progress.trouble(), waiting].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
        bar.set_message(self.painted(&message).replace('\n', " "));
    }

    /// Returns a text as the bar writes it.
    fn painted(&self, text: &str) -> String {
        painted(text, self.layout.styles.colored).into_owned()
    }

    fn waiting_for(&self) -> String {
        let names =
            self.progress.waiting_for(self.began.elapsed()).into_iter().map(|(name, since)| format!("{name} {}", format_duration(since)));
        names.collect::<Vec<_>>().join(", ")
    }

    /// Returns the number of completed steps and the steps in progress.
    fn state(&self) -> String {
        let (counts, waiting) = (self.progress.counts(), self.waiting_for());
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
    fn a_line_shows_the_duration() {
        let mut progress = Progress::new(1, false, Layout::plain());
        progress.event(&event("Files", "CREATE_IN_PROGRESS", 1));
        let line = progress.event(&event("Files", "CREATE_COMPLETE", 43)).unwrap_or_default();
        assert!(line.ends_with("AWS::EFS::FileSystem  (42s)"), "{line}");
    }

    #[test]
    fn the_status_names_steps_in_progress() {
        let mut progress = Progress::new(2, false, Layout::plain());
        progress.event(&event("Files", "CREATE_IN_PROGRESS", 1));
        assert!(progress.state().starts_with("0 of 2 done, 1 in progress; waiting for Files 0."), "{}", progress.state());
    }

    #[test]
    fn a_narrow_line_omits_the_date() {
        let layout = Layout { width: 80, ..Layout::plain() };
        let line = Progress::new(1, false, layout).event(&event("Files", "CREATE_COMPLETE", 1)).unwrap_or_default();
        assert_eq!(line, "03:04:01  CREATE_COMPLETE  Files  AWS::EFS::FileSystem");
    }
}
