//! `rackform build image` with a fake docker: its arguments, and the exported variables.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::process::Command;
use std::sync::Mutex;

use super::http_server::{FakeRegistry, HttpServer, digest, error_response};
use crate::program::{Bench, Run};

/// A project directory with a `docker` that logs its calls, and a registry.
struct Fixture {
    bench: Bench,
    web: HttpServer,
}

/// Answers version queries, logs its arguments one per line, and copies the Dockerfile that it is given.
const DOCKER: &str = r#"#!/bin/sh
case "$1" in
  version) echo '{"Client":{"Version":"27.5.1"},"Server":{"Version":"27.5.1","Components":[{"Name":"Engine","Version":"27.5.1"}]}}'; exit ;;
  buildx) [ "$2" = version ] && echo 'github.com/docker/buildx v0.20.0 abc' && exit; echo 'Driver: docker'; exit ;;
  info) echo '[["Backing Filesystem","extfs"]]'; exit ;;
esac
[ "$1" = push ] && echo "${2##*:}" >> "$LOG.pushed"
{ echo "BUILDKIT=$DOCKER_BUILDKIT"; for word; do echo "$word"; done; echo "--"; } >> "$LOG"
while [ $# -gt 0 ]; do [ "$1" = --file ] && cp "$2" "$LOG.Dockerfile"; shift; done
echo "this is docker's own output"
exit "${FAIL:-0}"
"#;

impl Fixture {
    fn new(shelf: FakeRegistry) -> Self {
        let bench = Bench::new();
        bench
            .file("Dockerfile", "FROM scratch AS deps\nARG TOKEN_NAME\n")
            .file("bin/docker", DOCKER)
            .file(".npmrc", "//x/:_authToken=planted-secret\n");
        executable(&bench, "bin/docker");
        let (log, shelf) = (bench.path().join("log.pushed"), Mutex::new(shelf));
        let web = HttpServer::new(move |request, _| {
            let pushed = std::fs::read_to_string(&log).unwrap_or_default();
            let mut shelf = shelf.lock().unwrap().clone();
            pushed.lines().for_each(|tag| drop(shelf.image(&[tag], "2026-01-01T00:00:00Z", &[])));
            shelf.respond("web", request)
        });
        Self { bench, web }
    }

    /// Returns a command whose registry has nothing that earlier commands pushed.
    fn command(&self, arguments: &[&str]) -> Command {
        let _ = std::fs::remove_file(self.bench.path().join("log.pushed"));
        let mut command = self.bench.command();
        let path = format!("{}:/usr/bin:/bin", self.bench.path().join("bin").display());
        command.env("PATH", path).env("LOG", self.bench.path().join("log")).env("HOME", self.bench.path());
        command.args(["build", "image", "--repository", &format!("{}/web", self.web.host)]).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(arguments))
    }

    /// Returns the arguments of each call of docker.
    fn calls(&self) -> Vec<Vec<String>> {
        let log = std::fs::read_to_string(self.bench.path().join("log")).unwrap_or_default().replace(&self.web.host, "REGISTRY");
        let mut calls = vec![vec![]];
        for line in log.lines() {
            if line == "--" { calls.push(vec![]) } else { calls.last_mut().unwrap().push(line.to_owned()) }
        }
        calls.pop();
        calls
    }
}

fn executable(bench: &Bench, name: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(bench.path().join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn key(run: &Run) -> String {
    run.stdout.trim().rsplit_once(':').unwrap().1.to_owned()
}

#[test]
fn a_missing_image_is_built_and_pushed_under_its_key_and_as_latest() {
    let fixture = Fixture::new(FakeRegistry::default());
    let mut command = fixture.command(&[
        "--target",
        "deps",
        "--build-arg",
        "A=$(id) x",
        "--build-arg",
        "B",
        "--secret",
        "id=npmrc,src=.npmrc",
        "--secret",
        "TOKEN",
        "--additional-build-args",
        "--ssh default=$SOCK",
    ]);
    let run = Run::of(command.env("TOKEN", "planted-too").env("B", "1").env("SOCK", "/run/my agent"));
    assert_eq!(run.code, 0, "{run}");
    assert!(!run.to_string().contains("planted"), "{run}");
    assert!(!run.stdout.contains("docker's own output") && run.stderr.contains("docker's own output"), "{run}");
    let key = key(&run);
    let calls = fixture.calls();
    let [build, push, latest] = calls.as_slice() else { panic!("{calls:#?}") };
    assert_eq!(build[0], "BUILDKIT=1", "secrets need BuildKit");
    for words in [
        vec!["-t".to_owned(), format!("REGISTRY/web:{key}")],
        vec!["-t".to_owned(), "REGISTRY/web:latest".to_owned()],
        vec!["--target".to_owned(), "deps".to_owned()],
        vec!["--build-arg".to_owned(), "A=$(id) x".to_owned()],
        vec!["--build-arg".to_owned(), "B".to_owned()],
        vec!["--secret".to_owned(), "id=npmrc,src=.npmrc".to_owned()],
        vec!["--secret".to_owned(), "id=TOKEN,env=TOKEN".to_owned()],
        vec!["--ssh".to_owned(), "default=/run/my agent".to_owned()],
    ] {
        assert!(build.windows(2).any(|pair| pair == words), "{words:?} in {build:#?}");
    }
    assert!(!calls.concat().iter().any(|word| word.contains("planted")), "{calls:#?}");
    assert_eq!(push[1..], ["push".to_owned(), format!("REGISTRY/web:{key}")]);
    assert_eq!(latest[1..], ["push", "REGISTRY/web:latest"]);
}

#[test]
fn latest_is_no_part_of_the_result_in_a_repository_with_immutable_tags() {
    // docker pushes each tag by itself, and the second push fails.
    let refuses = "#!/bin/sh\ncase \"$1 $2\" in push\\ *:latest) echo 'the tag is immutable' >&2; exit 1 ;; esac\n";
    let fixture = Fixture::new(FakeRegistry::default());
    fixture.bench.file("bin/docker", DOCKER.replacen("#!/bin/sh\n", refuses, 1));
    executable(&fixture.bench, "bin/docker");
    let run = fixture.run(&["--format", "json"]);
    assert_eq!((run.code, run.json()["what"].as_str()), (0, Some("built")), "{run}");
    assert!(run.stderr.contains("web:latest is not set") && run.stderr.contains("immutable"), "{run}");

    // buildx pushes all tags at once, so it gets only the key, and the registry is asked for the other one.
    let manifest = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}"#;
    let serve = |is_immutable: bool| {
        HttpServer::new(move |request, before| match request.line.split(' ').next().unwrap() {
            // The image exists when it is looked up after the build.
            "HEAD" if before >= 2 => (200, vec![("docker-content-digest", digest(b"image"))], vec![]),
            "HEAD" => error_response(404, "MANIFEST_UNKNOWN", "manifest unknown"),
            "GET" => (200, vec![("content-type", "application/vnd.oci.image.manifest.v1+json".to_owned())], manifest.into()),
            _ if is_immutable => error_response(400, "TAG_INVALID", "the image tag 'latest' already exists and is immutable"),
            _ => (201, vec![], vec![]),
        })
    };
    for is_immutable in [true, false] {
        let fixture = Fixture { web: serve(is_immutable), ..Fixture::new(FakeRegistry::default()) };
        let run = fixture.run(&["--engine", "buildx"]);
        assert_eq!((run.code, run.stderr.contains("web:latest is not set")), (0, is_immutable), "{run}");
        let put = fixture.web.requests().into_iter().find(|request| request.line.starts_with("PUT ")).unwrap();
        assert_eq!((put.line.as_str(), put.body.as_str()), ("PUT /v2/web/manifests/latest", manifest));
    }
}

#[test]
fn an_existing_image_is_pulled_or_only_found() {
    let first = Fixture::new(FakeRegistry::default()).run(&[]);
    let mut shelf = FakeRegistry::default();
    shelf.image(&[&key(&first)], "2026-01-01T00:00:00Z", &[]);
    let fixture = Fixture::new(shelf);
    let pulled = fixture.run(&["--format", "json"]);
    assert_eq!(pulled.json()["what"], "pulled", "{pulled}");
    assert_eq!(fixture.calls(), [["BUILDKIT=".to_owned(), "pull".to_owned(), format!("REGISTRY/web:{}", key(&first))]]);
    let found = fixture.run(&["--skip-pull", "--format", "json"]);
    assert_eq!(found.json()["what"], "found", "{found}");
    assert_eq!(fixture.calls().len(), 1, "docker was not called again");
    let other = fixture.run(&["--build-arg", "X=1", "--format", "json"]);
    assert_eq!(other.json()["what"], "built", "{other}");
}

#[test]
fn variables_are_exported_in_every_format() {
    let fixture = Fixture::new(FakeRegistry::default());
    let host = fixture.web.host.clone();
    let plain = fixture.run(&[]);
    let key = key(&plain);
    let shell = fixture.run(&["--export", "shell"]);
    let sourced = Command::new("sh").args(["-c", &format!("{}\nprintf '%s %s %s' \"$BUILDKITE_PLUGIN_DOCKER_IMAGE\" \"$BUILDKITE_PLUGIN_DOCKER_ECR_CACHE_EXPORT_IMAGE\" \"$BUILDKITE_PLUGIN_DOCKER_ECR_CACHE_EXPORT_TAG\"", shell.stdout)]).output().unwrap();
    assert_eq!(String::from_utf8(sourced.stdout).unwrap(), format!("{host}/web:{key} {host}/web {key}"));
    let named = fixture.run(&["--export", "buildkite", "--export-env-variable", "BUILDKITE_PLUGIN_MY_CUSTOM_PLUGIN_CACHE_IMAGE"]);
    assert!(named.stdout.starts_with(&format!("export BUILDKITE_PLUGIN_MY_CUSTOM_PLUGIN_CACHE_IMAGE={host}/web:{key}\n")), "{named}");
    let env = fixture.run(&["--export", "env"]);
    assert!(env.stdout.ends_with(&format!("BUILDKITE_PLUGIN_DOCKER_ECR_CACHE_EXPORT_TAG={key}\n")), "{env}");

    let without = fixture.run(&["--export", "github"]);
    assert!(without.code == 64 && without.stderr.contains("GITHUB_ENV"), "{without}");
    let mut github = fixture.command(&["--export", "github"]);
    fixture.bench.file("env", "BEFORE=1\n");
    github.env("GITHUB_ENV", fixture.bench.path().join("env")).env("GITHUB_OUTPUT", fixture.bench.path().join("output"));
    let github = Run::of(&mut github);
    assert_eq!(github.code, 0, "{github}");
    let env = fixture.bench.read("env");
    assert!(env.starts_with(&format!("BEFORE=1\nBUILDKITE_PLUGIN_DOCKER_IMAGE<<rackform_end\n{host}/web:{key}\nrackform_end\n")), "{env}");
    let output = fixture.bench.read("output");
    assert!(
        output.contains(&format!("tag<<rackform_end\n{key}\nrackform_end\n")) && output.contains("built<<rackform_end\ntrue\n"),
        "{output}"
    );
    assert_eq!(fixture.run(&["--export-env-variable", "A;id"]).code, 64);
}

#[test]
fn a_dockerfile_may_be_inline_or_in_another_directory() {
    let fixture = Fixture::new(FakeRegistry::default());
    let text = "FROM scratch\nLABEL a=\"$b `c`\"\n";
    let inline = fixture.run(&["--dockerfile-inline", text]);
    assert_eq!(inline.code, 0, "{inline}");
    assert_eq!(fixture.bench.read("log.Dockerfile"), text);
    assert_eq!(fixture.calls()[0].last().map(String::as_str), Some("."));
    let given = fixture.calls()[0].windows(2).find(|pair| pair[0] == "--file").unwrap()[1].clone();
    assert!(!std::path::Path::new(&given).exists(), "the temporary file is deleted: {given}");

    let elsewhere = Fixture::new(FakeRegistry::default());
    elsewhere.bench.file("dockerfiles/test/Dockerfile", text);
    let run = elsewhere.run(&["--dockerfile", "dockerfiles/test/Dockerfile"]);
    assert_eq!(run.stdout.rsplit_once(':').unwrap().1, inline.stdout.rsplit_once(':').unwrap().1, "one key for one text");
    assert_eq!(elsewhere.calls()[0].last().map(String::as_str), Some("dockerfiles/test"), "its directory is the context");
    elsewhere.run(&["--dockerfile", "dockerfiles/test/Dockerfile", "--context", "."]);
    assert_eq!(elsewhere.calls()[3].last().map(String::as_str), Some("."));
}

#[test]
fn failures_have_distinct_exit_codes_and_messages() {
    let fixture = Fixture::new(FakeRegistry::default());
    let failed = Run::of(fixture.command(&[]).env("FAIL", "7"));
    assert!(failed.code == 1 && failed.stdout.is_empty(), "{failed}");
    assert!(failed.stderr.contains("exit status: 7"), "{failed}");
    let missing = Run::of(fixture.command(&[]).env("PATH", "/nonexistent"));
    assert!(missing.code == 69 && missing.stderr.contains("`docker`"), "{missing}");
    for (arguments, code, message) in [
        (vec!["--secret", "id=x,src=none"], 66, "`none` of the secret `x`"),
        (vec!["--secret", "planted-secret!"], 64, "the name of an environment variable"),
        (vec!["--secret", "UNSET_SECRET"], 66, "UNSET_SECRET"),
        (vec!["--additional-build-args", "'open"], 64, "an unclosed quote"),
        (vec!["--cache-on", "none"], 66, "the pattern matches no file"),
    ] {
        let run = fixture.run(&arguments);
        assert!(run.code == code && run.stderr.contains(message) && !run.to_string().contains("planted"), "{arguments:?}: {run}");
    }
    let bench = &fixture.bench;
    let nowhere = bench.run("build image");
    assert!(matches!(nowhere.code, 64 | 69), "{nowhere}");
    let gcr = bench.run("build image --registry gcr --name web");
    assert!(gcr.code == 64 && gcr.stderr.contains("`--gcp-project`"), "{gcr}");
    let unreachable = bench.run("build image --repository 127.0.0.1:1/web");
    assert!(unreachable.code == 69 && unreachable.stderr.contains("cannot reach registry"), "{unreachable}");
}

#[test]
fn an_image_that_a_successful_push_left_nowhere_is_an_error() {
    let fixture = Fixture::new(FakeRegistry::default());
    let run = Run::of(fixture.command(&[]).env("LOG", "/dev/null"));
    assert!(run.code == 1 && run.stdout.is_empty() && run.stderr.contains("does not exist after the build"), "{run}");
    let built = fixture.run(&["--format", "json"]).json();
    assert_eq!(built["cache"]["exports"][0]["outcome"], "written", "{built}");
}

#[test]
fn an_impossible_export_is_refused_before_the_build() {
    let bench = Bench::new();
    let run = bench.run("build image --repository 127.0.0.1:1/web --dockerfile-inline x --export github");
    assert!(run.code == 64 && run.stderr.contains("GITHUB_ENV"), "{run}");
}
