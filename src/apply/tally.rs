//! How far an operation is: what is done, what is being done and for how long, what failed.

use std::time::Duration;

use crate::cloudformation::StackEvent;
use indexmap::IndexMap;

/// How far an operation is.
///
/// Takes events, and the time at which each came in, counted from any one moment: what is in work is measured by that, what is done by the
/// events' own times.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    expected: usize,
    done: usize,
    failed: usize,
    cancelled: usize,
    turned_back: bool,
    doing: IndexMap<String, Doing>,
}

/// A resource in work.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Doing {
    came_in: Duration,
    /// How long it was in work before it came in.
    head_start: Duration,
    began: Option<jiff::Timestamp>,
}

/// What an event is to the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The stack itself.
    Stack,
    /// A resource that is begun, or goes on.
    Doing,
    /// A resource that is done, with how long it took.
    Done(Option<Duration>),
    /// A resource that failed.
    Failed(Option<Duration>),
    /// A resource that was cancelled because another one failed.
    Cancelled,
}

impl Tally {
    /// Begins with so many creations, updates and deletions of a resource to go.
    pub fn new(expected: usize) -> Self {
        Self { expected, ..Self::default() }
    }

    /// Takes an event that came in at that time.
    pub fn take(&mut self, event: &StackEvent, now: Duration) -> Step {
        self.take_at(event, now, Duration::ZERO)
    }

    /// Takes an event that happened so long before the count began.
    pub fn take_earlier(&mut self, event: &StackEvent, ago: Duration) -> Step {
        self.take_at(event, Duration::ZERO, ago)
    }

    fn take_at(&mut self, event: &StackEvent, came_in: Duration, head_start: Duration) -> Step {
        if event.is_of_stack() {
            if event.status.as_stack_status().is_rolling_back() && !self.turned_back {
                // What was touched is what has to go back.
                let touched = self.done + self.failed + self.cancelled + self.doing.len();
                *self = Self { expected: touched, turned_back: true, ..Self::default() };
            }
            return Step::Stack;
        }
        if event.status.is_in_progress() || event.hook.is_some() {
            self.doing.entry(event.logical_id.clone()).or_insert_with(|| Doing { came_in, head_start, began: event.at() });
            return Step::Doing;
        }
        let doing = self.doing.shift_remove(&event.logical_id);
        let took = doing.and_then(|doing| Duration::try_from(event.at()?.duration_since(doing.began?)).ok());
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
        // A way back, or what an earlier run began, takes more than was expected.
        self.expected = self.expected.max(self.settled() + self.doing.len());
        step
    }

    /// Returns how many steps are expected in all.
    pub fn expected(&self) -> usize {
        self.expected
    }

    /// Returns how many steps are behind, however they ended.
    pub fn settled(&self) -> usize {
        self.done + self.failed + self.cancelled
    }

    /// Tells whether it is on the way back.
    pub fn is_turned_back(&self) -> bool {
        self.turned_back
    }

    /// Returns what does not go well in words, such as `1 failed, 2 cancelled`; empty when all does.
    pub fn trouble(&self) -> String {
        let mut parts: Vec<String> = self.turned_back.then(|| "going back".to_owned()).into_iter().collect();
        let counts = [(self.failed, "failed"), (self.cancelled, "cancelled")];
        parts.extend(counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")));
        parts.join(", ")
    }

    /// Returns the counts in words, such as `4 of 11 done, 2 in work, 1 failed`.
    pub fn counts(&self) -> String {
        let mut text = format!("{} of {} {}", self.done, self.expected, if self.turned_back { "undone" } else { "done" });
        for (count, word) in [(self.doing.len(), "in work"), (self.failed, "failed"), (self.cancelled, "cancelled")] {
            if count > 0 {
                text.push_str(&format!(", {count} {word}"));
            }
        }
        text
    }

    /// Returns what is waited for at that time, the longest first.
    pub fn waiting_for(&self, now: Duration) -> Vec<(&str, Duration)> {
        let mut names: Vec<(&str, Duration)> =
            self.doing.iter().map(|(name, doing)| (name.as_str(), now.saturating_sub(doing.came_in) + doing.head_start)).collect();
        names.sort_by_key(|(_, since)| std::cmp::Reverse(*since));
        names
    }
}

/// Returns a span of time as a person reads it: `0.4s`, `42s`, `3m 05s`, `1h 02m`.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..10 => format!("{}.{}s", seconds, span.subsec_millis() / 100),
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
        let mut tally = Tally::new(3);
        assert_eq!(tally.take(&event("rack", "UPDATE_IN_PROGRESS", 0, ""), at(0)), Step::Stack);
        tally.take(&event("A", "CREATE_IN_PROGRESS", 1, ""), at(1));
        tally.take(&event("A", "CREATE_IN_PROGRESS", 2, "Resource creation Initiated"), at(2));
        tally.take(&event("B", "CREATE_IN_PROGRESS", 5, ""), at(5));
        assert_eq!(tally.waiting_for(at(8)), [("A", at(7)), ("B", at(3))]);
        assert_eq!(tally.take(&event("A", "CREATE_COMPLETE", 9, ""), at(60)), Step::Done(Some(at(8))), "by the events' own times");
        assert_eq!(tally.counts(), "1 of 3 done, 1 in work");
    }

    #[test]
    fn the_way_back_counts_what_was_touched() {
        let mut tally = Tally::new(9);
        for name in ["A", "B", "C"] {
            tally.take(&event(name, "CREATE_IN_PROGRESS", 1, ""), at(1));
        }
        tally.take(&event("A", "CREATE_COMPLETE", 2, ""), at(2));
        tally.take(&event("B", "CREATE_FAILED", 2, "no"), at(2));
        assert_eq!(tally.take(&event("C", "CREATE_FAILED", 2, "Resource creation cancelled"), at(2)), Step::Cancelled);
        assert_eq!(tally.counts(), "1 of 9 done, 1 failed, 1 cancelled");
        tally.take(&event("rack", "UPDATE_ROLLBACK_IN_PROGRESS", 3, ""), at(3));
        assert_eq!((tally.counts().as_str(), tally.is_turned_back()), ("0 of 3 undone", true));
        tally.take(&event("rack", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", 3, ""), at(3));
        tally.take(&event("A", "DELETE_COMPLETE", 4, ""), at(4));
        assert_eq!((tally.counts().as_str(), tally.trouble().as_str()), ("1 of 3 undone", "going back"));
    }

    #[test]
    fn what_was_in_work_before_is_waited_for_from_its_beginning() {
        let mut tally = Tally::new(1);
        tally.take_earlier(&event("A", "CREATE_IN_PROGRESS", 1, ""), at(90));
        assert_eq!(tally.waiting_for(at(5)), [("A", at(95))]);
    }

    #[test]
    fn the_count_never_passes_its_end() {
        let mut tally = Tally::new(1);
        for status in ["CREATE_IN_PROGRESS", "CREATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"] {
            tally.take(&event("A", status, 1, ""), at(1));
            assert!(tally.settled() <= tally.expected(), "{status}");
        }
        assert_eq!(tally.expected(), 2);
    }

    #[test]
    fn spans_read_like_a_clock() {
        let spans = [400, 9_900, 42_000, 185_000, 3_720_000].map(|ms| span(Duration::from_millis(ms)));
        assert_eq!(spans, ["0.4s", "9.9s", "42s", "3m 05s", "1h 02m"]);
    }
}
