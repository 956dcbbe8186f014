//! Tests of `cli`: behaviour of the program as a whole.
#![allow(clippy::unwrap_used)]

mod files;
mod outputs;
mod templates;
mod values;

use std::process::Stdio;

use rackform::cli::ExitCode;

use super::program::{Bench, Run};

#[test]
fn the_documentation_lists_all_exit_codes() {
    let page = include_str!("../../docs/exit-codes.md");
    let documented: Vec<String> =
        page.lines().filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit()).map(str::to_owned).collect();
    let listed: Vec<String> = ExitCode::ALL.iter().map(|code| format!("| {} | {} |", code.number(), code.meaning())).collect();
    assert_eq!(documented, listed);
}

#[test]
fn an_unknown_command_is_a_usage_error_with_a_suggestion() {
    let run = Bench::new().run("inti");
    assert_eq!(run.code, 64);
    assert!(run.stderr.contains("init"), "{run}");
    assert_eq!(run.stdout, "");
}

#[test]
fn an_unknown_flag_is_a_usage_error() {
    let run = Bench::new().run("init --nmae x");
    assert_eq!(run.code, 64);
    assert!(run.stderr.contains("--name"), "{run}");
}

#[test]
fn a_missing_command_shows_help_as_a_usage_error() {
    let run = Bench::new().run("");
    assert_eq!(run.code, 64);
    assert!(run.stderr.contains("Usage: rackform"), "{run}");
}

#[test]
fn version_and_help_go_to_standard_output() {
    let bench = Bench::new();
    let version = bench.run("--version");
    assert_eq!((version.stdout.as_str(), version.code), (concat!("rackform ", env!("CARGO_PKG_VERSION"), "\n"), 0));
    let help = bench.run("--help");
    assert_eq!((help.code, help.stderr.as_str()), (0, ""));
}

#[test]
fn every_command_has_help_with_an_example() {
    let bench = Bench::new();
    for command in rackform::cli::command().get_subcommands() {
        let name = command.get_name();
        let help = bench.run(&format!("{name} --help"));
        assert_eq!(help.code, 0, "{help}");
        assert!(help.stdout.contains("Example"), "`{name} --help` has no example\n{help}");
        assert!(help.stdout.contains(&format!("rackform {name}")), "{help}");
    }
}

#[test]
fn init_writes_a_rack_file_that_is_read_back_and_does_not_replace_one() {
    let bench = Bench::new();
    let first = bench.run("init --name staging");
    assert_eq!((first.code, first.stdout.as_str()), (0, ""), "{first}");
    assert!(bench.read("rack.yaml").contains("name: staging\n"));

    let again = bench.run("init --name other");
    insta::assert_snapshot!(again, @r"
    ------- stderr -------
    error: `rack.yaml` already exists
    hint: overwrite it with `--force`, or choose another path with `--file`
    ------- exit status: 73 -------
    ");
    assert!(bench.read("rack.yaml").contains("name: staging\n"), "a refused init does not change the file");

    let forced = bench.run("init --name other --force --quiet");
    assert_eq!(forced.to_string(), "------- exit status: 0 -------");
    assert!(bench.read("rack.yaml").contains("name: other\n"));
}

#[test]
fn init_reports_an_unwritable_path() {
    insta::assert_snapshot!(Bench::new().run("init --name a --file nowhere/rack.yaml"), @r"
    ------- stderr -------
    error: cannot write `nowhere/rack.yaml`
      caused by: No such file or directory (os error 2)
    ------- exit status: 73 -------
    ");
}

#[test]
fn completions_name_the_commands() {
    let bench = Bench::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = bench.run(&format!("completions {shell}"));
        assert_eq!(run.code, 0, "{run}");
        assert!(run.stdout.contains("init"), "{run}");
    }
}

#[test]
fn a_closed_pipe_does_not_cause_a_panic() {
    let mut child = Bench::new().command().args(["completions", "zsh"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    // The script may fit into the pipe's buffer before the pipe is closed.
    assert!(matches!(output.status.code(), Some(0 | 141)), "{:?}", output.status);
}

#[test]
fn color_is_used_only_on_terminals_unless_requested() {
    let bench = Bench::new();
    bench.file("rack.yaml", "");
    assert!(!bench.run("init").stderr.contains('\u{1b}'));
    assert!(bench.run("init --color always").stderr.contains('\u{1b}'));
    let forced = Run::of(bench.command().args(["init"]).env("CLICOLOR_FORCE", "1"));
    assert!(forced.stderr.contains('\u{1b}'), "{forced}");
    let disabled = Run::of(bench.command().args(["init"]).env("NO_COLOR", "1").env("CLICOLOR_FORCE", "1"));
    assert!(!disabled.stderr.contains('\u{1b}'), "{disabled}");
}

#[test]
fn unreadable_input_is_reported_with_its_cause() {
    let bench = Bench::new();
    bench.file("empty.json", "").file("latin1.json", b"{\"a\": \"\n\xe9\"}").file("folder/x", "");
    let problems =
        ["missing.json", "folder", "latin1.json", "empty.json"].map(|file| bench.run(&format!("patch {file}")).to_string()).join("\n\n");
    insta::assert_snapshot!(problems, @r#"
    ------- stderr -------
    error: cannot read `missing.json`
      caused by: No such file or directory (os error 2)
    hint: check the path; `-` reads standard input
    ------- exit status: 66 -------

    ------- stderr -------
    error: cannot read `folder`
      caused by: Is a directory (os error 21)
    hint: name a file in this directory
    ------- exit status: 66 -------

    ------- stderr -------
    error: `latin1.json` is not UTF-8: invalid character at byte 8 (line 2)
    hint: save it as UTF-8
    ------- exit status: 65 -------

    ------- stderr -------
    error[json-syntax]: the document is empty
     --> empty.json:1:1
      |
    1 |
      | ^
      |
      = hint: a template is an object, at least `{"Resources": {...}}`
    ------- exit status: 65 -------
    "#);
}

#[test]
fn errors_in_malformed_json_show_the_line_shortened_around_the_marker() {
    let bench = Bench::new();
    bench.file("rack.json", "{\n  \"Resources\": {\n    \"A\": {\"Type\": \"AWS::S3::Bucket\"\n  }\n");
    let line = format!("{{\"Description\": \"{}\", \"Resources\": {{\"A\" 1}}, \"Metadata\": \"{}\"}}", "x".repeat(5000), "y".repeat(5000));
    bench.file("minified.json", line);
    let problems = ["rack.json", "minified.json"].map(|file| bench.run(&format!("patch {file}")).to_string()).join("\n\n");
    insta::assert_snapshot!(problems, @r#"
    ------- stderr -------
    error[json-syntax]: unexpected end of the document
     --> rack.json:4:3
      |
    4 |   }
      |   ^ the text ends here
      |
     ::: rack.json:2:16
      |
    2 |   "Resources": {
      |                - this `{` is never closed
      |
      = hint: the file may be truncated
    ------- exit status: 65 -------

    ------- stderr -------
    error[json-syntax]: expected `:` after the key `A`, found `1`
     --> minified.json:1:5039
      |
    1 | ...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "Resources": {"A" 1}, "Metadata": "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy...
      |                                                          ^
      |
      = hint: write `"key": value`
    ------- exit status: 65 -------
    "#);
}

#[test]
fn all_errors_in_rack_yaml_are_reported_together() {
    let bench = Bench::new();
    bench.file(
        "rack.yaml",
        "name: 9lives\nregoin: eu-west-1\ntags: [a]\nbackend: azure\nprotect: Files\nparameters:\n  BuildCache:\n    deep: 1\n",
    );
    insta::assert_snapshot!(bench.run("params"), @r"
    ------- stderr -------
    error[rack-file-name]: invalid stack name `9lives`
     --> rack.yaml:1:7
      |
    1 | name: 9lives
      |       ^^^^^^
      |
      = hint: use at most 128 letters, digits and hyphens, starting with a letter

    error[rack-file-key]: unknown key `regoin` in rack.yaml
     --> rack.yaml:2:1
      |
    2 | regoin: ****
      | ^^^^^^
      |
      = hint: did you mean `region`?

    error[rack-file-value]: `tags` must be a map with one `Name: value` per line
     --> rack.yaml:3:7
      |
    3 | tags: [a]
      |       ^^^ this is an array

    error[rack-file-value]: unknown backend `azure`
     --> rack.yaml:4:10
      |
    4 | backend: azure
      |          ^^^^^ expected `local`, `local:DIRECTORY` or `aws`
      |
      = hint: `local` needs no AWS account; `aws` is AWS CloudFormation

    error[rack-file-value]: `protect` must be a list of logical IDs
     --> rack.yaml:5:10
      |
    5 | protect: Files
      |          ^^^^^ this is a string
      |
      = hint: enclose the value in brackets: `protect: [VALUE]`

    error[parameter-file]: the value of parameter `BuildCache` must be a string, number, boolean or a list of them, not an object
     --> rack.yaml:8:5
      |
    8 |     ****
      |     ^^^^
      |
      = hint: CloudFormation parameters are strings; put JSON in quotes
    ------- exit status: 65 -------
    ");
}

#[test]
fn errors_of_keys_and_of_parameters_in_rack_yaml_are_reported_together() {
    let bench = Bench::new();
    bench.file(
        "small.json",
        r#"{"Parameters": {"Size": {"Type": "String", "AllowedValues": ["small", "large"]}}, "Resources": {"T": {"Type": "AWS::SNS::Topic"}}}"#,
    );
    bench.file("rack.yaml", "name: demo\nregoin: eu-west-1\ntemplate: small.json\nparameters:\n  Sise: small\n  Size: smal\n");
    insta::assert_snapshot!(bench.run("plan"), @r#"
    ------- stderr -------
    error[rack-file-key]: unknown key `regoin` in rack.yaml
     --> rack.yaml:2:1
      |
    2 | regoin: ****
      | ^^^^^^
      |
      = hint: did you mean `region`?

    error[allowed-values]: parameter `Size` has a value that is not allowed: `smal`
     --> rack.yaml:6:9
      |
    6 |   Size: smal
      |         ^^^^
      |
     ::: small.json:1:17
      |
    1 | {"Parameters": {"Size": {"Type": "String", "AllowedValues": ["small", "large"]}}, "Resources": {"T": {"Type": "AW...
      |                 ------ declared here
      |
      = note: CloudFormation reports: Parameter 'Size' must be one of AllowedValues
      = hint: did you mean `small`? allowed values: small, large

    error[unknown-parameter]: unknown parameter `Sise`
     --> rack.yaml:5:3
      |
    5 |   Sise: ****
      |   ^^^^
      |
      = note: CloudFormation reports: Parameters: [Sise] do not exist in the template
      = hint: did you mean `Size`? `rackform params small.json` lists the parameters of the template
    ------- exit status: 65 -------
    "#);
}

#[test]
fn validate_reports_findings_as_text_json_and_sarif() {
    let bench = Bench::new();
    bench.file(
        "bad.json",
        "{\"Resources\": {\n  \"Files\": {\"Type\": \"AWS::EFS::FileSystem\", \"Properties\": {\"Encripted\": true}}\n}}\n",
    );
    insta::assert_snapshot!(bench.run("validate bad.json"), @r#"
    error[unknown-property]: unknown property `Encripted` of AWS::EFS::FileSystem
     --> bad.json:2:60
      |
    2 |   "Files": {"Type": "AWS::EFS::FileSystem", "Properties": {"Encripted": true}}
      |                                                            ^^^^^^^^^^^ not in the schema
      |
      = note: CloudFormation reports: Encountered unsupported property Encripted
      = hint: did you mean `Encrypted`?

    1 error, 0 warnings
    ------- exit status: 65 -------
    "#);
    insta::assert_snapshot!(bench.run("validate bad.json --format json"), @r#"
    {
      "format_version": 2,
      "summary": {
        "errors": 1,
        "warnings": 0
      },
      "findings": [
        {
          "rule": "unknown-property",
          "severity": "error",
          "message": "unknown property `Encripted` of AWS::EFS::FileSystem",
          "file": "bad.json",
          "line": 2,
          "column": 60,
          "end_line": 2,
          "end_column": 71,
          "hint": "did you mean `Encrypted`?",
          "cloudformation_message": "Encountered unsupported property Encripted"
        }
      ]
    }
    ------- exit status: 65 -------
    "#);
    let sarif = bench.run("validate bad.json --format sarif");
    assert_eq!(sarif.code, 65);
    let result = &sarif.json()["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "unknown-property");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 2);
    bench.file("cut.json", "{\"Resources\": {");
    assert_eq!(bench.run("validate cut.json --format json").json()["findings"][0]["rule"], "json-syntax");
    bench.file("good.json", "{\"Resources\": {\"Files\": {\"Type\": \"AWS::EFS::FileSystem\"}}}");
    assert_eq!(bench.run("validate good.json --strict").to_string(), "no problems found\n------- exit status: 0 -------");
}

#[cfg(feature = "build")]
#[test]
fn the_command_reference_matches_help() {
    let page = rackform::cli::reference::page();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/commands.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let documented = std::fs::read_to_string(path).unwrap_or_default();
    assert!(documented == page, "docs/commands.md differs from --help; `UPDATE_DOCS=1 cargo test command_reference` updates it");
}
