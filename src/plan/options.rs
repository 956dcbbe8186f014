//! How CloudFormation is to go about a change: what is decided while planning beside the template and its parameters.

use serde::{Deserialize, Serialize};

use super::{Capability, DeploymentMode};

/// What `CreateChangeSet` is told beside stack, template, parameters and tags.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangeSetOptions {
    /// What the request acknowledges; [`required_capabilities`](super::required_capabilities) tells what the template needs.
    pub capabilities: Vec<Capability>,
    /// The role that CloudFormation works as, an ARN; without one, the stack's own, else whoever asks.
    pub role_arn: Option<String>,
    /// SNS topics that are told of events, by ARN; `None` leaves them as they are.
    pub notification_topics: Option<Vec<String>>,
    /// What becomes of a stack whose change fails; `None` is CloudFormation's own choice, to roll back.
    pub on_failure: Option<OnFailure>,
    /// CloudWatch alarms, as [`rollback_trigger`] reads them, of which any turns the change back.
    pub rollback_alarms: Vec<String>,
    /// How many minutes CloudFormation watches these alarms after the change.
    pub rollback_monitoring_minutes: Option<u32>,
    /// Where a template over the inline limit goes; `None` leaves it to what the backend finds.
    pub template_bucket: Option<String>,
    /// Whether a bucket may be made for it where there is none.
    pub create_template_bucket: bool,
    /// How drift is gone about; `None` is CloudFormation's own choice, not to look at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_mode: Option<DeploymentMode>,
}

/// Tells whether a text is shaped like an ARN: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
pub fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.split(':').count() >= 6
}

/// What a composite alarm is marked with, since its ARN looks like any other alarm's.
const COMPOSITE: &str = "composite:";

/// Returns the ARN and the type of an alarm: `ARN`, or `composite:ARN`.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackTrigger.html>
pub fn rollback_trigger(text: &str) -> (&str, &'static str) {
    match text.strip_prefix(COMPOSITE) {
        Some(arn) => (arn, "AWS::CloudWatch::CompositeAlarm"),
        None => (text, "AWS::CloudWatch::Alarm"),
    }
}

/// Returns how an alarm of this ARN and type is written: what [`rollback_trigger`] reads.
pub fn rollback_alarm(arn: &str, alarm_type: &str) -> String {
    let mark = if alarm_type.ends_with("CompositeAlarm") { COMPOSITE } else { "" };
    format!("{mark}{arn}")
}

/// What becomes of a stack whose change fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// It goes back to what it was.
    Rollback,
    /// A new stack is deleted.
    Delete,
    /// What was done stays, for somebody to look at.
    DoNothing,
}

impl OnFailure {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Rollback, Self::Delete, Self::DoNothing];

    /// Returns the choice as flags and `rack.yaml` spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rollback => "rollback",
            Self::Delete => "delete",
            Self::DoNothing => "do-nothing",
        }
    }
}

/// What a stack has that no change set sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StackSettings {
    /// Whether it is protected against deletion; `None` leaves that as it is.
    pub termination_protection: Option<bool>,
    /// The text of its stack policy; `None` leaves that as it is.
    pub stack_policy: Option<String>,
}
