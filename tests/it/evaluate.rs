//! The evaluator: functions, conditions, references, unknown values, and CloudFormation's message for every problem.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod budget;
mod elsewhere;
mod loops;
mod order;

use rackform::diagnostic::{Diagnostics, Source};
use rackform::evaluate::{Evaluation, State, evaluate};
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::template::{Arena, Template};
use serde_json::{Value as Json, json};

/// Evaluates a JSON template and passes the result to `inspect`.
fn with<T>(template: &Json, flags: &[&str], state: &Json, inspect: impl FnOnce(Result<Evaluation<'_>, Diagnostics>) -> T) -> T {
    let source = Source::new("t.json", template.to_string());
    let state: State = serde_json::from_value(state.clone()).unwrap();
    let mut given = ParameterOverrides::new();
    for flag in flags {
        given.add_flag(flag).unwrap();
    }
    let arena = Arena::new();
    let template = Template::read(&source, &arena).unwrap();
    let parameters = ParameterSet::resolve(&template, &given).unwrap();
    inspect(evaluate(&template, &parameters, &state, &arena))
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

/// Returns the value of an expression, with `AWS::NoValue` as JSON `null`.
fn value(expression: Json) -> Json {
    with(&template(&expression), &[], &serde_json::from_str(REGION).unwrap(), |evaluation| {
        evaluation.unwrap().resources["T"].properties.get("P").map_or(Json::Null, |value| value.to_json())
    })
}

/// Returns CloudFormation's message for an invalid expression.
fn error(expression: Json) -> String {
    with(&template(&expression), &[], &json!({}), |evaluation| evaluation.unwrap_err().0[0].aws_message.clone().unwrap_or_default())
}

#[test]
fn functions_of_known_values_are_evaluated() {
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
fn unknown_values_keep_their_residual_expression() {
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
fn errors_have_cloudformations_messages() {
    for (expression, expected) in [
        (json!({"Ref": "Nope"}), "Template format error: Unresolved resource dependencies [Nope] in the Resources block of the template"),
        (
            json!([{"Fn::Sub": "${Absent.Arn}"}, {"Ref": "Nope"}]),
            "Template format error: Unresolved resource dependencies [Absent, Nope] in the Resources block of the template",
        ),
        (json!({"Fn::GetAtt": ["Nope", "Arn"]}), "Template error: instance of Fn::GetAtt references undefined resource Nope"),
        (json!({"Fn::Sub": "${Nope.Arn}"}), "Template error: instance of Fn::Sub references invalid resource attribute Nope.Arn"),
        (
            json!({"Fn::GetAtt": ["Vpc"]}),
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
        ),
        (json!({"Fn::If": ["Nope", 1, 2]}), "Template error: unresolved condition dependency Nope in Fn::If"),
        (json!({"Fn::If": [["Yes"], 1, 2]}), "Template error: Fn::If requires a list argument with the first element being a condition"),
        (json!({"Fn::FindInMap": ["Map", "Top", "X"]}), "Template error: Unable to get mapping for Map::Top::X"),
        (json!({"Fn::Select": [3, {"Ref": "List"}]}), "Template error: Fn::Select cannot select nonexistent value at index 3"),
        (
            json!({"Fn::Select": ["x", {"Ref": "List"}]}),
            "Template error: Fn::Select requires a list argument with two elements: an integer index and a list",
        ),
        (json!({"Fn::Sub": "${List}"}), "Template error: variable List in Fn::Sub expression does not resolve to a string"),
    ] {
        assert_eq!(error(expression.clone()), expected, "{expression}");
    }
}

#[test]
fn output_errors_have_cloudformations_messages() {
    let message = |output: Json| {
        let template = json!({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}, "Outputs": {"O": output}});
        with(&template, &[], &json!({}), |evaluation| evaluation.err().map(|problems| problems.0[0].aws_message.clone().unwrap()))
    };
    let not_text =
        |what: &str| format!("Template format error: The Value field of every Outputs member must evaluate to a String and not a {what}.");
    assert_eq!(message(json!({"Value": ["a"]})), Some(not_text("List")));
    assert_eq!(message(json!({"Value": {"a": "b"}})), Some(not_text("Map")));
    let export = "Template format error: Output O is malformed. The Name field of every Export member must be specified and consist only of \
                  alphanumeric characters, colons, or hyphens.";
    for name in [json!({}), json!({"Name": ""}), json!({"Name": "a_b"})] {
        assert_eq!(message(json!({"Value": "v", "Export": name})).as_deref(), Some(export));
    }
    assert_eq!(message(json!({"Value": "v", "Export": {"Name": "a-b:c1"}})), None);
    assert_eq!(message(json!({"Value": "v", "Export": {"Name": {"Fn::Sub": "${AWS::StackName}_x"}}})), None);
}

#[test]
fn known_state_replaces_unknown_values() {
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
fn a_long_chain_of_conditions_is_refused_before_the_stack_is_used_up() {
    let evaluated = |length: usize| {
        let condition = |index: usize| match index {
            0 => json!({"Fn::Equals": ["a", "b"]}),
            _ => json!({"Fn::Not": [{"Condition": format!("C{}", index - 1)}]}),
        };
        let conditions: serde_json::Map<String, Json> = (0..length).rev().map(|index| (format!("C{index}"), condition(index))).collect();
        let template = json!({"Conditions": conditions, "Resources": {"T": {"Type": "AWS::SNS::Topic"}}});
        with(&template, &[], &json!({}), |evaluation| evaluation.err().map(|problems| problems.0[0].message.clone()))
    };
    assert_eq!(evaluated(100), None);
    assert_eq!(evaluated(5_000).as_deref(), Some("more than 100 conditions refer to each other in a chain"));
}

#[test]
fn circular_conditions_are_reported_with_the_whole_cycle() {
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
    assert_eq!(messages, ["circular dependency between conditions: `A` -> `B` -> `C` -> `A`"]);
}

#[test]
fn circular_resources_are_reported_with_the_whole_cycle() {
    let topic = |name: &Json| json!({"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}});
    let template = json!({"Resources": {
        "A": topic(&json!({"Fn::GetAtt": "B.Arn"})),
        "B": topic(&json!({"Fn::Sub": "x-${C}"})),
        "C": {"Type": "AWS::SNS::Topic", "DependsOn": "A"},
        "D": topic(&json!({"Ref": "A"}))
    }});
    with(&template, &[], &json!({}), |evaluation| {
        let problems = evaluation.unwrap_err().0;
        assert_eq!(problems[0].message, "circular dependency between resources: `A` -> `B` -> `C` -> `A`");
        assert_eq!(problems[0].aws_message.as_deref(), Some("Circular dependency between resources: [A, B, C]"));
        assert_eq!(problems.len(), 1);
    });
}

#[test]
fn loops_are_expanded_in_every_section() {
    let template = json!({
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {"Names": {"Type": "CommaDelimitedList", "Default": "a-b,c"}, "Keep": {"Type": "String", "Default": "Retain"}},
        "Mappings": {"Map": {"c": {"K": "mapped"}}},
        "Conditions": {"Fn::ForEach::Conditions": ["N", ["X", "Y"], {"Is${N}": {"Fn::Equals": [{"Ref": "N"}, "X"]}}]},
        "Resources": {
            "Fn::ForEach::Outer": ["N", {"Ref": "Names"}, {
                "Topic&{N}": {"Type": "AWS::SNS::Topic", "DeletionPolicy": {"Ref": "Keep"}, "Properties": {
                    "TopicName": {"Fn::Sub": "${N}-${AWS::Region}"},
                    "DisplayName": {"Fn::FindInMap": ["Map", {"Ref": "N"}, "K", {"DefaultValue": "none"}]},
                    "Fn::ForEach::Inner": ["P", ["One", "Two"], {"${P}": {"Ref": "P"}}]
                }}
            }],
            "Conditional": {"Type": "AWS::SNS::Topic", "Condition": "IsY"},
            "Last": {"Type": "AWS::SNS::Topic", "Properties": {
                "TopicName": {"Fn::GetAtt": [{"Fn::Sub": "Topic${X}"}, "TopicName"]},
                "DisplayName": {"Fn::ToJsonString": {"n": {"Fn::Length": {"Ref": "Names"}}}}
            }}
        },
        "Outputs": {"Fn::ForEach::Outputs": ["N", ["ab", "c"], {"Out${N}": {"Value": {"Ref": {"Fn::Sub": "Topic${N}"}}}}]}
    });
    let mut template = template;
    template["Resources"]["Last"]["Properties"]["TopicName"] = json!({"Fn::GetAtt": [{"Fn::Sub": "Topic${Suffix}"}, "TopicName"]});
    template["Parameters"]["Suffix"] = json!({"Type": "String", "Default": "c"});
    with(&template, &[], &json!({"pseudo": {"AWS::Region": "r"}}), |evaluation| {
        let evaluation = evaluation.unwrap();
        assert_eq!(evaluation.resources.keys().copied().collect::<Vec<_>>(), ["Topicab", "Topicc", "Last"]);
        let first = &evaluation.resources["Topicab"];
        assert_eq!(first.properties.to_json(), json!({"TopicName": "a-b-r", "DisplayName": "none", "One": "One", "Two": "Two"}));
        assert_eq!(first.deletion_policy.and_then(|policy| policy.text()), Some("Retain"));
        assert_eq!(evaluation.resources["Topicc"].properties.get("DisplayName").and_then(|value| value.text()), Some("mapped"));
        let last = evaluation.resources["Last"].properties.to_json();
        assert_eq!(last, json!({"TopicName": {"Fn::GetAtt": ["Topicc", "TopicName"]}, "DisplayName": "{\"n\":2}"}));
        assert_eq!(evaluation.outputs["Outab"].value.to_json(), json!({"Ref": "Topicab"}));
        assert_eq!(evaluation.needs("Last").collect::<Vec<_>>(), ["Topicc"]);
    });
}

#[test]
fn loops_and_related_functions_require_the_language_extensions() {
    let template = json!({
        "Resources": {
            "Fn::ForEach::Loop": ["N", ["a"], {"T${N}": {"Type": "AWS::SNS::Topic"}}],
            "T": {"Type": "AWS::SNS::Topic", "DeletionPolicy": ["Retain"], "Properties": {"DisplayName": {"Fn::Length": [1]}}}
        }
    });
    let problems = with(&template, &[], &json!({}), |evaluation| evaluation.unwrap_err().0);
    let rules: Vec<&str> = problems.iter().map(|one| one.rule).collect();
    assert_eq!(rules, ["needs-language-extensions", "policy-not-a-string", "needs-language-extensions"]);
    let message = problems[0].aws_message.as_deref();
    assert_eq!(message, Some("Template format error: [/Resources/Fn::ForEach::Loop] resource definition is malformed"));
}

#[test]
fn rules_reject_parameters_that_fail_their_assertions() {
    let template = json!({
        "Parameters": {"Size": {"Type": "String", "Default": "small"}, "Stage": {"Type": "String", "Default": "test"}},
        "Rules": {"Sizes": {
            "RuleCondition": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
            "Assertions": [
                {"Assert": {"Fn::Contains": [["large", "huge"], {"Ref": "Size"}]}, "AssertDescription": "production is large"},
                {"Assert": {"Fn::EachMemberIn": [{"Fn::ValueOfAll": ["AWS::EC2::VPC::Id", "Tags.Name"]}, {"Fn::RefAll": "AWS::EC2::VPC::Id"}]}}
            ]
        }},
        "Resources": {"T": {"Type": "AWS::SNS::Topic"}}
    });
    let messages = |flags: &[&str]| -> Vec<String> {
        with(&template, flags, &json!({}), |evaluation| evaluation.err().unwrap_or_default().0.into_iter().map(|one| one.message).collect())
    };
    assert!(messages(&[]).is_empty());
    assert_eq!(messages(&["Stage=prod"]), ["rule `Sizes` rejects these parameters: production is large"]);
    assert!(messages(&["Stage=prod", "Size=huge"]).is_empty());
}

#[test]
fn names_that_a_macro_may_add_are_unknown_without_an_error() {
    let template = json!({
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"F": {"Type": "AWS::Serverless::Function", "Properties": {"Role": {"Fn::GetAtt": ["FRole", "Arn"]}}}},
        "Outputs": {"O": {"Value": {"Ref": "FAliaslive"}}}
    });
    with(&template, &[], &json!({}), |evaluation| {
        let evaluation = evaluation.unwrap();
        assert_eq!(evaluation.outputs["O"].value.to_json(), json!({"Ref": "FAliaslive"}));
        let warned: Vec<&str> = evaluation.warnings.0.iter().map(|warning| warning.message.as_str()).collect();
        assert_eq!(warned, ["`AWS::Serverless-2016-10-31` runs on AWS only; its result for the template is unknown"]);
    });
    let extended = json!({"Transform": "AWS::LanguageExtensions", "Resources": {"T": {"Type": "AWS::SNS::Topic"}}});
    with(&extended, &[], &json!({}), |evaluation| assert!(evaluation.unwrap().warnings.0.is_empty()));
    let included = json!({"Resources": {
        "T": {"Type": "AWS::SNS::Topic", "Properties": {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://b/k"}}}}
    }});
    with(&included, &[], &json!({}), |evaluation| {
        let evaluation = evaluation.unwrap();
        assert!(evaluation.resources["T"].properties.is_unknown());
        assert_eq!(evaluation.warnings.0[0].message, "`AWS::Include` runs on AWS only; its result for this expression is unknown");
    });
}

#[test]
fn outputs_resolve_references_that_the_template_determines() {
    let template = json!({
        "Resources": {
            "Named": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "b"}},
            "Unnamed": {"Type": "AWS::S3::Bucket"},
            "P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::Sub": "is-${Named}"}}},
            "S": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "{{resolve:ssm:/secret}}"}}
        },
        "Outputs": {
            "Named": {"Value": {"Ref": "Named"}},
            "Unnamed": {"Value": {"Ref": "Unnamed"}},
            "Value": {"Value": {"Fn::Sub": "${P.Value}!"}},
            "Arn": {"Value": {"Fn::GetAtt": "Named.Arn"}},
            "Secret": {"Value": {"Fn::GetAtt": "S.Value"}}
        }
    });
    with(&template, &[], &json!({}), |evaluation| {
        let evaluation = evaluation.unwrap();
        let found: Vec<Json> = evaluation.outputs.values().map(|output| output.value.to_json()).collect();
        let arn = json!({"Fn::GetAtt": ["Named", "Arn"]});
        assert_eq!(found, [json!("b"), json!({"Ref": "Unnamed"}), json!("is-b!"), arn, json!({"Fn::GetAtt": ["S", "Value"]})]);
        // A property keeps the reference, as change sets do.
        assert_eq!(evaluation.resources["P"].properties.to_json()["Value"], json!({"Fn::Join": ["", ["is-", {"Ref": "Named"}]]}));
    });
}

#[test]
fn expansion_of_a_small_template_is_limited() {
    let mut expression = json!("0123456789");
    for _ in 0..38 {
        expression = json!({"Fn::Sub": ["${A}${A}", {"A": expression}]});
    }
    let found = with(&template(&expression), &[], &json!({}), |evaluation| evaluation.unwrap_err().0.remove(0).message);
    assert_eq!(found, "the result is a string of more than 4 MB");
    // Outputs whose chain of references is too wide to resolve.
    let mut resources = serde_json::Map::new();
    for index in 0..30 {
        let value = json!({"Fn::Sub": format!("${{P{0}.Value}}${{P{0}.Value}}", index + 1)});
        resources.insert(format!("P{index}"), json!({"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}));
    }
    resources.insert("P30".to_owned(), json!({"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String"}}));
    let template = json!({"Resources": resources, "Outputs": {"O": {"Value": {"Fn::GetAtt": "P0.Value"}}}});
    with(&template, &[], &json!({}), |evaluation| assert!(evaluation.unwrap().outputs["O"].value.is_unknown()));
}

#[test]
fn an_uppercase_stack_name_in_a_repository_name_is_a_warning() {
    let repository = json!({"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": {"Fn::Sub": "${AWS::StackName}/cache"}}});
    let template = json!({"Resources": {"Cache": repository, "Unnamed": {"Type": "AWS::ECR::Repository"}}});
    let warnings = |state: Json| {
        with(&template, &[], &state, |evaluation| {
            evaluation.unwrap().warnings.0.iter().map(|warning| warning.message.clone()).collect::<Vec<_>>()
        })
    };
    assert_eq!(warnings(json!({"pseudo": {"AWS::StackName": "My-Rack"}})), ["the name of repository `Cache` contains uppercase letters"]);
    assert!(warnings(json!({"pseudo": {"AWS::StackName": "my-rack"}})).is_empty());
    assert!(warnings(json!({})).is_empty());
}
