//! JSON lines of commands that run an operation: on standard output, in a file beside the human view, or both.

use std::time::Duration;

use serde::Serialize;

use crate::apply::progress::{Progress, age};
use crate::cli::{Context, Failure, Format};
use crate::cloudformation::StackEvent;
use crate::ui;

/// The interval without a line after which a heartbeat is written, so that a long step does not look like a program that died.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(10);

/// Writes a line where JSON is wanted: to standard output with the JSON format, and to the file of `--json-into`.
///
/// # Errors
///
/// Returns an error if writing fails.
pub fn write<T: Serialize>(context: &mut Context<'_>, format: Format, line: &T) -> Result<(), Failure> {
    if format != Format::Json && context.json_file.is_none() {
        return Ok(());
    }
    let text = ui::json_line(line)?;
    // The file has every line, also if standard output is closed.
    let written = context.json_file.as_mut().map_or(Ok(()), |file| file.write(&text));
    if format == Format::Json {
        context.answer(&text)?;
    }
    written
}

/// What is known of an operation that has no new event.
#[derive(Debug, Serialize)]
pub struct Heartbeat<'p> {
    /// When, RFC 3339, UTC.
    pub timestamp: String,
    /// Since the operation is followed, in seconds.
    pub elapsed_seconds: u64,
    /// The number of finished steps.
    pub finished: usize,
    /// The number of all steps, as far as it is known.
    pub expected: usize,
    /// The logical IDs of resources in progress, the longest first.
    pub in_progress: Vec<&'p str>,
}

/// Counts the steps of an operation, and knows when a heartbeat is due.
#[derive(Debug)]
pub struct Pulse {
    progress: Progress,
    last: Duration,
}

impl Pulse {
    /// Starts with the number of expected steps.
    pub fn new(steps: usize) -> Self {
        Self { progress: Progress::new(steps), last: Duration::ZERO }
    }

    /// Records an event that was written `now` after the start.
    pub fn event(&mut self, event: &StackEvent, now: Duration) {
        self.progress.add(event, now);
        self.last = now;
    }

    /// Records an event from before the start.
    pub fn earlier(&mut self, event: &StackEvent) {
        self.progress.add_earlier(event, age(event));
    }

    /// Returns a heartbeat if nothing was written for the interval.
    pub fn beat(&mut self, now: Duration, timestamp: String) -> Option<Heartbeat<'_>> {
        if now.saturating_sub(self.last) < HEARTBEAT_INTERVAL {
            return None;
        }
        self.last = now;
        let in_progress = self.progress.waiting_for(now).into_iter().map(|(name, _)| name).collect();
        let (finished, expected) = (self.progress.finished(), self.progress.expected());
        Some(Heartbeat { timestamp, elapsed_seconds: now.as_secs(), finished, expected, in_progress })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_heartbeat_comes_after_a_silence_and_names_what_is_in_progress() {
        let mut pulse = Pulse::new(3);
        let event = |name: &str, status: &str| StackEvent {
            logical_id: name.to_owned(),
            resource_type: "AWS::EFS::FileSystem".to_owned(),
            status: status.into(),
            ..StackEvent::default()
        };
        pulse.event(&event("Files", "CREATE_IN_PROGRESS"), Duration::from_secs(1));
        pulse.event(&event("Key", "CREATE_IN_PROGRESS"), Duration::from_secs(2));
        pulse.event(&event("Key", "CREATE_COMPLETE"), Duration::from_secs(3));
        assert!(pulse.beat(Duration::from_secs(12), String::new()).is_none());
        let beat = serde_json::to_value(pulse.beat(Duration::from_secs(13), "2026-01-02T03:04:05Z".to_owned()).unwrap()).unwrap();
        let expected = serde_json::json!({
            "timestamp": "2026-01-02T03:04:05Z", "elapsed_seconds": 13, "finished": 1, "expected": 3, "in_progress": ["Files"]
        });
        assert_eq!(beat, expected);
        assert!(pulse.beat(Duration::from_secs(22), String::new()).is_none(), "a heartbeat is a line, too");
        assert!(pulse.beat(Duration::from_secs(23), String::new()).is_some());
    }
}
