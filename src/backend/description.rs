//! What a backend tells about stacks, their resources, events and change sets.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::cloudformation::{Change, ChangeSetStatus, ExecutionStatus, ResourceStatus, StackDriftStatus, StackEvent, StackStatus};

/// A stack's name.
pub type StackName = String;

/// Who asks a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account's number.
    pub account: String,
    /// The user or role, an ARN.
    pub arn: String,
}

/// A stack as it is deployed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackDescription {
    /// The name.
    pub name: StackName,
    /// The stack ID, an ARN.
    pub id: String,
    /// The status in CloudFormation's words, such as `UPDATE_COMPLETE`.
    pub status: StackStatus,
    /// Why, where the backend says.
    pub status_reason: Option<String>,
    /// The deployed parameters; a `NoEcho` value is `None`.
    pub parameters: IndexMap<String, Option<String>>,
    /// What Parameter Store held under the names that parameters of an SSM type give, by that name, when the stack was last updated.
    #[serde(default)]
    pub ssm: IndexMap<String, String>,
    /// The outputs.
    pub outputs: IndexMap<String, String>,
    /// The stack's tags.
    pub tags: IndexMap<String, String>,
    /// The text of the deployed template.
    pub template: String,
    /// The ID of the stack's latest event, so that a saved plan can tell that the stack moved on.
    pub revision: String,
    /// RFC 3339, UTC.
    pub created: String,
    /// RFC 3339, UTC.
    pub updated: Option<String>,
    /// Whether termination protection is on.
    pub termination_protection: bool,
    /// Whether the stack drifted, as far as the backend was ever asked to look: `IN_SYNC`, `DRIFTED`, `NOT_CHECKED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// The role that CloudFormation works as, an ARN, where the stack has one.
    #[serde(default)]
    pub role_arn: Option<String>,
    /// SNS topics that are told of events, by ARN.
    #[serde(default)]
    pub notification_topics: Vec<String>,
    /// CloudWatch alarms of which any turns a change back, by ARN (`composite:ARN` for composite ones).
    #[serde(default)]
    pub rollback_alarms: Vec<String>,
    /// How many minutes CloudFormation watches them after a change.
    #[serde(default)]
    pub rollback_monitoring_minutes: Option<u32>,
}

/// What was found when somebody last looked for drift.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The status in CloudFormation's words.
    pub status: StackDriftStatus,
    /// When, RFC 3339, UTC.
    pub checked: Option<String>,
}

/// A line about a stack in a list of stacks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackSummary {
    /// The name.
    pub name: StackName,
    /// The stack ID, an ARN.
    pub id: String,
    /// The status.
    pub status: StackStatus,
    /// RFC 3339, UTC: the last change, or the creation.
    pub updated: String,
}

/// A resource of a deployed stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackResource {
    /// The logical ID.
    pub logical_id: String,
    /// What `Ref` gives.
    pub physical_id: String,
    /// The type.
    pub resource_type: String,
    /// The status, such as `CREATE_COMPLETE`.
    pub status: ResourceStatus,
    /// Resolved properties, `null` where the backend does not know them; `NoEcho` values are `****`.
    pub properties: serde_json::Value,
    /// Attributes that `Fn::GetAtt` gives, where the backend knows them.
    pub attributes: IndexMap<String, serde_json::Value>,
}

/// Some of a stack's events, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EventPage {
    /// The events.
    pub events: Vec<StackEvent>,
    /// Whether there are later ones.
    pub more: bool,
}

/// A change set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeSetDescription {
    /// Its name.
    pub name: String,
    /// Its ID, an ARN.
    pub id: String,
    /// `CREATE_COMPLETE`, or `FAILED`; `CREATE_PENDING` and `CREATE_IN_PROGRESS` while it is being worked out.
    pub status: ChangeSetStatus,
    /// Whether it can be executed, or was: `AVAILABLE`, `UNAVAILABLE`, `EXECUTE_IN_PROGRESS`, `EXECUTE_COMPLETE`, `OBSOLETE`.
    #[serde(default)]
    pub execution_status: ExecutionStatus,
    /// Why it failed.
    pub status_reason: Option<String>,
    /// The changes to resources.
    pub changes: Vec<Change>,
}

impl ChangeSetDescription {
    /// Tells whether it is still being worked out.
    pub fn is_pending(&self) -> bool {
        self.status.is_pending()
    }

    /// Tells whether it failed for want of changes, which is no failure to a user.
    ///
    /// Only the words tell, which are AWS's: those of most change sets, and those of `UpdateStack`, which some give.
    pub fn is_empty_update(&self) -> bool {
        let reason = self.status_reason.as_deref().unwrap_or_default();
        self.status.is_failed() && (reason.contains("didn't contain changes") || reason.contains("No updates are to be performed"))
    }
}

/// Whether something is still being done to a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It is.
    Running,
    /// It came to an end, whichever.
    Done,
}
