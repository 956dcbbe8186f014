//! Collisions that make the update fail, and things that are named in two ways.

use rackform::plan::{Certainty, Effect, Plan, RefusalKind, RiskKind};
use serde_json::{Value as Json, json};

use super::{effect, effect_lines, plan_resources};

fn resource(resource_type: &str, properties: &Json) -> Json {
    json!({"Type": resource_type, "Properties": properties})
}

/// Returns the certainty of the only collision.
fn only(plan: &Plan) -> Certainty {
    let found: Vec<_> = plan.risks.iter().filter(|risk| risk.kind == RiskKind::ReplacementCollision).collect();
    assert_eq!(found.len(), 1, "{:#?}", plan.risks);
    found[0].certainty
}

#[test]
fn a_certain_collision_is_a_refusal() {
    let queue = |name: &str| json!({ name: resource("AWS::SQS::Queue", &json!({"QueueName": "jobs"})) });
    let fifo = |is_fifo: bool| json!({"T": resource("AWS::SQS::Queue", &json!({"QueueName": "jobs.fifo", "FifoQueue": is_fifo}))});
    let subnet = |zone: &str| json!({"T": resource("AWS::EC2::Subnet", &json!({"VpcId": "v", "CidrBlock": "10.0.0.0/24", "AvailabilityZone": zone}))});
    for (before, after, id) in [(queue("Old"), queue("T"), "T"), (fifo(true), fifo(false), "T"), (subnet("a"), subnet("b"), "T")] {
        let plan = plan_resources(&before, &after);
        assert!(plan.is_refused(), "{after}");
        let refusal = plan.refusals.iter().find(|refusal| refusal.kind == RefusalKind::Collision).unwrap();
        assert!(refusal.reason.ends_with("fails.") && refusal.fix.is_some() && refusal.source.is_some(), "{refusal:#?}");
        assert_eq!(effect(&plan, id).map(|effect| effect.effect), Some(Effect::Refused), "{after}");
        assert!(
            plan.risks.iter().all(|risk| risk.kind != RiskKind::DataLoss || risk.logical_resource_id.as_deref() != Some(id)),
            "{after}"
        );
        assert_eq!(only(&plan), Certainty::Certain);
    }
}

#[test]
fn a_collision_that_may_succeed_is_no_refusal() {
    let filter = |id: &str| json!({ id: resource("AWS::Logs::SubscriptionFilter", &json!({"LogGroupName": "l", "FilterName": "f"})) });
    let subscription =
        |id: &str| json!({ id: resource("AWS::SNS::Subscription", &json!({"TopicArn": "t", "Protocol": "email", "Endpoint": "a"})) });
    for (before, after) in [(filter("Old"), filter("New")), (subscription("Old"), subscription("New"))] {
        let plan = plan_resources(&before, &after);
        only(&plan);
        assert!(!plan.is_refused(), "{after}");
    }
}

#[test]
fn a_zone_given_by_id_and_by_name_may_be_the_same() {
    let record = |zone: Json| {
        let mut properties = json!({"Name": "api.example.com", "Type": "A", "TTL": "60", "ResourceRecords": ["192.0.2.1"]});
        properties.as_object_mut().unwrap().extend(zone.as_object().unwrap().clone());
        resource("AWS::Route53::RecordSet", &properties)
    };
    let plan = |old: Json, new: Json| {
        let zone = resource("AWS::Route53::HostedZone", &json!({"Name": "Example.com"}));
        plan_resources(&json!({"Zone": zone, "Old": record(old)}), &json!({"Zone": zone, "New": record(new)}))
    };
    let (id, reference, name) =
        (json!({"HostedZoneId": "Z1"}), json!({"HostedZoneId": {"Ref": "Zone"}}), json!({"HostedZoneName": "example.com."}));
    assert_eq!(only(&plan(id.clone(), name.clone())), Certainty::Possible);
    assert_eq!(only(&plan(name.clone(), id.clone())), Certainty::Possible);
    // The name of a zone in the template decides.
    assert_eq!(only(&plan(reference.clone(), name.clone())), Certainty::Certain);
    let other = plan(reference, json!({"HostedZoneName": "example.org."}));
    assert!(other.risks.is_empty(), "{:#?}", other.risks);
    // Inside a group, too.
    let group = json!({"G": resource("AWS::Route53::RecordSetGroup", &json!({"HostedZoneName": "example.com.", "RecordSets": [
        {"Name": "api.example.com.", "Type": "A", "TTL": "60", "ResourceRecords": ["192.0.2.1"]}
    ]}))});
    assert_eq!(only(&plan_resources(&group, &json!({"New": record(id)}))), Certainty::Possible);
}

#[test]
fn other_things_that_are_named_in_two_ways_may_be_the_same() {
    let rule = |group: Json| {
        let mut properties = json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"});
        properties.as_object_mut().unwrap().extend(group.as_object().unwrap().clone());
        resource("AWS::EC2::SecurityGroupIngress", &properties)
    };
    let address = |address: Json| resource("AWS::EC2::EIPAssociation", &address);
    for (old, new) in [
        (rule(json!({"GroupId": "sg-1"})), rule(json!({"GroupName": "web"}))),
        (address(json!({"EIP": "192.0.2.1", "InstanceId": "i-1"})), address(json!({"AllocationId": "eipalloc-1", "InstanceId": "i-1"}))),
    ] {
        assert_eq!(only(&plan_resources(&json!({"Old": old}), &json!({"New": new}))), Certainty::Possible, "{new}");
    }
    // A function by its name and by its ARN.
    let alias = |name: Json| resource("AWS::Lambda::Alias", &json!({"FunctionName": name, "FunctionVersion": "1", "Name": "live"}));
    let function = resource("AWS::Lambda::Function", &json!({"Handler": "a.b"}));
    let with = |id: &str, name: Json| json!({"F": function, id: alias(name)});
    let plan = plan_resources(&with("Old", json!({"Ref": "F"})), &with("New", json!({"Fn::GetAtt": ["F", "Arn"]})));
    assert_eq!(only(&plan), Certainty::Possible);
}

#[test]
fn another_name_replaces_a_record_set() {
    let record = |name: &str| json!({"R": resource("AWS::Route53::RecordSet", &json!({"HostedZoneId": "Z1", "Name": name, "Type": "A"}))});
    assert_eq!(effect_lines(&plan_resources(&record("a.example.com"), &record("b.example.com"))), ["replaced R"]);
}
