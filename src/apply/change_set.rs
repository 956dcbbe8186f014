//! Change sets on their way: made, waited for, taken away again.

use std::sync::atomic::{AtomicBool, Ordering};

use super::ApplyError;
use crate::backend::{Backend, BackendError, ChangeSetDescription, ChangeSetRequest};

/// How often to look whether a change set is worked out before giving up; a backend that takes time waits about a second between two looks.
const LOOKS: usize = 600;

/// How often to try to take a change set away: one that is still being worked out cannot be deleted.
const CLEAN_UP_LOOKS: usize = 120;

/// Makes a change set and waits until it is worked out.
pub(super) fn make(
    backend: &dyn Backend,
    request: &ChangeSetRequest,
    interrupted: &AtomicBool,
) -> Result<ChangeSetDescription, ApplyError> {
    let id = backend.create_change_set(request)?;
    for _ in 0..LOOKS {
        if interrupted.load(Ordering::SeqCst) {
            return Err(ApplyError::Interrupted { stack: request.stack.clone() });
        }
        match backend.describe_change_set(&request.stack, &id) {
            Ok(described) if !described.is_pending() => return Ok(described),
            Ok(_) => {}
            Err(error) if error.is_passing() => {}
            Err(error) => return Err(error.into()),
        }
        backend.pause();
    }
    Err(ApplyError::ChangeSet { change_set: request.name.clone(), reason: "CloudFormation did not get it worked out in time".to_owned() })
}

/// Takes a change set away, and the stack that was only there for it; one that is not there is no failure.
pub(super) fn discard(backend: &dyn Backend, stack: &str, change_set: &str) -> Result<(), BackendError> {
    let mut looks = 0;
    loop {
        match backend.delete_change_set(stack, change_set) {
            Ok(()) | Err(BackendError::ChangeSetNotFound { .. } | BackendError::StackNotFound { .. }) => return Ok(()),
            Err(error) if looks < CLEAN_UP_LOOKS && (error.is_passing() || is_pending(&error)) => {}
            Err(error) => return Err(error),
        }
        looks += 1;
        backend.pause();
    }
}

/// Tells whether CloudFormation will not delete a change set that it is still working out.
fn is_pending(error: &BackendError) -> bool {
    matches!(error, BackendError::Request { code: Some(code), .. } if code.starts_with("InvalidChangeSetStatus"))
}
