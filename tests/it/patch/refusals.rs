//! What lacks, what is in the way and what is broken: all of it told, with its place.

use super::*;

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
    assert!(problems[0].1.starts_with("`Volumes` of `ApiBuildFargate` is another one: here it is `{\"Fn::If\""), "{}", problems[0].1);
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
fn broken_json_is_refused_where_it_breaks() {
    let text = SMALL.replace("\"Properties\": { \"CidrBlock\": \"10.0.2.0/24\",", "\"Properties\": { \"CidrBlock\": \"10.0.2.0/24\"");
    let line = 1 + text.lines().position(|line| line.contains("10.0.2.0/24")).unwrap();
    let problems = told(&refused(&text));
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].0, line);
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
    assert_eq!(problems[0].1, "with the build cache, `Parameters` would have 201 entries; CloudFormation allows at most 200");
}
