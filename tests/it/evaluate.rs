//! The evaluator: functions, conditions, references, unknowns, and every problem in CloudFormation's words.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rackform::evaluate::{Evaluation, State, evaluate};
use rackform::parameters::{GivenParameters, ParameterSet};
use rackform::template::{Arena, Diagnostics, Source, Template};
use serde_json::{Value as Json, json};

/// Evaluates a template given as JSON and looks at the answer.
fn with<T>(template: &Json, flags: &[&str], state: &Json, look: impl FnOnce(Result<Evaluation<'_>, Diagnostics>) -> T) -> T {
    let source = Source::new("t.json", template.to_string());
    let state: State = serde_json::from_value(state.clone()).unwrap();
    let mut given = GivenParameters::new();
    for flag in flags {
        given.add_flag(flag).unwrap();
    }
    let arena = Arena::new();
    let template = Template::read(&source, &arena).unwrap();
    let parameters = ParameterSet::resolve(&template, &given).unwrap();
    look(evaluate(&template, &parameters, &state, &arena))
}

fn template(value: &Json) -> Json {
    json!({
        "Parameters": {
            "Name": {"Type": "String", "Default": "n"},
            "List": {"Type": "CommaDelimitedList", "Default": "a, b,c"},
            "Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/path"}
        },
        "Mappings": {"Map": {"Top": {"Second": "found", "Many": ["x", "y"]}}},
        "Conditions": {
            "Yes": {"Fn::Equals": ["a", "a"]},
            "No": {"Fn::Not": [{"Condition": "Yes"}]},
            "Open": {"Fn::Equals": [{"Ref": "AWS::StackName"}, "s"]}
        },
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC"},
            "Absent": {"Type": "AWS::SNS::Topic", "Condition": "No"},
            "T": {"Type": "AWS::SNS::Topic", "Properties": {"P": value}}
        }
    })
}

const REGION: &str = r#"{"pseudo": {"AWS::Region": "us-west-1"}}"#;

/// The value of one expression, `AWS::NoValue` as JSON `null`.
fn value(expression: Json) -> Json {
    with(&template(&expression), &[], &serde_json::from_str(REGION).unwrap(), |evaluation| {
        evaluation.unwrap().resources["T"].properties.get("P").map_or(Json::Null, |value| value.to_json())
    })
}

/// CloudFormation's wording of what is wrong with one expression.
fn error(expression: Json) -> String {
    with(&template(&expression), &[], &json!({}), |evaluation| evaluation.unwrap_err().0[0].aws_message.clone().unwrap_or_default())
}

#[test]
fn functions_of_known_values_are_known() {
    for (expression, expected) in [
        (json!({"Ref": "Name"}), json!("n")),
        (json!({"Ref": "List"}), json!(["a", "b", "c"])),
        (json!({"Fn::Sub": "${Name}-${!Name}-${AWS::Partition}"}), json!("n-${Name}-aws")),
        (json!({"Fn::Sub": ["${A}${Name}", {"A": {"Ref": "Name"}}]}), json!("nn")),
        (json!({"Fn::Join": ["/", {"Ref": "List"}]}), json!("a/b/c")),
        (json!({"Fn::Join": ["", ["a", {"Ref": "AWS::NoValue"}, 1, true]]}), json!("a1true")),
        (json!({"Fn::Split": ["|", "|a||c|"]}), json!(["", "a", "", "c", ""])),
        (json!({"Fn::Select": ["1", {"Ref": "List"}]}), json!("b")),
        (json!({"Fn::Select": [0, {"Fn::GetAZs": ""}]}), json!("us-west-1a")),
        (json!({"Fn::FindInMap": ["Map", "Top", "Many"]}), json!(["x", "y"])),
        (json!({"Fn::Base64": "hi"}), json!("aGk=")),
        (json!({"Fn::Cidr": ["10.0.0.0/16", "2", 8]}), json!(["10.0.0.0/24", "10.0.1.0/24"])),
        (json!({"Fn::If": ["No", {"Ref": "Absent"}, 1]}), json!(1)),
        (json!({"Fn::If": ["Yes", {"Ref": "AWS::NoValue"}, 1]}), Json::Null),
        (json!([1, {"Fn::If": ["Yes", {"Ref": "AWS::NoValue"}, 1]}]), json!([1])),
        (json!("{{resolve:ssm:/a}}"), json!("{{resolve:ssm:/a}}")),
    ] {
        assert_eq!(value(expression.clone()), expected, "{expression}");
    }
}

#[test]
fn unknown_values_keep_what_is_left_of_their_expression() {
    for (expression, expected) in [
        (json!({"Ref": "Vpc"}), json!({"Ref": "Vpc"})),
        (json!({"Ref": "Stored"}), json!({"Ref": "Stored"})),
        (json!({"Fn::GetAtt": "Vpc.CidrBlock"}), json!({"Fn::GetAtt": ["Vpc", "CidrBlock"]})),
        (json!({"Fn::Sub": "a-${Name}-${Vpc}"}), json!({"Fn::Join": ["", ["a-n-", {"Ref": "Vpc"}]]})),
        (json!({"Fn::Join": ["-", ["a", {"Ref": "Name"}, {"Ref": "Vpc"}]]}), json!({"Fn::Join": ["", ["a-n-", {"Ref": "Vpc"}]]})),
        (json!({"Fn::Sub": "${Vpc}"}), json!({"Ref": "Vpc"})),
        (json!({"Fn::If": ["Open", "a", {"Ref": "AWS::NoValue"}]}), json!({"Fn::If": ["Open", "a", {"Ref": "AWS::NoValue"}]})),
        (json!({"Fn::If": ["Open", "a", "a"]}), json!("a")),
        (json!({"Fn::ImportValue": {"Fn::Sub": "${Name}-x"}}), json!({"Fn::ImportValue": "n-x"})),
        (json!({"Fn::GetAZs": "xx-new-1"}), json!({"Fn::GetAZs": "xx-new-1"})),
    ] {
        assert_eq!(value(expression.clone()), expected, "{expression}");
    }
}

#[test]
fn mistakes_are_worded_as_cloudformation_words_them() {
    for (expression, expected) in [
        (json!({"Ref": "Nope"}), "Template format error: Unresolved resource dependencies [Nope] in the Resources block of the template"),
        (
            json!([{"Fn::Sub": "${Absent.Arn}"}, {"Ref": "Nope"}]),
            "Template format error: Unresolved resource dependencies [Absent, Nope] in the Resources block of the template",
        ),
        (
            json!({"Fn::GetAtt": ["Vpc"]}),
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
        ),
        (json!({"Fn::If": ["Nope", 1, 2]}), "Template error: unresolved condition dependency Nope in Fn::If"),
        (json!({"Fn::FindInMap": ["Map", "Top", "X"]}), "Template error: Unable to get mapping for Map::Top::X"),
        (json!({"Fn::Select": [3, {"Ref": "List"}]}), "Template error: Fn::Select cannot select nonexistent value at index 3"),
        (json!({"Fn::Select": ["x", {"Ref": "List"}]}), "Template error: Fn::Select cannot select nonexistent value at index x"),
        (json!({"Fn::Sub": "${List}"}), "Template error: variable List in Fn::Sub expression does not resolve to a string"),
    ] {
        assert_eq!(error(expression.clone()), expected, "{expression}");
    }
}

#[test]
fn known_state_takes_the_place_of_unknowns() {
    let state = json!({
        "physical_ids": {"Vpc": "vpc-1"},
        "attributes": {"Vpc": {"CidrBlock": "10.0.0.0/16"}},
        "ssm": {"/path": "stored"},
        "exports": {"e": "exported"}
    });
    let expression = json!([{"Ref": "Vpc"}, {"Fn::Sub": "${Vpc.CidrBlock}"}, {"Ref": "Stored"}, {"Fn::ImportValue": "e"}]);
    let found = with(&template(&expression), &[], &state, |evaluation| evaluation.unwrap().resources["T"].properties.to_json());
    assert_eq!(found, json!({"P": ["vpc-1", "10.0.0.0/16", "stored", "exported"]}));
}

#[test]
fn conditions_in_a_ring_are_named_with_the_whole_ring() {
    let template = json!({
        "Conditions": {
            "A": {"Fn::Not": [{"Condition": "B"}]},
            "B": {"Fn::And": [{"Condition": "C"}, {"Fn::Equals": ["1", "1"]}]},
            "C": {"Condition": "A"}
        },
        "Resources": {"T": {"Type": "AWS::SNS::Topic"}}
    });
    let messages: Vec<String> =
        with(&template, &[], &json!({}), |evaluation| evaluation.unwrap_err().0.into_iter().map(|one| one.message).collect());
    assert_eq!(messages, ["conditions refer to each other in a ring: `A` -> `B` -> `C` -> `A`"]);
}
