//! The API's balancer. Its security group is an area of its own, because instances add their addresses to it.

use super::{RULE, TARGETS};
use crate::model::acm::Certificate;
use crate::model::declared::Declared;
use crate::model::elb::{Action, Attribute, Listener, ListenerRule, LoadBalancer, Matcher, Protocol, RuleCondition, Scheme, TargetGroup};
use crate::model::name::LogicalId;
use crate::model::rack::domain::Named;
use crate::model::rack::release::HAS_API;
use crate::model::rack::router::{attributes, https, tags};
use crate::model::rack::{network, routing, storage};
use crate::model::reference::stack_name;
use crate::model::route53::RecordSet;
use crate::model::sections::Sections;
use crate::model::value::Value;

const BALANCER: LogicalId<LoadBalancer> = LogicalId::new("ApiBalancer");
const CERTIFICATE: LogicalId<Certificate> = LogicalId::new("ApiBalancerCertificate");
const LISTENER: LogicalId<Listener> = LogicalId::new("ApiBalancerListener443");
const RECORD: LogicalId<RecordSet> = LogicalId::new("RecordSetRack");
const INTERNAL_RULE: LogicalId<ListenerRule> = LogicalId::new("ApiBalancerListenerRuleInternal");

pub(super) fn declare(rack: &mut Sections) {
    let balancer = LoadBalancer {
        name: Some(Value::if_else(&network::PRIVATE_API, Value::sub("${AWS::StackName}-i"), stack_name()).into()),
        r#type: None,
        scheme: Some(Value::if_else(&network::PRIVATE_API, Scheme::Internal, Scheme::InternetFacing).into()),
        load_balancer_attributes: attributes(),
        subnets: Some(network::private_subnets_if(&network::PRIVATE_API).into()),
        subnet_mappings: None,
        security_groups: Value::literal(vec![routing::API_BALANCER.reference()]),
        tags: tags(),
    };
    rack.resource(&BALANCER, &Declared::new(balancer).only_if(&HAS_API).after(&storage::BALANCER_LOGS_POLICY));
    rack.resource(&CERTIFICATE, &Declared::new(Named::Api.certificate(&BALANCER)).only_if(&HAS_API));
    rack.resource(&LISTENER, &Declared::new(https(&BALANCER, &CERTIFICATE)).only_if(&HAS_API));
    Named::Api.declare_record(rack, &BALANCER);
    rack.resource(&TARGETS, &Declared::new(targets()).only_if(&HAS_API).after(&LISTENER));
    let name = Named::Api.host(&BALANCER);
    rack.resource(&RULE, &Declared::new(rule(1, name.clone())).only_if(&HAS_API));
    let internal_name = Value::sub("rack.${AWS::StackName}.convox");
    rack.resource(&INTERNAL_RULE, &Declared::new(rule(2, internal_name)).only_if(&HAS_API));
    let record_name = Value::sub("rack.${AWS::StackName}.convox.");
    let record = RecordSet::canonical_name(network::HOSTED_ZONE.reference(), record_name, 3600, BALANCER.attribute("DNSName"));
    rack.resource(&RECORD, &Declared::new(record).only_if(&HAS_API));
    rack.output("RackDomain", Some(&HAS_API), "Name of the API", &name);
    rack.output("Dashboard", Some(&HAS_API), "Name of the API, for the console", &name);
}

/// Returns the targets: the web tasks, on a port of their instances.
fn targets() -> TargetGroup {
    TargetGroup {
        health_check_path: "/check",
        health_check_interval_seconds: 5,
        health_check_timeout_seconds: 3,
        healthy_threshold_count: 2,
        unhealthy_threshold_count: 2,
        matcher: Matcher { http_code: "200" },
        port: host_port(),
        protocol: Protocol::Https,
        target_group_attributes: vec![Attribute::new("deregistration_delay.timeout_seconds", "30")],
        target_type: "instance",
        vpc_id: network::vpc_id(),
    }
}

/// Returns the port of an instance on which a web task listens. A private API has another one, because the old and the new target group
/// exist at the same time while `PrivateApi` changes.
pub(super) fn host_port() -> Value<u16> {
    Value::if_else(&network::PRIVATE_API, 4100, 4000)
}

fn rule(priority: u32, name: Value<String>) -> ListenerRule {
    ListenerRule {
        listener_arn: LISTENER.reference(),
        priority,
        conditions: [RuleCondition::host(name)],
        actions: [Action::Forward(TARGETS.reference())],
    }
}
