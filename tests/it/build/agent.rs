//! `build agent`: what runs is what is shown, and builds share cache directories without losing or mixing them.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::{Bench, Run};

/// Moves directories as kaniko does for `RUN --mount=type=cache,target=TARGET`: by copying and deleting, as between file systems.
///
/// Each word of `STANDIN_TARGETS` is one `RUN`: it moves the cache directory to the target and the target's own files into its place, shows
/// what it found in the cache, adds a file called after the build, waits as long as `STANDIN_PAUSE` says, and moves everything back.
const STANDIN: &str = r#"#!/bin/sh
set -eu
[ "${1:-}" != version ] || { echo "Kaniko version :  v1.27.5"; exit 0; }
for word in "$@"; do echo "arg $word"; done
[ -z "${BUILD_AUTH:-}${RACK_URL:-}" ] || { echo "a secret came through"; exit 99; }
swap() {
  mkdir -p "$KANIKO_DIR/swap"
  cp -a "$1" "$KANIKO_DIR/swap/tmp"; rm -rf "$1"
  cp -a "$2" "$1"; rm -rf "$2"
  mv "$KANIKO_DIR/swap/tmp" "$2"
}
for target in ${STANDIN_TARGETS:-}; do
  cache="$KANIKO_DIR/caches/$(printf %s "$target" | sha256sum | cut -d' ' -f1)"
  mkdir -p "$cache" "$target"
  echo "of the image" > "$target/own"
  swap "$cache" "$target"
  echo "found $(ls "$target" | tr '\n' ' ')"
  echo "$BUILD_ID" > "$target/$BUILD_ID"
  : > "$STANDIN_MARKS/$BUILD_ID-running"
  sleep "${STANDIN_PAUSE:-0}" & wait $!
  swap "$target" "$cache"
done
exit "${STANDIN_EXIT:-0}"
"#;

struct Builder {
    bench: Bench,
}

impl Builder {
    fn new() -> Self {
        let bench = Bench::new();
        bench.file("executor", STANDIN);
        let path = bench.path().join("executor");
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        for directory in ["efs", "marks"] {
            std::fs::create_dir(bench.path().join(directory)).unwrap();
        }
        Self { bench }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.bench.path().join(name)
    }

    /// Returns a build in a container of its own: kaniko's directory and the targets are the build's, the file system is everybody's.
    fn command(&self, build: &str, app: &str, targets: &[&str]) -> Command {
        let container = self.path(&format!("container-{build}"));
        std::fs::create_dir_all(container.join("kaniko")).unwrap();
        let targets: Vec<String> = targets.iter().map(|target| container.join(target).display().to_string()).collect();
        let mut command = self.bench.command();
        command.args(["build", "agent", "--program"]).arg(self.path("executor"));
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.env("KANIKO_DIR", container.join("kaniko"));
        command.env("STANDIN_TARGETS", targets.join(" ")).env("STANDIN_MARKS", self.path("marks"));
        command.env("BUILD_CACHE_DIR", self.path("efs"));
        command.envs([("BUILD_APP", app), ("BUILD_ID", build), ("BUILD_CACHE", "true"), ("BUILD_CACHE_WAIT", "0")]);
        command
    }

    fn start(&self, command: &mut Command, build: &str) -> Child {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        while !self.path(&format!("marks/{build}-running")).exists() {
            assert!(begun.elapsed() < Duration::from_secs(30), "{build} never ran");
            std::thread::sleep(Duration::from_millis(10));
        }
        child
    }
}

fn finished(child: Child) -> Run {
    Run::from_output(&child.wait_with_output().unwrap())
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// Returns what a build's `RUN`s found in their cache directories, a line each.
fn found(run: &Run) -> Vec<String> {
    run.stdout.lines().filter_map(|line| line.strip_prefix("found ")).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn what_is_shown_is_what_runs() {
    let builder = Builder::new();
    let mut shown = builder.command("B1", "web", &[]);
    shown.args(["--dry-run", "--push", "r.example/web", "--service", "api", "--target", "a b", "--build-arg", "X=$(id)"]);
    shown.env("BUILD_CACHE_REPO", "r.example/cache");
    let shown = Run::of(&mut shown);
    assert_eq!(shown.code, 0, "{shown}");
    let mut ran = builder.command("B1", "web", &[]);
    ran.args(["--push", "r.example/web", "--service", "api", "--target", "a b", "--build-arg", "X=$(id)"]);
    ran.env("BUILD_CACHE_REPO", "r.example/cache");
    let ran = Run::of(&mut ran);
    assert_eq!(ran.code, 0, "{ran}");
    let arguments: Vec<&str> = ran.stdout.lines().filter_map(|line| line.strip_prefix("arg ")).collect();
    let line = shown.stdout.lines().last().unwrap();
    let words = shlex::split(line).unwrap();
    let program = words.iter().position(|word| word.ends_with("/executor")).unwrap_or_else(|| panic!("{shown}"));
    assert_eq!(words[program + 1..], arguments, "{shown}\n{ran}");
    for expected in
        ["--destination=r.example/web:api.B1", "--cache=true", "--cache-repo=r.example/cache", "--target=a b", "--build-arg=X=$(id)"]
    {
        assert!(arguments.contains(&expected), "{expected}: {arguments:?}");
    }
    let same = builder.bench.run_args(&[
        "build",
        "command",
        ".",
        "--engine",
        "kaniko",
        "--engine-version",
        "1.27.5",
        "--repository",
        "r.example/cache",
        "--service",
        "api",
        "--tag",
        "r.example/web:api.B1",
        "--push",
        "--target",
        "a b",
        "--build-arg",
        "X=$(id)",
    ]);
    let same = shlex::split(same.stdout.lines().last().unwrap_or_default()).unwrap_or_default();
    let same: Vec<&String> = same.iter().skip_while(|word| !word.ends_with("/executor")).skip(1).collect();
    assert_eq!(
        same,
        arguments.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>().iter().collect::<Vec<_>>(),
        "build command says the same"
    );
}

#[test]
fn the_engines_exit_code_is_passed_on() {
    let builder = Builder::new();
    let run = Run::of(builder.command("B1", "web", &["t"]).env("STANDIN_EXIT", "17"));
    assert_eq!(run.code, 17, "{run}");
    let missing = Run::of(builder.command("B2", "web", &[]).args(["--program", "/nonexistent/executor"]));
    assert!(missing.code == 64 || missing.code == 69, "{missing}");
    let wrong = Run::of(builder.command("B3", "web", &[]).env("BUILD_CACHE", "perhaps").env("BUILD_ARGS", "{"));
    assert!(wrong.code == 64 && wrong.stderr.contains("BUILD_CACHE is `perhaps`") && wrong.stderr.contains("BUILD_ARGS"), "{wrong}");
}

#[test]
fn secrets_reach_the_engine_as_a_file_for_its_owner_alone() {
    let builder = Builder::new();
    let mut command = builder.command("B1", "web", &[]);
    command.env("DOCKER_CONFIG", builder.path("docker")).env("RACK_URL", "https://convox:planted-rack@r.example");
    command.env("BUILD_AUTH", r#"{"https://r.example":{"Username":"robot","Password":"planted-pw"}}"#);
    let run = Run::of(&mut command);
    assert_eq!(run.code, 0, "{run}");
    let path = builder.path("docker/config.json");
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, r#"{"auths":{"r.example":{"auth":"cm9ib3Q6cGxhbnRlZC1wdw=="}}}"#);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    assert!(!format!("{run}").contains("planted"), "{run}");
    let wrong = Run::of(builder.command("B2", "web", &[]).env("BUILD_AUTH", "planted-nonsense"));
    assert!(wrong.code == 65 && !format!("{wrong}").contains("planted"), "{wrong}");
}

/// Returns the app's own directory of cached directories.
fn store(builder: &Builder, app: &str) -> PathBuf {
    builder.path(&format!("efs/apps/{app}/caches"))
}

fn entries(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_second_build_finds_what_the_first_left_and_another_app_does_not() {
    let builder = Builder::new();
    let run = |build: &str, app: &str| {
        let mut command = builder.command(build, app, &[]);
        command.env("STANDIN_TARGETS", builder.path("target"));
        Run::of(&mut command)
    };
    let first = run("B1", "web");
    assert_eq!((first.code, found(&first)), (0, vec![String::new()]), "{first}");
    let second = run("B2", "web");
    assert_eq!(found(&second), ["B1"], "{second}");
    let other = run("B3", "api");
    assert_eq!(found(&other), [""], "each app has a directory of its own\n{other}");
    let digest: String = rackform::text::sha256_hex(builder.path("target").display().to_string());
    assert_eq!(entries(&store(&builder, "web")), std::slice::from_ref(&digest));
    assert_eq!(entries(&store(&builder, "web").join(digest)), ["B1", "B2"]);
    assert!(!builder.path("efs/apps/web/in-use.json").exists());
}

#[test]
fn two_builds_of_one_app_at_once_do_not_mix_their_directories() {
    let builder = Builder::new();
    let target = builder.path("target");
    let other_target = builder.path("container-B2/target");
    let mut first = builder.command("B1", "web", &[]);
    first.env("STANDIN_TARGETS", &target).env("STANDIN_PAUSE", "2");
    let first = builder.start(&mut first, "B1");
    let mut second = builder.command("B2", "web", &[]);
    second.env("STANDIN_TARGETS", &other_target);
    let second = Run::of(&mut second);
    assert_eq!(second.code, 0, "{second}");
    assert_eq!(found(&second), [""], "an empty cache of its own\n{second}");
    assert!(second.stderr.contains("in use by build B1 of web") && second.stderr.contains("not kept"), "{second}");
    assert_eq!(finished(first).code, 0);
    let mut third = builder.command("B3", "web", &[]);
    third.env("STANDIN_TARGETS", &target);
    let third = Run::of(&mut third);
    assert_eq!(found(&third), ["B1"], "what the first one had is whole, and nothing of the second one's is in it\n{third}");

    // One that waits long enough gets the directories.
    let mut slow = builder.command("B4", "web", &[]);
    slow.env("STANDIN_TARGETS", &target).env("STANDIN_PAUSE", "1");
    let slow = builder.start(&mut slow, "B4");
    let mut patient = builder.command("B5", "web", &[]);
    patient.env("STANDIN_TARGETS", &target).env("BUILD_CACHE_WAIT", "30");
    let patient = Run::of(&mut patient);
    assert_eq!(found(&patient), ["B1 B3 B4"], "{patient}");
    assert!(patient.stderr.contains("waiting up to 30 s for build B4 of web"), "{patient}");
    assert_eq!(finished(slow).code, 0);
}

#[test]
fn a_build_that_is_killed_midway_never_leaves_half_a_directory_to_the_next() {
    for name in ["-KILL", "-TERM"] {
        let builder = Builder::new();
        let (used, untouched) = (builder.path("used"), builder.path("untouched"));
        let both = format!("{} {}", untouched.display(), used.display());
        let mut first = builder.command("B1", "web", &[]);
        first.env("STANDIN_TARGETS", &both);
        assert_eq!(Run::of(&mut first).code, 0);
        // Killed while `used` is moved away; its place holds the image's own files.
        let mut killed = builder.command("B2", "web", &[]);
        killed.env("STANDIN_TARGETS", &used).env("STANDIN_PAUSE", "20");
        let killed = builder.start(&mut killed, "B2");
        assert_eq!(entries(&store(&builder, "web")).len(), 2);
        signal(&killed, name);
        let killed = finished(killed);
        if name == "-TERM" {
            assert_eq!(killed.code, 143, "the engine got the signal too\n{killed}");
            assert!(killed.stderr.contains("1 directories it had not touched are kept, 1 it may have moved away are lost"), "{killed}");
        }
        // The container is gone with what was moved into it.
        let _ = std::fs::remove_dir_all(&used);
        let mut next = builder.command("B3", "web", &[]);
        next.env("STANDIN_TARGETS", &both).env("BUILD_CACHE_WAIT", "30");
        let next = Run::of(&mut next);
        assert_eq!(next.code, 0, "{next}");
        assert_eq!(
            found(&next),
            ["B1", ""],
            "{name}: the untouched one is whole, the other one is empty and not the image's own files\n{next}"
        );
        if name == "-KILL" {
            assert!(next.stderr.contains("build B2 was killed") && next.stderr.contains("1 directories it had not touched"), "{next}");
        }
        assert!(entries(&store(&builder, "web")).iter().all(|name| !name.starts_with('.')), "nothing is left lying around");
    }
}

#[test]
fn a_file_system_at_kanikos_own_place_is_used_by_one_build_at_a_time() {
    let builder = Builder::new();
    let flat = |build: &str, app: &str| {
        let mut command = builder.command(build, app, &[]);
        command.env("KANIKO_DIR", builder.path("kaniko")).env("BUILD_CACHE_DIR", builder.path("kaniko/caches"));
        command.env("STANDIN_TARGETS", builder.path("target"));
        command
    };
    std::fs::create_dir_all(builder.path("kaniko/caches")).unwrap();
    assert_eq!(found(&Run::of(&mut flat("B1", "web"))), [""]);
    assert_eq!(found(&Run::of(&mut flat("B2", "web"))), ["B1"]);
    assert_eq!(found(&Run::of(&mut flat("B3", "api"))), [""], "each app's directories are its own here too");
    let running = builder.start(flat("B4", "api").env("STANDIN_PAUSE", "2"), "B4");
    let refused = Run::of(&mut flat("B5", "web"));
    assert_eq!(refused.code, 75, "{refused}");
    assert!(refused.stderr.contains("in use by build B4 of api") && refused.stderr.contains("/build-cache"), "{refused}");
    assert_eq!(finished(running).code, 0);
    assert_eq!(found(&Run::of(&mut flat("B6", "web"))), ["B1 B2"]);
    // Killed midway: what was moved away is lost, and the other app keeps its own.
    let killed = builder.start(flat("B7", "api").env("STANDIN_PAUSE", "20"), "B7");
    signal(&killed, "-KILL");
    let _ = finished(killed);
    let _ = std::fs::remove_dir_all(builder.path("target"));
    let _ = std::fs::remove_dir_all(builder.path("kaniko/swap"));
    let after = Run::of(flat("B8", "web").env("BUILD_CACHE_WAIT", "30"));
    assert_eq!(found(&after), ["B1 B2 B6"], "{after}");
    assert_eq!(found(&Run::of(&mut flat("B9", "api"))), [""], "lost, and never half there");
}

#[test]
fn kaniko_is_never_told_to_move_the_mounted_cache() {
    let builder = Builder::new();
    std::fs::create_dir_all(builder.path("efs")).unwrap();
    let mut command = builder.command("B1", "web", &[]);
    command.env("BUILD_CACHE_DIR", "/kaniko/caches");
    let run = Run::of(&mut command);
    if Path::new("/kaniko/caches").is_dir() {
        assert!(run.code == 1 && run.stderr.contains("KANIKO_DIR"), "{run}");
    } else {
        assert!(run.code == 0 && run.stderr.contains("cache mounts are not kept"), "{run}");
    }
    let place = rackform::build::agent::kaniko_caches_directory(Some("/elsewhere"), Path::new("/kaniko/caches"));
    assert!(place.is_err_and(|error| error.to_string().contains("delete the original")));
}

#[test]
fn in_the_builder_image_the_place_is_a_link_to_where_the_file_system_is() {
    let builder = Builder::new();
    let run = |build: &str| {
        let kaniko = builder.path(&format!("container-{build}/kaniko"));
        std::fs::create_dir_all(&kaniko).unwrap();
        std::os::unix::fs::symlink(builder.path("efs"), kaniko.join("caches")).unwrap();
        let mut command = builder.command(build, "web", &[]);
        // The task definition says kaniko's own place, as a rack has it for kaniko itself.
        command.env("BUILD_CACHE_DIR", kaniko.join("caches")).env("STANDIN_TARGETS", builder.path("target"));
        Run::of(&mut command)
    };
    assert_eq!(found(&run("B1")), [""]);
    assert_eq!(found(&run("B2")), ["B1"]);
    assert_eq!(entries(&builder.path("efs")), ["apps"], "nothing beside the apps' own directories");
    assert_eq!(std::fs::read_link(builder.path("container-B2/kaniko/caches")).unwrap(), builder.path("efs").canonicalize().unwrap());
}

#[test]
fn an_apps_name_never_leads_out_of_its_directory() {
    let builder = Builder::new();
    let names = ["../../evil", "a/b", ".", "..", "-x", "Web", "web", "a\nb", "$(id)"];
    for (index, name) in names.into_iter().enumerate() {
        let mut command = builder.command(&format!("B{index}"), name, &[]);
        command.env("STANDIN_TARGETS", builder.path("target"));
        let run = Run::of(&mut command);
        assert_eq!((run.code, found(&run)), (0, vec![String::new()]), "{name:?} has a directory that nobody else has\n{run}");
    }
    assert_eq!(entries(&builder.path("efs")), ["apps"]);
    assert_eq!(entries(&builder.path("efs/apps")).len(), names.len());
}
