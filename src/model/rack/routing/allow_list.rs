//! The security group of the API's balancer: everyone, the addresses of an allow list, or the VPC.

use super::{ALLOW_LIST, API_ALLOWED, API_BALANCER, API_SLOTS, BLANK_PRIVATE_API_GROUP, PRIVATE_API_GROUP, security_group, slot};
use crate::model::condition::Condition;
use crate::model::declared::Declared;
use crate::model::ec2::{Ingress, Peer, SecurityGroupIngress};
use crate::model::iam::{ManagedPolicy, PolicyDocument, Statement};
use crate::model::name::{ConditionName, LogicalId};
use crate::model::rack::network::{self, NAT_ADDRESSES, PRIVATE_API, PRIVATE_NETWORK, PRIVATE_THIRD_ZONE, VPC_CIDR};
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

/// Allows instances to add their own address to the security group; roles of instances have it.
pub(in crate::model::rack) const POLICY: LogicalId<ManagedPolicy> = LogicalId::new("SecurityGroupPolicy");

/// Only the VPC can reach the API.
const VPC_ONLY: ConditionName = ConditionName::new("PrivateApiAndBlankSecurityGroup");
/// Only members of a security group can.
const GROUP_ONLY: ConditionName = ConditionName::new("PrivateApiAndSecurityGroup");
/// Everyone can.
const EVERYONE: ConditionName = ConditionName::new("PublicApiAndNoWhiteList");

/// The port of the API.
const HTTPS: u16 = 443;

pub(super) fn declare(rack: &mut Sections) {
    let named = |name: &ConditionName| Condition::Named(name.clone());
    rack.condition(&VPC_ONLY, &Condition::both(&PRIVATE_API, &BLANK_PRIVATE_API_GROUP));
    rack.condition(&GROUP_ONLY, &Condition::And(vec![named(&PRIVATE_API), named(&BLANK_PRIVATE_API_GROUP).negated()]));
    rack.condition(&EVERYONE, &Condition::And(vec![named(&PRIVATE_API).negated(), named(&ALLOW_LIST).negated()]));

    let https = |peer| Ingress::tcp(HTTPS, HTTPS, peer);
    let ingress = vec![
        OrNoValue::only_if(&EVERYONE, https(Peer::Cidr("0.0.0.0/0".into()))),
        OrNoValue::only_if(&VPC_ONLY, https(Peer::Cidr(VPC_CIDR.value()))),
        OrNoValue::only_if(&GROUP_ONLY, https(Peer::Group(PRIVATE_API_GROUP.value()))),
    ];
    rack.resource(&API_BALANCER, &Declared::new(security_group("balancer", "balancer", ingress)));
    let allow = |rack: &mut Sections, name: &str, peer, condition: Option<&ConditionName>| {
        let rule = Declared::new(SecurityGroupIngress { group_id: API_BALANCER.reference(), rule: https(peer) });
        let id = LogicalId::from_name(&format!("ApiBalancer{name}Ingress"));
        match condition {
            Some(condition) => rack.resource(&id, &rule.only_if(condition)),
            None => rack.resource(&id, &rule),
        }
    };
    // Instances and builds always reach the API, also if an allow list does not have them.
    allow(rack, "Instances", Peer::Group(network::instance_security_group()), None);
    let builds = ConditionName::new("HasBuildInstanceSecurityGroup");
    rack.condition(&builds, &named(&network::BLANK_BUILD_INSTANCE_SECURITY_GROUP).negated());
    allow(rack, "Builds", Peer::Group(network::BUILD_INSTANCE_SECURITY_GROUP.value()), Some(&builds));
    for (index, address) in NAT_ADDRESSES.iter().enumerate() {
        let exists = if index < 2 { PRIVATE_NETWORK } else { PRIVATE_THIRD_ZONE };
        let block = Value::sub(format!("${{{}}}/32", address.name()));
        allow(rack, &format!("Nat{index}"), Peer::Cidr(block), Some(&exists));
    }
    for index in 0..API_SLOTS {
        let condition = ConditionName::from_name(&format!("HasWhiteListSlot{index}"));
        rack.condition(&condition, &Condition::Equals(slot(&API_ALLOWED, index, API_SLOTS), "".into()).negated());
        allow(rack, &format!("WhiteListSlot{index}"), Peer::Cidr(slot(&API_ALLOWED, index, API_SLOTS)), Some(&condition));
    }
    rack.resource(&POLICY, &Declared::new(policy()));
}

fn policy() -> ManagedPolicy {
    let group =
        Value::sub(format!("arn:${{AWS::Partition}}:ec2:${{AWS::Region}}:${{AWS::AccountId}}:security-group/${{{}}}", API_BALANCER.name()));
    let allow = Statement::allow("AllowThemselves", &["ec2:AuthorizeSecurityGroupIngress"], [group]);
    ManagedPolicy {
        // A create-only property: another text than that of a Convox rack would replace the policy.
        description: Some(OrNoValue::always("Access to the Security group for iam roles")),
        path: Some(OrNoValue::always("/convox/")),
        policy_document: PolicyDocument::new([allow]),
    }
}
