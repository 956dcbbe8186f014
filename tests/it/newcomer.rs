//! Common mistakes of a new user, and the messages for them.
#![allow(clippy::unwrap_used)]

use super::program::Bench;

fn bench(rack_file: &str) -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", rack_file);
    bench
}

#[test]
fn commands_that_change_a_stack_require_rack_yaml() {
    let bench = Bench::new();
    for arguments in ["apply --yes", "set BuildCache=Yes --yes", "delete --yes"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(bench.run(arguments), @r"
            ------- stderr -------
            error: no `rack.yaml` in this directory
            hint: run `rackform init` to create one, or use `--file` or `--stack-name`
            ------- exit status: 66 -------
            ");
        }
    }
    assert!(std::fs::read_dir(bench.path()).unwrap().next().is_none(), "nothing was written");
    let run = bench.run("apply --yes --stack-name mine");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("no rack.yaml in this directory"), "{run}");
}

#[test]
fn plan_reports_a_missing_rack_yaml_once() {
    let bench = Bench::new();
    let run = bench.run("plan");
    assert_eq!((run.code, run.stderr.matches("no rack.yaml in this directory").count()), (0, 1), "{run}");
    assert_eq!(bench.run("plan --quiet").stderr, "");
    bench.file("queue.json", r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#);
    assert_eq!(bench.run("evaluate queue.json").stderr, "", "a template file needs no rack.yaml");
}

#[test]
fn protecting_an_unknown_resource_is_an_error_at_its_position() {
    for arguments in ["plan", "apply --yes", "diff rack rack", "validate rack"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(bench("name: a\nprotect: [Cluster, LogGruop]\n").run(arguments), @r"
            ------- stderr -------
            error[rack-file-protect]: the template has no resource `LogGruop` to protect
             --> rack.yaml:2:20
              |
            2 | protect: [Cluster, LogGruop]
              |                    ^^^^^^^^
              |
              = hint: did you mean `LogGroup`?
            ------- exit status: 65 -------
            ");
        }
    }
}

#[test]
fn two_values_for_one_parameter_are_an_error() {
    let bench = bench("name: a\n");
    for arguments in ["set BuildCache=Yes BuildCache=No", "plan -p BuildCache=Yes -p BuildCache=No"] {
        let run = bench.run(arguments);
        assert_eq!(run.code, 64, "{run}");
        assert!(run.stderr.contains("`BuildCache` is given twice, as value 1 and value 2"), "{run}");
    }
    let run = bench.run("diff rack rack -p BuildCache=Yes --before-parameter BuildCache=No");
    assert_eq!(run.code, 0, "the two sides may differ\n{run}");
}

#[test]
fn a_misspelled_parameter_is_marked_at_its_name() {
    insta::assert_snapshot!(bench("parameters:\n  BuildCach: Yes\n").run("evaluate rack"), @r"
    ------- stderr -------
    rack.yaml has no `name`; using the stack name `rack`
    error[unknown-parameter]: unknown parameter `BuildCach`
     --> rack.yaml:2:3
      |
    2 |   BuildCach: Yes
      |   ^^^^^^^^^
      |
      = note: CloudFormation reports: Parameters: [BuildCach] do not exist in the template
      = hint: did you mean `BuildCache`?
    ------- exit status: 65 -------
    ");
}

#[test]
fn a_region_missing_in_a_mapping_is_marked_in_rack_yaml() {
    let bench = bench("name: a\nregion: mars-1\nparameters:\n  BuildCache: Yes\n");
    for arguments in ["evaluate rack", "plan"] {
        let run = bench.run(arguments);
        assert_eq!(run.code, 65, "{run}");
        assert!(run.stderr.contains(" --> rack.yaml:2:9\n"), "{run}");
        assert_eq!(run.stderr.matches("error[").count(), 1, "{run}");
    }
}

#[test]
fn a_parameter_without_a_value_is_reported_with_an_example() {
    let run = bench("name: a\n").run("set BuildCache");
    assert!(run.stderr.contains("for example `BuildCache=Yes`"), "{run}");
}

#[test]
fn the_examples_allow_the_same_data_loss_as_the_hint_requires() {
    let bench = bench("name: a\nparameters:\n  BuildMethod: fargate\n  BuildCache: Yes\n");
    assert_eq!(bench.run("apply --yes").code, 0);
    for (command, change) in [("set", "set BuildCache=No --yes"), ("apply", "apply -p BuildCache=No --yes"), ("delete", "delete --yes")] {
        let denied = bench.run(change);
        assert_eq!(denied.code, 3, "{denied}");
        let names = |text: &str| {
            let rest = text.split("--allow-data-loss ").skip(1);
            let mut names: Vec<String> = rest.map(|rest| rest.split_whitespace().next().unwrap().to_owned()).collect();
            names.sort();
            names
        };
        let hint = denied.stderr.lines().find(|line| line.starts_with("hint: ")).unwrap().to_owned();
        let help = bench.run(&format!("{command} --help")).stdout;
        let examples = help.split("Examples:").nth(1).unwrap();
        assert_eq!(names(examples), names(&hint), "{help}");
    }
}

#[test]
fn an_output_that_keeps_its_value_is_not_listed_as_changed() {
    let bench = bench("name: a\nparameters:\n  BuildMethod: fargate\n");
    assert_eq!(bench.run("apply --yes").code, 0);
    let run = bench.run("plan -p LogRetention=30");
    assert!(run.stdout.contains("LogGroup") && !run.stdout.contains("BuildTaskDefinition"), "{run}");
}

#[test]
fn validate_ignores_values_that_template_rules_forbid() {
    let bench = bench("name: a\n");
    let run = bench.run("validate rack --strict");
    assert_eq!(run.code, 0, "{run}");
    let run = bench.run("validate rack -p BuildMethod=fargate -p FargateBuildCpu=256");
    assert_eq!(run.code, 65, "a violation by the current values is reported\n{run}");
}

#[test]
fn errors_name_the_kind_of_file() {
    let bench = bench("name: a\n");
    bench.file("empty.json", "").file("empty.yaml", "\n").file("comment.json", "// the rack\n{\"Resources\": {}}\n");
    let run = bench.run("evaluate rack --parameters empty.json");
    assert!(run.stderr.contains("the parameter file is empty") && !run.stderr.contains("template"), "{run}");
    assert!(bench.run("evaluate empty.yaml").stderr.contains("error[yaml-syntax]: the document is empty"));
    assert!(bench.run("evaluate comment.json").stderr.contains("error[json-syntax]"));
}

#[test]
fn render_check_reports_a_file_in_another_format() {
    let bench = Bench::new();
    assert_eq!(bench.run("render --format yaml -o rack.yml").code, 0);
    insta::assert_snapshot!(bench.run("render --check rack.yml"), @r"
    ------- stderr -------
    error: `rack.yml` is YAML, but the rendered template is JSON
    hint: add `--format yaml`
    ------- exit status: 64 -------
    ");
    assert_eq!(bench.run("render --check rack.yml --format yaml").code, 0);
}

#[test]
fn completions_omit_hidden_flags() {
    let run = Bench::new().run("completions bash");
    assert!(!run.stdout.lines().any(|line| line.contains("opts=") && line.contains("--step-delay-ms")), "{run}");
}

#[test]
fn commands_that_change_a_stack_require_a_name_in_rack_yaml() {
    let bench = bench("");
    for arguments in ["apply --yes", "set BuildCache=Yes --yes", "delete --yes"] {
        let run = bench.run(arguments);
        assert!(run.code == 66 && run.stderr.contains("`rack.yaml` has no `name`"), "{run}");
    }
    assert!(!bench.path().join(".rackform").exists(), "no local state was created");
    let run = bench.run("plan");
    assert!(run.stderr.contains("rack.yaml has no `name`; using the stack name `rack`"), "{run}");
}

#[test]
fn init_refuses_an_invalid_stack_name() {
    let bench = Bench::new();
    let run = bench.run_args(&["init", "--name", "bad name"]);
    assert!(run.code == 64 && run.stderr.contains("invalid stack name `bad name`"), "{run}");
    assert!(!bench.path().join("rack.yaml").exists(), "{run}");
    let run = bench.run("init --template nope.json");
    assert!(run.code == 0 && run.stderr.contains("the template `nope.json` does not exist yet"), "{run}");
    let run = bench.run("plan --stack-name a");
    assert!(run.code == 66 && run.stderr.contains("hint: rack.yaml:") && run.stderr.contains("sets it as the template"), "{run}");
}

#[test]
fn flags_and_tags_are_checked_before_any_request() {
    let bench = bench("name: a\ntags: {\"aws:foo\": bar, ok: yes}\n");
    let run = bench.run("plan");
    assert!(run.code == 65 && run.stderr.contains("the tag `aws:foo` begins with `aws:`"), "{run}");
    bench.file("rack.yaml", "name: a\nstack_policy: nope.json\n");
    let run = bench.run("plan");
    assert!(run.code == 66 && run.stderr.contains("rack.yaml:2 names it as the stack policy"), "{run}");
    for flags in ["--role-arn foo", "--cloudformation-role-arn foo", "--rollback-alarm composite:foo", "--notification-topic foo"] {
        let run = bench.run(&format!("plan {flags}"));
        assert!(run.code == 64 && run.stderr.contains("arn:PARTITION:SERVICE"), "{run}");
    }
}
