//! Tests of `template`.
#![allow(clippy::unwrap_used, clippy::panic)]

mod hostile;
mod write;
mod yaml;

use rackform::diagnostic::{Diagnostics, Source};
use rackform::template::{Arena, Template};

use crate::support;

/// Reads a template and returns its problems: position, message, and CloudFormation's message after a `|`.
fn problems(text: &str) -> Vec<String> {
    let source = Source::new("t.json", text);
    let arena = Arena::new();
    let problems = match Template::read(&source, &arena) {
        Ok(_) => Diagnostics::default(),
        Err(problems) => problems,
    };
    problems
        .0
        .iter()
        .map(|problem| {
            let place = problem.labels[0].start();
            let aws = problem.aws_message.as_ref().map(|text| format!(" | {text}")).unwrap_or_default();
            format!("{place} {}: {}{aws}", problem.rule, problem.message)
        })
        .collect()
}

#[test]
fn section_problems_are_listed_in_cloudformations_order_with_positions() {
    let text = r#"{
  "AWSTemplateFormatVersion": "2010-09-10",
  "resources": {},
  "Parameters": { "My-P": { "Type": "String" }, "Q": "String" },
  "Mappings": [],
  "Resources": {
    "my-bad-resource-id": { "Type": "AWS::SNS::Topic" },
    "Foo": { "Properties": { "Name": "foo" } },
    "Type": "AWS::S3::Bucket",
    "A": { "Type": "AWS::SNS::Topic", "Invalid": 10, "Propertees": {}, "Condition": ["X"], "Metadata": "text" },
    "B": { "Type": 1, "Properties": { "Tags": [ { "Key": "a", "Value": null } ] }, "DependsOn": [ null ] }
  },
  "Outputs": { "MyOutput": { "Value": null }, "Empty": { "Description": "none" }  }
}"#;
    assert_eq!(
        problems(text),
        [
            "11:72 null-value: null value at `/Resources/B/Properties/Tags/0/Value`: null values are not allowed | [/Resources/B/Type/Tags/0/Value] 'null' values are not allowed in templates",
            "11:99 null-value: null value at `/Resources/B/DependsOn/0`: null values are not allowed | [/Resources/B/DependsOn/0] 'null' values are not allowed in templates",
            "13:39 null-value: null value at `/Outputs/MyOutput/Value`: null values are not allowed | [/Outputs/MyOutput/Value] 'null' values are not allowed in templates",
            "3:3 unknown-section: unknown section `resources` | Invalid template property or properties [resources]",
            "2:31 format-version: unknown template format version `2010-09-10` | Template format error: 2010-09-10 is not a supported value for AWSTemplateFormatVersion",
            "5:15 section-kind: `Mappings` must be an object, not an array",
            "4:19 logical-id: the parameter name `My-P` is not alphanumeric | Template format error: Parameter name My-P is non alphanumeric.",
            "4:54 section-kind: `Q` must be an object, not a string",
            "7:5 logical-id: the resource name `my-bad-resource-id` is not alphanumeric | Template format error: Resource name my-bad-resource-id is non alphanumeric.",
            "8:5 resource-type: resource `Foo` has no `Type` | Template format error: [/Resources/Foo] Every Resources object must contain a Type member.",
            "9:13 section-kind: `Type` must be an object with `Type` and `Properties`, not a string | Template format error: [/Resources/Type] resource definition is malformed",
            "10:39 resource-attribute: resource `A` has the unknown attribute `Invalid` | Invalid template resource property 'Invalid'",
            "10:54 resource-attribute: resource `A` has the unknown attribute `Propertees` | Invalid template resource property 'Propertees'",
            "10:85 section-kind: `Condition` must be a string, not an array | Template format error: Every Condition member must be a string.",
            "10:104 section-kind: `Metadata` must be an object, not a string | Template format error: Any Metadata member must be an object.",
            "11:20 section-kind: `Type` must be a string, not a number | Template format error: Every Type member must be a string.",
            "13:47 output-value: output `Empty` has no `Value` | Template format error: Every Outputs member must contain a Value object",
        ]
    );
}

#[test]
fn a_template_must_be_an_object_with_resources() {
    assert_eq!(
        problems("[]"),
        ["1:1 template-shape: a template must be an object, not an array | Template format error: unsupported structure."]
    );
    let none = "missing-resources: the template has no resources | Template format error: At least one Resources member must be defined.";
    assert_eq!(problems("{ }"), [format!("1:1 {none}")]);
    assert_eq!(problems(r#"{ "Resources": {} }"#), [format!("1:3 {none}")]);
}

#[test]
fn a_misspelled_name_gets_a_suggestion() {
    let source = Source::new("t.json", r#"{ "Resorces": {}, "Resources": { "A": { "Type": "T", "DependOn": [], "Tags": [] } } }"#);
    let arena = Arena::new();
    let hints: Vec<_> = Template::read(&source, &arena).unwrap_err().0.into_iter().filter_map(|problem| problem.hint).collect();
    assert_eq!(hints, ["did you mean `Resources`?", "did you mean `DependsOn`?", "properties of the resource belong in `Properties`"]);
}

#[test]
fn templates_that_cloudformation_accepts_are_accepted() {
    for text in [
        // The language extensions' loops, and a transform in every form.
        r#"{ "Transform": "AWS::LanguageExtensions", "Resources": { "Fn::ForEach::Topics": ["N", ["a"], { "Topic${N}": { "Type": "T" } }] } }"#,
        r#"{ "Transform": { "Name": "AWS::Include", "Parameters": { "Location": "s3://b/k" } }, "Resources": { "A": { "Type": "T" } } }"#,
        r#"{ "Fn::Transform": { "Name": "AWS::Include", "Parameters": { "Location": "s3://b/k" } } }"#,
        r#"{ "Resources": { "Fn::Transform": { "Name": "AWS::Include", "Parameters": { "Location": "s3://b/k" } } } }"#,
        // A macro may remove any section.
        r#"{ "Transform": ["AWS::Serverless-2016-10-31"], "Globals": {}, "Resources": { "S": { "Type": "AWS::Serverless::StateMachine", "Connectors": {}, "Properties": { "Definition": { "ResultPath": null } } } } }"#,
        // Null values in metadata and in a function.
        r#"{ "Metadata": { "a": null }, "Resources": { "A": { "Type": "T", "Metadata": { "b": [null] }, "Properties": { "P": { "Fn::Transform": { "Name": "M", "Parameters": { "x": null } } } } } } }"#,
        // A template from the CDK.
        r#"{ "Description": "d", "Rules": {}, "Hooks": {}, "Resources": { "A": { "Type": "Custom::X", "Version": "1.0", "Description": "d", "CreationPolicy": {}, "UpdatePolicy": {}, "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "DependsOn": "B" } }, "Outputs": { "O": { "Value": "v", "Export": { "Name": "n" }, "Condition": "C" } } }"#,
    ] {
        assert_eq!(problems(text), [""; 0], "{text}");
    }
}

#[test]
fn the_real_rack_template_and_all_recorded_templates_are_accepted() {
    let Some(data) = support::shared_data() else { return };
    assert_eq!(problems(&std::fs::read_to_string(data.join("convox-rack-20260421.json")).unwrap()), [""; 0]);
    let mut read = 0;
    for folder in ["change-sets", "evaluations"] {
        for file in std::fs::read_dir(data.join("aws-recordings").join(folder)).unwrap() {
            let path = file.unwrap().path();
            let recording: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            for side in [&recording, &recording["before"], &recording["after"]] {
                if side["template"].is_object() {
                    read += 1;
                    assert_eq!(problems(&side["template"].to_string()), [""; 0], "{}", path.display());
                }
            }
        }
    }
    assert!(read > 150, "only {read} templates in {}", data.display());
}

#[test]
fn messages_for_malformed_templates_match_the_recordings() {
    let Some(data) = support::shared_data() else { return };
    for name in [
        "api-test_resources__test_invalid_logical_resource_id.error",
        "api-test_validations__test_invalid_output_structure-none-value.validation-error",
        "api-test_validations__test_resources_blocks-invalid-key.validation-error",
        "test_template_engine__test_no_type.error",
    ] {
        let path = data.join("aws-recordings/errors").join(format!("{name}.json"));
        let recording: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let found = problems(&recording["template"].to_string());
        let recorded = recording["recorded_message"].as_str().unwrap();
        assert!(found.len() == 1 && found[0].ends_with(&format!(" | {recorded}")), "{name}: {found:?}");
    }
}

#[test]
fn mapping_names_must_be_alphanumeric() {
    let text = r#"{"Mappings": {"Map": {"us-east-1": {"x86-64": "a", "HVM64": "b"}}}, "Resources": {"T": {"Type": "AWS::SNS::Topic"}}}"#;
    assert_eq!(
        problems(text),
        [
            "1:37 mapping-name: the name `x86-64` in a mapping is not alphanumeric | Template format error: Mappings attribute name 'x86-64' must contain only alphanumeric characters."
        ]
    );
}

#[test]
fn invalid_json_has_cloudformations_not_well_formed_message() {
    assert_eq!(
        problems("{\n  \"Resources\": {},\n}"),
        ["2:18 json-syntax: comma before `}` | Template format error: JSON not well-formed. (line 2, column 19)"]
    );
}
