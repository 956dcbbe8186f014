//! Whether a stack is still what a plan was made for.

use super::{ApplyError, Target};
use crate::backend::{Backend, StackDescription};
use crate::cloudformation::{StackEvent, StackStatus};

/// Checks that the stack is still what a plan was made for.
///
/// # Errors
///
/// Returns [`ApplyError::StackMovedOn`] or [`ApplyError::StackExists`] when it is not, or that the backend cannot be asked.
pub fn check_revision(backend: &dyn Backend, target: &Target) -> Result<(), ApplyError> {
    check_revision_of(backend, target, backend.describe_stack(&target.stack)?.as_ref())
}

pub(super) fn check_revision_of(backend: &dyn Backend, target: &Target, stack: Option<&StackDescription>) -> Result<(), ApplyError> {
    // A stack that is only under review holds nothing that a plan could be wrong about.
    let deployed = stack.filter(|stack| !stack.status.is_review());
    match (&target.revision, deployed) {
        (None, None) => Ok(()),
        (Some(revision), Some(stack)) if *revision == stack.revision => Ok(()),
        (None, Some(stack)) => Err(ApplyError::StackExists { stack: target.stack.clone(), status: stack.status.clone() }),
        (Some(_), None) => {
            Err(ApplyError::StackMovedOn { stack: target.stack.clone(), status: None, newer_events: 0, resources: Vec::new() })
        }
        (Some(revision), Some(stack)) => {
            let newer: Vec<StackEvent> = backend.events_since(&stack.id, Some(revision))?;
            let mut resources: Vec<String> = Vec::new();
            for event in newer.iter().filter(|event| event.logical_id != stack.name) {
                if !resources.contains(&event.logical_id) {
                    resources.push(event.logical_id.clone());
                }
            }
            Err(ApplyError::StackMovedOn {
                stack: target.stack.clone(),
                status: Some(stack.status.clone()),
                newer_events: newer.len(),
                resources,
            })
        }
    }
}

pub(super) fn moved(newer_events: usize, status: Option<StackStatus>, resources: &[String]) -> String {
    let Some(status) = status else { return "it is gone".to_owned() };
    let events = match newer_events {
        0 => "its events are others".to_owned(),
        1 => "1 newer event".to_owned(),
        count => format!("{count} newer events"),
    };
    match resources {
        [] => format!("it is {status}, {events}"),
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("it is {status}, {events} about {first}, {second}, {third} and {} more", rest.len())
        }
        names => format!("it is {status}, {events} about {}", names.join(", ")),
    }
}
