//! Compares what a template expects with what exists. Pure: no clock, no network; the same input gives the same verdicts.

mod ecs;
mod efs;
mod network;
mod stores;

use super::expected::Expected;
use super::names::Check;
use super::observed::{InspectError, Lookup, Observed};
use super::remedy::Remedy;
use super::verdict::{About, State, Verdict};

/// Compares what a template expects with what exists.
///
/// Each defect is reported once: checks that depend on a missing resource are skipped.
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

/// A comparison in progress.
struct Checker<'p> {
    expected: &'p Expected,
    observed: &'p Observed,
    verdicts: Vec<Verdict>,
}

impl<'p> Checker<'p> {
    /// Adds a verdict: passed or failed.
    fn compare(&mut self, check: &'static Check, about: About<'_>, is_passed: bool, texts: (String, String), remedy: &str) {
        let state = if is_passed { State::Passed } else { State::Failed };
        self.verdicts.push(Verdict::new(check, about, state, texts.0, texts.1).with_remedy(remedy));
    }

    /// Adds an unchecked verdict for a failed lookup.
    fn refused(&mut self, check: &'static Check, about: About<'_>, expected: &str, error: &InspectError) {
        let verdict = Verdict::new(check, about, State::Unchecked, expected, error.to_string());
        self.verdicts.push(verdict.with_remedy(error.remedy(Remedy::GrantVerify)));
    }

    /// Adds an unchecked verdict for a value that is missing.
    fn unchecked(&mut self, check: &'static Check, about: About<'_>, expected: &str, why: &str, remedy: &str) {
        self.verdicts.push(Verdict::new(check, about, State::Unchecked, expected, why).with_remedy(remedy));
    }

    /// Returns the resource, or adds a verdict that it is missing or could not be inspected.
    fn found<T>(
        &mut self,
        lookup: Option<&'p Lookup<T>>,
        check: &'static Check,
        about: About<'_>,
        expected: &str,
        remedy: &str,
    ) -> Option<&'p T> {
        match lookup {
            Some(Ok(Some(found))) => return Some(found),
            Some(Ok(None)) => self.verdicts.push(Verdict::new(check, about, State::Failed, expected, "does not exist").with_remedy(remedy)),
            Some(Err(error)) => self.refused(check, about, expected, error),
            // The stack has no such resource, which `resource-present` reports.
            None => {}
        }
        None
    }
}

/// Returns whether a state is transitional, such as `creating`.
fn is_in_transition(state: &str) -> bool {
    matches!(state, "creating" | "updating")
}

fn list<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}
