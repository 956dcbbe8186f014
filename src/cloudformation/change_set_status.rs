//! The statuses of a change set: whether it is created, and whether it can be executed.

use super::api_values::api_values;

api_values! {
    /// The status of a change set.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html>
    ChangeSetStatus {
        CreatePending = "CREATE_PENDING",
        CreateInProgress = "CREATE_IN_PROGRESS",
        CreateComplete = "CREATE_COMPLETE",
        DeletePending = "DELETE_PENDING",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        DeleteComplete = "DELETE_COMPLETE",
        DeleteFailed = "DELETE_FAILED",
        Failed = "FAILED",
    }
}

impl ChangeSetStatus {
    /// Returns whether CloudFormation is still creating the change set.
    pub fn is_pending(self) -> bool {
        matches!(self, Self::CreatePending | Self::CreateInProgress)
    }

    /// Returns whether the change set is deleted or being deleted.
    pub fn is_deletion(self) -> bool {
        self.as_str().starts_with("DELETE_")
    }

    /// Returns whether the change set could not be created or deleted.
    pub fn is_failed(self) -> bool {
        self.as_str().ends_with("FAILED")
    }
}

api_values! {
    /// Whether a change set can be executed, or was.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html>
    ExecutionStatus {
        Unavailable = "UNAVAILABLE",
        Available = "AVAILABLE",
        ExecuteInProgress = "EXECUTE_IN_PROGRESS",
        ExecuteComplete = "EXECUTE_COMPLETE",
        ExecuteFailed = "EXECUTE_FAILED",
        Obsolete = "OBSOLETE",
    }
}

impl ExecutionStatus {
    /// Returns whether execution has started.
    pub fn is_started(self) -> bool {
        matches!(self, Self::ExecuteInProgress | Self::ExecuteComplete | Self::ExecuteFailed)
    }
}
