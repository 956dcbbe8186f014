//! The network: an own or existing VPC, public and private subnets in two or three availability zones, their routes, NAT gateways and
//! security groups, and the private hosted zone.
//!
//! Names that other areas refer to, and functions for the values that depend on several of them, are here; each file declares a part.

mod dns;
mod inputs;
mod private;
mod public;
mod security;

use crate::model::ec2::{Eip, InternetGateway, NatGateway, RouteTable, SecurityGroup, Subnet, Vpc, VpcGatewayAttachment};
use crate::model::name::{ConditionName, Id, LogicalId, ParameterName};
use crate::model::route53::HostedZone;
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

pub(super) const EXISTING_VPC: ParameterName<Id<Vpc>> = ParameterName::new("ExistingVpc");
pub(super) const VPC_CIDR: ParameterName<String> = ParameterName::new("VPCCIDR");
pub(super) const HIGH_AVAILABILITY: ParameterName<String> = ParameterName::new("HighAvailability");
pub(super) const PRIVATE: ParameterName<String> = ParameterName::new("Private");
pub(super) const INSTANCE_SECURITY_GROUP: ParameterName<Id<SecurityGroup>> = ParameterName::new("InstanceSecurityGroup");
pub(super) const BUILD_INSTANCE_SECURITY_GROUP: ParameterName<Id<SecurityGroup>> = ParameterName::new("BuildInstanceSecurityGroup");
const AVAILABILITY_ZONES: ParameterName<Vec<String>> = ParameterName::new("AvailabilityZones");

/// The rack creates its VPC.
pub(super) const BLANK_EXISTING_VPC: ConditionName = ConditionName::new("BlankExistingVpc");
/// The rack uses a VPC that exists.
pub(super) const EXISTING: ConditionName = ConditionName::new("ExistingVpc");
pub(super) const BLANK_INSTANCE_SECURITY_GROUP: ConditionName = ConditionName::new("BlankInstanceSecurityGroup");
pub(super) const BLANK_BUILD_INSTANCE_SECURITY_GROUP: ConditionName = ConditionName::new("BlankBuildInstanceSecurityGroup");
/// The rack runs on more than one instance.
pub(super) const HIGHLY_AVAILABLE: ConditionName = ConditionName::new("HighAvailability");
/// The third zone exists, and subnets in it are wanted.
pub(super) const THIRD_ZONE: ConditionName = ConditionName::new("ThirdAvailabilityZoneAndHighAvailability");
/// Instances or builds are in private subnets, so there are NAT gateways.
pub(super) const PRIVATE_NETWORK: ConditionName = ConditionName::new("Private");
/// Instances are in private subnets.
pub(super) const PRIVATE_INSTANCES: ConditionName = ConditionName::new("PrivateInstances");
/// Builds are in private subnets.
pub(super) const PRIVATE_BUILD: ConditionName = ConditionName::new("PrivateBuild");
/// Only the VPC can reach the API, whose balancer is in private subnets.
pub(super) const PRIVATE_API: ConditionName = ConditionName::new("PrivateApi");
const BLANK_AVAILABILITY_ZONES: ConditionName = ConditionName::new("BlankAvailabilityZones");
const ROUTES: ConditionName = ConditionName::new("NotExistingVpcAndBlankInternetGateway");
/// The rack has private subnets.
const PRIVATE_SUBNETS: ConditionName = ConditionName::new("CreatePrivateSubnets");
const THIRD_PRIVATE_SUBNET: ConditionName = ConditionName::new("CreateThirdPrivateSubnet");
/// There is a third NAT gateway.
pub(super) const PRIVATE_THIRD_ZONE: ConditionName = ConditionName::new("PrivateAndThirdAvailabilityZoneAndHighAvailability");

/// The public subnets, one per availability zone; the third exists only under a condition.
pub const SUBNETS: [LogicalId<Subnet>; 3] = [LogicalId::new("Subnet0"), LogicalId::new("Subnet1"), LogicalId::new("Subnet2")];
const PRIVATE_SUBNET_IDS: [LogicalId<Subnet>; 3] =
    [LogicalId::new("SubnetPrivate0"), LogicalId::new("SubnetPrivate1"), LogicalId::new("SubnetPrivate2")];
pub(super) const VPC: LogicalId<Vpc> = LogicalId::new("Vpc");
pub(super) const INSTANCES_SECURITY: LogicalId<SecurityGroup> = LogicalId::new("InstancesSecurity");
pub(super) const HOSTED_ZONE: LogicalId<HostedZone> = LogicalId::new("HostedZone");
const GATEWAY_ATTACHMENT: LogicalId<VpcGatewayAttachment> = LogicalId::new("GatewayAttachment");
const GATEWAY: LogicalId<InternetGateway> = LogicalId::new("Gateway");
const ROUTE_TABLE: LogicalId<RouteTable> = LogicalId::new("Routes");
const PRIVATE_ROUTE_TABLES: [LogicalId<RouteTable>; 3] =
    [LogicalId::new("RouteTablePrivate0"), LogicalId::new("RouteTablePrivate1"), LogicalId::new("RouteTablePrivate2")];
const NAT_GATEWAYS: [LogicalId<NatGateway>; 3] = [LogicalId::new("Nat0"), LogicalId::new("Nat1"), LogicalId::new("Nat2")];
pub(super) const NAT_ADDRESSES: [LogicalId<Eip>; 3] =
    [LogicalId::new("NatAddress0"), LogicalId::new("NatAddress1"), LogicalId::new("NatAddress2")];

pub(super) fn declare(rack: &mut Sections) {
    inputs::declare(rack);
    public::declare(rack);
    private::declare(rack);
    security::declare(rack);
    dns::declare(rack);
}

/// Returns the ID of the rack's VPC.
pub(super) fn vpc_id() -> Value<Id<Vpc>> {
    Value::if_else(&BLANK_EXISTING_VPC, VPC.reference(), EXISTING_VPC.value())
}

/// Returns the security group of instances: the operator's own, or the rack's.
pub(super) fn instance_security_group() -> Value<Id<SecurityGroup>> {
    Value::if_else(&BLANK_INSTANCE_SECURITY_GROUP, INSTANCES_SECURITY.reference(), INSTANCE_SECURITY_GROUP.value())
}

/// Returns the security group of builds: the operator's own, or that of instances.
pub(super) fn build_security_group() -> Value<Id<SecurityGroup>> {
    Value::if_else(&BLANK_BUILD_INSTANCE_SECURITY_GROUP, instance_security_group(), BUILD_INSTANCE_SECURITY_GROUP.value())
}

/// Returns the public subnets, for a list property.
pub(super) fn public_subnets() -> Vec<OrNoValue<Id<Subnet>>> {
    ids(SUBNETS, &THIRD_ZONE)
}

/// Returns the public subnets, separated by commas.
pub(super) fn public_subnet_list() -> Value<String> {
    joined(SUBNETS, &THIRD_ZONE)
}

/// Returns the private subnets, for a list property; they exist only if [`PRIVATE_NETWORK`] or [`PRIVATE_API`] is true.
pub(super) fn private_subnets() -> Vec<OrNoValue<Id<Subnet>>> {
    ids(PRIVATE_SUBNET_IDS, &THIRD_PRIVATE_SUBNET)
}

/// Returns the private subnets if a condition is true, and the public ones otherwise. The condition must imply [`PRIVATE_NETWORK`] or
/// [`PRIVATE_API`].
pub(super) fn private_subnets_if(condition: &ConditionName) -> Value<Vec<OrNoValue<Id<Subnet>>>> {
    Value::if_else(condition, private_subnets(), public_subnets())
}

/// Returns the public and the private subnet of a zone, by its index.
pub(super) fn subnets_of_zone(index: usize) -> [Value<Id<Subnet>>; 2] {
    [SUBNETS[index].reference(), PRIVATE_SUBNET_IDS[index].reference()]
}

/// Returns the private subnets, separated by commas.
pub(super) fn private_subnet_list() -> Value<String> {
    joined(PRIVATE_SUBNET_IDS, &THIRD_PRIVATE_SUBNET)
}

/// Returns the first private subnet if instances are private, and the first public one otherwise.
pub(super) fn first_subnet_of_instances() -> Value<Id<Subnet>> {
    let ([private, ..], [public, ..]) = (PRIVATE_SUBNET_IDS, SUBNETS);
    Value::if_else(&PRIVATE_INSTANCES, private.reference(), public.reference())
}

/// Returns the tenancy of instances: `default` or `dedicated`.
pub(super) fn tenancy() -> Value<String> {
    public::TENANCY.value()
}

/// Returns the attachment of the internet gateway, or `existing` in an existing VPC.
pub(super) fn gateway_attachment() -> Value<String> {
    Value::if_else(&EXISTING, "existing", GATEWAY_ATTACHMENT.reference().to_text())
}

/// Returns the NAT gateways, separated by commas, if a condition is true; it must imply [`PRIVATE_NETWORK`].
pub(super) fn nat_gateways_if(condition: &ConditionName) -> Value<String> {
    Value::if_else(condition, joined(NAT_GATEWAYS, &PRIVATE_THIRD_ZONE), "")
}

/// Returns the availability zones of the subnets, separated by commas.
pub(super) fn zone_list() -> Value<String> {
    Value::join(",", vec![zone(0).into(), zone(1).into(), OrNoValue::only_if(&THIRD_ZONE, zone(2))])
}

/// Returns IDs of which the third exists only under a condition.
fn ids<R: crate::model::resource::Resource>(logical_ids: [LogicalId<R>; 3], third_if: &ConditionName) -> Vec<OrNoValue<Id<R>>> {
    let [first, second, third] = logical_ids.map(|logical_id| logical_id.reference());
    vec![first.into(), second.into(), OrNoValue::only_if(third_if, third)]
}

/// Returns the same IDs, separated by commas.
fn joined<R: crate::model::resource::Resource>(logical_ids: [LogicalId<R>; 3], third_if: &ConditionName) -> Value<String> {
    let [first, second, third] = logical_ids.map(|logical_id| logical_id.reference().to_text());
    Value::join(",", vec![first.into(), second.into(), OrNoValue::only_if(third_if, third)])
}

/// Returns the availability zone with this index: of the operator's list, or of the region.
fn zone(index: usize) -> Value<String> {
    let listed = Value::select(index, &AVAILABILITY_ZONES.value());
    Value::if_else(&BLANK_AVAILABILITY_ZONES, Value::select(index, &Value::availability_zones()), listed)
}
