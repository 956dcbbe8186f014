//! Stack refactoring: which resource gets which logical ID in which stack, and the statuses of such an operation.

use serde::{Deserialize, Serialize};

use super::api_values::api_values;

/// The place of a resource: a stack and a logical ID.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceLocation.html>
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ResourceLocation {
    /// The stack's name.
    pub stack_name: String,
    /// The logical ID.
    pub logical_resource_id: String,
}

impl ResourceLocation {
    /// Returns a location.
    pub fn new(stack_name: impl Into<String>, logical_resource_id: impl Into<String>) -> Self {
        Self { stack_name: stack_name.into(), logical_resource_id: logical_resource_id.into() }
    }
}

impl std::fmt::Display for ResourceLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.stack_name, self.logical_resource_id)
    }
}

/// A resource that a stack refactoring moves.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceMapping.html>
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ResourceMapping {
    /// Its place before.
    pub source: ResourceLocation,
    /// Its place afterwards.
    pub destination: ResourceLocation,
}

impl ResourceMapping {
    /// Returns whether the resource stays in its stack and only gets another logical ID.
    pub fn is_rename(&self) -> bool {
        self.source.stack_name == self.destination.stack_name
    }
}

api_values! {
    /// Whether a stack refactoring was created.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackRefactor.html>
    StackRefactorStatus {
        CreateInProgress = "CREATE_IN_PROGRESS",
        CreateComplete = "CREATE_COMPLETE",
        CreateFailed = "CREATE_FAILED",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        DeleteComplete = "DELETE_COMPLETE",
        DeleteFailed = "DELETE_FAILED",
    }
}

api_values! {
    /// Whether a stack refactoring can be executed, or was.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackRefactor.html>
    StackRefactorExecutionStatus {
        Unavailable = "UNAVAILABLE",
        Available = "AVAILABLE",
        Obsolete = "OBSOLETE",
        ExecuteInProgress = "EXECUTE_IN_PROGRESS",
        ExecuteComplete = "EXECUTE_COMPLETE",
        ExecuteFailed = "EXECUTE_FAILED",
        RollbackInProgress = "ROLLBACK_IN_PROGRESS",
        RollbackComplete = "ROLLBACK_COMPLETE",
        RollbackFailed = "ROLLBACK_FAILED",
    }
}

impl StackRefactorExecutionStatus {
    /// Returns whether the execution was started.
    pub fn is_started(self) -> bool {
        !matches!(self, Self::Unavailable | Self::Available | Self::Obsolete) && !self.as_str().is_empty()
    }

    /// Returns whether the execution is in progress. A failed execution is rolled back, so `EXECUTE_FAILED` may not be its end.
    pub fn is_in_progress(self) -> bool {
        self.as_str().ends_with("_IN_PROGRESS")
    }
}
