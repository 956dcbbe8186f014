//! Tests of `build agent`: the printed command is the one that runs, and builds share cache directories without losing or mixing files.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::{Bench, Run};

/// A fake kaniko. It moves directories as kaniko does for `RUN --mount=type=cache,target=TARGET`: by copying and deleting, as between file
/// systems.
///
/// Each path in `FAKE_TARGETS` is one `RUN`: the script moves the cache directory to the target and the target's own files to the path of
/// the cache directory, prints what it found in the cache, adds a file with the name of the build, waits `FAKE_PAUSE` seconds, and moves
/// everything back. With `FAKE_BREAK`, moving fails as on a full disk.
const FAKE_KANIKO: &str = r#"#!/bin/sh
set -eu
[ "${1:-}" != version ] || { echo "Kaniko version :  v1.27.5"; exit 0; }
for word in "$@"; do echo "arg $word"; done
[ -z "${BUILD_AUTH:-}${RACK_URL:-}" ] || { echo "the engine got a secret"; exit 99; }
swap() {
  mkdir -p "$KANIKO_DIR/swap"
  cp -a "$1" "$KANIKO_DIR/swap/tmp"; rm -rf "$1"
  [ -z "${FAKE_BREAK:-}" ] || { mkdir "$1"; echo "of the image" > "$1/own"; exit 1; }
  cp -a "$2" "$1"; rm -rf "$2"
  mv "$KANIKO_DIR/swap/tmp" "$2"
}
for target in ${FAKE_TARGETS:-}; do
  cache="$KANIKO_DIR/caches/$(printf %s "$target" | sha256sum | cut -d' ' -f1)"
  mkdir -p "$cache" "$target"
  echo "of the image" > "$target/own"
  swap "$cache" "$target"
  echo "found $(ls "$target" | tr '\n' ' ')"
  echo "$BUILD_ID" > "$target/$BUILD_ID"
  : > "$FAKE_MARKS/$BUILD_ID-running"
  sleep "${FAKE_PAUSE:-0}" & wait $!
  swap "$target" "$cache"
done
exit "${FAKE_EXIT:-0}"
"#;

struct Builder {
    bench: Bench,
}

impl Builder {
    fn new() -> Self {
        let bench = Bench::new();
        bench.file("executor", FAKE_KANIKO);
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

    /// Returns the command of a build in its own container: kaniko's directory and the targets belong to the build, and all builds share
    /// the file system.
    fn command(&self, build: &str, app: &str, targets: &[&str]) -> Command {
        let container = self.path(&format!("container-{build}"));
        std::fs::create_dir_all(container.join("kaniko")).unwrap();
        let targets: Vec<String> = targets.iter().map(|target| container.join(target).display().to_string()).collect();
        let mut command = self.bench.command();
        command.args(["build", "agent", "--program"]).arg(self.path("executor"));
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.env("KANIKO_DIR", container.join("kaniko"));
        command.env("FAKE_TARGETS", targets.join(" ")).env("FAKE_MARKS", self.path("marks"));
        command.env("BUILD_CACHE_DIR", self.path("efs"));
        command.envs([("BUILD_APP", app), ("BUILD_ID", build), ("BUILD_CACHE", "true"), ("BUILD_CACHE_WAIT", "0")]);
        command
    }

    fn start(&self, command: &mut Command, build: &str) -> Child {
        let child =
            std::os::unix::process::CommandExt::process_group(command, 0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let start = Instant::now();
        while !self.path(&format!("marks/{build}-running")).exists() {
            assert!(start.elapsed() < Duration::from_secs(30), "build {build} did not start");
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

/// Kills the agent and everything that it started, as the end of its container does.
fn kill_container(child: &Child) {
    assert!(Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status().unwrap().success());
}

/// Returns what each `RUN` of a build found in its cache directory, one line for each `RUN`.
fn found(run: &Run) -> Vec<String> {
    run.stdout.lines().filter_map(|line| line.strip_prefix("found ")).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn dry_run_prints_the_arguments_that_the_engine_gets() {
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
        "`build command` prints the same arguments"
    );
}

#[test]
fn the_agent_exits_with_the_exit_code_of_the_engine() {
    let builder = Builder::new();
    let run = Run::of(builder.command("B1", "web", &["t"]).env("FAKE_EXIT", "17"));
    assert_eq!(run.code, 17, "{run}");
    let missing = Run::of(builder.command("B2", "web", &[]).args(["--program", "/nonexistent/executor"]));
    assert!(missing.code == 64 || missing.code == 69, "{missing}");
    let wrong = Run::of(builder.command("B3", "web", &[]).env("BUILD_CACHE", "perhaps").env("BUILD_ARGS", "{"));
    assert!(
        wrong.code == 64 && wrong.stderr.contains("invalid value `perhaps` of BUILD_CACHE") && wrong.stderr.contains("BUILD_ARGS"),
        "{wrong}"
    );
}

#[test]
fn registry_credentials_reach_the_engine_in_a_file_that_only_its_owner_can_read() {
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

/// Returns the directory that contains the cache directories of an app while no build has them.
fn store(builder: &Builder, app: &str) -> PathBuf {
    builder.path(&format!("efs/apps/{app}/caches"))
}

/// Returns the directory that contains the cache directories that a build has.
fn in_use(builder: &Builder, app: &str) -> PathBuf {
    let builds = builder.path(&format!("efs/apps/{app}/builds"));
    let names = entries(&builds);
    assert_eq!(names.len(), 1, "one build has them");
    builds.join(&names[0]).join("caches")
}

fn entries(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_second_build_finds_the_cache_of_the_first_and_another_app_does_not() {
    let builder = Builder::new();
    let run = |build: &str, app: &str| {
        let mut command = builder.command(build, app, &[]);
        command.env("FAKE_TARGETS", builder.path("target"));
        Run::of(&mut command)
    };
    let first = run("B1", "web");
    assert_eq!((first.code, found(&first)), (0, vec![String::new()]), "{first}");
    let second = run("B2", "web");
    assert_eq!(found(&second), ["B1"], "{second}");
    let other = run("B3", "api");
    assert_eq!(found(&other), [""], "each app has its own directory\n{other}");
    let digest: String = rackform::text::sha256_hex(builder.path("target").display().to_string());
    assert_eq!(entries(&store(&builder, "web")), std::slice::from_ref(&digest));
    assert_eq!(entries(&store(&builder, "web").join(digest)), ["B1", "B2"]);
    assert!(entries(&builder.path("efs/apps/web/builds")).is_empty(), "no build has the directories");
}

#[test]
fn concurrent_builds_of_one_app_do_not_mix_their_directories() {
    let builder = Builder::new();
    let target = builder.path("target");
    let other_target = builder.path("container-B2/target");
    let mut first = builder.command("B1", "web", &[]);
    first.env("FAKE_TARGETS", &target).env("FAKE_PAUSE", "2");
    let first = builder.start(&mut first, "B1");
    let mut second = builder.command("B2", "web", &[]);
    second.env("FAKE_TARGETS", &other_target);
    let second = Run::of(&mut second);
    assert_eq!(second.code, 0, "{second}");
    assert_eq!(found(&second), [""], "the second build has an empty cache of its own\n{second}");
    assert!(second.stderr.contains("in use by build B1 of web") && second.stderr.contains("not kept"), "{second}");
    assert_eq!(finished(first).code, 0);
    let mut third = builder.command("B3", "web", &[]);
    third.env("FAKE_TARGETS", &target);
    let third = Run::of(&mut third);
    assert_eq!(found(&third), ["B1"], "the cache of the first build is complete and contains no file of the second\n{third}");

    // A build that waits long enough gets the directories.
    let mut slow = builder.command("B4", "web", &[]);
    slow.env("FAKE_TARGETS", &target).env("FAKE_PAUSE", "1");
    let slow = builder.start(&mut slow, "B4");
    let mut patient = builder.command("B5", "web", &[]);
    patient.env("FAKE_TARGETS", &target).env("BUILD_CACHE_WAIT", "30");
    let patient = Run::of(&mut patient);
    assert_eq!(found(&patient), ["B1 B3 B4"], "{patient}");
    assert!(patient.stderr.contains("waiting up to 30 s for build B4 of web"), "{patient}");
    assert_eq!(finished(slow).code, 0);
}

#[test]
fn a_killed_build_leaves_no_partial_directory_to_the_next_build() {
    for name in ["-KILL", "-TERM"] {
        let builder = Builder::new();
        let (used, untouched) = (builder.path("used"), builder.path("untouched"));
        let both = format!("{} {}", untouched.display(), used.display());
        let mut first = builder.command("B1", "web", &[]);
        first.env("FAKE_TARGETS", &both);
        assert_eq!(Run::of(&mut first).code, 0);
        // Kill the build while `used` is moved away and its path contains the image's own files.
        let mut killed = builder.command("B2", "web", &[]);
        killed.env("FAKE_TARGETS", &used).env("FAKE_PAUSE", "20");
        let killed = builder.start(&mut killed, "B2");
        assert_eq!(entries(&in_use(&builder, "web")).len(), 2);
        if name == "-KILL" {
            kill_container(&killed);
        } else {
            signal(&killed, name);
        }
        let killed = finished(killed);
        if name == "-TERM" {
            assert_eq!(killed.code, 143, "the engine got the signal too\n{killed}");
            assert!(killed.stderr.contains("kept 1 directories that it had not used, deleted 1 that it may have changed"), "{killed}");
        }
        // The container no longer exists, nor the directory that was moved into it.
        let _ = std::fs::remove_dir_all(&used);
        let mut next = builder.command("B3", "web", &[]);
        next.env("FAKE_TARGETS", &both).env("BUILD_CACHE_WAIT", "30");
        let next = Run::of(&mut next);
        assert_eq!(next.code, 0, "{next}");
        assert_eq!(
            found(&next),
            ["B1", ""],
            "{name}: the untouched directory is complete; the other one is empty and has no files of the image\n{next}"
        );
        if name == "-KILL" {
            assert!(
                next.stderr.contains("build B2 was killed") && next.stderr.contains("kept 1 directories that it had not used"),
                "{next}"
            );
        }
        assert_eq!(entries(&store(&builder, "web")).len(), 2);
        assert!(entries(&builder.path("efs/apps/web/builds")).is_empty(), "nothing of a build remains");
    }
}

#[test]
fn an_engine_that_fails_while_it_moves_a_directory_leaves_no_part_of_it() {
    let builder = Builder::new();
    let target = builder.path("target");
    assert_eq!(Run::of(builder.command("B1", "web", &[]).env("FAKE_TARGETS", &target)).code, 0);
    let failed = Run::of(builder.command("B2", "web", &[]).env("FAKE_TARGETS", &target).env("FAKE_EXIT", "1"));
    assert!(failed.code == 1 && !failed.stderr.contains("note: the engine"), "{failed}");
    let broken = Run::of(builder.command("B3", "web", &[]).env("FAKE_TARGETS", &target).env("FAKE_BREAK", "1"));
    assert!(broken.code == 1 && broken.stderr.contains("deleted 1 that it may have changed"), "{broken}");
    let next = Run::of(builder.command("B4", "web", &[]).env("FAKE_TARGETS", &target));
    assert_eq!(found(&next), [""], "{next}");
}

#[test]
fn the_next_build_waits_for_the_engine_of_a_killed_agent() {
    let builder = Builder::new();
    let (used, untouched) = (builder.path("used"), builder.path("untouched"));
    let both = format!("{} {}", untouched.display(), used.display());
    assert_eq!(Run::of(builder.command("B1", "web", &[]).env("FAKE_TARGETS", &both)).code, 0);
    let killed = builder.start(builder.command("B2", "web", &[]).env("FAKE_TARGETS", &used).env("FAKE_PAUSE", "3"), "B2");
    signal(&killed, "-KILL");
    let next = Run::of(builder.command("B3", "web", &[]).env("FAKE_TARGETS", &both).env("BUILD_CACHE_WAIT", "60"));
    let _ = finished(killed);
    assert!(next.stderr.contains("waiting up to 60 s for build B2 of web"), "the engine has the lock, too\n{next}");
    assert_eq!(found(&next), ["B1", ""], "how the engine ended is unknown\n{next}");
    assert_eq!(Run::of(builder.command("B4", "web", &[]).env("FAKE_TARGETS", &both)).code, 0);
}

#[test]
fn a_file_system_mounted_at_kanikos_own_path_serves_one_build_at_a_time() {
    let builder = Builder::new();
    let flat = |build: &str, app: &str| {
        let mut command = builder.command(build, app, &[]);
        command.env("KANIKO_DIR", builder.path("kaniko")).env("BUILD_CACHE_DIR", builder.path("kaniko/caches"));
        command.env("FAKE_TARGETS", builder.path("target"));
        command
    };
    std::fs::create_dir_all(builder.path("kaniko/caches")).unwrap();
    assert_eq!(found(&Run::of(&mut flat("B1", "web"))), [""]);
    assert_eq!(found(&Run::of(&mut flat("B2", "web"))), ["B1"]);
    assert_eq!(found(&Run::of(&mut flat("B3", "api"))), [""], "apps share no directories in this layout either");
    let running = builder.start(flat("B4", "api").env("FAKE_PAUSE", "2"), "B4");
    let refused = Run::of(&mut flat("B5", "web"));
    assert_eq!(refused.code, 75, "{refused}");
    assert!(refused.stderr.contains("in use by build B4 of api") && refused.stderr.contains("/build-cache"), "{refused}");
    assert_eq!(finished(running).code, 0);
    assert_eq!(found(&Run::of(&mut flat("B6", "web"))), ["B1 B2"]);
    // A killed build loses the directory that it had moved away; the directories of the other app are kept.
    let killed = builder.start(flat("B7", "api").env("FAKE_PAUSE", "20"), "B7");
    kill_container(&killed);
    let _ = finished(killed);
    let _ = std::fs::remove_dir_all(builder.path("target"));
    let _ = std::fs::remove_dir_all(builder.path("kaniko/swap"));
    let after = Run::of(flat("B8", "web").env("BUILD_CACHE_WAIT", "30"));
    assert_eq!(found(&after), ["B1 B2 B6"], "{after}");
    assert_eq!(found(&Run::of(&mut flat("B9", "api"))), [""], "the directory is lost, not partial");
}

#[test]
fn the_agent_refuses_a_kaniko_dir_that_would_move_the_mounted_cache() {
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
    let directory = rackform::build::agent::kaniko_caches_directory(Some("/elsewhere"), Path::new("/kaniko/caches"));
    assert!(directory.is_err_and(|error| error.to_string().contains("delete the original")));
}

#[test]
fn in_the_builder_image_kanikos_path_is_a_link_to_the_mounted_file_system() {
    let builder = Builder::new();
    let run = |build: &str| {
        let kaniko = builder.path(&format!("container-{build}/kaniko"));
        std::fs::create_dir_all(&kaniko).unwrap();
        std::os::unix::fs::symlink(builder.path("efs"), kaniko.join("caches")).unwrap();
        let mut command = builder.command(build, "web", &[]);
        // The task definition mounts the file system at kaniko's own path, as in a rack with kaniko itself.
        command.env("BUILD_CACHE_DIR", kaniko.join("caches")).env("FAKE_TARGETS", builder.path("target"));
        Run::of(&mut command)
    };
    assert_eq!(found(&run("B1")), [""]);
    assert_eq!(found(&run("B2")), ["B1"]);
    assert_eq!(entries(&builder.path("efs")), ["apps"], "the file system contains only `apps`");
    assert_eq!(std::fs::read_link(builder.path("container-B2/kaniko/caches")).unwrap(), builder.path("efs").canonicalize().unwrap());
}

#[test]
fn an_app_name_cannot_escape_its_directory() {
    let builder = Builder::new();
    let names = ["../../evil", "a/b", ".", "..", "-x", "Web", "web", "a\nb", "$(id)"];
    for (index, name) in names.into_iter().enumerate() {
        let mut command = builder.command(&format!("B{index}"), name, &[]);
        command.env("FAKE_TARGETS", builder.path("target"));
        let run = Run::of(&mut command);
        assert_eq!((run.code, found(&run)), (0, vec![String::new()]), "{name:?} shares its directory with another app\n{run}");
    }
    assert_eq!(entries(&builder.path("efs")), ["apps"]);
    assert_eq!(entries(&builder.path("efs/apps")).len(), names.len());
}
