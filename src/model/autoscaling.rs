//! Amazon EC2 Auto Scaling: groups, lifecycle hooks and scheduled actions.

use serde::Serialize;

use super::declared::Property;
use super::ec2::{LaunchTemplate, Subnet};
use super::iam::Role;
use super::name::{Arn, Id};
use super::resource::Resource;
use super::value::{OrNoValue, Value};

/// An Auto Scaling group, which keeps a number of instances of a launch template running.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-autoscaling-autoscalinggroup.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AutoScalingGroup {
    /// The launch template of new instances.
    pub launch_template: LaunchTemplateSpecification,
    /// The subnets.
    #[serde(rename = "VPCZoneIdentifier")]
    pub subnets: Value<Vec<OrNoValue<Id<Subnet>>>>,
    /// The smallest number of instances.
    pub min_size: Value<u32>,
    /// The largest number of instances.
    pub max_size: Value<u32>,
    /// The number of instances. Without it, an update keeps the current number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_capacity: Property<u32>,
    /// Seconds after a scaling activity until the next one can start.
    pub cooldown: u32,
    /// What decides that an instance is healthy: `EC2` or `ELB`.
    pub health_check_type: &'static str,
    /// Seconds after the launch of an instance before its health is checked.
    pub health_check_grace_period: u32,
    /// The group metrics.
    pub metrics_collection: [MetricsCollection; 1],
    /// Which instance ends first; by default, instances of the zone with the most instances.
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    pub termination_policies: &'static [&'static str],
    /// Tags.
    pub tags: Vec<OrNoValue<GroupTag>>,
}

impl Resource for AutoScalingGroup {
    const TYPE: &'static str = "AWS::AutoScaling::AutoScalingGroup";
}

/// A version of a launch template.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-autoscaling-autoscalinggroup-launchtemplatespecification.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LaunchTemplateSpecification {
    /// The launch template.
    pub launch_template_id: Value<Id<LaunchTemplate>>,
    /// The version number.
    pub version: Value<String>,
}

/// The metrics of a group: all of them, every minute, at no charge.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-autoscaling-autoscalinggroup-metricscollection.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetricsCollection {
    granularity: &'static str,
}

impl MetricsCollection {
    /// Returns all group metrics in the only granularity, a minute.
    pub fn all() -> Self {
        Self { granularity: "1Minute" }
    }
}

/// A tag of a group.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-autoscaling-autoscalinggroup-tagproperty.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GroupTag {
    key: String,
    value: Value<String>,
    propagate_at_launch: bool,
}

impl GroupTag {
    /// Returns a tag of the group and of its instances.
    pub fn of_instances(key: &str, value: impl Into<Value<String>>) -> Self {
        Self { key: key.to_owned(), value: value.into(), propagate_at_launch: true }
    }

    /// Returns a tag of the group only.
    pub fn of_group(key: &str, value: impl Into<Value<String>>) -> Self {
        Self { key: key.to_owned(), value: value.into(), propagate_at_launch: false }
    }
}

/// An action that changes the size of a group at scheduled times.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-autoscaling-scheduledaction.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ScheduledAction {
    /// The group.
    pub auto_scaling_group_name: Value<Id<AutoScalingGroup>>,
    /// The new number of instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_capacity: Property<u32>,
    /// The new smallest number of instances.
    pub min_size: Value<u32>,
    /// The new largest number of instances.
    pub max_size: Value<u32>,
    /// The times as a cron expression with five fields, in UTC.
    pub recurrence: Value<String>,
}

impl Resource for ScheduledAction {
    const TYPE: &'static str = "AWS::AutoScaling::ScheduledAction";
}

/// When a lifecycle hook lets an instance wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum LifecycleTransition {
    /// Before a new instance is in service.
    #[serde(rename = "autoscaling:EC2_INSTANCE_LAUNCHING")]
    Launching,
    /// Before an instance ends.
    #[serde(rename = "autoscaling:EC2_INSTANCE_TERMINATING")]
    Terminating,
}

/// A hook that lets an instance wait until the hook is completed or times out.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-autoscaling-lifecyclehook.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LifecycleHook {
    /// The group.
    pub auto_scaling_group_name: Value<Id<AutoScalingGroup>>,
    /// What happens after the timeout: `CONTINUE` or `ABANDON`.
    pub default_result: &'static str,
    /// The timeout in seconds.
    pub heartbeat_timeout: u32,
    /// The transition.
    pub lifecycle_transition: LifecycleTransition,
    /// The ARN of the SNS topic or SQS queue that receives a message for each waiting instance.
    #[serde(rename = "NotificationTargetARN")]
    pub notification_target: Value<String>,
    /// The role that publishes to the topic.
    #[serde(rename = "RoleARN")]
    pub role: Value<Arn<Role>>,
}

impl Resource for LifecycleHook {
    const TYPE: &'static str = "AWS::AutoScaling::LifecycleHook";
}
