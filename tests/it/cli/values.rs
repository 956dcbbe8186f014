//! Parameter values and results of `evaluate`, `params` and the two inputs of `diff`.
#![allow(clippy::unwrap_used)]

use crate::program::{Bench, Run};

#[test]
fn evaluate_returns_json_with_the_known_values_and_the_errors() {
    let bench = Bench::new();
    bench.file(
        "rack.json",
        r#"{
  "Parameters": { "Private": { "Type": "String", "Default": "No" } },
  "Conditions": { "Private": { "Fn::Equals": [ { "Ref": "Private" }, "Yes" ] } },
  "Resources": {
    "Subnet": { "Type": "AWS::EC2::Subnet", "Condition": "Private", "Properties": { "VpcId": "vpc-1" } },
    "Target": { "Type": "AWS::EFS::MountTarget", "Properties": { "SubnetId": { "Ref": "Subnet" } } }
  }
}"#,
    );
    let run = bench.run("evaluate rack.json --format json");
    let answer = run.json();
    assert_eq!((run.code, &answer["conditions"]), (65, &serde_json::json!({ "Private": false })), "{run}");
    assert_eq!(answer["errors"][0]["line"], 6, "{run}");
    assert_eq!(
        answer["errors"][0]["cloudformation_message"],
        "Template format error: Unresolved resource dependencies [Subnet] in the Resources block of the template"
    );
    let human = bench.run("evaluate rack.json");
    assert_eq!((human.code, human.stdout.as_str()), (65, ""), "{human}");
    let valid = bench.run("evaluate rack.json -p Private=Yes --format json");
    assert_eq!((valid.code, valid.json().get("errors")), (0, None), "{valid}");
}

#[test]
fn a_before_parameter_overrides_one_value_and_a_before_file_replaces_all() {
    let bench = Bench::new();
    bench.file(
        "queue.json",
        r#"{
  "Parameters": { "Name": { "Type": "String" }, "Seconds": { "Type": "Number", "Default": "30" } },
  "Resources": { "Queue": { "Type": "AWS::SQS::Queue", "Properties": {
    "QueueName": { "Ref": "Name" }, "VisibilityTimeout": { "Ref": "Seconds" } } } }
}"#,
    );
    let names = |run: &Run| -> Vec<String> {
        let changes = run.json()["Changes"].as_array().cloned().unwrap_or_default();
        let details = changes.iter().flat_map(|change| change["ResourceChange"]["Details"].as_array().cloned().unwrap_or_default());
        let mut names: Vec<String> = details.map(|detail| detail["Target"]["Name"].as_str().unwrap_or("").to_owned()).collect();
        names.dedup();
        names
    };
    let flag = bench.run("diff queue.json queue.json -p Name=jobs -p Seconds=60 --before-parameter Seconds=45 --format change-set");
    assert_eq!(names(&flag), ["VisibilityTimeout"], "{flag}");
    bench.file("before.json", r#"{ "Name": "old" }"#);
    let file = bench.run("diff queue.json queue.json -p Name=jobs -p Seconds=60 --before-parameters before.json --format change-set");
    assert_eq!(names(&file), ["QueueName", "VisibilityTimeout"], "{file}");
}

#[test]
fn params_in_yaml_are_a_parameter_file_without_secrets() {
    let bench = Bench::new();
    bench.file(
        "rack.json",
        r#"{
  "Parameters": {
    "Cache": { "Type": "String", "Default": "Yes" }, "Zones": { "Type": "CommaDelimitedList", "Default": "a,b" },
    "Code": { "Type": "String", "Default": "012" }, "Blank": { "Type": "String", "Default": "" },
    "Token": { "Type": "String", "NoEcho": true, "Default": "planted" } },
  "Resources": { "Topic": { "Type": "AWS::SNS::Topic" } }
}"#,
    );
    let saved = bench.run("params rack.json --format yaml -p Cache=No");
    assert!(saved.code == 0 && !saved.stdout.contains("planted") && !saved.stdout.contains("Token"), "{saved}");
    bench.file("saved.yaml", &saved.stdout);
    let parameters = bench.run("params rack.json --parameters saved.yaml --format json").json()["parameters"].clone();
    let from_file: Vec<(&str, &str)> = parameters
        .as_array()
        .unwrap()
        .iter()
        .filter(|parameter| parameter["provenance"] == "file")
        .map(|parameter| (parameter["name"].as_str().unwrap(), parameter["value"].as_str().unwrap()))
        .collect();
    assert_eq!(from_file, [("Cache", "No"), ("Zones", "a,b"), ("Code", "012"), ("Blank", "")]);
}

#[test]
fn a_before_state_shows_a_changed_ssm_value() {
    let bench = Bench::new();
    bench
        .file(
            "topic.json",
            r#"{
  "Parameters": { "Label": { "Type": "AWS::SSM::Parameter::Value<String>", "Default": "/label" } },
  "Resources": { "Topic": { "Type": "AWS::SNS::Topic", "Properties": { "DisplayName": { "Ref": "Label" } } } }
}"#,
        )
        .file("before-state.json", r#"{ "ssm": { "/label": "old" } }"#)
        .file("after-state.json", r#"{ "ssm": { "/label": "new" } }"#);
    let run = bench.run("diff topic.json topic.json --before-state before-state.json --state after-state.json --format change-set");
    let detail = &run.json()["Changes"][0]["ResourceChange"]["Details"][0];
    assert_eq!((&detail["Target"]["BeforeValue"], &detail["Target"]["AfterValue"]), (&"old".into(), &"new".into()), "{run}");
    let same = bench.run("diff topic.json topic.json --state after-state.json");
    assert!(same.stdout.starts_with("No changes"), "{same}");
}
