//! Compares what was expected with what there is. Pure: no clock, no network; the same input gives the same verdicts.

mod ecs;
mod efs;
mod network;
mod stores;

use super::expected::Expected;
use super::names::Check;
use super::observed::{Asked, Observed, Refusal};
use super::verdict::{Of, State, Verdict};

/// Compares a expected with what there is of it.
///
/// One defect is told once: what rests on something that is missing is passed over where that is told already.
pub fn check(expected: &Expected, observed: &Observed) -> Vec<Verdict> {
    let mut checker = Checker { expected, observed, verdicts: Vec::new() };
    efs::file_systems(&mut checker);
    efs::mount_targets(&mut checker);
    network::rules(&mut checker);
    network::vpcs(&mut checker);
    network::zones(&mut checker);
    ecs::tasks(&mut checker);
    stores::repositories(&mut checker);
    stores::keys(&mut checker);
    checker.verdicts
}

/// A comparison under way.
struct Checker<'p> {
    expected: &'p Expected,
    observed: &'p Observed,
    verdicts: Vec<Verdict>,
}

impl<'p> Checker<'p> {
    /// Tells whether something is as expected.
    fn compare(&mut self, check: &'static Check, of: Of<'_>, is_passed: bool, texts: (String, String), remedy: &str) {
        let state = if is_passed { State::Passed } else { State::Failed };
        self.verdicts.push(Verdict::new(check, of, state, texts.0, texts.1).remedied(remedy));
    }

    /// Tells that something could not be looked at, and why.
    fn refused(&mut self, check: &'static Check, of: Of<'_>, expected: &str, refusal: &Refusal) {
        let verdict = Verdict::new(check, of, State::Unchecked, expected, refusal.to_string());
        self.verdicts.push(verdict.remedied(refusal.remedy("verify")));
    }

    /// Tells that there is nothing to compare with, and what to do.
    fn unchecked(&mut self, check: &'static Check, of: Of<'_>, expected: &str, why: &str, remedy: &str) {
        self.verdicts.push(Verdict::new(check, of, State::Unchecked, expected, why).remedied(remedy));
    }

    /// Returns what was found, or tells that it is missing or could not be looked at.
    fn found<T>(&mut self, asked: Option<&'p Asked<T>>, check: &'static Check, of: Of<'_>, expected: &str, remedy: &str) -> Option<&'p T> {
        match asked {
            Some(Ok(Some(found))) => return Some(found),
            Some(Ok(None)) => self.verdicts.push(Verdict::new(check, of, State::Failed, expected, "there is none").remedied(remedy)),
            Some(Err(refusal)) => self.refused(check, of, expected, refusal),
            // Without a physical ID the stack has no such resource, which the check of resources tells.
            None => {}
        }
        None
    }
}

/// Returns a state in the middle of something, such as `creating`.
fn is_under_way(state: &str) -> bool {
    matches!(state, "creating" | "updating")
}

fn list<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}
