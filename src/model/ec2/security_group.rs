//! Security groups and their rules.

use serde::Serialize;

use super::network::Vpc;
use crate::model::declared::Tag;
use crate::model::name::Id;
use crate::model::resource::Resource;
use crate::model::value::Value;

/// A security group with its own rules inside.
///
/// Description and VPC can only be set at creation. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecurityGroup {
    /// What it is for; EC2 wants one.
    pub group_description: Value<String>,
    /// The VPC.
    pub vpc_id: Value<Id<Vpc>>,
    /// What may come in.
    #[serde(rename = "SecurityGroupIngress", skip_serializing_if = "Vec::is_empty")]
    pub ingress: Vec<Ingress>,
    /// Tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl Resource for SecurityGroup {
    const TYPE: &'static str = "AWS::EC2::SecurityGroup";
}

/// Whom a rule lets in; a rule names exactly one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Peer {
    /// A block of IPv4 addresses.
    #[serde(rename = "CidrIp")]
    Cidr(Value<String>),
    /// Whatever carries a security group.
    #[serde(rename = "SourceSecurityGroupId")]
    Group(Value<Id<SecurityGroup>>),
}

/// A rule for what may come in.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ec2-securitygroup-ingress.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Ingress {
    ip_protocol: &'static str,
    from_port: u16,
    to_port: u16,
    #[serde(flatten)]
    peer: Peer,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Value<String>>,
}

impl Ingress {
    /// Returns a rule for a range of TCP ports, both ends included.
    pub fn tcp(from_port: u16, to_port: u16, peer: Peer) -> Self {
        Self { ip_protocol: "tcp", from_port, to_port, peer, description: None }
    }

    /// Returns a rule for a range of UDP ports, both ends included.
    pub fn udp(from_port: u16, to_port: u16, peer: Peer) -> Self {
        Self { ip_protocol: "udp", ..Self::tcp(from_port, to_port, peer) }
    }

    /// Says what the rule is for.
    #[must_use]
    pub fn described(mut self, description: impl Into<Value<String>>) -> Self {
        self.description = Some(description.into());
        self
    }
}

/// A rule as a resource of its own, for two groups that let each other in.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroupingress.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecurityGroupIngress {
    /// The group that the rule is added to.
    pub group_id: Value<Id<SecurityGroup>>,
    /// The rule.
    #[serde(flatten)]
    pub rule: Ingress,
}

impl Resource for SecurityGroupIngress {
    const TYPE: &'static str = "AWS::EC2::SecurityGroupIngress";
}
