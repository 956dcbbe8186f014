//! The security groups of the network load balancers with one rule for each allowed CIDR block, and the fixed addresses.

use super::{
    BLANK_INTERNAL_ALLOWED, HAS_NLB, HAS_NLB_AND_THIRD_ZONE, HAS_NLB_INTERNAL, INTERNAL_ALLOWED, NLB_ADDRESSES, NLB_INTERNAL_SECURITY,
    NLB_SECURITY, PUBLIC_ALLOWED, SLOTS, security_group, slot,
};
use crate::model::condition::Condition;
use crate::model::declared::{Declared, Tag};
use crate::model::ec2::{Eip, Ingress, Peer, SecurityGroup, SecurityGroupIngress};
use crate::model::name::{ConditionName, LogicalId, ParameterName};
use crate::model::rack::network::{INSTANCES_SECURITY, VPC_CIDR};
use crate::model::reference::stack_name;
use crate::model::sections::Sections;
use crate::model::value::Value;

pub(super) fn declare(rack: &mut Sections) {
    declare_addresses(rack);
    rack.resource(&NLB_SECURITY, &Declared::new(security_group("nlb", "public NLB", Vec::new())).only_if(&HAS_NLB));
    let internal = security_group("nlb-internal", "internal NLB", Vec::new());
    rack.resource(&NLB_INTERNAL_SECURITY, &Declared::new(internal).only_if(&HAS_NLB_INTERNAL));
    let to_instances = [
        (LogicalId::new("InstancesSecurityNLBIngress"), NLB_SECURITY, HAS_NLB),
        (LogicalId::new("InstancesSecurityNLBInternalIngress"), NLB_INTERNAL_SECURITY, HAS_NLB_INTERNAL),
    ];
    for (id, balancer, exists) in to_instances {
        let rule = Ingress::all(Peer::Group(balancer.reference()));
        rack.resource(&id, &Declared::new(SecurityGroupIngress { group_id: INSTANCES_SECURITY.reference(), rule }).only_if(&exists));
    }
    for index in 0..SLOTS {
        declare_public_slot(rack, index);
        declare_internal_slot(rack, index);
    }
    for (name, exists, group) in
        [("NLBSecurityGroup", &HAS_NLB, &NLB_SECURITY), ("NLBInternalSecurityGroup", &HAS_NLB_INTERNAL, &NLB_INTERNAL_SECURITY)]
    {
        rack.output(name, Some(exists), "Security group of the network load balancer", &group.reference().to_text()).export(name);
    }
}

fn declare_addresses(rack: &mut Sections) {
    for (index, address) in NLB_ADDRESSES.iter().enumerate() {
        let exists = if index < 2 { HAS_NLB } else { HAS_NLB_AND_THIRD_ZONE };
        rack.resource(address, &Declared::new(Eip::in_vpc(vec![Tag::new("Rack", stack_name())])).only_if(&exists));
        let name = format!("NLBEIP{index}");
        let description = format!("Address of the public network load balancer in availability zone {index}");
        rack.output(&name, Some(&exists), &description, &address.reference().to_text()).export(&name);
    }
}

fn declare_public_slot(rack: &mut Sections, index: usize) {
    let filled = is_filled(&PUBLIC_ALLOWED, index);
    let condition = ConditionName::from_name(&format!("HasNLBAllowCIDRSlot{index}"));
    rack.condition(&condition, &Condition::And(vec![Condition::Named(HAS_NLB), filled]));
    let id = LogicalId::from_name(&format!("NLBAllowCIDRSlot{index}Ingress"));
    rack.resource(&id, &rule(&NLB_SECURITY, slot(&PUBLIC_ALLOWED, index, SLOTS), &condition));
}

/// Declares a slot of the internal allow list; the first one has the VPC if the list is blank.
fn declare_internal_slot(rack: &mut Sections, index: usize) {
    let mut filled = is_filled(&INTERNAL_ALLOWED, index);
    let mut block = slot(&INTERNAL_ALLOWED, index, SLOTS);
    if index == 0 {
        filled = Condition::Or(vec![Condition::Named(BLANK_INTERNAL_ALLOWED), filled]);
        block = Value::if_else(&BLANK_INTERNAL_ALLOWED, VPC_CIDR.value(), block);
    }
    let condition = ConditionName::from_name(&format!("HasNLBInternalAllowCIDRSlot{index}"));
    rack.condition(&condition, &Condition::And(vec![Condition::Named(HAS_NLB_INTERNAL), filled]));
    let id = LogicalId::from_name(&format!("NLBInternalAllowCIDRSlot{index}Ingress"));
    rack.resource(&id, &rule(&NLB_INTERNAL_SECURITY, block, &condition));
}

fn is_filled(list: &ParameterName<String>, index: usize) -> Condition {
    Condition::Equals(slot(list, index, SLOTS), "".into()).negated()
}

fn rule(group: &LogicalId<SecurityGroup>, block: Value<String>, condition: &ConditionName) -> Declared<SecurityGroupIngress> {
    let rule = SecurityGroupIngress { group_id: group.reference(), rule: Ingress::all(Peer::Cidr(block)) };
    Declared::new(rule).only_if(condition)
}
