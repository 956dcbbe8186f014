//! The budget of a plan: what changes very many values, or many values through very many references.

use rackform::evaluate::State;
use rackform::plan::{Plan, RiskKind};
use serde_json::{Value as Json, json};

use super::{change, plan_resources, try_plan_texts};

fn resources(count: usize, body: impl Fn(usize) -> Json) -> Json {
    Json::Object((0..count).map(|index| (format!("R{index}"), body(index))).collect())
}

/// Returns the rule and the place of the problem, or `None` if the change can be planned.
fn refused(before: &Json, after: &Json) -> Option<String> {
    let [before, after] = [before, after].map(|resources| json!({ "Resources": resources }).to_string());
    let problems = try_plan_texts((&before, &[]), (&after, &[]), &State::default()).err()?;
    let one = &problems.0[0];
    assert_eq!(problems.0.len(), 1);
    Some(format!("{} {}", one.rule, one.labels[0].start()))
}

/// Roles of which each one trusts all before it, in a document that a new name of any of them changes.
fn chained(count: usize, name: &str) -> Json {
    resources(count, |index| {
        let before: Vec<Json> = (0..index).map(|index| json!({"Ref": format!("R{index}")})).collect();
        let statement = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": before}});
        let properties = json!({"RoleName": format!("{name}{index}"), "AssumeRolePolicyDocument": {"Statement": [statement]}});
        json!({"Type": "AWS::IAM::Role", "Properties": properties})
    })
}

#[test]
fn a_value_with_very_many_causes_is_listed_with_the_first_of_them() {
    let count = 250;
    let plan = plan_resources(&chained(count, "old"), &chained(count, "new"));
    assert_eq!(plan.effects.len(), count);
    let details = |id: &str| {
        let change = change(&plan, id).unwrap();
        change
            .details
            .iter()
            .filter(|detail| detail.target.name.as_deref() == Some("AssumeRolePolicyDocument"))
            .cloned()
            .collect::<Vec<_>>()
    };
    // Of a value with few causes, every detail has the values.
    let few = details("R2");
    assert!(few.len() > 2 && few.iter().all(|detail| detail.target.before_value.is_some()), "{few:?}");
    let last = resource_with_most_causes(&plan);
    let many: Vec<_> = details(&last).into_iter().map(|detail| detail.target).collect();
    assert!(many.len() >= 100, "{}", many.len());
    assert!(many[0].before_value.is_some() && many.iter().all(|target| target.path.is_some()));
    let bytes: usize = plan
        .change_set
        .changes
        .iter()
        .flat_map(|change| &change.resource_change.details)
        .map(|detail| detail.target.before_value.as_ref().map_or(0, String::len))
        .sum();
    assert!(bytes < 16 * 1024 * 1024, "{bytes} bytes of values");
}

fn resource_with_most_causes(plan: &Plan) -> String {
    let changes = plan.change_set.changes.iter().map(|change| &change.resource_change);
    changes.max_by_key(|change| change.details.len()).unwrap().logical_resource_id.clone()
}

#[test]
fn a_change_of_too_many_values_is_refused_with_its_place() {
    let wide = |count: usize, value: &str| {
        let properties: serde_json::Map<String, Json> = (0..100).map(|index| (format!("K{index}"), json!(value))).collect();
        resources(count, |_| json!({"Type": "AWS::SNS::Topic", "Properties": properties}))
    };
    assert_eq!(refused(&wide(100, "a"), &wide(100, "b")), None);
    let found = refused(&wide(1_000, "a"), &wide(1_000, "b")).unwrap();
    assert!(found.starts_with("too-many-changes 1:"), "{found}");
    assert_eq!(refused(&wide(1_000, "a"), &wide(1_000, "a")), None);
}

#[test]
fn very_many_rules_in_another_order_open_nothing() {
    let rule = |index: usize| json!({"IpProtocol": "tcp", "FromPort": index, "ToPort": index, "CidrIp": "10.0.0.0/8"});
    let group = |rules: Vec<Json>| json!({"G": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "x", "SecurityGroupIngress": rules}}});
    let rules: Vec<Json> = (0..15_000).map(rule).collect();
    let reversed: Vec<Json> = rules.iter().rev().cloned().collect();
    let widening = |plan: &Plan| plan.risks.iter().filter(|risk| risk.kind == RiskKind::SecurityWidening).count();
    assert_eq!(widening(&plan_resources(&group(rules.clone()), &group(reversed))), 0);
    // Beyond the budget of comparisons, access counts as possibly new; none is lost.
    let wider: Vec<Json> =
        (0..3_000).map(|index| json!({"IpProtocol": "tcp", "FromPort": index, "ToPort": index, "CidrIp": "0.0.0.0/0"})).collect();
    let plan = plan_resources(&group(rules[..3_000].to_vec()), &group(wider));
    assert_eq!(widening(&plan), 3_000);
}
