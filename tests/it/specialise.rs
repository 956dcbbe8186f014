//! Specialised templates: what stays, what goes, and that they evaluate to the same resources and outputs as the original.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::LazyLock;

use proptest::prelude::*;
use rackform::diagnostic::Source;
use rackform::evaluate::{Evaluation, State, Value, evaluate};
use rackform::parameters::{Declaration, ParameterOverrides, ParameterSet, Provenance};
use rackform::render::{RenderOptions, render};
use rackform::specialise::{Inputs, specialise};
use rackform::template::{Arena, Style, Template};
use serde_json::{Value as Json, json};

use crate::support::shared_data;

/// Parameter values by name.
type Values = Vec<(String, String)>;

fn overrides(values: &Values) -> ParameterOverrides {
    let mut overrides = ParameterOverrides::new();
    for (name, value) in values {
        overrides.add_flag(&format!("{name}={value}")).unwrap();
    }
    overrides
}

fn values(pairs: &[(&str, &str)]) -> Values {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Returns the specialised template, or the problems.
pub fn specialised(text: &str, values: &Values, pseudo: &[(&str, &str)]) -> Result<String, String> {
    let source = Source::new("t.json", text);
    let arena = Arena::new();
    let template = Template::read(&source, &arena).map_err(|problems| problems.to_string())?;
    let mut overrides = overrides(values);
    rackform::operation::fill_missing(&template, &mut overrides);
    let parameters = ParameterSet::resolve(&template, &overrides).map_err(|problems| problems.to_string())?;
    let mut inputs = Inputs::new(&template, parameters);
    for (name, value) in pseudo {
        inputs = inputs.with_pseudo_parameter(name, value);
    }
    let specialised = specialise(&template, &inputs, &arena).map_err(|problems| problems.to_string())?;
    // The tree is the template of the text.
    let text = specialised.to_json(&Style::minified());
    let tree = specialised.template().map_err(|problems| problems.to_string())?;
    let json: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(json, serde_json::to_value(tree.root).unwrap());
    Ok(text)
}

fn of(value: Json, pairs: &[(&str, &str)], pseudo: &[(&str, &str)]) -> Json {
    let text = specialised(&value.to_string(), &values(pairs), pseudo).unwrap_or_else(|problems| panic!("{problems}"));
    serde_json::from_str(&text).unwrap()
}

/// A value of both evaluations; `None` if absent.
fn same(left: Option<&Value<'_>>, right: Option<&Value<'_>>) -> bool {
    match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => left.same(right),
        _ => false,
    }
}

/// Returns how two evaluations differ in resources and outputs.
pub fn differences(full: &Evaluation<'_>, small: &Evaluation<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let ids = |one: &Evaluation<'_>| one.resources.keys().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    if ids(full) != ids(small) {
        found.push(format!("resources: {:?} and {:?}", ids(full), ids(small)));
    }
    for (id, left) in &full.resources {
        let Some(right) = small.resources.get(id) else { continue };
        let mut differs = |what: &str, is_same: bool| {
            if !is_same {
                found.push(format!("{id}: {what}: {left:?} and {right:?}"));
            }
        };
        differs("type", left.resource_type == right.resource_type);
        differs("DependsOn", left.depends_on == right.depends_on);
        differs("Properties", left.properties.same(&right.properties));
        differs("Metadata", same(left.metadata.as_ref(), right.metadata.as_ref()));
        differs("DeletionPolicy", same(left.deletion_policy.as_ref(), right.deletion_policy.as_ref()));
        differs("UpdateReplacePolicy", same(left.update_replace_policy.as_ref(), right.update_replace_policy.as_ref()));
        differs("CreationPolicy", same(left.creation_policy.as_ref(), right.creation_policy.as_ref()));
        differs("UpdatePolicy", same(left.update_policy.as_ref(), right.update_policy.as_ref()));
    }
    let names = |one: &Evaluation<'_>| one.outputs.keys().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    if names(full) != names(small) {
        found.push(format!("outputs: {:?} and {:?}", names(full), names(small)));
    }
    for (name, left) in &full.outputs {
        let Some(right) = small.outputs.get(name) else { continue };
        if !left.value.same(&right.value) || !same(left.export.as_ref(), right.export.as_ref()) || left.description != right.description {
            found.push(format!("output {name}: {left:?} and {right:?}"));
        }
    }
    found
}

/// The start of the message if only specialising fails.
const REFUSED: &str = "not specialised: ";

/// Evaluates a template and its specialised text in the same state, and returns how they differ. Parameters that the specialised template
/// still has get the value that they have in the original.
pub fn compare(text: &str, values: &Values, pseudo: &[(&str, &str)], state: &State) -> Result<Vec<String>, String> {
    let small = specialised(text, values, pseudo).map_err(|problems| format!("{REFUSED}{problems}"));
    let sources = [text, small.as_ref().map_or("{}", String::as_str)].map(|text| Source::new("t.json", text));
    let arena = Arena::new();
    let full = Template::read(&sources[0], &arena).unwrap();
    let full_set = ParameterSet::resolve(&full, &overrides(values)).map_err(|problems| problems.to_string())?;
    let full = evaluate(&full, &full_set, state, &arena).map_err(|problems| problems.to_string())?;
    small?;
    let small = Template::read(&sources[1], &arena).unwrap();
    let kept: Values = values.iter().filter(|(name, _)| small.parameters.contains(name)).cloned().collect();
    let small_set = ParameterSet::resolve(&small, &overrides(&kept)).map_err(|problems| problems.to_string())?;
    let small = evaluate(&small, &small_set, state, &arena).unwrap_or_else(|problems| panic!("{problems}\n{}", sources[1].text()));
    Ok(differences(&full, &small))
}

fn state(pseudo: &[(&str, &str)]) -> State {
    State { pseudo: pseudo.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect(), ..State::default() }
}

#[test]
fn a_secret_a_stored_and_a_missing_value_stay_parameters() {
    let template = json!({
        "Metadata": { "AWS::CloudFormation::Interface": {
            "ParameterGroups": [
                { "Label": { "default": "a" }, "Parameters": [ "Password", "Plain" ] },
                { "Label": { "default": "b" }, "Parameters": [ "Unused" ] }
            ],
            "ParameterLabels": { "Plain": { "default": "p" }, "Image": { "default": "i" } }
        } },
        "Parameters": {
            "Password": { "Type": "String", "NoEcho": true, "Default": "standard" },
            "Image": { "Type": "AWS::SSM::Parameter::Value<String>", "Default": "/default" },
            "Version": { "Type": "String" },
            "Plain": { "Type": "Number", "Default": 3 },
            "Unused": { "Type": "String", "NoEcho": true }
        },
        "Conditions": { "HasPassword": { "Fn::And": [
            { "Fn::Equals": [ { "Ref": "Plain" }, "3" ] },
            { "Fn::Not": [ { "Fn::Equals": [ { "Ref": "Password" }, "" ] } ] }
        ] }, "Three": { "Fn::Equals": [ { "Ref": "Plain" }, 3 ] } },
        "Resources": { "Topic": { "Type": "AWS::SNS::Topic", "Condition": "HasPassword", "Properties": {
            "DisplayName": { "Fn::Join": [ ":", [ { "Ref": "Plain" }, { "Ref": "Password" }, { "Ref": "Image" }, { "Ref": "Version" } ] ] },
            "TopicName": { "Fn::If": [ "Three", "three", { "Ref": "Unused" } ] }
        } } }
    });
    let small = of(template, &[("Password", "hunter2"), ("Image", "/mine")], &[]);
    assert!(!small.to_string().contains("hunter2"), "{small}");
    insta::assert_snapshot!(serde_json::to_string_pretty(&small).unwrap(), @r#"
    {
      "Metadata": {
        "AWS::CloudFormation::Interface": {
          "ParameterGroups": [
            {
              "Label": {
                "default": "a"
              },
              "Parameters": [
                "Password"
              ]
            }
          ],
          "ParameterLabels": {
            "Image": {
              "default": "i"
            }
          }
        }
      },
      "Parameters": {
        "Password": {
          "Type": "String",
          "NoEcho": true,
          "Default": "standard"
        },
        "Image": {
          "Type": "AWS::SSM::Parameter::Value<String>",
          "Default": "/mine"
        },
        "Version": {
          "Type": "String"
        }
      },
      "Conditions": {
        "HasPassword": {
          "Fn::Not": [
            {
              "Fn::Equals": [
                {
                  "Ref": "Password"
                },
                ""
              ]
            }
          ]
        }
      },
      "Resources": {
        "Topic": {
          "Type": "AWS::SNS::Topic",
          "Condition": "HasPassword",
          "Properties": {
            "DisplayName": {
              "Fn::Sub": "3:${Password}:${Image}:${Version}"
            },
            "TopicName": "three"
          }
        }
      }
    }
    "#);
}

#[test]
fn what_depends_on_the_region_stays_unless_the_region_is_given() {
    let template = || {
        json!({
            "Mappings": {
                "Regions": { "eu-west-1": { "Third": "Yes" }, "us-west-1": { "Third": "No" } }, "Other": { "a": { "b": "c" } }
            },
            "Parameters": { "Zones": { "Type": "String", "Default": "3" } },
            "Conditions": {
                "Third": { "Fn::And": [
                    { "Fn::Equals": [ { "Fn::FindInMap": [ "Regions", { "Ref": "AWS::Region" }, "Third" ] }, "Yes" ] },
                    { "Fn::Equals": [ { "Ref": "Zones" }, "3" ] }
                ] }
            },
            "Resources": {
                "Vpc": { "Type": "AWS::EC2::VPC", "Properties": { "CidrBlock": { "Fn::FindInMap": [ "Other", "a", "b" ] } } },
                "Subnet": { "Type": "AWS::EC2::Subnet", "Condition": "Third", "DependsOn": [ "Vpc" ], "Properties": {
                    "AvailabilityZone": { "Fn::Select": [ 2, { "Fn::GetAZs": "" } ] }, "VpcId": { "Ref": "Vpc" }
                } }
            },
            "Outputs": { "Subnet": { "Condition": "Third", "Value": { "Ref": "Subnet" } } }
        })
    };
    let open = of(template(), &[], &[]);
    assert_eq!(open["Conditions"]["Third"]["Fn::Equals"][1], "Yes", "{open}");
    assert_eq!((&open["Mappings"]["Other"], &open["Parameters"]), (&Json::Null, &Json::Null), "{open}");
    assert_eq!(open["Resources"]["Vpc"]["Properties"]["CidrBlock"], "c");
    let ireland = of(template(), &[], &[("AWS::Region", "eu-west-1")]);
    assert_eq!(ireland["Resources"]["Subnet"].get("Condition"), None, "{ireland}");
    // The zones of an account are known only to AWS.
    assert_eq!(ireland["Resources"]["Subnet"]["Properties"]["AvailabilityZone"]["Fn::Select"][1], json!({ "Fn::GetAZs": "" }), "{ireland}");
    assert_eq!(ireland.as_object().unwrap().keys().collect::<Vec<_>>(), ["Resources", "Outputs"]);
    let two = of(template(), &[("Zones", "2")], &[]);
    assert_eq!(two.as_object().unwrap().keys().collect::<Vec<_>>(), ["Resources"], "{two}");
}

#[test]
fn decided_rules_go_and_others_stay() {
    let template = json!({
        "Parameters": {
            "Size": { "Type": "String", "Default": "small" },
            "Key": { "Type": "String", "NoEcho": true, "Default": "" },
            "Vpc": { "Type": "AWS::EC2::VPC::Id", "Default": "vpc-0" }
        },
        "Rules": {
            "Decided": { "Assertions": [ { "Assert": { "Fn::Contains": [ [ "small", "large" ], { "Ref": "Size" } ] } } ] },
            "Secret": {
                "RuleCondition": { "Fn::Equals": [ { "Ref": "Size" }, "small" ] },
                "Assertions": [ { "Assert": { "Fn::Contains": [ [ "a", { "Ref": "Size" } ], { "Ref": "Key" } ] }, "AssertDescription": "a key" } ]
            },
            "Account": { "Assertions": [
                { "Assert": { "Fn::EachMemberIn": [ { "Fn::ValueOfAll": [ "AWS::EC2::VPC::Id", "Tags.x" ] }, [ "y" ] ] } },
                { "Assert": { "Fn::Contains": [ [ "y" ], { "Fn::ValueOf": [ "Vpc", "Tags.x" ] } ] } }
            ] }
        },
        "Resources": { "Topic": { "Type": "AWS::SNS::Topic" } }
    });
    let small = of(template, &[("Vpc", "vpc-1")], &[]);
    assert_eq!(small["Rules"]["Decided"], Json::Null);
    assert_eq!(
        small["Rules"]["Secret"],
        json!({ "Assertions": [ { "Assert": { "Fn::Contains": [ [ "a", "small" ], { "Ref": "Key" } ] }, "AssertDescription": "a key" } ] })
    );
    assert_eq!(small["Rules"]["Account"]["Assertions"].as_array().unwrap().len(), 2, "{small}");
    assert_eq!(small["Parameters"]["Vpc"]["Default"], "vpc-1", "{small}");
}

#[test]
fn text_with_a_dollar_sign_keeps_its_meaning() {
    let script = |text: &str| {
        json!({ "Resources": {
            "Vpc": { "Type": "AWS::EC2::VPC" },
            "Topic": { "Type": "AWS::SNS::Topic", "Properties": { "DisplayName": { "Fn::Join": [ "", [ text, { "Ref": "Vpc" } ] ] } } }
        } })
    };
    for text in ["${HOME} ", "cost: $", "${!literal}", "${open", "plain "] {
        assert_eq!(compare(&script(text).to_string(), &Vec::new(), &[], &State::default()), Ok(Vec::new()), "{text}");
    }
}

#[test]
fn loops_are_expanded_and_the_transform_is_removed() {
    let template = json!({
        "Transform": "AWS::LanguageExtensions",
        "Parameters": { "Names": { "Type": "CommaDelimitedList", "Default": "A,B" } },
        "Resources": { "Fn::ForEach::Topics": [ "Name", { "Ref": "Names" },
            { "Topic${Name}": { "Type": "AWS::SNS::Topic", "Properties": { "DisplayName": { "Fn::Sub": "${Name} of ${AWS::StackName}" } } } } ] }
    });
    let small = of(template, &[("Names", "C")], &[]);
    assert_eq!(
        small,
        json!({ "Resources": { "TopicC": { "Type": "AWS::SNS::Topic", "Properties": { "DisplayName": { "Fn::Sub": "C of ${AWS::StackName}" } } } } })
    );
}

#[test]
fn a_macro_is_refused() {
    for template in [
        json!({ "Transform": "Mine", "Resources": { "Topic": { "Type": "AWS::SNS::Topic" } } }),
        json!({ "Resources": { "Topic": { "Type": "AWS::SNS::Topic", "Properties": { "Fn::Transform": { "Name": "Mine" } } } } }),
    ] {
        let problems = specialised(&template.to_string(), &Vec::new(), &[]).unwrap_err();
        assert!(problems.contains("cannot specialise a template with the macro `Mine`"), "{problems}");
    }
}

/// A template with the values to choose from for each parameter, and the parameters that have no default.
struct Subject {
    text: String,
    choices: Vec<(String, Vec<String>)>,
    required: Vec<String>,
}

impl Subject {
    fn new(text: String) -> Self {
        Self { choices: choices(&text), required: has_no_default(&text), text }
    }
}

/// Returns values for some parameters of a template: allowed values, bounds, blank, or an example from the constraint description.
fn choices(text: &str) -> Vec<(String, Vec<String>)> {
    let source = Source::new("t.json", text);
    let arena = Arena::new();
    let template = Template::read(&source, &arena).unwrap();
    let mut choices = Vec::new();
    for entry in &template.parameters {
        let Some(declaration) = Declaration::of(&template, entry).0 else { continue };
        let mut values: Vec<String> = declaration.allowed_values.iter().map(|value| (*value).to_owned()).collect();
        values.extend(declaration.default.clone());
        values.extend([declaration.min_value, declaration.max_value].into_iter().flatten().map(|bound| bound.to_string()));
        let example = declaration.constraint_description.and_then(|text| text.split("such as ").nth(1)?.split([',', ' ']).next());
        values.extend(example.map(str::to_owned));
        if declaration.no_echo {
            values.push("hunter2hunter2".to_owned());
        }
        values.retain(|value| {
            let mut overrides = ParameterOverrides::new();
            overrides.add_flag(&format!("{}={value}", entry.name)).unwrap();
            rackform::operation::fill_missing(&template, &mut overrides);
            ParameterSet::resolve(&template, &overrides).is_ok()
        });
        values.sort();
        values.dedup();
        if values.is_empty() {
            values.push("vpc-0123456789abcdef0".to_owned());
        }
        choices.push((entry.name.to_owned(), values));
    }
    choices
}

/// Picks values with the numbers of a test case: about half of the parameters keep their default.
fn pick(choices: &[(String, Vec<String>)], numbers: &[u32], required: impl Fn(&str) -> bool) -> Values {
    let pick = |((name, values), number): (&(String, Vec<String>), &u32)| {
        let is_given = number % 2 == 0 || required(name);
        is_given.then(|| (name.clone(), values[(number / 2) as usize % values.len()].clone()))
    };
    choices.iter().zip(numbers).filter_map(pick).collect()
}

fn has_no_default(text: &str) -> Vec<String> {
    let json: Json = serde_json::from_str(text).unwrap();
    let parameters = json["Parameters"].as_object().unwrap();
    parameters.iter().filter(|(_, body)| body.get("Default").is_none()).map(|(name, _)| name.clone()).collect()
}

/// Compares a template and its specialised form for random parameters; a set for which the template itself has errors is skipped.
fn check(subject: &Subject, numbers: &[u32], region: Option<&str>) {
    let Subject { text, choices, required } = subject;
    let values = pick(choices, numbers, |name| required.iter().any(|one| one == name));
    let given: Vec<(&str, &str)> = region.map(|region| ("AWS::Region", region)).into_iter().collect();
    for later in [&[][..], &[("AWS::Region", "us-west-1"), ("AWS::StackName", "rack"), ("AWS::AccountId", "123456789012")]] {
        let mut pseudo = later.to_vec();
        pseudo.retain(|(name, _)| !given.iter().any(|(one, _)| one == name));
        pseudo.extend(&given);
        match compare(text, &values, &given, &state(&pseudo)) {
            Ok(differences) => assert_eq!(differences, Vec::<String>::new(), "{values:?} {given:?}"),
            Err(problems) => assert!(!problems.starts_with(REFUSED), "{values:?}: {problems}"),
        }
    }
}

fn regions() -> impl Strategy<Value = Option<&'static str>> {
    proptest::option::of(proptest::sample::select(vec!["us-east-1", "eu-west-1", "us-west-1"]))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_specialised_rack_evaluates_to_the_same_resources_and_outputs(
        numbers in proptest::collection::vec(any::<u32>(), 256),
        region in regions(),
    ) {
        static RACK: LazyLock<Subject> = LazyLock::new(|| Subject::new(render(&RenderOptions::default()).unwrap()));
        check(&RACK, &numbers, region);
    }

    #[test]
    fn a_specialised_convox_rack_evaluates_to_the_same_resources_and_outputs(
        numbers in proptest::collection::vec(any::<u32>(), 256),
        region in regions(),
    ) {
        static RACK: LazyLock<Option<Subject>> = LazyLock::new(|| {
            let path = shared_data()?.join("convox-rack-20260421.json");
            Some(Subject::new(std::fs::read_to_string(path).unwrap()))
        });
        let Some(rack) = &*RACK else { return Ok(()) };
        check(rack, &numbers, region);
    }
}

#[test]
fn provenance_of_kept_values_is_irrelevant() {
    // `keeping` turns the value of an ordinary parameter into its default.
    let text = json!({
        "Parameters": { "Version": { "Type": "String", "Default": "1" } },
        "Resources": { "Topic": { "Type": "AWS::SNS::Topic", "Properties": { "DisplayName": { "Ref": "Version" } } } }
    })
    .to_string();
    let (source, arena) = (Source::new("t.json", text), Arena::new());
    let template = Template::read(&source, &arena).unwrap();
    let parameters = ParameterSet::resolve(&template, &overrides(&values(&[("Version", "2")]))).unwrap();
    assert_eq!(parameters.get("Version").unwrap().provenance, Provenance::Flag);
    let inputs = Inputs::new(&template, parameters).keeping(["Version", "Absent"]);
    let small = specialise(&template, &inputs, &arena).unwrap().to_json(&Style::minified());
    assert_eq!(
        small,
        r#"{"Parameters":{"Version":{"Type":"String","Default":"2"}},"Resources":{"Topic":{"Type":"AWS::SNS::Topic","Properties":{"DisplayName":{"Ref":"Version"}}}}}"#
    );
}
