//! Carries one plan out on a backend and follows it to its end.
//!
//! Takes a [`Target`] that leaves no choices, and a [`Backend`]; gives an [`Outcome`]. Progress goes to an [`Observer`], since rooms do
//! not print. What should change is [`plan`](crate::plan)'s, and whether to do it is the user's.

mod follow;
pub mod history;
mod nested;
mod outcome;
pub mod schedule;
pub mod tally;
mod target;

use std::sync::atomic::AtomicBool;

pub use follow::{Observer, follow, resume, watch};
pub use history::RootCause;
pub use nested::look_inside;
pub use outcome::Outcome;
pub use target::Target;

use crate::backend::{Backend, BackendError, ChangeSetRequest, DeleteOptions, StackDescription, StackEvent, StackName, StackStatus};

/// Why a plan could not be carried out; a resource that fails is an [`Outcome`] instead.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The stack changed after the plan was made.
    #[error("stack `{stack}` moved on since the plan was made: {}", moved(*.newer_events, .status.as_ref(), resources))]
    StackMovedOn {
        /// The stack.
        stack: StackName,
        /// Its status now; `None` when it is gone.
        status: Option<StackStatus>,
        /// How many events there are since.
        newer_events: usize,
        /// Resources that those are about.
        resources: Vec<String>,
    },
    /// The stack exists, and the plan is to create it.
    #[error("stack `{stack}` exists by now ({status}), and the plan was made to create it")]
    StackExists {
        /// The stack.
        stack: StackName,
        /// Its status.
        status: StackStatus,
    },
    /// The change set failed.
    #[error("change set `{change_set}` failed: {reason}")]
    ChangeSet {
        /// Its name.
        change_set: String,
        /// Why.
        reason: String,
    },
    /// What was begun goes on, and cannot be followed any further.
    #[error("cannot follow any further{}; what was begun goes on", status.as_ref().map(|status| format!(" ({status})")).unwrap_or_default())]
    LostSight {
        /// The stack's last known status.
        status: Option<StackStatus>,
        /// Why.
        #[source]
        source: BackendError,
    },
    /// The backend refused or could not be asked.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

impl ApplyError {
    /// Returns what to do about it, where something can be done.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::StackMovedOn { .. } | Self::StackExists { .. } => Some("plan again and look at the new changes".to_owned()),
            Self::ChangeSet { .. } => None,
            Self::LostSight { source, .. } if source.is_of_credentials() => Some(
                "get new credentials, then `rackform apply` takes it up where it is, and `rackform events --follow` only watches"
                    .to_owned(),
            ),
            Self::LostSight { .. } => {
                Some("`rackform apply` takes it up where it is, and `rackform events --follow` only watches".to_owned())
            }
            Self::Backend(error) => error.hint(),
        }
    }

    /// Tells whether planning again, or later, may work.
    pub fn may_work_later(&self) -> bool {
        matches!(
            self,
            Self::StackMovedOn { .. }
                | Self::StackExists { .. }
                | Self::Backend(BackendError::ChangeSetObsolete { .. } | BackendError::Locked { .. })
        )
    }
}

fn moved(newer_events: usize, status: Option<&StackStatus>, resources: &[String]) -> String {
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

/// Carries a plan out.
///
/// `interrupted` is looked at between steps: once it is set, following stops with [`Outcome::Interrupted`]. A change set that comes to
/// nothing is taken away again, and so is the stack when it was only there for it.
///
/// # Errors
///
/// Returns [`ApplyError::StackMovedOn`] when the stack is not what the plan was made for, or what the backend refused.
pub fn apply(backend: &dyn Backend, target: &Target, observer: &mut dyn Observer, interrupted: &AtomicBool) -> Result<Outcome, ApplyError> {
    let stack = backend.describe_stack(&target.stack)?;
    check_revision_of(backend, target, stack.as_ref())?;
    let request = ChangeSetRequest {
        stack: target.stack.clone(),
        name: change_set_name(target),
        template: target.template.clone(),
        parameters: target.parameters.clone(),
        tags: target.tags.clone(),
    };
    // One that an interrupted run left behind has the same name, as it has the same content.
    match backend.delete_change_set(&target.stack, &request.name) {
        Ok(()) | Err(BackendError::ChangeSetNotFound { .. } | BackendError::StackNotFound { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    backend.create_change_set(&request)?;
    let change_set = backend.describe_change_set(&target.stack, &request.name)?;
    if change_set.status.is_failure() {
        backend.delete_change_set(&target.stack, &request.name)?;
        if change_set.is_empty_update() {
            return Ok(Outcome::Unchanged { status: stack.map(|stack| stack.status) });
        }
        return Err(ApplyError::ChangeSet { change_set: request.name, reason: change_set.status_reason.unwrap_or_default() });
    }
    let Some(stack) = backend.describe_stack(&target.stack)? else {
        return Err(BackendError::StackNotFound { stack: target.stack.clone() }.into());
    };
    backend.execute_change_set(&target.stack, &request.name)?;
    follow(backend, &stack.id, Some(stack.revision), observer, interrupted)
}

/// Deletes a stack and follows that to its end.
///
/// # Errors
///
/// Returns what the backend refused.
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

/// Checks that the stack is still what a plan was made for.
///
/// # Errors
///
/// Returns [`ApplyError::StackMovedOn`] or [`ApplyError::StackExists`] when it is not, or that the backend cannot be asked.
pub fn check_revision(backend: &dyn Backend, target: &Target) -> Result<(), ApplyError> {
    check_revision_of(backend, target, backend.describe_stack(&target.stack)?.as_ref())
}

fn check_revision_of(backend: &dyn Backend, target: &Target, stack: Option<&StackDescription>) -> Result<(), ApplyError> {
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

/// Returns a name that two different changes never share, so that parallel runs do not collide on it.
fn change_set_name(target: &Target) -> String {
    use sha2::{Digest as _, Sha256};
    let mut digest = Sha256::new();
    for part in [&target.stack, target.revision.as_ref().unwrap_or(&String::new()), &target.template] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    for (name, input) in &target.parameters {
        digest.update(name.as_bytes());
        if let crate::backend::ParameterInput::Value(value) = input {
            digest.update(value.as_bytes());
        }
        digest.update([0]);
    }
    let hex: String = digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("rackform-{hex}")
}
