//! Target groups.

use serde::Serialize;

use super::load_balancer::Attribute;
use crate::model::ec2::Vpc;
use crate::model::name::Id;
use crate::model::resource::Resource;
use crate::model::value::Value;

/// The protocol of a listener or target group of an application load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    /// HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

/// A target group: the instances or tasks to which a load balancer forwards. Port, protocol, target type and VPC are create-only.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-targetgroup.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TargetGroup {
    /// The path of a health check.
    pub health_check_path: &'static str,
    /// Seconds between health checks of a target.
    pub health_check_interval_seconds: u32,
    /// Seconds after which a health check fails.
    pub health_check_timeout_seconds: u32,
    /// The number of successful checks after which a target is healthy.
    pub healthy_threshold_count: u32,
    /// The number of failed checks after which a target is unhealthy.
    pub unhealthy_threshold_count: u32,
    /// The response of a healthy target.
    pub matcher: Matcher,
    /// The port of targets that do not set their own.
    pub port: Value<u16>,
    /// The protocol.
    pub protocol: Protocol,
    /// The attributes.
    pub target_group_attributes: Vec<Attribute>,
    /// What a target is: `instance` or `ip`.
    pub target_type: &'static str,
    /// The VPC.
    pub vpc_id: Value<Id<Vpc>>,
}

impl Resource for TargetGroup {
    const TYPE: &'static str = "AWS::ElasticLoadBalancingV2::TargetGroup";
}

/// The response of a healthy target.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Matcher {
    /// The status code of the response, such as `200`.
    pub http_code: &'static str,
}
