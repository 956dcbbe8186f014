//! Requests that CloudFormation rejects.

use rackform::cloudformation::{Capability, ChangeSetStatus};
use rackform::diagnostic::Source;
use rackform::plan::{Refusal, Request, required_capabilities};
use rackform::template::{Arena, Template};
use serde_json::{Value as Json, json};

use super::{plan_resources, plan_texts};
use crate::support::shared_data;

fn with_template<T>(template: &Json, inspect: impl FnOnce(&Template<'_>) -> T) -> T {
    let (arena, source) = (Arena::new(), Source::new("stack.json", template.to_string()));
    inspect(&Template::read(&source, &arena).unwrap())
}

fn needs(resources: &Json) -> Vec<&'static str> {
    with_template(&json!({ "Resources": resources }), |template| {
        required_capabilities(template).into_iter().map(Capability::name).collect()
    })
}

/// Returns the service's error as `Code: message`.
fn quoted(refusal: &Refusal) -> String {
    format!("{}: {}", refusal.code.as_deref().unwrap_or_default(), refusal.message.as_deref().unwrap_or_default())
}

fn message(request: &Request, template: &Json) -> Option<String> {
    with_template(template, |template| request.refusal(template).map(|refusal| quoted(&refusal)))
}

#[test]
fn iam_resources_require_capabilities() {
    let role = |properties: Json| json!({"R": {"Type": "AWS::IAM::Role", "Condition": "Never", "Properties": properties}});
    assert_eq!(needs(&json!({"T": {"Type": "AWS::SNS::Topic"}})), [""; 0]);
    assert_eq!(needs(&role(json!({}))), ["CAPABILITY_IAM"]);
    assert_eq!(needs(&role(json!({"RoleName": "r"}))), ["CAPABILITY_NAMED_IAM"]);
    // The name of an inline policy is not a custom resource name.
    assert_eq!(needs(&json!({"P": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p"}}})), ["CAPABILITY_IAM"]);
    let embedded = json!({"T": {"Type": "AWS::SNS::Topic", "Properties": {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {}}}}});
    assert_eq!(needs(&embedded), ["CAPABILITY_AUTO_EXPAND"]);
    let named = json!({"R": {"Type": "AWS::IAM::User", "Properties": {"UserName": "u", "Tags": {"Fn::Transform": {"Name": "Tags"}}}}});
    assert_eq!(needs(&named), ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]);
}

#[test]
fn missing_capabilities_are_rejected_with_cloudformations_message() {
    let template = json!({"Resources": {"G": {"Type": "AWS::IAM::Group", "Properties": {"GroupName": "g"}}}});
    let request = |given: &[Capability]| Request { capabilities: Some(given.to_vec()), ..Request::default() };
    let expected = "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_NAMED_IAM]";
    assert_eq!(message(&request(&[]), &template).as_deref(), Some(expected));
    assert_eq!(message(&request(&[Capability::Iam]), &template).as_deref(), Some(expected));
    assert_eq!(message(&request(&[Capability::NamedIam]), &template), None);
    assert_eq!(message(&Request::default(), &template), None);
    let unnamed = json!({"Resources": {"G": {"Type": "AWS::IAM::Group"}}});
    assert_eq!(message(&request(&[Capability::NamedIam]), &unnamed), None);
}

#[test]
fn a_resource_type_that_is_not_allowed_is_rejected() {
    let template = json!({"Resources": {"V": {"Type": "AWS::EC2::VPC"}, "T": {"Type": "AWS::SNS::Topic"}, "C": {"Type": "Custom::Thing"}}});
    let request = |types: &[&str]| Request { resource_types: types.iter().map(|text| (*text).to_owned()).collect(), ..Request::default() };
    assert_eq!(message(&request(&["AWS::EC2::*", "AWS::SNS::Topic", "Custom::*"]), &template), None);
    assert_eq!(
        message(&request(&["AWS::EC2::*", "Custom::Thing"]), &template).as_deref(),
        Some("ValidationError: Resource type AWS::SNS::Topic is not allowed by parameter ResourceTypes [AWS::EC2::*, Custom::Thing]")
    );
}

#[test]
fn updates_without_changes_and_changed_types_are_rejected() {
    let topic = json!({"A": {"Type": "AWS::SNS::Topic"}});
    let same = plan_resources(&topic, &topic);
    assert_eq!(same.change_set.status, ChangeSetStatus::Failed);
    assert_eq!(same.refusals.len(), 1);
    assert_eq!(
        (same.refusals[0].operation.as_deref(), same.refusals[0].message.as_deref()),
        (Some("UpdateStack"), Some("No updates are to be performed."))
    );
    let changed = plan_resources(&topic, &json!({"A": {"Type": "AWS::SQS::Queue"}}));
    assert_eq!(
        changed.refusals[0].message.as_deref(),
        Some("Update of resource type is not permitted. The new template modifies resource type of the following resources: [A]")
    );
    let moved = plan_resources(&topic, &json!({"B": {"Type": "AWS::SNS::Topic"}}));
    assert!(moved.refusals.is_empty(), "{:?}", moved.refusals);
}

#[test]
fn a_plan_lists_newly_required_capabilities() {
    let plan = plan_resources(
        &json!({"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}}),
        &json!({"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}, "RoleName": "r"}}}),
    );
    assert_eq!(plan.capabilities, [Capability::NamedIam]);
    assert_eq!(plan.new_capabilities, [Capability::NamedIam]);
}

#[test]
fn rejections_match_the_recorded_errors() {
    let Some(folder) = shared_data() else { return };
    let mut count = 0;
    for file in std::fs::read_dir(folder.join("aws-recordings/errors")).unwrap() {
        let recording: Json = serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
        let expected = format!("{}: {}", recording["recorded_code"].as_str().unwrap(), recording["recorded_message"].as_str().unwrap());
        let found = if expected.contains("capabilities") || recording["request"].get("ResourceTypes").is_some() {
            let types = recording["request"]["ResourceTypes"].as_array().into_iter().flatten();
            let request = Request {
                capabilities: expected.contains("capabilities").then(Vec::new),
                resource_types: types.map(|text| text.as_str().unwrap().to_owned()).collect(),
            };
            message(&request, &recording["template"])
        } else if expected.ends_with("No updates are to be performed.") {
            let texts = [recording["before"]["template"].to_string(), recording["template"].to_string()];
            let plan = plan_texts((&texts[0], &[]), (&texts[1], &[]), &rackform::evaluate::State::default());
            plan.refusals.first().map(quoted)
        } else {
            continue;
        };
        count += 1;
        assert_eq!(found.as_deref(), Some(expected.as_str()), "{}", recording["id"]);
    }
    assert!(count >= 3, "{count}");
}
