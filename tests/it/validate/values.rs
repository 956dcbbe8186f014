//! Which parameter values expose a defect: each assignment is put to the evaluator, and none strays further than it must.

use rackform::diagnostic::Source;
use rackform::evaluate::{State, evaluate_in_part};
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::template::{Arena, Template};
use rackform::validate::{Finding, Options, validate};

/// Two switches, a count and the region, on which the existence of a topic and of what refers to it rests.
fn topic(target: &str, referrer: &str, rules: &str) -> String {
    format!(
        r#"{{{rules}
        "Parameters": {{
            "Cache": {{"Type": "String", "AllowedValues": ["Yes", "No"], "Default": "No"}},
            "Method": {{"Type": "String", "AllowedValues": ["ec2", "fargate"], "Default": "ec2"}},
            "Count": {{"Type": "Number", "Default": 1, "MinValue": 1, "MaxValue": 3}},
            "Vpc": {{"Type": "String", "Default": ""}}}},
        "Mappings": {{"Regions": {{"us-east-1": {{"Third": "Yes"}}, "us-west-1": {{"Third": "No"}}}}}},
        "Conditions": {{
            "Cached": {{"Fn::Equals": [{{"Ref": "Cache"}}, "Yes"]}},
            "Fargate": {{"Fn::Equals": [{{"Ref": "Method"}}, "fargate"]}},
            "CachedOnFargate": {{"Fn::And": [{{"Condition": "Cached"}}, {{"Condition": "Fargate"}}]}},
            "Own": {{"Fn::Equals": [{{"Ref": "Vpc"}}, ""]}},
            "Several": {{"Fn::Not": [{{"Fn::Equals": [{{"Ref": "Count"}}, 1]}}]}},
            "Third": {{"Fn::Equals": [{{"Fn::FindInMap": ["Regions", {{"Ref": "AWS::Region"}}, "Third"]}}, "Yes"]}},
            "China": {{"Fn::Equals": [{{"Ref": "AWS::Partition"}}, "aws-cn"]}},
            "Target": {target}, "Referrer": {referrer}}},
        "Resources": {{
            "Files": {{"Type": "AWS::EFS::FileSystem", "Condition": "Target"}},
            "Door": {{"Type": "AWS::EFS::AccessPoint", "Condition": "Referrer", "Properties": {{"FileSystemId": {{"Ref": "Files"}}}}}}}}}}"#
    )
}

const ALWAYS: &str = r#"{"Fn::Equals": ["a", "a"]}"#;

/// Returns the dangling references, having seen that the evaluator finds each under its assignment.
fn dangling(text: &str) -> Vec<Finding> {
    let source = Source::new("template.json", text.to_owned());
    let arena = Arena::new();
    let template = Template::read(&source, &arena).unwrap();
    let findings = validate(&template, Options::default());
    let findings: Vec<Finding> = findings.into_iter().filter(|finding| finding.diagnostic.rule == "dangling-reference").collect();
    for finding in &findings {
        let mut given = ParameterOverrides::new();
        let mut state = State::default();
        for (name, value) in &finding.assignment {
            if name.starts_with("AWS::") {
                state.pseudo.insert(name.clone(), value.clone().into());
            } else {
                given.add_flag(&format!("{name}={value}")).unwrap();
            }
        }
        state.pseudo.entry("AWS::Region".to_owned()).or_insert_with(|| "us-east-1".into());
        // Parameters without a default that the finding does not hang on may be anything.
        for entry in &template.parameters {
            if entry.body.get("Default").is_none() && !finding.assignment.iter().any(|(name, _)| name == entry.name) {
                given.add_flag(&format!("{}=some-value", entry.name)).unwrap();
            }
        }
        let parameters = ParameterSet::resolve(&template, &given).unwrap();
        let (_, problems) = evaluate_in_part(&template, &parameters, &state, &arena).unwrap();
        let place = finding.diagnostic.labels[0].span;
        let is_seen = problems.0.iter().any(|problem| problem.rule == "reference-to-absent-resource" && problem.labels[0].span == place);
        assert!(is_seen, "{:?} under {:?}: {problems}", finding.diagnostic.message, finding.assignment);
    }
    findings
}

/// Returns the values that expose the one dangling reference, as the message lists them.
fn exposed(text: &str) -> String {
    let findings = dangling(text);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    let message = findings[0].diagnostic.message.clone();
    message.split_once(" when ").map_or_else(|| "always".to_owned(), |(_, values)| values.to_owned())
}

#[test]
fn assignments_are_valid_and_change_as_few_values_as_possible() {
    for (target, referrer, expected) in [
        (r#"{"Condition": "Cached"}"#, ALWAYS, "always"),
        (r#"{"Condition": "Own"}"#, ALWAYS, "Vpc=some-value"),
        (r#"{"Condition": "CachedOnFargate"}"#, r#"{"Condition": "Cached"}"#, "Cache=Yes"),
        (r#"{"Condition": "CachedOnFargate"}"#, r#"{"Condition": "Fargate"}"#, "Method=fargate"),
        (r#"{"Condition": "Third"}"#, ALWAYS, "AWS::Region=us-west-1"),
        (r#"{"Fn::Not": [{"Condition": "China"}]}"#, ALWAYS, "AWS::Region=cn-north-1"),
        (r#"{"Fn::Not": [{"Condition": "Several"}]}"#, ALWAYS, "Count=2"),
        (r#"{"Fn::Not": [{"Condition": "Several"}]}"#, r#"{"Condition": "Cached"}"#, "Cache=Yes, Count=2"),
        // One change is enough, though the first one tried needs a second.
        (
            r#"{"Fn::Not": [{"Fn::Or": [{"Condition": "CachedOnFargate"}, {"Condition": "Several"}]}]}"#,
            r#"{"Fn::Or": [{"Condition": "CachedOnFargate"}, {"Condition": "Several"}]}"#,
            "Count=2",
        ),
        (r#"{"Fn::Equals": [{"Ref": "Cache"}, {"Ref": "Method"}]}"#, r#"{"Fn::Not": [{"Condition": "Own"}]}"#, "Vpc=some-value"),
        (
            r#"{"Fn::Equals": [{"Fn::Sub": ["${A}-${Method}", {"A": {"Ref": "Cache"}}]}, "No-ec2"]}"#,
            r#"{"Condition": "Cached"}"#,
            "Cache=Yes",
        ),
    ] {
        assert_eq!(exposed(&topic(target, referrer, "")), if expected == "always" { "always" } else { expected }, "{target} {referrer}");
    }
}

#[test]
fn a_problem_that_no_values_cause_is_not_a_finding() {
    for (target, referrer) in [
        // Every allowed value is one of the two.
        (r#"{"Fn::Or": [{"Condition": "Cached"}, {"Fn::Equals": [{"Ref": "Cache"}, "No"]}]}"#, ALWAYS),
        (r#"{"Condition": "Cached"}"#, r#"{"Condition": "CachedOnFargate"}"#),
        (r#"{"Fn::Not": [{"Fn::Equals": [{"Ref": "Count"}, 4]}]}"#, ALWAYS),
        // No region is in two partitions.
        (r#"{"Fn::Not": [{"Fn::And": [{"Condition": "China"}, {"Fn::Equals": [{"Ref": "AWS::URLSuffix"}, "amazonaws.com"]}]}]}"#, ALWAYS),
    ] {
        let findings = dangling(&topic(target, referrer, ""));
        assert!(findings.is_empty(), "{target} {referrer}: {findings:#?}");
    }
}

#[test]
fn values_that_violate_rules_cause_no_findings() {
    let rule = |condition: &str, assert: &str| {
        let condition = if condition.is_empty() { String::new() } else { format!(r#""RuleCondition": {condition}, "#) };
        format!(r#""Rules": {{"R": {{{condition}"Assertions": [{{"Assert": {assert}}}]}}}},"#)
    };
    let cache_is = |value: &str| format!(r#"{{"Fn::Equals": [{{"Ref": "Cache"}}, "{value}"]}}"#);
    let contains = r#"{"Fn::Contains": [["fargate"], {"Ref": "Method"}]}"#;
    let (both, cached) = (r#"{"Condition": "CachedOnFargate"}"#, r#"{"Condition": "Cached"}"#);
    // The rule allows `Cache=Yes` only with Fargate, so the file system exists whenever its mount target exists.
    assert!(dangling(&topic(both, cached, &rule(&cache_is("Yes"), contains))).is_empty());
    assert_eq!(exposed(&topic(both, cached, "")), "Cache=Yes");
    // The rule requires a second change, which the message lists.
    let further = rule(&cache_is("Yes"), r#"{"Fn::Not": [{"Fn::Equals": [{"Ref": "Vpc"}, ""]}]}"#);
    assert_eq!(exposed(&topic(both, cached, &further)), "Cache=Yes, Vpc=some-value");
    // A rule that the current values satisfy has no effect, and neither has one that cannot be evaluated offline.
    assert_eq!(exposed(&topic(both, cached, &rule("", r#"{"Fn::Equals": [{"Ref": "Count"}, 1]}"#))), "Cache=Yes");
    assert_eq!(
        exposed(&topic(both, cached, &rule("", r#"{"Fn::EachMemberIn": [{"Fn::RefAll": "AWS::EC2::VPC::Id"}, ["a"]]}"#))),
        "Cache=Yes"
    );
}

#[test]
fn a_search_beyond_its_limit_is_a_warning() {
    // The parity of forty parameters and its opposite, computed by two chains: undecided before the last parameter is assigned.
    let parameters: Vec<String> =
        (0..40).map(|index| format!(r#""P{index}": {{"Type": "String", "AllowedValues": ["0", "1"]}}"#)).collect();
    let mut conditions = Vec::new();
    for (chain, first) in [("C", "1"), ("D", "0")] {
        conditions.push(format!(r#""{chain}0": {{"Fn::Equals": [{{"Ref": "P0"}}, "{first}"]}}"#));
        conditions.extend((1..40).map(|index| {
            let (before, is) = (index - 1, format!(r#"{{"Fn::Equals": [{{"Ref": "P{index}"}}, "1"]}}"#));
            format!(
                r#""{chain}{index}": {{"Fn::Or": [{{"Fn::And": [{{"Condition": "{chain}{before}"}}, {{"Fn::Not": [{is}]}}]}},
                    {{"Fn::And": [{{"Fn::Not": [{{"Condition": "{chain}{before}"}}]}}, {is}]}}]}}"#
            )
        }));
    }
    let text = format!(
        r#"{{"Parameters": {{{}}}, "Conditions": {{{}, "Never": {{"Fn::And": [{{"Condition": "C39"}}, {{"Condition": "D39"}}]}}}},
        "Resources": {{
            "Files": {{"Type": "AWS::EFS::FileSystem", "Condition": "C38"}},
            "Door": {{"Type": "AWS::EFS::AccessPoint", "Condition": "Never", "Properties": {{"FileSystemId": {{"Ref": "Files"}}}}}}}}}}"#,
        parameters.join(", "),
        conditions.join(", ")
    );
    let source = Source::new("template.json", text);
    let arena = Arena::new();
    let template = Template::read(&source, &arena).unwrap();
    let rules: Vec<&str> = validate(&template, Options::default()).iter().map(|finding| finding.diagnostic.rule).collect();
    assert!(rules.contains(&"search-limit") && !rules.contains(&"dangling-reference"), "{rules:?}");
}

#[test]
fn the_assignments_for_the_convox_rack_are_valid() {
    let Some(folder) = crate::support::shared_data() else { return };
    let text = std::fs::read_to_string(folder.join("convox-rack-20260421.json")).unwrap();
    assert_eq!(dangling(&text).len(), 4);
}
