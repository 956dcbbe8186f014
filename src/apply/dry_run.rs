//! Change sets that are only made to be looked at: made and taken away again, and what is left of them where a run was killed.
//!
//! How a later run tells what was left behind from what somebody is at is told in `docs/design/dry-run.md`.

use std::sync::atomic::AtomicBool;

use super::change_set::{discard, make};
use super::owner::Owner;
use super::{ApplyError, Target};
use crate::backend::{Backend, BackendError, ChangeSetDescription, ChangeSetRequest};
use crate::unique::unique_token;

/// What the names of such change sets begin with.
const PREFIX: &str = "rackform-confirm-";

/// How long a dry run has such a change set at most, in seconds; what is older is nobody's, wherever it was made.
const LEASE_SECONDS: i64 = 900;

/// Asks the backend what it would do to a stack: makes a change set, looks at it and takes it away again, also when something fails or
/// `interrupted` is set on the way.
///
/// # Errors
///
/// Returns what the backend refused, that it was interrupted, or what could not be taken away again.
pub fn confirm(backend: &dyn Backend, target: &Target, interrupted: &AtomicBool) -> Result<ChangeSetDescription, ApplyError> {
    let until = jiff::Timestamp::now().as_second() + LEASE_SECONDS;
    let request = ChangeSetRequest { name: name(until, &Owner::this()), ..target.request() };
    let made = make(backend, &request, interrupted);
    match discard(backend, &target.stack, &request.name) {
        Ok(()) => made,
        Err(source) => Err(ApplyError::LeftBehind { stack: target.stack.clone(), change_set: request.name, source }),
    }
}

/// Returns the names of change sets that dry runs left behind which are gone: killed, or on a machine that went away.
///
/// # Errors
///
/// Returns that the backend cannot be asked.
pub fn residue(backend: &dyn Backend, stack: &str) -> Result<Vec<String>, BackendError> {
    let now = jiff::Timestamp::now().as_second();
    let mut names = backend.list_change_sets(stack)?;
    names.retain(|name| is_left_behind(name, now));
    Ok(names)
}

/// Takes one of those away, and the stack that was only there for it.
///
/// # Errors
///
/// Returns what the backend refused.
pub fn take_away(backend: &dyn Backend, stack: &str, change_set: &str) -> Result<(), BackendError> {
    discard(backend, stack, change_set)
}

/// Returns the name of a dry run's change set: until when and by whom, and what no other has.
fn name(until: i64, owner: &Owner) -> String {
    format!("{PREFIX}{until:x}-{owner}-{}", unique_token())
}

/// Tells whether a change set is a dry run's that is over: its time is up, or its process is gone where that can be told.
fn is_left_behind(name: &str, now: i64) -> bool {
    let Some((until, rest)) = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-')) else { return false };
    let Ok(until) = i64::from_str_radix(until, 16) else { return false };
    now > until || rest.rsplit_once('-').and_then(|(owner, _)| owner.parse::<Owner>().ok()).is_some_and(|owner| owner.is_gone())
}

#[cfg(test)]
mod tests {
    use super::{Owner, is_left_behind, name};

    #[test]
    fn a_change_set_is_left_behind_when_its_time_is_up_or_its_process_is_gone() {
        let this = name(1_000, &Owner::this());
        assert!(this.len() <= 128 && this.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{this}");
        assert!(!is_left_behind(&this, 1_000), "this process is there");
        assert!(is_left_behind(&this, 1_001));
        assert_eq!(is_left_behind(&name(1_000, &Owner::this().another()), 10), cfg!(target_os = "linux"), "no process has that number");
        assert!(!is_left_behind(&name(1_000, &Owner::elsewhere()), 1_000), "nobody here can tell");
        assert!(is_left_behind(&name(1_000, &Owner::elsewhere()), 1_001));
        for other in ["rackform-0a1b", "awscli-cloudformation-package-deploy-1", "rackform-confirm-", "rackform-confirm-xyz-1-2-3-4"] {
            assert!(!is_left_behind(other, i64::MAX), "{other} is none of ours");
        }
    }
}
