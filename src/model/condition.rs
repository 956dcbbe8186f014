//! Conditions as types.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html>

use serde::Serialize;

use super::reference::{ConditionName, ParameterName};
use super::value::Value;

/// What a condition is made of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Condition {
    /// Another condition, by name.
    #[serde(rename = "Condition")]
    Named(ConditionName),
    /// Two texts are the same.
    #[serde(rename = "Fn::Equals")]
    Equals(Value<String>, Value<String>),
    /// Every one of two to ten holds.
    #[serde(rename = "Fn::And")]
    And(Vec<Condition>),
    /// At least one of two to ten holds.
    #[serde(rename = "Fn::Or")]
    Or(Vec<Condition>),
    /// The one does not hold.
    #[serde(rename = "Fn::Not")]
    Not([Box<Condition>; 1]),
}

impl Condition {
    /// Returns the condition that a parameter has that value.
    pub fn parameter_is<T: Serialize>(parameter: &ParameterName<T>, value: &str) -> Self {
        Self::Equals(parameter.value().to_text(), value.into())
    }

    /// Returns the condition that both named conditions hold.
    pub fn both(one: &ConditionName, other: &ConditionName) -> Self {
        Self::And(vec![Self::Named(one.clone()), Self::Named(other.clone())])
    }

    /// Returns the condition that either of the named conditions holds.
    pub fn either(one: &ConditionName, other: &ConditionName) -> Self {
        Self::Or(vec![Self::Named(one.clone()), Self::Named(other.clone())])
    }

    /// Returns the opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not([Box::new(self)])
    }
}
