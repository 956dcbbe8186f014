//! The network's parameters and the conditions that depend on them.

use super::private::PRIVATE_CIDRS;
use super::public::{INTERNET_GATEWAY, OWN_GATEWAY, PUBLIC_CIDRS, TENANCY, THIRD_ZONE_ROUTES};
use super::{
    AVAILABILITY_ZONES, BLANK_AVAILABILITY_ZONES, BLANK_BUILD_INSTANCE_SECURITY_GROUP, BLANK_EXISTING_VPC, BLANK_INSTANCE_SECURITY_GROUP,
    BUILD_INSTANCE_SECURITY_GROUP, EXISTING, EXISTING_VPC, HIGH_AVAILABILITY, HIGHLY_AVAILABLE, INSTANCE_SECURITY_GROUP, PRIVATE,
    PRIVATE_API, PRIVATE_BUILD, PRIVATE_INSTANCES, PRIVATE_NETWORK, PRIVATE_SUBNETS, PRIVATE_THIRD_ZONE, ROUTES, THIRD_PRIVATE_SUBNET,
    THIRD_ZONE, VPC_CIDR,
};
use crate::model::condition::Condition;
use crate::model::name::{ConditionName, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::rack::parameters::{ipv4_block, security_group};
use crate::model::rack::region::region_has;
use crate::model::sections::Sections;
use crate::model::value::Value;

const MAX_AVAILABILITY_ZONES: ParameterName<u32> = ParameterName::new("MaxAvailabilityZones");
const PRIVATE_BUILD_CHOICE: ParameterName<String> = ParameterName::new("PrivateBuild");
const PRIVATE_API_CHOICE: ParameterName<String> = ParameterName::new("PrivateApi");

const THIRD_AVAILABILITY_ZONE: ConditionName = ConditionName::new("ThirdAvailabilityZone");
const PRIVATE_API_THIRD_ZONE: ConditionName = ConditionName::new("PrivateApiAndThirdAvailabilityZoneAndHighAvailability");
const BLANK_INTERNET_GATEWAY: ConditionName = ConditionName::new("BlankInternetGateway");
const EXISTING_AND_BLANK_GATEWAY: ConditionName = ConditionName::new("ExistingVpcAndBlankInternetGateway");

pub(super) fn declare(rack: &mut Sections) {
    declare_vpc(rack);
    declare_zones(rack);
    declare_privacy(rack);
    declare_security_groups(rack);
}

fn declare_vpc(rack: &mut Sections) {
    let vpc =
        "Existing VPC for the rack. If blank, the rack creates a VPC. The build cache requires DNS hostnames and DNS resolution in it";
    let vpc = Parameter::string("", vpc).matching("(vpc-[0-9a-f]+)?", "must be a VPC ID, such as vpc-0123456789abcdef0, or blank");
    rack.parameter(Group::Network, &EXISTING_VPC, &vpc);
    let gateway = "Internet gateway of the existing VPC. If blank, the subnets use the VPC's main route table";
    let gateway = Parameter::string("", gateway)
        .matching("(igw-[0-9a-f]+)?", "must be an internet gateway ID, such as igw-0123456789abcdef0, or blank");
    rack.parameter(Group::Network, &INTERNET_GATEWAY, &gateway);
    let vpc_cidr = "CIDR block of the VPC, also of an existing one; the rack's security groups allow traffic from it";
    rack.parameter(Group::Network, &VPC_CIDR, &ipv4_block("10.0.0.0/16", vpc_cidr));
    let tenancy = "Hardware of the VPC's instances: default is shared with other AWS customers, dedicated is not. Only used for a new VPC";
    rack.parameter(Group::Network, &TENANCY, &Parameter::choice(&["default", "dedicated"], tenancy));

    let named = |name: &ConditionName| Condition::Named(name.clone());
    rack.condition(&BLANK_EXISTING_VPC, &Condition::parameter_is(&EXISTING_VPC, ""));
    rack.condition(&BLANK_INTERNET_GATEWAY, &Condition::parameter_is(&INTERNET_GATEWAY, ""));
    rack.condition(&EXISTING, &named(&BLANK_EXISTING_VPC).negated());
    rack.condition(&EXISTING_AND_BLANK_GATEWAY, &Condition::both(&EXISTING, &BLANK_INTERNET_GATEWAY));
    rack.condition(&OWN_GATEWAY, &Condition::And(vec![named(&EXISTING), named(&BLANK_INTERNET_GATEWAY).negated()]));
    rack.condition(&ROUTES, &named(&EXISTING_AND_BLANK_GATEWAY).negated());
}

fn declare_zones(rack: &mut Sections) {
    let (public, private) = (PUBLIC_CIDRS, PRIVATE_CIDRS);
    let cidrs = public.iter().map(|name| (name, "public")).chain(private.iter().map(|name| (name, "private")));
    for (index, (name, what)) in cidrs.enumerate() {
        let description = format!("CIDR block of {what} subnet {}", index % 3);
        rack.parameter(Group::Network, name, &ipv4_block(&format!("10.0.{}.0/24", index + 1), &description));
    }
    let high_availability = "Run the rack on at least two instances, and use a third availability zone if the region has one";
    rack.parameter(Group::Network, &HIGH_AVAILABILITY, &Parameter::choice(&["true", "false"], high_availability));
    let zones = "Maximum number of availability zones";
    rack.parameter(Group::Network, &MAX_AVAILABILITY_ZONES, &Parameter::number_choice(&["2", "3"], zones).default_to("3"));
    let zones = "Availability zones of the subnets, at least as many as the rack uses. If blank, the first zones of the region. Changing \
        this replaces the subnets and all that is in them";
    let zones = Parameter::list("", zones)
        .matching(r"([a-z]{2}(-[a-z]+)+-\d[a-z])?", "must be names of availability zones, such as us-east-1a,us-east-1b,us-east-1c");
    rack.parameter(Group::Network, &AVAILABILITY_ZONES, &zones);

    rack.condition(&BLANK_AVAILABILITY_ZONES, &Condition::Equals(Value::join_list("", &AVAILABILITY_ZONES.value()), "".into()));
    rack.condition(&HIGHLY_AVAILABLE, &Condition::parameter_is(&HIGH_AVAILABILITY, "true"));
    let three_allowed = Condition::parameter_is(&MAX_AVAILABILITY_ZONES, "3");
    rack.condition(&THIRD_AVAILABILITY_ZONE, &Condition::And(vec![region_has("ThirdAvailabilityZone"), three_allowed]));
    rack.condition(&THIRD_ZONE, &Condition::both(&HIGHLY_AVAILABLE, &THIRD_AVAILABILITY_ZONE));
    rack.condition(&THIRD_ZONE_ROUTES, &Condition::both(&THIRD_ZONE, &ROUTES));
}

fn declare_privacy(rack: &mut Sections) {
    let no_or_yes = |description| Parameter::choice(&["No", "Yes"], description);
    let private = "Put instances and builds in private subnets, which reach the internet through one NAT gateway per availability zone";
    rack.parameter(Group::Network, &PRIVATE, &no_or_yes(private));
    let build = "Put only builds in private subnets";
    rack.parameter(Group::Build, &PRIVATE_BUILD_CHOICE, &no_or_yes(build));
    let api = "Put the API's balancer in private subnets, so that only the VPC and networks connected to it can reach it. Changing this \
        replaces the balancer, and the API gets another host name";
    rack.parameter(Group::Api, &PRIVATE_API_CHOICE, &no_or_yes(api));

    let is_private = Condition::parameter_is(&PRIVATE, "Yes");
    rack.condition(&PRIVATE_INSTANCES, &is_private);
    rack.condition(&PRIVATE_BUILD, &Condition::Or(vec![is_private, Condition::parameter_is(&PRIVATE_BUILD_CHOICE, "Yes")]));
    rack.condition(&PRIVATE_API, &Condition::parameter_is(&PRIVATE_API_CHOICE, "Yes"));
    rack.condition(&PRIVATE_NETWORK, &Condition::any([&PRIVATE_BUILD, &PRIVATE_INSTANCES]));
    rack.condition(&PRIVATE_SUBNETS, &Condition::any([&PRIVATE_NETWORK, &PRIVATE_API]));
    rack.condition(&PRIVATE_THIRD_ZONE, &Condition::both(&PRIVATE_NETWORK, &THIRD_ZONE));
    rack.condition(&PRIVATE_API_THIRD_ZONE, &Condition::both(&PRIVATE_API, &THIRD_ZONE));
    rack.condition(&THIRD_PRIVATE_SUBNET, &Condition::any([&PRIVATE_API_THIRD_ZONE, &PRIVATE_THIRD_ZONE]));
}

fn declare_security_groups(rack: &mut Sections) {
    let group = "Security group for instances. If blank, the rack creates one that allows TCP and UDP from its VPC";
    rack.parameter(Group::Network, &INSTANCE_SECURITY_GROUP, &security_group(group));
    let group = "Security group for builds. If blank, builds use the security group of the instances";
    rack.parameter(Group::Build, &BUILD_INSTANCE_SECURITY_GROUP, &security_group(group));
    rack.condition(&BLANK_INSTANCE_SECURITY_GROUP, &Condition::parameter_is(&INSTANCE_SECURITY_GROUP, ""));
    rack.condition(&BLANK_BUILD_INSTANCE_SECURITY_GROUP, &Condition::parameter_is(&BUILD_INSTANCE_SECURITY_GROUP, ""));
}
