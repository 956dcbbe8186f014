//! `Fn::ForEach`: its collections, its positions and its errors.

use serde_json::{Value as Json, json};

use super::with;

/// Returns a template with one loop that creates a topic for each item of a collection.
fn over(collection: &Json) -> Json {
    json!({
        "Transform": [["AWS::LanguageExtensions"]],
        "Parameters": {
            "Names": {"Type": "CommaDelimitedList", "Default": "a-1, b"},
            "Joined": {"Type": "String", "Default": "x|y"},
            "Stage": {"Type": "String", "Default": "test"},
            "Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/name"}
        },
        "Mappings": {"Stages": {"test": {"Names": ["m", "n"]}, "live": {"Names": ["o"]}}},
        "Resources": {
            "Always": {"Type": "AWS::SNS::Topic"},
            "Fn::ForEach::Topics": ["Name", collection, {"Topic&{Name}": {
                "Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::Sub": "${Name}-${Stage}"}, "DisplayName": "is ${Name}"}
            }}]
        }
    })
}

fn names(collection: &Json) -> Vec<Json> {
    with(&over(collection), &[], &json!({}), |evaluation| {
        let evaluation = evaluation.unwrap();
        evaluation.resources.values().skip(1).map(|topic| topic.properties.to_json()["TopicName"].clone()).collect()
    })
}

/// Returns our messages and CloudFormation's for an invalid template.
fn messages(template: &Json) -> Vec<(String, String)> {
    with(template, &[], &json!({}), |evaluation| {
        evaluation.unwrap_err().0.into_iter().map(|one| (one.message, one.aws_message.unwrap_or_default())).collect()
    })
}

#[test]
fn a_loop_accepts_literal_parameter_mapped_and_split_lists() {
    for (collection, expected) in [
        (json!(["p", 2, true]), vec!["p-test", "2-test", "true-test"]),
        (json!({"Ref": "Names"}), vec!["a-1-test", "b-test"]),
        (json!([{"Ref": "Names"}, "c"]), vec!["a-1-test", "b-test", "c-test"]),
        (json!({"Fn::FindInMap": ["Stages", {"Ref": "Stage"}, "Names"]}), vec!["m-test", "n-test"]),
        (json!({"Fn::Split": ["|", {"Ref": "Joined"}]}), vec!["x-test", "y-test"]),
        (json!([{"Fn::Select": [0, {"Ref": "Names"}]}, {"Ref": "AWS::NoValue"}]), vec!["a-1-test"]),
        (json!([]), vec![]),
    ] {
        assert_eq!(names(&collection), expected, "{collection}");
    }
}

#[test]
fn the_collection_of_a_loop_must_be_known() {
    let layout = "Transform AWS::LanguageExtensions failed with: Fn::ForEach layout is incorrect";
    for (collection, message) in [
        (json!({"Fn::GetAtt": ["Always", "Names"]}), "the list of `Fn::ForEach` is not known before deployment"),
        (json!(["a", {"Ref": "Stored"}]), "an item of the list of `Fn::ForEach` is not known before deployment"),
        (json!([{"a": "b"}]), "the list of `Fn::ForEach` contains an item that is not a string"),
        (json!("a"), "`Fn::ForEach` requires a list"),
    ] {
        assert_eq!(messages(&over(&collection)), [(message.to_owned(), layout.to_owned())], "{collection}");
    }
    let undefined = messages(&over(&json!({"Ref": "Name"})));
    assert_eq!(undefined.len(), 1);
    assert_eq!(undefined[0].0, "`Name` is neither a parameter nor a resource of the template");
}

#[test]
fn duplicate_names_from_a_loop_have_cloudformations_message() {
    let aws = "Transform AWS::LanguageExtensions failed with: Duplicate key 'Topica1' when merging keys to parent object in Fn::ForEach";
    assert_eq!(messages(&over(&json!(["a-1", "a1"]))), [("`Fn::ForEach` gives the key `Topica1` twice".to_owned(), aws.to_owned())]);
}

#[test]
fn nested_loops_resolve_both_variables_and_expand_properties() {
    let template = json!({
        "Transform": "AWS::LanguageExtensions",
        "Conditions": {"Fn::ForEach::Wanted": ["Zone", ["a", "b"], {"Has${Zone}": {"Fn::Equals": ["${Zone}", "a"]}}]},
        "Resources": {"Fn::ForEach::Zones": ["Zone", ["a", "b"], {
            "Fn::ForEach::Kinds": ["Kind", ["Public", "Private"], {"${Kind}${Zone}": {
                "Type": "AWS::SSM::Parameter",
                "Condition": "Has${Zone}",
                "Properties": {"Type": "String", "Value": {"Fn::Join": ["/", [{"Ref": "Zone"}, {"Ref": "Kind"}]]},
                    "Tags": {"Fn::ForEach::Tags": ["Tag", ["Zone", "Kind"], {"${Tag}": {"Fn::Sub": "${Tag} of ${Zone}"}}]}}
            }}]
        }]},
        "Outputs": {"Fn::ForEach::Names": ["Kind", ["Public"], {"${Kind}Value": {"Value": {"Fn::GetAtt": ["${Kind}a", "Value"]}}}]}
    });
    with(&template, &[], &json!({}), |evaluation| {
        let evaluation = evaluation.unwrap();
        assert_eq!(evaluation.resources.keys().copied().collect::<Vec<_>>(), ["Publica", "Privatea"]);
        assert_eq!(
            evaluation.resources["Privatea"].properties.to_json(),
            json!({"Type": "String", "Value": "a/Private", "Tags": {"Zone": "Zone of a", "Kind": "Kind of a"}})
        );
        assert_eq!(evaluation.outputs["PublicValue"].value.to_json(), json!("a/Public"));
    });
}
