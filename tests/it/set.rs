//! `rackform set`: dry runs, values that are saved in rack.yaml or restored from it, values that nothing uses.
#![allow(clippy::unwrap_used)]

use super::program::Bench;

const TEMPLATE: &str = r#"{
  "Parameters": {"Name": {"Type": "String", "Default": "a"}, "Key": {"Type": "String", "Default": "", "NoEcho": true}, "Unused": {"Type": "String", "Default": ""}},
  "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Name"}, "KmsMasterKeyId": {"Ref": "Key"}}}}
}"#;

/// A deployed stack, whose rack.yaml has these parameters.
fn deployed(parameters: &str) -> Bench {
    let bench = Bench::new();
    bench.file("t.json", TEMPLATE).file("rack.yaml", format!("name: a # mine\ntemplate: t.json\n{parameters}"));
    let run = bench.run("apply --yes");
    assert_eq!(run.code, 0, "{run}");
    bench
}

#[test]
fn a_dry_run_shows_the_plan_and_changes_nothing() {
    let bench = deployed("");
    let run = bench.run("set Name=b --dry-run");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("a -> b") && run.stderr.contains("dry run: nothing was changed"), "{run}");
    assert_eq!(bench.run("plan --exit-code").code, 0, "the stack still has the old value");
}

#[test]
fn set_warns_before_it_confirms_that_rack_yaml_restores_another_value() {
    let bench = deployed("parameters:\n  Name: b\n");
    let run = bench.run("set Name=c");
    assert_eq!(run.code, 4, "not confirmed\n{run}");
    assert!(run.stderr.contains("rack.yaml has another value for `Name`") && run.stderr.contains("`--save`"), "{run}");
}

#[test]
fn set_saves_the_values_in_rack_yaml() {
    let bench = deployed("parameters:\n  Name: b # the name\n");
    let run = bench.run("set Name=c --save --yes");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("saved Name in rack.yaml"), "{run}");
    assert_eq!(bench.read("rack.yaml"), "name: a # mine\ntemplate: t.json\nparameters:\n  Name: c # the name\n");
    assert_eq!(bench.run("plan --exit-code").code, 0);
    // A secret is not written into a file.
    let run = bench.run("set Key=s3cr3t-value Name=d --save --yes");
    assert_eq!(run.code, 0, "{run}");
    assert!(!bench.read("rack.yaml").contains("s3cr3t") && bench.read("rack.yaml").contains("Name: d"), "{run}");
    assert!(run.stderr.contains("not saved"), "{run}");
}

#[test]
fn a_value_that_is_not_stored_is_no_success() {
    let bench = deployed("");
    let run = bench.run("set Unused=x --yes");
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("would not be stored"), "{run}");
}

#[test]
fn parameters_of_a_sam_template_are_checked() {
    let bench = Bench::new();
    let template = TEMPLATE.replacen('{', r#"{"Transform": "AWS::Serverless-2016-10-31","#, 1);
    bench.file("t.json", template).file("rack.yaml", "name: a\ntemplate: t.json\n");
    for arguments in ["plan -p Typo=1", "diff t.json t.json -p Typo=1", "validate t.json -p Typo=1"] {
        let run = bench.run(arguments);
        assert_eq!(run.code, 65, "{run}");
        assert!(run.stderr.contains("unknown parameter `Typo`") || run.stdout.contains("unknown parameter `Typo`"), "{run}");
    }
    // A macro may declare parameters.
    bench.file("t.json", TEMPLATE.replacen('{', r#"{"Transform": "Mine","#, 1));
    let run = bench.run("diff t.json t.json -p Typo=1");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("unknown parameter `Typo`, unless `Mine` declares it"), "{run}");
}
