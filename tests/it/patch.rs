//! Tests of `patch`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failing test may panic")]

use rackform::patch::{Patched, patch};
use rackform::template::{Diagnostics, Source};

const SMALL: &str = include_str!("../../fixtures/patch-small-rack/rack.json");

fn patched(text: &str) -> Patched {
    patch(&Source::new("rack.json", text)).unwrap_or_else(|problems| panic!("{problems}"))
}

fn refused(text: &str) -> Diagnostics {
    patch(&Source::new("rack.json", text)).expect_err("this template must be refused")
}

/// Patches, checks that a second run changes nothing, and returns the new text.
fn twice(text: &str) -> String {
    let first = patched(text);
    assert!(!first.is_unchanged());
    let second = patched(first.text());
    assert!(second.is_unchanged());
    assert_eq!(second.text(), first.text());
    assert_eq!(second.unified_diff(), "");
    first.text().to_owned()
}

/// Returns the lines that a line diff takes out and puts in.
fn lines(before: &str, after: &str) -> (Vec<String>, Vec<String>) {
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for change in similar::TextDiff::from_lines(before, after).iter_all_changes() {
        match change.tag() {
            similar::ChangeTag::Delete => removed.push(change.value().to_owned()),
            similar::ChangeTag::Insert => added.push(change.value().to_owned()),
            similar::ChangeTag::Equal => {}
        }
    }
    (removed, added)
}

#[test]
fn a_real_rack_gains_lines_and_loses_none() {
    let Some(folder) = crate::support::shared_data() else { return };
    let before = std::fs::read_to_string(folder.join("convox-rack-20260421.json")).unwrap();
    let first = patched(&before);
    let (removed, added) = lines(&before, first.text());
    assert_eq!(removed, Vec::<String>::new());
    assert!(added.contains(&"              { \"Name\": \"DOCKER_BUILDKIT\", \"Value\": \"1\" },\n".to_owned()));
    assert!(added.iter().all(|line| line.len() < 400), "one line is no place for a resource");
    let paths: Vec<&str> = first.changes().iter().map(|change| change.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "Conditions.BuildCache",
            "Conditions.BuildCacheCleanup",
            "Conditions.BuildCacheFargate",
            "Conditions.BuildCacheFargateThirdAvailabilityZone",
            "Parameters.BuildCache",
            "Parameters.BuildCacheCleanup",
            "Parameters.BuildCacheRetentionDays",
            "Resources.BuildCacheFilesystem",
            "Resources.BuildCacheSecurity",
            "Resources.BuildCacheTarget0",
            "Resources.BuildCacheTarget1",
            "Resources.BuildCacheTarget2",
            "Resources.BuildCacheRepository",
            "Resources.ApiBuildTasks.Properties.ContainerDefinitions.0.Environment.1",
            "Resources.ApiBuildFargate.Properties.ContainerDefinitions.0.MountPoints",
            "Resources.ApiBuildFargate.Properties.Volumes",
        ]
    );
    let second = patched(first.text());
    assert!(second.is_unchanged());
    assert_eq!(second.text(), first.text());
}

#[test]
fn a_patched_template_is_the_old_one_with_the_cache_in_it() {
    let text = twice(SMALL);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let resources = &value["Resources"];
    assert_eq!(
        resources["BuildCacheSecurity"]["Properties"]["SecurityGroupIngress"][0]["SourceSecurityGroupId"],
        serde_json::json!({ "Fn::If": [
            "BlankBuildInstanceSecurityGroup",
            { "Fn::If": ["BlankInstanceSecurityGroup", { "Ref": "InstancesSecurity" }, { "Ref": "InstanceSecurityGroup" }] },
            { "Ref": "BuildInstanceSecurityGroup" },
        ] })
    );
    assert_eq!(
        value["Conditions"]["BlankBuildInstanceSecurityGroup"],
        serde_json::json!({ "Fn::Equals": [{ "Ref": "BuildInstanceSecurityGroup" }, ""] })
    );
    assert_eq!(resources["BuildCacheSecurity"]["Properties"]["VpcId"], serde_json::json!({ "Ref": "Vpc" }));
    assert_eq!(resources["BuildCacheFilesystem"]["Properties"].get("KmsKeyId"), None, "this rack has no key");
    assert_eq!(
        value["Conditions"]["BuildCacheFargateThirdAvailabilityZone"],
        serde_json::json!({ "Fn::And": [{ "Condition": "BuildCacheFargate" }, { "Condition": "ThirdAvailabilityZone" }] })
    );
}

/// Returns the JSON value of a text, a byte order mark aside.
fn value(text: &str) -> serde_json::Value {
    serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap()
}

#[test]
fn every_form_of_a_text_keeps_its_own() {
    let two = twice(SMALL);
    let plain = value(SMALL);
    let tabs = SMALL.lines().map(|line| {
        let body = line.trim_start();
        format!("{}{body}\n", "\t".repeat((line.len() - body.len()) / 2))
    });
    let tabs: String = tabs.collect();
    let dos = format!("\u{feff}{}", SMALL.replace('\n', "\r\n"));
    let minified = plain.to_string();
    let expanded = serde_json::to_string_pretty(&plain).unwrap();
    for text in [&tabs, &dos, &minified, &expanded] {
        assert_eq!(value(&twice(text)), value(&two));
    }

    let text = twice(&tabs);
    assert!(!text.contains("  "), "tabs stay tabs: {text}");
    let text = twice(&dos);
    assert!(text.starts_with('\u{feff}') && text.ends_with("}\r\n"));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    assert_eq!(text.trim_start_matches('\u{feff}').replace("\r\n", "\n"), two);
    let text = twice(&minified);
    assert_eq!(text, value(&text).to_string(), "one line stays one line with no blanks");
    let text = twice(&expanded);
    assert_eq!(text, serde_json::to_string_pretty(&value(&text)).unwrap(), "a pretty-printer's output stays its output");
    assert_eq!(lines(&expanded, &text).0, Vec::<String>::new());
    let text = twice(SMALL.trim_end());
    assert_eq!(text, two.trim_end());
    let blanks = minified.replace("\":", "\": ").replace(",\"", ", \"");
    assert!(twice(&blanks).contains(r#""BuildCache": {"Type": "String", "Description": "#));
}

#[test]
fn a_wider_indentation_is_kept() {
    let four: String = SMALL
        .lines()
        .map(|line| {
            let body = line.trim_start();
            format!("{}{body}\n", " ".repeat((line.len() - body.len()) * 2))
        })
        .collect();
    let text = twice(&four);
    assert!(text.contains("\n        \"BuildCacheTarget0\": {\n            \"Type\": \"AWS::EFS::MountTarget\",\n"), "{text}");
    assert!(text.lines().all(|line| (line.len() - line.trim_start().len()).is_multiple_of(4)));
}

#[test]
fn lists_that_hold_something_keep_it() {
    let text = value(&twice(SMALL));
    let fargate = &text["Resources"]["ApiBuildFargate"]["Properties"];
    assert_eq!(
        fargate["Volumes"],
        serde_json::json!([{ "Name": "scratch" }, { "Fn::If": ["BuildCacheFargate", {
            "Name": "build-cache",
            "EFSVolumeConfiguration": { "FilesystemId": { "Ref": "BuildCacheFilesystem" }, "TransitEncryption": "ENABLED" },
        }, { "Ref": "AWS::NoValue" }] }])
    );
    assert_eq!(fargate["ContainerDefinitions"][0]["MountPoints"][0]["SourceVolume"], "scratch");
    assert_eq!(fargate["ContainerDefinitions"][0]["MountPoints"][1]["Fn::If"][1]["ContainerPath"], "/kaniko/caches");
}

#[test]
fn a_cache_that_is_there_in_part_is_completed() {
    let whole = twice(SMALL);
    let mut part = value(&whole);
    part["Resources"].as_object_mut().unwrap().shift_remove("BuildCacheTarget1").unwrap();
    part["Resources"].as_object_mut().unwrap().shift_remove("BuildCacheRepository").unwrap();
    part["Conditions"].as_object_mut().unwrap().shift_remove("BuildCache").unwrap();
    let part = serde_json::to_string_pretty(&part).unwrap();
    let completed = patched(&part);
    let paths: Vec<&str> = completed.changes().iter().map(|change| change.path.as_str()).collect();
    assert_eq!(paths, ["Conditions.BuildCache", "Resources.BuildCacheTarget1", "Resources.BuildCacheRepository"]);
    assert_eq!(value(completed.text()), value(&whole));
}

#[test]
fn order_of_keys_wording_and_spelling_of_numbers_are_no_clash() {
    let whole = twice(SMALL);
    let other = whole
        .replacen("\"AllowedValues\": [ \"Yes\", \"No\" ]", "\"AllowedValues\": [ \"No\", \"Yes\" ]", 1)
        .replace("\"Default\": \"30\"", "\"Default\": 30")
        .replace("\"MinValue\": 1,", "\"MinValue\": \"1\", \"ConstraintDescription\": \"a year at most\",")
        .replace(
            "{ \"SourceVolume\": \"build-cache\", \"ContainerPath\": \"/kaniko/caches\"",
            "{ \"ContainerPath\": \"/kaniko/caches\", \"SourceVolume\": \"build-cache\"",
        );
    assert_ne!(whole, other);
    assert!(patched(&other).is_unchanged());
}

/// Returns each problem as its line and message.
fn told(problems: &Diagnostics) -> Vec<(usize, String)> {
    let line = |problem: &rackform::template::Diagnostic| problem.labels.first().map_or(0, |label| label.start().line);
    problems.0.iter().map(|problem| (line(problem), problem.message.clone())).collect()
}

#[test]
fn everything_in_the_way_is_told_at_once_with_both_sides() {
    let text = SMALL
        .replace(
            "    \"Zones\": {",
            "    \"BuildCache\": { \"Type\": \"String\", \"Default\": \"No\", \"AllowedValues\": [ \"on\", \"off\" ] },\n    \"Zones\": {",
        )
        .replace("    \"Vpc\": {", "    \"BuildCacheFilesystem\": { \"Type\": \"AWS::S3::Bucket\" },\n    \"Vpc\": {")
        .replace("{ \"Name\": \"PROVIDER\", \"Value\": \"aws\" }", "{ \"Name\": \"DOCKER_BUILDKIT\", \"Value\": \"0\" }")
        .replace("{ \"Name\": \"scratch\" }", "{ \"Name\": \"build-cache\" }")
        .replace("\"/scratch\"", "\"/kaniko/caches/\"");
    let problems = told(&refused(&text));
    let at = |needle: &str| 1 + text.lines().position(|line| line.contains(needle)).unwrap();
    let places: Vec<usize> = problems.iter().map(|(line, _)| *line).collect();
    assert_eq!(
        places,
        [at("\"on\", \"off\""), at("AWS::S3::Bucket"), at("DOCKER_BUILDKIT"), at("/kaniko/caches/"), at("{ \"Name\": \"build-cache\" }")],
        "{problems:?}"
    );
    assert_eq!(
        problems[0].1,
        "the parameter `BuildCache` is another one: its `AllowedValues` is `[\"on\",\"off\"]`, the build cache's is `[\"No\",\"Yes\"]`"
    );
    assert!(problems[1].1.contains("AWS::S3::Bucket") && problems[1].1.contains("AWS::EFS::FileSystem"), "{}", problems[1].1);
    assert!(problems[2].1.contains(r#"`{"Name":"DOCKER_BUILDKIT","Value":"0"}`"#) && problems[2].1.contains(r#""Value":"1""#));
    assert!(problems[3].1.contains("`ContainerPath`"));
}

#[test]
fn a_name_of_the_cache_that_stands_for_another_kind_of_thing_is_in_the_way() {
    let text = SMALL.replace("    \"Vpc\": {", "    \"BuildCache\": { \"Type\": \"AWS::S3::Bucket\" },\n    \"Vpc\": {");
    let problems = told(&refused(&text));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].1.starts_with("`BuildCache` is a resource here"), "{}", problems[0].1);
}

#[test]
fn a_list_that_is_a_function_is_told_and_left_alone() {
    let text = SMALL.replace(
        "[\n          { \"Name\": \"scratch\" }\n        ]",
        "{ \"Fn::If\": [ \"ThirdAvailabilityZone\", [ { \"Name\": \"scratch\" } ], { \"Ref\": \"AWS::NoValue\" } ] }",
    );
    assert_ne!(text, SMALL);
    let problems = told(&refused(&text));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].1.starts_with("`Volumes` of `ApiBuildFargate` is `{\"Fn::If\""), "{}", problems[0].1);
}

#[test]
fn everything_that_lacks_is_told_at_once() {
    let mut rack = value(SMALL);
    let resources = rack["Resources"].as_object_mut().unwrap();
    for name in ["Subnet1", "InstancesSecurity"] {
        resources.shift_remove(name).unwrap();
    }
    let fargate = resources.shift_remove("ApiBuildFargate").unwrap();
    resources.insert("ApiBuildFargat".to_owned(), fargate);
    resources["ApiBuildTasks"]["Properties"]["ContainerDefinitions"][0]["Name"] = "web".into();
    let problems = refused(&serde_json::to_string_pretty(&rack).unwrap());
    let messages: Vec<String> = told(&problems).into_iter().map(|(_, message)| message).collect();
    for lacking in [
        "the template has no `ApiBuildFargate`",
        "the template has no `InstancesSecurity`",
        "the template has no `Subnet1`",
        "`ApiBuildTasks` has no container named `build`",
    ] {
        assert!(messages.iter().any(|message| message.starts_with(lacking)), "{lacking}: {messages:?}");
    }
    assert_eq!(messages.len(), 4, "{messages:?}");
    assert!(problems.0.iter().all(|problem| !problem.labels.is_empty() && problem.hint.is_some()));
    assert!(problems.0.iter().any(|problem| problem.hint.as_deref().is_some_and(|hint| hint.contains("did you mean `ApiBuildFargat`?"))));
}

#[test]
fn a_subnet_that_may_be_absent_is_no_place_for_a_mount_target() {
    let text = SMALL.replace(
        "\"10.0.2.0/24\", \"VpcId\": { \"Ref\": \"Vpc\" } }",
        "\"10.0.2.0/24\", \"VpcId\": { \"Ref\": \"Vpc\" } },\n      \"Condition\": \"ThirdAvailabilityZone\"",
    );
    let problems = told(&refused(&text));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].1.starts_with("`Subnet1` exists only under the condition `ThirdAvailabilityZone`"));
}

#[test]
fn a_rack_of_two_zones_gets_two_mount_targets() {
    let mut rack = value(SMALL);
    rack["Resources"].as_object_mut().unwrap().shift_remove("Subnet2").unwrap();
    let text = value(&twice(&rack.to_string()));
    assert_eq!(text["Resources"].get("BuildCacheTarget2"), None);
    assert_eq!(text["Conditions"].get("BuildCacheFargateThirdAvailabilityZone"), None);
}

#[test]
fn broken_json_is_refused_where_it_breaks() {
    let text = SMALL.replace("\"Properties\": { \"CidrBlock\": \"10.0.2.0/24\",", "\"Properties\": { \"CidrBlock\": \"10.0.2.0/24\"");
    let line = 1 + text.lines().position(|line| line.contains("10.0.2.0/24")).unwrap();
    let problems = told(&refused(&text));
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].0, line);
}

mod forms {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever the order of the sections' entries and the text's form, the cache comes in once.
        #[test]
        fn patching_twice_is_patching_once(seed in any::<u64>(), form in 0_u8..5, own_group in any::<bool>()) {
            let mut rack = value(SMALL);
            let mut random = seed;
            let mut next = |below: usize| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                usize::try_from(random >> 33).unwrap() % below
            };
            for section in ["Parameters", "Conditions", "Resources"] {
                let members = rack[section].as_object_mut().unwrap();
                let mut entries: Vec<_> = std::mem::take(members).into_iter().collect();
                while !entries.is_empty() {
                    let (name, entry) = entries.swap_remove(next(entries.len()));
                    members.insert(name, entry);
                }
            }
            if own_group {
                rack["Parameters"].as_object_mut().unwrap().shift_remove("BuildInstanceSecurityGroup");
            }
            let text = match form {
                0 => rack.to_string(),
                1 => serde_json::to_string_pretty(&rack).unwrap(),
                2 => serde_json::to_string_pretty(&rack).unwrap().replace('\n', "\r\n"),
                3 => to_yaml(&rack),
                _ => serde_json::to_string_pretty(&rack).unwrap().replace("  ", "\t"),
            };
            let once = twice(&text);
            let (removed, _) = lines(&text, &once);
            if form > 0 {
                prop_assert!(removed.len() <= 5, "{removed:?}");
            }
        }
    }
}

const YAML: &str = include_str!("../../fixtures/patch-yaml-rack/rack.yaml");

/// Returns the document's value, short forms written out.
fn yaml_value(text: &str) -> serde_json::Value {
    let source = Source::new("rack.yaml", text);
    let arena = rackform::template::Arena::new();
    serde_json::to_value(rackform::template::Document::read(&source, &arena).unwrap().root).unwrap()
}

#[test]
fn yaml_gains_lines_and_loses_none() {
    let text = twice(YAML);
    let (removed, added) = lines(YAML, &text);
    assert_eq!(removed, Vec::<String>::new());
    let added: String = added.concat();
    insta::assert_snapshot!(added);
    serde_yaml::from_str::<serde_yaml::Value>(&text).unwrap();
}

#[test]
fn yaml_keeps_its_own_style() {
    let whole = yaml_value(&twice(YAML));

    let text = twice(&YAML.replace('\n', "\r\n"));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    assert_eq!(yaml_value(&text), whole);

    let long = YAML
        .replace("!Equals [!Ref BuildInstanceSecurityGroup, \"\"]", "{ \"Fn::Equals\": [{ Ref: BuildInstanceSecurityGroup }, \"\"] }")
        .replace("!Equals [!Ref BuildMethod, ec2]", "{ \"Fn::Equals\": [{ Ref: BuildMethod }, ec2] }")
        .replace("!Equals [!Ref BuildMethod, fargate]", "{ \"Fn::Equals\": [{ Ref: BuildMethod }, fargate] }")
        .replace("!Ref AWS::StackName", "{ Ref: AWS::StackName }")
        .replace("!Ref Vpc", "{ Ref: Vpc }");
    let text = twice(&long);
    assert!(!text.contains('!'), "long forms stay long: {text}");
    assert_eq!(yaml_value(&text), whole);

    let block = YAML.replace("AllowedValues: [ec2, fargate]", "AllowedValues:\n      - ec2\n      - fargate");
    let block =
        block.replace(" !Equals [!Ref BuildInstanceSecurityGroup, \"\"]", " !Equals\n    - !Ref BuildInstanceSecurityGroup\n    - \"\"");
    let block = block.replace(" !Equals [!Ref BuildMethod, ec2]", " !Equals\n    - !Ref BuildMethod\n    - ec2");
    let text = twice(&block);
    assert!(
        text.contains("    BuildCacheSecurity:\n") || text.contains("      SecurityGroups:\n      - !Ref BuildCacheSecurity\n"),
        "{text}"
    );
    assert_eq!(yaml_value(&text), whole);
}

#[test]
fn yaml_in_braces_is_added_to_in_braces() {
    let parameters = YAML.find("Parameters:").unwrap();
    let conditions = YAML.find("Conditions:").unwrap();
    let flow = "Parameters: { BuildMethod: { Type: String, Default: ec2, AllowedValues: [ec2, fargate] }, BuildInstanceSecurityGroup: { Type: String, Default: \"\" } }\n\n";
    let text = format!("{}{flow}{}", &YAML[..parameters], &YAML[conditions..]);
    let patched = twice(&text);
    assert_eq!(yaml_value(&patched), yaml_value(&twice(YAML)));
    assert_eq!(lines(&text, &patched).0, [flow.trim_end().to_owned() + "\n"]);
}

#[test]
fn yaml_that_ends_in_the_middle_of_things_is_added_to() {
    let outputs = YAML.find("\nOutputs:").unwrap();
    let environment = YAML.replace("        - Name: RACK\n          Value: !Ref AWS::StackName\n", "");
    for text in [&YAML[..outputs], YAML[..outputs].trim_end(), &environment, &YAML.replace("Volumes", "Placement")] {
        let patched = twice(text);
        let removed = lines(&format!("{}\n", text.trim_end()), &format!("{}\n", patched.trim_end())).0;
        assert_eq!(removed, Vec::<String>::new());
        assert_eq!(text.ends_with('\n'), patched.ends_with('\n'));
    }
}

#[test]
fn yaml_of_another_place_is_no_place_to_add_to() {
    let text = YAML.replace("        Environment:\n        - Name: PROVIDER", "        Environment: &shared\n        - Name: PROVIDER");
    let text = text.replace("      - Image: example/build\n", "      - Image: example/build\n        Environment: *shared\n");
    let problems = told(&refused(&text));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].1.contains("alias"), "{problems:?}");
}

#[test]
fn a_template_that_is_full_is_told_so() {
    let mut rack = value(SMALL);
    let parameters = rack["Parameters"].as_object_mut().unwrap();
    for number in parameters.len()..198 {
        parameters.insert(format!("P{number}"), serde_json::json!({ "Type": "String", "Default": "" }));
    }
    let problems = told(&refused(&rack.to_string()));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].1, "with the build cache, `Parameters` would hold 201 entries; CloudFormation takes 200 at most");
}

#[test]
fn sections_that_are_not_there_come_in_whole() {
    let mut rack = value(SMALL);
    rack.as_object_mut().unwrap().shift_remove("Parameters").unwrap();
    rack.as_object_mut().unwrap().shift_remove("Conditions").unwrap();
    for name in ["Subnet2", "ApiBuildTasks", "ApiBuildFargate"] {
        rack["Resources"][name].as_object_mut().unwrap().shift_remove("Condition").unwrap();
    }
    for text in [rack.to_string(), serde_json::to_string_pretty(&rack).unwrap(), to_yaml(&rack)] {
        let patched = yaml_value(&twice(&text));
        let names = |section: &str| patched[section].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names("Parameters"), ["BuildCache", "BuildCacheCleanup", "BuildCacheRetentionDays"]);
        assert_eq!(names("Conditions")[..3], ["BuildCache", "BuildCacheCleanup", "BuildCacheFargate"]);
        assert!(patched["Resources"]["BuildCacheTarget2"].is_object());
    }
}

/// Returns a template as YAML with short forms.
fn to_yaml(value: &serde_json::Value) -> String {
    let source = Source::new("rack.json", value.to_string());
    let arena = rackform::template::Arena::new();
    let document = rackform::template::Document::read(&source, &arena).unwrap();
    rackform::template::write_yaml(document.root, rackform::template::Functions::Short)
}

#[test]
fn a_real_rack_in_yaml_takes_the_same_cache() {
    let Some(folder) = crate::support::shared_data() else { return };
    let before = value(&std::fs::read_to_string(folder.join("convox-rack-20260421.json")).unwrap());
    let yaml = to_yaml(&before);
    let text = twice(&yaml);
    assert_eq!(lines(&yaml, &text).0, Vec::<String>::new());
    assert_eq!(yaml_value(&text), value(&twice(&before.to_string())));
}
