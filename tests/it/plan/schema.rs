//! `docs/plan.schema.json` against real output.

use rackform::evaluate::State;
use serde_json::{Value as Json, json};

use super::{plan_resources, plan_texts};
use crate::support::shared_data;

fn validator() -> jsonschema::Validator {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/plan.schema.json")).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn problems(plan: &Json) -> Vec<String> {
    validator().iter_errors(plan).map(|problem| format!("{}: {problem}", problem.instance_path())).collect()
}

#[test]
fn output_of_every_kind_follows_the_schema() {
    let old = json!({
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "a"}},
        "Reader": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::GetAtt": "Topic.TopicName"}}},
        "Route": {"Type": "AWS::EC2::SubnetRouteTableAssociation", "Properties": {"RouteTableId": "r", "SubnetId": "s"}},
        "Gone": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
        "Vpc": {"Type": "AWS::EC2::VPC", "Metadata": {"a": 1}, "Properties": {"CidrBlock": "10.0.0.0/16"}}
    });
    let new = json!({
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "b"}},
        "Reader": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::GetAtt": "Topic.TopicName"}}},
        "Route": {"Type": "AWS::EC2::SubnetRouteTableAssociation", "Properties": {"RouteTableId": "r", "SubnetId": "t"}},
        "Come": {"Type": "AWS::S3::Bucket"},
        "Vpc": {"Type": "AWS::EC2::VPC", "Metadata": {"a": 2}, "Properties": {"CidrBlock": "10.0.0.0/16", "Tags": [{"Key": "k", "Value": "v"}]}}
    });
    let plan = serde_json::to_value(plan_resources(&old, &new)).unwrap();
    assert_eq!(plan["Effects"].as_array().unwrap().len(), 6);
    assert_eq!(problems(&plan), Vec::<String>::new());
}

#[test]
fn the_real_template_follows_the_schema() {
    let Some(folder) = shared_data() else { return };
    let text = std::fs::read_to_string(folder.join("convox-rack-20260421.json")).unwrap();
    let state: State = serde_json::from_value(json!({"pseudo": {"AWS::Region": "us-east-1"}})).unwrap();
    let (before, after) =
        (["Password=secret-secret", "Version=1"], ["Password=other-secret", "Version=2", "Private=Yes", "VPCCIDR=10.9.0.0/16"]);
    let plan = serde_json::to_value(plan_texts((&text, &before), (&text, &after), &state)).unwrap();
    assert!(plan["Effects"].as_array().unwrap().len() > 20);
    assert_eq!(problems(&plan), Vec::<String>::new());
}

#[test]
fn the_schema_rejects_unknown_members_and_values() {
    let mut plan =
        serde_json::to_value(plan_resources(&json!({"A": {"Type": "AWS::SNS::Topic"}}), &json!({"B": {"Type": "AWS::SNS::Topic"}})))
            .unwrap();
    assert!(problems(&plan).is_empty());
    plan["Surprise"] = json!(1);
    plan["Effects"][0]["Effect"] = json!("vanished");
    assert_eq!(problems(&plan).len(), 2);
}
