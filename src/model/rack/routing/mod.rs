//! Who can reach what: which load balancers exist, their security groups and fixed addresses, and the allow lists.
//!
//! The balancers themselves are areas of their own; instances and the API need only the names here.

mod allow_list;
mod inputs;
mod network_balancers;
mod routers;

pub(super) use allow_list::POLICY as SECURITY_GROUP_POLICY;
pub(super) use inputs::declare_for_instances;

use super::network;
use crate::model::declared::Tag;
use crate::model::ec2::{Eip, Ingress, SecurityGroup};
use crate::model::name::{ConditionName, Id, LogicalId, ParameterName};
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

const ROUTER_GROUPS: ParameterName<Vec<Value<Id<SecurityGroup>>>> = ParameterName::new("RouterSecurityGroup");
const INTERNAL_ROUTER_GROUPS: ParameterName<Vec<Value<Id<SecurityGroup>>>> = ParameterName::new("RouterInternalSecurityGroup");
const PUBLIC_ALLOWED: ParameterName<String> = ParameterName::new("NLBAllowCIDR");
const INTERNAL_ALLOWED: ParameterName<String> = ParameterName::new("NLBInternalAllowCIDR");
const API_ALLOWED: ParameterName<String> = ParameterName::new("WhiteList");
const PRIVATE_API_GROUP: ParameterName<Id<SecurityGroup>> = ParameterName::new("PrivateApiSecurityGroup");

/// The rack has a router on the internet.
pub(super) const PUBLIC: ConditionName = ConditionName::new("PublicRouter");
/// The rack has a router inside the VPC.
pub(super) const INTERNAL: ConditionName = ConditionName::new("Internal");
/// The rack has a network load balancer on the internet.
pub(super) const HAS_NLB: ConditionName = ConditionName::new("HasNLB");
/// It has an address in a third zone.
pub(super) const HAS_NLB_AND_THIRD_ZONE: ConditionName = ConditionName::new("HasNLBAndThirdAZAndHA");
/// The rack has a network load balancer inside the VPC.
pub(super) const HAS_NLB_INTERNAL: ConditionName = ConditionName::new("HasNLBInternal");
/// Only listed addresses can reach the API.
pub(super) const ALLOW_LIST: ConditionName = ConditionName::new("WhiteListCIDRs");
/// Instances with a public address add it to the allow list of the API.
pub(super) const INSTANCES_ALLOW_THEMSELVES: ConditionName = ConditionName::new("PublicInstancesAndWhiteList");
/// Build instances do.
pub(super) const BUILDERS_ALLOW_THEMSELVES: ConditionName = ConditionName::new("PublicBuildAndWhiteList");
const BLANK_ROUTER_GROUPS: ConditionName = ConditionName::new("BlankRouterSecurityGroup");
const BLANK_INTERNAL_ROUTER_GROUPS: ConditionName = ConditionName::new("BlankRouterInternalSecurityGroup");
const BLANK_PRIVATE_API_GROUP: ConditionName = ConditionName::new("BlankPrivateApiSecurityGroup");
const BLANK_INTERNAL_ALLOWED: ConditionName = ConditionName::new("NLBInternalAllowCIDRBlank");

pub(super) const NLB_SECURITY: LogicalId<SecurityGroup> = LogicalId::new("NLBSecurity");
pub(super) const NLB_INTERNAL_SECURITY: LogicalId<SecurityGroup> = LogicalId::new("NLBInternalSecurity");
/// The security group of the API's balancer.
pub(super) const API_BALANCER: LogicalId<SecurityGroup> = LogicalId::new("ApiBalancerSecurity");
/// The addresses of the network load balancer on the internet.
pub(super) const NLB_ADDRESSES: [LogicalId<Eip>; 3] =
    [LogicalId::new("NLBAddress0"), LogicalId::new("NLBAddress1"), LogicalId::new("NLBAddress2")];
const ROUTER_SECURITY: LogicalId<SecurityGroup> = LogicalId::new("RouterSecurity");
const INTERNAL_ROUTER_SECURITY: LogicalId<SecurityGroup> = LogicalId::new("RouterInternalSecurity");

/// The number of CIDR blocks in the allow list of a network load balancer; each has its own rule.
const SLOTS: usize = 5;
/// The number of CIDR blocks in the allow list of the API.
const API_SLOTS: usize = 10;

pub(super) fn declare(rack: &mut Sections) {
    inputs::declare(rack);
    routers::declare(rack);
    network_balancers::declare(rack);
    allow_list::declare(rack);
}

/// Returns the security groups of the public router: the operator's own, or the rack's.
pub(super) fn router_groups() -> Value<Vec<Value<Id<SecurityGroup>>>> {
    groups(&BLANK_ROUTER_GROUPS, &ROUTER_SECURITY, &ROUTER_GROUPS)
}

/// Returns the security groups of the internal router.
pub(super) fn internal_router_groups() -> Value<Vec<Value<Id<SecurityGroup>>>> {
    groups(&BLANK_INTERNAL_ROUTER_GROUPS, &INTERNAL_ROUTER_SECURITY, &INTERNAL_ROUTER_GROUPS)
}

fn groups(
    blank: &ConditionName,
    own: &LogicalId<SecurityGroup>,
    given: &ParameterName<Vec<Value<Id<SecurityGroup>>>>,
) -> Value<Vec<Value<Id<SecurityGroup>>>> {
    Value::if_else(blank, vec![own.reference()], given.value())
}

/// Returns a security group of the rack's VPC.
fn security_group(id_suffix: &str, what: &str, ingress: Vec<OrNoValue<Ingress>>) -> SecurityGroup {
    SecurityGroup {
        group_description: Value::sub(format!("${{AWS::StackName}} {what}")),
        vpc_id: network::vpc_id(),
        ingress,
        tags: vec![Tag::name(Value::sub(format!("${{AWS::StackName}}-{id_suffix}")))],
    }
}

/// Returns an item of a list with commas and at most `slots` items, or blank if the list has fewer items.
fn slot(list: &ParameterName<String>, index: usize, slots: usize) -> Value<String> {
    let padded = Value::join(",", vec![list.value().into(), ",".repeat(slots).as_str().into()]);
    Value::select(index, &Value::split(",", padded))
}
