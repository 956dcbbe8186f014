//! The Buildkite plugin and the GitHub Action around `rackform build image`: each input becomes exactly one argument.
#![allow(clippy::unwrap_used)]

use std::process::Command;

use crate::program::{Bench, Run};

/// A fake rackform: appends its arguments to a log, each terminated by NUL, and prints `STDOUT`.
const RACKFORM: &str =
    "#!/bin/sh\nfor argument; do printf '%s\\0' \"$argument\" >> \"$LOG\"; done\nprintf '%s' \"${STDOUT:-}\"\nexit \"${FAIL:-0}\"\n";

fn write_wrapper(wrapper: &str) -> Bench {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    let run = bench.run(&format!("build wrapper {wrapper} own"));
    assert_eq!(run.code, 0, "{run}");
    bench.file("rackform", RACKFORM);
    std::fs::set_permissions(bench.path().join("rackform"), std::fs::Permissions::from_mode(0o755)).unwrap();
    bench
}

fn script(bench: &Bench, text: &str, environment: &[(&str, &str)]) -> Run {
    let mut command = Command::new("bash");
    command.args(["-c", text]).env_clear().env("PATH", "/usr/bin:/bin").current_dir(bench.path());
    command.env("RACKFORM", bench.path().join("rackform")).env("LOG", bench.path().join("log")).envs(environment.iter().copied());
    Run::of(&mut command)
}

fn arguments(bench: &Bench) -> Vec<String> {
    bench.read("log").split_terminator('\0').map(str::to_owned).collect()
}

/// Asserts that every flag in a script is a flag of `rackform build image`.
fn assert_flags_exist(text: &str) {
    let help = Bench::new().run("build image --help").stdout;
    let flags = text.split_whitespace().map(|word| word.trim_matches(['(', ')', '"'])).map(|word| word.split('=').next().unwrap());
    let flags: Vec<_> = flags.filter(|word| word.starts_with("--") && word.len() > 2).collect();
    assert!(flags.len() > 15, "{flags:?}");
    for flag in flags {
        assert!(help.contains(&format!("{flag} ")) || help.contains(&format!("{flag}\n")), "`rackform build image` has no flag {flag}");
    }
}

#[test]
fn the_plugin_passes_every_property_unchanged() {
    let bench = write_wrapper("buildkite-plugin");
    assert_flags_exist(&bench.read("own/hooks/pre-command"));
    let hostile = "a \"b\" $(touch pwned) `touch pwned`\n;&|";
    let environment = [
        ("BUILDKITE_PLUGIN_NAME", "DOCKER_ECR_CACHE"),
        ("BUILDKITE_PLUGIN_DOCKER_ECR_CACHE_DOCKERFILE_INLINE", hostile),
        ("BUILDKITE_PLUGIN_DOCKER_ECR_CACHE_CACHE_ON_0", "**/package.json"),
        ("BUILDKITE_PLUGIN_DOCKER_ECR_CACHE_CACHE_ON_1", "a b,*"),
        ("BUILDKITE_PLUGIN_DOCKER_ECR_CACHE_BUILD_ARGS", "ONLY"),
        ("BUILDKITE_PLUGIN_DOCKER_ECR_CACHE_SECRETS_0", "id=npmrc,src=.npmrc"),
        ("BUILDKITE_PLUGIN_DOCKER_ECR_CACHE_ECR_TAGS_KEY", "Value"),
        ("BUILDKITE_PLUGIN_DOCKER_ECR_CACHE_ECR_TAGS_KEY2", hostile),
        ("BUILDKITE_PLUGIN_DOCKER_ECR_CACHE_SKIP_PULL_FROM_CACHE", "true"),
        ("BUILDKITE_PLUGIN_DOCKER_ECR_CACHE_MAX_AGE_DAYS", "7"),
        ("BUILDKITE_PLUGIN_OTHER_TARGET", "not ours"),
        ("STDOUT", "export BUILDKITE_PLUGIN_DOCKER_IMAGE='r/i:t'\n"),
    ];
    let run = script(&bench, "set -eu; . own/hooks/pre-command; printenv BUILDKITE_PLUGIN_DOCKER_IMAGE", &environment);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.ends_with("r/i:t\n"), "the following command has the image: {run}");
    let inline = format!("--dockerfile-inline={hostile}");
    let tag = format!("--ecr-tag=KEY2={hostile}");
    let expected = [
        "build",
        "image",
        "--export",
        "buildkite",
        &inline,
        "--max-age-days=7",
        "--build-arg=ONLY",
        "--cache-on=**/package.json",
        "--cache-on=a b,*",
        "--secret=id=npmrc,src=.npmrc",
        "--skip-pull",
        "--ecr-tag=KEY=Value",
        &tag,
    ];
    assert_eq!(arguments(&bench), expected);
    assert!(!bench.path().join("pwned").exists());
    let failed = script(&bench, ". own/hooks/pre-command", &[("FAIL", "69")]);
    assert_eq!(failed.code, 69, "a failure fails the step: {failed}");
}

#[test]
fn the_action_passes_every_input_unchanged() {
    let bench = write_wrapper("github-action");
    let (action, image) = (bench.read("own/action.yml"), bench.read("own/image.sh"));
    assert_flags_exist(&image);
    let passed: Vec<&str> = action.lines().filter_map(|line| line.trim().strip_prefix("INPUT_")?.split(':').next()).collect();
    assert!(passed.len() > 15);
    for name in &passed {
        assert!(image.contains(&format!(" {name} ")) || image.contains(&format!("INPUT_{name}:-")), "{name} is not passed to rackform");
        let input = name.to_lowercase().replace('_', "-");
        assert!(action.contains(&format!("\n  {input}:\n")), "the action has no input {input}");
        assert!(action.contains(&format!("INPUT_{name}: ${{{{ inputs.{input} }}}}")), "{input} is not in the environment");
    }
    let run = action.split("run: ").last().unwrap();
    assert!(!run.contains("${{"), "an input in the script would be run as code: {run}");
    let environment = [
        ("INPUT_CACHE_ON", "**/a.json\n\n  \nb $(touch pwned)\n"),
        ("INPUT_SKIP_PULL", "true"),
        ("INPUT_NAME", "x y"),
        ("INPUT_TARGET", ""),
    ];
    let run = script(&bench, "bash own/image.sh", &environment);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(
        arguments(&bench),
        ["build", "image", "--export", "github", "--name=x y", "--cache-on=**/a.json", "--cache-on=b $(touch pwned)", "--skip-pull"]
    );
    assert!(!bench.path().join("pwned").exists());
}

#[test]
fn existing_files_are_replaced_only_with_force() {
    let bench = write_wrapper("github-action");
    bench.file("own/action.yml", "mine");
    let run = bench.run("build wrapper github-action own");
    assert!(run.code == 73 && run.stderr.contains("already exists"), "{run}");
    assert_eq!(bench.read("own/action.yml"), "mine");
    assert_eq!(bench.run("build wrapper github-action own --force").code, 0);
    assert_ne!(bench.read("own/action.yml"), "mine");
}

#[test]
fn shellcheck_accepts_the_scripts() {
    if Command::new("shellcheck").arg("--version").output().is_err() {
        return crate::support::skip("shellcheck is not installed");
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let run = Run::of(Command::new("shellcheck").current_dir(folder).args([
        "-s",
        "bash",
        "buildkite-plugin/hooks/pre-command",
        "github-action/image.sh",
    ]));
    assert_eq!(run.code, 0, "{run}");
}
