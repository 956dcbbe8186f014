//! Tests of build tasks: the RunTask request from a deployed stack, and refusals before it is sent.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Value, json};

use crate::program::{Bench, Run};
use crate::support::shared_data;

/// Returns a folder with rackform's own rack, deployed on the local backend.
fn rack(parameters: &str) -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", format!("name: rack\nregion: us-east-1\nparameters:\n{parameters}"));
    let applied = bench.run("apply --yes");
    assert_eq!(applied.code, 0, "{applied}");
    bench
}

/// Returns a folder with a real rack's template, patched with the build cache and deployed on the local backend.
fn real_rack(parameters: &str) -> Option<Bench> {
    let template = shared_data()?.join("convox-rack-20260421.json");
    let bench = Bench::new();
    let patched = bench.run_args(&["patch", template.to_str().unwrap()]);
    assert_eq!(patched.code, 0, "{}", patched.stderr);
    bench.file("rack.json", patched.stdout).file(
        "rack.yaml",
        format!(
            "name: convox\nregion: us-east-1\ntemplate: rack.json\nparameters:\n  Version: \"20260421\"\n  ClientId: c\n  Password: planted-password\n  \
             FargateBuildCpu: \"1024\"\n  FargateBuildMemory: \"4096\"\n{parameters}"
        ),
    );
    let applied = bench.run("apply --yes");
    assert_eq!(applied.code, 0, "{applied}");
    Some(bench)
}

fn resource(bench: &Bench, logical_id: &str) -> String {
    let found = bench.run("local resources --format json").json();
    let resources = found["resources"].as_array().cloned().unwrap_or_default();
    let found = resources.iter().find(|resource| resource["logical_id"] == logical_id);
    found.unwrap_or_else(|| panic!("no {logical_id} in {resources:?}"))["physical_id"].as_str().unwrap().to_owned()
}

fn environment(request: &Value) -> serde_json::Map<String, Value> {
    let variables = request["overrides"]["containerOverrides"][0]["environment"].as_array().unwrap();
    variables.iter().map(|variable| (variable["name"].as_str().unwrap().to_owned(), variable["value"].clone())).collect()
}

fn vpc(request: &Value) -> &Value {
    &request["networkConfiguration"]["awsvpcConfiguration"]
}

#[test]
fn a_build_on_fargate_gets_the_racks_cluster_subnets_and_security_group() {
    let bench = rack("  BuildCache: Yes\n  BuildMethod: fargate\n");
    let arguments = "build run --app web --id B1 --service api --push r.example/web --url s3://source/web.tgz --dry-run --builder agent";
    let run = bench.run(arguments);
    assert_eq!(run.code, 0, "{run}");
    let request = run.json();
    assert_eq!(
        vpc(&request),
        &json!({
            "subnets": [resource(&bench, "Subnet0"), resource(&bench, "Subnet1"), resource(&bench, "Subnet2")],
            "securityGroups": [resource(&bench, "InstancesSecurity")],
            "assignPublicIp": "ENABLED",
        })
    );
    let keys: Vec<&str> = request.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "cluster",
            "taskDefinition",
            "count",
            "launchType",
            "platformVersion",
            "networkConfiguration",
            "overrides",
            "startedBy",
            "clientToken"
        ]
    );
    assert_eq!((&request["launchType"], &request["platformVersion"], &request["count"]), (&"FARGATE".into(), &"1.4.0".into(), &1.into()));
    assert_eq!(request["cluster"], resource(&bench, "Cluster"));
    assert_eq!(request["taskDefinition"], resource(&bench, "ApiBuildFargate"));
    assert_eq!(
        Value::Object(environment(&request)),
        json!({
            "BUILD_APP": "web",
            "BUILD_AUTH": "****",
            "BUILD_CACHE": "true",
            "BUILD_CACHE_DIR": "/kaniko/caches",
            "BUILD_CACHE_REPO": "123456789012.dkr.ecr.us-east-1.amazonaws.com/rack-build-cache",
            "BUILD_ID": "B1",
            "BUILD_PUSH": "r.example/web",
            "BUILD_SERVICE": "api",
            "BUILD_URL": "s3://source/web.tgz",
            "RELEASE": "B1",
        })
    );
    assert!(run.stderr.contains("credentials for 123456789012.dkr.ecr.us-east-1.amazonaws.com"), "{run}");
    let without = bench.run(&format!("{arguments} --env BUILD_AUTH={{}}"));
    assert_eq!((&environment(&without.json())["BUILD_AUTH"], without.stderr.as_str()), (&"{}".into(), ""), "{without}");
    let repeated = bench.run(arguments);
    assert_eq!(run.stdout, repeated.stdout, "the same arguments give the same bytes");
}

#[test]
fn a_kaniko_image_gets_the_arguments_that_build_command_prints() {
    let bench = rack("  BuildCache: Yes\n  BuildMethod: fargate\n");
    let run = bench.run("build run --app web --id B1 --service api --push r.example/web --url s3://source/web.tgz --dry-run");
    let request = run.json();
    let command = request["overrides"]["containerOverrides"][0]["command"].as_array().unwrap_or_else(|| panic!("{run}")).clone();
    for expected in [
        "--context=s3://source/web.tgz",
        "--destination=r.example/web:api.B1",
        "--cache-repo=123456789012.dkr.ecr.us-east-1.amazonaws.com/rack-build-cache",
    ] {
        assert!(command.contains(&expected.into()), "{expected}: {command:?}");
    }
    assert!(run.stderr.contains("without a lock"), "{run}");
    let without_source = bench.run("build run --app web --dry-run");
    assert!(without_source.code == 64 && without_source.stderr.contains("--url"), "{without_source}");
}

#[test]
fn a_build_on_instances_has_no_network_configuration() {
    let bench = rack("  BuildCache: No\n");
    let request = bench.run("build run --app web --id B1 --builder agent --cpu 256 --memory 512 --dry-run").json();
    for absent in ["launchType", "platformVersion", "networkConfiguration", "tags", "propagateTags"] {
        assert!(request.get(absent).is_none(), "{absent} in {request:#}");
    }
    assert_eq!(request["taskDefinition"], resource(&bench, "ApiBuildTasks"));
    let container = &request["overrides"]["containerOverrides"][0];
    assert_eq!((&container["cpu"], &container["memory"]), (&256.into(), &512.into()));
    assert_eq!(environment(&request)["BUILD_CACHE"], "false");
    assert!(!environment(&request).contains_key("BUILD_CACHE_REPO"));
    let client = bench.run("build run --app web --dry-run");
    assert!(client.code == 64 && client.stderr.contains("requires the URL of the source"), "{client}");
    let object = bench.run("build run --app web --dry-run --url s3://source/web.tgz");
    assert!(object.code == 64 && object.stderr.contains("aws s3 presign"), "docker fetches no objects\n{object}");
    let with_command = bench.run("build run --app web --dry-run -- version").json();
    assert_eq!(with_command["overrides"]["containerOverrides"][0]["command"], json!(["version"]));
    assert!(request["overrides"].get("cpu").is_none(), "only a task on Fargate has CPU as a whole: {request:#}");
}

#[test]
fn a_build_on_instances_runs_the_planned_commands_in_the_racks_docker_client() {
    let bench = rack("  BuildCache: Yes\n");
    let mut command = bench.command();
    command.args("build run --app web --id B1 --service api --push ghcr.io/acme/web --dry-run --secret-env BUILD_AUTH=GHCR".split(' '));
    command.args(["--build-arg", "NPM_TOKEN=planted-token", "--secret-env", "BUILD_URL=SIGNED"]);
    command.env("GHCR", r#"{"ghcr.io":{"Username":"robot","Password":"planted-password"}}"#);
    command.env("SIGNED", "https://source.s3.amazonaws.com/web.tgz?X-Amz-Signature=planted-signature");
    let run = Run::of(&mut command);
    assert_eq!(run.code, 0, "{run}");
    let request = run.json();
    let command = request["overrides"]["containerOverrides"][0]["command"].as_array().unwrap();
    assert_eq!((command[0].as_str(), command[1].as_str()), (Some("sh"), Some("-ec")), "{run}");
    let script = command[2].as_str().unwrap();
    for part in [
        "docker buildx create --name=rackform",
        "ref=123456789012.dkr.ecr.us-east-1.amazonaws.com/rack-build-cache:api.buildcache",
        "-t ghcr.io/acme/web:api.B1 ",
        "--build-arg NPM_TOKEN ",
        "--push \"$BUILD_URL\"\n",
    ] {
        assert!(script.contains(part), "{part}: {script}");
    }
    let environment = environment(&request);
    assert_eq!(environment["BUILD_DOCKER_CONFIG"], "****", "{run}");
    assert_eq!(environment["NPM_TOKEN"], "****", "{run}");
    assert!(!environment.contains_key("BUILD_AUTH") && !run.to_string().contains("planted"), "{run}");
    assert!(run.stderr.contains("credentials for 123456789012.dkr.ecr.us-east-1.amazonaws.com"), "those of ECR are added: {run}");
    let shell = std::process::Command::new("sh").args(["-n", "-c", script]).output().unwrap();
    assert!(shell.status.success(), "{script}");
}

#[test]
fn the_section_build_of_rack_yaml_and_addresses_are_checked() {
    let bench = rack("  BuildCache: Yes\n  BuildMethod: fargate\n");
    let text = bench.read("rack.yaml");
    bench.file(
        "rack.yaml",
        format!("{text}build:\n  service: api\n  directory: app\n  dockerfile: app/docker/Dockerfile\n  target: runtime\n"),
    );
    let run = bench.run("build run --app web --id B1 --url s3://source/web.tgz --builder agent --dry-run");
    let variables = environment(&run.json());
    let values = ["BUILD_SERVICE", "BUILD_DOCKERFILE", "BUILD_TARGET"].map(|name| variables[name].as_str().unwrap().to_owned());
    assert_eq!(values, ["api", "docker/Dockerfile", "runtime"], "{run}");
    let convox = bench.run("build run --app web --id B1 --builder convox --dry-run");
    assert_eq!(convox.code, 0, "defaults that a program ignores are no errors: {convox}");
    for (url, expected) in [("s4://source/x", "did you mean `s3`?"), ("s3:///x", "s3://HOST/PATH"), ("../app", "aws s3 cp")] {
        let run = bench.run(&format!("build run --app web --url {url} --builder agent --dry-run"));
        assert!(run.code == 64 && run.stderr.contains(expected), "{run}");
    }
    let auth = bench.run("build run --app web --builder agent --dry-run --env BUILD_AUTH=planted");
    assert!(auth.code == 65 && auth.stderr.contains("invalid BUILD_AUTH") && !auth.to_string().contains("planted"), "{auth}");
}

#[test]
fn the_security_group_is_the_build_instance_group_else_the_instance_group_else_the_racks_own() {
    let group = |parameters: &str| {
        let bench = rack(&format!("  BuildCache: Yes\n  BuildMethod: fargate\n{parameters}"));
        let run = bench.run("build run --app web --builder agent --dry-run");
        (
            vpc(&run.json())["securityGroups"][0].as_str().unwrap_or_else(|| panic!("{run}")).to_owned(),
            resource(&bench, "InstancesSecurity"),
        )
    };
    let (own, of_rack) = group("");
    assert_eq!(own, of_rack);
    assert_eq!(group("  InstanceSecurityGroup: sg-0aaaaaaaaaaaaaaaa\n").0, "sg-0aaaaaaaaaaaaaaaa");
    let both = "  InstanceSecurityGroup: sg-0aaaaaaaaaaaaaaaa\n  BuildInstanceSecurityGroup: sg-0bbbbbbbbbbbbbbbb\n";
    assert_eq!(group(both).0, "sg-0bbbbbbbbbbbbbbbb");
}

#[test]
fn a_build_on_a_real_rack_has_the_request_of_its_own_build_service() {
    let Some(bench) = real_rack("  BuildCache: Yes\n  BuildMethod: fargate\n  Private: Yes\n") else { return };
    let run = bench.run("build run --app web --id B1 --no-cache --build-arg A=1 --url object://web/tmp/1.tgz --dry-run");
    assert_eq!(run.code, 0, "{run}");
    let request = run.json();
    let private = ["SubnetPrivate0", "SubnetPrivate1", "SubnetPrivate2"].map(|subnet| resource(&bench, subnet));
    assert_eq!(
        vpc(&request),
        &json!({ "subnets": private, "securityGroups": [resource(&bench, "InstancesSecurity")], "assignPublicIp": "DISABLED" }),
        "mount targets are in the public subnets of the same zones"
    );
    assert_eq!(request["cluster"], resource(&bench, "BuildCluster"));
    assert_eq!(request["startedBy"], "convox.web");
    assert_eq!(
        request["overrides"]["containerOverrides"][0]["command"],
        json!(["build", "-method", "tgz", "-cache", "false", "-build-args", "A=1"])
    );
    let environment = environment(&request);
    assert_eq!((&environment["BUILD_GENERATION"], &environment["BUILD_ENV_WRAPPER"]), (&"2".into(), &"true".into()));
    assert!(!format!("{run}").contains("planted-password"), "{run}");

    let Some(bench) = real_rack("  BuildCache: Yes\n  BuildMethod: ec2\n") else { return };
    let request = bench.run("build run --app web --id B1 --dry-run").json();
    assert!(request.get("networkConfiguration").is_none() && request.get("launchType").is_none(), "{request:#}");
    assert_eq!(request["taskDefinition"], resource(&bench, "ApiBuildTasks"));
}

#[test]
fn secrets_come_from_the_environment_and_are_masked_everywhere() {
    let bench = rack("  BuildCache: Yes\n  BuildMethod: fargate\n");
    bench.file("secrets.env", "# a comment\nNPM_TOKEN=planted-npm-token\n");
    let mut command = bench.command();
    command.args(["build", "run", "--app", "web", "--id", "B1", "--dry-run", "--secret-env-file", "secrets.env", "--env", "HINT=x"]);
    command.args(["--secret-env", "BUILD_AUTH=REGISTRIES", "--secret-env", "RACK_URL", "--", "sh", "-c", "echo planted-password-2"]);
    command.env("REGISTRIES", r#"{"r.example":{"Username":"robot","Password":"planted-password-2"}}"#);
    command.env("RACK_URL", "https://convox:planted-rack@rack.example");
    let run = Run::of(&mut command);
    assert_eq!(run.code, 0, "{run}");
    let environment = environment(&run.json());
    for name in ["NPM_TOKEN", "BUILD_AUTH", "RACK_URL"] {
        assert_eq!(environment[name], "****", "{run}");
    }
    assert_eq!(environment["HINT"], "x");
    assert!(!format!("{run}").contains("planted"), "{run}");
    let missing = bench.run("build run --app web --builder agent --dry-run --secret-env NOBODY");
    assert_eq!(missing.code, 66, "{missing}");
    let value = bench.run("build run --app web --builder agent --dry-run --secret-env RACK_URL=https://u:planted@h/");
    assert!(value.code == 66 && value.stderr.contains("--secret-env RACK_URL=...") && !value.to_string().contains("planted"), "{value}");
    let url = bench.run("build run --app web --builder agent --dry-run --url https://me:pw@x.example/a.tgz");
    assert!(url.code == 64 && url.stderr.contains("set the variable BUILD_URL"), "{url}");
}

#[test]
fn everything_that_ecs_would_refuse_is_reported_at_once_before_the_request() {
    let bench = rack("  BuildCache: Yes\n  BuildMethod: fargate\n");
    let long = format!("LONG={}", "x".repeat(9_000));
    let run = bench.run_args(&[
        "build",
        "run",
        "--builder",
        "agent",
        "--app",
        "no name",
        "--dry-run",
        "--cpu",
        "512",
        "--memory",
        "8192",
        "--env",
        &long,
        "--started-by",
        &"w".repeat(129),
        "--client-token",
        "with blank",
        "--task-tag",
        "aws:x=1",
    ]);
    assert_eq!(run.code, 64, "{run}");
    for problem in [
        "invalid app name `no name`",
        "Fargate does not offer memory `8192` with CPU 512: use 1024",
        "ECS accepts 8192",
        "`startedBy` is 129 characters",
        "client token",
        "`aws:x`",
    ] {
        assert!(run.stderr.contains(problem), "{problem:?} is missing in\n{run}");
    }
    let fits = bench.run("build run --app web --builder agent --dry-run --cpu 512 --memory 1024 --task-tag team=a --propagate-tags").json();
    assert_eq!((&fits["overrides"]["cpu"], &fits["overrides"]["memory"]), (&"512".into(), &"1024".into()));
    assert_eq!((&fits["tags"], &fits["propagateTags"]), (&json!([{ "key": "team", "value": "a" }]), &"TASK_DEFINITION".into()));
}

#[test]
fn on_the_local_backend_only_dry_run_is_supported() {
    let bench = rack("  BuildCache: No\n");
    for run in [bench.run("build run --app web --builder agent"), bench.run("build stop 1"), bench.run("build run --attach 1")] {
        assert_eq!(run.code, 69, "{run}");
        assert!(run.stderr.contains("--dry-run") && run.stderr.contains("build command --exec"), "{run}");
    }
    let none = Bench::new().run("build run --app web --stack-name nobody --dry-run");
    assert_eq!(none.code, 66, "{none}");
}

#[test]
fn a_stack_without_a_build_task_definition_is_refused() {
    let bench = Bench::new();
    bench.file("queue.json", r#"{ "Resources": { "Queue": { "Type": "AWS::SQS::Queue" } } }"#);
    bench.file("rack.yaml", "name: jobs\nregion: us-east-1\ntemplate: queue.json\n");
    assert_eq!(bench.run("apply --yes").code, 0);
    let run = bench.run("build run --app web --dry-run");
    assert!(run.code == 65 && run.stderr.contains("no task definition with a container `build`"), "{run}");
}
