//! Stack settings outside change sets, such as stack policy, termination protection and tags, on the local backend.
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
fn stack_policy_and_termination_protection_of_rack_yaml_are_set_and_enforced() {
    let bench = bench();
    let run = bench.run("apply --yes");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("the stack policy is set") && run.stderr.contains("termination protection is on"), "{run}");
    let again = bench.run("apply --yes");
    assert!(again.code == 0 && !again.stderr.contains("policy"), "unchanged settings are not set again\n{again}");
    let denied = bench.run("set Seconds=60 --yes");
    assert_eq!(denied.code, 1, "{denied}");
    assert!(
        denied.stderr.contains("Action denied by stack policy: Statement [#2] does not allow [Update:Modify] for resource [Queue]"),
        "{denied}"
    );
    assert_eq!(bench.run("delete --yes").code, 3);
    // A new policy applies to the update that sets it.
    bench.file("policy.json", DENY.replace("Deny", "Allow"));
    let run = bench.run("set Seconds=60 --yes");
    assert_eq!(run.code, 0, "{run}");
}

#[test]
fn a_stack_policy_denies_a_replacement_that_is_known_only_during_the_update() {
    let bench = Bench::new();
    let deny = DENY.replace("Update:Modify", "Update:Replace").replace("/Queue", "/Target");
    bench
        .file("network.json", crate::backend::NETWORK)
        .file("policy.json", deny)
        .file("rack.yaml", "name: demo\ntemplate: network.json\nstack_policy: policy.json\nparameters:\n  Cache: Yes\n");
    let run = bench.run("apply --yes");
    assert_eq!(run.code, 0, "{run}");
    // The mount target is replaced because its subnet is, which is known only once the new subnet exists.
    let denied = bench.run("set Zone=us-east-1b --yes");
    assert_eq!(denied.code, 1, "{denied}");
    let reason = "Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for resource [Target]";
    assert!(denied.stderr.contains("first failure: Target UPDATE_FAILED") && denied.stderr.contains(reason), "{denied}");
    assert_eq!(bench.run("status --format json").json()["status"], "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn settings_that_the_local_backend_does_not_support_are_reported() {
    let bench = bench();
    let run = bench.run("apply --yes --rollback-alarm arn:aws:cloudwatch:us-east-1:111122223333:alarm:a --notification-topic arn:aws:sns:us-east-1:111122223333:t");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("the local backend ignores notification topics, rollback alarms"), "{run}");
    bench.file("policy.json", "{}");
    let run = bench.run("apply --yes");
    assert!(run.code == 65 && run.stderr.contains("a stack policy must be an object with `Statement`"), "{run}");
}

#[test]
fn a_template_with_yaml_aliases_is_sent_as_json_without_them() {
    let bench = Bench::new();
    bench
        .file("rack.yaml", "name: jobs\ntemplate: queue.yaml\n")
        .file("queue.yaml", "Resources:\n  A: &a {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 5}}\n  B: *a\n");
    let run = bench.run("apply --yes -v");
    assert!(run.code == 0 && run.stderr.contains("it is sent as JSON"), "{run}");
    let saved = bench.run("plan -o change.plan");
    assert_eq!(saved.code, 0, "{saved}");
    let plan: serde_json::Value = serde_json::from_str(&bench.read("change.plan")).unwrap();
    let template: serde_json::Value = serde_json::from_str(plan["content"]["template"].as_str().unwrap()).unwrap();
    assert_eq!(template["Resources"]["B"]["Properties"]["DelaySeconds"], 5);
}

#[test]
fn changes_of_stack_settings_are_planned_counted_and_confirmed() {
    let bench = bench();
    assert_eq!(bench.run("apply --yes").code, 0);
    assert_eq!(bench.run("plan --exit-code").code, 0, "there are no changes left");
    bench.file("policy.json", DENY.replace("Deny", "Allow"));
    bench.file("rack.yaml", "name: jobs\ntemplate: queue.json\nstack_policy: policy.json\ntermination_protection: false\n");
    let planned = bench.run("plan --exit-code");
    assert_eq!(planned.code, 2, "{planned}");
    assert!(planned.stdout.contains("termination_protection  on -> off") && planned.stdout.contains("stack_policy"), "{planned}");
    assert!(planned.stdout.contains("2 settings of the stack itself"), "{planned}");
    let markdown = bench.run("plan --format markdown");
    assert!(
        markdown.stdout.contains("#### The stack itself (2)") && markdown.stdout.contains("! termination_protection  on -> off"),
        "{markdown}"
    );
    let json = bench.run("plan --format json").json();
    assert_eq!(json["Stack"][0], serde_json::json!({"Setting": "termination-protection", "Before": "on", "After": "off"}));
    assert_eq!(bench.run("diff deployed rack --exit-code").code, 2);

    let unconfirmed = bench.run("apply");
    assert_eq!(unconfirmed.code, 4, "{unconfirmed}");
    assert_eq!(bench.run("status --format json").json()["termination_protection"], true, "nothing is set without confirmation");
    // A saved plan also requires confirmation.
    assert_eq!(bench.run("plan -o change.plan").code, 0);
    assert_eq!(bench.run("apply change.plan").code, 4);
    let run = bench.run("apply change.plan --yes");
    assert!(run.code == 0 && run.stdout.contains("termination_protection  on -> off"), "{run}");
    assert!(run.stderr.contains("termination protection is off") && run.stderr.contains("the stack policy is set"), "{run}");
    assert_eq!(bench.run("plan --exit-code").code, 0, "the settings are applied");
}

#[test]
fn tag_changes_are_planned_with_the_retagged_resources() {
    let bench = Bench::new();
    let template = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"},
      "Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument":
        {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]}}}}}"#;
    let rack = |tags: &str| format!("name: jobs\ntemplate: jobs.json\ntags:\n{tags}");
    bench.file("jobs.json", template).file("rack.yaml", rack("  team: a\n  cost: \"7\"\n"));
    assert_eq!(bench.run("apply --yes").code, 0);
    assert_eq!(bench.run("plan --exit-code").code, 0);
    bench.file("rack.yaml", rack("  team: b\n  stage: test\n"));
    let json = bench.run("plan --format json").json();
    let tag = |key: &str, before: Option<&str>, after: Option<&str>| {
        let mut tag = serde_json::json!({"Setting": "tag", "Key": key});
        for (name, value) in [("Before", before), ("After", after)] {
            if let Some(value) = value {
                tag[name] = value.into();
            }
        }
        tag
    };
    assert_eq!(
        json["Stack"],
        serde_json::json!([tag("cost", Some("7"), None), tag("stage", None, Some("test")), tag("team", Some("a"), Some("b"))])
    );
    assert_eq!(json["Retagged"], serde_json::json!(["Queue"]), "a queue policy has no tags");
    for command in ["plan --exit-code", "diff deployed rack --exit-code"] {
        let planned = bench.run(command);
        assert!(planned.code == 2 && !planned.stdout.contains("No changes"), "{planned}");
        assert!(planned.stdout.contains("tag team   a -> b") && planned.stdout.contains("1 resource"), "{planned}");
    }
    let run = bench.run("apply --yes");
    assert!(run.code == 0 && !run.stdout.contains("No changes"), "{run}");
    assert_eq!(bench.run("plan --exit-code").code, 0);
}

#[test]
fn all_errors_in_a_stack_policy_are_reported_with_their_position_before_any_change() {
    let bench = bench();
    assert_eq!(bench.run("apply --yes").code, 0);
    bench.file(
        "policy.json",
        r#"{"Statement": [
  {"Effect": "Allw", "Action": ["Update:*", "Update:Modfy"], "Principal": {"AWS": "111122223333"}, "Resource": "Queue"},
  {"Effect": "Deny", "Principal": "*", "Resource": "*", "NotResource": "LogicalResourceId/Queue",
   "Condition": {"StringEqual": {"ResourceType": "AWS::SQS::Queue"}, "StringLike": {"ResourceTyp": ["AWS::SQS::*"]}}},
  {"Effect": "Deny", "Action": "Update:Delete", "Principle": "*", "Resource": "*"}]}"#,
    );
    for command in ["plan", "apply --yes", "set Seconds=60 --yes"] {
        let run = bench.run(command);
        assert_eq!(run.code, 65, "{run}");
        assert_eq!(run.stdout, "", "{run}");
        for expected in [
            "policy.json:2:14",
            "invalid Effect `Allw` in a stack policy",
            "did you mean `Allow`?",
            "policy.json:2:45",
            "did you mean `Update:Modify`?",
            "Principal in a stack policy must be a string, not an object",
            "invalid Resource `Queue` in a stack policy",
            "stack policy statement without Action or NotAction",
            "stack policy statement with both Resource and NotResource",
            "did you mean `StringEquals`?",
            "did you mean `ResourceType`?",
            "stack policy statement without Principal",
            "did you mean `Principal`?",
        ] {
            assert!(run.stderr.contains(expected), "{expected}\n{run}");
        }
    }
    assert_eq!(bench.run("status --format json").json()["status"], "CREATE_COMPLETE");
    bench.file("policy.json", "Statement: []\n");
    let run = bench.run("plan");
    assert!(run.code == 65 && run.stderr.contains("a stack policy must be JSON"), "{run}");
}

#[test]
fn the_stack_policies_in_the_aws_documentation_are_accepted() {
    // Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html>
    let bench = bench();
    for statement in [
        r#"{"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "LogicalResourceId/MyDatabase"}"#,
        r#"{"Effect": "Allow", "NotAction": "Update:Delete", "Principal": "*", "Resource": "LogicalResourceId/My*"}"#,
        r#"{"Effect": "Deny", "Action": ["Update:Modify", "Update:Replace"], "Principal": "*", "NotResource": ["LogicalResourceId/A"]}"#,
        r#"{"Effect": "Deny", "Action": ["Update:Delete"], "Principal": "*", "Resource": "*", "Condition": {"StringEquals": {"ResourceType": ["AWS::EC2::Instance", "AWS::RDS::DBInstance"]}}}"#,
        r#"{"Sid": "a", "Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "*", "Condition": {"StringLike": {"ResourceType": "AWS::EC2::*"}}}"#,
    ] {
        for policy in [format!("{{\"Statement\": [{statement}]}}"), format!("{{\"Statement\": {statement}}}")] {
            bench.file("policy.json", policy);
            let run = bench.run("plan");
            assert_eq!(run.code, 0, "{statement}\n{run}");
        }
    }
}
