//! Typed condition expressions.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html>

use serde::Serialize;

use super::name::{ConditionName, ParameterName};
use super::value::Value;

/// A condition expression.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Condition {
    /// Another condition, by name.
    #[serde(rename = "Condition")]
    Named(ConditionName),
    /// Compares two strings.
    #[serde(rename = "Fn::Equals")]
    Equals(Value<String>, Value<String>),
    /// True if each of two to ten conditions is true.
    #[serde(rename = "Fn::And")]
    And(Vec<Condition>),
    /// True if at least one of two to ten conditions is true.
    #[serde(rename = "Fn::Or")]
    Or(Vec<Condition>),
    /// True if the condition is false.
    #[serde(rename = "Fn::Not")]
    Not([Box<Condition>; 1]),
}

impl Condition {
    /// Returns a condition that compares a parameter with a value.
    pub fn parameter_is<T: Serialize>(parameter: &ParameterName<T>, value: &str) -> Self {
        Self::Equals(parameter.value().to_text(), value.into())
    }

    /// Returns a condition that is true if both named conditions are true.
    pub fn both(one: &ConditionName, other: &ConditionName) -> Self {
        Self::And(vec![Self::Named(one.clone()), Self::Named(other.clone())])
    }

    /// Returns a condition that is true if at least one of two to ten named conditions is true.
    pub fn any<'c>(conditions: impl IntoIterator<Item = &'c ConditionName>) -> Self {
        Self::Or(conditions.into_iter().cloned().map(Self::Named).collect())
    }

    /// Returns the negation of the condition.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not([Box::new(self)])
    }
}
