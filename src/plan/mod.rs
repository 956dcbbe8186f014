//! Two evaluated templates in, one plan out: the change set AWS would list, what executing it really does, and the risks.
//!
//! Planning is pure: no clock, no network, no file, no randomness, inputs untouched, same input same plan.

mod change_set;
mod effect;
mod risk;

pub use change_set::{
    Action, Attribute, AttributeChangeType, Change, ChangeSet, ChangeSource, Evaluation, KNOWN_AFTER_APPLY, PolicyAction, Replacement,
    RequiresRecreation, ResourceChange, ResourceChangeDetail, ResourceTargetDefinition,
};
pub use effect::{Cause, CauseSource, Effect, ResourceEffect};
pub use risk::{Risk, RiskKind};

use serde::Serialize;

/// Everything there is to say about going from one evaluated template to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Plan {
    /// What AWS would list.
    pub change_set: ChangeSet,
    /// What executing it does, in the order CloudFormation does it, clean-up last; untouched resources left out.
    pub effects: Vec<ResourceEffect>,
    /// What to think twice about, worst first.
    pub risks: Vec<Risk>,
    /// Parameters whose value differs.
    pub parameters: Vec<ParameterChange>,
    /// Outputs that differ.
    pub outputs: Vec<OutputChange>,
}

/// A parameter whose value differs; `NoEcho` values are `****` on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ParameterChange {
    /// The parameter.
    pub name: String,
    /// The value before, absent when it was not declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The value after, absent when it is no longer declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// An output that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct OutputChange {
    /// The output.
    pub name: String,
    /// The value before, absent when it was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<serde_json::Value>,
    /// The value after, absent when it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<serde_json::Value>,
    /// The export's name, where it has one on either side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<String>,
}
