//! Tests of the line that ends each build: what was cached, read and written, by `--exec`, `warm` and the agent, with a fake engine.
#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::program::{Bench, Run};

/// A docker without buildx on PATH: prints the recorded progress in `progress` on standard error, and fails as `FAIL` requests.
const DOCKER: &str = r#"#!/bin/sh
case "$*" in
  'version --format'*) echo '{"Client":{"Version":"28.5.2"},"Server":{"Version":"28.5.2"}}'; exit ;;
  'buildx version') echo 'github.com/docker/buildx v0.29.1 x'; exit ;;
  'buildx inspect'*) printf 'Name: default\nDriver: docker\nNodes:\nBuildKit version: v0.25.2\n'; exit ;;
  info*) echo '[["driver-type","io.containerd.snapshotter.v1"]]'; exit ;;
  pull*) exit ;;
  push*) exit "${FAIL_PUSH:-0}" ;;
  *build*) cat progress >&2; [ -z "${RAW:-}" ] || printf 'out \377 put'; exit "${FAIL:-0}" ;;
esac
"#;

fn recorded(name: &str) -> String {
    std::fs::read_to_string(format!("{}/fixtures/engine-output/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn bench(progress: &str) -> Bench {
    let bench = Bench::new();
    bench.file("app/Dockerfile", "FROM scratch\nCOPY . /\n").file("bin/docker", DOCKER).file("progress", progress);
    std::fs::set_permissions(bench.path().join("bin/docker"), std::fs::Permissions::from_mode(0o755)).unwrap();
    bench
}

fn command(bench: &Bench, line: &str) -> Command {
    let mut command = bench.command();
    command.env("PATH", format!("{}:/usr/bin:/bin", bench.path().join("bin").display())).env("HOME", bench.path());
    command.args(line.split(' '));
    command
}

fn run(bench: &Bench, line: &str) -> Run {
    Run::of(&mut command(bench, line))
}

const BUILD: &str = "build command app --engine buildx --rack none --service web --tag r.example/web:1 --push --exec";

#[test]
fn the_engines_output_is_unchanged_and_a_line_ends_it() {
    let bench = bench(&recorded("fresh.txt"));
    let line = format!("{BUILD} --cache-to type=registry,ref=r.example/cache:web,mode=max");
    let output = command(&bench, &line).env("RAW", "1").output().unwrap();
    assert_eq!(output.stdout, b"out \xff put");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains(&recorded("fresh.txt")), "{stderr}");
    assert!(stderr.ends_with("\ncache: 5 of 5 steps cached; written to r.example/cache:web\n"), "{stderr}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_cache_that_was_lost_silently_is_always_told() {
    let bench = bench(&recorded("dead-registry.txt"));
    let line = format!("{BUILD} --cache-to type=registry,ref=127.0.0.1:1/cache:web,mode=max,ignore-error=true");
    let lost = "cache: not written to 127.0.0.1:1/cache:web: error writing layer blob: ";
    let told = run(&bench, &format!("{line} --quiet"));
    assert!(told.code == 0 && told.stderr.contains(&format!("\nwarning: {lost}")), "{told}");
    let required = run(&bench, &format!("{line} --require-cache"));
    assert!(required.code == 7 && required.stderr.contains("error: the build succeeded, but its cache was not written"), "{required}");
    let json = run(&bench, &format!("{line} --require-cache --format json"));
    assert_eq!(json.code, 7, "{json}");
    let report = json.json();
    assert_eq!(report["cache"]["exports"][0]["outcome"], "not_written", "{report}");
    assert_eq!((&report["cache"]["steps"]["total"], &report["engine"]), (&5.into(), &"buildx".into()), "{report}");
    assert!(json.stderr.contains("exporting cache to registry"), "{json}");
    // A cache that the engine insists on fails the build; the reason is the last thing that is printed.
    let failed = Run::of(command(&bench, &line).env("FAIL", "1"));
    assert!(failed.code == 1 && failed.stderr.contains("caused by: the cache cannot be written: error writing layer blob"), "{failed}");
    assert!(!failed.stderr.contains("\nwarning: cache"), "{failed}");
}

#[test]
fn a_cache_that_cannot_be_written_is_refused_before_the_build_if_it_is_required() {
    let bench = bench(&recorded("fresh.txt"));
    let none = run(&bench, &format!("{BUILD} --require-cache"));
    assert!(none.code == 64 && !none.stderr.contains("exporting"), "{none}");
    let reads = run(&bench, &format!("{BUILD} --require-cache --cache-from type=registry,ref=r.example/cache:web"));
    assert!(reads.code == 64 && !reads.stderr.contains("exporting"), "{reads}");
    let old =
        format!("{BUILD} --repository r.example/cache --require-cache").replace("buildx", "docker --engine-version 20.10.24 --no-detect");
    let old = run(&bench, &old);
    assert!(old.code == 7 && old.stderr.contains("would not write r.example/cache:web.buildcache: Docker 20.10.24"), "{old}");
    assert!(!old.stderr.contains("exporting"), "{old}");
    let alone = run(&bench, &BUILD.replace("--exec", "--require-cache"));
    assert!(alone.code == 64 && alone.stderr.contains("--exec"), "{alone}");
    let env = run(&bench, &format!("{BUILD} --format env"));
    assert!(env.code == 64 && !env.stderr.contains("exporting"), "{env}");
}

#[test]
fn an_engine_that_says_nothing_is_unknown() {
    let bench = bench("building quietly\n");
    let line = format!("{BUILD} --cache-to type=registry,ref=r.example/cache:web");
    let unknown = run(&bench, &line);
    assert!(unknown.code == 0 && unknown.stderr.contains("unknown whether r.example/cache:web was written"), "{unknown}");
    assert_eq!(run(&bench, &format!("{line} --require-cache")).code, 7);
}

#[test]
fn warming_a_cache_that_is_not_written_fails() {
    let line = "build cache warm app --repository 127.0.0.1:1/cache --service web";
    let lost = bench(&recorded("dead-registry.txt"));
    let lost = run(&lost, line);
    assert!(lost.code == 7 && !lost.stderr.contains("is warm"), "{lost}");
    let warm = run(&bench(&recorded("fresh.txt")), line);
    assert!(warm.code == 0 && warm.stderr.ends_with("the cache in 127.0.0.1:1/cache is warm\n"), "{warm}");
}

#[test]
fn a_push_of_a_cache_image_that_is_allowed_to_fail_is_reported() {
    let bench = bench("");
    let line = "build command app --engine docker --rack none --cache image --repository r.example/cache --service web --tag r.example/web:1 --exec";
    let lost = Run::of(command(&bench, line).env("FAIL_PUSH", "1"));
    assert!(lost.code == 0 && lost.stderr.contains("not written to r.example/cache:web.buildcache: the push failed"), "{lost}");
    assert_eq!(Run::of(command(&bench, &format!("{line} --require-cache")).env("FAIL_PUSH", "1")).code, 7);
    let kept = run(&bench, line);
    assert!(kept.stderr.contains("; written to r.example/cache:web.buildcache"), "{kept}");
}

#[test]
fn a_process_that_the_engine_left_behind_does_not_hold_up_the_build() {
    let bench = bench("#1 [2/2] RUN make\n#1 CACHED\n");
    let script = DOCKER.replace("*build*)", "*build*) sleep 60 >&2 &\n cat progress >&2; exit 0;;\n *other*)");
    bench.file("bin/docker", script);
    std::fs::set_permissions(bench.path().join("bin/docker"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let child =
        command(&bench, &format!("{BUILD} --cache-to type=registry,ref=r.example/cache:web")).stderr(std::process::Stdio::null()).status();
    assert_eq!(child.unwrap().code(), Some(0));
}

#[test]
fn the_agent_reports_and_can_require_the_cache() {
    let bench = Bench::new();
    let log = "INFO[0001] No cached layer found for cmd RUN make\nINFO[0002] RUN make\nINFO[0003] Pushing layer r.example/cache:aa to cache now\n";
    let warning = "WARN[0004] Error uploading layer to cache: failed to push to destination r.example/cache:aa: DENIED\n";
    bench.file("log", format!("{log}{warning}"));
    bench.file("executor", "#!/bin/sh\n[ \"$1\" != version ] || { echo 'Kaniko version :  v1.27.5'; exit; }\ncat log >&2\n");
    std::fs::set_permissions(bench.path().join("executor"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let agent = |name: &str, value: &str| {
        let mut command = bench.command();
        command.args(["build", "agent", "--program"]).arg(bench.path().join("executor")).env(name, value);
        command.envs([
            ("BUILD_APP", "web"),
            ("BUILD_CACHE", "true"),
            ("BUILD_CACHE_REPO", "r.example/cache"),
            ("BUILD_PUSH", "r.example/web"),
        ]);
        Run::of(&mut command)
    };
    let lost = agent("BUILD_REQUIRE_CACHE", "");
    let expected =
        "warning: cache: not written to r.example/cache: failed to push to destination r.example/cache:aa: DENIED; 0 of 1 steps cached";
    assert!(lost.code == 0 && lost.stderr.contains(expected), "{lost}");
    assert_eq!(agent("BUILD_REQUIRE_CACHE", "true").code, 7);
    assert_eq!(agent("BUILD_REQUIRE_CACHE", "perhaps").code, 64);
    bench.file("log", log);
    let written = agent("BUILD_REQUIRE_CACHE", "true");
    assert!(
        written.code == 0 && written.stderr.contains("cache: 0 of 1 steps cached; nothing to use in r.example/cache; written to"),
        "{written}"
    );
}
