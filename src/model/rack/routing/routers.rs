//! The security groups of the two routers.

use super::{
    BLANK_INTERNAL_ROUTER_GROUPS, BLANK_ROUTER_GROUPS, INTERNAL, INTERNAL_ROUTER_GROUPS, INTERNAL_ROUTER_SECURITY, PUBLIC, ROUTER_GROUPS,
    ROUTER_SECURITY, security_group,
};
use crate::model::declared::Declared;
use crate::model::ec2::{Ingress, Peer, SecurityGroup};
use crate::model::name::{ConditionName, Id, LogicalId, ParameterName};
use crate::model::rack::network::VPC_CIDR;
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

pub(super) fn declare(rack: &mut Sections) {
    let web = |block: &Value<String>| [80, 443].map(|port| OrNoValue::always(Ingress::tcp(port, port, Peer::Cidr(block.clone())))).to_vec();
    rack.resource(&ROUTER_SECURITY, &Declared::new(security_group("router", "router", web(&"0.0.0.0/0".into()))).only_if(&PUBLIC));
    let internal = security_group("router-internal", "internal router", web(&VPC_CIDR.value()));
    rack.resource(&INTERNAL_ROUTER_SECURITY, &Declared::new(internal).only_if(&INTERNAL));

    let description = "First security group of the public router";
    let group = first(&BLANK_ROUTER_GROUPS, &ROUTER_SECURITY, &ROUTER_GROUPS);
    rack.output("RouterSecurityGroup", Some(&PUBLIC), description, &group).export("RouterSecurityGroup");
    let description = "First security group of the internal router";
    let group = first(&BLANK_INTERNAL_ROUTER_GROUPS, &INTERNAL_ROUTER_SECURITY, &INTERNAL_ROUTER_GROUPS);
    rack.output("RouterInternalSecurityGroup", Some(&INTERNAL), description, &group).export("RouterInternalSecurityGroup");
}

fn first(blank: &ConditionName, own: &LogicalId<SecurityGroup>, given: &ParameterName<Vec<Value<Id<SecurityGroup>>>>) -> Value<String> {
    Value::if_else(blank, own.reference().to_text(), Value::select(0, &given.value()).to_text())
}
