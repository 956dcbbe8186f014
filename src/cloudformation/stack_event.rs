//! Stack events.

use serde::{Deserialize, Serialize};

use super::ResourceStatus;
use super::api_values::api_values;

/// The resource type of a stack, which the stack's own events have.
pub const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// A stack event.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html>
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StackEvent {
    /// A unique ID. IDs of the local backend sort in the order of a stack's events.
    pub id: String,
    /// RFC 3339, UTC.
    pub timestamp: String,
    /// The logical ID; for the stack itself, the stack's name.
    pub logical_id: String,
    /// The physical ID, if one is assigned already.
    pub physical_id: Option<String>,
    /// The resource type; for the stack itself, [`STACK_TYPE`].
    pub resource_type: String,
    /// The status.
    pub status: ResourceStatus,
    /// The reason, for failures and clean-ups.
    pub status_reason: Option<String>,
    /// The ID of the operation that the event belongs to; endpoints without operation IDs have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<String>,
    /// The token of the request that started the operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_request_token: Option<String>,
    /// The detailed status of a resource in progress, such as `CONFIGURATION_COMPLETE` or `VALIDATION_FAILED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detailed_status: Option<String>,
    /// For an event of a hook: the hook and its result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<HookProgress>,
}

/// The result of a hook.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookProgress {
    /// The hook's type name.
    pub hook_type: String,
    /// The hook's status.
    pub status: HookStatus,
    /// The reason for the status.
    pub reason: Option<String>,
    /// `FAIL` if a failure of the hook stops the operation, `WARN` if it does not.
    pub failure_mode: Option<String>,
    /// The ID of the invocation, under which `GetHookResult` returns the findings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocation_id: Option<String>,
}

api_values! {
    /// The status of a hook.
    HookStatus {
        InProgress = "HOOK_IN_PROGRESS",
        CompleteSucceeded = "HOOK_COMPLETE_SUCCEEDED",
        CompleteFailed = "HOOK_COMPLETE_FAILED",
        Failed = "HOOK_FAILED",
    }
}

impl HookStatus {
    /// Returns whether the hook failed, or found a failure.
    pub fn is_failed(self) -> bool {
        self.as_str().ends_with("FAILED")
    }
}

impl StackEvent {
    /// Returns whether the event is about the stack itself. A nested stack is a resource.
    pub fn is_of_stack(&self) -> bool {
        self.resource_type == STACK_TYPE
            && self.physical_id.as_deref().is_some_and(|id| id.split('/').nth(1) == Some(self.logical_id.as_str()))
    }

    /// Returns whether the event reports that a user requested the operation.
    pub fn is_user_initiated(&self) -> bool {
        self.status_reason.as_deref() == Some("User Initiated")
    }

    /// Returns whether the resource was only cancelled because another resource failed.
    ///
    /// CloudFormation reports this only in the reason: `Resource creation cancelled`, `Resource update cancelled`.
    pub fn is_cancellation(&self) -> bool {
        let reason = self.status_reason.as_deref().unwrap_or_default().to_ascii_lowercase();
        ["creation", "update", "deletion", "import"].iter().any(|what| reason.starts_with(&format!("resource {what} cancel")))
    }

    /// Returns the event's time.
    pub fn at(&self) -> Option<jiff::Timestamp> {
        self.timestamp.parse().ok()
    }

    /// Returns whether the event happened before another one. Events with equal times are not before one another.
    pub fn is_before(&self, other: &Self) -> bool {
        matches!((self.at(), other.at()), (Some(own), Some(other)) if own < other)
    }
}
