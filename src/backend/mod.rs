//! The CloudFormation that plans are carried out on: one trait in plain Rust types, kept twice.
//!
//! [`local`] is the embedded default, a directory; `aws` is the SDK. A backend keeps stacks and executes change sets;
//! what a change set should be is [`plan`](crate::plan)'s, following it is [`apply`](crate::apply)'s.

use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A stack's name.
pub type StackName = String;

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
    /// The outputs.
    pub outputs: IndexMap<String, String>,
    /// The stack's tags.
    pub tags: IndexMap<String, String>,
    /// The text of the deployed template.
    pub template: String,
    /// Changes with everything that happens to the stack, so that a saved plan can tell that it moved on.
    pub revision: String,
    /// RFC 3339, UTC.
    pub created: String,
    /// RFC 3339, UTC.
    pub updated: Option<String>,
    /// Whether termination protection is on.
    pub termination_protection: bool,
}

/// A stack's or resource's status; statuses that AWS adds later keep their text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StackStatus(pub String);

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
    pub status: StackStatus,
    /// Resolved properties, where the backend knows them.
    pub properties: serde_json::Value,
    /// Attributes that `Fn::GetAtt` gives, where the backend knows them.
    pub attributes: IndexMap<String, serde_json::Value>,
}

/// A stack event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackEvent {
    /// Unique; a later event of one stack sorts after an earlier one.
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
}

/// How long a follower waits between two looks, at first.
pub const FIRST_POLL: Duration = Duration::from_millis(500);
