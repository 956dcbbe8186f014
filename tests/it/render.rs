//! Tests of `render`.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;

use rackform::diagnostic::{Diagnostics, Source};
use rackform::evaluate::{State, evaluate};
use rackform::model::logs::LogGroup;
use rackform::model::{Declared, Group, LogicalId, Parameter, ParameterName, Sections, rack};
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::render::{LineDifference, RenderFormat, RenderOptions, differing_lines, render, render_sections};
use rackform::template::{Arena, Document, Template};
use rackform::validate::{Options, validate};
use serde_json::{Value, json};

fn rendered(format: RenderFormat) -> String {
    render(&RenderOptions { format, templates: None }).unwrap()
}

pub fn document() -> Value {
    serde_json::from_str(&rendered(RenderFormat::MinifiedJson)).unwrap()
}

/// Returns the rack's resources and outputs with these parameters.
pub fn evaluated(region: &str, flags: &[&str]) -> (Value, Value) {
    accepted_by_rack(region, flags).unwrap_or_else(|problems| panic!("{flags:?}: {problems:#?}"))
}

/// Returns the problems that the rack's rules find in these parameters.
pub fn refused(flags: &[&str]) -> String {
    let problems = accepted_by_rack("us-east-1", flags).err().unwrap_or_default();
    problems.0.iter().map(|problem| format!("{}: {}\n", problem.rule, problem.message)).collect()
}

/// As [`accepted`], of the rack's template.
fn accepted_by_rack(region: &str, flags: &[&str]) -> Result<(Value, Value), Diagnostics> {
    static TEXT: LazyLock<String> = LazyLock::new(|| rendered(RenderFormat::MinifiedJson));
    let source = Source::new("rack.json", TEXT.as_str());
    let arena = Arena::new();
    accepted(&Template::read(&source, &arena).unwrap(), region, flags)
}

/// Returns the rack's resources and outputs, or the template's rules that reject these parameters; fails on any other problem.
fn accepted(template: &Template<'_>, region: &str, flags: &[&str]) -> Result<(Value, Value), Diagnostics> {
    let arena = Arena::new();
    let mut given = ParameterOverrides::new();
    flags.iter().for_each(|flag| given.add_flag(flag).unwrap());
    let parameters = ParameterSet::resolve(template, &given).unwrap();
    let pseudo = [("AWS::Region".to_owned(), json!(region))].into_iter().collect();
    let state = State { pseudo, ..State::default() };
    let evaluation = match evaluate(template, &parameters, &state, &arena) {
        Err(problems) if problems.0.iter().all(|problem| problem.rule == "rule-failed") => return Err(problems),
        evaluation => evaluation.unwrap_or_else(|problems| panic!("{flags:?}: {problems:#?}")),
    };
    let resources = evaluation.resources.iter().map(|(id, resource)| ((*id).to_owned(), resource.properties.to_json())).collect();
    let outputs = evaluation.outputs.iter().map(|(name, output)| ((*name).to_owned(), output.value.to_json())).collect();
    Ok((Value::Object(resources), Value::Object(outputs)))
}

pub fn names(map: &Value) -> BTreeSet<String> {
    map.as_object().unwrap().keys().cloned().collect()
}

/// A change of the rendered rack changes this snapshot.
#[test]
fn the_rendered_rack_matches_its_snapshot() {
    insta::assert_snapshot!("rack.json", rendered(RenderFormat::Json));
}

#[test]
fn all_formats_have_equal_content_and_rendering_is_deterministic() {
    let read = |text: String, name: &str| {
        let source = Source::new(name, text);
        let arena = Arena::new();
        rackform::template::write_json(Document::read(&source, &arena).unwrap().root, &rackform::template::Style::minified())
    };
    let minified = rendered(RenderFormat::MinifiedJson);
    assert!(!minified.contains('\n'));
    assert_eq!(read(rendered(RenderFormat::Json), "rack.json"), minified);
    assert_eq!(read(rendered(RenderFormat::Yaml), "rack.yaml"), minified);
    assert_eq!(rendered(RenderFormat::Json), rendered(RenderFormat::Json));
}

#[test]
fn every_entry_of_the_model_is_in_the_document() {
    let rack = rack::rack();
    let document = document();
    for (section, entries) in [("Parameters", &rack.parameters), ("Conditions", &rack.conditions), ("Resources", &rack.resources)] {
        assert_eq!(names(&document[section]), entries.keys().cloned().collect(), "{section}");
    }
    assert_eq!(names(&document["Outputs"]), rack.outputs.keys().cloned().collect());
}

#[test]
fn every_parameter_is_in_exactly_one_group() {
    let document = document();
    let groups = document["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"].as_array().unwrap();
    let mut grouped: Vec<&str> =
        groups.iter().flat_map(|group| group["Parameters"].as_array().unwrap()).map(|name| name.as_str().unwrap()).collect();
    grouped.sort_unstable();
    assert_eq!(grouped, names(&document["Parameters"]).iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn a_new_parameter_and_a_new_resource_appear_in_the_rendered_rack() {
    const RETENTION: ParameterName<u32> = ParameterName::new("AuditRetention");
    let mut rack = rack::rack();
    rack.parameter(Group::Logs, &RETENTION, &Parameter::number(7, "Days to keep the audit log"));
    let log_group = LogGroup::new(Some(RETENTION.value().into()), vec![]);
    rack.resource(&LogicalId::new("AuditLog"), &Declared::new(log_group));
    let options = RenderOptions { format: RenderFormat::MinifiedJson, templates: None };
    let document: Value = serde_json::from_str(&render_sections(&rack, &options).unwrap()).unwrap();
    assert_eq!(document["Parameters"]["AuditRetention"]["Type"], "Number");
    assert_eq!(document["Resources"]["AuditLog"]["Properties"]["RetentionInDays"], json!({"Ref": "AuditRetention"}));
    let groups = document["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"].as_array().unwrap();
    let logs = groups.iter().find(|group| group["Label"]["default"] == "logs").unwrap();
    assert_eq!(logs["Parameters"].as_array().unwrap().last(), Some(&json!("AuditRetention")));
}

/// A parameter of the model and some values of it, the default first.
type Switch = (String, Vec<String>);

/// Returns every parameter that is a choice between a few values, or between its default and an example.
///
/// The examples of a parameter without allowed values are a value after "such as" in its constraint, and its minimum.
fn switches(rack: &Sections) -> Vec<Switch> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let values = |declaration: &Value| {
        let mut values: Vec<String> = declaration.get("Default").map(text).into_iter().collect();
        let allowed: Vec<String> = declaration["AllowedValues"].as_array().into_iter().flatten().map(text).collect();
        values.extend(declaration.get("MinValue").map(text));
        if allowed.is_empty() && declaration["Type"] != "Number" {
            let constraint = declaration["ConstraintDescription"].as_str().unwrap_or("such as 1");
            let example = constraint.split("such as ").nth(1).and_then(|example| example.split(", or blank").next());
            values.extend(example.map(str::to_owned));
        }
        values.extend(allowed);
        let mut seen = BTreeSet::new();
        values.retain(|value| seen.insert(value.clone()));
        values.truncate(4);
        values
    };
    rack.parameters.iter().map(|(name, declaration)| (name.clone(), values(declaration))).collect()
}

/// Returns the parameters that a condition depends on, directly or through other conditions.
fn parameters_of_condition(rack: &Sections, condition: &Value, found: &mut BTreeSet<String>) {
    match condition {
        Value::Object(members) => {
            for (key, value) in members {
                match (key.as_str(), value.as_str()) {
                    ("Ref", Some(name)) if rack.parameters.contains_key(name) => drop(found.insert(name.to_owned())),
                    ("Condition", Some(name)) => parameters_of_condition(rack, &rack.conditions[name], found),
                    _ => parameters_of_condition(rack, value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| parameters_of_condition(rack, item, found)),
        _ => {}
    }
}

/// The validator searches for parameter values with which a reference is active while its resource does not exist, and reports it as a
/// finding if there are too many combinations for the search.
#[test]
fn no_combination_of_parameters_makes_a_reference_dangle() {
    let source = Source::new("rack.json", rendered(RenderFormat::MinifiedJson));
    let arena = Arena::new();
    let template = Template::read(&source, &arena).unwrap();
    let findings = validate(&template, Options::default());
    assert!(findings.is_empty(), "{findings:#?}");
}

/// Evaluates every combination of the parameters on which conditions of the build cache depend, each in both kinds of regions and with
/// other values of the other parameters. An unresolved reference fails the evaluation.
///
/// The other parameters have pseudo-random values; with 64 combinations, almost every pair of values occurs.
#[test]
fn the_rack_evaluates_with_all_values_of_its_parameters() {
    let rack = rack::rack();
    let mut connected = BTreeSet::new();
    for (_, condition) in rack.conditions.iter().filter(|(name, _)| name.starts_with("BuildCache")) {
        parameters_of_condition(&rack, condition, &mut connected);
    }
    let switches = switches(&rack);
    let (connected, others): (Vec<&Switch>, Vec<&Switch>) = switches.iter().partition(|(name, _)| connected.contains(name));
    assert!(connected.iter().all(|(_, values)| values.len() == 2), "{connected:?}");
    let source = Source::new("rack.json", rendered(RenderFormat::MinifiedJson));
    let arena = Arena::new();
    let template = Template::read(&source, &arena).unwrap();
    let mut random = 1_u64;
    let mut next = |bound: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(random >> 33).unwrap() % bound
    };
    for combination in 0..1 << connected.len() {
        for region in ["us-east-1", "us-west-1"] {
            let flag = |(name, values): &Switch, which: usize| format!("{name}={}", values[which]);
            let fixed: Vec<String> = connected.iter().enumerate().map(|(bit, switch)| flag(switch, (combination >> bit) & 1)).collect();
            // Rules reject some combinations, such as memory that Fargate does not support for the CPU size.
            let (flags, resources) = (0..1000)
                .find_map(|_| {
                    let drawn: Vec<String> = others.iter().map(|switch| flag(switch, next(switch.1.len()))).collect();
                    let flags: Vec<String> = fixed.iter().cloned().chain(drawn).collect();
                    let (resources, _) = accepted(&template, region, &flags.iter().map(String::as_str).collect::<Vec<_>>()).ok()?;
                    Some((flags, resources))
                })
                .unwrap();
            let has = |flag: &str| flags.iter().any(|given| given == flag);
            let cached = has("BuildCache=Yes");
            let on_fargate = cached && has("BuildMethod=fargate");
            let third = region == "us-east-1" && has("HighAvailability=true") && has("MaxAvailabilityZones=3");
            assert_eq!(resources.get("BuildCacheRepository").is_some(), cached, "{region} {flags:?}");
            assert_eq!(resources.get("BuildCacheFilesystem").is_some(), on_fargate, "{region} {flags:?}");
            assert_eq!(resources.get("BuildCacheTarget2").is_some(), on_fargate && third, "{region} {flags:?}");
        }
    }
}

#[test]
fn enabling_the_cache_adds_its_resources_and_changes_only_the_fargate_task() {
    let (before, _) = evaluated("us-east-1", &["BuildMethod=fargate"]);
    let (after, outputs) = evaluated("us-east-1", &["BuildMethod=fargate", "BuildCache=Yes"]);
    let added: Vec<String> = names(&after).difference(&names(&before)).cloned().collect();
    assert_eq!(
        added,
        [
            "BuildCacheFilesystem",
            "BuildCacheRepository",
            "BuildCacheSecurity",
            "BuildCacheTarget0",
            "BuildCacheTarget1",
            "BuildCacheTarget2"
        ]
    );
    let changed: Vec<String> = names(&before).into_iter().filter(|id| before[id] != after[id]).collect();
    assert_eq!(changed, ["ApiBuildFargate"]);
    assert!(outputs.get("BuildCacheRepositoryUri").is_some() && outputs.get("BuildCacheFilesystem").is_some());

    let (before, _) = evaluated("us-east-1", &[]);
    let (after, _) = evaluated("us-east-1", &["BuildCache=Yes"]);
    assert_eq!(names(&after).difference(&names(&before)).collect::<Vec<_>>(), ["BuildCacheRepository"]);
    assert!(names(&before).iter().all(|id| before[id] == after[id]));
}

#[test]
fn builds_mount_the_file_system_over_tls_and_only_their_security_group_can_reach_it() {
    let (resources, _) = evaluated("eu-west-1", &["BuildMethod=fargate", "BuildCache=Yes", "BuildInstanceSecurityGroup=sg-2"]);
    let volume = &resources["ApiBuildFargate"]["Volumes"][0];
    assert_eq!(volume["EFSVolumeConfiguration"]["TransitEncryption"], "ENABLED");
    let rules = resources["BuildCacheSecurity"]["SecurityGroupIngress"].as_array().unwrap();
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0]["SourceSecurityGroupId"], "sg-2");
}

#[test]
fn the_build_roles_allow_only_the_ecr_login_on_all_resources() {
    let document = document();
    for role in ["ApiBuildRole", "ApiBuildExecutionRole"] {
        for statement in document["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap() {
            if statement["Resource"] == json!(["*"]) {
                assert_eq!(statement["Action"], json!(["ecr:GetAuthorizationToken"]), "{role}");
            }
            assert!(statement["Action"].as_array().unwrap().iter().all(|action| !action.as_str().unwrap().contains('*')), "{role}");
        }
    }
}

fn overridden(name: &str, text: &str) -> Result<String, Diagnostics> {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(name), text).unwrap();
    render(&RenderOptions { format: RenderFormat::MinifiedJson, templates: Some(directory.path()) })
}

/// Returns message, position and hint of the first problem.
fn first(problems: &Diagnostics) -> (String, String, String) {
    let problem = &problems.0[0];
    let position = problem.labels.first().map_or_else(String::new, |label| {
        let name = label.source.name().rsplit('/').next().unwrap_or_default();
        format!("{name}:{}", label.start())
    });
    (problem.message.clone(), position, problem.hint.clone().unwrap_or_default())
}

#[test]
fn a_directory_replaces_one_source_and_keeps_the_others() {
    let root = |resources: &str| {
        format!(
            r#"{{"Metadata": {{{{ metadata | json }}}}, "Parameters": {{ {{{{ parameters | entries }}}} }}, "Mappings": {{% include "mappings.json.j2" %}},
            "Conditions": {{ {{{{ conditions | entries }}}} }}, "Resources": {{ {resources} }}, "Outputs": {{ {{{{ outputs | entries }}}} }}}}"#
        )
    };
    // Without the tasks, the outputs that refer to them are errors.
    let problems = overridden("rack.json.j2", &root(r#"{{ resources | entries("Cluster") }}"#)).unwrap_err();
    assert!(problems.0.iter().any(|problem| problem.message.contains("`ApiBuildFargate`")), "{problems:?}");

    let own = root(r#"{{ resources | entries }}, "Own": {"Type": "AWS::SNS::Topic"}"#);
    let document: Value = serde_json::from_str(&overridden("rack.json.j2", &own).unwrap()).unwrap();
    assert_eq!(document["Resources"]["Own"], json!({"Type": "AWS::SNS::Topic"}));
    assert!(document["Resources"].get("Subnet0").is_some());

    let document: Value = serde_json::from_str(&overridden("rules.json.j2", "{}").unwrap()).unwrap();
    assert_eq!(document["Rules"], json!({}));
}

#[test]
fn a_source_that_nothing_includes_any_more_is_refused() {
    let (message, position, hint) = first(&overridden("network.json.j2", "{}").unwrap_err());
    assert_eq!(message, "no built-in template source includes `network.json.j2` any more");
    assert_eq!(position, "network.json.j2:1:1");
    assert!(hint.starts_with("change the section in rack.json.j2 instead"), "{hint}");
}

#[test]
fn an_error_in_a_template_source_has_its_position() {
    let (message, position, _) = first(&overridden("rack.json.j2", "{# one #}\n{{ resources | entries('Clutser') }}").unwrap_err());
    assert!(message.contains("unknown entry `Clutser`; did you mean `Cluster`?"), "{message}");
    assert_eq!(position.split(':').take(2).collect::<Vec<_>>(), ["rack.json.j2", "2"]);

    let (message, position, hint) = first(&overridden("rules.json.j2", "\n\n{{ recources }}").unwrap_err());
    assert!(message.starts_with("undefined value"), "{message}");
    assert_eq!(position, "rules.json.j2:3:4");
    assert!(hint.contains("`resources`"), "{hint}");

    let (message, position, _) = first(&overridden("rack.json.j2", "{\n  {% if %}\n}").unwrap_err());
    assert!(message.starts_with("syntax error"), "{message}");
    assert!(position.starts_with("rack.json.j2:2:"), "{position}");

    let (message, _, _) = first(&overridden("rack.json.j2", "{ {% include \"gone.json.j2\" %} }").unwrap_err());
    assert!(message.contains("gone.json.j2"), "{message}");
}

#[test]
fn invalid_json_from_a_template_source_is_an_error() {
    let (_, position, _) = first(&overridden("rack.json.j2", "{\n  \"Resources\": {\n").unwrap_err());
    assert!(position.starts_with("rack.json (rendered):"), "{position}");
}

#[test]
fn all_unresolved_references_are_reported_together() {
    let text = r#"{
        "Conditions": {"On": {"Fn::Equals": ["a", "a"]}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Condition": "Onn", "DependsOn": "Topics", "Properties": {
            "TopicName": {"Fn::Sub": "${!Literal}-${AWS::StackName}-${Nmae}-${Topci.TopicName}"},
            "DisplayName": {"Fn::If": ["On", {"Ref": "Nothing"}, {"Fn::GetAtt": ["Top", "Arn"]}]}
        }}}
    }"#;
    let problems = overridden("rack.json.j2", text).unwrap_err();
    let messages: Vec<&str> = problems.0.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "the condition `Onn` does not exist",
            "the resource `Topics` does not exist",
            "the parameter or resource `Nmae` does not exist",
            "the resource `Topci` does not exist",
            "the parameter or resource `Nothing` does not exist",
            "the resource `Top` does not exist"
        ]
    );
    assert_eq!(problems.0[0].hint.as_deref(), Some("did you mean `On`?"));
}

#[test]
fn a_directory_without_template_sources_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let options = RenderOptions { format: RenderFormat::Json, templates: Some(directory.path()) };
    assert!(first(&render(&options).unwrap_err()).0.ends_with("contains no template sources"));
    let missing = directory.path().join("gone");
    let options = RenderOptions { format: RenderFormat::Json, templates: Some(&missing) };
    assert!(first(&render(&options).unwrap_err()).0.starts_with("cannot read the template source directory"));
}

#[test]
fn differing_lines_have_their_line_numbers() {
    assert_eq!(
        differing_lines("a\nb\nc\n", "a\nB\nc\nd\n"),
        [
            LineDifference::Extra(2, "b\n".to_owned()),
            LineDifference::Missing(2, "B\n".to_owned()),
            LineDifference::Missing(4, "d\n".to_owned()),
        ]
    );
    assert!(differing_lines("same\n", "same\n").is_empty());
}

/// A rendered rack already contains exactly what `patch` would insert, in JSON and in YAML.
#[test]
fn a_rendered_rack_needs_no_patch() {
    for (format, name) in [(RenderFormat::Json, "rack.json"), (RenderFormat::MinifiedJson, "rack.json"), (RenderFormat::Yaml, "rack.yaml")]
    {
        let patched = rackform::patch::patch(&Source::new(name, rendered(format))).unwrap();
        assert!(patched.is_unchanged(), "{}", patched.unified_diff());
    }
}

#[test]
fn patch_accepts_a_key_that_also_encrypts_other_resources() {
    let mut document = document();
    document["Conditions"]["KeyInUse"] =
        json!({"Fn::Or": [{"Condition": "EnableSharedEFSVolumeEncryptionCond"}, {"Condition": "BuildCache"}]});
    document["Resources"]["CustomerManagedKey"]["Condition"] = json!("KeyInUse");
    let patched = rackform::patch::patch(&Source::new("rack.json", document.to_string())).unwrap();
    assert!(patched.is_unchanged(), "{}", patched.unified_diff());
}

/// `tests/run` installs cfn-lint and names it in `RACKFORM_CFN_LINT`.
#[test]
fn cfn_lint_accepts_the_rendered_rack_in_every_format() {
    let Some(linter) = std::env::var_os("RACKFORM_CFN_LINT") else {
        crate::support::skip("no cfn-lint (RACKFORM_CFN_LINT names it; `tests/run` installs it)");
        return;
    };
    let bench = super::program::Bench::new();
    for (arguments, file) in [("", "pretty.json"), ("--minify", "minified.json"), ("--format yaml", "rack.yaml")] {
        let rendered = bench.run(&format!("render {arguments} -o {file}"));
        assert_eq!(rendered.code, 0, "{rendered}");
        let found = std::process::Command::new(&linter).arg("--").arg(file).current_dir(bench.path()).output().unwrap();
        assert!(found.status.success(), "{file}\n{}{}", String::from_utf8_lossy(&found.stdout), String::from_utf8_lossy(&found.stderr));
    }
}

#[test]
fn template_sources_that_do_not_end_are_refused() {
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{{ b }}{% endfor %}{% endfor %}";
    let (message, position, _) = first(&overridden("rack.json.j2", endless).unwrap_err());
    assert!(message.contains("the template sources take more than 10000000 instructions"), "{message}");
    assert!(position.contains("rack.json.j2:1"), "{position}");
}
