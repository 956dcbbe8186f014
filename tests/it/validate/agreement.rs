//! `validate` and `evaluate` agree: what one refuses the other refuses, and what AWS accepts both accept.

use rackform::diagnostic::{Severity, Source};
use rackform::evaluate::{State, evaluate_in_part};
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::template::{Arena, Template};
use rackform::validate::{Options, validate};

/// The errors and warnings of `validate` with their rules, and the errors of `evaluate`.
struct Seen {
    errors: Vec<(String, String)>,
    warnings: Vec<(String, String)>,
    evaluation: Vec<String>,
    aws: Vec<String>,
}

impl Seen {
    fn has_error(&self, rule: &str) -> bool {
        self.errors.iter().any(|(known, _)| known == rule)
    }

    fn has_warning(&self, rule: &str) -> bool {
        self.warnings.iter().any(|(known, _)| known == rule)
    }
}

fn seen(text: &str) -> Seen {
    let source = Source::new("t.yaml", text.to_owned());
    let arena = Arena::new();
    let mut seen = Seen { errors: Vec::new(), warnings: Vec::new(), evaluation: Vec::new(), aws: Vec::new() };
    let (template, problems) = match Template::read_in_part(&source, &arena) {
        Ok(read) => read,
        Err(problems) => {
            seen.errors = problems.0.iter().map(|problem| (problem.rule.to_owned(), problem.message.clone())).collect();
            seen.evaluation = problems.0.iter().map(|problem| problem.message.clone()).collect();
            return seen;
        }
    };
    let mut diagnostics = problems.0.clone();
    diagnostics.extend(validate(&template, Options::default()).into_iter().map(|finding| finding.diagnostic));
    for diagnostic in diagnostics {
        seen.aws.extend(diagnostic.aws_message.clone());
        let list = if diagnostic.severity == Severity::Error { &mut seen.errors } else { &mut seen.warnings };
        list.push((diagnostic.rule.to_owned(), diagnostic.message.clone()));
    }
    let (parameters, wrong) = ParameterSet::resolve_partial(&template, &ParameterOverrides::default());
    let state: State = serde_json::from_str(r#"{"pseudo": {"AWS::Region": "us-east-1", "AWS::AccountId": "123456789012"}}"#).unwrap();
    let mut evaluation: Vec<String> = problems.0.iter().chain(&wrong.0).map(|problem| problem.message.clone()).collect();
    match evaluate_in_part(&template, &parameters, &state, &arena) {
        Ok((_, problems)) | Err(problems) => evaluation.extend(problems.0.iter().map(|problem| problem.message.clone())),
    }
    seen.evaluation = evaluation;
    seen
}

/// Returns a template with a condition, list parameters and a resource that uses the condition.
fn with_condition(condition: &str) -> String {
    format!(
        "Parameters: {{L: {{Type: CommaDelimitedList, Default: 'a,b'}}, P: {{Type: String, Default: a}}}}\n\
         Mappings: {{M: {{a: {{list: [x, y], text: t}}}}}}\n\
         Conditions:\n  A: {condition}\n  B: !Equals [!Join ['', !Ref L], !Ref P]\n\
         Resources: {{V: {{Type: AWS::SNS::Topic}}, W: {{Type: AWS::SNS::Topic, Condition: A}}, X: {{Type: AWS::SNS::Topic, Condition: B}}}}\n"
    )
}

/// Returns a template whose parameter resource has a value.
fn with_value(value: &str) -> String {
    format!(
        "Parameters: {{L: {{Type: CommaDelimitedList, Default: 'a,b'}}, P: {{Type: String, Default: a}}}}\n\
         Mappings: {{M: {{a: {{list: [x, y], text: t}}}}}}\n\
         Conditions: {{Never: !Equals [!Ref P, never]}}\n\
         Resources:\n  T: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: !Join ['', !Ref L]}}}}\n  \
         S:\n    Type: AWS::SSM::Parameter\n    Properties:\n      Type: String\n      Value: {value}\n  \
         N:\n    Type: AWS::SSM::Parameter\n    Condition: Never\n    Properties: {{Type: String, Value: n}}\n"
    )
}

#[test]
fn both_refuse_operands_that_a_condition_does_not_take() {
    for condition in [
        "!Equals [a]",
        "!Equals [a, b, c]",
        "!Equals a",
        "!Equals [!Ref L, '']",
        "!Not [!Equals [!Ref L, '']]",
        "!Equals [[a], a]",
        "!Equals [{a: b}, a]",
        "!Equals [!Split [',', a], a]",
        "!Equals [!Ref 'AWS::NotificationARNs', a]",
        "!Equals [!FindInMap [M, a, list], x]",
        "!Equals [!Base64 a, b]",
        "!Equals [!Cidr ['10.0.0.0/16', 1, 8], b]",
        "!Equals [!Select [0, !GetAZs ''], us-east-1a]",
        "!Equals [!Select [0, !Cidr ['10.0.0.0/16', 1, 8]], x]",
        "!Equals [!ImportValue x, y]",
        "!Equals [!GetAtt V.TopicName, x]",
        "!Equals [!Ref V, x]",
        "!Equals [!Sub '${V.TopicName}', x]",
        "!Equals [!If [B, a, b], a]",
        "!Equals [!Sub '${L}', a]",
        "!Equals [!Join ['', [!Ref L]], a]",
        "!Equals [!Select [7, !Ref L], a]",
        "!Equals [!Length [a], 1]",
        "!Contains [!Ref L, a]",
        "!Not [!Contains [!Ref L, a]]",
        "!EachMemberIn [!Ref L, [a]]",
        "!Or [!Equals [a, b]]",
        "!And [!Equals [a, b]]",
        "!Not [!Equals [a, b], !Equals [a, b]]",
        "!Not []",
        "!Or [!Condition B, text]",
        "'true'",
        "true",
        "1",
        "!Ref P",
        "!Sub '${P}'",
        "[!Equals [a, b]]",
        "!Condition Missing",
    ] {
        let seen = seen(&with_condition(condition));
        assert!(!seen.errors.is_empty(), "validate accepts {condition}");
        assert!(!seen.evaluation.is_empty(), "evaluate accepts {condition}");
    }
}

#[test]
fn both_accept_the_operands_of_conditions() {
    for condition in [
        "!Equals [!Ref P, a]",
        "!Equals [!Sub '${P}-x', a-x]",
        "!Equals [!Select [1, !Ref L], b]",
        "!Equals [!Select [0, !Split ['-', !Ref P]], a]",
        "!Equals [!Join [',', !Ref L], 'a,b']",
        "!Equals [!FindInMap [M, !Ref P, text], t]",
        "!Equals [!FindInMap [M, other, text, {DefaultValue: d}], d]",
        "!Equals [!Ref 'AWS::Region', us-east-1]",
        "!Equals [1, '1']",
        "!And [!Condition B, !Not [!Condition B]]",
        "!Or [!Equals [a, b], !Equals [!Ref P, c]]",
    ] {
        let seen = seen(&with_condition(condition));
        assert_eq!(seen.errors, [], "{condition}");
        assert_eq!(seen.evaluation, [] as [String; 0], "{condition}");
    }
}

#[test]
fn both_refuse_malformed_functions_also_where_nothing_evaluates_them() {
    for value in [
        "!Join ['', [a, null]]",
        "!Join ['', a]",
        "!Join ['', [[a]]]",
        "!Join ['', [!Ref L]]",
        "!Join [[a], [b]]",
        "!Join ['']",
        "!Select [-1, [a]]",
        "!Select [1.5, [a]]",
        "!Select [x, [a]]",
        "!Select [0, text]",
        "!Select [0, !Ref P]",
        "!Select [0, !Sub '${P}']",
        "!Select [0]",
        "!Select [0, [!Split ['', a]]]",
        "!Select [0, !Split [',', !Ref L]]",
        "!Base64 [a]",
        "{'Fn::Base64': null}",
        "!Select [0, {'Fn::GetAZs': null}]",
        "!Select [0, !GetAZs [a]]",
        "!Sub '${L}'",
        "!Sub ['${x}', {x: !Ref L}]",
        "!Sub ['${x}', {x: [a]}]",
        "!Sub ['${x}', text]",
        "!Sub ['${x}', {x: a}, b]",
        "!Sub [a, b, c]",
        "!FindInMap [M, a]",
        "!FindInMap [M, a, text, other]",
        "!FindInMap [M, a, text, {Default: x}]",
        "!FindInMap [M, !Ref L, text]",
        "!FindInMap [M, !Sub a, text]",
        "!FindInMap [M, a, !Join ['', [text]]]",
        "!FindInMap [M, !Select [0, [a]], text]",
        "!ImportValue [a]",
        "!ImportValue {'Fn::Sub': '${T}'}",
        "!ImportValue {'Fn::ImportValue': x}",
        "!GetAtt T",
        "!Cidr ['10.0.0.0/16']",
        "{'Fn::Contains': [[a], a]}",
        "{'Fn::Concat': [a, b]}",
        "{'Fn::Length': [a]}",
        "{'Fn::ToJsonString': {a: b}}",
        "{'Fn::If': [Never, a]}",
        "{'Fn::If': [Missing, a, b]}",
        "!Ref Missing",
        "!GetAtt Missing.Arn",
    ] {
        for text in [with_value(value), with_value(&format!("{{'Fn::If': [Never, {}, ok]}}", in_flow(value)))] {
            let seen = seen(&text);
            assert!(!seen.errors.is_empty(), "validate accepts {value} in\n{text}");
            assert!(!seen.evaluation.is_empty(), "evaluate accepts {value} in\n{text}");
        }
        let absent = with_value("ok").replace("Value: n}", &format!("Value: {}}}", in_flow(value)));
        let seen = seen(&absent);
        assert!(!seen.errors.is_empty() && !seen.evaluation.is_empty(), "accepted in a resource that does not exist: {value}");
    }
}

/// Returns a value as it can stand inside a flow list.
fn in_flow(value: &str) -> String {
    value.to_owned()
}

#[test]
fn an_index_outside_of_a_list_has_cloudformations_message_in_both() {
    for (list, index) in
        [("!Ref L", 2), ("[a]", 1), ("!Split [',', 'a,b']", 2), ("!FindInMap [M, a, list]", 2), ("!Cidr ['10.0.0.0/24', 2, 4]", 2)]
    {
        let seen = seen(&with_value(&format!("!Select [{index}, {list}]")));
        assert!(seen.has_error("select-out-of-range"), "{list}: {:?}", seen.errors);
        assert_eq!(seen.errors.len(), 1, "{list}: {:?}", seen.errors);
        let aws = format!("Template error: Fn::Select cannot select nonexistent value at index {index}");
        assert_eq!(seen.aws, [aws], "{list}");
        assert!(!seen.evaluation.is_empty(), "{list}");
    }
    let allowed = "Parameters: {L: {Type: CommaDelimitedList, Default: 'a,b', AllowedValues: ['a,b', a]}}\n\
                   Resources: {S: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Select [1, !Ref L]}}}\n";
    let seen = seen(allowed);
    assert!(seen.errors.is_empty() && seen.has_warning("select-out-of-range"), "{:?}", seen.warnings);
}

#[test]
fn null_is_refused_at_every_level() {
    for text in [
        "Parameters:\nResources: {Q: {Type: AWS::SQS::Queue}}\n",
        "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n",
        "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: ~}}}\n",
        "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {Tags: [null]}}}\n",
        "Conditions: {A: !Equals [a, null]}\nResources: {Q: {Type: AWS::SQS::Queue, Condition: A}}\n",
        "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !If [A, null, a]}}}\nConditions: {A: !Equals [a, b]}\n",
    ] {
        let seen = seen(text);
        assert!(seen.has_error("null-value"), "{text}: {:?}", seen.errors);
        assert!(!seen.evaluation.is_empty(), "{text}");
    }
}

#[test]
fn keys_in_yaml_must_be_strings() {
    for key in ["1", "123456789012", "034567890123", "0755", "1.5", "yes", "true", "off", "~", "12:30", "0x1F"] {
        let text = format!("Mappings: {{M: {{{key}: {{Name: a}}}}}}\nResources: {{T: {{Type: AWS::SNS::Topic}}}}\n");
        let seen = seen(&text);
        assert!(seen.has_error("map-key"), "{key}: {:?}", seen.errors);
        assert!(!seen.evaluation.is_empty(), "{key}");
        let property = format!("Resources: {{T: {{Type: AWS::SNS::Topic, Metadata: {{a: [{{{key}: x}}]}}}}}}\n");
        assert!(self::seen(&property).has_error("map-key"), "{key}");
    }
    let seen = seen("Mappings:\n  M:\n    123456789012: {Name: a}\nResources: {T: {Type: AWS::SNS::Topic}}\n");
    assert_eq!(seen.aws, ["Template format error: [/Mappings/M] map keys must be strings; received numeric [123456789012] instead"]);
    for key in ["'1'", "\"yes\"", "!!str 1", "y", "n", "2012-10-17", "us-east-1"] {
        let text = format!("Mappings: {{M: {{{key}: {{Name: a}}}}}}\nResources: {{T: {{Type: AWS::SNS::Topic}}}}\n");
        assert!(!self::seen(&text).has_error("map-key"), "{key}");
    }
}

#[test]
fn numbers_that_yaml_converts_are_warned_about_and_checked_as_converted() {
    let warned = seen(&with_value("!Join ['', [0777, 012345678901, 12:30, '0777', 10, 1.5]]"));
    let numbers: Vec<&str> =
        warned.warnings.iter().filter(|(rule, _)| rule == "yaml-number").map(|(_, message)| message.as_str()).collect();
    assert_eq!(
        numbers,
        [
            "`0777` is an octal number in YAML 1.1, which CloudFormation reads as 511",
            "`012345678901` is a number with a leading zero in YAML 1.1, which CloudFormation reads as 1.2345678901E10",
            "`12:30` is a sexagesimal number in YAML 1.1, which CloudFormation reads as 750",
        ]
    );
    let share =
        "Resources: {P: {Type: AWS::ServiceCatalog::PortfolioShare, Properties: {PortfolioId: port-abc, AccountId: 012345670123}}}\n";
    assert!(seen(share).has_error("pattern-mismatch"));
    let default = "Parameters: {A: {Type: String, Default: 012345670123, AllowedPattern: '[0-9]{12}'}}\n\
                   Resources: {T: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref A}}}\n";
    assert!(seen(default).has_error("invalid-default"));
    let allowed = "Parameters: {A: {Type: String, Default: '0755', AllowedValues: [0755]}}\n\
                   Resources: {T: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref A}}}\n";
    assert!(seen(allowed).has_error("invalid-default"));
}

#[test]
fn policies_and_default_values_need_no_transform() {
    let policies = "Parameters: {P: {Type: String, Default: Retain}}\nConditions: {Keep: !Equals [!Ref P, Retain]}\n\
                    Resources:\n  T:\n    Type: AWS::SNS::Topic\n    DeletionPolicy: !If [Keep, Retain, Delete]\n    UpdateReplacePolicy: !Ref P\n";
    assert_eq!(seen(policies).errors, []);
    assert_eq!(seen(policies).evaluation, [] as [String; 0]);
    for wrong in [policies.replace("Default: Retain", "Default: Keep"), policies.replace("!Ref P\n", "[Retain]\n")] {
        let seen = seen(&wrong);
        assert!(seen.has_error("invalid-policy"), "{wrong}: {:?}", seen.errors);
        assert!(!seen.evaluation.is_empty(), "{wrong}");
    }
    for value in ["!FindInMap [M, other, text, {DefaultValue: d}]", "!FindInMap [M, a, other, {DefaultValue: !Ref P}]"] {
        assert_eq!(seen(&with_value(value)).errors, [], "{value}");
        assert_eq!(seen(&with_value(value)).evaluation, [] as [String; 0], "{value}");
    }
}

#[test]
fn what_an_include_supplies_is_unknown() {
    let include = "Fn::Transform: {Name: AWS::Include, Parameters: {Location: 's3://b/x.yaml'}}";
    for text in [
        format!(
            "Mappings:\n  {include}\nResources: {{T: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: !FindInMap [Shared, k, v]}}}}}}\n"
        ),
        format!(
            "Mappings:\n  M:\n    {include}\nResources: {{T: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: !FindInMap [M, k, v]}}}}}}\n"
        ),
        format!(
            "Mappings:\n  M:\n    k:\n      {include}\nResources: {{T: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: !FindInMap [M, k, v]}}}}}}\n"
        ),
        format!(
            "Resources:\n  {include}\n  T: {{Type: AWS::SNS::Topic, DependsOn: Other, Properties: {{DisplayName: !GetAtt Other.Arn, TopicName: !Ref Other}}}}\n"
        ),
        format!(
            "Conditions:\n  {include}\nResources: {{T: {{Type: AWS::SNS::Topic, Condition: Other, Properties: {{DisplayName: !If [Other, a, b]}}}}}}\n"
        ),
        format!("Parameters:\n  {include}\nResources: {{T: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: !Ref Other}}}}}}\n"),
        format!("{include}\nResources: {{T: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: !Ref Other}}}}}}\n"),
        format!("Outputs:\n  {include}\nResources: {{T: {{Type: AWS::SNS::Topic}}}}\n"),
        format!("Resources:\n  D:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      BillingMode: PAY_PER_REQUEST\n      {include}\n"),
    ] {
        let seen = seen(&text);
        assert_eq!(seen.errors, [], "{text}");
        assert_eq!(seen.evaluation, [] as [String; 0], "{text}");
        assert!(!seen.warnings.iter().any(|(_, message)| message.contains("Fn::Transform")), "{text}: {:?}", seen.warnings);
    }
}

#[test]
fn statement_ids_must_be_unique_only_for_iam() {
    let statements = "[{Sid: A, Effect: Allow, Principal: '*', Action: 's3:*', Resource: '*'}, {Sid: A, Effect: Allow, Principal: '*', Action: 's3:*', Resource: '*'}]";
    for (resource_type, property, other) in [
        ("AWS::S3::BucketPolicy", "PolicyDocument", "Bucket: b"),
        ("AWS::SQS::QueuePolicy", "PolicyDocument", "Queues: [q]"),
        ("AWS::ECR::Repository", "RepositoryPolicyText", "RepositoryName: r"),
    ] {
        let text = format!(
            "Resources: {{R: {{Type: {resource_type}, Properties: {{{other}, {property}: {{Version: '2012-10-17', Statement: {statements}}}}}}}}}\n"
        );
        assert!(!seen(&text).has_error("invalid-policy-document"), "{resource_type}: {:?}", seen(&text).errors);
    }
    let identity = statements.replace("Principal: '*', ", "");
    let text = format!(
        "Resources: {{R: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {{Version: '2012-10-17', Statement: {identity}}}}}}}}}\n"
    );
    assert!(seen(&text).has_error("invalid-policy-document"));
}

#[test]
fn allowed_patterns_have_the_syntax_of_java() {
    for (pattern, good, bad) in [
        (r"[\w-\.]+@[\w-]+\.[a-z]{2,}", "a.b@example.com", "a.b"),
        (r"[a-z&&[^aeiou]]+", "bcd", "bad"),
        (r"\p{Alpha}\p{Alnum}*+", "a1", "1a"),
        (r"\Qa.b\E", "a.b", "axb"),
        (r"(?<first>[a-z])\k<first>", "aa", "ab"),
        (r"a++", "aa", "b"),
    ] {
        let text = |value: &str| {
            format!(
                "Parameters: {{M: {{Type: String, Default: '{value}', AllowedPattern: '{pattern}'}}}}\nResources: {{T: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: !Ref M}}}}}}\n"
            )
        };
        let fits = seen(&text(good));
        assert_eq!((fits.errors.len(), fits.warnings.len()), (0, 0), "{pattern}: {:?} {:?}", fits.errors, fits.warnings);
        assert_eq!(fits.evaluation, [] as [String; 0], "{pattern}");
        let breaks = seen(&text(bad));
        assert!(breaks.has_error("invalid-default") && !breaks.evaluation.is_empty(), "{pattern}: {:?}", breaks.errors);
    }
}

#[test]
fn a_violation_that_only_other_values_reach_is_a_warning_with_them() {
    let text = "Parameters: {Names: {Type: CommaDelimitedList, Default: 'a,b'}, Mode: {Type: String, Default: on-demand, AllowedValues: [on-demand, wrong]}}\n\
                Conditions: {Many: !Not [!Equals [!Join [',', !Ref Names], '']], Wrong: !Equals [!Ref Mode, wrong]}\n\
                Resources:\n  A: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !If [Many, x, !Ref 'AWS::NoValue']}}\n  \
                B: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: !If [Wrong, 5000, 5]}}\n";
    let warned = seen(text);
    assert_eq!(warned.errors, []);
    assert!(
        warned.warnings.iter().any(|(rule, message)| rule == "missing-property" && message.ends_with("when Names=''")),
        "{:?}",
        warned.warnings
    );
    assert!(
        warned.warnings.iter().any(|(rule, message)| rule == "value-out-of-range" && message.ends_with("when Mode=wrong")),
        "{:?}",
        warned.warnings
    );
    let in_force = seen(&text.replace("Default: on-demand", "Default: wrong"));
    assert!(in_force.has_error("value-out-of-range"), "{:?}", in_force.errors);
}

#[test]
fn a_map_of_accounts_or_regions_is_no_error_without_them() {
    let text = "Mappings: {Accts: {'222222222222': {Name: dev}}, Regs: {eu-west-1: {Ami: ami-11111111}}}\n\
                Conditions: {IsProd: !Equals [!FindInMap [Accts, !Ref 'AWS::AccountId', Name], prod]}\n\
                Resources:\n  B: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !FindInMap [Accts, !Ref 'AWS::AccountId', Name]}}\n  \
                I: {Type: AWS::EC2::Instance, Properties: {ImageId: !FindInMap [Regs, !Ref 'AWS::Region', Ami], InstanceType: !If [IsProd, m5.large, t3.small]}}\n";
    assert_eq!(seen(text).errors, []);
    let source = Source::new("t.yaml", text.to_owned());
    let arena = Arena::new();
    let template = Template::read(&source, &arena).unwrap();
    let (parameters, _) = ParameterSet::resolve_partial(&template, &ParameterOverrides::default());
    let mut state: State = serde_json::from_str(r#"{"pseudo": {"AWS::Region": "us-east-1", "AWS::AccountId": "123456789012"}}"#).unwrap();
    state.assumed = vec!["AWS::AccountId".to_owned(), "AWS::Region".to_owned()];
    let (evaluation, problems) = evaluate_in_part(&template, &parameters, &state, &arena).unwrap();
    assert!(problems.0.is_empty(), "{problems:?}");
    let rules: Vec<&str> = evaluation.warnings.0.iter().map(|warning| warning.rule).collect();
    assert!(rules.contains(&"assumed-account") && rules.contains(&"assumed-region"), "{rules:?}");
    assert_eq!(evaluation.condition("IsProd"), Some(rackform::evaluate::ConditionValue::Unknown));
}
