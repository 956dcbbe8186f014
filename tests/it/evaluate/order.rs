//! The order of problems: the first is the one that CloudFormation reports before it stops.

use rackform::diagnostic::Source;
use rackform::template::{Arena, Template};
use serde_json::{Value as Json, json};

use super::with;
use crate::program::Bench;

/// Returns CloudFormation's messages for a template, in the order of our list.
fn aws_messages(template: &Json) -> Vec<String> {
    let (source, arena) = (Source::new("t.json", template.to_string()), Arena::new());
    let problems = match Template::read(&source, &arena) {
        Ok(_) => with(template, &[], &json!({}), |evaluation| evaluation.unwrap_err()),
        Err(problems) => problems,
    };
    problems.0.into_iter().map(|one| one.aws_message.unwrap_or(one.message)).collect()
}

#[test]
fn functions_come_before_names_and_names_before_cycles() {
    let topic = |name: Json| json!({"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}});
    let template = json!({
        "Outputs": {"O": {"Value": {"Ref": "Nowhere"}}},
        "Resources": {
            "A": topic(json!({"Ref": "B"})),
            "B": topic(json!({"Ref": "A"})),
            "C": topic(json!({"Ref": "Absent"})),
            "D": topic(json!({"Fn::Split": ["-"]}))
        },
        "Conditions": {"X": {"Fn::Not": []}, "Y": {"Fn::And": ["X", {"Condition": "X"}]}}
    });
    assert_eq!(
        aws_messages(&template),
        [
            "Template error: every Fn::Not object requires one boolean parameter.",
            "Template error: every Fn::And object requires a list of at least 2 and at most 10 boolean parameters.",
            "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that \
             returns a string to be split.",
            "Template format error: Unresolved resource dependencies [Absent] in the Resources block of the template",
            "Circular dependency between resources: [A, B]",
            "Unresolved resource dependencies [Nowhere] in the Outputs block of the template",
        ]
    );
}

#[test]
fn nulls_come_before_sections_and_sections_before_their_entries() {
    let template = json!({
        "Outputs": {"O": {}},
        "Resources": {"T": {"Type": "AWS::SNS::Topic", "Version2": 1}, "U": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": null}}},
        "Parametres": {},
    });
    assert_eq!(
        aws_messages(&template),
        [
            "[/Resources/U/Type/TopicName] 'null' values are not allowed in templates",
            "Invalid template property or properties [Parametres]",
            "Invalid template resource property 'Version2'",
            "Template format error: Every Outputs member must contain a Value object",
        ]
    );
}

#[test]
fn parameters_and_resources_must_have_unique_names() {
    let template = json!({
        "Parameters": {"Topic": {"Type": "String", "Default": "t"}, "Vpc": {"Type": "String", "Default": "v"}},
        "Resources": {"Vpc": {"Type": "AWS::EC2::VPC"}, "T": {"Type": "AWS::SNS::Topic"}, "Topic": {"Type": "AWS::SNS::Topic"}}
    });
    let aws = "Template error: all resources and parameters must have unique names. Common name(s):[Vpc, Topic]";
    assert_eq!(aws_messages(&template), [aws, aws]);
}

#[test]
fn parameter_errors_do_not_hide_template_errors() {
    let bench = Bench::new();
    bench.file(
        "t.json",
        json!({
            "Parameters": {"Size": {"Type": "String", "AllowedValues": ["s", "l"], "Default": "s"}, "Name": {"Type": "String"}},
            "Mappings": {"Sizes": {"s": {"Count": 1}, "l": {"Count": 2}}},
            "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {
                "TopicName": {"Fn::Sub": "${Absent}-${Name}"}, "DisplayName": {"Fn::FindInMap": ["Sizes", {"Ref": "Size"}, "Count"]}
            }}}
        })
        .to_string(),
    );
    let run = bench.run("evaluate t.json -p Size=m -p Nmae=x --format json");
    let aws_messages = |run: &crate::program::Run| -> Vec<String> {
        let errors = run.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["cloudformation_message"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(
        aws_messages(&run),
        [
            "Parameter 'Size' must be one of AllowedValues",
            "Parameters: [Name] must have values",
            "Parameters: [Nmae] do not exist in the template",
            "Template format error: Unresolved resource dependencies [Absent] in the Resources block of the template",
        ]
    );
    let run = bench.run("evaluate t.json -p Size=m");
    assert_eq!(run.code, 65, "{run}");
    let errors: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(
        errors,
        [
            "error[allowed-values]: parameter `Size` has a value that is not allowed: `m`",
            "error[missing-parameter]: parameter `Name` has no default and requires a value",
            "error[unresolved-reference]: `Absent` is neither a parameter nor a resource of the template",
        ]
    );
}

#[test]
fn a_diff_reports_the_problems_of_both_templates() {
    let bench = Bench::new();
    let template =
        |name: &str| json!({"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": name}}}}}).to_string();
    bench.file("old.json", template("Absent"));
    bench.file("new.json", template("NotThere"));
    bench.file("truncated.json", "{");
    let errors = |command: &str| -> Vec<String> {
        let run = bench.run(command);
        assert_eq!(run.code, 65, "{run}");
        run.stderr.lines().filter(|line| line.starts_with("error")).map(|line| line.chars().take(42).collect()).collect()
    };
    let (before, after) = ("error[unresolved-reference]: `Absent` is n", "error[unresolved-reference]: `NotThere` is");
    assert_eq!(errors("diff old.json new.json"), [before, after]);
    assert_eq!(errors("diff truncated.json new.json"), ["error[json-syntax]: unexpected end of the ", after]);
    assert_eq!(errors("diff old.json old.json"), [before]);
}

#[test]
fn malformed_resources_do_not_hide_reference_errors() {
    let bench = Bench::new();
    let template = json!({
        "Resources": {
            "T": {"Type": "AWS::SNS::Topic", "Propertys": {}, "Properties": {"TopicName": {"Ref": "Absent"}}},
            "Untyped": {"Properties": {"TopicName": {"Fn::Split": []}}}
        },
        "Outputs": {"Empty": {}, "O": {"Value": {"Ref": "Untyped"}}}
    });
    bench.file("t.json", template.to_string());
    let rules = |command: &str| -> Vec<String> {
        let run = bench.run(command);
        assert_eq!(run.code, 65, "{run}");
        let errors = run.stderr.lines().filter_map(|line| line.strip_prefix("error["));
        errors.filter_map(|line| line.split(']').next()).map(str::to_owned).collect()
    };
    let all = ["resource-attribute", "resource-type", "output-value", "split-operands", "unresolved-reference"];
    assert_eq!(rules("evaluate t.json"), all);
    assert_eq!(rules("diff t.json t.json"), all);
    // Without the section, every reference into it would be an error, so references are not checked.
    bench.file("t.json", template.to_string().replace("\"Resources\"", "\"resources\""));
    assert_eq!(rules("evaluate t.json"), ["unknown-section", "missing-resources", "output-value"]);
}
