//! Compares what was promised with what there is. Pure: no clock, no network; the same input gives the same verdicts.

mod ecs;
mod efs;
mod network;
mod stores;

use super::names::Check;
use super::presence::{Asked, Presence, Refusal};
use super::promise::Promise;
use super::verdict::{Of, State, Verdict};

/// Compares a promise with what there is of it.
///
/// One defect is told once: what rests on something that is missing is passed over where that is told already.
pub fn check(promise: &Promise, presence: &Presence) -> Vec<Verdict> {
    let mut checker = Checker { promise, presence, verdicts: Vec::new() };
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
    promise: &'p Promise,
    presence: &'p Presence,
    verdicts: Vec<Verdict>,
}

impl<'p> Checker<'p> {
    /// Tells whether something is as promised.
    fn compare(&mut self, check: &'static Check, of: Of<'_>, is_kept: bool, texts: (String, String), remedy: &str) {
        let state = if is_kept { State::Kept } else { State::Broken };
        self.verdicts.push(Verdict::new(check, of, state, texts.0, texts.1).remedied(remedy));
    }

    /// Tells that something could not be looked at, and why.
    fn refused(&mut self, check: &'static Check, of: Of<'_>, promised: &str, refusal: &Refusal) {
        let verdict = Verdict::new(check, of, State::Unchecked, promised, refusal.to_string());
        self.verdicts.push(verdict.remedied(refusal.remedy("verify")));
    }

    /// Tells that there is nothing to compare with, and what to do.
    fn unchecked(&mut self, check: &'static Check, of: Of<'_>, promised: &str, why: &str, remedy: &str) {
        self.verdicts.push(Verdict::new(check, of, State::Unchecked, promised, why).remedied(remedy));
    }

    /// Returns what was found, or tells that it is missing or could not be looked at.
    fn found<T>(&mut self, asked: Option<&'p Asked<T>>, check: &'static Check, of: Of<'_>, promised: &str, remedy: &str) -> Option<&'p T> {
        match asked {
            Some(Ok(Some(found))) => return Some(found),
            Some(Ok(None)) => self.verdicts.push(Verdict::new(check, of, State::Broken, promised, "there is none").remedied(remedy)),
            Some(Err(refusal)) => self.refused(check, of, promised, refusal),
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
