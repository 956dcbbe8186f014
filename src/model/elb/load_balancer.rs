//! Load balancers.

use serde::Serialize;

use crate::model::declared::{Property, Tag};
use crate::model::ec2::{SecurityGroup, Subnet};
use crate::model::name::Id;
use crate::model::resource::Resource;
use crate::model::value::{OrNoValue, Value};

/// A load balancer. Its name, scheme and type are create-only properties.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-loadbalancer.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LoadBalancer {
    /// The name, at most 32 characters; generated if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Property<String>,
    /// The type; `application` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<LoadBalancerType>,
    /// Whether the nodes have public addresses; `internet-facing` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Property<Scheme>,
    /// The attributes.
    pub load_balancer_attributes: Vec<Attribute>,
    /// The subnets, one per availability zone, unless `subnet_mappings` names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnets: Property<Vec<OrNoValue<Id<Subnet>>>>,
    /// The subnets of a network load balancer with their addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet_mappings: Property<Vec<OrNoValue<SubnetMapping>>>,
    /// The security groups.
    pub security_groups: Value<Vec<Value<Id<SecurityGroup>>>>,
    /// Tags.
    pub tags: Vec<Tag>,
}

impl Resource for LoadBalancer {
    const TYPE: &'static str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
}

/// The type of a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LoadBalancerType {
    /// HTTP and HTTPS.
    Application,
    /// TCP, UDP and TLS.
    Network,
}

/// Whether the nodes of a load balancer have public addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// Public addresses.
    InternetFacing,
    /// Private addresses only.
    Internal,
}

/// An attribute of a load balancer or target group.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-elasticloadbalancingv2-loadbalancer-loadbalancerattribute.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attribute {
    key: &'static str,
    value: Value<String>,
}

impl Attribute {
    /// Returns an attribute.
    pub fn new(key: &'static str, value: impl Into<Value<String>>) -> Self {
        Self { key, value: value.into() }
    }
}

/// A subnet of a network load balancer.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-elasticloadbalancingv2-loadbalancer-subnetmapping.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SubnetMapping {
    /// The subnet.
    pub subnet_id: Value<Id<Subnet>>,
    /// The allocation ID of an Elastic IP address, for an internet-facing load balancer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocation_id: Option<Value<String>>,
}
