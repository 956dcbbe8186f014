//! `Fn::ForEach`: what it goes over, where it may stand, and what is wrong with a loop.

use serde_json::{Value as Json, json};

use super::with;

/// A template with one loop of topics over a collection.
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

/// Our words and CloudFormation's for what is wrong with a template.
fn mistakes(template: &Json) -> Vec<(String, String)> {
    with(template, &[], &json!({}), |evaluation| {
        evaluation.unwrap_err().0.into_iter().map(|one| (one.message, one.aws_message.unwrap_or_default())).collect()
    })
}

#[test]
fn a_loop_goes_over_lists_written_out_given_mapped_and_split() {
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
fn a_loop_must_know_what_it_goes_over() {
    let layout = "Transform AWS::LanguageExtensions failed with: Fn::ForEach layout is incorrect";
    for (collection, message) in [
        (json!({"Fn::GetAtt": ["Always", "Names"]}), "the list of `Fn::ForEach` is not known before deployment"),
        (json!(["a", {"Ref": "Stored"}]), "an item of the list of `Fn::ForEach` is not known before deployment"),
        (json!([{"a": "b"}]), "the list of `Fn::ForEach` contains an item that is not a string"),
        (json!("a"), "`Fn::ForEach` requires a list"),
    ] {
        assert_eq!(mistakes(&over(&collection)), [(message.to_owned(), layout.to_owned())], "{collection}");
    }
    let undefined = mistakes(&over(&json!({"Ref": "Name"})));
    assert_eq!(undefined.len(), 1);
    assert_eq!(undefined[0].0, "`Name` is neither a parameter nor a resource of the template");
}

#[test]
fn two_items_that_give_one_name_are_told_in_cloudformations_words() {
    let aws = "Transform AWS::LanguageExtensions failed with: Duplicate key 'Topica1' when merging keys to parent object in Fn::ForEach";
    assert_eq!(mistakes(&over(&json!(["a-1", "a1"]))), [("`Fn::ForEach` gives the key `Topica1` twice".to_owned(), aws.to_owned())]);
}

#[test]
fn loops_within_loops_know_both_names_and_write_out_properties() {
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
