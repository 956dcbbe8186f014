//! The parameters of balancers and allow lists, and the conditions that depend on them.

use super::{
    ALLOW_LIST, API_ALLOWED, API_SLOTS, BLANK_INTERNAL_ALLOWED, BLANK_INTERNAL_ROUTER_GROUPS, BLANK_PRIVATE_API_GROUP, BLANK_ROUTER_GROUPS,
    BUILDERS_ALLOW_THEMSELVES, HAS_NLB, HAS_NLB_AND_THIRD_ZONE, HAS_NLB_INTERNAL, INSTANCES_ALLOW_THEMSELVES, INTERNAL, INTERNAL_ALLOWED,
    INTERNAL_ROUTER_GROUPS, PRIVATE_API_GROUP, PUBLIC, PUBLIC_ALLOWED, ROUTER_GROUPS, SLOTS,
};
use crate::model::condition::Condition;
use crate::model::name::{ConditionName, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::rack::network::{PRIVATE_BUILD, PRIVATE_INSTANCES, THIRD_ZONE};
use crate::model::rack::parameters::{ipv4_blocks, security_group, security_groups};
use crate::model::sections::Sections;
use crate::model::value::Value;

const INTERNAL_CHOICE: ParameterName<String> = ParameterName::new("Internal");
const INTERNAL_ONLY: ParameterName<String> = ParameterName::new("InternalOnly");
const NLB: ParameterName<String> = ParameterName::new("NLB");
const NLB_INTERNAL: ParameterName<String> = ParameterName::new("NLBInternal");
const PRESERVE_CLIENT_IP: ParameterName<String> = ParameterName::new("NLBPreserveClientIP");
const INTERNAL_PRESERVE_CLIENT_IP: ParameterName<String> = ParameterName::new("NLBInternalPreserveClientIP");
const ALLOWED_INSTANCES: ParameterName<String> = ParameterName::new("InstancesIpToIncludInWhiteListing");

const PUBLIC_BUILD: ConditionName = ConditionName::new("PublicBuild");
const PUBLIC_INSTANCES: ConditionName = ConditionName::new("PublicInstances");

pub(super) fn declare(rack: &mut Sections) {
    declare_routers(rack);
    declare_network_balancers(rack);
    declare_allow_list(rack);
}

fn no_or_yes(description: &str) -> Parameter {
    Parameter::choice(&["No", "Yes"], description)
}

fn declare_routers(rack: &mut Sections) {
    let internal = "Create a router inside the VPC for apps that are not on the internet";
    rack.parameter(Group::Router, &INTERNAL_CHOICE, &no_or_yes(internal));
    let only = "Create no router on the internet. Apps are then reached through the internal router";
    rack.parameter(Group::Router, &INTERNAL_ONLY, &no_or_yes(only));
    let groups = "Security groups of the public router. If blank, the rack creates one that allows HTTP and HTTPS from everywhere";
    rack.parameter(Group::Router, &ROUTER_GROUPS, &security_groups(groups));
    let groups = "Security groups of the internal router. If blank, the rack creates one that allows HTTP and HTTPS from the VPC";
    rack.parameter(Group::Router, &INTERNAL_ROUTER_GROUPS, &security_groups(groups));

    rack.condition(&INTERNAL, &Condition::parameter_is(&INTERNAL_CHOICE, "Yes"));
    rack.output("Internal", None, "Whether the rack has a router inside the VPC", &INTERNAL_CHOICE.value());
    rack.condition(&PUBLIC, &Condition::parameter_is(&INTERNAL_ONLY, "No"));
    let blank = |groups: &ParameterName<Vec<_>>| {
        let groups: ParameterName<Vec<String>> = ParameterName::from_name(groups.name());
        Condition::Equals(Value::join_list(",", &groups.value()), "".into())
    };
    rack.condition(&BLANK_ROUTER_GROUPS, &blank(&ROUTER_GROUPS));
    rack.condition(&BLANK_INTERNAL_ROUTER_GROUPS, &blank(&INTERNAL_ROUTER_GROUPS));
}

fn declare_network_balancers(rack: &mut Sections) {
    let public =
        "Create a network load balancer on the internet, with one fixed address per availability zone, for services that are not HTTP";
    rack.parameter(Group::Router, &NLB, &no_or_yes(public));
    let internal = "Create a network load balancer inside the VPC for services that are not HTTP";
    rack.parameter(Group::Router, &NLB_INTERNAL, &no_or_yes(internal));
    let allowed = "Up to five IPv4 CIDR blocks, separated by commas, that can reach the network load balancer on the internet";
    rack.parameter(Group::Router, &PUBLIC_ALLOWED, &ipv4_blocks("0.0.0.0/0", SLOTS, allowed));
    let allowed = "Up to five IPv4 CIDR blocks, separated by commas, that can reach the network load balancer inside the VPC. If blank, \
        the VPC";
    rack.parameter(Group::Router, &INTERNAL_ALLOWED, &ipv4_blocks("", SLOTS, allowed));

    rack.condition(&HAS_NLB, &Condition::parameter_is(&NLB, "No").negated());
    rack.condition(&HAS_NLB_INTERNAL, &Condition::parameter_is(&NLB_INTERNAL, "No").negated());
    rack.condition(&HAS_NLB_AND_THIRD_ZONE, &Condition::both(&HAS_NLB, &THIRD_ZONE));
    rack.condition(&BLANK_INTERNAL_ALLOWED, &Condition::parameter_is(&INTERNAL_ALLOWED, ""));
}

fn declare_allow_list(rack: &mut Sections) {
    let allowed = "Up to ten IPv4 CIDR blocks, separated by commas, that can reach the API. If blank, the whole internet can";
    rack.parameter(Group::Api, &API_ALLOWED, &ipv4_blocks("", API_SLOTS, allowed));
    let group = "Security group whose members can reach the private API. If blank, the VPC can. Only used when PrivateApi is set to Yes";
    rack.parameter(Group::Api, &PRIVATE_API_GROUP, &security_group(group));

    rack.condition(&ALLOW_LIST, &Condition::parameter_is(&API_ALLOWED, "").negated());
    rack.condition(&BLANK_PRIVATE_API_GROUP, &Condition::parameter_is(&PRIVATE_API_GROUP, ""));
}

/// Declares what only instances and the API read; for these areas.
pub(in crate::model::rack) fn declare_for_instances(rack: &mut Sections) {
    let preserve = "Let apps behind the network load balancer on the internet see the address of a client instead of the balancer's";
    rack.parameter(Group::Router, &PRESERVE_CLIENT_IP, &no_or_yes(preserve));
    let preserve = "Let apps behind the network load balancer inside the VPC see the address of a client instead of the balancer's";
    rack.parameter(Group::Router, &INTERNAL_PRESERVE_CLIENT_IP, &no_or_yes(preserve));
    let instances = "Which instances add their public address to WhiteList when they start: those of the cluster (Workload), those of \
        builds (Build), both or none";
    rack.parameter(Group::Api, &ALLOWED_INSTANCES, &Parameter::choice(&["Both", "Build", "Workload", "None"], instances));

    let named = |name: &ConditionName| Condition::Named(name.clone());
    let included = |which: &str| {
        Condition::Or(vec![Condition::parameter_is(&ALLOWED_INSTANCES, "Both"), Condition::parameter_is(&ALLOWED_INSTANCES, which)])
    };
    rack.condition(&PUBLIC_BUILD, &named(&PRIVATE_BUILD).negated());
    rack.condition(&PUBLIC_INSTANCES, &named(&PRIVATE_INSTANCES).negated());
    let allow_themselves = |public: &ConditionName, which: &str| Condition::And(vec![named(public), named(&ALLOW_LIST), included(which)]);
    rack.condition(&BUILDERS_ALLOW_THEMSELVES, &allow_themselves(&PUBLIC_BUILD, "Build"));
    rack.condition(&INSTANCES_ALLOW_THEMSELVES, &allow_themselves(&PUBLIC_INSTANCES, "Workload"));
}
