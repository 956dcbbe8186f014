//! The exit code, causes and hint of every error of an operation.

use crate::cli::shared::backend::NOT_FOUND_HINT;
use crate::cli::{ExitCode, ExpectedFailure, Failure};
use crate::operation::{OperationError, SavedPlanMismatch};
use crate::plan::saved::SavedPlanError;

impl From<OperationError> for Failure {
    fn from(error: OperationError) -> Self {
        let message = error.to_string();
        match error {
            OperationError::Backend(error) => error.into(),
            OperationError::Apply(error) => error.into(),
            OperationError::Source(error) => error.into(),
            OperationError::Invalid(problems) => problems.into(),
            OperationError::StackNotFound { .. } => Self::new(ExitCode::NoInput, message).hinted(NOT_FOUND_HINT),
            OperationError::Import { problems } => Self::Expected(Box::new(ExpectedFailure {
                message,
                causes: problems.iter().map(ToString::to_string).collect(),
                hint: None,
                exit_code: ExitCode::Usage,
            })),
            OperationError::SavedPlan(error) => error.into(),
            OperationError::SavedPlanMismatch(mismatch) => Self::new(ExitCode::Data, message).hinted(match mismatch {
                SavedPlanMismatch::Stack { .. } => "omit `--stack-name`, or plan again for that stack",
                SavedPlanMismatch::Location { .. } => "use the plan's backend and region: `--backend`, `--region`",
                SavedPlanMismatch::Account { .. } => "use credentials for the plan's account: `--profile`, `--role-arn`",
            }),
            OperationError::StackPolicy { .. } => Self::new(ExitCode::Data, message),
            OperationError::NotRetainable { failed, .. } => {
                let failure = Self::new(ExitCode::Usage, message);
                if failed.is_empty() { failure } else { failure.hinted(format!("the deletion failed at {}", failed.join(", "))) }
            }
            OperationError::RetainTooEarly(error) => Self::from(error).hinted(
                "CloudFormation retains only resources whose deletion failed; delete without `--retain` first, or give the resource \
                 `DeletionPolicy: Retain`",
            ),
        }
    }
}

impl From<SavedPlanError> for Failure {
    fn from(error: SavedPlanError) -> Self {
        let failure = Self::new(ExitCode::Data, error.to_string()).hinted(error.hint());
        match std::error::Error::source(&error) {
            Some(source) => failure.caused_by(source),
            None => failure,
        }
    }
}
