//! Tests of `patch`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failing test may panic")]

mod meaning;
mod refusals;
mod yaml;

use rackform::diagnostic::{Diagnostics, Source};
use rackform::patch::{Patched, patch};

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

/// Returns the removed and the added lines of a line diff.
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
fn patching_the_real_rack_changes_one_existing_line() {
    let Some(folder) = crate::support::shared_data() else { return };
    let before = std::fs::read_to_string(folder.join("convox-rack-20260421.json")).unwrap();
    let first = patched(&before);
    let (removed, added) = lines(&before, first.text());
    // At the end, so that a comparison by index shows one new variable instead of changes to every following one.
    let last = "              { \"Name\": \"STACK_ID\", \"Value\": { \"Ref\": \"AWS::StackId\" } }";
    assert_eq!(removed, [format!("{last}\n")]);
    assert!(added.contains(&format!("{last},\n")));
    assert!(added.contains(&"              { \"Name\": \"DOCKER_BUILDKIT\", \"Value\": \"1\" }\n".to_owned()));
    assert!(added.iter().all(|line| line.len() < 400), "resources are written on several lines");
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
            "Resources.ApiBuildTasks.Properties.ContainerDefinitions.0.Environment.7",
            "Resources.ApiBuildFargate.Properties.ContainerDefinitions.0.MountPoints",
            "Resources.ApiBuildFargate.Properties.Volumes",
        ]
    );
    let second = patched(first.text());
    assert!(second.is_unchanged());
    assert_eq!(second.text(), first.text());
}

#[test]
fn a_patched_template_refers_to_the_racks_own_groups_zones_and_vpc() {
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
    assert_eq!(resources["BuildCacheFilesystem"]["Properties"].get("KmsKeyId"), None, "this rack has no customer managed key");
    assert_eq!(
        value["Conditions"]["BuildCacheFargateThirdAvailabilityZone"],
        serde_json::json!({ "Fn::And": [{ "Condition": "BuildCacheFargate" }, { "Condition": "ThirdAvailabilityZone" }] })
    );
}

/// Returns the JSON value of a text, without its byte order mark.
fn value(text: &str) -> serde_json::Value {
    serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap()
}

#[test]
fn json_keeps_its_tabs_line_ends_and_spacing() {
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
    assert!(!text.contains("  "), "the text contains spaces: {text}");
    let text = twice(&dos);
    assert!(text.starts_with('\u{feff}') && text.ends_with("}\r\n"));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    assert_eq!(text.trim_start_matches('\u{feff}').replace("\r\n", "\n"), two);
    let text = twice(&minified);
    assert_eq!(text, value(&text).to_string(), "minified JSON stays minified");
    let text = twice(&expanded);
    assert_eq!(text, serde_json::to_string_pretty(&value(&text)).unwrap(), "pretty-printed JSON stays pretty-printed");
    assert_eq!(lines(&expanded, &text).0, Vec::<String>::new());
    let text = twice(SMALL.trim_end());
    assert_eq!(text, two.trim_end());
    let blanks = minified.replace("\":", "\": ").replace(",\"", ", \"");
    assert!(twice(&blanks).contains(r#""BuildCache": {"Type": "String", "Description": "#));
}

#[test]
fn json_keeps_an_indentation_of_four_spaces() {
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
fn existing_volumes_and_mount_points_are_kept() {
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
fn a_partial_cache_is_completed() {
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
fn key_order_descriptions_and_number_format_do_not_clash() {
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
fn line_messages(problems: &Diagnostics) -> Vec<(usize, String)> {
    let line = |problem: &rackform::diagnostic::Diagnostic| problem.labels.first().map_or(0, |label| label.start().line);
    problems.0.iter().map(|problem| (line(problem), problem.message.clone())).collect()
}

#[test]
fn a_rack_in_two_zones_gets_two_mount_targets() {
    let mut rack = value(SMALL);
    rack["Resources"].as_object_mut().unwrap().shift_remove("Subnet2").unwrap();
    let text = value(&twice(&rack.to_string()));
    assert_eq!(text["Resources"].get("BuildCacheTarget2"), None);
    assert_eq!(text["Conditions"].get("BuildCacheFargateThirdAvailabilityZone"), None);
}

mod forms {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        /// The cache is added once, for any order of entries and any format.
        #[test]
        fn patching_is_idempotent(seed in any::<u64>(), form in 0_u8..5, own_group in any::<bool>()) {
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

#[test]
fn missing_sections_are_added() {
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

/// Returns the document's value with short forms expanded.
fn yaml_value(text: &str) -> serde_json::Value {
    let source = Source::new("rack.yaml", text);
    let arena = rackform::template::Arena::new();
    serde_json::to_value(rackform::template::Document::read(&source, &arena).unwrap().root).unwrap()
}
