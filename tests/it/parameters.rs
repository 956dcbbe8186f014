//! Tests of `parameters`: resolved values, their provenance, and complete error reports.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rackform::diagnostic::{Diagnostics, Source};
use rackform::parameters::{ParameterOverrides, ParameterSet, Provenance};
use rackform::template::{Arena, Template};

const TEMPLATE: &str = r#"{"Parameters": {
  "Plain": {"Type": "String", "Default": "a"},
  "Choice": {"Type": "String", "AllowedValues": ["Yes", "No"], "Default": "No"},
  "Count": {"Type": "Number", "MinValue": 1, "MaxValue": 3, "Default": 2},
  "Zone": {"Type": "CommaDelimitedList", "Default": "a, b"},
  "Name": {"Type": "String", "AllowedPattern": "[a-z]+", "MaxLength": "5", "Default": "x"},
  "Word": {"Type": "String", "AllowedPattern": "[a-z]+", "ConstraintDescription": "must be small letters", "Default": "x"},
  "Secret": {"Type": "String", "NoEcho": true, "MinLength": 8, "Default": "long enough"}
}, "Resources": {"T": {"Type": "AWS::SNS::Topic"}}}"#;

fn resolve(overrides: &ParameterOverrides, check: impl FnOnce(Result<ParameterSet<'_>, Diagnostics>)) {
    let (source, arena) = (Source::new("t.json", TEMPLATE), Arena::new());
    let template = Template::read(&source, &arena).unwrap();
    check(ParameterSet::resolve(&template, overrides));
}

fn flags(flags: &[&str]) -> ParameterOverrides {
    let mut overrides = ParameterOverrides::new();
    for flag in flags {
        overrides.add_flag(flag).unwrap();
    }
    overrides
}

/// Returns our messages and CloudFormation's.
fn problems(overrides: &ParameterOverrides) -> Vec<(String, String)> {
    let mut found = Vec::new();
    resolve(overrides, |set| {
        found = set.unwrap_err().0.into_iter().map(|one| (one.message, one.aws_message.unwrap_or_default())).collect();
    });
    found
}

#[test]
fn the_source_with_the_highest_precedence_wins_in_any_order() {
    let mut overrides = ParameterOverrides::new();
    overrides.add_flag("Plain=flag=with=signs").unwrap();
    overrides.add_file(&Source::new("p.json", r#"{"Plain": "file", "Count": 3, "Zone": ["x", "y"], "Choice": "Yes"}"#)).unwrap();
    overrides.add_deployed("Plain", Some("deployed".to_owned()));
    overrides.add_deployed("Name", Some("kept".to_owned()));
    overrides.add_deployed("Gone", Some("left out".to_owned()));
    overrides.add_deployed("Secret", None);
    resolve(&overrides, |set| {
        let set = set.unwrap();
        let shown: Vec<_> = set.parameters.values().map(|one| (one.value.as_deref(), one.provenance)).collect();
        assert_eq!(
            shown,
            [
                (Some("flag=with=signs"), Provenance::Flag),
                (Some("Yes"), Provenance::File),
                (Some("3"), Provenance::File),
                (Some("x,y"), Provenance::File),
                (Some("kept"), Provenance::Deployed),
                (Some("x"), Provenance::Default),
                (None, Provenance::Deployed),
            ]
        );
    });
}

#[test]
fn all_forms_of_parameter_files_are_read() {
    for text in [
        r#"{"Plain": "v", "Count": 3}"#,
        r#"{"Parameters": {"Plain": "v", "Count": "3"}, "Tags": {"a": "b"}}"#,
        r#"[{"ParameterKey": "Plain", "ParameterValue": "v"}, {"ParameterKey": "Count", "ParameterValue": "3"}]"#,
        r#"["Plain=v", "Count=3"]"#,
    ] {
        let mut overrides = ParameterOverrides::new();
        overrides.add_file(&Source::new("p.json", text)).unwrap();
        let texts: Vec<_> = overrides.values.iter().map(|(name, value)| (name.as_str(), value.text.as_deref())).collect();
        assert_eq!(texts, [("Plain", Some("v")), ("Count", Some("3"))], "{text}");
    }
}

#[test]
fn previous_values_require_a_deployed_stack() {
    let file = Source::new("p.json", r#"[{"ParameterKey": "Plain", "UsePreviousValue": true}]"#);
    let mut overrides = ParameterOverrides::new();
    overrides.add_file(&file).unwrap();
    assert_eq!(problems(&overrides)[0].0, "parameter `Plain` has no previous value to use");
    overrides.add_deployed("Plain", Some("before".to_owned()));
    resolve(&overrides, |set| assert_eq!(set.unwrap().get("Plain").unwrap().value.as_deref(), Some("before")));
}

#[test]
fn all_errors_are_reported_together_with_cloudformation_messages() {
    let overrides = flags(&["Choice=yes", "Count=4", "Name=abcdef", "Word=A1", "Plainn=x", "Zone=a"]);
    assert_eq!(
        problems(&overrides),
        [
            ("parameter `Choice` has a value that is not allowed: `yes`", "Parameter 'Choice' must be one of AllowedValues"),
            ("parameter `Count` is greater than its MaxValue 3: `4`", "Parameter 'Count' must be a number not greater than 3"),
            ("parameter `Name` has more than 5 characters: `abcdef`", "Parameter 'Name' must contain at most 5 characters"),
            (
                "parameter `Word` does not match its AllowedPattern: `A1`",
                "Parameter Word failed to satisfy constraint: must be small letters"
            ),
            ("unknown parameter `Plainn`", "Parameters: [Plainn] do not exist in the template"),
        ]
        .map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned()))
    );
}

#[test]
fn an_error_in_a_file_points_to_the_value() {
    let mut overrides = ParameterOverrides::new();
    overrides.add_file(&Source::new("p.json", "{\n  \"Choice\": \"yes\"\n}")).unwrap();
    resolve(&overrides, |set| {
        let problem = set.unwrap_err().0.remove(0);
        let positions: Vec<_> = problem.labels.iter().map(|label| format!("{}:{}", label.source.name(), label.start())).collect();
        // This template is no file, so the user cannot look at the declaration in it.
        assert_eq!(positions, ["p.json:2:13"]);
        assert_eq!(problem.hint.as_deref(), Some("did you mean `Yes`? allowed values: Yes, No"));
    });
}

#[test]
fn messages_do_not_contain_no_echo_values() {
    let overrides = flags(&["Secret=hunter2"]);
    let found = format!("{:?}", problems(&overrides));
    assert!(found.contains("at least 8 characters"), "{found}");
    assert!(!found.contains("hunter2"), "{found}");
}

#[test]
fn missing_values_are_reported_together() {
    let (source, arena) = (
        Source::new(
            "t.json",
            r#"{"Parameters": {"A": {"Type": "String"}, "B": {"Type": "Number"}}, "Resources": {"T": {"Type": "AWS::SNS::Topic"}}}"#,
        ),
        Arena::new(),
    );
    let template = Template::read(&source, &arena).unwrap();
    let found = ParameterSet::resolve(&template, &ParameterOverrides::new()).unwrap_err();
    let theirs: Vec<_> = found.0.iter().filter_map(|one| one.aws_message.as_deref()).collect();
    assert_eq!(theirs, ["Parameters: [A, B] must have values"; 2]);
}
