//! A change set with the fields and values of `DescribeChangeSet`.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html>

use serde::{Deserialize, Serialize};

use super::{ChangeSetStatus, ResourceDriftStatus};
use crate::schema::{RequiresRecreation, Word};

/// The placeholder that AWS prints for a value known only after the change set is executed.
pub const KNOWN_AFTER_APPLY: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// The response of `DescribeChangeSet`, as far as it can be predicted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ChangeSet {
    /// `CREATE_COMPLETE`, or `FAILED` when nothing changes.
    pub status: ChangeSetStatus,
    /// The failure reason, or a `[WARN]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    /// The changes in logical ID order.
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

/// The change of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceChange {
    /// What CloudFormation does with the physical resource when it is replaced or removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_action: Option<PolicyAction>,
    /// The action: add, modify, remove, ...
    pub action: Action,
    /// The logical ID.
    pub logical_resource_id: String,
    /// The physical ID, if the resource is deployed and the ID is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_resource_id: Option<String>,
    /// The resource type.
    pub resource_type: String,
    /// For `Modify`: whether the resource is replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Replacement>,
    /// For `Modify`: which attributes change.
    #[serde(default)]
    pub scope: Vec<Attribute>,
    /// For `Modify`: each change.
    #[serde(default)]
    pub details: Vec<ResourceChangeDetail>,
    /// The resource's attributes before the change; every scalar is a string. AWS sends JSON text; this is the parsed value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_context: Option<serde_json::Value>,
    /// The resource's attributes after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_context: Option<serde_json::Value>,
    /// The drift status (`MODIFIED`, `DELETED`, ...) in a drift-aware change set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_drift_status: Option<ResourceDriftStatus>,
    /// The resource's attributes in the deployed template, if the actual resource differs from them (drift).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_deployment_context: Option<serde_json::Value>,
}

impl ResourceChange {
    /// Returns a change with only its action, logical ID and resource type set.
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

/// The action of a change on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Action {
    /// The resource is created.
    Add,
    /// The resource is updated or replaced.
    Modify,
    /// The resource is deleted, or leaves the stack and is kept (`DeletionPolicy: Retain`).
    Remove,
    /// The resource is imported into the stack.
    Import,
    /// The resource already matches the template because of a change outside CloudFormation (drift); only the stack's record changes.
    SyncWithActual,
    /// The action is known only when the change set is executed.
    Dynamic,
    /// A value that AWS added later, kept as text.
    #[serde(untagged)]
    Other(Word),
}

/// Whether a modified resource is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Replacement {
    /// The resource is replaced.
    True,
    /// The resource is updated in place.
    False,
    /// The resource may be replaced.
    Conditional,
    /// A value that AWS added later, kept as text.
    #[serde(untagged)]
    Other(Word),
}

/// What CloudFormation does with the old physical resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PolicyAction {
    /// The resource is deleted.
    Delete,
    /// The resource is kept and leaves the stack.
    Retain,
    /// The resource is deleted after a snapshot.
    Snapshot,
    /// The resource is replaced, and the old one is deleted.
    ReplaceAndDelete,
    /// The resource is replaced, and the old one is kept.
    ReplaceAndRetain,
    /// The resource is replaced, and the old one is deleted after a snapshot.
    ReplaceAndSnapshot,
    /// A value that AWS added later, kept as text.
    #[serde(untagged)]
    Other(Word),
}

/// The resource attribute that a change affects.
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
    /// A value that AWS added later, kept as text.
    #[serde(untagged)]
    Other(Word),
}

/// One change of one attribute, with its cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceChangeDetail {
    /// The target of the change.
    pub target: ResourceTargetDefinition,
    /// Whether AWS can determine the new value before execution.
    pub evaluation: EvaluationType,
    /// The kind of entity that caused the change.
    pub change_source: ChangeSource,
    /// The parameter, resource or attribute that caused the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causing_entity: Option<String>,
}

/// The target of a [`ResourceChangeDetail`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceTargetDefinition {
    /// The changed attribute of the resource.
    pub attribute: Attribute,
    /// For `Properties`: the top-level property.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For `Properties`: whether changing the property replaces the resource.
    pub requires_recreation: RequiresRecreation,
    /// The path of the change, such as `/Properties/Roles/0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The value before the change, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_value: Option<String>,
    /// The value after the change, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_value: Option<String>,
    /// Whether the value is added, removed or modified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute_change_type: Option<AttributeChangeType>,
    /// In a drift-aware change set, the origin of the value before: `ACTUAL_STATE` or `PREVIOUS_DEPLOYMENT_STATE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_value_from: Option<String>,
    /// In a drift-aware change set, the origin of the value after: `TEMPLATE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_value_from: Option<String>,
    /// The change outside CloudFormation (drift).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<LiveResourceDrift>,
}

/// A property value that was changed outside CloudFormation (drift).
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_LiveResourceDrift.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LiveResourceDrift {
    /// The value in the deployed template, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_value: Option<String>,
    /// The actual value, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual_value: Option<String>,
}

impl ResourceTargetDefinition {
    /// Returns a target without values.
    pub(crate) fn new(attribute: Attribute, name: Option<String>, requires_recreation: RequiresRecreation) -> Self {
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

/// The action of a change on an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AttributeChangeType {
    /// The value is added.
    Add,
    /// The value is removed.
    Remove,
    /// The value is modified.
    Modify,
    /// The value already matches the template because of a change outside CloudFormation (drift).
    SyncWithActual,
    /// A value that AWS added later, kept as text.
    #[serde(untagged)]
    Other(Word),
}

/// Whether AWS can determine the new value before execution.
///
/// The field is named `Evaluation` in the API, and its type `EvaluationType` in the SDKs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EvaluationType {
    /// AWS can.
    Static,
    /// The value depends on the result of another change.
    Dynamic,
    /// A value that AWS added later, kept as text.
    #[serde(untagged)]
    Other(Word),
}

/// The kind of entity that caused a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChangeSource {
    /// A `Ref` to a changed resource.
    ResourceReference,
    /// A changed parameter value.
    ParameterReference,
    /// A `Fn::GetAtt` of a changed resource.
    ResourceAttribute,
    /// A change of the template.
    DirectModification,
    /// No change of the template: its value already matches the actual resource.
    NoModification,
    /// A nested stack, which CloudFormation always updates.
    Automatic,
    /// A value that AWS added later, kept as text.
    #[serde(untagged)]
    Other(Word),
}
