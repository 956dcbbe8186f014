//! Values that `validate` calls an error refuse every change before anything happens: in `plan`, `set`, `apply` and `diff`.
#![allow(clippy::unwrap_used)]

use super::program::{Bench, Run};

fn rack(parameters: &str) -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", format!("name: a\nregion: us-east-1\nparameters:\n{parameters}"));
    bench
}

/// The values, the rule that they violate, and the text that names the problem.
const WRONG: &[(&str, &str, &str)] = &[
    ("  VPCCIDR: 10.1.0.0/16\n", "subnet-outside-network", "subnet `Subnet0` (10.0.1.0/24) is outside the CIDR block of VPC `Vpc`"),
    ("  Subnet1CIDR: 10.0.1.0/25\n", "overlapping-subnets", "subnets `Subnet0` (10.0.1.0/24) and `Subnet1` (10.0.1.0/25) overlap"),
];

#[test]
fn what_validate_calls_an_error_refuses_the_first_plan_and_apply() {
    for (parameters, rule, problem) in WRONG {
        let bench = rack(parameters);
        let is_reported = |run: &Run, code: i32| {
            assert_eq!(run.code, code, "{run}");
            let all = format!("{}{}", run.stdout, run.stderr);
            assert!(all.contains(&format!("error[{rule}]")) && all.contains(problem), "{run}");
            // The value that the user wrote, and not the rendered template.
            assert!(all.contains(" --> rack.yaml:4:") && !all.contains("rendered"), "{run}");
        };
        is_reported(&bench.run("validate rack"), 65);
        let plan = bench.run("plan -o a.plan");
        is_reported(&plan, 6);
        assert!(plan.stdout.contains("!!! REFUSED"), "{plan}");
        assert!(!bench.path().join("a.plan").exists(), "{plan}");
        is_reported(&bench.run("apply --yes"), 6);
        is_reported(&bench.run("apply --yes --quiet"), 6);
        assert!(!bench.path().join(".rackform").join("stacks.redb").exists() || bench.run("status").stdout.contains("does not exist"));
        let json = bench.run("plan --format json").json();
        assert_eq!(json["Refusals"][0]["Kind"], "template-error", "{json}");
    }
}

#[test]
fn a_deployed_rack_refuses_such_values_too() {
    let bench = rack("  LogRetention: 7\n");
    assert_eq!(bench.run("apply --yes -q").code, 0);
    for (parameters, rule, _) in WRONG {
        let value = parameters.trim().replace(": ", "=");
        for arguments in [format!("set {value} --yes"), format!("set {value} --dry-run"), format!("plan -p {value}")] {
            let run = bench.run(&arguments);
            assert_eq!(run.code, 6, "{arguments}: {run}");
            assert!(run.stderr.contains(&format!("error[{rule}]")), "{run}");
            assert!(run.stderr.contains(" --> command line:1:"), "{run}");
        }
        let run = bench.run(&format!("diff deployed rack -p {value} --exit-code"));
        assert_eq!(run.code, 6, "{run}");
        let run = bench.run(&format!("diff rack rack --before-parameter VPCCIDR=10.0.0.0/16 --before-parameter Subnet1CIDR=10.0.2.0/24 -p {value} --exit-code --format markdown"));
        assert_eq!(run.code, 6, "{run}");
        assert!(run.stdout.contains("template-error") || run.stdout.contains("efused"), "{run}");
    }
    assert_eq!(bench.run("plan --exit-code").code, 0, "nothing was changed");
}

#[test]
fn octets_and_prefix_lengths_are_checked_by_the_template() {
    let bench = rack("  LogRetention: 7\n");
    for (value, is_valid) in [
        ("VPCCIDR=255.255.0.0/16", false),
        ("VPCCIDR=10.0.0.0/16", true),
        ("VPCCIDR=999.0.0.0/16", false),
        ("VPCCIDR=10.256.0.0/16", false),
        ("VPCCIDR=10.0.0.0/15", false),
        ("VPCCIDR=10.0.0.0/29", false),
        ("VPCCIDR=010.0.0.0/16", false),
        ("NLBAllowCIDR=1.2.3.4/32,192.168.0.0/16", true),
        ("NLBAllowCIDR=1.2.3.4/33", false),
        ("NLBAllowCIDR=1.2.3.400/32", false),
        ("WhiteList=0.0.0.0/0,249.199.99.9/8", true),
        ("WhiteList=0.0.0.0/0,300.0.0.0/8", false),
    ] {
        let run = bench.run(&format!("params -p {value}"));
        // The first one is a block, but not one for the default subnets.
        let is_valid = is_valid || value.contains("255.255");
        assert_eq!(run.code, if is_valid { 0 } else { 65 }, "{value}: {run}");
        if !is_valid {
            assert!(run.stderr.contains("error[allowed-pattern]") && run.stderr.contains("CIDR block"), "{run}");
        }
    }
}

/// The values of a template that is not rackform's own, in every form that leads to a value.
#[test]
fn values_behind_functions_are_checked() {
    let bench = Bench::new();
    bench.file(
        "t.json",
        r#"{"Parameters": {"Net": {"Type": "String", "Default": "10.0"}, "Own": {"Type": "String", "Default": "yes"}, "Size": {"Type": "String", "Default": "10"}},
          "Conditions": {"Own": {"Fn::Equals": [{"Ref": "Own"}, "yes"]}},
          "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": {"Fn::Sub": "${Net}.0.0/16"}}},
            "A": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Fn::If": ["Own", {"Ref": "Vpc"}, "vpc-1"]}, "CidrBlock": "10.0.1.0/24"}},
            "B": {"Type": "AWS::EC2::Subnet", "Condition": "Own", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": {"Fn::Join": [".", ["10.0", {"Fn::Select": ["0", ["2"]]}, "0/24"]]}}},
            "Disk": {"Type": "AWS::EC2::Volume", "Properties": {"AvailabilityZone": "us-east-1a", "VolumeType": {"Fn::Sub": "gp${Size}"}, "Size": 1}}
          }}"#,
    );
    bench.file("rack.yaml", "name: a\nregion: us-east-1\ntemplate: t.json\nparameters: {Size: '3'}\n");
    assert_eq!(bench.run("validate rack").code, 0, "{}", bench.run("validate rack"));
    assert_eq!(bench.run("plan").code, 0, "{}", bench.run("plan"));
    for (value, rule, count) in
        [("Net=10.1", "subnet-outside-network", 2), ("Net=10.300", "invalid-cidr", 1), ("Size=9", "value-not-allowed", 1)]
    {
        let found = bench.run(&format!("validate rack -p {value}"));
        assert_eq!(found.stdout.matches(&format!("error[{rule}]")).count(), count, "{value}: {found}");
        let run = bench.run(&format!("plan -p {value}"));
        assert_eq!((run.code, run.stderr.matches(&format!("error[{rule}]")).count()), (6, count), "{value}: {run}");
    }
    // A subnet of another VPC is not compared with this one.
    assert_eq!(bench.run("plan -p Own=no -p Net=10.1").code, 0);
}

#[test]
fn an_error_of_the_deployed_stack_refuses_nothing() {
    let bench = Bench::new();
    let template = |properties: &str| format!(r#"{{"Resources": {{"Q": {{"Type": "AWS::SQS::Queue", "Properties": {{{properties}}}}}}}}}"#);
    bench.file("rack.yaml", "name: a\nregion: us-east-1\ntemplate: t.json\n").file("t.json", template(r#""Oddity": 1"#));
    let run = bench.run("apply --yes");
    assert_eq!(run.code, 6, "{run}");
    assert!(run.stderr.contains("to apply it anyway, use `--no-preflight`"), "{run}");
    let run = bench.run("apply --yes --no-preflight");
    assert_eq!(run.code, 0, "{run}");
    bench.file("t.json", template(r#""Oddity": 1, "QueueName": "b""#));
    let run = bench.run("plan");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run}");
}

#[test]
fn a_rule_of_the_template_is_reported_at_the_values_that_violate_it() {
    let bench = rack("  BuildMethod: fargate\n  FargateBuildCpu: 256\n  FargateBuildMemory: 4096\n");
    for arguments in ["plan", "validate rack", "apply --yes", "evaluate rack", "params"] {
        let run = bench.run(arguments);
        let text = format!("{}{}", run.stdout, run.stderr);
        assert!(run.code == 65 && text.contains("error[rule-failed]"), "{arguments}: {run}");
        assert!(text.contains(" --> rack.yaml:") && !text.contains("rendered"), "{arguments}: {run}");
        assert!(text.contains("FargateBuildMemory: 4096") || text.contains("FargateBuildCpu: 256"), "{arguments}: {run}");
    }
    bench.file("p.yaml", "FargateBuildCpu: 512\nFargateBuildMemory: 8192\n");
    let run = bench.run("plan --parameters p.yaml");
    assert!(run.code == 65 && run.stderr.contains(" --> p.yaml:"), "{run}");
    let run = bench.run("plan -p FargateBuildMemory=512 -p FargateBuildCpu=4096");
    assert!(run.code == 65 && run.stderr.contains(" --> command line:1:"), "{run}");
    // A constraint of one parameter, too.
    let run = bench.run("plan -p LogRetention=91");
    assert!(run.code == 65 && run.stderr.contains(" --> command line:1:14") && !run.stderr.contains("rendered"), "{run}");
}
