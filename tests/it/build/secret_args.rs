//! Tests of build arguments that look like secrets: the engine gets their values, and no output or argument contains them.
#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt as _;

use crate::program::{Bench, Run};

/// A value that only looks like a token.
const TOKEN: &str = "ghp_0000000000000000fakefakefake";

/// An app, and an engine that records its arguments and variables, and prints the value of the build argument.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("app/Dockerfile", "ARG BASE=scratch\nFROM ${BASE}\nARG REF\nARG NPM_TOKEN\nRUN echo $NPM_TOKEN $REF\n");
    let script = "#!/bin/sh\nprintf '%s\\n' \"$@\" >> \"$LOG\"\nprintf 'NPM_TOKEN=%s REF=%s\\n' \"$NPM_TOKEN\" \"$REF\" >> \"$LOG\"\n\
                  printf '#5 0.1 %s' \"$NPM_TOKEN\" >&2\nprintf ' and %s\\n' \"$REF\" >&2\necho \"STEP 5: $NPM_TOKEN\"\n";
    for engine in ["docker", "buildah", "executor"] {
        bench.file(engine, script);
        std::fs::set_permissions(bench.path().join(engine), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    bench
}

fn run(bench: &Bench, arguments: &str) -> Run {
    let mut command = bench.command();
    command.args(arguments.split_whitespace()).env("LOG", bench.path().join("log")).env("PATH", "/usr/bin:/bin");
    Run::of(&mut command)
}

#[test]
fn printed_commands_refer_to_the_variable() {
    let bench = bench();
    for (engine, expected) in [
        ("docker", "--build-arg NPM_TOKEN --build-arg REF --build-arg BASE=alpine "),
        ("buildx", "--build-arg NPM_TOKEN --build-arg REF --build-arg BASE=alpine "),
        ("buildah", "--build-arg NPM_TOKEN --build-arg REF --build-arg BASE=alpine "),
        ("kaniko", "--build-arg=NPM_TOKEN --build-arg=REF --build-arg=BASE=alpine "),
    ] {
        for format in ["shell", "json", "env"] {
            let arguments = format!(
                "-v build command app --engine {engine} --no-detect --build-arg NPM_TOKEN=planted-value --build-arg REF={TOKEN} --build-arg BASE=alpine \
                 --format {format}"
            );
            let run = run(&bench, &arguments);
            assert_eq!(run.code, 0, "{run}");
            assert!(format != "shell" || run.stdout.contains(expected), "{run}");
            assert!(!run.to_string().contains("planted") && !run.to_string().contains(TOKEN), "{run}");
            for name in ["NPM_TOKEN", "REF"] {
                assert!(run.stderr.contains(&format!("the build argument `{name}` looks like a secret")), "{run}");
                assert!(run.stderr.contains(&format!("use `--secret {name}`")), "{run}");
                assert!(run.stderr.contains(&format!("reads the environment variable `{name}`")), "{run}");
            }
            if format == "json" {
                let needs = run.json()["needs"].clone();
                assert_eq!(needs[0]["any_of"][0], "NPM_TOKEN", "{run}");
            }
        }
    }
}

#[test]
fn the_engine_gets_the_value_and_nothing_shows_it() {
    let bench = bench();
    for (engine, program) in [("docker", "docker"), ("buildx", "docker"), ("buildah", "buildah"), ("kaniko", "executor")] {
        for format in ["shell", "json"] {
            let _ = std::fs::remove_file(bench.path().join("log"));
            let arguments = format!(
                "-v build command app --engine {engine} --no-detect --program {}/{program} --build-arg NPM_TOKEN=planted-value --engine-arg \
                 --build-arg=REF={TOKEN} --exec --format {format}",
                bench.path().display()
            );
            let run = run(&bench, &arguments);
            assert_eq!(run.code, 0, "{run}");
            assert!(!run.to_string().contains("planted") && !run.to_string().contains(TOKEN), "{engine}: {run}");
            let log = bench.read("log");
            assert!(log.contains(&format!("NPM_TOKEN=planted-value REF={TOKEN}\n")), "{log}");
            let arguments: Vec<&str> = log.lines().filter(|line| !line.starts_with("NPM_TOKEN=")).collect();
            assert!(arguments.iter().any(|argument| argument.ends_with("REF")), "{log}");
            assert!(!arguments.iter().any(|argument| argument.contains("planted") || argument.contains(TOKEN)), "{log}");
        }
    }
}

#[test]
fn errors_do_not_contain_the_value() {
    let bench = bench();
    let url = "https://me:planted-password@r.example.com/x:";
    let base = run(&bench, &format!("build command app --engine docker --no-detect --build-arg BASE={url}"));
    assert!(!base.to_string().contains("planted"), "{base}");
    let name = run(&bench, &format!("build command app --engine docker --no-detect --build-arg {TOKEN}"));
    assert!(name.code == 64 && name.stderr.contains("the name of a build argument has the form of a secret"), "{name}");
    assert!(!name.to_string().contains(TOKEN), "{name}");
    let buildctl = run(&bench, "build command app --engine buildctl --no-detect --build-arg NPM_TOKEN=planted-value");
    assert!(buildctl.code == 64 && buildctl.stderr.contains("`NPM_TOKEN` looks like a secret, and buildctl accepts"), "{buildctl}");
    assert!(!buildctl.to_string().contains("planted"), "{buildctl}");
    let mut command = bench.command();
    command
        .args([
            "build",
            "command",
            "app",
            "--engine",
            "docker",
            "--no-detect",
            "--exec",
            "--build-arg",
            "AWS_SECRET_ACCESS_KEY=planted-value",
        ])
        .env("AWS_SECRET_ACCESS_KEY", "another");
    let conflict = Run::of(&mut command);
    assert!(conflict.code == 64 && conflict.stderr.contains("has another value than the variable of that name"), "{conflict}");
    assert!(!conflict.to_string().contains("planted"), "{conflict}");
    let key = run(
        &bench,
        "-v build image-key --dockerfile-inline FROM --build-arg NPM_TOKEN=planted-value --additional-build-args --build-arg=API_KEY=planted-too --format json",
    );
    assert!(key.code == 0 && !key.to_string().contains("planted") && key.stdout.contains("--build-arg=API_KEY=****"), "{key}");
    let invalid = run(&bench, "build image-key --dockerfile-inline FROM --build-arg =planted-value");
    assert!(invalid.code == 64 && !invalid.to_string().contains("planted"), "{invalid}");
}
