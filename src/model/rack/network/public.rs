//! The VPC, its internet gateway, and the public subnets with their routes.

use super::{
    BLANK_EXISTING_VPC, GATEWAY, GATEWAY_ATTACHMENT, ROUTE_TABLE, ROUTES, SUBNETS, THIRD_ZONE, VPC, VPC_CIDR, joined, vpc_id, zone,
};
use crate::model::declared::{Declared, Tag};
use crate::model::ec2::{InternetGateway, Route, RouteTable, RouteTarget, Subnet, SubnetRouteTableAssociation, Vpc, VpcGatewayAttachment};
use crate::model::name::{ConditionName, Id, LogicalId, ParameterName};
use crate::model::reference::stack_name;
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

pub(super) const INTERNET_GATEWAY: ParameterName<Id<InternetGateway>> = ParameterName::new("InternetGateway");
pub(super) const TENANCY: ParameterName<String> = ParameterName::new("Tenancy");
pub(super) const PUBLIC_CIDRS: [ParameterName<String>; 3] =
    [ParameterName::new("Subnet0CIDR"), ParameterName::new("Subnet1CIDR"), ParameterName::new("Subnet2CIDR")];

/// The VPC exists, and its internet gateway is known.
pub(super) const OWN_GATEWAY: ConditionName = ConditionName::new("ExistingVpcAndInternetGateway");
pub(super) const THIRD_ZONE_ROUTES: ConditionName =
    ConditionName::new("ThirdAvailabilityZoneAndNotExistingVpcAndBlankInternetGatewayAndHighAvailability");

const ROUTE_DEFAULT: LogicalId<Route> = LogicalId::new("RouteDefault");
const SUBNET_ROUTES: [LogicalId<SubnetRouteTableAssociation>; 3] =
    [LogicalId::new("Subnet0Routes"), LogicalId::new("Subnet1Routes"), LogicalId::new("Subnet2Routes")];

pub(super) fn declare(rack: &mut Sections) {
    let name = || vec![Tag::name(stack_name())];
    let vpc = Vpc::new(VPC_CIDR.value(), name()).with_tenancy(TENANCY.value());
    rack.resource(&VPC, &Declared::new(vpc).only_if(&BLANK_EXISTING_VPC));
    rack.resource(&GATEWAY, &Declared::new(InternetGateway { tags: name() }).only_if(&BLANK_EXISTING_VPC));
    let attachment = VpcGatewayAttachment { vpc_id: VPC.reference(), internet_gateway_id: GATEWAY.reference() };
    rack.resource(&GATEWAY_ATTACHMENT, &Declared::new(attachment).only_if(&BLANK_EXISTING_VPC));

    for (index, (subnet, cidr)) in SUBNETS.iter().zip(&PUBLIC_CIDRS).enumerate() {
        let declared = Declared::new(Subnet {
            vpc_id: vpc_id(),
            availability_zone: zone(index),
            cidr_block: cidr.value(),
            tags: vec![Tag::name(Value::sub(format!("${{AWS::StackName}} public {index}")))],
        });
        rack.resource(subnet, &if index < 2 { declared } else { declared.only_if(&THIRD_ZONE) });
    }
    declare_routes(rack);
    declare_outputs(rack);
}

fn declare_routes(rack: &mut Sections) {
    // EC2 refuses a route to a gateway that is not attached to the VPC. The tag makes the table, and so the route, wait for the attachment.
    let attached = Value::if_else(&BLANK_EXISTING_VPC, GATEWAY_ATTACHMENT.reference().to_text(), "existing");
    let table = RouteTable { vpc_id: vpc_id(), tags: vec![Tag::new("GatewayAttachment", attached), Tag::name(stack_name())] };
    rack.resource(&ROUTE_TABLE, &Declared::new(table).only_if(&ROUTES));
    let gateway = Value::if_else(&OWN_GATEWAY, INTERNET_GATEWAY.value(), GATEWAY.reference());
    let route = Route {
        route_table_id: ROUTE_TABLE.reference(),
        destination_cidr_block: "0.0.0.0/0".into(),
        target: RouteTarget::InternetGateway(gateway),
    };
    rack.resource(&ROUTE_DEFAULT, &Declared::new(route).only_if(&ROUTES));
    for (index, (association, subnet)) in SUBNET_ROUTES.iter().zip(&SUBNETS).enumerate() {
        let condition = if index < 2 { ROUTES } else { THIRD_ZONE_ROUTES };
        let properties = SubnetRouteTableAssociation { subnet_id: subnet.reference(), route_table_id: ROUTE_TABLE.reference() };
        rack.resource(association, &Declared::new(properties).only_if(&condition));
    }
}

fn declare_outputs(rack: &mut Sections) {
    rack.output("Vpc", None, "VPC of the rack", &vpc_id().to_text()).export("Vpc");
    rack.output("Vpccidr", None, "CIDR block of the VPC", &VPC_CIDR.value()).export("VpcCidr");
    let own = Some(&BLANK_EXISTING_VPC);
    rack.output("Gateway", own, "Internet gateway of the rack's VPC", &GATEWAY.reference().to_text());
    rack.output("GatewayAttachment", own, "Attachment of the internet gateway", &GATEWAY_ATTACHMENT.reference().to_text());
    rack.output("RouteTablePublic", Some(&ROUTES), "Route table of the public subnets", &ROUTE_TABLE.reference().to_text());
    let zones = vec![zone(0).into(), zone(1).into(), OrNoValue::only_if(&THIRD_ZONE, zone(2))];
    rack.output("AvailabilityZones", None, "Availability zones of the subnets", &Value::join(",", zones));
    rack.output("Subnets", None, "Public subnets", &joined(SUBNETS, &THIRD_ZONE));
    let third_zone = THIRD_ZONE;
    for (index, subnet) in SUBNETS.iter().enumerate() {
        let condition = (index == 2).then_some(&third_zone);
        let description = format!("Public subnet in availability zone {index}");
        rack.output(subnet.name(), condition, &description, &subnet.reference().to_text()).export(subnet.name());
    }
}
