//! The VPC, its subnets in two or three availability zones, their routes, and the instances' security group.

use super::parameters::{ipv4_block, security_group};
use super::region::region_has;
use crate::model::condition::Condition;
use crate::model::declared::{Declared, Tag};
use crate::model::ec2::{
    Ingress, InternetGateway, Peer, Route, RouteTable, SecurityGroup, Subnet, SubnetRouteTableAssociation, Vpc, VpcGatewayAttachment,
};
use crate::model::name::{ConditionName, Id, LogicalId, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::reference::stack_name;
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

pub(super) const EXISTING_VPC: ParameterName<Id<Vpc>> = ParameterName::new("ExistingVpc");
const INTERNET_GATEWAY: ParameterName<Id<InternetGateway>> = ParameterName::new("InternetGateway");
pub(super) const VPC_CIDR: ParameterName<String> = ParameterName::new("VPCCIDR");
const SUBNET_CIDRS: [ParameterName<String>; 3] =
    [ParameterName::new("Subnet0CIDR"), ParameterName::new("Subnet1CIDR"), ParameterName::new("Subnet2CIDR")];
const HIGH_AVAILABILITY: ParameterName<String> = ParameterName::new("HighAvailability");
const MAX_AVAILABILITY_ZONES: ParameterName<u32> = ParameterName::new("MaxAvailabilityZones");
pub(super) const INSTANCE_SECURITY_GROUP: ParameterName<Id<SecurityGroup>> = ParameterName::new("InstanceSecurityGroup");
pub(super) const BUILD_INSTANCE_SECURITY_GROUP: ParameterName<Id<SecurityGroup>> = ParameterName::new("BuildInstanceSecurityGroup");

/// The rack creates its VPC.
pub(super) const BLANK_EXISTING_VPC: ConditionName = ConditionName::new("BlankExistingVpc");
pub(super) const BLANK_INSTANCE_SECURITY_GROUP: ConditionName = ConditionName::new("BlankInstanceSecurityGroup");
pub(super) const BLANK_BUILD_INSTANCE_SECURITY_GROUP: ConditionName = ConditionName::new("BlankBuildInstanceSecurityGroup");
/// The third zone exists, and subnets in it are wanted.
pub(super) const THIRD_ZONE: ConditionName = ConditionName::new("ThirdAvailabilityZoneAndHighAvailability");
const BLANK_INTERNET_GATEWAY: ConditionName = ConditionName::new("BlankInternetGateway");
const OWN_GATEWAY: ConditionName = ConditionName::new("ExistingVpcAndInternetGateway");
const ROUTES: ConditionName = ConditionName::new("NotExistingVpcAndBlankInternetGateway");
const THIRD_ZONE_ROUTES: ConditionName =
    ConditionName::new("ThirdAvailabilityZoneAndNotExistingVpcAndBlankInternetGatewayAndHighAvailability");

/// The public subnets, one per availability zone; the third exists only under a condition.
pub const SUBNETS: [LogicalId<Subnet>; 3] = [LogicalId::new("Subnet0"), LogicalId::new("Subnet1"), LogicalId::new("Subnet2")];
pub(super) const VPC: LogicalId<Vpc> = LogicalId::new("Vpc");
pub(super) const INSTANCES_SECURITY: LogicalId<SecurityGroup> = LogicalId::new("InstancesSecurity");
const GATEWAY: LogicalId<InternetGateway> = LogicalId::new("Gateway");
const GATEWAY_ATTACHMENT: LogicalId<VpcGatewayAttachment> = LogicalId::new("GatewayAttachment");
const ROUTE_TABLE: LogicalId<RouteTable> = LogicalId::new("Routes");
const ROUTE_DEFAULT: LogicalId<Route> = LogicalId::new("RouteDefault");
const ROUTE_DEFAULT_EXISTING: LogicalId<Route> = LogicalId::new("RouteDefaultExisting");
const SUBNET_ROUTES: [LogicalId<SubnetRouteTableAssociation>; 3] =
    [LogicalId::new("Subnet0Routes"), LogicalId::new("Subnet1Routes"), LogicalId::new("Subnet2Routes")];

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

/// Returns the IDs of the public subnets, separated by commas.
pub(super) fn public_subnets() -> Value<String> {
    let [first, second, third] = SUBNETS.map(|subnet| subnet.reference().to_text());
    Value::join(",", vec![first.into(), second.into(), OrNoValue::only_if(&THIRD_ZONE, third)])
}

pub(super) fn declare(rack: &mut Sections) {
    declare_parameters(rack);
    declare_conditions(rack);
    declare_resources(rack);
    rack.output("Vpc", None, "VPC of the rack", &vpc_id().to_text());
}

fn declare_parameters(rack: &mut Sections) {
    let vpc =
        "Existing VPC for the rack. If blank, the rack creates a VPC. The build cache requires DNS hostnames and DNS resolution in it";
    let vpc = Parameter::string("", vpc).matching("(vpc-[0-9a-f]+)?", "must be a VPC ID, such as vpc-0123456789abcdef0, or blank");
    rack.parameter(Group::Network, &EXISTING_VPC, &vpc);
    let gateway = "Internet gateway of the existing VPC. If blank, the subnets use the VPC's main route table";
    let gateway = Parameter::string("", gateway)
        .matching("(igw-[0-9a-f]+)?", "must be an internet gateway ID, such as igw-0123456789abcdef0, or blank");
    rack.parameter(Group::Network, &INTERNET_GATEWAY, &gateway);
    rack.parameter(Group::Network, &VPC_CIDR, &ipv4_block("10.0.0.0/16", "CIDR block of the VPC"));
    for (index, name) in SUBNET_CIDRS.iter().enumerate() {
        rack.parameter(
            Group::Network,
            name,
            &ipv4_block(&format!("10.0.{}.0/24", index + 1), &format!("CIDR block of public subnet {index}")),
        );
    }
    let high_availability = Parameter::choice(&["true", "false"], "Use a third availability zone if the region has one");
    rack.parameter(Group::Network, &HIGH_AVAILABILITY, &high_availability);
    let zones = Parameter::number(3, "Maximum number of availability zones").between(2, 3);
    rack.parameter(Group::Network, &MAX_AVAILABILITY_ZONES, &zones);
    let group = "Security group for instances. If blank, the rack creates one that allows TCP and UDP from its VPC";
    rack.parameter(Group::Network, &INSTANCE_SECURITY_GROUP, &security_group(group));
    let group = "Security group for builds. If blank, builds use the security group of the instances";
    rack.parameter(Group::Build, &BUILD_INSTANCE_SECURITY_GROUP, &security_group(group));
}

fn declare_conditions(rack: &mut Sections) {
    const EXISTING: ConditionName = ConditionName::new("ExistingVpc");
    const EXISTING_AND_BLANK_GATEWAY: ConditionName = ConditionName::new("ExistingVpcAndBlankInternetGateway");
    let named = |name: &ConditionName| Condition::Named(name.clone());

    rack.condition(&BLANK_EXISTING_VPC, &Condition::parameter_is(&EXISTING_VPC, ""));
    rack.condition(&BLANK_INTERNET_GATEWAY, &Condition::parameter_is(&INTERNET_GATEWAY, ""));
    rack.condition(&EXISTING, &named(&BLANK_EXISTING_VPC).negated());
    rack.condition(&EXISTING_AND_BLANK_GATEWAY, &Condition::both(&EXISTING, &BLANK_INTERNET_GATEWAY));
    rack.condition(&OWN_GATEWAY, &Condition::And(vec![named(&EXISTING), named(&BLANK_INTERNET_GATEWAY).negated()]));
    rack.condition(&ROUTES, &named(&EXISTING_AND_BLANK_GATEWAY).negated());
    let three_allowed = Condition::parameter_is(&MAX_AVAILABILITY_ZONES, "3");
    let highly_available = Condition::parameter_is(&HIGH_AVAILABILITY, "true");
    rack.condition(&THIRD_ZONE, &Condition::And(vec![region_has("ThirdAvailabilityZone"), three_allowed, highly_available]));
    rack.condition(&THIRD_ZONE_ROUTES, &Condition::both(&THIRD_ZONE, &ROUTES));
    rack.condition(&BLANK_INSTANCE_SECURITY_GROUP, &Condition::parameter_is(&INSTANCE_SECURITY_GROUP, ""));
    rack.condition(&BLANK_BUILD_INSTANCE_SECURITY_GROUP, &Condition::parameter_is(&BUILD_INSTANCE_SECURITY_GROUP, ""));
}

fn declare_resources(rack: &mut Sections) {
    let name = || vec![Tag::name(stack_name())];
    rack.resource(&VPC, &Declared::new(Vpc::new(VPC_CIDR.value(), name())).only_if(&BLANK_EXISTING_VPC));
    rack.resource(&GATEWAY, &Declared::new(InternetGateway { tags: name() }).only_if(&BLANK_EXISTING_VPC));
    let attachment = VpcGatewayAttachment { vpc_id: VPC.reference(), internet_gateway_id: GATEWAY.reference() };
    rack.resource(&GATEWAY_ATTACHMENT, &Declared::new(attachment).only_if(&BLANK_EXISTING_VPC));

    for (index, (subnet, cidr)) in SUBNETS.iter().zip(&SUBNET_CIDRS).enumerate() {
        let declared = Declared::new(Subnet {
            vpc_id: vpc_id(),
            availability_zone: Value::select(index, &Value::availability_zones()),
            cidr_block: cidr.value(),
            tags: vec![Tag::name(Value::sub(format!("${{AWS::StackName}} public {index}")))],
        });
        rack.resource(subnet, &if index < 2 { declared } else { declared.only_if(&THIRD_ZONE) });
    }

    rack.resource(&ROUTE_TABLE, &Declared::new(RouteTable { vpc_id: vpc_id(), tags: name() }).only_if(&ROUTES));
    let route =
        |gateway| Route { route_table_id: ROUTE_TABLE.reference(), destination_cidr_block: "0.0.0.0/0".into(), gateway_id: gateway };
    // EC2 refuses a route to a gateway that is not attached to the VPC, and the route has no reference to the attachment.
    rack.resource(&ROUTE_DEFAULT, &Declared::new(route(GATEWAY.reference())).only_if(&BLANK_EXISTING_VPC).after(&GATEWAY_ATTACHMENT));
    rack.resource(&ROUTE_DEFAULT_EXISTING, &Declared::new(route(INTERNET_GATEWAY.value())).only_if(&OWN_GATEWAY));
    for (index, (association, subnet)) in SUBNET_ROUTES.iter().zip(&SUBNETS).enumerate() {
        let condition = if index < 2 { ROUTES } else { THIRD_ZONE_ROUTES };
        let properties = SubnetRouteTableAssociation { subnet_id: subnet.reference(), route_table_id: ROUTE_TABLE.reference() };
        rack.resource(association, &Declared::new(properties).only_if(&condition));
    }

    let from_vpc = || Peer::Cidr(VPC_CIDR.value());
    let group = SecurityGroup {
        group_description: Value::sub("${AWS::StackName} instances"),
        vpc_id: vpc_id(),
        ingress: vec![
            Ingress::tcp(0, u16::MAX, from_vpc()).described("TCP from the VPC"),
            Ingress::udp(0, u16::MAX, from_vpc()).described("UDP from the VPC"),
        ],
        tags: vec![Tag::name(Value::sub("${AWS::StackName}-instances"))],
    };
    rack.resource(&INSTANCES_SECURITY, &Declared::new(group));
}
