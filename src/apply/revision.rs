//! Checks that a stack did not change since a plan was made.

use super::{ApplyError, Target};
use crate::backend::{Backend, StackDescription};
use crate::cloudformation::StackEvent;

/// Checks that the stack did not change since a plan was made.
///
/// # Errors
///
/// Returns [`ApplyError::StackChanged`] or [`ApplyError::StackExists`] if it did, or the backend's error.
pub fn check_revision(backend: &dyn Backend, target: &Target) -> Result<(), ApplyError> {
    check_revision_of(backend, target, backend.describe_stack(&target.stack)?.as_ref())
}

pub(super) fn check_revision_of(backend: &dyn Backend, target: &Target, stack: Option<&StackDescription>) -> Result<(), ApplyError> {
    // A stack in review has no resources.
    let deployed = stack.filter(|stack| !stack.status.is_review());
    match (&target.revision, deployed) {
        (None, None) => Ok(()),
        (Some(revision), Some(stack)) if *revision == stack.revision => Ok(()),
        (None, Some(stack)) => Err(ApplyError::StackExists { stack: target.stack.clone(), status: stack.status }),
        (Some(_), None) => {
            Err(ApplyError::StackChanged { stack: target.stack.clone(), status: None, newer_events: 0, resources: Vec::new() })
        }
        (Some(revision), Some(stack)) => {
            let newer: Vec<StackEvent> = backend.events_since(&stack.id, Some(revision))?;
            let mut resources: Vec<String> = Vec::new();
            for event in newer.iter().filter(|event| event.logical_id != stack.name) {
                if !resources.contains(&event.logical_id) {
                    resources.push(event.logical_id.clone());
                }
            }
            Err(ApplyError::StackChanged { stack: target.stack.clone(), status: Some(stack.status), newer_events: newer.len(), resources })
        }
    }
}
