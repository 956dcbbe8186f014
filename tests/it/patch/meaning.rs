//! Evaluates the patched real rack with the parameters that affect the cache.

use std::collections::BTreeMap;

use rackform::evaluate::{Evaluation, State, evaluate};
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::plan::plan;
use rackform::template::{Arena, Template};
use serde_json::{Value, json};

use super::*;

/// Evaluates a rack and passes the evaluation to `inspect`.
fn evaluated<T>(text: &str, region: &str, flags: &[&str], inspect: impl FnOnce(&Evaluation<'_>) -> T) -> T {
    let source = Source::new("rack.json", text);
    let arena = Arena::new();
    let template = Template::read(&source, &arena).unwrap();
    let mut given = ParameterOverrides::new();
    for flag in ["Password=secret", "Version=20260421120000"].iter().chain(flags) {
        given.add_flag(flag).unwrap();
    }
    let parameters = ParameterSet::resolve(&template, &given).unwrap();
    let state: State = serde_json::from_value(json!({ "pseudo": { "AWS::Region": region, "AWS::StackName": "rack" } })).unwrap();
    inspect(&evaluate(&template, &parameters, &state, &arena).unwrap())
}

/// Returns the resources that exist, each with its properties.
fn resources(text: &str, region: &str, flags: &[&str]) -> BTreeMap<String, Value> {
    evaluated(text, region, flags, |evaluation| {
        evaluation.resources.iter().map(|(id, resource)| ((*id).to_owned(), resource.properties.to_json())).collect()
    })
}

fn added(text: &str, region: &str, flags: &[&str]) -> Vec<String> {
    let off = resources(text, region, flags);
    let on = resources(text, region, &[flags, &["BuildCache=Yes"]].concat());
    assert!(off.keys().all(|id| on.contains_key(id)));
    let changed: Vec<&String> = off.iter().filter(|(id, properties)| on[*id] != **properties).map(|(id, _)| id).collect();
    let fargate: &[&str] = if flags.contains(&"BuildMethod=fargate") { &["ApiBuildFargate"] } else { &[] };
    assert_eq!(changed, fargate, "only the Fargate build task changes");
    on.into_keys().filter(|id| !off.contains_key(id)).collect()
}

#[test]
fn with_the_cache_disabled_only_docker_buildkit_changes() {
    let Some(folder) = crate::support::shared_data() else { return };
    let before = std::fs::read_to_string(folder.join("convox-rack-20260421.json")).unwrap();
    let after = twice(&before);
    for flags in [&["BuildMethod=fargate"][..], &["BuildMethod=ec2"], &["BuildMethod=fargate", "Private=Yes", "HighAvailability=false"]] {
        let old = resources(&before, "us-east-1", flags);
        let mut new = resources(&after, "us-east-1", flags);
        if let Some(properties) = new.get_mut("ApiBuildTasks") {
            let environment = properties["ContainerDefinitions"][0]["Environment"].as_array_mut().unwrap();
            let index = environment.iter().position(|entry| *entry == json!({ "Name": "DOCKER_BUILDKIT", "Value": "1" })).unwrap();
            environment.remove(index);
        }
        assert_eq!(old, new, "{flags:?}");
    }
}

#[test]
fn the_added_resources_depend_on_zones_and_build_method() {
    let Some(folder) = crate::support::shared_data() else { return };
    let text = twice(&std::fs::read_to_string(folder.join("convox-rack-20260421.json")).unwrap());
    let two = ["BuildCacheFilesystem", "BuildCacheRepository", "BuildCacheSecurity", "BuildCacheTarget0", "BuildCacheTarget1"];
    let three = [&two[..], &["BuildCacheTarget2"]].concat();
    assert_eq!(added(&text, "us-east-1", &["BuildMethod=fargate"]), three);
    assert_eq!(added(&text, "us-east-1", &["BuildMethod=fargate", "Private=Yes"]), three);
    assert_eq!(added(&text, "us-east-1", &["BuildMethod=fargate", "HighAvailability=false"]), two);
    assert_eq!(added(&text, "us-east-1", &["BuildMethod=fargate", "MaxAvailabilityZones=2"]), two);
    assert_eq!(added(&text, "us-west-1", &["BuildMethod=fargate"]), two);
    assert_eq!(added(&text, "us-east-1", &["BuildMethod=ec2"]), ["BuildCacheRepository"]);
}

#[test]
fn the_cache_allows_the_security_group_of_the_build() {
    let Some(folder) = crate::support::shared_data() else { return };
    let text = twice(&std::fs::read_to_string(folder.join("convox-rack-20260421.json")).unwrap());
    for (flags, group) in [
        (&[][..], json!({ "Ref": "InstancesSecurity" })),
        (&["InstanceSecurityGroup=sg-1"], json!("sg-1")),
        (&["InstanceSecurityGroup=sg-1", "BuildInstanceSecurityGroup=sg-2"], json!("sg-2")),
        (&["BuildInstanceSecurityGroup=sg-2"], json!("sg-2")),
    ] {
        let on = resources(&text, "us-east-1", &[flags, &["BuildMethod=fargate", "BuildCache=Yes"]].concat());
        assert_eq!(on["BuildCacheSecurity"]["SecurityGroupIngress"][0]["SourceSecurityGroupId"], group, "{flags:?}");
    }
}

#[test]
fn toggling_the_cache_replaces_only_the_fargate_task() {
    let Some(folder) = crate::support::shared_data() else { return };
    let text = twice(&std::fs::read_to_string(folder.join("convox-rack-20260421.json")).unwrap());
    let changes = |before: &str, after: &str| {
        evaluated(&text, "us-east-1", &["BuildMethod=fargate", before], |before| {
            evaluated(&text, "us-east-1", &["BuildMethod=fargate", after], |after| {
                let plan = serde_json::to_value(plan(before, after).unwrap().change_set).unwrap();
                let changes = plan["Changes"].as_array().unwrap().iter().map(|change| {
                    let change = &change["ResourceChange"];
                    let text = |key: &str| change[key].as_str().unwrap_or_default().to_owned();
                    let replaced = if text("Action") == "Modify" { text("Replacement") } else { String::new() };
                    (text("LogicalResourceId"), format!("{} {replaced}", text("Action")).trim().to_owned())
                });
                changes.collect::<Vec<_>>()
            })
        })
    };
    let pieces = [
        "BuildCacheFilesystem",
        "BuildCacheRepository",
        "BuildCacheSecurity",
        "BuildCacheTarget0",
        "BuildCacheTarget1",
        "BuildCacheTarget2",
    ];
    for (before, after, action) in [("BuildCache=No", "BuildCache=Yes", "Add"), ("BuildCache=Yes", "BuildCache=No", "Remove")] {
        let mut expected = vec![("ApiBuildFargate".to_owned(), "Modify True".to_owned())];
        expected.extend(pieces.iter().map(|piece| ((*piece).to_owned(), action.to_owned())));
        assert_eq!(changes(before, after), expected);
    }
}
