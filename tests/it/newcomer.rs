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
    2 |   BuildCach: ****
      |   ^^^^^^^^^
      |
      = note: CloudFormation reports: Parameters: [BuildCach] do not exist in the template
      = hint: did you mean `BuildCache`? `rackform params` lists the parameters of the rack, `rackform params deployed` those of the deployed stack
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
        if command == "delete" {
            // A rack has more data than an example line.
            assert!(names(examples).iter().all(|name| names(&hint).contains(name)), "{help}\n{hint}");
        } else {
            assert_eq!(names(examples), names(&hint), "{help}");
        }
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

/// A template with a parameter that nothing uses, and a resource that stays in the account.
const WITH_UNUSED: &str = r#"{
    "Parameters": {
        "Name": {"Type": "String", "Default": "a", "AllowedValues": ["a", "b"]},
        "Unused": {"Type": "String", "Default": "x", "AllowedPattern": "[a-z]*"},
        "Secret": {"Type": "String", "NoEcho": true, "Default": "none", "MaxLength": 8}
    },
    "Resources": {
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Name"}}},
        "Kept": {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain"}
    }
}"#;

fn with_unused() -> Bench {
    let bench = bench("name: a\nregion: us-east-1\ntemplate: t.json\n");
    bench.file("t.json", WITH_UNUSED);
    assert_eq!(bench.run("apply --yes").code, 0);
    bench
}

#[test]
fn a_value_that_cloudformation_would_not_store_is_named() {
    let bench = with_unused();
    // `set` was asked for nothing but the value.
    for (arguments, code) in
        [("set Unused=y --yes", 1), ("set Unused=y --yes --quiet", 1), ("apply -p Unused=y --yes", 0), ("plan -p Unused=y", 0)]
    {
        let run = bench.run(arguments);
        assert_eq!(run.code, code, "{run}");
        assert!(run.stderr.contains("the new value of `Unused` would not be stored: Unused keeps x"), "{run}");
    }
    let run = bench.run("set Unused=y Name=b --yes");
    assert!(run.code == 0 && !run.stderr.contains("would not be stored"), "{run}");
    let listed = bench.run("params deployed --format yaml").stdout;
    assert!(listed.contains("Unused: y") && listed.contains("Name: b"), "{listed}");
    let run = bench.run("set Unused=y --yes");
    assert!(!run.stderr.contains("would not be stored"), "the value is deployed\n{run}");
    let run = bench.run("set Secret=hidden --yes");
    assert!(run.stderr.contains("`Secret` would not be stored") && !run.stderr.contains("hidden"), "{run}");
}

#[test]
fn an_invalid_value_is_marked_where_it_is_given() {
    let bench = with_unused();
    insta::assert_snapshot!(bench.run("set Name=c --yes"), @r"
    ------- stderr -------
    error[allowed-values]: parameter `Name` has a value that is not allowed: `c`
     --> command line:1:6
      |
    1 | Name=c
      |      ^
      |
      = note: CloudFormation reports: Parameter 'Name' must be one of AllowedValues
      = hint: did you mean `a`? allowed values: a, b
    ------- exit status: 65 -------
    ");
    bench.file("p.yaml", "Name: c\n");
    for (arguments, place) in [
        ("plan -p Name=c", " --> command line:1:6\n"),
        ("diff t.json t.json -p Name=c", " --> command line:1:6\n"),
        ("diff t.json t.json --before-parameter Name=c", " --> command line:1:6\n"),
        ("validate t.json -p Name=", " --> command line:1:6\n"),
        ("evaluate t.json --parameters p.yaml", " --> p.yaml:1:7\n"),
    ] {
        let run = bench.run(arguments);
        assert!(run.code == 65 && run.stderr.contains(place), "{arguments}: {run}");
    }
    bench.file("rack.yaml", "name: a\nregion: us-east-1\ntemplate: t.json\nparameters:\n  Name: c\n");
    let run = bench.run("plan");
    assert!(run.code == 65 && run.stderr.contains(" --> rack.yaml:5:9\n"), "{run}");
}

#[test]
fn an_invalid_secret_is_not_shown() {
    let bench = with_unused();
    bench.file("p.json", "{\"Secret\": \"much-too-long\"}\n");
    for arguments in ["set Secret=much-too-long --yes", "plan --parameters p.json", "set Sceret=much-too-long --yes"] {
        let run = bench.run(arguments);
        assert!(run.code == 65 && run.stderr.contains("****") && !run.stderr.contains("much-too"), "{run}");
    }
}

#[test]
fn an_unknown_parameter_names_the_command_that_lists_them() {
    let bench = with_unused();
    let run = bench.run("set Nmae=b --yes");
    assert!(run.stderr.contains("did you mean `Name`?") && run.stderr.contains("`rackform params deployed`"), "{run}");
    let run = bench.run("evaluate t.json -p Zzzzzzzz=b");
    assert!(!run.stderr.contains("did you mean") && run.stderr.contains("`rackform params t.json` lists"), "{run}");
}

#[test]
fn a_deletion_warns_about_what_remains() {
    let bench = with_unused();
    insta::assert_snapshot!(bench.run("delete --yes --quiet").stderr, @r"
    warning: 1 resource remains outside the stack:
      Kept is retained in the account: https://sqs.us-east-1.amazonaws.com/123456789012/a-Kept-c899f3ea52d4 (AWS::SQS::Queue)
    hint: CloudFormation no longer manages it: delete it in the service's console or with the AWS CLI, or import it again with `rackform apply --import Kept=https://sqs.us-east-1.amazonaws.com/123456789012/a-Kept-c899f3ea52d4`
    ");
    let bench = with_unused();
    bench.file("t.json", WITH_UNUSED.replace(r#""Kept":"#, r#""Other":"#));
    let run = bench.run("apply --yes --quiet");
    assert!(run.code == 0 && run.stderr.contains("Kept is retained in the account"), "an update removes it from the stack, too\n{run}");
}

#[test]
fn a_missing_stack_has_a_plain_hint() {
    let bench = bench("name: a\n");
    for arguments in ["status", "events", "verify", "delete --yes"] {
        let run = bench.run(arguments);
        assert!(run.code == 66 && run.stderr.contains("select another stack") && !run.stderr.contains("names another"), "{run}");
    }
}

#[test]
fn a_replacement_fails_at_its_creation_and_at_its_deletion() {
    let template =
        |name: &str| format!(r#"{{"Resources": {{"Topic": {{"Type": "AWS::SNS::Topic", "Properties": {{"TopicName": "{name}"}}}}}}}}"#);
    let bench = bench("name: a\nregion: us-east-1\ntemplate: t.json\n");
    bench.file("t.json", template("one"));
    assert_eq!(bench.run("apply --yes").code, 0);
    bench.file("t.json", template("two"));
    for action in ["create", "update"] {
        let run = bench.run(&format!("apply --yes --fail-on Topic:{action}"));
        assert!(run.code == 1 && run.stderr.contains("UPDATE_ROLLBACK_COMPLETE"), "{run}");
    }
    let run = bench.run("apply --yes --fail-on Topic:delete");
    assert!(run.code == 0 && run.stderr.contains("Topic could not be deleted and remains in the account"), "{run}");
    // A type whose old resource is deleted first.
    let route = |table: &str| {
        format!(
            r#"{{"Resources": {{"A": {{"Type": "AWS::EC2::SubnetRouteTableAssociation", "Properties": {{"RouteTableId": "rtb-{table}", "SubnetId": "subnet-{table}"}}}}}}}}"#
        )
    };
    bench.file("rack.yaml", "name: b\nregion: us-east-1\ntemplate: t.json\n").file("t.json", route("1"));
    assert_eq!(bench.run("apply --yes").code, 0);
    bench.file("t.json", route("2"));
    let run = bench.run("apply --yes --fail-on A:delete");
    assert!(run.code == 1 && run.stderr.contains("UPDATE_ROLLBACK_COMPLETE"), "{run}");
}

#[test]
fn a_plan_that_would_be_refused_is_neither_saved_nor_applied() {
    let bench = bench("name: a\ntemplate: volume.json\n");
    let volume = |zone: &str| {
        format!(r#"{{"Resources": {{"V": {{"Type": "AWS::EC2::Volume", "Properties": {{"AvailabilityZone": "{zone}", "Size": 10}}}}}}}}"#)
    };
    bench.file("volume.json", volume("us-east-1a"));
    assert_eq!(bench.run("apply --yes").code, 0);
    bench.file("volume.json", volume("us-east-1b"));
    let planned = bench.run("plan -o change.plan");
    assert_eq!(planned.code, 6, "{planned}");
    assert!(planned.stdout.contains("REFUSED") && planned.stderr.contains("the plan was not saved"), "{planned}");
    assert!(!bench.path().join("change.plan").exists());
    let applied = bench.run("apply --yes");
    assert_eq!(applied.code, 6, "{applied}");
    assert!(applied.stderr.contains("the update would be refused; nothing was changed"), "{applied}");
    // The way back is not refused.
    bench.file("volume.json", volume("us-east-1a"));
    assert_eq!(bench.run("plan").code, 0);
}

#[test]
fn plan_and_apply_report_errors_of_the_template_first() {
    let bench = bench("name: a\ntemplate: queue.json\n");
    let queue = |property: &str| format!(r#"{{"Resources": {{"Q": {{"Type": "AWS::SQS::Queue", "Properties": {{"{property}": 60}}}}}}}}"#);
    bench.file("queue.json", queue("VisibilityTimeot"));
    for arguments in ["plan", "apply --yes"] {
        let run = bench.run(arguments);
        assert!(run.stderr.contains("error[unknown-property]") && run.stderr.contains("did you mean `VisibilityTimeout`?"), "{run}");
        assert!(run.code == 6 && run.stdout.contains("REFUSED"), "{run}");
    }
    assert_eq!(bench.run("apply --yes --no-preflight").code, 0);
    // The deployed template has the same error, so CloudFormation accepted it.
    let again = bench.run("plan");
    assert!(!again.stderr.contains("unknown-property"), "{again}");
}

#[test]
fn a_diff_reports_what_the_new_template_or_its_values_make_fail() {
    let bench = bench("name: a\n");
    bench.file(
        "t.json",
        r#"{"Parameters": {"TaskCpu": {"Type": "String", "Default": "256"}}, "Resources": {"T": {"Type": "AWS::ECS::TaskDefinition", "Properties": {
            "RequiresCompatibilities": ["FARGATE"], "NetworkMode": "awsvpc", "Cpu": {"Ref": "TaskCpu"}, "Memory": "512",
            "ContainerDefinitions": [{"Name": "a", "Image": "b"}]}}}}"#,
    );
    let run = bench.run("diff t.json t.json --before-parameter TaskCpu=256 -p TaskCpu=");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("error[fargate-cpu-memory]") && run.stderr.contains("set the parameter `TaskCpu`"), "{run}");
    assert!(run.stdout.contains("REFUSED"), "{run}");
    // What the old template has, too, was accepted.
    let run = bench.run("diff t.json t.json --before-parameter TaskCpu=7 -p TaskCpu=7");
    assert_eq!(run.stderr, "", "{run}");
}
