//! Security groups and ingress rules.

use serde::Serialize;

use super::network::Vpc;
use crate::model::declared::Tag;
use crate::model::name::Id;
use crate::model::resource::Resource;
use crate::model::value::{OrNoValue, Value};

/// A security group with inline ingress rules.
///
/// Description and VPC are create-only properties. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecurityGroup {
    /// The description, which EC2 requires.
    pub group_description: Value<String>,
    /// The VPC.
    pub vpc_id: Value<Id<Vpc>>,
    /// The ingress rules.
    #[serde(rename = "SecurityGroupIngress", skip_serializing_if = "Vec::is_empty")]
    pub ingress: Vec<OrNoValue<Ingress>>,
    /// Tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl Resource for SecurityGroup {
    const TYPE: &'static str = "AWS::EC2::SecurityGroup";
}

/// The source that a rule allows; a rule has exactly one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Peer {
    /// An IPv4 CIDR block.
    #[serde(rename = "CidrIp")]
    Cidr(Value<String>),
    /// All network interfaces with a security group.
    #[serde(rename = "SourceSecurityGroupId")]
    Group(Value<Id<SecurityGroup>>),
}

/// An ingress rule.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ec2-securitygroup-ingress.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Ingress {
    ip_protocol: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_port: Option<u16>,
    #[serde(flatten)]
    peer: Peer,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Value<String>>,
}

impl Ingress {
    /// Returns a rule for a range of TCP ports, both inclusive.
    pub fn tcp(from_port: u16, to_port: u16, peer: Peer) -> Self {
        Self { ip_protocol: "tcp", from_port: Some(from_port), to_port: Some(to_port), peer, description: None }
    }

    /// Returns a rule for a range of UDP ports, both inclusive.
    pub fn udp(from_port: u16, to_port: u16, peer: Peer) -> Self {
        Self { ip_protocol: "udp", ..Self::tcp(from_port, to_port, peer) }
    }

    /// Returns a rule for every protocol and port.
    pub fn all(peer: Peer) -> Self {
        Self { ip_protocol: "-1", from_port: None, to_port: None, peer, description: None }
    }

    /// Sets the description.
    #[must_use]
    pub fn described(mut self, description: impl Into<Value<String>>) -> Self {
        self.description = Some(description.into());
        self
    }
}

/// An ingress rule as a separate resource, for two security groups that allow each other.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroupingress.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecurityGroupIngress {
    /// The security group of the rule.
    pub group_id: Value<Id<SecurityGroup>>,
    /// The rule.
    #[serde(flatten)]
    pub rule: Ingress,
}

impl Resource for SecurityGroupIngress {
    const TYPE: &'static str = "AWS::EC2::SecurityGroupIngress";
}
