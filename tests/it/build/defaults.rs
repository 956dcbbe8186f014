//! Tests of the section `build` of rack.yaml in each command, and of the checks before an engine is started.
#![allow(clippy::unwrap_used)]

use crate::program::{Bench, Run};

/// A rack.yaml in a directory of its own, with the app beside it.
fn project() -> Bench {
    let bench = Bench::new();
    bench
        .file("acme/app/package.json", "{}")
        .file("acme/docker/web.Dockerfile", "FROM node:22 AS deps\nCOPY package.json /\nRUN npm ci\nFROM deps AS runtime\nCOPY . /\n")
        .file(
            "acme/rack.yaml",
            "name: acme\nbackend: local:state\nbuild:\n  engine: buildx\n  service: web\n  directory: app\n  dockerfile: docker/web.Dockerfile\n  target: deps\n  \
             platforms: [linux/arm64]\n  repository: r.example.com/cache\n",
        );
    bench
}

#[test]
fn paths_in_rack_yaml_are_relative_to_it_in_every_command() {
    let bench = project();
    let command = bench.run("--file acme/rack.yaml build command --engine-version 25.0.3 --driver docker-container --rack none");
    assert!(command.stdout.contains("--file acme/docker/web.Dockerfile --target deps --platform linux/arm64 acme/app\n"), "{command}");
    assert!(command.stdout.contains("ref=r.example.com/cache:web.buildcache-stage_deps-linux-arm64"), "{command}");
    let check = bench.run("--file acme/rack.yaml build check --format json");
    assert_eq!(check.code, 0, "{check}");
    let text = bench.read("acme/rack.yaml");
    bench.file("acme/rack.yaml", text.replace("target: deps", "target: dep"));
    for arguments in ["check", "command --engine-version 25.0.3 --rack none", "image --repository r.example.com/web", "cache warm"] {
        let missing = bench.run(&format!("--file acme/rack.yaml build {arguments}"));
        assert_eq!(missing.code, 65, "{missing}");
        let all = missing.to_string();
        assert!(all.contains("--> acme/rack.yaml:8:11") && all.contains("did you mean `deps`?"), "{missing}");
    }
    bench.file("acme/rack.yaml", text);
    let recipe = bench.run("--file acme/rack.yaml build recipe buildkite");
    assert!(
        recipe.stdout.contains("RACK_DIRECTORY: acme/app\n") && recipe.stdout.contains("RACK_CACHE: r.example.com/cache\n"),
        "{recipe}"
    );
    let key = |arguments: &str| bench.run(&format!("build image-key {arguments}"));
    let by_file = bench.run("--file acme/rack.yaml build image-key --cache-on package.json");
    let by_flags =
        key("--directory acme/app --dockerfile ../docker/web.Dockerfile --target deps --architecture arm64 --cache-on package.json");
    assert_eq!((by_file.stdout.as_str(), by_file.code), (by_flags.stdout.as_str(), 0), "{by_file}{by_flags}");
    let inside = Run::of(bench.command().current_dir(bench.path().join("acme")).args(["build", "image-key", "--cache-on", "package.json"]));
    assert_eq!(inside.stdout, by_flags.stdout, "{inside}");
}

#[test]
fn the_command_line_and_the_environment_precede_rack_yaml() {
    let bench = project();
    bench.file(
        "acme/rack.yaml",
        "build:\n  engine: buildx\n  builder: ci\n  cache: s3\n  s3_bucket: layers\n  s3_region: eu-west-1\n  s3_prefix: acme/\n",
    );
    bench.file("acme/app/Dockerfile", "FROM scratch\n");
    let run = |variable: &[(&str, &str)], arguments: &str| {
        let mut command = bench.command();
        let all = format!(
            "--file acme/rack.yaml build command acme/app --no-detect --engine-version 25.0.3 --driver docker-container {arguments}"
        );
        command.args(all.split_whitespace()).envs(variable.iter().copied());
        Run::of(&mut command)
    };
    let from_file = run(&[], "");
    assert!(from_file.stdout.contains("--builder=ci "), "{from_file}");
    assert!(
        from_file.stdout.contains("type=s3,region=eu-west-1,bucket=layers,") && from_file.stdout.contains("prefix=acme/"),
        "{from_file}"
    );
    let from_environment = run(&[("BUILDX_BUILDER", "other")], "");
    assert!(!from_environment.stdout.contains("--builder=ci"), "{from_environment}");
    let from_flags = run(&[("BUILDX_BUILDER", "other")], "--builder mine --s3-bucket own --s3-region us-east-1");
    assert!(from_flags.stdout.contains("--builder=mine ") && from_flags.stdout.contains("region=us-east-1,bucket=own,"), "{from_flags}");
    assert!(!from_flags.stdout.contains("acme/,"), "the prefix in rack.yaml belongs to its bucket: {from_flags}");
    let other = run(&[], "--repository r.example.com/cache");
    assert!(other.stdout.contains("ref=r.example.com/cache:buildcache") && !other.stdout.contains("s3"), "{other}");
    let listed = bench.run("--file acme/rack.yaml build cache ls");
    assert_eq!(listed.code, 64, "{listed}");
    assert!(listed.stderr.contains("acme/rack.yaml:4:10: the cache `s3` is in no registry"), "{listed}");
}

#[test]
fn every_invalid_value_of_the_section_is_reported_with_its_position() {
    let bench = project();
    bench.file(
        "rack.yaml",
        "build:\n  engine: buildxx\n  platforms: [linux/amd64, linux/arm64x]\n  repository: r.example.com/cache:tag\n  builder: 1st\n  s3_endpoint_url: minio\n  \
         dockerfile: ../../outside\n  cache_mode: most\n  targets: x\n",
    );
    let run = bench.run("build image-key --dockerfile-inline FROM");
    assert_eq!(run.code, 65, "{run}");
    for place in ["2:11", "3:28", "4:15", "5:12", "6:20", "7:15", "8:15", "9:3"] {
        assert!(run.stderr.contains(&format!("--> rack.yaml:{place}")), "{place}: {run}");
    }
    assert!(run.stderr.contains("did you mean `arm64`?") && run.stderr.contains("did you mean `target`?"), "{run}");
}

#[test]
fn all_inputs_are_checked_before_the_engine_is_asked() {
    let bench = project();
    let arguments = "build command acme/nowhere --engine buildx --program /nonexistent/docker --dockerfile acme/docker/web.Dockerfile \
                     --target runtme --platform linux/arm64x --secret id=npm,src=missing.npmrc --secret ABSENT --ssh default --archive out/web.tar --exec";
    let run = bench.run(arguments);
    assert_eq!(run.code, 64, "{run}");
    for problem in [
        "unknown architecture `arm64x` in the platform `linux/arm64x`",
        "directory `acme/nowhere` does not exist",
        "the file `missing.npmrc` of the secret `npm` does not exist",
        "environment variable ABSENT is not set, required for the secret `ABSENT`",
        "the SSH agent `default` needs SSH_AUTH_SOCK",
        "the directory `out` does not exist",
        "the target stage `runtme` does not exist",
        "did you mean `runtime`?",
    ] {
        assert!(run.stderr.contains(problem), "{problem}: {run}");
    }
    assert!(!run.stderr.contains("nonexistent"), "the engine was asked: {run}");
    let image = bench.run(
        "build image --repository r.example.com/x --directory acme/app --dockerfile ../docker/web.Dockerfile --target dep --architecture amd640 \
         --secret id=npm,src=missing.npmrc --context nowhere --export env --export-env-variable 1X",
    );
    assert_eq!(image.code, 64, "{image}");
    for problem in [
        "did you mean `deps`?",
        "did you mean `amd64`?",
        "`acme/app/missing.npmrc`",
        "build context `acme/app/nowhere`",
        "variable name `1X`",
    ] {
        assert!(image.stderr.contains(problem), "{problem}: {image}");
    }
}

#[test]
fn addresses_of_sources_are_checked() {
    let bench = project();
    for (source, is_valid) in [
        ("https://github.com/acme/app.git#main", true),
        ("git@github.com:acme/app.git", true),
        ("s3://bucket/app.tgz", true),
        ("https://", false),
        ("s3:///app.tgz", false),
        ("git@:x", false),
    ] {
        let run = bench.run_args(&["build", "command", source, "--engine", "buildx", "--no-detect"]);
        assert_eq!(run.code == 0, is_valid, "{source}: {run}");
    }
    let secret = bench.run("build command https://user:hunter22@ho^st/x --engine buildx --no-detect");
    assert!(secret.code == 64 && !secret.stderr.contains("hunter22"), "{secret}");
}

#[test]
fn findings_of_the_dockerfile_are_data() {
    let bench = Bench::new();
    bench.file("Dockerfile", "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n");
    let run = bench.run("build command --engine buildx --no-detect --format json");
    let findings = run.json()["findings"].as_array().unwrap().clone();
    let checked = bench.run("build check --engine buildx --format json").json()["findings"].as_array().unwrap().clone();
    assert!(!findings.is_empty(), "{run}");
    assert_eq!(findings, checked);
    assert_eq!((findings[0]["rule"].as_str(), findings[0]["line"].as_u64()), (Some("copy-before-install"), Some(3)), "{run}");
}
