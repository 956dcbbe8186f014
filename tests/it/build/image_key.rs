//! `rackform build image-key`: which inputs change a key.
#![allow(clippy::unwrap_used)]

use crate::program::{Bench, Run};

/// Returns a project with two packages.
fn project() -> Bench {
    let bench = Bench::new();
    write(&bench);
    bench
}

fn write(bench: &Bench) {
    bench
        .file("Dockerfile", "FROM node:22-alpine\nCOPY package.json package-lock.json ./\nRUN npm install\n")
        .file("package.json", r#"{"name":"web","dependencies":{"a":"^1"},"scripts":{"test":"x"}}"#)
        .file("package-lock.json", "{}")
        .file("packages/one/package.json", r#"{"name":"one"}"#)
        .file("packages/one/node_modules/x/package.json", r#"{"name":"x"}"#)
        .file(".npmrc", "registry=x")
        .file(".git/package.json", "{}");
}

const ARGUMENTS: &str = "--cache-on **/package.json --cache-on package-lock.json --target deps --architecture amd64 --build-arg A=1 --build-arg B=2 --additional-build-args --pull";

fn run(bench: &Bench, arguments: &str) -> Run {
    Run::of(bench.command().args(["build", "image-key"]).args(arguments.split_whitespace()))
}

fn key(bench: &Bench, arguments: &str) -> String {
    let run = run(bench, arguments);
    assert_eq!(run.code, 0, "{run}");
    run.stdout.trim().to_owned()
}

fn files(bench: &Bench, cache_on: &str) -> Vec<String> {
    let run = Run::of(bench.command().args(["build", "image-key", "--format", "json", "--cache-on", cache_on]));
    assert_eq!(run.code, 0, "{run}");
    run.json()["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_same_inputs_have_the_same_key_in_any_directory() {
    let (one, other) = (project(), project());
    let of_one = key(&one, ARGUMENTS);
    assert_eq!(of_one, key(&other, ARGUMENTS));
    assert_eq!(of_one, key(&one, ARGUMENTS));
    let root = one.path().parent().unwrap();
    let from_outside =
        Run::of(other.command().current_dir(root).args(["build", "image-key", "--directory"]).arg(one.path()).args(ARGUMENTS.split(' ')));
    assert_eq!(from_outside.stdout.trim(), of_one, "{from_outside}");
    assert!(of_one.starts_with("k1-") && of_one.len() == 67, "{of_one}");
}

#[test]
fn order_spelling_and_unmatched_files_do_not_change_the_key() {
    let bench = project();
    let before = key(&bench, ARGUMENTS);
    for same in [
        "--cache-on package-lock.json --cache-on **/package.json --target deps --architecture amd64 --build-arg A=1 --build-arg B=2 --additional-build-args --pull",
        "--cache-on {package-lock.json,**/package.json} --target deps --architecture x86_64 --build-arg B=2 --build-arg A=1 --additional-build-args --pull",
        "--cache-on **/package.json --cache-on ./package.json --cache-on package-lock.json --target deps --architecture linux/amd64 --build-arg A=0 --build-arg A=1 --build-arg B=2 --additional-build-args --pull",
        "--dockerfile ./Dockerfile --cache-on **/package.json --cache-on package-lock.json --target deps --architecture amd64 --build-arg A=1 --build-arg B=2 --additional-build-args --pull",
    ] {
        assert_eq!(key(&bench, same), before, "{same}");
    }
    bench.file("README.md", "not named by a glob").file(".npmrc", "not named either").file("packages/.hidden/package.json", "{}");
    assert_eq!(key(&bench, ARGUMENTS), before);
    let with_environment =
        Run::of(bench.command().env("A", "1").args(["build", "image-key"]).args(ARGUMENTS.replace("A=1", "A").split(' ')));
    assert_eq!(with_environment.stdout.trim(), before, "an argument without a value has the environment's value");
    bench.file("other/Dockerfile", bench.read("Dockerfile"));
    assert_eq!(key(&bench, &format!("{ARGUMENTS} --dockerfile other/Dockerfile")), before, "the Dockerfile's path does not matter");
    let text = bench.read("Dockerfile");
    let inline = Run::of(bench.command().args(["build", "image-key", "--dockerfile-inline", &text]).args(ARGUMENTS.split(' ')));
    assert_eq!(inline.stdout.trim(), before, "an inline Dockerfile has the same key");
}

#[test]
fn every_input_changes_the_key() {
    let mut keys = vec![key(&project(), ARGUMENTS)];
    let mut changed = |what: &str, bench: &Bench, arguments: &str| {
        let key = key(bench, arguments);
        assert!(!keys.contains(&key), "{what} does not change the key");
        keys.push(key);
    };
    for (what, from, to) in [
        ("the target", "--target deps", "--target run"),
        ("no target", "--target deps", ""),
        ("the architecture", "amd64", "arm64"),
        ("a build argument's value", "A=1", "A=2"),
        ("an empty value", "A=1", "A="),
        ("an argument without a value", "A=1", "A"),
        ("a build argument's name", "A=1", "C=1"),
        ("a removed build argument", "--build-arg A=1", ""),
        ("an additional argument", "--pull", "--no-cache"),
        ("a glob that matches fewer files", "**/package.json", "package.json"),
    ] {
        changed(what, &project(), &ARGUMENTS.replace(from, to));
    }
    for (what, file, text) in [
        ("the Dockerfile", "Dockerfile", "FROM node:22-alpine\r\nCOPY package.json package-lock.json ./\r\nRUN npm install\r\n"),
        ("a file's content", "package-lock.json", "{ }"),
        ("a nested file", "packages/one/package.json", r#"{"name":"two"}"#),
        ("an additional file", "packages/two/package.json", r#"{"name":"one"}"#),
    ] {
        let bench = project();
        bench.file(file, text);
        changed(what, &bench, ARGUMENTS);
    }
    let bench = project();
    std::fs::rename(bench.path().join("packages/one"), bench.path().join("packages/three")).unwrap();
    changed("a file's path", &bench, ARGUMENTS);
    let bench = project();
    std::fs::remove_file(bench.path().join("packages/one/package.json")).unwrap();
    changed("a removed file", &bench, ARGUMENTS);
}

#[cfg(unix)]
#[test]
fn the_executable_bit_and_link_targets_change_the_key() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let bench = project();
    bench.file("run.sh", "x").file("same/run.sh", "x");
    let arguments = "--cache-on run.sh --architecture amd64";
    let before = key(&bench, arguments);
    let mode = |mode| std::fs::set_permissions(bench.path().join("run.sh"), std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o600);
    assert_eq!(key(&bench, arguments), before, "permissions of group and others depend on the umask");
    mode(0o755);
    let executable = key(&bench, arguments);
    assert_ne!(executable, before);
    std::fs::remove_file(bench.path().join("run.sh")).unwrap();
    symlink("same/run.sh", bench.path().join("run.sh")).unwrap();
    let linked = key(&bench, arguments);
    assert!(linked != before && linked != executable);
    bench.file("same/run.sh", "y");
    assert_ne!(key(&bench, arguments), linked, "the link's target changed");
    symlink("..", bench.path().join("same/up")).unwrap();
    symlink("nowhere", bench.path().join("same/lost")).unwrap();
    assert_eq!(files(&bench, "same/**"), ["same/lost", "same/run.sh", "same/up"], "links to directories are not followed");
}

#[test]
fn globs_find_what_bash_finds() {
    let bench = project();
    for (glob, found) in [
        ("**/package.json", vec!["package.json", "packages/one/node_modules/x/package.json", "packages/one/package.json"]),
        ("packages/*/package.json", vec!["packages/one/package.json"]),
        (".npmrc", vec![".npmrc"]),
        ("package*.json", vec!["package-lock.json", "package.json"]),
        (".git/*", vec![".git/package.json"]),
        ("packages/**", vec!["packages/one/node_modules/x/package.json", "packages/one/package.json"]),
    ] {
        assert_eq!(files(&bench, glob), found, "{glob}");
    }
    let arguments = ["build", "image-key", "--format", "json", "--cache-on", "**/package.json", "--cache-on", "!**/node_modules/**"];
    let run = Run::of(bench.command().args(arguments));
    assert_eq!(run.json()["files"].as_array().map(Vec::len), Some(2), "{run}");
}

#[test]
fn a_part_of_a_json_file_changes_the_key_by_its_value() {
    let bench = project();
    let arguments = "--cache-on package.json#.dependencies --architecture amd64";
    let before = key(&bench, arguments);
    bench.file("package.json", "{\n  \"scripts\": {\"test\": \"y\"},\n  \"dependencies\": { \"\\u0061\": \"^1\" }\n}\n");
    assert_eq!(key(&bench, arguments), before);
    bench.file("package.json", r#"{"dependencies":{"a":"^2"}}"#);
    assert_ne!(key(&bench, arguments), before);
    assert_eq!(
        key(&bench, "--cache-on **/package.json#.dependencies --allow-no-match"),
        key(&bench, "--cache-on package.json#.dependencies")
    );
}

#[test]
fn all_problems_of_input_files_are_reported_at_once() {
    let bench = project();
    bench.file("broken.json", "{\n  \"a\": tru\n}");
    let run = run(
        &bench,
        "--cache-on nothing/*.lock --cache-on packages --cache-on ../x --cache-on package.json#.devDependencies --cache-on broken.json#.a --cache-on package.json#.a|keys",
    );
    insta::assert_snapshot!(run, @r#"
    ------- stderr -------
    error[cache-on]: `--cache-on ../x`: `..` refers to a path outside the directory
     |
     = hint: choose a directory further up with `--directory`

    error[cache-on]: `--cache-on package.json#.a|keys`: unexpected `|keys`; write a part as `.dependencies`, `.a["b c"]` or `.list[0]`

    error[cache-on]: `--cache-on nothing/*.lock`: the pattern matches no file
     |
     = hint: patterns are relative to `--directory`; `--allow-no-match` allows patterns without a match

    error[cache-on]: `--cache-on packages`: the pattern matches a directory, not a file
     |
     = hint: `packages/**` matches every file below the directory

    error[cache-on]: `--cache-on package.json#.devDependencies`: `package.json` has no value at `.["devDependencies"]`
     |
     = hint: spell the keys as in the file, or allow missing parts with `--allow-no-match`

    error[json-syntax]: expected a value, found `t`
     --> ./broken.json:2:8
      |
    2 |   "a": tru
      |        ^
      |
      = hint: a value is an object, an array, a string in double quotes, a number, `true`, `false` or `null`
    ------- exit status: 65 -------
    "#);
    let missing = Run::of(Bench::new().command().args(["build", "image-key"]));
    assert_eq!(missing.code, 66, "{missing}");
    assert!(missing.stderr.contains("cannot read the Dockerfile `Dockerfile`"), "{missing}");
    assert_eq!(key(&bench, "--cache-on nothing --allow-no-match"), key(&bench, ""));
}

#[test]
fn values_of_build_arguments_are_not_printed() {
    let bench = project();
    let mut command = bench.command();
    command.env("TOKEN", "planted-secret").args([
        "build",
        "image-key",
        "-v",
        "--format",
        "json",
        "--build-arg",
        "TOKEN",
        "--build-arg",
        "B=planted-too",
    ]);
    let run = Run::of(&mut command);
    assert!(!run.to_string().contains("planted"), "{run}");
    let expected = serde_json::json!([{"name": "B", "has_value": true}, {"name": "TOKEN", "has_value": true}]);
    assert_eq!(run.json()["build_args"], expected, "{run}");
}
