//! A standard output that cannot be written: closed, full, or a pipe without a reader.

use std::process::{Command, Stdio};

use crate::backend::NETWORK;
use crate::program::{Bench, Run};

/// Commands that print a result, in each of their formats.
const COMMANDS: &[&str] = &[
    "--version",
    "--help",
    "plan --help",
    "render",
    "render --check rack.json",
    "patch patchable.json",
    "params",
    "params --format json",
    "params --format yaml",
    "validate network.json",
    "validate network.json --format json",
    "validate network.json --format sarif",
    "evaluate network.json",
    "evaluate network.json --format json",
    "evaluate broken.json --format json",
    "diff deployed network.json -p Cache=Yes",
    "diff deployed network.json -p Cache=Yes --format json",
    "diff deployed network.json -p Cache=Yes --format markdown",
    "plan -p Cache=Yes",
    "plan -p Cache=Yes --format json",
    "plan -p Cache=Yes --format markdown",
    "apply -p Cache=Yes --yes",
    "apply -p Cache=Yes --yes --format json",
    "set Cache=Yes --yes",
    "set Cache=Yes --yes --format json",
    "delete --yes",
    "verify",
    "verify --format json",
    "permissions",
    "permissions --format json",
    "permissions --format policy",
    "status",
    "status --format json",
    "events",
    "events --format json",
    "local stacks",
    "local resources",
    "local resources --format json",
    "completions bash",
];

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: demo\nregion: us-east-1\ntemplate: network.json\n").file("network.json", NETWORK);
    bench.file("rack.json", "{}").file("broken.json", r#"{"Resources": {"A": {"Type": "AWS::SNS::Topic", "Condition": "Missing"}}}"#);
    bench.file("patchable.json", bench.run("render").stdout);
    let run = bench.run("apply --yes");
    assert_eq!(run.code, 0, "{run}");
    bench
}

/// Runs a command whose standard output is redirected by a shell.
fn redirected(bench: &Bench, arguments: &str, redirection: &str) -> Run {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("exec {} {arguments} {redirection}", env!("CARGO_BIN_EXE_rackform")));
    Run::of(shell.current_dir(bench.path()).env_clear().stdin(Stdio::null()))
}

fn resources(bench: &Bench) -> String {
    bench.run("local resources --format json").stdout
}

#[test]
fn a_closed_standard_output_is_an_error_and_nothing_is_changed() {
    let bench = bench();
    let before = resources(&bench);
    for arguments in COMMANDS {
        let run = redirected(&bench, arguments, ">&-");
        assert_eq!(run.code, 73, "{arguments}: {run}");
        assert!(run.stderr.contains("cannot write to standard output: it is closed"), "{arguments}: {run}");
    }
    assert_eq!(resources(&bench), before);
    for silent in ["init --file new.yaml", "render -o rendered.json", "plan -o change.plan --help >/dev/null"] {
        let run = redirected(&bench, silent, if silent.contains('>') { "" } else { ">&-" });
        assert_eq!(run.code, 0, "{silent}: {run}");
    }
}

#[test]
fn a_full_standard_output_is_an_error_and_dev_null_is_not() {
    let bench = bench();
    let before = resources(&bench);
    for arguments in COMMANDS {
        let run = redirected(&bench, arguments, ">/dev/full");
        assert_eq!(run.code, 73, "{arguments}: {run}");
        assert!(run.stderr.contains("No space left on device"), "{arguments}: {run}");
    }
    assert_eq!(resources(&bench), before);
    for (arguments, redirection) in [("plan", ">/dev/null"), ("plan", "1<>/dev/null"), ("--help", "1<>/dev/null")] {
        let run = redirected(&bench, arguments, redirection);
        assert_eq!(run.code, 0, "{arguments} {redirection}: {run}");
    }
}

#[test]
fn a_pipe_without_a_reader_ends_the_command_silently_with_141() {
    let bench = bench();
    let before = resources(&bench);
    for arguments in COMMANDS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let run = Run::of(bench.command().args(arguments.split(' ')).stdout(writer));
        assert_eq!(run.code, 141, "{arguments}: {run}");
        assert!(!run.stderr.contains("error"), "{arguments}: {run}");
    }
    assert_eq!(resources(&bench), before);
}
