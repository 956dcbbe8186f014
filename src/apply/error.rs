//! Why a plan could not be executed.

use super::validations::ChangeSetValidations;
use crate::backend::{BackendError, BackendHint, EventsUnavailable, StackName};
use crate::cloudformation::StackStatus;
use crate::plan::Disagreement;

/// Why a plan could not be executed. A resource that fails is an [`Outcome`](super::Outcome) instead.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The stack changed after the plan was made.
    #[error("stack `{stack}` changed after the plan was made: {}", changes(*.newer_events, *.status, resources))]
    StackChanged {
        /// The stack.
        stack: StackName,
        /// Its current status; `None` if it no longer exists.
        status: Option<StackStatus>,
        /// The number of newer events.
        newer_events: usize,
        /// The resources that these events are about.
        resources: Vec<String>,
    },
    /// The stack exists, and the plan was to create it.
    #[error("stack `{stack}` already exists ({status}); the plan was to create it")]
    StackExists {
        /// The stack.
        stack: StackName,
        /// Its status.
        status: StackStatus,
    },
    /// The change set failed.
    #[error("change set `{change_set}` failed: {reason}")]
    ChangeSetFailed {
        /// Its name.
        change_set: String,
        /// The reason.
        reason: String,
        /// What CloudFormation's checks found.
        validations: Box<ChangeSetValidations>,
    },
    /// The operation continues, but cannot be followed.
    #[error("cannot follow the operation{}, which continues", status.as_ref().map(|status| format!(" ({status})")).unwrap_or_default())]
    FollowFailed {
        /// The stack's last known status.
        status: Option<StackStatus>,
        /// The cause.
        #[source]
        source: BackendError,
    },
    /// Executing the change set would do more than was approved.
    #[error("change set `{change_set}` would do more than the approved plan; it was deleted, and nothing was changed")]
    ExceedsPlan {
        /// Its name.
        change_set: String,
        /// What it would do more.
        excess: Vec<Disagreement>,
    },
    /// The user interrupted before anything was started.
    #[error("interrupted before anything was changed in stack `{stack}`")]
    Interrupted {
        /// The stack.
        stack: StackName,
    },
    /// A change set could not be deleted.
    #[error("cannot delete change set `{change_set}` of stack `{stack}`")]
    ChangeSetNotDeleted {
        /// The stack.
        stack: StackName,
        /// The change set.
        change_set: String,
        /// The cause.
        #[source]
        source: BackendError,
    },
    /// The import succeeded, and the update after it could not be started.
    #[error("the import succeeded ({status}), but the update after it was not started")]
    AfterImport {
        /// The stack's status.
        status: StackStatus,
        /// The cause.
        #[source]
        source: Box<Self>,
    },
    /// The backend refuses the stack refactoring.
    #[error("the stack refactoring was refused; nothing was changed: {reason}")]
    RefactorFailed {
        /// The reason.
        reason: String,
    },
    /// Executing the stack refactoring would do more than was approved.
    #[error("the stack refactoring would do more than the approved plan; it was not executed: {}", excess.join("; "))]
    RefactorExceedsPlan {
        /// What it would do more.
        excess: Vec<String>,
    },
    /// The stack refactoring succeeded, but the resources cannot be compared.
    #[error("the stack refactoring is complete, but its resources cannot be read to compare them")]
    RefactorUnverified {
        /// The cause.
        #[source]
        source: BackendError,
    },
    /// The backend refused, or could not be reached.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// What the user can do about an [`ApplyError`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplyHint {
    /// About the backend.
    Backend(BackendHint),
    /// The stack changed: plan again.
    PlanAgain,
    /// Resume the operation, or only watch it.
    ResumeOrWatch {
        /// Whether new credentials are required first.
        needs_credentials: bool,
    },
    /// Compare the plan with AWS's change set, or allow more for one resource.
    CompareOrAllow,
    /// The change set has no effect by itself; delete it.
    DeleteChangeSet {
        /// The stack.
        stack: StackName,
        /// The change set.
        change_set: String,
    },
    /// The change set was deleted, and nothing was changed.
    ChangeSetDeleted,
    /// As [`ApplyHint::ChangeSetDeleted`]; what CloudFormation's checks found is unknown.
    ValidationsUnknown {
        /// Why.
        why: String,
        /// Whether a permission is missing.
        is_denied: bool,
    },
    /// Run the same command again, which continues with the update.
    RepeatAfterImport(Option<Box<Self>>),
}

impl ApplyError {
    /// Returns what the user can do about the error, if anything.
    pub fn hint(&self) -> Option<ApplyHint> {
        Some(match self {
            Self::StackChanged { .. } | Self::StackExists { .. } => ApplyHint::PlanAgain,
            Self::FollowFailed { source, .. } => ApplyHint::ResumeOrWatch { needs_credentials: source.is_credentials_error() },
            Self::ChangeSetFailed { validations, .. } => match &validations.unavailable {
                Some(why) => {
                    ApplyHint::ValidationsUnknown { why: why.error().to_string(), is_denied: matches!(why, EventsUnavailable::Denied(_)) }
                }
                None => ApplyHint::ChangeSetDeleted,
            },
            Self::Interrupted { .. } | Self::RefactorFailed { .. } | Self::RefactorExceedsPlan { .. } => return None,
            Self::RefactorUnverified { source } => return source.hint().map(ApplyHint::Backend),
            Self::ExceedsPlan { .. } => ApplyHint::CompareOrAllow,
            Self::ChangeSetNotDeleted { stack, change_set, .. } => {
                ApplyHint::DeleteChangeSet { stack: stack.clone(), change_set: change_set.clone() }
            }
            Self::AfterImport { source, .. } => ApplyHint::RepeatAfterImport(source.hint().map(Box::new)),
            Self::Backend(error) => return error.hint().map(ApplyHint::Backend),
        })
    }

    /// Returns whether planning again, or a later retry, may succeed.
    pub fn may_succeed_later(&self) -> bool {
        if let Self::AfterImport { source, .. } = self {
            return source.may_succeed_later();
        }
        matches!(
            self,
            Self::StackChanged { .. }
                | Self::StackExists { .. }
                | Self::Backend(
                    BackendError::ChangeSetObsolete { .. } | BackendError::RefactorObsolete { .. } | BackendError::Locked { .. }
                )
        )
    }
}

/// Returns how a stack changed, in words.
fn changes(newer_events: usize, status: Option<StackStatus>, resources: &[String]) -> String {
    let Some(status) = status else { return "it no longer exists".to_owned() };
    let events = match newer_events {
        0 => "its events differ".to_owned(),
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
