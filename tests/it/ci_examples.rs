//! The CI configurations in `examples/ci` run as written, on the templates that are committed there.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::program::{Bench, Run};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ci")
}

/// Returns the shell commands of a configuration, in order.
fn commands(name: &str) -> Vec<String> {
    let configuration: Json = serde_yaml::from_str(&std::fs::read_to_string(folder().join(name)).unwrap()).unwrap();
    if name == "github-actions.yml" {
        let steps = configuration["jobs"]["render"]["steps"].as_array().unwrap();
        steps.iter().filter_map(|step| Some(step["run"].as_str()?.to_owned())).collect()
    } else {
        configuration["render"]["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
    }
}

/// Returns a copy of the committed files.
fn checkout() -> Bench {
    let bench = Bench::new();
    for file in ["rack.json", "racks.yaml", "racks/staging.json", "racks/production.json"] {
        bench.file(file, std::fs::read(folder().join(file)).unwrap());
    }
    bench
}

/// Runs a shell command of a configuration, as a runner does.
fn run(bench: &Bench, command: &str) -> Run {
    let program = Path::new(env!("CARGO_BIN_EXE_rackform")).parent().unwrap().display().to_string();
    let mut shell = std::process::Command::new("bash");
    shell.current_dir(bench.path()).env_clear().env("PATH", format!("{program}:/usr/bin:/bin")).args(["-eo", "pipefail", "-c", command]);
    Run::of(&mut shell)
}

#[test]
fn the_committed_templates_are_up_to_date() {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_rackform"));
        let first = Run::of(program.current_dir(folder()).env_clear().args(["render", "-o", "rack.json"]));
        assert_eq!(first.code, 0, "{first}");
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_rackform"));
        let arguments = ["render", "--specialise", "--for-each", "racks.yaml", "-o", "racks"];
        let second = Run::of(program.current_dir(folder()).env_clear().args(arguments));
        assert_eq!(second.code, 0, "{second}");
    }
    let bench = checkout();
    for name in ["github-actions.yml", "gitlab-ci.yml"] {
        let commands = commands(name);
        assert!(commands.len() > 1, "{name}");
        for command in commands {
            let run = run(&bench, &command);
            assert_eq!(run.code, 0, "{name}: {command}: {run}; `UPDATE_DOCS=1 cargo test --test it ci_examples` updates the templates");
        }
    }
}

#[test]
fn a_template_that_was_edited_by_hand_fails_the_job() {
    for (file, command) in [("rack.json", 0), ("racks/staging.json", 1)] {
        let bench = checkout();
        let text = bench.read(file).replacen("AWS::EC2::VPC\"", "AWS::EC2::Vpc\"", 1);
        bench.file(file, text);
        let run = run(&bench, &commands("gitlab-ci.yml")[command]);
        assert!(run.code == 2 && run.stdout.contains("AWS::EC2::Vpc"), "{file}: {run}");
    }
}

#[test]
fn the_documentation_shows_the_configurations() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recipes.md")).unwrap();
    for name in ["github-actions.yml", "gitlab-ci.yml"] {
        let text = std::fs::read_to_string(folder().join(name)).unwrap();
        assert!(page.contains(&format!("```yaml\n{text}```\n")), "docs/recipes.md differs from examples/ci/{name}");
    }
}
