//! Why an operation cannot be prepared.

use crate::apply::ApplyError;
use crate::backend::BackendError;
use crate::cloudformation::StackStatus;
use crate::diagnostic::{Diagnostics, SourceError};
use crate::plan::saved::SavedPlanError;
use crate::plan::{ImportProblem, Refusal};
use crate::refactor::RefactorProblem;

/// Why an operation cannot be prepared.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// The backend failed or refused the request.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The stack changed since the plan was made, or its revision cannot be read.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// A file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The template or its parameters have errors, each with its position.
    #[error("the template or its parameters have errors")]
    Invalid(#[source] Diagnostics),
    /// The stack does not exist.
    #[error("stack `{stack}` does not exist")]
    StackNotFound {
        /// The stack.
        stack: String,
    },
    /// Existing resources cannot be imported.
    #[error("cannot import the existing resources; nothing was changed")]
    Import {
        /// The reasons, at least one.
        problems: Vec<ImportProblem>,
    },
    /// A stack refactoring is impossible.
    #[error("cannot refactor; nothing was changed")]
    Refactor {
        /// The reasons, at least one.
        problems: Vec<RefactorProblem>,
    },
    /// A saved plan cannot be written or read.
    #[error(transparent)]
    SavedPlan(#[from] SavedPlanError),
    /// A saved plan was made for another stack, region or account.
    #[error(transparent)]
    SavedPlanMismatch(#[from] SavedPlanMismatch),
    /// The stack policy cannot be used.
    #[error("stack policy `{}`: {problem}", path.display())]
    StackPolicy {
        /// The file.
        path: std::path::PathBuf,
        /// The problem.
        problem: String,
    },
    /// A resource to retain is not in `DELETE_FAILED`.
    #[error("resource `{logical_id}` cannot be retained: it is not in DELETE_FAILED")]
    NotRetainable {
        /// The resource to retain.
        logical_id: String,
        /// The resources in `DELETE_FAILED`.
        failed: Vec<String>,
    },
    /// An earlier operation on the stack is unfinished, and no one confirmed to finish it.
    #[error("`{stack}` is {status}: an operation is unfinished")]
    Unfinished {
        /// The stack.
        stack: String,
        /// Its status.
        status: StackStatus,
    },
    /// A requested failure is for a resource that is in neither template.
    #[error("neither template has a resource `{logical_id}`")]
    UnknownResource {
        /// The name.
        logical_id: String,
        /// The logical IDs of both templates.
        known: Vec<String>,
    },
    /// CloudFormation would refuse the request.
    #[error("{}: {}", .0.code.as_deref().unwrap_or("refused"), .0.message.as_deref().unwrap_or(&.0.reason))]
    RequestRefused(Box<Refusal>),
    /// The backend cannot confirm plans.
    #[error("the backend {backend} has no change sets of its own to compare with")]
    CannotConfirm {
        /// The backend.
        backend: String,
    },
    /// AWS refuses the change.
    #[error("AWS refuses this change: {reason}")]
    ChangeRefused {
        /// AWS's reason, with secrets masked.
        reason: String,
        /// What CloudFormation's checks found, with places in the template.
        problems: Diagnostics,
    },
    /// A failed change would delete a stack that existed before.
    #[error("only a new stack can be deleted after a failure, but `{stack}` exists")]
    DeletesExistingStack {
        /// The stack.
        stack: String,
    },
    /// The file of the stack policy that `rack.yaml` names cannot be read.
    #[error("{error}")]
    ConfiguredStackPolicy {
        /// The error.
        error: SourceError,
        /// The position in `rack.yaml`.
        place: String,
    },
    /// A saved plan decides this option.
    #[error("the saved plan decides this option")]
    DecidedBySavedPlan(DecidedOption),
    /// Resources can be retained only after a deletion failed.
    #[error(transparent)]
    RetainTooEarly(BackendError),
}

/// An option that a saved plan decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecidedOption {
    /// The form of the template.
    MinifyTemplate,
    /// The stack policy.
    StackPolicy,
    /// The notification topics.
    NotificationTopics,
    /// What to do when the change fails.
    OnFailure,
    /// Whether to keep completed changes when the change fails.
    DisableRollback,
    /// The alarms.
    RollbackAlarms,
    /// How long alarms are monitored.
    RollbackMonitoringMinutes,
}

impl From<Diagnostics> for OperationError {
    fn from(problems: Diagnostics) -> Self {
        Self::Invalid(problems)
    }
}

impl From<Vec<RefactorProblem>> for OperationError {
    fn from(problems: Vec<RefactorProblem>) -> Self {
        Self::Refactor { problems }
    }
}

impl From<Vec<ImportProblem>> for OperationError {
    fn from(problems: Vec<ImportProblem>) -> Self {
        Self::Import { problems }
    }
}

/// Why a saved plan cannot be executed here: it was made for another stack, backend, region or account.
#[derive(Debug, thiserror::Error)]
pub enum SavedPlanMismatch {
    /// Another stack.
    #[error("the plan's `stack_name` is `{planned}`, not `{actual}`")]
    Stack {
        /// The stack of the plan.
        planned: String,
        /// The requested stack.
        actual: String,
    },
    /// Another backend or region.
    #[error("the plan was made for `backend` {planned_backend} in `region` {planned_region}, not for {actual_backend} in {actual_region}")]
    Location {
        /// The backend of the plan.
        planned_backend: String,
        /// The region of the plan.
        planned_region: String,
        /// The current backend.
        actual_backend: String,
        /// The current region.
        actual_region: String,
    },
    /// Another account: the name of a stack alone would match in any account.
    #[error("the plan was made for `account` {planned}, not for account {actual}")]
    Account {
        /// The account of the plan.
        planned: String,
        /// The current account.
        actual: String,
    },
}
