//! Descriptions of stacks, their resources and change sets.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::cloudformation::{Change, ChangeSetStatus, ExecutionStatus, ResourceStatus, StackDriftStatus, StackEvent, StackStatus};

/// A stack's name.
pub type StackName = String;

/// A stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackDescription {
    /// The name.
    pub name: StackName,
    /// The stack ID, an ARN.
    pub id: String,
    /// The status.
    pub status: StackStatus,
    /// The reason for the status, if there is one.
    pub status_reason: Option<String>,
    /// The deployed parameters; a `NoEcho` value is `None`.
    pub parameters: IndexMap<String, Option<String>>,
    /// The values of SSM parameters at the stack's last update, by the names that parameters of an SSM type contain.
    #[serde(default)]
    pub ssm: IndexMap<String, String>,
    /// The outputs.
    pub outputs: IndexMap<String, String>,
    /// The stack's tags.
    pub tags: IndexMap<String, String>,
    /// The text of the deployed template.
    pub template: String,
    /// The ID of the stack's latest event, by which a saved plan detects that the stack changed.
    pub revision: String,
    /// RFC 3339, UTC.
    pub created: String,
    /// RFC 3339, UTC.
    pub updated: Option<String>,
    /// Whether termination protection is on.
    pub termination_protection: bool,
    /// The result of the last drift detection, if the backend detects drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// The ARN of the role that CloudFormation assumes, if the stack has one.
    #[serde(default)]
    pub role_arn: Option<String>,
    /// ARNs of the SNS topics that receive stack events.
    #[serde(default)]
    pub notification_topics: Vec<String>,
    /// CloudWatch alarms that trigger a rollback, by ARN (`composite:ARN` for composite ones).
    #[serde(default)]
    pub rollback_alarms: Vec<String>,
    /// Minutes during which CloudFormation monitors them after a change.
    #[serde(default)]
    pub rollback_monitoring_minutes: Option<u32>,
}

/// The result of the last drift detection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The status.
    pub status: StackDriftStatus,
    /// The time, RFC 3339, UTC.
    pub checked: Option<String>,
}

/// An entry in a list of stacks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackSummary {
    /// The name.
    pub name: StackName,
    /// The stack ID, an ARN.
    pub id: String,
    /// The status.
    pub status: StackStatus,
    /// The time of the last change or of the creation, RFC 3339, UTC.
    pub updated: String,
}

/// A resource of a deployed stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackResource {
    /// The logical ID.
    pub logical_id: String,
    /// The physical ID.
    pub physical_id: String,
    /// The type.
    pub resource_type: String,
    /// The status, such as `CREATE_COMPLETE`.
    pub status: ResourceStatus,
    /// Resolved properties, `null` if the backend does not know them; `NoEcho` values are `****`.
    pub properties: serde_json::Value,
    /// Attributes that `Fn::GetAtt` returns, as far as the backend knows them.
    pub attributes: IndexMap<String, serde_json::Value>,
}

/// A page of a stack's events, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EventPage {
    /// The events.
    pub events: Vec<StackEvent>,
    /// Whether there are later events.
    pub more: bool,
}

/// A change set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeSetDescription {
    /// Its name.
    pub name: String,
    /// Its ID, an ARN.
    pub id: String,
    /// The status; without changes it is `FAILED`.
    pub status: ChangeSetStatus,
    /// Whether it can be executed, or was.
    #[serde(default)]
    pub execution_status: ExecutionStatus,
    /// The reason for a failure.
    pub status_reason: Option<String>,
    /// The changes of resources.
    pub changes: Vec<Change>,
}

impl ChangeSetDescription {
    /// Returns whether the backend is still creating it.
    pub fn is_pending(&self) -> bool {
        self.status.is_pending()
    }

    /// Returns whether it failed because there are no changes, which is not a failure for a user.
    ///
    /// AWS reports this only in the reason, with the message of change sets or with that of `UpdateStack`.
    pub fn is_empty_update(&self) -> bool {
        let reason = self.status_reason.as_deref().unwrap_or_default();
        self.status.is_failed() && (reason.contains("didn't contain changes") || reason.contains("No updates are to be performed"))
    }
}

/// Whether an operation on a stack is in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationState {
    /// It is in progress.
    Running,
    /// It has ended, successfully or not.
    Done,
}
