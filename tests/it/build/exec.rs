//! Tests of `--exec`, end to end: fake engines on PATH report their version and refuse unsupported arguments as real ones do.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rackform::build::engine::{Engine, Version};

use super::flags;
use crate::program::{Bench, Run};

/// Acts as a fake engine if an environment variable requests that: checks its arguments strictly and exits with the requested code.
/// Returns only without that variable.
pub fn act_as_fake_engine() {
    let Some(file) = std::env::var_os("FAKE_ENGINE_ARGV") else { return };
    let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let engine: Engine = variable("FAKE_ENGINE_NAME").unwrap().parse().unwrap();
    let version: Version = variable("FAKE_ENGINE_VERSION").unwrap().parse().unwrap();
    let buildkit = variable("FAKE_ENGINE_BUILDKIT").map(|text| text.parse::<Version>().unwrap());
    let text = std::fs::read_to_string(file).unwrap();
    let mut argv: Vec<String> = text.trim_end_matches('\0').split('\0').map(str::to_owned).collect();
    argv[0] = if engine == Engine::Kaniko { argv[0].clone() } else { argv[0].rsplit('/').next().unwrap().to_owned() };
    if engine == Engine::Kaniko {
        "/kaniko/executor".clone_into(&mut argv[0]);
    }
    if let Err(error) = flags::of(engine, &version, true).check(&argv, buildkit.as_ref()) {
        eprintln!("{error}");
        std::process::exit(125);
    }
    std::process::exit(variable("FAKE_ENGINE_EXIT").map_or(0, |code| code.parse().unwrap()));
}

/// A folder with an app, and a fake engine on PATH.
struct FakeEngine {
    bench: Bench,
    variables: Vec<(String, String)>,
}

impl FakeEngine {
    /// Returns a fake engine; `answers` are cases of a shell `case`, by the arguments with which rackform inspects the engine.
    fn new(engine: Engine, program: &str, version: &str, answers: &str) -> Self {
        let bench = Bench::new();
        bench.file("app/Dockerfile", "FROM scratch\nCOPY . /\n");
        let script = format!(
            "#!/bin/sh\ncase \"$*\" in\n{answers}\nesac\nn=$(ls \"$FAKE_ENGINE_DIR/ran\" | wc -l)\nenv > \"$FAKE_ENGINE_DIR/environment\"\nprintf '%s\\0' \"$0\" \"$@\" > \
             \"$FAKE_ENGINE_DIR/ran/$((n + 100))\"\nFAKE_ENGINE_ARGV=\"$FAKE_ENGINE_DIR/ran/$((n + 100))\" exec \"$FAKE_ENGINE\" --exact \
             build::flags::arguments_that_an_engine_does_not_support_are_refused --nocapture --quiet\n"
        );
        bench.file(&format!("bin/{program}"), script).file("ran/.keep", "");
        let path = bench.path().join("bin").join(program);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let text = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
        let variables = vec![
            ("PATH".to_owned(), format!("{}:/usr/bin:/bin", text(bench.path().join("bin")))),
            ("FAKE_ENGINE_DIR".to_owned(), text(bench.path().to_owned())),
            ("FAKE_ENGINE".to_owned(), text(std::env::current_exe().unwrap())),
            ("FAKE_ENGINE_NAME".to_owned(), engine.name().to_owned()),
            ("FAKE_ENGINE_VERSION".to_owned(), version.to_owned()),
        ];
        Self { bench, variables }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bench.command();
        command.args(["build", "command"]).args(arguments).envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(arguments))
    }

    /// Returns the arguments of the commands that ran, in order, without the program.
    fn ran(&self) -> Vec<Vec<String>> {
        let mut files: Vec<_> = std::fs::read_dir(self.bench.path().join("ran")).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        let files = files.into_iter().filter(|path| !path.ends_with(".keep"));
        files
            .map(|file| std::fs::read_to_string(file).unwrap().trim_end_matches('\0').split('\0').skip(1).map(str::to_owned).collect())
            .collect()
    }
}

/// The output of Docker 25 on ECS-optimised Amazon Linux 2023: the graph-driver store, and only the default builder.
const DOCKER_25: &str = r#"'version --format {{json .}}') echo '{"Client":{"Version":"25.0.3"},"Server":{"Version":"25.0.3"}}'; exit ;;
'buildx version') echo 'github.com/docker/buildx v0.12.1 30feaa1'; exit ;;
'buildx inspect default' | 'buildx inspect') printf 'Name:   default\nDriver: docker\n\nNodes:\nName: default\nBuildKit version: v0.12.5\n'; exit ;;
'info --format {{json .DriverStatus}}') echo '[["Backing Filesystem","xfs"]]'; exit ;;
'buildx inspect rackform') test -e "$FAKE_ENGINE_DIR/builder"; exit ;;
'buildx create'*) touch "$FAKE_ENGINE_DIR/builder" ;;"#;

#[test]
fn docker_is_inspected_gets_a_builder_once_and_builds() {
    let engine = FakeEngine::new(Engine::Docker, "docker", "25.0.3", DOCKER_25).with("NPM_TOKEN", "hunter2");
    let hostile = "a b,\"c\" 'd' $(touch pwned) `e`\n--push\\";
    let arg = format!("MESSAGE={hostile}");
    let repository = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rack-build-cache";
    let arguments = [
        "app",
        "--repository",
        repository,
        "--service",
        "we b;$(id)",
        "--tag",
        "registry.example.com/web:1",
        "--push",
        "--exec",
        "--build-arg",
        &arg,
        "--secret",
        "NPM_TOKEN",
        "--label",
        "note=--load",
    ];
    let run = engine.run(&arguments);
    assert_eq!(run.code, 0, "{run}");
    let ran = engine.ran();
    assert_eq!(ran.len(), 2, "{ran:?}");
    assert_eq!(ran[0][..2], ["buildx", "create"]);
    let build = &ran[1];
    assert!(build.contains(&arg), "the value arrives unchanged: {build:?}");
    assert!(build.contains(&"--builder=rackform".to_owned()) && build.contains(&"--push".to_owned()));
    assert!(!engine.bench.path().join("pwned").exists() && !engine.bench.path().join("app/pwned").exists());
    assert!(!format!("{ran:?}{run}").contains("hunter2"), "no argument contains the value of a secret");
    let environment = engine.bench.read("environment");
    assert!(environment.contains("DOCKER_BUILDKIT=1\n") && environment.contains("NPM_TOKEN=hunter2\n"), "{environment}");
    // The second time the builder exists.
    assert_eq!(engine.run(&arguments).code, 0);
    assert_eq!(engine.ran().len(), 3, "{:?}", engine.ran());
}

#[test]
fn exec_runs_the_steps_that_json_shows() {
    let engine = FakeEngine::new(Engine::Docker, "docker", "25.0.3", DOCKER_25);
    let arguments = ["app", "--repository", "registry.example.com/cache", "--tag", "registry.example.com/web:1", "--push", "--no-cache"];
    let shown = engine.run(&[&arguments[..], &["--format", "json"]].concat()).json();
    assert_eq!(shown["format_version"], 2);
    assert_eq!((shown["known"]["version"].as_str(), shown["known"]["buildkit"].as_str()), (Some("25.0.3"), Some("0.12.5")));
    assert_eq!(engine.ran().len(), 0, "without --exec the engine is only inspected");
    assert_eq!(engine.run(&[&arguments[..], &["--exec"]].concat()).code, 0);
    let argvs: Vec<Vec<String>> = serde_json::from_value(shown["steps"].clone())
        .map(|steps: Vec<serde_json::Value>| {
            steps.iter().map(|step| serde_json::from_value::<Vec<String>>(step["argv"].clone()).unwrap()[1..].to_vec()).collect()
        })
        .unwrap();
    assert_eq!(engine.ran(), argvs);
}

#[test]
fn exec_runs_each_engine_and_fails_if_the_engine_refuses_an_argument() {
    let cases = [
        (Engine::Buildx, "docker", "25.0.3", DOCKER_25, "registry"),
        (
            Engine::Buildctl,
            "buildctl",
            "0.12.5",
            "--version) echo 'buildctl github.com/moby/buildkit v0.12.5 438f472'; exit ;;\n'debug info') exit 1 ;;",
            "s3",
        ),
        (Engine::Kaniko, "executor", "1.27.5", "version) echo 'Kaniko version :  v1.27.5'; exit ;;", "registry"),
        (Engine::Buildah, "buildah", "1.28.2", "--version) echo 'buildah version 1.28.2 (image-spec 1.1.0-rc2)'; exit ;;", "registry"),
    ];
    for (engine, program, version, answers, cache) in cases {
        let fake = FakeEngine::new(engine, program, version, answers)
            .with("FAKE_ENGINE_BUILDKIT", if engine.is_buildkit() { "0.12.5" } else { "" });
        let program = fake.bench.path().join("bin").join(program);
        let mut arguments =
            vec!["app", "--engine", engine.name(), "--program", program.to_str().unwrap(), "--exec", "--tag", "registry.example.com/web:1"];
        arguments.extend(["--push", "--build-arg", "A=b c", "--cache", cache, "--service", "web", "--platform", "linux/arm64"]);
        arguments.extend(match cache {
            "s3" => ["--s3-bucket", "caches", "--s3-region", "eu-west-1"],
            _ => ["--repository", "registry.example.com/cache", "--progress", "plain"],
        });
        let run = fake.run(&arguments);
        assert_eq!(run.code, 0, "{engine}: {run}");
        assert!(fake.ran().concat().iter().any(|word| word.contains("A=b c")), "{engine}: {:?}", fake.ran());
        // If the engine refuses an argument, the command fails, too.
        let refused = fake.run(&[&arguments[..], &["--engine-arg=--no-such-flag"]].concat());
        assert_eq!(refused.code, 1, "{refused}");
        assert!(refused.stderr.contains("unknown flag: --no-such-flag"), "{refused}");
    }
}

#[test]
fn a_failed_build_a_missing_engine_and_a_missing_secret_have_different_exit_codes() {
    let engine = FakeEngine::new(Engine::Docker, "docker", "25.0.3", DOCKER_25).with("FAKE_ENGINE_EXIT", "7");
    let failed = engine.run(&["app", "--exec"]);
    assert_eq!(failed.code, 1, "{failed}");
    assert!(failed.stderr.contains("failed to build the image: exit status: 7"), "{failed}");
    let missing = engine.run(&["app", "--exec", "--engine", "buildah", "--program", "/nowhere/buildah"]);
    assert_eq!(missing.code, 69, "{missing}");
    assert!(missing.stderr.contains("cannot start `/nowhere/buildah`"), "{missing}");
    let before = engine.ran().len();
    let secret = engine.run(&["app", "--exec", "--secret", "id=npm,env=NPM_TOKEN"]);
    assert_eq!(secret.code, 66, "{secret}");
    assert!(secret.stderr.contains("NPM_TOKEN is not set, required for the secret `npm`"), "{secret}");
    assert_eq!(engine.ran().len(), before, "nothing was started");
}

#[test]
fn a_docker_without_the_buildx_plugin_is_detected() {
    let answers = r#"'version --format {{json .}}') echo '{"Client":{"Version":"28.2.2"},"Server":{"Version":"28.2.2"}}'; exit ;;
'buildx version') echo 'docker: unknown command: docker buildx' >&2; exit 1 ;;
'info --format {{json .DriverStatus}}') echo '[]'; exit ;;"#;
    let engine = FakeEngine::new(Engine::Docker, "docker", "28.2.2", answers);
    let run = engine.run(&["app", "--repository", "registry.example.com/cache"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "DOCKER_BUILDKIT=0 docker build app\n"), "{run}");
    assert!(run.stderr.contains("docker has no buildx plugin") && run.stderr.contains("docker-buildx-plugin"), "{run}");
    assert_eq!(engine.run(&["app", "--engine", "buildx"]).code, 64);
}

#[test]
fn the_detection_of_an_unresponsive_engine_times_out() {
    let engine = FakeEngine::new(Engine::Docker, "docker", "25.0.3", "version*) sleep 60 ;;");
    let start = Instant::now();
    let run = engine.run(&["app", "--detect-timeout", "1"]);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("`docker version` did not respond in time"), "{run}");
}

/// Starts a build whose engine writes its process ID to a file.
fn start_build(engine: &FakeEngine) -> Child {
    let mut command = engine.command(&["app", "--exec", "--no-detect", "--engine-version", "25.0.3"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until the engine runs; returns its process ID.
fn engine_pid(engine: &FakeEngine) -> String {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let text = std::fs::read_to_string(engine.bench.path().join("pid")).unwrap_or_default();
        if text.ends_with('\n') {
            return text.trim().to_owned();
        }
        assert!(Instant::now() < end, "the build did not start");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn sigterm_to_rackform_reaches_the_engine_at_once() {
    let answers = "build*) trap 'echo asked > \"$FAKE_ENGINE_DIR/asked\"; kill $!; exit 143' TERM; echo $$ > \"$FAKE_ENGINE_DIR/pid\"; sleep 60 & wait $! ;;";
    let engine = FakeEngine::new(Engine::Docker, "docker", "25.0.3", answers);
    let child = start_build(&engine);
    engine_pid(&engine);
    let signalled = Instant::now();
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let run = Run::from_output(&child.wait_with_output().unwrap());
    // An engine that was killed would have run for ten seconds and would not have written the file.
    assert!(signalled.elapsed() < Duration::from_secs(8), "{:?}\n{run}", signalled.elapsed());
    assert_eq!((run.code, engine.bench.read("asked").as_str()), (130, "asked\n"), "{run}");
}

#[test]
fn sigint_to_the_process_group_ends_the_build() {
    let engine = FakeEngine::new(Engine::Docker, "docker", "25.0.3", "build*) echo $$ > \"$FAKE_ENGINE_DIR/pid\"; exec sleep 60 ;;");
    let child = start_build(&engine);
    let pid = engine_pid(&engine);
    // A terminal sends the signal to all processes in the foreground.
    let done = Command::new("kill").args(["-INT", &child.id().to_string(), &pid]).status().unwrap();
    assert!(done.success());
    let run = Run::from_output(&child.wait_with_output().unwrap());
    assert_eq!(run.code, 130, "{run}");
    assert!(run.stderr.contains("interrupted"), "{run}");
}

/// Uses the option parsers of the installed engines: with `--help` they still parse every option and do nothing else.
#[test]
fn installed_engines_accept_the_options() {
    let is_installed = |program: &str| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    let cases = [
        (
            "buildah",
            "--engine buildah --engine-version 1.28.2 --repository 127.0.0.1:5000/cache --cache-ttl 336h --insecure-registry --image-format oci",
        ),
        ("docker", "--engine docker --without-buildx"),
    ];
    for (program, arguments) in cases {
        if !is_installed(program) {
            eprintln!("skipped: {program} is not installed, so its option parser cannot check the arguments");
            continue;
        }
        let bench = Bench::new();
        bench.file("app/Dockerfile", "FROM scratch AS e\n");
        let base =
            "build command app --format json --tag 127.0.0.1:5000/web:1 --push --build-arg A=b --label c=d --target e --no-cache --pull";
        let shown = bench.run(&format!("{base} {arguments}")).json();
        let steps = shown["steps"].as_array().unwrap();
        assert!(!steps.is_empty(), "{shown}");
        for step in steps {
            let argv: Vec<String> = serde_json::from_value(step["argv"].clone()).unwrap();
            // `--help` comes first, because some engines stop parsing options at the first argument.
            let parsed = |more: &[&str]| {
                Command::new(&argv[0]).arg(&argv[1]).args(more).args(&argv[2..]).env("DOCKER_BUILDKIT", "0").output().unwrap()
            };
            let output = parsed(&["--help"]);
            assert!(output.status.success(), "{argv:?}: {}", String::from_utf8_lossy(&output.stderr));
            assert!(!parsed(&["--no-such-flag", "--help"]).status.success(), "{argv:?}");
        }
    }
}
