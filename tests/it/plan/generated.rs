//! Resources that refer to what SAM or a module generates from another one.

use rackform::evaluate::State;
use rackform::plan::{CauseSource, Plan};
use serde_json::{Value as Json, json};

use super::{effect, effect_lines, plan_texts};

fn plan_templates(before: &Json, after: &Json) -> Plan {
    plan_texts((&before.to_string(), &[]), (&after.to_string(), &[]), &State::default())
}

/// A SAM template with a resource of these properties and a topic whose display name reads `value`; the reader comes first.
fn sam(id: &str, resource_type: &str, properties: Json, value: Json) -> Json {
    json!({
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            "Reader": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": value}},
            id: {"Type": resource_type, "Properties": properties}
        }
    })
}

fn reader_may_change(plan: &Plan) -> bool {
    effect(plan, "Reader").is_some_and(|effect| effect.possible)
}

#[test]
fn a_reader_of_a_generated_resource_may_change_with_its_source() {
    let api = |stage: &str| json!({"StageName": stage});
    let function = |name: &str, value: Json| json!({"CodeUri": "s/", "Handler": "a.b", name: value});
    let events = |path: &str| function("Events", json!({"E": {"Type": "Api", "Properties": {"Path": path, "Method": "get"}}}));
    let http = |path: &str| function("Events", json!({"E": {"Type": "HttpApi", "Properties": {"Path": path, "Method": "get"}}}));
    let policies = |name: &str| function("Policies", json!([name]));
    for (id, resource_type, before, after, value) in [
        ("Api", "AWS::Serverless::Api", api("a"), api("b"), json!({"Ref": "Api.Stage"})),
        ("Api", "AWS::Serverless::Api", api("a"), api("b"), json!({"Ref": "ApibStage"})),
        ("F", "AWS::Serverless::Function", policies("A"), policies("B"), json!({"Fn::GetAtt": ["FRole", "Arn"]})),
        ("F", "AWS::Serverless::Function", policies("A"), policies("B"), json!({"Fn::Sub": "x-${FRole}"})),
        ("F", "AWS::Serverless::Function", function("CodeUri", json!("a")), function("CodeUri", json!("b")), json!({"Ref": "F.Version"})),
        ("F", "AWS::Serverless::Function", events("/a"), events("/b"), json!({"Ref": "ServerlessRestApi"})),
        ("F", "AWS::Serverless::Function", events("/a"), events("/b"), json!({"Fn::GetAtt": ["ServerlessRestApi", "RootResourceId"]})),
        ("F", "AWS::Serverless::Function", http("/a"), http("/b"), json!({"Ref": "ServerlessHttpApi"})),
    ] {
        let template = |properties: &Json| sam(id, resource_type, properties.clone(), value.clone());
        let plan = plan_templates(&template(&before), &template(&after));
        assert!(reader_may_change(&plan), "{value}: {:#?}", effect_lines(&plan));
        let is_named = |source: &CauseSource| matches!(source, CauseSource::Resource(_) | CauseSource::Attribute(_));
        assert!(effect(&plan, "Reader").unwrap().causes.iter().any(|cause| is_named(&cause.source)), "{value}");
        let same = plan_templates(&template(&before), &template(&before));
        assert!(!same.has_changes(), "{value}: {same:#?}");
    }
}

#[test]
fn a_property_that_sam_only_passes_on_leaves_what_it_generates_beside() {
    let function = |timeout: u32| json!({"CodeUri": "s/", "Handler": "a.b", "Timeout": timeout});
    let template = |timeout| sam("F", "AWS::Serverless::Function", function(timeout), json!({"Fn::GetAtt": ["FRole", "Arn"]}));
    assert_eq!(effect_lines(&plan_templates(&template(3), &template(4))), ["updated-in-place F"]);
}

#[test]
fn a_reader_of_a_module_may_change_with_the_module() {
    let template = |size: u32, value: Json| {
        json!({"Resources": {
            "Reader": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": value}},
            "M": {"Type": "Acme::Net::Vpc::MODULE", "Properties": {"Size": size}}
        }})
    };
    for value in [
        json!({"Ref": "M.Vpc"}),
        json!({"Ref": "MVpc"}),
        json!({"Fn::GetAtt": ["MVpc", "VpcId"]}),
        json!({"Fn::GetAtt": ["M", "Vpc.VpcId"]}),
    ] {
        let plan = plan_templates(&template(1, value.clone()), &template(2, value.clone()));
        assert!(reader_may_change(&plan), "{value}: {:#?}", effect_lines(&plan));
        assert!(!plan_templates(&template(1, value.clone()), &template(1, value.clone())).has_changes(), "{value}");
    }
}
