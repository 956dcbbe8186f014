//! Executes one plan on a backend and follows it to its end.
//!
//! Takes a [`Target`] that leaves no choices, and a [`Backend`]; returns an [`Outcome`]. Progress is reported to an [`Observer`], because
//! modules below `cli` do not print. What should change is decided by [`plan`](crate::plan), and whether to execute it by the user.

mod apply_settings;
mod change_set;
mod connection;
mod dry_run;
mod error;
mod failures;
mod follow;
pub mod history;
mod import;
mod locate;
mod lock;
mod nested;
mod observer;
mod operation;
mod outcome;
pub mod progress;
mod refactor;
mod revision;
mod target;
mod validations;

use std::sync::atomic::{AtomicBool, Ordering};

pub use apply_settings::{AppliedSettings, apply_settings};
pub use dry_run::{confirm, delete_change_set, stale_change_sets};
pub use error::{ApplyError, ApplyHint};
pub use failures::explain_failure;
pub use follow::{follow, resume, watch};
pub use history::{Place, RootCause};
pub use locate::locate;
pub use observer::Observer;
pub use operation::follow_operation;
pub use outcome::Outcome;
pub use refactor::{RefactorOutcome, RefactorTarget, refactor};
pub use revision::check_revision;
pub use target::Target;
pub use validations::ChangeSetValidations;

use crate::backend::{Backend, BackendError, ChangeSetDescription, DeleteOptions, StackDescription};
use crate::plan::{missing_changes, unapproved_changes};

/// Executes a plan.
///
/// Resources to import come first, in an operation of their own; the rest follows only after the import succeeded. The change set that the
/// backend creates is compared with the approved plan: a change set that would do more is not executed. `interrupted` is checked between
/// steps: before anything was started it ends in [`ApplyError::Interrupted`], afterwards following stops with [`Outcome::Interrupted`]. A
/// change set that is not executed is deleted again, and so is the stack if it was created only for the change set.
///
/// # Errors
///
/// Returns [`ApplyError::StackChanged`] if the stack is not the one that the plan was made for, [`ApplyError::ExceedsPlan`], or the
/// backend's error.
pub fn apply(backend: &dyn Backend, target: &Target, observer: &mut dyn Observer, interrupted: &AtomicBool) -> Result<Outcome, ApplyError> {
    match target.first() {
        Some(first) => import::import_then_update(backend, &first, target, observer, interrupted),
        None => one_operation(backend, target, observer, interrupted),
    }
}

/// Executes one change set.
fn one_operation(
    backend: &dyn Backend,
    target: &Target,
    observer: &mut dyn Observer,
    interrupted: &AtomicBool,
) -> Result<Outcome, ApplyError> {
    let stack = backend.describe_stack(&target.stack)?;
    revision::check_revision_of(backend, target, stack.as_ref())?;
    let request = target.request();
    // A change set that an interrupted run left behind has the same name, since it has the same content.
    change_set::discard(backend, &target.stack, &request.name)?;
    let created = change_set::create(backend, &request, interrupted);
    let checked = created.and_then(|change_set| check(backend, target, change_set, observer, interrupted));
    let (change_set, stack) = match checked {
        Ok(Checked::Execute(change_set, stack)) => (change_set, stack),
        not_executed => {
            if let Err(source) = change_set::discard(backend, &target.stack, &request.name) {
                return Err(ApplyError::ChangeSetNotDeleted { stack: target.stack.clone(), change_set: request.name, source });
            }
            return not_executed.map(|_| Outcome::Unchanged { status: stack.map(|stack| stack.status) });
        }
    };
    for id in change_set_shortfall(target, &change_set) {
        observer.notice(&format!("AWS's change set does not list `{id}`; it stays unchanged unless another change affects it"));
    }
    apply_settings::policy_first(backend, &stack, &target.settings)?;
    backend.execute_change_set(&stack.id, &change_set.id)?;
    follow(backend, &stack.id, Some(stack.revision), observer, interrupted)
}

/// The result of checking a change set.
enum Checked {
    /// The change set can be executed on this stack.
    Execute(ChangeSetDescription, Box<StackDescription>),
    /// The change set has no changes.
    Nothing,
}

/// Checks whether a change set is what was approved.
fn check(
    backend: &dyn Backend,
    target: &Target,
    change_set: ChangeSetDescription,
    observer: &mut dyn Observer,
    interrupted: &AtomicBool,
) -> Result<Checked, ApplyError> {
    if change_set.is_empty_update() {
        return Ok(Checked::Nothing);
    }
    let validations = ChangeSetValidations::of(backend, &target.stack, &change_set, target.source.as_ref());
    if change_set.status.is_failed() {
        let reason = change_set.status_reason.unwrap_or_default();
        return Err(ApplyError::ChangeSetFailed { change_set: change_set.name, reason, validations: Box::new(validations) });
    }
    observer.validations(&validations);
    let Some(stack) = backend.describe_stack(&target.stack)? else {
        return Err(BackendError::StackNotFound { stack: target.stack.clone() }.into());
    };
    // Another user may have changed the stack since the first check.
    revision::check_revision_of(backend, target, Some(&stack))?;
    if let Some(approved) = &target.approved {
        let tags_differ = target.resources_to_import.is_empty() && stack.tags != target.tags;
        let mut excess = unapproved_changes(approved, &change_set.changes, tags_differ);
        excess.retain(|more| !target.allow_unpredicted.contains(&more.logical_resource_id));
        if !excess.is_empty() {
            return Err(ApplyError::ExceedsPlan { change_set: change_set.name, excess });
        }
    }
    if interrupted.load(Ordering::SeqCst) {
        return Err(ApplyError::Interrupted { stack: target.stack.clone() });
    }
    Ok(Checked::Execute(change_set, Box::new(stack)))
}

fn change_set_shortfall<'t>(target: &'t Target, change_set: &ChangeSetDescription) -> Vec<&'t str> {
    target.approved.as_ref().map(|approved| missing_changes(approved, &change_set.changes)).unwrap_or_default()
}

/// Deletes a stack and follows the deletion to its end.
///
/// # Errors
///
/// Returns the backend's error.
pub fn delete(
    backend: &dyn Backend,
    stack: &StackDescription,
    options: &DeleteOptions,
    observer: &mut dyn Observer,
    interrupted: &AtomicBool,
) -> Result<Outcome, ApplyError> {
    backend.delete_stack(&stack.id, options)?;
    follow(backend, &stack.id, Some(stack.revision.clone()), observer, interrupted)
}
