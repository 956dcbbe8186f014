//! The VPC, its subnets in two or three availability zones, their routes, and the instances' security group.

use super::parameters::{BLANK_EXISTING_VPC, INTERNET_GATEWAY, OWN_GATEWAY, ROUTES, SUBNET_CIDRS, THIRD_ZONE, THIRD_ZONE_ROUTES, VPC_CIDR};
use crate::model::build_cache::HostTemplate;
use crate::model::declared::{Declared, Tag};
use crate::model::ec2::{
    Ingress, InternetGateway, Peer, Route, RouteTable, SecurityGroup, Subnet, SubnetRouteTableAssociation, Vpc, VpcGatewayAttachment,
};
use crate::model::name::LogicalId;
use crate::model::reference::stack_name;
use crate::model::sections::Sections;
use crate::model::value::Value;

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

pub(super) fn declare(rack: &mut Sections, host: &HostTemplate) {
    let name = || vec![Tag::name(stack_name())];
    rack.resource(&VPC, &Declared::new(Vpc::new(VPC_CIDR.value(), name())).only_if(&BLANK_EXISTING_VPC));
    rack.resource(&GATEWAY, &Declared::new(InternetGateway { tags: name() }).only_if(&BLANK_EXISTING_VPC));
    let attachment = VpcGatewayAttachment { vpc_id: VPC.reference(), internet_gateway_id: GATEWAY.reference() };
    rack.resource(&GATEWAY_ATTACHMENT, &Declared::new(attachment).only_if(&BLANK_EXISTING_VPC));

    for (index, (subnet, cidr)) in SUBNETS.iter().zip(&SUBNET_CIDRS).enumerate() {
        let declared = Declared::new(Subnet {
            vpc_id: host.vpc_id(),
            availability_zone: Value::select(index, &Value::availability_zones()),
            cidr_block: cidr.value(),
            tags: vec![Tag::name(Value::sub(format!("${{AWS::StackName}} public {index}")))],
        });
        rack.resource(subnet, &if index < 2 { declared } else { declared.only_if(&THIRD_ZONE) });
    }

    rack.resource(&ROUTE_TABLE, &Declared::new(RouteTable { vpc_id: host.vpc_id(), tags: name() }).only_if(&ROUTES));
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
        vpc_id: host.vpc_id(),
        ingress: vec![
            Ingress::tcp(0, u16::MAX, from_vpc()).described("TCP from the VPC"),
            Ingress::udp(0, u16::MAX, from_vpc()).described("UDP from the VPC"),
        ],
        tags: vec![Tag::name(Value::sub("${AWS::StackName}-instances"))],
    };
    rack.resource(&INSTANCES_SECURITY, &Declared::new(group));
}
