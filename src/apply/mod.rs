//! Carries one plan out on a backend and follows it to its end.
//!
//! Takes a [`Target`] that leaves no choices, and a [`Backend`]; gives an [`Outcome`]. Progress goes to an [`Observer`], since rooms do
//! not print. What should change is [`plan`](crate::plan)'s, and whether to do it is the user's.

mod change_set;
mod dry_run;
mod follow;
pub mod history;
mod import;
mod nested;
mod outcome;
mod owner;
mod revision;
mod settle;
pub mod tally;
mod target;

use std::sync::atomic::{AtomicBool, Ordering};

pub use dry_run::{confirm, residue, take_away};
pub use follow::{Observer, follow, resume, watch};
pub use history::RootCause;
pub use nested::look_inside;
pub use outcome::Outcome;
pub use revision::check_revision;
pub use settle::{Settled, settle};
pub use target::Target;

use crate::backend::{Backend, BackendError, ChangeSetDescription, DeleteOptions, StackDescription, StackName};
use crate::cloudformation::StackStatus;
use crate::plan::{Disagreement, missing_changes, unapproved_changes};

/// Why a plan could not be carried out; a resource that fails is an [`Outcome`] instead.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The stack changed after the plan was made.
    #[error("stack `{stack}` moved on since the plan was made: {}", revision::moved(*.newer_events, *.status, resources))]
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
    /// Executing the change set would do more than was approved.
    #[error("change set `{change_set}` would do more than the approved plan, and was taken away again: nothing was changed")]
    DoesMore {
        /// Its name.
        change_set: String,
        /// What it would do more.
        excess: Vec<Disagreement>,
    },
    /// It was interrupted before anything was begun.
    #[error("interrupted before anything was changed in stack `{stack}`")]
    Interrupted {
        /// The stack.
        stack: StackName,
    },
    /// A change set could not be taken away again.
    #[error("change set `{change_set}` of stack `{stack}` could not be taken away again")]
    LeftBehind {
        /// The stack.
        stack: StackName,
        /// The change set.
        change_set: String,
        /// Why.
        #[source]
        source: BackendError,
    },
    /// The import is done, and the update after it could not be begun.
    #[error("the import is done ({status}), and the update after it was not begun")]
    AfterImport {
        /// The stack's status.
        status: StackStatus,
        /// Why.
        #[source]
        source: Box<Self>,
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
            Self::LostSight { source, .. } if source.is_of_credentials() => Some(
                "get new credentials, then `rackform apply` takes it up where it is, and `rackform events --follow` only watches"
                    .to_owned(),
            ),
            Self::LostSight { .. } => {
                Some("`rackform apply` takes it up where it is, and `rackform events --follow` only watches".to_owned())
            }
            Self::ChangeSet { .. } | Self::Interrupted { .. } => None,
            Self::DoesMore { .. } => Some(
                "`rackform plan --confirm-with-aws` shows both lists; `--allow-unpredicted LOGICAL_ID` lets more happen to one resource"
                    .to_owned(),
            ),
            Self::LeftBehind { stack, change_set, .. } => Some(format!(
                "it changes nothing by being there; `aws cloudformation delete-change-set --stack-name {stack} --change-set-name \
                 {change_set}` takes it away, and so do the next `rackform apply` and `rackform recover`"
            )),
            Self::AfterImport { source, .. } => Some(format!(
                "what was imported stays in the stack; the same command again goes on with the update{}",
                source.hint().map(|hint| format!("; {hint}")).unwrap_or_default()
            )),
            Self::Backend(error) => error.hint(),
        }
    }

    /// Tells whether planning again, or later, may work.
    pub fn may_work_later(&self) -> bool {
        if let Self::AfterImport { source, .. } = self {
            return source.may_work_later();
        }
        matches!(
            self,
            Self::StackMovedOn { .. }
                | Self::StackExists { .. }
                | Self::Backend(BackendError::ChangeSetObsolete { .. } | BackendError::Locked { .. })
        )
    }
}

/// Carries a plan out.
///
/// What is to be imported comes first, in an operation of its own; only once that is done well the rest follows. The change set that the backend makes is held against the approved plan: one that would do more is not executed. `interrupted` is looked
/// at between steps: before anything was begun it ends in [`ApplyError::Interrupted`], afterwards following stops with
/// [`Outcome::Interrupted`]. A change set that comes to nothing is taken away again, and so is the stack when it was only there for it.
///
/// # Errors
///
/// Returns [`ApplyError::StackMovedOn`] when the stack is not what the plan was made for, [`ApplyError::DoesMore`], or what the backend refused.
pub fn apply(backend: &dyn Backend, target: &Target, observer: &mut dyn Observer, interrupted: &AtomicBool) -> Result<Outcome, ApplyError> {
    match target.first() {
        Some(first) => import::and_then(backend, &first, target, observer, interrupted),
        None => one_operation(backend, target, observer, interrupted),
    }
}

/// Carries out one change set.
fn one_operation(
    backend: &dyn Backend,
    target: &Target,
    observer: &mut dyn Observer,
    interrupted: &AtomicBool,
) -> Result<Outcome, ApplyError> {
    let stack = backend.describe_stack(&target.stack)?;
    revision::check_revision_of(backend, target, stack.as_ref())?;
    let request = target.request();
    // One that an interrupted run left behind has the same name, as it has the same content.
    change_set::discard(backend, &target.stack, &request.name)?;
    let found = change_set::make(backend, &request, interrupted).and_then(|change_set| look_at(backend, target, change_set, interrupted));
    let (change_set, stack) = match found {
        Ok(Looked::Execute(change_set, stack)) => (change_set, stack),
        unfit => {
            if let Err(source) = change_set::discard(backend, &target.stack, &request.name) {
                return Err(ApplyError::LeftBehind { stack: target.stack.clone(), change_set: request.name, source });
            }
            return unfit.map(|_| Outcome::Unchanged { status: stack.map(|stack| stack.status) });
        }
    };
    for id in change_set_shortfall(target, &change_set) {
        observer.notice(&format!("AWS's change set does not list `{id}`: it stays as it is, unless something on the way changes it"));
    }
    settle::policy_first(backend, &stack, &target.settings)?;
    backend.execute_change_set(&stack.id, &change_set.id)?;
    follow(backend, &stack.id, Some(stack.revision), observer, interrupted)
}

/// What a look at a change set gives.
enum Looked {
    /// It can be executed, on this stack.
    Execute(ChangeSetDescription, Box<StackDescription>),
    /// It holds nothing.
    Nothing,
}

/// Decides whether a change set is what was approved.
fn look_at(
    backend: &dyn Backend,
    target: &Target,
    change_set: ChangeSetDescription,
    interrupted: &AtomicBool,
) -> Result<Looked, ApplyError> {
    if change_set.is_empty_update() {
        return Ok(Looked::Nothing);
    }
    if change_set.status.is_failed() {
        let reason = change_set.status_reason.unwrap_or_default();
        return Err(ApplyError::ChangeSet { change_set: change_set.name, reason });
    }
    let Some(stack) = backend.describe_stack(&target.stack)? else {
        return Err(BackendError::StackNotFound { stack: target.stack.clone() }.into());
    };
    // Between the first look and the change set somebody else may have been quicker.
    revision::check_revision_of(backend, target, Some(&stack))?;
    if let Some(approved) = &target.approved {
        let tags_differ = target.resources_to_import.is_empty() && stack.tags != target.tags;
        let mut excess = unapproved_changes(approved, &change_set.changes, tags_differ);
        excess.retain(|more| !target.allow_unpredicted.contains(&more.logical_resource_id));
        if !excess.is_empty() {
            return Err(ApplyError::DoesMore { change_set: change_set.name, excess });
        }
    }
    if interrupted.load(Ordering::SeqCst) {
        return Err(ApplyError::Interrupted { stack: target.stack.clone() });
    }
    Ok(Looked::Execute(change_set, Box::new(stack)))
}

fn change_set_shortfall<'t>(target: &'t Target, change_set: &ChangeSetDescription) -> Vec<&'t str> {
    target.approved.as_ref().map(|approved| missing_changes(approved, &change_set.changes)).unwrap_or_default()
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
