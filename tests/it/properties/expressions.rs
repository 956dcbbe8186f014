//! Properties of generated expressions: the residual expression, evaluated again with more known values, gives the same result as the
//! original.

use proptest::prelude::*;
use rackform::diagnostic::Source;
use rackform::evaluate::{State, evaluate};
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::template::{Arena, Document, Functions, Template, write_yaml};
use serde_json::{Value as Json, json};

use crate::specialise::compare;

/// Returns a template with the expressions and with a referable entry of every kind.
fn template_with(conditional: &Json, value: &Json) -> String {
    json!({
        "Parameters": {
            "Name": {"Type": "String", "Default": "n"},
            "Count": {"Type": "Number", "Default": 2},
            "List": {"Type": "CommaDelimitedList", "Default": "a, b,,c"},
            "Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/path"},
            "StoredList": {"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/list"}
        },
        "Mappings": {"Map": {"n": {"One": "1-", "Many": ["x", "y"]}, "s": {"One": "2-", "Many": ["z"]}}},
        "Conditions": {
            "Yes": {"Fn::Equals": [{"Ref": "Name"}, "n"]},
            "Open": {"Fn::Equals": [{"Ref": "AWS::StackName"}, "s"]},
            "OpenToo": {"Fn::Not": [{"Condition": "Open"}]},
            "Any": {"Fn::Or": [{"Condition": "Open"}, conditional]}
        },
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC"},
            "T": {"Type": "AWS::SNS::Topic", "Properties": {"P": value}}
        }
    })
    .to_string()
}

/// Returns a state with every value that the template leaves unknown.
fn known() -> Json {
    json!({
        "pseudo": {"AWS::StackName": "s", "AWS::AccountId": "123456789012", "AWS::Region": "eu-north-1"},
        "physical_ids": {"Vpc": "vpc-1,x"},
        "attributes": {"Vpc": {"CidrBlock": "10.0.0.0/16", "Ids": ["i-0", "i-1"]}},
        "ssm": {"/path": "stored", "/list": "p,q"},
        "exports": {"n-export": "exported", "s": "export of s"}
    })
}

/// Returns the value of the property, `null` if it is missing, or the first problem.
fn value(name: &str, text: &str, state: &Json) -> Result<Json, String> {
    let (source, arena) = (Source::new(name, text), Arena::new());
    let state: State = serde_json::from_value(state.clone()).unwrap();
    let template = Template::read(&source, &arena).map_err(|problems| problems.to_string())?;
    let parameters = ParameterSet::resolve(&template, &ParameterOverrides::new()).map_err(|problems| problems.to_string())?;
    let evaluation = evaluate(&template, &parameters, &state, &arena).map_err(|problems| problems.to_string())?;
    Ok(evaluation.resources["T"].properties.get("P").map_or(Json::Null, |value| value.to_json()))
}

/// Converts scalars to text, as CloudFormation compares them.
fn as_text(value: Json) -> Json {
    match value {
        Json::Bool(_) | Json::Number(_) => Json::String(value.to_string()),
        Json::Array(items) => items.into_iter().map(as_text).collect(),
        Json::Object(members) => members.into_iter().map(|(key, value)| (key, as_text(value))).collect(),
        other => other,
    }
}

fn condition() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec!["Yes", "Open", "OpenToo", "Any"])
}

fn leaf() -> impl Strategy<Value = Json> {
    proptest::sample::select(vec![
        json!("a"),
        json!(""),
        json!("$"),
        json!("b,c-d"),
        json!(7),
        json!(true),
        json!("{{resolve:ssm:/x}}"),
        json!({"Ref": "Name"}),
        json!({"Ref": "Count"}),
        json!({"Ref": "Stored"}),
        json!({"Ref": "Vpc"}),
        json!({"Ref": "AWS::StackName"}),
        json!({"Ref": "AWS::Region"}),
        json!({"Fn::GetAtt": ["Vpc", "CidrBlock"]}),
        json!({"Fn::Sub": "${Vpc}/${Name}-${!Name}-${Vpc.CidrBlock}${AWS::AccountId}"}),
        json!({"Fn::Sub": "${Count}"}),
    ])
}

fn lists() -> impl Strategy<Value = Json> {
    proptest::sample::select(vec![
        json!({"Ref": "List"}),
        json!({"Ref": "StoredList"}),
        json!({"Fn::GetAZs": ""}),
        json!({"Fn::GetAtt": ["Vpc", "Ids"]}),
        json!({"Fn::Cidr": [{"Fn::GetAtt": "Vpc.CidrBlock"}, 3, {"Ref": "Count"}]}),
        json!({"Fn::FindInMap": ["Map", {"Ref": "AWS::StackName"}, "Many"]}),
        json!([]),
    ])
}

/// Generates text and lists of text, each built from the other.
fn text() -> BoxedStrategy<Json> {
    leaf()
        .prop_recursive(4, 24, 4, |inner| {
            let inner = inner.boxed();
            let item = prop_oneof![
                5 => inner.clone(),
                1 => (condition(), inner.clone()).prop_map(|(name, one)| json!({"Fn::If": [name, one, {"Ref": "AWS::NoValue"}]})),
                1 => Just(json!({"Ref": "AWS::NoValue"})),
            ];
            let list = prop_oneof![
                lists(),
                proptest::collection::vec(item, 0..4).prop_map(Json::Array),
                (proptest::sample::select(vec!["-", ",", "n"]), inner.clone()).prop_map(|(at, whole)| json!({"Fn::Split": [at, whole]})),
                (condition(), lists(), lists()).prop_map(|(name, yes, no)| json!({"Fn::If": [name, yes, no]})),
            ];
            prop_oneof![
                (proptest::sample::select(vec!["-", "", ","]), list.clone()).prop_map(|(with, list)| json!({"Fn::Join": [with, list]})),
                (prop_oneof![Just(json!(0)), Just(json!("1")), Just(json!({"Ref": "Count"}))], list)
                    .prop_map(|(at, list)| json!({"Fn::Select": [at, list]})),
                (condition(), inner.clone(), inner.clone()).prop_map(|(name, yes, no)| json!({"Fn::If": [name, yes, no]})),
                (condition(), inner.clone()).prop_map(|(name, no)| json!({"Fn::If": [name, {"Ref": "AWS::NoValue"}, no]})),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| json!({"Fn::Sub": ["<${A}${B}${A}>", {"A": a, "B": b}]})),
                inner.clone().prop_map(|one| json!({"Fn::Sub": ["${A}", {"A": one}]})),
                inner.clone().prop_map(|one| json!({"Fn::Base64": one})),
                inner.clone().prop_map(|one| json!({"Fn::ImportValue": one})),
                inner.prop_map(|key| json!({"Fn::FindInMap": ["Map", key, "One"]})),
            ]
        })
        .boxed()
}

fn operand() -> impl Strategy<Value = Json> {
    (text(), text()).prop_map(|(a, b)| json!({"Fn::Equals": [a, b]}))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, ..ProptestConfig::default() })]

    #[test]
    fn a_residual_expression_evaluates_like_the_original(operand in operand(), expression in text()) {
        let nothing = json!({});
        let Ok(left) = value("t.json", &template_with(&operand, &expression), &nothing) else { return Ok(()) };
        let left = if left.is_null() { json!({"Ref": "AWS::NoValue"}) } else { left };
        // Evaluating the residual expression again does not change it.
        let again = value("t.json", &template_with(&operand, &left), &nothing);
        let again = again.map(|again| if again.is_null() { json!({"Ref": "AWS::NoValue"}) } else { again });
        prop_assert_eq!(again.as_ref(), Ok(&left), "{} leaves {}", expression, left);
        // With all values known, both give the same result.
        if let Ok(whole) = value("t.json", &template_with(&operand, &expression), &known()) {
            let from_left = value("t.json", &template_with(&operand, &left), &known());
            prop_assert_eq!(from_left.map(as_text), Ok(as_text(whole)), "{} leaves {}", expression, left);
        }
    }

    #[test]
    fn a_specialised_expression_evaluates_like_the_original(operand in operand(), expression in text()) {
        let text = template_with(&operand, &expression);
        for state in [json!({}), known()] {
            let state: State = serde_json::from_value(state).unwrap();
            if let Ok(differences) = compare(&text, &Vec::new(), &[], &state) {
                prop_assert_eq!(differences, Vec::<String>::new(), "{}", text);
            }
        }
    }

    #[test]
    fn expressions_evaluate_the_same_from_yaml(operand in operand(), expression in text()) {
        let text = template_with(&operand, &expression);
        let (source, arena) = (Source::new("t.json", &text), Arena::new());
        let root = Document::read(&source, &arena).unwrap().root;
        for functions in [Functions::Short, Functions::Long] {
            let yaml = write_yaml(root, functions);
            for state in [json!({}), known()] {
                let (plain, short) = (value("t.json", &text, &state), value("t.yaml", &yaml, &state));
                prop_assert_eq!(plain.is_err(), short.is_err(), "{}\n{}", text, yaml);
                if let (Ok(plain), Ok(short)) = (plain, short) {
                    prop_assert_eq!(as_text(plain), as_text(short), "{}", yaml);
                }
            }
        }
    }
}
