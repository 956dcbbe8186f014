//! What executing a plan does to each resource. AWS's own list differs from this in known ways.

use serde::{Deserialize, Serialize};

use crate::cloudformation::PolicyAction;

/// What executing the plan does to one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceEffect {
    /// The logical ID.
    pub logical_resource_id: String,
    /// The resource type.
    pub resource_type: String,
    /// The effect.
    pub effect: Effect,
    /// Whether the effect may not happen, because it depends on a value that is known only during the update.
    pub possible: bool,
    /// For a resource that is replaced or leaves the stack: what happens to the present physical resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_action: Option<PolicyAction>,
    /// Whether a replacement deletes the old resource before it creates the new one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deletes_first: bool,
    /// Whether an Auto Scaling group replaces its instances in batches, as its update policy specifies.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rolls_instances: bool,
    /// Whether an instance stops and starts, and is replaced only if its root device is an instance store volume.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stops_and_starts: bool,
    /// The causes by property path, those with the most impact first.
    pub causes: Vec<Cause>,
    /// Why AWS's list with property values shows something else, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs_from_list: Option<String>,
}

/// An effect on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Nothing, although AWS's list has the resource.
    Untouched,
    /// Updated without interruption.
    UpdatedInPlace,
    /// Updated with some interruption.
    UpdatedWithInterruption,
    /// A new resource is created, then the old one is deleted, or retained by its policy.
    Replaced,
    /// Created.
    Created,
    /// Deleted during cleanup.
    Deleted,
    /// Removed from the stack and kept in the account.
    Retained,
    /// Nothing: the change is refused, and the whole update fails.
    Refused,
}

/// A cause of an effect.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Cause {
    /// The property's path, such as `/Properties/SubnetId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The origin of the change.
    pub source: CauseSource,
}

/// The origin of a change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "name", rename_all = "kebab-case")]
pub enum CauseSource {
    /// A parameter with another value.
    Parameter(String),
    /// A condition with another value.
    Condition(String),
    /// A resource that is replaced or created and that `Ref` refers to.
    Resource(String),
    /// An attribute of a resource, `LogicalId.Attribute`.
    Attribute(String),
    /// The template's text.
    Template,
    /// A change outside CloudFormation, which the update reverts.
    Drift,
}
