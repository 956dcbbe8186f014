//! What a stack has that no change set sets, and what holds it back: on the embedded backend, by the whole program.
#![allow(clippy::unwrap_used)]

use super::program::Bench;

const TEMPLATE: &str = r#"{"Parameters": {"Seconds": {"Type": "Number", "Default": "30"}},
  "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": {"Ref": "Seconds"}}}}}"#;

const DENY: &str = r#"{"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
  {"Effect": "Deny", "Action": "Update:Modify", "Principal": "*", "Resource": "LogicalResourceId/Queue"}]}"#;

fn bench() -> Bench {
    let bench = Bench::new();
    bench
        .file("queue.json", TEMPLATE)
        .file("policy.json", DENY)
        .file("rack.yaml", "name: jobs\ntemplate: queue.json\nstack_policy: policy.json\ntermination_protection: true\n");
    bench
}

#[test]
fn policy_and_protection_of_rack_yaml_are_given_and_hold() {
    let bench = bench();
    let run = bench.run("apply --yes");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("the stack policy is set") && run.stderr.contains("termination protection is on"), "{run}");
    let again = bench.run("apply --yes");
    assert!(again.code == 0 && !again.stderr.contains("policy"), "what is there is not set again\n{again}");
    let denied = bench.run("set Seconds=60 --yes");
    assert_eq!(denied.code, 1, "{denied}");
    assert!(
        denied.stderr.contains("Action denied by stack policy: Statement [#2] does not allow [Update:Modify] for resource [Queue]"),
        "{denied}"
    );
    assert_eq!(bench.run("delete --yes").code, 3);
    // A policy that allows it holds for the very update that brings it.
    bench.file("policy.json", DENY.replace("Deny", "Allow"));
    let run = bench.run("set Seconds=60 --yes");
    assert_eq!(run.code, 0, "{run}");
}

#[test]
fn a_policy_holds_for_what_only_shows_on_the_way() {
    let bench = Bench::new();
    let deny = DENY.replace("Update:Modify", "Update:Replace").replace("/Queue", "/Target");
    bench
        .file("network.json", crate::backend::NETWORK)
        .file("policy.json", deny)
        .file("rack.yaml", "name: demo\ntemplate: network.json\nstack_policy: policy.json\nparameters:\n  Cache: Yes\n");
    let run = bench.run("apply --yes");
    assert_eq!(run.code, 0, "{run}");
    // The mount target is replaced since its subnet is, which nothing shows before the new subnet is there.
    let denied = bench.run("set Zone=us-east-1b --yes");
    assert_eq!(denied.code, 1, "{denied}");
    let reason = "Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for resource [Target]";
    assert!(denied.stderr.contains("first failure: Target UPDATE_FAILED") && denied.stderr.contains(reason), "{denied}");
    assert_eq!(bench.run("status --format json").json()["status"], "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn what_only_aws_does_is_left_out_and_said() {
    let bench = bench();
    let run = bench.run("apply --yes --rollback-alarm arn:aws:cloudwatch:us-east-1:111122223333:alarm:a --notification-topic arn:aws:sns:us-east-1:111122223333:t");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("the local backend takes no notice of notification topics, rollback alarms"), "{run}");
    bench.file("policy.json", "{}");
    let run = bench.run("apply --yes");
    assert!(run.code == 65 && run.stderr.contains("a stack policy is an object with `Statement`"), "{run}");
}

#[test]
fn yaml_aliases_are_written_out_before_a_template_goes_anywhere() {
    let bench = Bench::new();
    bench
        .file("rack.yaml", "name: jobs\ntemplate: queue.yaml\n")
        .file("queue.yaml", "Resources:\n  A: &a {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 5}}\n  B: *a\n");
    let run = bench.run("apply --yes -v");
    assert!(run.code == 0 && run.stderr.contains("goes there as JSON"), "{run}");
    let saved = bench.run("plan -o change.plan");
    assert_eq!(saved.code, 0, "{saved}");
    let plan: serde_json::Value = serde_json::from_str(&bench.read("change.plan")).unwrap();
    let template: serde_json::Value = serde_json::from_str(plan["content"]["template"].as_str().unwrap()).unwrap();
    assert_eq!(template["Resources"]["B"]["Properties"]["DelaySeconds"], 5);
}
