//! Tests of the platform in the names of caches: of printed commands, of builds that run, and of build tasks.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::os::unix::fs::PermissionsExt as _;

use crate::program::{Bench, Run};

const COMMAND: &str = "build command app --engine buildctl --service web --repository r.example/cache";

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("app/Dockerfile", "FROM scratch\nCOPY . /\n");
    bench
}

/// Returns the name of the cache for a build on this machine that names no platform.
fn own_cache() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "r.example/cache:web.buildcache,mode",
        "aarch64" => "r.example/cache:web.buildcache-linux-arm64,mode",
        other => panic!("no test for {other}"),
    }
}

fn on_path(bench: &Bench, arguments: &str) -> std::process::Command {
    let mut command = bench.command();
    command.args(arguments.split(' ')).env("PATH", format!("{}:/usr/bin:/bin", bench.path().display()));
    command
}

#[test]
fn a_printed_command_has_the_cache_of_the_command_that_runs() {
    let bench = bench();
    // An engine that reports versions, but no platform.
    bench.file("buildctl", "#!/bin/sh\ncase \"$1\" in --version) echo 'buildctl github.com/moby/buildkit v0.25.0 x' ;; debug) exit 1 ;; *) echo \"ran $*\" ;; esac\n");
    std::fs::set_permissions(bench.path().join("buildctl"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let exec = Run::of(&mut on_path(&bench, &format!("{COMMAND} --exec")));
    assert!(exec.stdout.contains(own_cache()), "{exec}");
    for option in ["--no-detect", "--engine-version 0.25.0", "--no-detect --exec"] {
        let run = Run::of(&mut on_path(&bench, &format!("{COMMAND} {option}")));
        assert!(run.stdout.contains(own_cache()), "{option}: {run}");
    }
    let stated = "--engine-platform linux/aarch64";
    let name = "r.example/cache:web.buildcache-linux-arm64,mode";
    for option in ["--no-detect", "--exec"] {
        let run = Run::of(&mut on_path(&bench, &format!("{COMMAND} {stated} {option}")));
        assert!(run.stdout.contains(name) && !run.stderr.contains("engine-platform"), "{option}: {run}");
        assert!(!run.stdout.contains("platform="), "it is no platform of the build: {run}");
    }
}

#[test]
fn an_unknown_platform_of_a_remote_engine_is_reported() {
    let bench = bench();
    let remote = |arguments: &str| Run::of(bench.command().args(arguments.split(' ')).env("BUILDKIT_HOST", "tcp://builder.example:1234"));
    let unknown = remote(&format!("{COMMAND} --no-detect --format json"));
    let notes = unknown.json()["notes"].to_string();
    assert!(notes.contains("\"engine-platform\"") && notes.contains("BUILDKIT_HOST names another machine"), "{unknown}");
    assert!(unknown.stdout.contains("r.example/cache:web.buildcache,mode"), "{unknown}");
    for known in ["--engine-platform linux/amd64", "--platform linux/amd64", "--cache none", "--cache-ref r.example/cache:x"] {
        let run = remote(&format!("build command app --engine buildctl --service web --no-detect {known} --rack none"));
        assert!(run.code == 0 && !run.stderr.contains("the platform of the engine is unknown"), "{known}: {run}");
    }
}

#[test]
fn the_platform_of_an_engine_is_checked() {
    let bench = bench();
    let unknown = bench.run(&format!("{COMMAND} --no-detect --engine-platform linux/arm65"));
    assert!(unknown.code == 64 && unknown.stderr.contains("did you mean `arm64`?"), "{unknown}");
    let both = bench.run(&format!("{COMMAND} --no-detect --engine-platform linux/arm64 --platform linux/arm64"));
    assert!(both.code == 64 && both.stderr.contains("`--engine-platform` has no effect with `--platform`"), "{both}");
    let buildah = bench.run("build command app --engine buildah --repository r.example/cache --no-detect --engine-platform linux/arm64");
    assert!(buildah.code == 64 && buildah.stderr.contains("no effect with the engine buildah"), "{buildah}");
}

/// Returns a folder with a rack that is deployed on the local backend.
fn rack(parameters: &str, build: &str) -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", format!("name: rack\nregion: us-east-1\n{build}parameters:\n  BuildCache: Yes\n{parameters}"));
    let applied = bench.run("apply --yes");
    assert_eq!(applied.code, 0, "{applied}");
    bench
}

const TASK: &str = "build run --app web --id B1 --service api --url https://x.example/a.git --dry-run --env BUILD_AUTH={}";

#[test]
fn the_cache_of_a_build_task_has_the_platform_of_its_instances() {
    for (types, name) in [
        ("  BuildInstance: t4g.small\n", "rack-build-cache:api.buildcache-linux-arm64,mode"),
        ("  BuildInstance: t3.small\n", "rack-build-cache:api.buildcache,mode"),
        ("  BuildInstance: \"\"\n  InstanceType: m6gd.large\n", "rack-build-cache:api.buildcache-linux-arm64,mode"),
    ] {
        let run = rack(types, "").run(TASK);
        assert!(run.code == 0 && run.stdout.contains(name), "{types}: {run}");
    }
}

#[test]
fn a_build_task_refuses_platforms_that_it_does_not_run_on() {
    let bench = rack("  BuildMethod: fargate\n  BuildArchitecture: ARM64\n", "");
    for same in ["linux/arm64", "linux/aarch64", "linux/arm64/v8"] {
        let run = bench.run(&format!("{TASK} --platform {same}"));
        assert!(run.code == 0 && !run.stderr.contains("platform"), "{run}");
        assert_eq!(run.stdout, bench.run(TASK).stdout, "the task is the same");
    }
    let other = bench.run(&format!("{TASK} --platform linux/amd64"));
    assert!(other.code == 64 && other.stderr.contains("the build task runs on linux/arm64, and cannot build for linux/amd64"), "{other}");
    assert!(other.stderr.contains("BuildArchitecture=X86_64"), "{other}");
    let several = bench.run(&format!("{TASK} --platform linux/amd64,linux/arm64"));
    assert!(several.code == 64 && several.stderr.contains("a build task builds for one platform"), "{several}");
    let unknown = bench.run(&format!("{TASK} --platform arm64"));
    assert!(unknown.code == 64 && unknown.stderr.contains("write `linux/arm64`"), "{unknown}");
    let attached = bench.run("build run --attach 1 --platform linux/arm64");
    assert!(attached.code == 64 && attached.stderr.contains("--platform"), "{attached}");
    let on_instances = rack("  BuildInstance: t3.small\n", "").run(&format!("{TASK} --platform linux/arm64"));
    assert!(on_instances.code == 64 && on_instances.stderr.contains("BuildInstance"), "{on_instances}");
}

#[test]
fn platforms_of_rack_yaml_that_the_build_task_lacks_are_noted() {
    let section = "build:\n  platforms: [linux/amd64, linux/arm64]\n";
    let bench = rack("  BuildMethod: fargate\n", section);
    let run = bench.run(TASK);
    assert!(
        run.code == 0 && run.stderr.contains("builds only for linux/amd64; `build.platforms` in rack.yaml has linux/arm64 too"),
        "{run}"
    );
    let stated = bench.run(&format!("{TASK} --platform linux/amd64"));
    assert!(stated.code == 0 && !stated.stderr.contains("builds only for"), "{stated}");
}

#[test]
fn a_build_task_on_unknown_instances_says_so() {
    let bench = Bench::new();
    let task = r#"{"Type": "AWS::ECS::TaskDefinition", "Properties": {"Family": "b", "ContainerDefinitions": [{"Name": "build", "Image": "docker:28-cli", "Memory": 512}]}}"#;
    let template = format!(
        r#"{{"Parameters": {{"BuildCache": {{"Type": "String", "Default": "Yes"}}}}, "Resources": {{"Cluster": {{"Type": "AWS::ECS::Cluster"}}, "Task": {task}}}}}"#
    );
    bench.file("rack.json", template).file("rack.yaml", "name: rack\nregion: us-east-1\ntemplate: rack.json\n");
    assert_eq!(bench.run("apply --yes").code, 0);
    let run = bench.run(TASK);
    assert!(run.code == 0 && run.stderr.contains("the platform of the build task is unknown"), "{run}");
    let stated = bench.run(&format!("{TASK} --platform linux/arm64"));
    assert!(stated.code == 64 && stated.stderr.contains("the platform of the build task is unknown"), "{stated}");
}
