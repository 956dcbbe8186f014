//! Change sets that are created only to be compared with a plan, and deleted again; stale ones of interrupted dry runs.
//!
//! `docs/design/dry-run.md` describes how a later run distinguishes stale change sets from those of running dry runs.

use std::sync::atomic::AtomicBool;

use super::change_set::{create, discard};
use super::lock::LockHolder;
use super::validations::ChangeSetValidations;
use super::{ApplyError, Target};
use crate::backend::{Backend, BackendError, ChangeSetDescription, ChangeSetRequest};
use crate::unique::unique_token;

/// The prefix of such change sets' names.
const PREFIX: &str = "rackform-confirm-";

/// Seconds after which such a change set is stale, whichever machine created it.
const LOCK_SECONDS: i64 = 900;

/// Returns the change set that the backend would execute, and what its checks found. The change set is created and deleted again, also if
/// an error occurs or `interrupted` is set.
///
/// # Errors
///
/// Returns the backend's error, [`ApplyError::Interrupted`], or [`ApplyError::ChangeSetNotDeleted`].
pub fn confirm(
    backend: &dyn Backend,
    target: &Target,
    interrupted: &AtomicBool,
) -> Result<(ChangeSetDescription, ChangeSetValidations), ApplyError> {
    let until = jiff::Timestamp::now().as_second() + LOCK_SECONDS;
    let request = ChangeSetRequest { name: name(until, &LockHolder::this()), ..target.request() };
    let created = create(backend, &request, interrupted).map(|change_set| {
        // They can be read only as long as the change set exists.
        let validations = match change_set.is_empty_update() {
            true => ChangeSetValidations::default(),
            false => ChangeSetValidations::of(backend, &target.stack, &change_set, target.source.as_ref()),
        };
        (change_set, validations)
    });
    match discard(backend, &target.stack, &request.name) {
        Ok(()) => created,
        Err(source) => Err(ApplyError::ChangeSetNotDeleted { stack: target.stack.clone(), change_set: request.name, source }),
    }
}

/// Returns the names of stale change sets: those of dry runs that were killed, or whose machine is gone.
///
/// # Errors
///
/// Returns the backend's error.
pub fn stale_change_sets(backend: &dyn Backend, stack: &str) -> Result<Vec<String>, BackendError> {
    let now = jiff::Timestamp::now().as_second();
    let mut names = backend.list_change_sets(stack)?;
    names.retain(|name| is_stale(name, now));
    Ok(names)
}

/// Deletes a change set, and the stack if it was created only for it. A missing change set is not an error.
///
/// # Errors
///
/// Returns the backend's error.
pub fn delete_change_set(backend: &dyn Backend, stack: &str, change_set: &str) -> Result<(), BackendError> {
    discard(backend, stack, change_set)
}

/// Returns the name of a dry run's change set: its time limit, its process, and a unique token.
fn name(until: i64, holder: &LockHolder) -> String {
    format!("{PREFIX}{until:x}-{holder}-{}", unique_token())
}

/// Returns whether a change set is a stale one of a dry run: its time limit has passed, or its process is known to have ended.
fn is_stale(name: &str, now: i64) -> bool {
    let Some((until, rest)) = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-')) else { return false };
    let Ok(until) = i64::from_str_radix(until, 16) else { return false };
    now > until || rest.rsplit_once('-').and_then(|(holder, _)| holder.parse::<LockHolder>().ok()).is_some_and(|holder| holder.is_gone())
}

#[cfg(test)]
mod tests {
    use super::{LockHolder, is_stale, name};

    #[test]
    fn a_change_set_is_stale_when_its_time_limit_passed_or_its_process_ended() {
        let this = name(1_000, &LockHolder::this());
        assert!(this.len() <= 128 && this.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{this}");
        assert!(!is_stale(&this, 1_000), "this process is running");
        assert!(is_stale(&this, 1_001));
        assert_eq!(is_stale(&name(1_000, &LockHolder::this().another()), 10), cfg!(target_os = "linux"), "no process has this ID");
        assert!(!is_stale(&name(1_000, &LockHolder::elsewhere()), 1_000), "unknown from here");
        assert!(is_stale(&name(1_000, &LockHolder::elsewhere()), 1_001));
        for other in ["rackform-0a1b", "awscli-cloudformation-package-deploy-1", "rackform-confirm-", "rackform-confirm-xyz-1-2-3-4"] {
            assert!(!is_stale(other, i64::MAX), "{other} is not from a dry run");
        }
    }
}
