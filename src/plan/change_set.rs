//! A change set in the shape and words of `DescribeChangeSet`.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html>

use serde::{Deserialize, Serialize};

pub use crate::schema::RequiresRecreation;
use crate::schema::Word;

/// The text that AWS puts where a value is known only after the change set is executed.
pub const KNOWN_AFTER_APPLY: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// What `DescribeChangeSet` answers, as far as it can be predicted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ChangeSet {
    /// `CREATE_COMPLETE`, or `FAILED` when nothing changes.
    pub status: String,
    /// Why it failed, or a `[WARN]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    /// The changes, in the order of their logical IDs.
    pub changes: Vec<Change>,
}

/// One entry of a change set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Change {
    /// Always `Resource`.
    #[serde(rename = "Type")]
    pub change_type: String,
    /// The change.
    pub resource_change: ResourceChange,
}

impl Change {
    /// Wraps the change of one resource.
    pub(crate) fn resource(resource_change: ResourceChange) -> Self {
        Self { change_type: "Resource".to_owned(), resource_change }
    }
}

/// What happens to one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceChange {
    /// What happens when the resource is replaced or removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_action: Option<PolicyAction>,
    /// Add, modify, remove, ...
    pub action: Action,
    /// The logical ID.
    pub logical_resource_id: String,
    /// The physical ID, when it is deployed and known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_resource_id: Option<String>,
    /// The resource type.
    pub resource_type: String,
    /// For `Modify`: whether it is replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Replacement>,
    /// For `Modify`: which attributes change.
    #[serde(default)]
    pub scope: Vec<Attribute>,
    /// For `Modify`: the changes one by one.
    #[serde(default)]
    pub details: Vec<ResourceChangeDetail>,
    /// The resource's attributes before, every scalar a string. AWS sends this as JSON text; here it is the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_context: Option<serde_json::Value>,
    /// The resource's attributes after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_context: Option<serde_json::Value>,
    /// Whether it is what the deployed template says: `MODIFIED`, `DELETED`, ...; where drift is looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_drift_status: Option<String>,
    /// The resource's attributes as the deployed template says them, where it is something else that is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_deployment_context: Option<serde_json::Value>,
}

impl ResourceChange {
    /// Returns a change of which nothing is told yet but what it does to what.
    pub(crate) fn new(action: Action, logical_id: &str, resource_type: &str) -> Self {
        Self {
            policy_action: None,
            action,
            logical_resource_id: logical_id.to_owned(),
            physical_resource_id: None,
            resource_type: resource_type.to_owned(),
            replacement: None,
            scope: Vec::new(),
            details: Vec::new(),
            before_context: None,
            after_context: None,
            resource_drift_status: None,
            previous_deployment_context: None,
        }
    }
}

/// What a change does to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Action {
    /// Created.
    Add,
    /// Updated or replaced.
    Modify,
    /// Deleted, or let go by `DeletionPolicy: Retain`.
    Remove,
    /// Taken into the stack.
    Import,
    /// Left as it is: it is what the template says after a change behind the stack's back, and only that is noted.
    SyncWithActual,
    /// Not known until it is executed.
    Dynamic,
    /// Another word of AWS's, kept as it is.
    #[serde(untagged)]
    Other(Word),
}

/// Whether a modified resource is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Replacement {
    /// It is.
    True,
    /// It is not.
    False,
    /// It may be.
    Conditional,
    /// Another word of AWS's, kept as it is.
    #[serde(untagged)]
    Other(Word),
}

/// What becomes of the old physical resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PolicyAction {
    /// Deleted with its logical ID.
    Delete,
    /// Kept, out of the stack's care.
    Retain,
    /// A snapshot is taken, then it is deleted.
    Snapshot,
    /// Replaced, the old one deleted.
    ReplaceAndDelete,
    /// Replaced, the old one kept.
    ReplaceAndRetain,
    /// Replaced, a snapshot of the old one taken.
    ReplaceAndSnapshot,
    /// Another word of AWS's, kept as it is.
    #[serde(untagged)]
    Other(Word),
}

/// Which part of a resource a change is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Attribute {
    /// `Properties`.
    Properties,
    /// `Metadata`.
    Metadata,
    /// `CreationPolicy`.
    CreationPolicy,
    /// `UpdatePolicy`.
    UpdatePolicy,
    /// `DeletionPolicy`.
    DeletionPolicy,
    /// `UpdateReplacePolicy`.
    UpdateReplacePolicy,
    /// `Tags`.
    Tags,
    /// Another word of AWS's, kept as it is.
    #[serde(untagged)]
    Other(Word),
}

/// One change of one attribute, with what caused it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceChangeDetail {
    /// What changes.
    pub target: ResourceTargetDefinition,
    /// Whether AWS could tell the new value.
    pub evaluation: Evaluation,
    /// What kind of thing caused it.
    pub change_source: ChangeSource,
    /// The parameter, resource or attribute that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causing_entity: Option<String>,
}

/// What a [`ResourceChangeDetail`] changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceTargetDefinition {
    /// Which part of the resource.
    pub attribute: Attribute,
    /// The top-level property, for `Properties`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For `Properties`: whether a change of it replaces the resource.
    pub requires_recreation: RequiresRecreation,
    /// The path of the change, such as `/Properties/Roles/0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The value before, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_value: Option<String>,
    /// The value after, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_value: Option<String>,
    /// Whether it is added, removed or modified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute_change_type: Option<AttributeChangeType>,
    /// Where the value before is from, where drift is looked at: `ACTUAL_STATE` or `PREVIOUS_DEPLOYMENT_STATE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_value_from: Option<String>,
    /// Where the value after is from: `TEMPLATE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_value_from: Option<String>,
    /// What was changed behind the stack's back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<LiveResourceDrift>,
}

/// A place that was changed behind the stack's back.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_LiveResourceDrift.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LiveResourceDrift {
    /// What the deployed template says, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_value: Option<String>,
    /// What is there, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual_value: Option<String>,
}

impl ResourceTargetDefinition {
    /// Returns a target without values.
    pub(super) fn new(attribute: Attribute, name: Option<String>, requires_recreation: RequiresRecreation) -> Self {
        Self {
            attribute,
            name,
            requires_recreation,
            path: None,
            before_value: None,
            after_value: None,
            attribute_change_type: None,
            before_value_from: None,
            after_value_from: None,
            drift: None,
        }
    }
}

/// What a change does to an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AttributeChangeType {
    /// It was not there before.
    Add,
    /// It is gone after.
    Remove,
    /// It differs.
    Modify,
    /// It is what the template now says after a change behind the stack's back.
    SyncWithActual,
    /// Another word of AWS's, kept as it is.
    #[serde(untagged)]
    Other(Word),
}

/// Whether AWS could tell the new value before executing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Evaluation {
    /// It could.
    Static,
    /// It depends on something done on the way.
    Dynamic,
    /// Another word of AWS's, kept as it is.
    #[serde(untagged)]
    Other(Word),
}

/// What kind of thing caused a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChangeSource {
    /// A `Ref` to a resource that changes.
    ResourceReference,
    /// A parameter whose value changes.
    ParameterReference,
    /// A `Fn::GetAtt` of a resource that changes.
    ResourceAttribute,
    /// The template itself.
    DirectModification,
    /// The template, which says what is there already.
    NoModification,
    /// A nested stack, which CloudFormation always looks into.
    Automatic,
    /// Another word of AWS's, kept as it is.
    #[serde(untagged)]
    Other(Word),
}
