//! JSON outputs against their published schemas, and JSON beside the human view.
#![allow(clippy::unwrap_used)]

use std::os::unix::fs::symlink;

use serde_json::{Value as Json, json};

use crate::backend::NETWORK;
use crate::program::{Bench, Run};

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: demo\nregion: us-east-1\ntemplate: network.json\n").file("network.json", NETWORK);
    bench
}

fn schema(name: &str) -> Json {
    let path = format!("{}/docs/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let mut schema: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    schema["$id"] = format!("https://example.com/{name}.schema.json").into();
    schema
}

/// Returns a schema together with those that it refers to.
fn validator(name: &str) -> jsonschema::Validator {
    let mut root = schema(name);
    for other in ["plan", "verify"].into_iter().filter(|other| *other != name) {
        root["$defs"][format!("{other}.schema.json")] = schema(other);
    }
    jsonschema::validator_for(&root).unwrap()
}

fn problems(name: &str, value: &Json) -> Vec<String> {
    validator(name).iter_errors(value).map(|problem| format!("{}: {problem}", problem.instance_path())).collect()
}

fn lines(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Checks that every line follows the schema of operations; returns the kinds of lines in their order, each once.
fn kinds(lines: &[Json]) -> Vec<String> {
    let validator = validator("operation");
    for line in lines {
        let problems: Vec<String> = validator.iter_errors(line).map(|problem| format!("{}: {problem}", problem.instance_path())).collect();
        assert!(problems.is_empty(), "{problems:?} in {line}");
    }
    let mut kinds: Vec<String> =
        lines.iter().map(|line| line.as_object().unwrap().keys().find(|key| *key != "format_version").unwrap().clone()).collect();
    kinds.dedup();
    kinds
}

fn run(bench: &Bench, arguments: &str, code: i32) -> Run {
    let run = bench.run(arguments);
    assert_eq!(run.code, code, "{run}");
    run
}

#[test]
fn json_into_has_every_line_beside_the_human_view() {
    let bench = bench();
    let human = run(&bench, "apply --yes -p Cache=Yes --json-into lines.jsonl", 0);
    let plain = {
        let other = self::bench();
        run(&other, "apply --yes -p Cache=Yes", 0)
    };
    assert_eq!(human.stdout, plain.stdout, "the human view is as without the option");
    assert_eq!(kinds(&lines(&bench.read("lines.jsonl"))), ["plan", "preflight", "event", "outcome", "verification"]);
    // Both at once, and an existing file is replaced.
    let both = run(&bench, "set Cache=No --yes --allow-data-loss Files --format json --json-into lines.jsonl", 0);
    assert_eq!(both.stdout, bench.read("lines.jsonl"));
    run(&bench, "delete --yes --json-into lines.jsonl", 0);
    assert_eq!(kinds(&lines(&bench.read("lines.jsonl"))), ["plan", "event", "outcome"]);
}

#[test]
fn lines_of_failures_and_recoveries_follow_the_schema() {
    let bench = bench();
    let failed = run(&bench, "apply --yes -p Cache=Yes --format json --fail-on Files:create", 1);
    let written = lines(&failed.stdout);
    assert_eq!(kinds(&written), ["plan", "preflight", "event", "outcome"]);
    assert_eq!(written.last().unwrap()["outcome"]["RootCause"]["logical_id"], "Files");
    let recovery = run(&bench, "recover --yes --format json", 0);
    assert_eq!(kinds(&lines(&recovery.stdout))[0], "recovery");
    run(&bench, "apply --yes", 0);
    assert_eq!(kinds(&lines(&run(&bench, "apply --yes --format json", 0).stdout)), ["plan", "outcome"]);
}

#[test]
fn a_file_that_cannot_be_written_stops_the_command_before_anything_happens() {
    let bench = bench();
    let missing = run(&bench, "apply --yes --json-into none/lines.jsonl", 73);
    assert!(missing.stderr.contains("none/lines.jsonl"), "{missing}");
    let outside = tempfile::tempdir().unwrap();
    symlink(outside.path().join("stolen"), bench.path().join("link.jsonl")).unwrap();
    let link = run(&bench, "apply --yes --json-into link.jsonl", 73);
    assert!(!outside.path().join("stolen").exists(), "{link}");
    run(&bench, "status", 66);
}

#[test]
fn a_plan_and_a_difference_are_also_written_as_json() {
    let bench = bench();
    let human = run(&bench, "plan -p Cache=Yes --json-into plan.json", 0);
    assert!(human.stdout.contains("Files") && !human.stdout.contains("format_version"), "{human}");
    assert_eq!(bench.read("plan.json"), run(&bench, "plan -p Cache=Yes --format json", 0).stdout);
    let plan: Json = serde_json::from_str(&bench.read("plan.json")).unwrap();
    assert_eq!(problems("plan", &plan), [""; 0]);
    let markdown =
        run(&bench, "diff network.json network.json --before-parameter Cache=No -p Cache=Yes --format markdown --json-into diff.json", 0);
    assert!(markdown.stdout.contains('|'), "{markdown}");
    let difference: Json = serde_json::from_str(&bench.read("diff.json")).unwrap();
    assert_eq!(problems("plan", &difference), [""; 0]);
    let same = run(&bench, "plan -p Cache=Yes -o one.file --json-into one.file", 64);
    assert!(same.stderr.contains("both name `one.file`") && !bench.path().join("one.file").exists(), "{same}");
    for command in ["plan", "apply --yes"] {
        let dash = run(&bench, &format!("{command} --json-into -"), 64);
        assert!(dash.stderr.contains("`--format json`") && !bench.path().join("-").exists(), "{dash}");
    }
    bench.file("other.yaml", "name: other\nregion: us-east-1\ntemplate: network.json\n");
    let several = run(&bench, "plan --file rack.yaml --file other.yaml --json-into plan.json", 64);
    assert!(several.stderr.contains("cannot use `--json-into` with several `--file`"), "{several}");
}

#[test]
fn documents_of_all_reading_commands_follow_their_schemas() {
    let bench = bench();
    run(&bench, "apply --yes -p Cache=Yes", 0);
    for (schema, command) in [
        ("status", "status"),
        ("drift", "drift"),
        ("params", "params"),
        ("permissions", "permissions"),
        ("evaluate", "evaluate rack"),
        ("local", "local stacks"),
        ("local", "local resources"),
        ("verify", "verify"),
    ] {
        let run = run(&bench, &format!("{command} --format json"), 0);
        assert_eq!(problems(schema, &run.json()), [""; 0], "{command}: {run}");
    }
    for line in lines(&run(&bench, "events --format json", 0).stdout) {
        assert_eq!(problems("events", &line), [""; 0], "{line}");
    }
    // The schemas are not so wide that anything fits.
    for schema in ["status", "drift", "params", "permissions", "evaluate", "local", "verify", "events", "operation"] {
        assert_ne!(problems(schema, &json!({"format_version": 2, "surprise": 1})), [""; 0], "{schema}");
    }
}

#[test]
fn a_failure_names_its_place_in_the_template() {
    let bench = bench();
    let line = 1 + NETWORK.lines().position(|line| line.contains("\"Files\":")).unwrap();
    let failed = run(&bench, "apply --yes -p Cache=Yes --fail-on Files:create --json-into lines.jsonl", 1);
    assert!(failed.stderr.contains(&format!("declared at network.json:{line}:")), "{failed}");
    let outcome = lines(&bench.read("lines.jsonl")).last().unwrap()["outcome"].clone();
    assert_eq!(outcome["RootCause"]["place"]["line"], line, "{outcome}");
    // The rack's own template has no file: its area helps.
    let rack = Bench::new();
    rack.file("rack.yaml", "name: demo\nregion: us-east-1\n");
    let failed = run(&rack, "apply --yes -p BuildCache=Yes --fail-on BuildCacheRepository:create", 1);
    assert!(failed.stderr.contains("declared at rack.json (rendered):") && failed.stderr.contains("the area `"), "{failed}");
}
