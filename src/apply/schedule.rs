//! When to look next: soon after something happened, seldom while nothing does.

use std::time::Duration;

/// What came of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// There were new events.
    News,
    /// Nothing was new.
    Quiet,
    /// The backend could not be asked.
    Trouble,
}

/// When to look next.
///
/// A look is up to two calls, and so never more than three calls a second are made. CloudFormation does not publish the rate at which it
/// throttles; it is an account's, shared with everybody else in it. So a follow gets slower while nothing happens, and slower still when
/// it is told off. Several follows at once (a fleet of racks) do not march in step: each has a spread of its own.
#[derive(Clone, Debug)]
pub struct Schedule {
    quiet: u32,
    troubles: u32,
    /// Per mille of a pause that is added to it.
    spread: u32,
}

impl Schedule {
    /// The shortest pause between two looks.
    pub const QUICKEST: Duration = Duration::from_millis(800);
    /// The longest pause, while the backend answers; the spread comes on top.
    pub const SLOWEST: Duration = Duration::from_secs(5);
    /// The longest pause while it does not; the spread comes on top.
    pub const PATIENT: Duration = Duration::from_secs(30);
    /// How many quiet looks there are at the quickest pace, since most of what ends soon ends in those.
    const EAGER: u32 = 4;

    /// Returns a schedule for one stack.
    pub fn of(stack_id: &str) -> Self {
        let hash = stack_id.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
        Self { quiet: 0, troubles: 0, spread: hash % 200 }
    }

    /// Returns how long to wait after a look.
    pub fn next(&mut self, look: Look) -> Duration {
        let pause = match look {
            Look::News => {
                (self.quiet, self.troubles) = (0, 0);
                Self::QUICKEST
            }
            Look::Quiet => {
                self.troubles = 0;
                self.quiet = self.quiet.saturating_add(1);
                let steps = self.quiet.saturating_sub(Self::EAGER).min(16);
                Self::QUICKEST.mul_f64(1.35_f64.powi(steps.try_into().unwrap_or(16))).min(Self::SLOWEST)
            }
            Look::Trouble => {
                self.troubles = self.troubles.saturating_add(1);
                Duration::from_secs(1).saturating_mul(1 << self.troubles.min(5)).min(Self::PATIENT)
            }
        };
        pause + pause * self.spread / 1000
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pauses(schedule: &mut Schedule, look: Look, count: usize) -> Vec<Duration> {
        (0..count).map(|_| schedule.next(look)).collect()
    }

    #[test]
    fn it_is_quick_at_first_and_slows_down_to_five_seconds() {
        let mut schedule = Schedule { spread: 0, ..Schedule::of("") };
        let pauses = pauses(&mut schedule, Look::Quiet, 30);
        assert!(pauses[..4].iter().all(|pause| *pause == Schedule::QUICKEST), "{pauses:?}");
        assert!(pauses.is_sorted() && pauses.last() == Some(&Schedule::SLOWEST), "{pauses:?}");
        let first_minute = pauses.iter().scan(Duration::ZERO, |at, pause| Some(std::mem::replace(at, *at + *pause)));
        assert!(first_minute.take_while(|at| *at < Duration::from_secs(60)).count() <= 22, "{pauses:?}");
        assert_eq!(schedule.next(Look::News), Schedule::QUICKEST, "an event makes it quick again");
    }

    #[test]
    fn trouble_backs_off_further_and_is_forgotten_when_it_is_over() {
        let mut schedule = Schedule { spread: 0, ..Schedule::of("") };
        let pauses = pauses(&mut schedule, Look::Trouble, 8);
        assert!(pauses.is_sorted() && pauses[0] == Duration::from_secs(2) && pauses[7] == Schedule::PATIENT, "{pauses:?}");
        schedule.next(Look::Quiet);
        assert_eq!(schedule.next(Look::Trouble), Duration::from_secs(2));
    }

    #[test]
    fn two_stacks_do_not_march_in_step() {
        let pause = |id: &str| Schedule::of(id).next(Look::News);
        assert_ne!(pause("arn:aws:cloudformation:us-east-1:1:stack/a/1"), pause("arn:aws:cloudformation:us-east-1:1:stack/b/2"));
    }

    proptest! {
        #[test]
        fn no_pause_is_ever_shorter_or_longer_than_promised(id in "[a-z/]{0,40}", looks in proptest::collection::vec(0..3_u8, 0..60)) {
            let mut schedule = Schedule::of(&id);
            for look in looks {
                let pause = schedule.next([Look::News, Look::Quiet, Look::Trouble][usize::from(look)]);
                prop_assert!(pause >= Schedule::QUICKEST && pause <= Schedule::PATIENT.mul_f64(1.2), "{pause:?}");
            }
        }
    }
}
