//! The status of a stack.

use super::api_values::api_values;

api_values! {
    /// The status of a stack.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html>
    StackStatus {
        CreateInProgress = "CREATE_IN_PROGRESS",
        CreateFailed = "CREATE_FAILED",
        CreateComplete = "CREATE_COMPLETE",
        RollbackInProgress = "ROLLBACK_IN_PROGRESS",
        RollbackFailed = "ROLLBACK_FAILED",
        RollbackComplete = "ROLLBACK_COMPLETE",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        DeleteFailed = "DELETE_FAILED",
        DeleteComplete = "DELETE_COMPLETE",
        UpdateInProgress = "UPDATE_IN_PROGRESS",
        UpdateCompleteCleanupInProgress = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        UpdateComplete = "UPDATE_COMPLETE",
        UpdateFailed = "UPDATE_FAILED",
        UpdateRollbackInProgress = "UPDATE_ROLLBACK_IN_PROGRESS",
        UpdateRollbackFailed = "UPDATE_ROLLBACK_FAILED",
        UpdateRollbackCompleteCleanupInProgress = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        UpdateRollbackComplete = "UPDATE_ROLLBACK_COMPLETE",
        ReviewInProgress = "REVIEW_IN_PROGRESS",
        ImportInProgress = "IMPORT_IN_PROGRESS",
        ImportComplete = "IMPORT_COMPLETE",
        ImportRollbackInProgress = "IMPORT_ROLLBACK_IN_PROGRESS",
        ImportRollbackFailed = "IMPORT_ROLLBACK_FAILED",
        ImportRollbackComplete = "IMPORT_ROLLBACK_COMPLETE",
    }
}

impl StackStatus {
    /// Returns whether an operation is in progress. In `REVIEW_IN_PROGRESS` none is.
    pub fn is_in_progress(self) -> bool {
        self.as_str().ends_with("_IN_PROGRESS") && !self.is_review()
    }

    /// Returns whether the stack consists only of a change set: `REVIEW_IN_PROGRESS`.
    pub fn is_review(self) -> bool {
        self == Self::ReviewInProgress
    }

    /// Returns whether the last operation failed, and was not rolled back.
    pub fn is_failed(self) -> bool {
        self.as_str().ends_with("FAILED")
    }

    /// Returns whether the status is part of a rollback, or its result.
    pub fn is_rollback(self) -> bool {
        self.as_str().contains("ROLLBACK")
    }

    /// Returns whether a rollback is in progress, its clean-up excluded.
    pub fn is_rolling_back(self) -> bool {
        self.as_str().ends_with("ROLLBACK_IN_PROGRESS")
    }

    /// Returns whether a change set can be executed on a stack in this status.
    pub fn is_updatable(self) -> bool {
        matches!(
            self,
            Self::CreateComplete
                | Self::UpdateComplete
                | Self::UpdateRollbackComplete
                | Self::ImportComplete
                | Self::ImportRollbackComplete
        )
    }

    /// Returns the operation that is in progress, if any.
    pub fn operation(self) -> Option<StackOperation> {
        Some(match self {
            Self::CreateInProgress => StackOperation::Create,
            Self::RollbackInProgress => StackOperation::CreateRollback,
            Self::UpdateInProgress => StackOperation::Update,
            Self::UpdateCompleteCleanupInProgress => StackOperation::UpdateCleanup,
            Self::UpdateRollbackInProgress | Self::UpdateRollbackCompleteCleanupInProgress => StackOperation::UpdateRollback,
            Self::ImportInProgress => StackOperation::Import,
            Self::ImportRollbackInProgress => StackOperation::ImportRollback,
            Self::DeleteInProgress => StackOperation::Delete,
            _ => return None,
        })
    }
}

/// An operation on a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackOperation {
    /// The stack is created.
    Create,
    /// A failed creation is rolled back.
    CreateRollback,
    /// The stack is updated.
    Update,
    /// After an update, replaced and removed resources are deleted.
    UpdateCleanup,
    /// A failed update is rolled back.
    UpdateRollback,
    /// Resources are imported.
    Import,
    /// A failed import is rolled back.
    ImportRollback,
    /// The stack is deleted.
    Delete,
}
