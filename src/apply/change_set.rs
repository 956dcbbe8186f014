//! Creates change sets, waits for them, and deletes them.

use std::sync::atomic::{AtomicBool, Ordering};

use super::ApplyError;
use crate::backend::{Backend, BackendError, ChangeSetDescription, ChangeSetRequest};

/// Polls of a change set in creation before giving up, on AWS about a second apart.
const POLLS: usize = 600;

/// Attempts to delete a change set: while it is being created it cannot be deleted.
const DELETE_ATTEMPTS: usize = 120;

/// Creates a change set and waits until CloudFormation has created it.
pub(super) fn create(
    backend: &dyn Backend,
    request: &ChangeSetRequest,
    interrupted: &AtomicBool,
) -> Result<ChangeSetDescription, ApplyError> {
    let id = backend.create_change_set(request)?;
    for _ in 0..POLLS {
        if interrupted.load(Ordering::SeqCst) {
            return Err(ApplyError::Interrupted { stack: request.stack.clone() });
        }
        match backend.describe_change_set(&request.stack, &id) {
            Ok(described) if !described.is_pending() => return Ok(described),
            Ok(_) => {}
            Err(error) if error.is_transient() => {}
            Err(error) => return Err(error.into()),
        }
        backend.pause();
    }
    Err(ApplyError::ChangeSetFailed {
        change_set: request.name.clone(),
        reason: "CloudFormation did not create it in time".to_owned(),
        validations: Box::default(),
    })
}

/// Deletes a change set, and the stack if it was created only for it. A missing change set is not an error.
pub(super) fn discard(backend: &dyn Backend, stack: &str, change_set: &str) -> Result<(), BackendError> {
    let mut attempts = 0;
    loop {
        match backend.delete_change_set(stack, change_set) {
            Ok(()) | Err(BackendError::ChangeSetNotFound { .. } | BackendError::StackNotFound { .. }) => return Ok(()),
            Err(error) if attempts < DELETE_ATTEMPTS && (error.is_transient() || is_pending(&error)) => {}
            Err(error) => return Err(error),
        }
        attempts += 1;
        backend.pause();
    }
}

/// Returns whether CloudFormation refuses to delete a change set because it is still creating it.
fn is_pending(error: &BackendError) -> bool {
    error.code().is_some_and(|code| code.starts_with("InvalidChangeSetStatus"))
}
