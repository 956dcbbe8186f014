//! When to poll again: soon after a change, rarely while nothing changes, and more rarely still after a failed poll.

use std::time::Duration;

/// The result of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollResult {
    /// There is something new.
    Changed,
    /// Nothing is new.
    Unchanged,
    /// The request failed, and a retry may succeed.
    Failed,
}

/// The pauses between polls.
///
/// A poll makes up to two requests, so there are never more than three requests a second. CloudFormation does not publish the rate at which
/// it throttles; the limit is per account and shared with every other caller in it. The pause therefore grows while nothing changes, and
/// grows further while requests fail. Each operation adds its own jitter, so that several of them do not poll in step.
#[derive(Clone, Debug)]
pub struct PollSchedule {
    unchanged: u32,
    failed: u32,
    /// Per mille of a pause that is added to it.
    jitter: u32,
}

impl PollSchedule {
    /// The shortest pause between two polls.
    pub const SHORTEST: Duration = Duration::from_millis(800);
    /// The longest pause while requests succeed, without jitter.
    pub const LONGEST: Duration = Duration::from_secs(5);
    /// The longest pause while requests fail, without jitter.
    pub const LONGEST_AFTER_FAILURE: Duration = Duration::from_secs(30);
    /// How many polls without a change keep the shortest pause: most short operations end within these.
    const FAST_POLLS: u32 = 4;

    /// Returns a schedule for the stack or task with this ID.
    pub fn of(id: &str) -> Self {
        let hash = id.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
        Self { unchanged: 0, failed: 0, jitter: hash % 200 }
    }

    /// Returns how long to wait after a poll.
    pub fn next(&mut self, result: PollResult) -> Duration {
        let pause = match result {
            PollResult::Changed => {
                (self.unchanged, self.failed) = (0, 0);
                Self::SHORTEST
            }
            PollResult::Unchanged => {
                self.failed = 0;
                self.unchanged = self.unchanged.saturating_add(1);
                let steps = self.unchanged.saturating_sub(Self::FAST_POLLS).min(16);
                Self::SHORTEST.mul_f64(1.35_f64.powi(steps.try_into().unwrap_or(16))).min(Self::LONGEST)
            }
            PollResult::Failed => {
                self.failed = self.failed.saturating_add(1);
                Duration::from_secs(1).saturating_mul(1 << self.failed.min(5)).min(Self::LONGEST_AFTER_FAILURE)
            }
        };
        pause + pause * self.jitter / 1000
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pauses(schedule: &mut PollSchedule, result: PollResult, count: usize) -> Vec<Duration> {
        (0..count).map(|_| schedule.next(result)).collect()
    }

    #[test]
    fn pauses_grow_to_five_seconds_while_nothing_changes() {
        let mut schedule = PollSchedule { jitter: 0, ..PollSchedule::of("") };
        let pauses = pauses(&mut schedule, PollResult::Unchanged, 30);
        assert!(pauses[..4].iter().all(|pause| *pause == PollSchedule::SHORTEST), "{pauses:?}");
        assert!(pauses.is_sorted() && pauses.last() == Some(&PollSchedule::LONGEST), "{pauses:?}");
        let first_minute = pauses.iter().scan(Duration::ZERO, |at, pause| Some(std::mem::replace(at, *at + *pause)));
        assert!(first_minute.take_while(|at| *at < Duration::from_secs(60)).count() <= 22, "{pauses:?}");
        assert_eq!(schedule.next(PollResult::Changed), PollSchedule::SHORTEST, "a change resets the pause");
    }

    #[test]
    fn failures_back_off_further_and_are_forgotten_after_a_success() {
        let mut schedule = PollSchedule { jitter: 0, ..PollSchedule::of("") };
        let pauses = pauses(&mut schedule, PollResult::Failed, 8);
        let longest = PollSchedule::LONGEST_AFTER_FAILURE;
        assert!(pauses.is_sorted() && pauses[0] == Duration::from_secs(2) && pauses[7] == longest, "{pauses:?}");
        schedule.next(PollResult::Unchanged);
        assert_eq!(schedule.next(PollResult::Failed), Duration::from_secs(2));
    }

    #[test]
    fn two_stacks_do_not_poll_in_step() {
        let pause = |id: &str| PollSchedule::of(id).next(PollResult::Changed);
        assert_ne!(pause("arn:aws:cloudformation:us-east-1:1:stack/a/1"), pause("arn:aws:cloudformation:us-east-1:1:stack/b/2"));
    }

    proptest! {
        #[test]
        fn every_pause_is_within_the_documented_bounds(id in "[a-z/]{0,40}", results in proptest::collection::vec(0..3_u8, 0..60)) {
            let mut schedule = PollSchedule::of(&id);
            for result in results {
                let pause = schedule.next([PollResult::Changed, PollResult::Unchanged, PollResult::Failed][usize::from(result)]);
                prop_assert!(
                    pause >= PollSchedule::SHORTEST && pause <= PollSchedule::LONGEST_AFTER_FAILURE.mul_f64(1.2),
                    "{pause:?}"
                );
            }
        }
    }
}
