//! Missing parts, clashes and syntax errors: all are reported with their positions.

use super::*;

#[test]
fn all_clashes_are_reported_with_both_values() {
    let text = SMALL
        .replace(
            "    \"Zones\": {",
            "    \"BuildCache\": { \"Type\": \"String\", \"Default\": \"No\", \"AllowedValues\": [ \"on\", \"off\" ] },\n    \"Zones\": {",
        )
        .replace("    \"Vpc\": {", "    \"BuildCacheFilesystem\": { \"Type\": \"AWS::S3::Bucket\" },\n    \"Vpc\": {")
        .replace("{ \"Name\": \"PROVIDER\", \"Value\": \"aws\" }", "{ \"Name\": \"DOCKER_BUILDKIT\", \"Value\": \"0\" }")
        .replace("{ \"Name\": \"scratch\" }", "{ \"Name\": \"build-cache\" }")
        .replace("\"/scratch\"", "\"/kaniko/caches/\"");
    let problems = line_messages(&refused(&text));
    let at = |needle: &str| 1 + text.lines().position(|line| line.contains(needle)).unwrap();
    let problem_lines: Vec<usize> = problems.iter().map(|(line, _)| *line).collect();
    assert_eq!(
        problem_lines,
        [at("\"on\", \"off\""), at("AWS::S3::Bucket"), at("DOCKER_BUILDKIT"), at("/kaniko/caches/"), at("{ \"Name\": \"build-cache\" }")],
        "{problems:?}"
    );
    assert_eq!(
        problems[0].1,
        "the parameter `BuildCache` differs from the build cache's: its `AllowedValues` is `[\"on\",\"off\"]`, expected `[\"No\",\"Yes\"]`"
    );
    assert!(problems[1].1.contains("AWS::S3::Bucket") && problems[1].1.contains("AWS::EFS::FileSystem"), "{}", problems[1].1);
    assert!(problems[2].1.contains(r#"`{"Name":"DOCKER_BUILDKIT","Value":"0"}`"#) && problems[2].1.contains(r#""Value":"1""#));
    assert!(problems[3].1.contains("`ContainerPath`"));
}

#[test]
fn a_resource_named_like_a_parameter_of_the_cache_is_a_clash() {
    let text = SMALL.replace("    \"Vpc\": {", "    \"BuildCache\": { \"Type\": \"AWS::S3::Bucket\" },\n    \"Vpc\": {");
    let problems = line_messages(&refused(&text));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].1.starts_with("`BuildCache` is a resource in this template"), "{}", problems[0].1);
}

#[test]
fn a_list_that_is_a_function_is_refused() {
    let text = SMALL.replace(
        "[\n          { \"Name\": \"scratch\" }\n        ]",
        "{ \"Fn::If\": [ \"ThirdAvailabilityZone\", [ { \"Name\": \"scratch\" } ], { \"Ref\": \"AWS::NoValue\" } ] }",
    );
    assert_ne!(text, SMALL);
    let problems = line_messages(&refused(&text));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].1.starts_with("`Volumes` of `ApiBuildFargate` differs from the build cache's: it is `{\"Fn::If\""),
        "{}",
        problems[0].1
    );
}

#[test]
fn all_missing_parts_are_reported() {
    let mut rack = value(SMALL);
    let resources = rack["Resources"].as_object_mut().unwrap();
    for name in ["Subnet1", "InstancesSecurity"] {
        resources.shift_remove(name).unwrap();
    }
    let fargate = resources.shift_remove("ApiBuildFargate").unwrap();
    resources.insert("ApiBuildFargat".to_owned(), fargate);
    resources["ApiBuildTasks"]["Properties"]["ContainerDefinitions"][0]["Name"] = "web".into();
    let problems = refused(&serde_json::to_string_pretty(&rack).unwrap());
    let messages: Vec<String> = line_messages(&problems).into_iter().map(|(_, message)| message).collect();
    for missing in [
        "the template has no `ApiBuildFargate`",
        "the template has no `InstancesSecurity`",
        "the template has no `Subnet1`",
        "`ApiBuildTasks` has no container named `build`",
    ] {
        assert!(messages.iter().any(|message| message.starts_with(missing)), "{missing}: {messages:?}");
    }
    assert_eq!(messages.len(), 4, "{messages:?}");
    assert!(problems.0.iter().all(|problem| !problem.labels.is_empty() && problem.hint.is_some()));
    assert!(problems.0.iter().any(|problem| problem.hint.as_deref().is_some_and(|hint| hint.contains("did you mean `ApiBuildFargat`?"))));
}

#[test]
fn a_conditional_subnet_is_refused() {
    let text = SMALL.replace(
        "\"10.0.2.0/24\", \"VpcId\": { \"Ref\": \"Vpc\" } }",
        "\"10.0.2.0/24\", \"VpcId\": { \"Ref\": \"Vpc\" } },\n      \"Condition\": \"ThirdAvailabilityZone\"",
    );
    let problems = line_messages(&refused(&text));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].1.starts_with("`Subnet1` exists only under the condition `ThirdAvailabilityZone`"));
}

#[test]
fn a_json_syntax_error_is_reported_with_its_line() {
    let text = SMALL.replace("\"Properties\": { \"CidrBlock\": \"10.0.2.0/24\",", "\"Properties\": { \"CidrBlock\": \"10.0.2.0/24\"");
    let line = 1 + text.lines().position(|line| line.contains("10.0.2.0/24")).unwrap();
    let problems = line_messages(&refused(&text));
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].0, line);
}

#[test]
fn exceeding_the_limit_of_parameters_is_refused() {
    let mut rack = value(SMALL);
    let parameters = rack["Parameters"].as_object_mut().unwrap();
    for number in parameters.len()..198 {
        parameters.insert(format!("P{number}"), serde_json::json!({ "Type": "String", "Default": "" }));
    }
    let problems = line_messages(&refused(&rack.to_string()));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].1, "with the build cache, `Parameters` would have 201 entries; CloudFormation allows at most 200");
}
