//! The output of `patch` and `render`.
#![allow(clippy::unwrap_used)]

use crate::program::{Bench, Run};

const SMALL_RACK: &str = include_str!("../../../fixtures/patch-small-rack/rack.json");

#[test]
fn patch_writes_the_template_to_standard_output_and_reports_what_it_added() {
    let bench = Bench::new();
    bench.file("rack.json", SMALL_RACK);
    let run = bench.run("patch rack.json");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("\"BuildCacheFilesystem\""), "{run}");
    assert!(run.stderr.contains("made:"), "{run}");
    assert_eq!(bench.read("rack.json"), SMALL_RACK, "the file is unchanged");
    bench.file("again.json", &run.stdout);
    let again = bench.run("patch again.json");
    assert_eq!(again.stdout, run.stdout);
    assert_eq!(again.stderr, "the template already has the build cache; no changes\n");
}

#[test]
fn patch_in_place_keeps_the_file_mode_and_patch_check_then_finds_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    bench.file("rack.json", SMALL_RACK);
    let path = bench.path().join("rack.json");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let before = bench.run("patch rack.json --check --quiet");
    assert_eq!(before.code, 2, "{before}");
    assert!(before.stdout.lines().any(|line| line.starts_with("+") && line.contains("BuildCacheFilesystem")), "{before}");
    assert_eq!(bench.read("rack.json"), SMALL_RACK, "--check writes nothing");

    assert_eq!(bench.run("patch rack.json --in-place --quiet").to_string(), "------- exit status: 0 -------");
    assert!(bench.read("rack.json").contains("BuildCacheFilesystem"));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(bench.run("patch rack.json --check --quiet").to_string(), "------- exit status: 0 -------");
}

#[test]
fn conflicting_patch_flags_are_a_usage_error() {
    let bench = Bench::new();
    bench.file("rack.json", SMALL_RACK);
    for arguments in ["patch rack.json --in-place --check", "patch rack.json --in-place -o x", "patch - --in-place"] {
        assert_eq!(bench.run(arguments).code, 64, "{arguments}");
    }
}

#[test]
fn render_check_reports_whether_a_file_is_up_to_date() {
    let bench = Bench::new();
    assert_eq!(bench.run("render -o rack.json").to_string(), "------- exit status: 0 -------");
    assert_eq!(bench.read("rack.json"), bench.run("render").stdout);
    assert_eq!(bench.run("render --check rack.json").code, 0);
    bench.file("rack.json", bench.read("rack.json").replacen("\"Parameters\"", "\"Parameterz\"", 1));
    let stale = bench.run("render --check rack.json");
    assert_eq!(stale.code, 2, "{stale}");
    assert!(stale.stdout.contains("-          \"Parameterz\"") && stale.stdout.contains("+          \"Parameters\""), "{stale}");
    assert_eq!(bench.run("render --check missing.json").code, 66);
    assert_eq!(bench.run("render --format yaml --minify").code, 64);
    assert_eq!(bench.run("render --minify").stdout.trim_end().lines().count(), 1);
}

#[test]
fn other_commands_accept_rendered_templates() {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: staging\nparameters:\n  BuildCache: Yes\n  BuildMethod: fargate\n");
    for arguments in ["render -o rack.json", "render --format yaml -o rack.yml", "render --minify -o rack.min.json"] {
        assert_eq!(bench.run(arguments).code, 0, "{arguments}");
    }
    for (before, after) in [("rack.json", "rack.yml"), ("rack.yml", "rack.min.json")] {
        let run = bench.run(&format!("diff {before} {after} -p BuildCache=Yes -p BuildMethod=fargate --exit-code"));
        assert_eq!(run.code, 0, "{run}");
    }
    let value = |run: &Run| run.json()["parameters"].as_array().unwrap().iter().find(|one| one["name"] == "BuildCache").unwrap().clone();
    let params = bench.run("params --group build --format json");
    assert_eq!(value(&params)["value"], "Yes", "an unquoted Yes in rack.yaml is a string");
    assert_eq!(value(&params)["provenance"], "file");
    let flag = bench.run("params --group build --format json -p BuildCache=No");
    assert_eq!(value(&flag)["provenance"], "flag");
    let json = bench.run("evaluate rack --format json").json();
    assert_eq!(json["resources"]["BuildCacheFilesystem"]["Properties"]["FileSystemTags"][0]["Value"], "staging-build-cache");
}
