//! Options of a change: what the operator chooses besides the template and its parameters.

use serde::{Deserialize, Serialize};

use super::Capability;

/// Options of `CreateChangeSet`, besides stack, template, parameters and tags.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangeSetOptions {
    /// Capabilities that the request acknowledges; [`required_capabilities`](crate::plan::required_capabilities) returns those that a
    /// template requires.
    pub capabilities: Vec<Capability>,
    /// ARN of the role that CloudFormation assumes; without one, the stack's own role, else the caller's credentials.
    pub role_arn: Option<String>,
    /// ARNs of the SNS topics that receive stack events; `None` keeps the stack's topics.
    pub notification_topics: Option<Vec<String>>,
    /// What to do when the change fails; `None` uses CloudFormation's default, which is to roll back.
    pub on_failure: Option<OnFailure>,
    /// CloudWatch alarms that trigger a rollback, in the notation of [`parse_rollback_alarm`].
    pub rollback_alarms: Vec<String>,
    /// Minutes during which CloudFormation monitors these alarms after the change.
    pub rollback_monitoring_minutes: Option<u32>,
    /// S3 bucket for a template over the inline limit; `None` lets the backend choose one.
    pub template_bucket: Option<String>,
    /// Whether to create a bucket for the template if none exists.
    pub create_template_bucket: bool,
    /// How to treat drift; `None` uses CloudFormation's default, which ignores drift.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_mode: Option<DeploymentMode>,
    /// Whether the operation completes before its resources are ready. It is chosen for one run, so no saved plan has it.
    #[serde(skip)]
    pub express: bool,
}

/// How CloudFormation treats drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DeploymentMode {
    /// Reverts drift: changes made outside CloudFormation are overwritten with the template's values.
    #[serde(rename = "REVERT_DRIFT")]
    RevertDrift,
}

/// Prefix of a composite alarm's ARN in options: the ARN itself does not show the alarm's type.
const COMPOSITE: &str = "composite:";

/// Returns the ARN and the CloudFormation type of an alarm written as `ARN` or `composite:ARN`.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackTrigger.html>
pub fn parse_rollback_alarm(text: &str) -> (&str, &'static str) {
    match text.strip_prefix(COMPOSITE) {
        Some(arn) => (arn, "AWS::CloudWatch::CompositeAlarm"),
        None => (text, "AWS::CloudWatch::Alarm"),
    }
}

/// Returns the notation of an alarm that [`parse_rollback_alarm`] reads.
pub fn rollback_alarm(arn: &str, alarm_type: &str) -> String {
    let mark = if alarm_type.ends_with("CompositeAlarm") { COMPOSITE } else { "" };
    format!("{mark}{arn}")
}

/// What to do when a change fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// Roll the stack back to its previous state.
    Rollback,
    /// Delete the stack if this change was to create it.
    Delete,
    /// Keep what was done so far, for troubleshooting.
    DoNothing,
}

impl OnFailure {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Rollback, Self::Delete, Self::DoNothing];

    /// Returns the choice as the command line and `rack.yaml` spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rollback => "rollback",
            Self::Delete => "delete",
            Self::DoNothing => "do-nothing",
        }
    }
}

/// Settings of a stack that no change set contains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StackSettings {
    /// Whether termination protection is on; `None` keeps the stack's setting.
    pub termination_protection: Option<bool>,
    /// The text of the stack policy; `None` keeps the stack's policy.
    pub stack_policy: Option<String>,
}
