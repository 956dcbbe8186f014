//! Amazon EventBridge: rules.

use serde::Serialize;
use serde_json::Value as Json;

use super::resource::Resource;
use super::value::Value;

/// A rule of the account's default event bus.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rule {
    /// The rule's purpose.
    pub description: Value<String>,
    #[serde(flatten)]
    trigger: Trigger,
    state: &'static str,
    targets: Vec<Target>,
}

impl Rule {
    /// Returns an enabled rule with one target.
    pub fn new(description: impl Into<Value<String>>, event_pattern: Json, target: Target) -> Self {
        Self { description: description.into(), trigger: Trigger::Pattern(event_pattern), state: "ENABLED", targets: vec![target] }
    }

    /// Returns an enabled rule with one target, for times such as `rate(1 minute)`.
    ///
    /// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>
    pub fn scheduled(description: impl Into<Value<String>>, expression: &'static str, target: Target) -> Self {
        Self { description: description.into(), trigger: Trigger::Schedule(expression), state: "ENABLED", targets: vec![target] }
    }
}

impl Resource for Rule {
    const TYPE: &'static str = "AWS::Events::Rule";
}

/// What a rule reacts to.
#[derive(Clone, Debug, Serialize)]
enum Trigger {
    /// Events that match a pattern.
    #[serde(rename = "EventPattern")]
    Pattern(Json),
    /// Times.
    #[serde(rename = "ScheduleExpression")]
    Schedule(&'static str),
}

/// A target of a rule.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Target {
    /// The ARN.
    pub arn: Value<String>,
    /// The ID, unique in the rule.
    pub id: &'static str,
}
