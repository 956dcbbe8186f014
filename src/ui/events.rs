//! Stack events as they come in: lines with their time, and a bar where a terminal can draw one.

use anstyle::Style;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::layout::Layout;
use super::styles::{Styles, styled};
use crate::backend::StackEvent;

/// Returns an event as one line without a newline: time, status, logical ID, type, reason.
pub fn event_line(event: &StackEvent, layout: Layout) -> String {
    let styles = layout.styles;
    let status = event.status.0.as_str();
    let reason = event.status_reason.as_deref().map(|reason| format!("  {}", reason.replace('\n', " "))).unwrap_or_default();
    format!(
        "{}  {}  {:28}  {}{reason}",
        styled(styles.dim, &event.timestamp),
        styled(status_style(status, styles), format!("{status:34}")),
        event.logical_id,
        event.resource_type,
    )
    .trim_end()
    .to_owned()
}

/// Returns the style of a stack's or resource's status.
pub fn status_style(status: &str, styles: Styles) -> Style {
    if status.contains("FAILED") || status.contains("ROLLBACK") {
        styles.alarm
    } else if status.ends_with("IN_PROGRESS") {
        styles.update
    } else {
        styles.add
    }
}

/// Events of one execution as they come in.
///
/// On a terminal a bar counts the steps that are done and names those in work, and only what is done or failed scrolls by;
/// without one, every event is a line.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    layout: Layout,
    in_work: Vec<String>,
}

impl Progress {
    /// Starts with so many steps to go, each the creation, update or deletion of one resource; draws only when told that it can.
    pub fn new(steps: usize, can_draw: bool, layout: Layout) -> Self {
        let bar = can_draw.then(|| {
            let bar = ProgressBar::with_draw_target(u64::try_from(steps).ok(), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{elapsed_precise} [{bar:24}] {pos}/{len} {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
            bar
        });
        Self { bar, layout, in_work: Vec::new() }
    }

    /// Takes an event in; returns the line to write when there is no bar.
    pub fn event(&mut self, event: &StackEvent) -> Option<String> {
        let line = event_line(event, self.layout);
        let Some(bar) = &self.bar else {
            return Some(line);
        };
        let status = event.status.0.as_str();
        self.in_work.retain(|id| *id != event.logical_id);
        if event.resource_type == "AWS::CloudFormation::Stack" {
            bar.println(line);
        } else if status.ends_with("IN_PROGRESS") {
            self.in_work.push(event.logical_id.clone());
        } else {
            bar.println(line);
            // A way back, or what an earlier run began, takes more steps than were expected.
            bar.set_length(bar.length().unwrap_or(0).max(bar.position() + 1));
            bar.inc(1);
        }
        bar.set_message(self.in_work.join(", "));
        None
    }

    /// Takes the bar off the screen.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Layout, Progress, Styles};
    use crate::backend::StackEvent;

    #[test]
    fn the_count_never_passes_its_end() {
        let mut progress = Progress::new(1, true, Layout { width: 80, styles: Styles::when(false), whole: false });
        for status in ["CREATE_IN_PROGRESS", "CREATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"] {
            progress.event(&StackEvent {
                id: String::new(),
                timestamp: String::new(),
                logical_id: "Files".to_owned(),
                physical_id: None,
                resource_type: "AWS::EFS::FileSystem".to_owned(),
                status: status.into(),
                status_reason: None,
            });
            let bar = progress.bar.as_ref();
            assert!(bar.is_some_and(|bar| bar.position() <= bar.length().unwrap_or(0)), "{status}");
        }
        assert_eq!(progress.bar.as_ref().map(|bar| bar.position()), Some(2));
    }
}
