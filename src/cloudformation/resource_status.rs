//! The status of a resource, which is also the status of an event.

use super::StackStatus;
use super::api_values::api_values;

api_values! {
    /// The status of a resource or of a stack event.
    ///
    /// Events of the stack itself have the stack's status, see [`ResourceStatus::of_stack`].
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html>
    ResourceStatus {
        CreateInProgress = "CREATE_IN_PROGRESS",
        CreateFailed = "CREATE_FAILED",
        CreateComplete = "CREATE_COMPLETE",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        DeleteFailed = "DELETE_FAILED",
        DeleteComplete = "DELETE_COMPLETE",
        DeleteSkipped = "DELETE_SKIPPED",
        UpdateInProgress = "UPDATE_IN_PROGRESS",
        UpdateFailed = "UPDATE_FAILED",
        UpdateComplete = "UPDATE_COMPLETE",
        ImportFailed = "IMPORT_FAILED",
        ImportComplete = "IMPORT_COMPLETE",
        ImportInProgress = "IMPORT_IN_PROGRESS",
        ImportRollbackInProgress = "IMPORT_ROLLBACK_IN_PROGRESS",
        ImportRollbackFailed = "IMPORT_ROLLBACK_FAILED",
        ImportRollbackComplete = "IMPORT_ROLLBACK_COMPLETE",
        ExportFailed = "EXPORT_FAILED",
        ExportComplete = "EXPORT_COMPLETE",
        ExportInProgress = "EXPORT_IN_PROGRESS",
        ExportRollbackInProgress = "EXPORT_ROLLBACK_IN_PROGRESS",
        ExportRollbackFailed = "EXPORT_ROLLBACK_FAILED",
        ExportRollbackComplete = "EXPORT_ROLLBACK_COMPLETE",
        UpdateRollbackInProgress = "UPDATE_ROLLBACK_IN_PROGRESS",
        UpdateRollbackComplete = "UPDATE_ROLLBACK_COMPLETE",
        UpdateRollbackFailed = "UPDATE_ROLLBACK_FAILED",
        RollbackInProgress = "ROLLBACK_IN_PROGRESS",
        RollbackComplete = "ROLLBACK_COMPLETE",
        RollbackFailed = "ROLLBACK_FAILED",
        ReviewInProgress = "REVIEW_IN_PROGRESS",
        UpdateCompleteCleanupInProgress = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        UpdateRollbackCompleteCleanupInProgress = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    }
}

impl ResourceStatus {
    /// Returns the status of an event of a stack in this status.
    pub fn of_stack(status: StackStatus) -> Self {
        Self::from(status.as_str())
    }

    /// Returns the status of the stack that an event of the stack itself reports.
    pub fn as_stack_status(self) -> StackStatus {
        StackStatus::from(self.as_str())
    }

    /// Returns whether an operation on the resource is in progress. In `REVIEW_IN_PROGRESS` none is.
    pub fn is_in_progress(self) -> bool {
        self.as_str().ends_with("_IN_PROGRESS") && self != Self::ReviewInProgress
    }

    /// Returns whether the operation failed.
    pub fn is_failed(self) -> bool {
        self.as_str().ends_with("FAILED")
    }

    /// Returns whether the operation succeeded.
    pub fn is_complete(self) -> bool {
        self.as_str().ends_with("_COMPLETE")
    }

    /// Returns whether the resource has left the stack, although CloudFormation still lists it.
    pub fn is_gone(self) -> bool {
        matches!(self, Self::DeleteComplete | Self::DeleteSkipped)
    }
}
