//! Tests of `render`.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;

use rackform::evaluate::{State, evaluate};
use rackform::model::rack;
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::render::{LineDifference, RenderFormat, RenderOptions, differing_lines, render};
use rackform::template::{Arena, Diagnostics, Document, Source, Template};
use serde_json::{Value, json};

fn rendered(format: RenderFormat) -> String {
    render(&RenderOptions { format, templates: None }).unwrap()
}

fn document() -> Value {
    serde_json::from_str(&rendered(RenderFormat::MinifiedJson)).unwrap()
}

/// Returns the resources of the rack under those parameters, and the outputs.
fn evaluated(region: &str, flags: &[&str]) -> (Value, Value) {
    let source = Source::new("rack.json", rendered(RenderFormat::MinifiedJson));
    let arena = Arena::new();
    evaluated_template(&Template::read(&source, &arena).unwrap(), region, flags)
}

fn evaluated_template(template: &Template<'_>, region: &str, flags: &[&str]) -> (Value, Value) {
    let arena = Arena::new();
    let mut given = ParameterOverrides::new();
    flags.iter().for_each(|flag| given.add_flag(flag).unwrap());
    let parameters = ParameterSet::resolve(template, &given).unwrap();
    let pseudo = [("AWS::Region".to_owned(), json!(region))].into_iter().collect();
    let state = State { pseudo, ..State::default() };
    let evaluation = evaluate(template, &parameters, &state, &arena).unwrap_or_else(|problems| panic!("{flags:?}: {problems:#?}"));
    let resources = evaluation.resources.iter().map(|(id, resource)| ((*id).to_owned(), resource.properties.to_json())).collect();
    let outputs = evaluation.outputs.iter().map(|(name, output)| ((*name).to_owned(), output.value.to_json())).collect();
    (Value::Object(resources), Value::Object(outputs))
}

fn names(map: &Value) -> BTreeSet<String> {
    map.as_object().unwrap().keys().cloned().collect()
}

/// Changes to what is rendered show here, and in a review.
#[test]
fn the_rack_is_what_was_reviewed() {
    insta::assert_snapshot!("rack.json", rendered(RenderFormat::Json));
}

#[test]
fn every_form_says_the_same_and_renders_to_the_same_bytes_twice() {
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
fn every_resource_of_the_model_is_in_the_document() {
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

/// 512 combinations in two regions; a reference that dangles under one of them fails the evaluation.
#[test]
fn every_reference_resolves_under_every_combination_of_parameters() {
    const CHOICES: [[&str; 2]; 9] = [
        ["BuildCache=No", "BuildCache=Yes"],
        ["BuildMethod=ec2", "BuildMethod=fargate"],
        ["HighAvailability=true", "HighAvailability=false"],
        ["MaxAvailabilityZones=3", "MaxAvailabilityZones=2"],
        ["ExistingVpc=", "ExistingVpc=vpc-1"],
        ["InternetGateway=", "InternetGateway=igw-1"],
        ["InstanceSecurityGroup=", "InstanceSecurityGroup=sg-1"],
        ["BuildInstanceSecurityGroup=", "BuildInstanceSecurityGroup=sg-2"],
        ["EnableSharedEFSVolumeEncryption=false", "EnableSharedEFSVolumeEncryption=true"],
    ];
    let source = Source::new("rack.json", rendered(RenderFormat::MinifiedJson));
    let arena = Arena::new();
    let template = Template::read(&source, &arena).unwrap();
    for combination in 0..1 << CHOICES.len() {
        let mut flags: Vec<&str> = CHOICES.iter().enumerate().map(|(bit, choice)| choice[combination >> bit & 1]).collect();
        // The rest has no condition in common with the others and goes along.
        flags.push(["BuildCacheCleanup=Yes", "BuildCacheCleanup=No"][combination & 1]);
        flags.push(["LogRetention=7", "LogRetention="][combination >> 1 & 1]);
        flags.push(["BuildImage=", "BuildImage=example/build:1"][combination >> 2 & 1]);
        for region in ["us-east-1", "us-west-1"] {
            let (resources, _) = evaluated_template(&template, region, &flags);
            let has = |flag: &str| flags.contains(&flag);
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
fn turning_the_cache_on_adds_the_cache_and_changes_only_the_fargate_task() {
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
fn builds_mount_over_tls_what_only_their_own_group_reaches() {
    let (resources, _) = evaluated("eu-west-1", &["BuildMethod=fargate", "BuildCache=Yes", "BuildInstanceSecurityGroup=sg-2"]);
    let volume = &resources["ApiBuildFargate"]["Volumes"][0];
    assert_eq!(volume["EFSVolumeConfiguration"]["TransitEncryption"], "ENABLED");
    let rules = resources["BuildCacheSecurity"]["SecurityGroupIngress"].as_array().unwrap();
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0]["SourceSecurityGroupId"], "sg-2");
}

#[test]
fn the_build_task_may_nothing_on_everything_but_sign_in() {
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

/// Returns message, place and hint of the first problem.
fn first(problems: &Diagnostics) -> (String, String, String) {
    let problem = &problems.0[0];
    let place = problem.labels.first().map_or_else(String::new, |label| {
        let name = label.source.name().rsplit('/').next().unwrap_or_default();
        format!("{name}:{}", label.start())
    });
    (problem.message.clone(), place, problem.hint.clone().unwrap_or_default())
}

#[test]
fn a_directory_overrides_one_partial_and_leaves_the_others() {
    let text = overridden("builds.json.j2", r#"{{ resources | entries("Cluster") }}, "Own": {"Type": "AWS::SNS::Topic"}"#);
    // The tasks are gone, and the outputs that name them say so.
    let problems = text.unwrap_err();
    let (message, _, _) = first(&problems);
    assert_eq!(message, "there is no parameter or resource `ApiBuildFargate`");

    let partial = r#"{{ resources | entries("Cluster", "ApiBuildTasks", "ApiBuildFargate") }}, "Own": {"Type": "AWS::SNS::Topic"}"#;
    let document: Value = serde_json::from_str(&overridden("builds.json.j2", partial).unwrap()).unwrap();
    assert_eq!(document["Resources"]["Own"], json!({"Type": "AWS::SNS::Topic"}));
    assert!(document["Resources"].get("Subnet0").is_some());
}

#[test]
fn a_mistake_in_a_template_source_is_shown_at_its_place() {
    let (message, place, _) = first(&overridden("builds.json.j2", "{# one #}\n{{ resources | entries('Clutser') }}").unwrap_err());
    assert!(message.contains("there is no entry `Clutser`; did you mean `Cluster`?"), "{message}");
    assert_eq!(place.split(':').take(2).collect::<Vec<_>>(), ["builds.json.j2", "2"]);

    let (message, place, hint) = first(&overridden("access.json.j2", "\n\n{{ recources }}").unwrap_err());
    assert!(message.starts_with("something undefined is used"), "{message}");
    assert_eq!(place, "access.json.j2:3:4");
    assert!(hint.contains("`resources`"), "{hint}");

    let (message, place, _) = first(&overridden("rack.json.j2", "{\n  {% if %}\n}").unwrap_err());
    assert!(message.starts_with("syntax error"), "{message}");
    assert!(place.starts_with("rack.json.j2:2:"), "{place}");

    let (message, _, _) = first(&overridden("rack.json.j2", "{ {% include \"gone.json.j2\" %} }").unwrap_err());
    assert!(message.contains("gone.json.j2"), "{message}");
}

#[test]
fn broken_json_out_of_a_template_source_is_refused() {
    let (_, place, _) = first(&overridden("rack.json.j2", "{\n  \"Resources\": {\n").unwrap_err());
    assert!(place.starts_with("rack.json (rendered):"), "{place}");
}

#[test]
fn references_to_nothing_are_told_all_at_once() {
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
            "there is no condition `Onn`",
            "there is no resource `Topics`",
            "there is no parameter or resource `Nmae`",
            "there is no resource `Topci`",
            "there is no parameter or resource `Nothing`",
            "there is no resource `Top`"
        ]
    );
    assert_eq!(problems.0[0].hint.as_deref(), Some("did you mean `On`?"));
}

#[test]
fn a_directory_without_template_sources_is_no_override() {
    let directory = tempfile::tempdir().unwrap();
    let options = RenderOptions { format: RenderFormat::Json, templates: Some(directory.path()) };
    assert!(first(&render(&options).unwrap_err()).0.ends_with("has no template sources"));
    let missing = directory.path().join("gone");
    let options = RenderOptions { format: RenderFormat::Json, templates: Some(&missing) };
    assert!(first(&render(&options).unwrap_err()).0.starts_with("cannot read the directory of template sources"));
}

#[test]
fn differing_lines_are_told_with_their_numbers() {
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

/// What `patch` would put into a rack is what a rendered rack has, to the letter and in JSON and YAML.
#[test]
fn a_rendered_rack_needs_no_patch() {
    for (format, name) in [(RenderFormat::Json, "rack.json"), (RenderFormat::MinifiedJson, "rack.json"), (RenderFormat::Yaml, "rack.yaml")]
    {
        let patched = rackform::patch::patch(&Source::new(name, rendered(format))).unwrap();
        assert!(patched.is_unchanged(), "{}", patched.unified_diff());
    }
}

/// `tests/run` installs cfn-lint and names it in `RACKFORM_CFN_LINT`.
#[test]
fn cfn_lint_finds_nothing_in_any_form_of_the_rendered_rack() {
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
