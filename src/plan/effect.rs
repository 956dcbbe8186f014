//! What executing a plan will really do to each resource, which AWS's own list gets wrong in known ways.

use serde::{Deserialize, Serialize};

use crate::cloudformation::PolicyAction;

/// What happens to one resource when the plan is carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceEffect {
    /// The logical ID.
    pub logical_resource_id: String,
    /// The resource type.
    pub resource_type: String,
    /// What happens.
    pub effect: Effect,
    /// Whether it only may happen, since it rests on a value that is known only on the way.
    pub possible: bool,
    /// For what is replaced or leaves the stack: what becomes of the physical resource there is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_action: Option<PolicyAction>,
    /// Whether a replacement deletes the old resource before it creates the new one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deletes_first: bool,
    /// Whether an Auto Scaling group replaces its instances, a few at a time, as its update policy says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rolls_instances: bool,
    /// What causes it: property paths with what they reach, the strongest first.
    pub causes: Vec<Cause>,
    /// Where AWS's list with property values says something else: why, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs_from_list: Option<String>,
}

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Nothing, though AWS's list has the resource.
    Untouched,
    /// Updated without interruption.
    UpdatedInPlace,
    /// Updated, and out of service for a while.
    UpdatedWithInterruption,
    /// A new one is created, then the old one is deleted (or kept, by its policy).
    Replaced,
    /// Created.
    Created,
    /// Deleted in the clean-up phase.
    Deleted,
    /// Leaves the stack and stays in the account.
    Retained,
}

/// One reason for an effect.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Cause {
    /// The property's path, such as `/Properties/SubnetId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What stands behind it.
    pub source: CauseSource,
}

/// What stands behind a change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "name", rename_all = "kebab-case")]
pub enum CauseSource {
    /// A parameter's value.
    Parameter(String),
    /// A condition that turned.
    Condition(String),
    /// A resource that is replaced or created, seen through `Ref`.
    Resource(String),
    /// An attribute of a resource, `LogicalId.Attribute`.
    Attribute(String),
    /// The template's text.
    Template,
    /// A change behind the stack's back, which is brought in line with the template.
    Drift,
}
