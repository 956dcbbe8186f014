//! VPCs, subnets, internet gateways and routes.

use serde::Serialize;

use crate::model::declared::Tag;
use crate::model::name::Id;
use crate::model::resource::Resource;
use crate::model::value::Value;

/// A VPC.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpc.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Vpc {
    cidr_block: Value<String>,
    enable_dns_hostnames: bool,
    enable_dns_support: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_tenancy: Option<Value<String>>,
    tags: Vec<Tag>,
}

impl Vpc {
    /// Returns a VPC with DNS resolution and DNS hostnames, which mounting EFS by DNS name requires.
    ///
    /// Source: <https://docs.aws.amazon.com/efs/latest/ug/mounting-fs-mount-cmd-dns-name.html>
    pub fn new(cidr_block: Value<String>, tags: Vec<Tag>) -> Self {
        Self { cidr_block, enable_dns_hostnames: true, enable_dns_support: true, instance_tenancy: None, tags }
    }

    /// Sets the tenancy of instances: `default` or `dedicated`. A change from `default` to `dedicated` replaces the VPC.
    #[must_use]
    pub fn with_tenancy(mut self, tenancy: Value<String>) -> Self {
        self.instance_tenancy = Some(tenancy);
        self
    }
}

impl Resource for Vpc {
    const TYPE: &'static str = "AWS::EC2::VPC";
}

/// A subnet: a CIDR block of a VPC in one availability zone.
///
/// Availability zone, CIDR block and VPC are create-only properties. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-subnet.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Subnet {
    /// The VPC.
    pub vpc_id: Value<Id<Vpc>>,
    /// The availability zone.
    pub availability_zone: Value<String>,
    /// The CIDR block.
    pub cidr_block: Value<String>,
    /// Tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl Resource for Subnet {
    const TYPE: &'static str = "AWS::EC2::Subnet";
}

/// An internet gateway.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-internetgateway.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct InternetGateway {
    /// Tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl Resource for InternetGateway {
    const TYPE: &'static str = "AWS::EC2::InternetGateway";
}

/// The attachment of an internet gateway to a VPC.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcgatewayattachment.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct VpcGatewayAttachment {
    /// The VPC.
    pub vpc_id: Value<Id<Vpc>>,
    /// The gateway.
    pub internet_gateway_id: Value<Id<InternetGateway>>,
}

impl Resource for VpcGatewayAttachment {
    const TYPE: &'static str = "AWS::EC2::VPCGatewayAttachment";
}

/// A route table.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-routetable.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RouteTable {
    /// The VPC.
    pub vpc_id: Value<Id<Vpc>>,
    /// Tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl Resource for RouteTable {
    const TYPE: &'static str = "AWS::EC2::RouteTable";
}

/// An Elastic IP address.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-eip.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Eip {
    domain: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
}

impl Eip {
    /// Returns an address for use in a VPC.
    pub fn in_vpc(tags: Vec<Tag>) -> Self {
        Self { domain: "vpc", tags }
    }
}

impl Resource for Eip {
    const TYPE: &'static str = "AWS::EC2::EIP";
}

/// A NAT gateway with a public address.
///
/// Address and subnet are create-only properties. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-natgateway.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct NatGateway {
    /// The allocation ID of the address: the attribute `AllocationId` of an [`Eip`].
    pub allocation_id: Value<String>,
    /// The public subnet.
    pub subnet_id: Value<Id<Subnet>>,
    /// Tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl Resource for NatGateway {
    const TYPE: &'static str = "AWS::EC2::NatGateway";
}

/// A route.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-route.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Route {
    /// The route table.
    pub route_table_id: Value<Id<RouteTable>>,
    /// The destination.
    pub destination_cidr_block: Value<String>,
    /// The gateway.
    #[serde(flatten)]
    pub target: RouteTarget,
}

/// The gateway of a route; a route has exactly one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum RouteTarget {
    /// An internet gateway.
    #[serde(rename = "GatewayId")]
    InternetGateway(Value<Id<InternetGateway>>),
    /// A NAT gateway.
    #[serde(rename = "NatGatewayId")]
    NatGateway(Value<Id<NatGateway>>),
}

impl Resource for Route {
    const TYPE: &'static str = "AWS::EC2::Route";
}

/// The association of a subnet with a route table.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-subnetroutetableassociation.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SubnetRouteTableAssociation {
    /// The subnet.
    pub subnet_id: Value<Id<Subnet>>,
    /// The route table.
    pub route_table_id: Value<Id<RouteTable>>,
}

impl Resource for SubnetRouteTableAssociation {
    const TYPE: &'static str = "AWS::EC2::SubnetRouteTableAssociation";
}
