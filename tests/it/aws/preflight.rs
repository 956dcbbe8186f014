//! Preflight over the wire: the template bucket, names in IAM, and the permissions of the caller.

use super::super::program::Bench;
use super::wire::{RecordedRequest, Wire, refusal, success};

/// Responds like an account in which the new stack `jobs` can be created.
fn account(request: &RecordedRequest) -> (u16, String) {
    match request.action.as_str() {
        "GetCallerIdentity" => {
            success("GetCallerIdentity", "<Arn>arn:aws:iam::111122223333:user/dev</Arn><UserId>A</UserId><Account>111122223333</Account>")
        }
        "DescribeStacks" => refusal("ValidationError", "Stack with id jobs does not exist"),
        "GetRole" => refusal("NoSuchEntity", "The role with name jobs-build cannot be found."),
        action => refusal("InvalidAction", &format!("unexpected request: {action}")),
    }
}

fn bench(template: &str) -> Bench {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: jobs\nregion: eu-west-1\nbackend: aws\ntemplate: jobs.json\n").file("jobs.json", template);
    bench
}

/// A template over the inline limit.
fn large() -> Bench {
    let padding = "x".repeat(52_000);
    bench(&format!(r#"{{ "Metadata": {{ "Padding": "{padding}" }}, "Resources": {{ "Queue": {{ "Type": "AWS::SQS::Queue" }} }} }}"#))
}

#[test]
fn the_template_bucket_of_a_large_template_is_checked() {
    let none = Wire::new(|request| if request.method == "HEAD" { (404, String::new()) } else { account(request) });
    let run = none.run(&large(), "plan --preflight");
    assert_eq!(run.code, 3, "{run}");
    assert!(run.stderr.contains("error[template-bucket]: rackform-templates-111122223333-eu-west-1"), "{run}");
    assert!(run.stderr.contains("--create-template-bucket"), "{run}");
    let made = none.run(&large(), "plan --preflight --create-template-bucket");
    assert_eq!(made.code, 0, "the bucket is created on request\n{made}");
    let named = none.run(&large(), "plan --preflight --template-bucket mine --create-template-bucket");
    assert!(named.code == 3 && named.stderr.contains("error[template-bucket]: mine"), "{named}");
    let small = none.requests().len();
    let run = none.run(&bench(r#"{ "Resources": { "Queue": { "Type": "AWS::SQS::Queue" } } }"#), "plan --preflight --template-bucket mine");
    assert_eq!(run.code, 0, "{run}");
    assert!(!none.requests()[small..].iter().any(|request| request.method == "HEAD"), "a small template requires no bucket");

    let denied = Wire::new(|request| if request.method == "HEAD" { (403, String::new()) } else { account(request) });
    let run = denied.run(&large(), "plan --preflight --template-bucket mine");
    assert!(run.code == 3 && run.stderr.contains("belongs to another account, or the caller may not use it"), "{run}");
}

#[test]
fn permissions_contain_the_template_bucket() {
    let wire = Wire::new(account);
    let run = wire.run(&large(), "permissions --for request --template-bucket mine --format policy");
    assert!(run.stdout.contains("arn:aws:s3:::mine/*") && !run.stdout.contains("s3:CreateBucket"), "{run}");
    let run = wire.run(&large(), "permissions --for request --create-template-bucket --format policy");
    assert!(
        run.stdout.contains("arn:aws:s3:::rackform-templates-111122223333-eu-west-1") && run.stdout.contains("s3:CreateBucket"),
        "{run}"
    );
}

#[test]
fn an_existing_iam_name_fails_preflight() {
    let template = r#"{ "Resources": { "Role": { "Type": "AWS::IAM::Role",
        "Properties": { "RoleName": "jobs-build", "AssumeRolePolicyDocument": { "Statement": [] } } } } }"#;
    let free = Wire::new(account).run(&bench(template), "plan --preflight");
    assert_eq!(free.code, 0, "{free}");
    let taken = Wire::new(|request| match request.action.as_str() {
        "GetRole" => success(
            "GetRole",
            "<Role><Path>/</Path><RoleName>jobs-build</RoleName><RoleId>A</RoleId><Arn>arn:aws:iam::111122223333:role/jobs-build</Arn>\
             <CreateDate>2026-01-02T03:04:05Z</CreateDate></Role>",
        ),
        _ => account(request),
    });
    let run = taken.run(&bench(template), "plan --preflight");
    assert_eq!(run.code, 3, "{run}");
    assert!(run.stderr.contains("error[name-taken]: Role") && run.stderr.contains("arn:aws:iam::111122223333:role/jobs-build"), "{run}");
}

#[test]
fn a_composite_alarm_is_reported_with_its_type() {
    let wire = Wire::new(|request| super::deployed(&request.action, ""));
    let alarm = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:errors";
    let arguments = format!("apply --yes --no-preflight -p Seconds=90 --rollback-alarm {alarm} --rollback-alarm composite:{alarm}");
    wire.run(&super::bench(), &arguments);
    let sent = wire.all("CreateChangeSet");
    let field = |name: &str| sent[0].field(&format!("RollbackConfiguration.RollbackTriggers.member.{name}"));
    assert_eq!(
        (field("1.Type").as_deref(), field("2.Type").as_deref()),
        (Some("AWS::CloudWatch::Alarm"), Some("AWS::CloudWatch::CompositeAlarm"))
    );
    assert_eq!((field("1.Arn").as_deref(), field("2.Arn").as_deref()), (Some(alarm), Some(alarm)));
}
