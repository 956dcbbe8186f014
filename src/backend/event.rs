//! What a backend tells about what happened to a stack.

use serde::{Deserialize, Serialize};

use super::{STACK_TYPE, StackStatus};

/// A stack event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StackEvent {
    /// Unique; of the local backend's events of one stack, a later one sorts after an earlier one.
    pub id: String,
    /// RFC 3339, UTC.
    pub timestamp: String,
    /// The logical ID; the stack's name for the stack itself.
    pub logical_id: String,
    /// The physical ID, once there is one.
    pub physical_id: Option<String>,
    /// The type; `AWS::CloudFormation::Stack` for the stack itself.
    pub resource_type: String,
    /// The status.
    pub status: StackStatus,
    /// Why, for failures and clean-ups.
    pub status_reason: Option<String>,
    /// The token of the request that this came of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_request_token: Option<String>,
    /// How far a resource in progress is, such as `CONFIGURATION_COMPLETE`, or `VALIDATION_FAILED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detailed_status: Option<String>,
    /// The hook that looked at the resource, for an event of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<HookProgress>,
}

/// What a hook found; see <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html>.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookProgress {
    /// The hook's type name.
    pub hook_type: String,
    /// The status, such as `HOOK_COMPLETE_FAILED`.
    pub status: String,
    /// Why.
    pub reason: Option<String>,
    /// `FAIL` when a failure stops the operation, `WARN` when it does not.
    pub failure_mode: Option<String>,
}

impl StackEvent {
    /// Tells whether it is about the stack itself, and not about a resource, which a nested stack is too.
    pub fn is_of_stack(&self) -> bool {
        self.resource_type == STACK_TYPE
            && self.physical_id.as_deref().is_some_and(|id| id.split('/').nth(1) == Some(self.logical_id.as_str()))
    }

    /// Tells whether it says that somebody asked for this.
    pub fn is_user_initiated(&self) -> bool {
        self.status_reason.as_deref() == Some("User Initiated")
    }

    /// Tells whether a resource was only cancelled, since another one failed.
    ///
    /// Only the words tell, which are CloudFormation's: `Resource creation cancelled`, `Resource update cancelled`.
    pub fn is_cancellation(&self) -> bool {
        let reason = self.status_reason.as_deref().unwrap_or_default().to_ascii_lowercase();
        ["creation", "update", "deletion", "import"].iter().any(|what| reason.starts_with(&format!("resource {what} cancel")))
    }

    /// Returns when it happened.
    pub fn at(&self) -> Option<jiff::Timestamp> {
        self.timestamp.parse().ok()
    }

    /// Tells whether it happened before another; of the same moment is not before.
    pub fn is_before(&self, other: &Self) -> bool {
        matches!((self.at(), other.at()), (Some(own), Some(other)) if own < other)
    }
}
