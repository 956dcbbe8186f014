//! Network load balancers for services that are not HTTP: one on the internet with fixed addresses, and one inside the VPC.

use super::{network, routing};
use crate::model::condition::Condition;
use crate::model::declared::Declared;
use crate::model::ec2::Subnet;
use crate::model::elb::{Attribute, LoadBalancer, LoadBalancerType, Scheme, SubnetMapping};
use crate::model::name::{ConditionName, Id, LogicalId, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

const PUBLIC: LogicalId<LoadBalancer> = LogicalId::new("NLBRouter");
const INTERNAL: LogicalId<LoadBalancer> = LogicalId::new("NLBRouterInternal");

/// A choice with its condition.
struct Choice {
    parameter: ParameterName<String>,
    condition: ConditionName,
    description: &'static str,
}

/// The attributes of one balancer that the operator chooses.
struct Choices {
    cross_zone: Choice,
    deletion_protection: Choice,
}

const PUBLIC_CHOICES: Choices = Choices {
    cross_zone: Choice {
        parameter: ParameterName::new("NLBCrossZone"),
        condition: ConditionName::new("NLBCrossZoneEnabled"),
        description: "Let each node of the public network load balancer forward to tasks in all availability zones; traffic between zones \
            is charged",
    },
    deletion_protection: Choice {
        parameter: ParameterName::new("NLBDeletionProtection"),
        condition: ConditionName::new("NLBDeletionProtectionEnabled"),
        description: "Protect the public network load balancer from deletion. Set it to No before NLB is set to No",
    },
};

const INTERNAL_CHOICES: Choices = Choices {
    cross_zone: Choice {
        parameter: ParameterName::new("NLBInternalCrossZone"),
        condition: ConditionName::new("NLBInternalCrossZoneEnabled"),
        description: "Let each node of the internal network load balancer forward to tasks in all availability zones",
    },
    deletion_protection: Choice {
        parameter: ParameterName::new("NLBInternalDeletionProtection"),
        condition: ConditionName::new("NLBInternalDeletionProtectionEnabled"),
        description: "Protect the internal network load balancer from deletion. Set it to No before NLBInternal is set to No",
    },
};

pub(super) fn declare(rack: &mut Sections) {
    for Choices { cross_zone, deletion_protection } in [&PUBLIC_CHOICES, &INTERNAL_CHOICES] {
        for Choice { parameter, condition, description } in [cross_zone, deletion_protection] {
            rack.parameter(Group::Router, parameter, &Parameter::choice(&["No", "Yes"], description));
            rack.condition(condition, &Condition::parameter_is(parameter, "Yes"));
        }
    }
    let public = balancer(Scheme::InternetFacing, &PUBLIC_CHOICES, Value::literal(public_mappings()), routing::NLB_SECURITY.reference());
    rack.resource(&PUBLIC, &Declared::new(public).only_if(&routing::HAS_NLB));
    let subnets = Value::if_else(&network::PRIVATE_NETWORK, mappings(network::private_subnets()), mappings(network::public_subnets()));
    let internal = balancer(Scheme::Internal, &INTERNAL_CHOICES, subnets, routing::NLB_INTERNAL_SECURITY.reference());
    rack.resource(&INTERNAL, &Declared::new(internal).only_if(&routing::HAS_NLB_INTERNAL));
    declare_outputs(rack);
}

fn declare_outputs(rack: &mut Sections) {
    let outputs = [
        (&routing::HAS_NLB, &PUBLIC, "public", ["NLBArn", "NLBHost", "NLBCanonicalHostedZoneID"]),
        (&routing::HAS_NLB_INTERNAL, &INTERNAL, "internal", ["NLBInternalArn", "NLBInternalHost", "NLBInternalCanonicalHostedZoneID"]),
    ];
    for (exists, balancer, which, [arn, host, zone]) in outputs {
        let some = Some(exists);
        let describe = |what: &str| format!("{what} of the {which} network load balancer");
        rack.output(arn, some, &describe("ARN"), &balancer.reference().to_text()).export(arn);
        rack.output(host, some, &describe("Name"), &balancer.attribute("DNSName")).export(host);
        rack.output(zone, some, &describe("Hosted zone for alias records"), &balancer.attribute("CanonicalHostedZoneID")).export(zone);
    }
}

fn balancer(
    scheme: Scheme,
    choices: &Choices,
    subnets: Value<Vec<OrNoValue<SubnetMapping>>>,
    group: Value<Id<crate::model::ec2::SecurityGroup>>,
) -> LoadBalancer {
    let attribute = |key, choice: &Choice| Attribute::new(key, Value::if_else(&choice.condition, "true", "false"));
    LoadBalancer {
        name: None,
        r#type: Some(LoadBalancerType::Network),
        scheme: Some(OrNoValue::always(scheme)),
        load_balancer_attributes: vec![
            attribute("load_balancing.cross_zone.enabled", &choices.cross_zone),
            attribute("deletion_protection.enabled", &choices.deletion_protection),
        ],
        subnets: None,
        subnet_mappings: Some(subnets.into()),
        security_groups: Value::literal(vec![group]),
        tags: super::router::tags(),
    }
}

/// Returns the public subnets with their fixed addresses.
fn public_mappings() -> Vec<OrNoValue<SubnetMapping>> {
    let mapping = |index: usize| SubnetMapping {
        subnet_id: network::SUBNETS[index].reference(),
        allocation_id: Some(routing::NLB_ADDRESSES[index].attribute("AllocationId")),
    };
    vec![OrNoValue::always(mapping(0)), OrNoValue::always(mapping(1)), OrNoValue::only_if(&routing::HAS_NLB_AND_THIRD_ZONE, mapping(2))]
}

/// Returns subnets without fixed addresses.
fn mappings(subnets: Vec<OrNoValue<Id<Subnet>>>) -> Vec<OrNoValue<SubnetMapping>> {
    let mapping = |subnet_id| SubnetMapping { subnet_id, allocation_id: None };
    subnets.into_iter().map(|subnet| subnet.map(&mapping)).collect()
}
