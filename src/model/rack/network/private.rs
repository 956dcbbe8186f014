//! The private subnets, whose instances reach the internet through one NAT gateway per availability zone.

use super::{
    NAT_ADDRESSES, NAT_GATEWAYS, PRIVATE_NETWORK, PRIVATE_ROUTE_TABLES, PRIVATE_SUBNET_IDS, PRIVATE_SUBNETS, PRIVATE_THIRD_ZONE, SUBNETS,
    THIRD_PRIVATE_SUBNET, joined, vpc_id, zone,
};
use crate::model::declared::{Declared, Tag};
use crate::model::ec2::{Eip, NatGateway, Route, RouteTable, RouteTarget, Subnet, SubnetRouteTableAssociation};
use crate::model::name::{LogicalId, ParameterName};
use crate::model::reference::stack_name;
use crate::model::sections::Sections;
use crate::model::value::Value;

pub(super) const PRIVATE_CIDRS: [ParameterName<String>; 3] =
    [ParameterName::new("SubnetPrivate0CIDR"), ParameterName::new("SubnetPrivate1CIDR"), ParameterName::new("SubnetPrivate2CIDR")];

const ROUTES_DEFAULT: [LogicalId<Route>; 3] =
    [LogicalId::new("RouteDefaultPrivate0"), LogicalId::new("RouteDefaultPrivate1"), LogicalId::new("RouteDefaultPrivate2")];
const SUBNET_ROUTES: [LogicalId<SubnetRouteTableAssociation>; 3] =
    [LogicalId::new("SubnetPrivate0Routes"), LogicalId::new("SubnetPrivate1Routes"), LogicalId::new("SubnetPrivate2Routes")];

pub(super) fn declare(rack: &mut Sections) {
    for index in 0..3 {
        let subnet = Subnet {
            vpc_id: vpc_id(),
            availability_zone: zone(index),
            cidr_block: PRIVATE_CIDRS[index].value(),
            tags: vec![Tag::name(Value::sub(format!("${{AWS::StackName}} private {index}")))],
        };
        let condition = if index < 2 { &PRIVATE_SUBNETS } else { &THIRD_PRIVATE_SUBNET };
        rack.resource(&PRIVATE_SUBNET_IDS[index], &Declared::new(subnet).only_if(condition));
    }
    for index in 0..3 {
        declare_way_out(rack, index);
    }
    declare_outputs(rack);
}

/// Declares the NAT gateway of a zone with its address, and the routes of the private subnet through it.
fn declare_way_out(rack: &mut Sections, index: usize) {
    let condition = if index < 2 { &PRIVATE_NETWORK } else { &PRIVATE_THIRD_ZONE };
    let (address, nat, table) = (&NAT_ADDRESSES[index], &NAT_GATEWAYS[index], &PRIVATE_ROUTE_TABLES[index]);
    rack.resource(address, &Declared::new(Eip::in_vpc(Vec::new())).only_if(condition));
    let gateway = NatGateway { allocation_id: address.attribute("AllocationId"), subnet_id: SUBNETS[index].reference(), tags: Vec::new() };
    rack.resource(nat, &Declared::new(gateway).only_if(condition));
    rack.resource(table, &Declared::new(RouteTable { vpc_id: vpc_id(), tags: vec![Tag::name(stack_name())] }).only_if(condition));
    let route = Route {
        route_table_id: table.reference(),
        destination_cidr_block: "0.0.0.0/0".into(),
        target: RouteTarget::NatGateway(nat.reference()),
    };
    rack.resource(&ROUTES_DEFAULT[index], &Declared::new(route).only_if(condition));
    let association = SubnetRouteTableAssociation { subnet_id: PRIVATE_SUBNET_IDS[index].reference(), route_table_id: table.reference() };
    rack.resource(&SUBNET_ROUTES[index], &Declared::new(association).only_if(condition));
}

fn declare_outputs(rack: &mut Sections) {
    let if_private = |ids| Value::if_else(&PRIVATE_NETWORK, ids, "");
    rack.output("NatGateways", None, "NAT gateways", &if_private(joined(NAT_GATEWAYS, &PRIVATE_THIRD_ZONE)));
    rack.output("NatIPs", None, "IP addresses of the NAT gateways", &if_private(joined(NAT_ADDRESSES, &PRIVATE_THIRD_ZONE)));
    let tables = joined(PRIVATE_ROUTE_TABLES, &PRIVATE_THIRD_ZONE);
    rack.output("RouteTablesPrivate", None, "Route tables of the private subnets", &if_private(tables));
    let subnets = Value::if_else(&PRIVATE_SUBNETS, joined(PRIVATE_SUBNET_IDS, &THIRD_PRIVATE_SUBNET), "");
    rack.output("SubnetsPrivate", None, "Private subnets", &subnets);
    for (index, subnet) in PRIVATE_SUBNET_IDS.iter().enumerate() {
        let condition = if index < 2 { &PRIVATE_SUBNETS } else { &THIRD_PRIVATE_SUBNET };
        let description = format!("Private subnet in availability zone {index}");
        rack.output(subnet.name(), Some(condition), &description, &subnet.reference().to_text()).export(subnet.name());
    }
    rack.output("Private", None, "Whether instances are in private subnets", &super::PRIVATE.value());
}
