//! The progress of an operation: which resources are done, in progress and for how long, or failed.

use std::time::Duration;

use crate::cloudformation::StackEvent;
use indexmap::IndexMap;

/// The progress of an operation.
///
/// Takes events, and the time at which each was received, counted from any fixed moment: resources in progress are timed by it, finished
/// ones by the events' timestamps.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    expected: usize,
    done: usize,
    failed: usize,
    cancelled: usize,
    rolling_back: bool,
    in_progress: IndexMap<String, InProgress>,
}

/// A resource in progress.
#[derive(Clone, Debug, PartialEq, Eq)]
struct InProgress {
    received: Duration,
    /// How long it was in progress before it was received.
    earlier: Duration,
    began: Option<jiff::Timestamp>,
}

/// What an event means for the progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// An event of the stack itself.
    Stack,
    /// A resource is in progress.
    InProgress,
    /// A resource is done, with its duration.
    Done(Option<Duration>),
    /// A resource failed, with its duration.
    Failed(Option<Duration>),
    /// A resource was cancelled because another one failed.
    Cancelled,
}

impl Progress {
    /// Starts with the expected number of creations, updates and deletions of resources.
    pub fn new(expected: usize) -> Self {
        Self { expected, ..Self::default() }
    }

    /// Adds an event that was received at time `now`.
    pub fn add(&mut self, event: &StackEvent, now: Duration) -> Step {
        self.add_at(event, now, Duration::ZERO)
    }

    /// Adds an event that happened `ago` before following started.
    pub fn add_earlier(&mut self, event: &StackEvent, ago: Duration) -> Step {
        self.add_at(event, Duration::ZERO, ago)
    }

    fn add_at(&mut self, event: &StackEvent, received: Duration, earlier: Duration) -> Step {
        if event.is_of_stack() {
            if event.status.as_stack_status().is_rolling_back() && !self.rolling_back {
                // Every resource touched so far has to be rolled back.
                let touched = self.done + self.failed + self.cancelled + self.in_progress.len();
                *self = Self { expected: touched, rolling_back: true, ..Self::default() };
            }
            return Step::Stack;
        }
        if event.status.is_in_progress() || event.hook.is_some() {
            self.in_progress.entry(event.logical_id.clone()).or_insert_with(|| InProgress { received, earlier, began: event.at() });
            return Step::InProgress;
        }
        let in_progress = self.in_progress.shift_remove(&event.logical_id);
        let took = in_progress.and_then(|in_progress| Duration::try_from(event.at()?.duration_since(in_progress.began?)).ok());
        let step = match (event.status.is_failed(), event.is_cancellation()) {
            (true, true) => {
                self.cancelled += 1;
                Step::Cancelled
            }
            (true, false) => {
                self.failed += 1;
                Step::Failed(took)
            }
            (false, _) => {
                self.done += 1;
                Step::Done(took)
            }
        };
        // A rollback, or an operation that an earlier run started, may have more steps than expected.
        self.expected = self.expected.max(self.finished() + self.in_progress.len());
        step
    }

    /// Returns the number of expected steps.
    pub fn expected(&self) -> usize {
        self.expected
    }

    /// Returns the number of finished steps, including failed and cancelled ones.
    pub fn finished(&self) -> usize {
        self.done + self.failed + self.cancelled
    }

    /// Returns whether the operation is rolling back.
    pub fn is_rolling_back(&self) -> bool {
        self.rolling_back
    }

    /// Returns the problems in words, such as `1 failed, 2 cancelled`; empty if there are none.
    pub fn trouble(&self) -> String {
        let mut parts: Vec<String> = self.rolling_back.then(|| "rolling back".to_owned()).into_iter().collect();
        let counts = [(self.failed, "failed"), (self.cancelled, "cancelled")];
        parts.extend(counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")));
        parts.join(", ")
    }

    /// Returns the counts in words, such as `4 of 11 done, 2 in progress, 1 failed`.
    pub fn counts(&self) -> String {
        let mut text = format!("{} of {} {}", self.done, self.expected, if self.rolling_back { "rolled back" } else { "done" });
        for (count, word) in [(self.in_progress.len(), "in progress"), (self.failed, "failed"), (self.cancelled, "cancelled")] {
            if count > 0 {
                text.push_str(&format!(", {count} {word}"));
            }
        }
        text
    }

    /// Returns the resources in progress and how long each has been, the longest first.
    pub fn waiting_for(&self, now: Duration) -> Vec<(&str, Duration)> {
        let mut names: Vec<(&str, Duration)> = self
            .in_progress
            .iter()
            .map(|(name, in_progress)| (name.as_str(), now.saturating_sub(in_progress.received) + in_progress.earlier))
            .collect();
        names.sort_by_key(|(_, since)| std::cmp::Reverse(*since));
        names
    }
}

/// Returns how long ago an event happened; zero if its time is unknown or not in the past.
pub fn age(event: &StackEvent) -> Duration {
    event.at().and_then(|at| Duration::try_from(jiff::Timestamp::now().duration_since(at)).ok()).unwrap_or_default()
}

/// Returns a duration for people: `0.4s`, `42s`, `3m 05s`, `1h 02m`.
pub fn format_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{}.{}s", seconds, duration.subsec_millis() / 100),
        10..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(logical_id: &str, status: &str, second: u32, reason: &str) -> StackEvent {
        let own = logical_id == "rack";
        StackEvent {
            timestamp: format!("2026-01-02T03:04:{second:02}Z"),
            logical_id: logical_id.to_owned(),
            physical_id: own.then(|| "arn:aws:cloudformation:us-east-1:1:stack/rack/1".to_owned()),
            resource_type: if own { crate::cloudformation::STACK_TYPE } else { "AWS::SQS::Queue" }.to_owned(),
            status: status.into(),
            status_reason: Some(reason.to_owned()),
            ..StackEvent::default()
        }
    }

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn each_resource_is_timed_and_counted_once() {
        let mut progress = Progress::new(3);
        assert_eq!(progress.add(&event("rack", "UPDATE_IN_PROGRESS", 0, ""), at(0)), Step::Stack);
        progress.add(&event("A", "CREATE_IN_PROGRESS", 1, ""), at(1));
        progress.add(&event("A", "CREATE_IN_PROGRESS", 2, "Resource creation Initiated"), at(2));
        progress.add(&event("B", "CREATE_IN_PROGRESS", 5, ""), at(5));
        assert_eq!(progress.waiting_for(at(8)), [("A", at(7)), ("B", at(3))]);
        assert_eq!(progress.add(&event("A", "CREATE_COMPLETE", 9, ""), at(60)), Step::Done(Some(at(8))), "by the events' own times");
        assert_eq!(progress.counts(), "1 of 3 done, 1 in progress");
    }

    #[test]
    fn a_rollback_counts_the_resources_touched_before() {
        let mut progress = Progress::new(9);
        for name in ["A", "B", "C"] {
            progress.add(&event(name, "CREATE_IN_PROGRESS", 1, ""), at(1));
        }
        progress.add(&event("A", "CREATE_COMPLETE", 2, ""), at(2));
        progress.add(&event("B", "CREATE_FAILED", 2, "no"), at(2));
        assert_eq!(progress.add(&event("C", "CREATE_FAILED", 2, "Resource creation cancelled"), at(2)), Step::Cancelled);
        assert_eq!(progress.counts(), "1 of 9 done, 1 failed, 1 cancelled");
        progress.add(&event("rack", "UPDATE_ROLLBACK_IN_PROGRESS", 3, ""), at(3));
        assert_eq!((progress.counts().as_str(), progress.is_rolling_back()), ("0 of 3 rolled back", true));
        progress.add(&event("rack", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", 3, ""), at(3));
        progress.add(&event("A", "DELETE_COMPLETE", 4, ""), at(4));
        assert_eq!((progress.counts().as_str(), progress.trouble().as_str()), ("1 of 3 rolled back", "rolling back"));
    }

    #[test]
    fn earlier_events_count_towards_the_time_in_progress() {
        let mut progress = Progress::new(1);
        progress.add_earlier(&event("A", "CREATE_IN_PROGRESS", 1, ""), at(90));
        assert_eq!(progress.waiting_for(at(5)), [("A", at(95))]);
    }

    #[test]
    fn finished_steps_never_exceed_expected_steps() {
        let mut progress = Progress::new(1);
        for status in ["CREATE_IN_PROGRESS", "CREATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"] {
            progress.add(&event("A", status, 1, ""), at(1));
            assert!(progress.finished() <= progress.expected(), "{status}");
        }
        assert_eq!(progress.expected(), 2);
    }

    #[test]
    fn durations_are_formatted_for_people() {
        let durations = [400, 9_900, 42_000, 185_000, 3_720_000].map(|ms| format_duration(Duration::from_millis(ms)));
        assert_eq!(durations, ["0.4s", "9.9s", "42s", "3m 05s", "1h 02m"]);
    }
}
