//! Preflight over the wire: the bucket, names in IAM, what the caller may do.

use super::super::program::Bench;
use super::wire::{Asked, Wire, refusal, success};

/// A stack `jobs` that is not there yet, and an account in which it is all well.
fn account(asked: &Asked) -> (u16, String) {
    match asked.action.as_str() {
        "GetCallerIdentity" => {
            success("GetCallerIdentity", "<Arn>arn:aws:iam::111122223333:user/dev</Arn><UserId>A</UserId><Account>111122223333</Account>")
        }
        "DescribeStacks" => refusal("ValidationError", "Stack with id jobs does not exist"),
        "GetRole" => refusal("NoSuchEntity", "The role with name jobs-build cannot be found."),
        action => refusal("InvalidAction", &format!("not to be asked: {action}")),
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
fn the_bucket_that_a_large_template_goes_through_is_looked_at() {
    let none = Wire::new(|asked| if asked.method == "HEAD" { (404, String::new()) } else { account(asked) });
    let run = none.run(&large(), "plan --preflight");
    assert_eq!(run.code, 3, "{run}");
    assert!(run.stderr.contains("error[template-bucket]: rackform-templates-111122223333-eu-west-1"), "{run}");
    assert!(run.stderr.contains("--create-template-bucket"), "{run}");
    let made = none.run(&large(), "plan --preflight --create-template-bucket");
    assert_eq!(made.code, 0, "what was asked for is made\n{made}");
    let named = none.run(&large(), "plan --preflight --template-bucket mine --create-template-bucket");
    assert!(named.code == 3 && named.stderr.contains("error[template-bucket]: mine"), "{named}");
    let small = none.asked().len();
    let run = none.run(&bench(r#"{ "Resources": { "Queue": { "Type": "AWS::SQS::Queue" } } }"#), "plan --preflight --template-bucket mine");
    assert_eq!(run.code, 0, "{run}");
    assert!(!none.asked()[small..].iter().any(|asked| asked.method == "HEAD"), "a small template needs none");

    let denied = Wire::new(|asked| if asked.method == "HEAD" { (403, String::new()) } else { account(asked) });
    let run = denied.run(&large(), "plan --preflight --template-bucket mine");
    assert!(run.code == 3 && run.stderr.contains("belongs to another account, or the caller may not use it"), "{run}");
}

#[test]
fn permissions_name_the_bucket_that_applying_takes() {
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
fn a_name_that_iam_has_given_away_is_in_the_way() {
    let template = r#"{ "Resources": { "Role": { "Type": "AWS::IAM::Role",
        "Properties": { "RoleName": "jobs-build", "AssumeRolePolicyDocument": { "Statement": [] } } } } }"#;
    let free = Wire::new(account).run(&bench(template), "plan --preflight");
    assert_eq!(free.code, 0, "{free}");
    let taken = Wire::new(|asked| match asked.action.as_str() {
        "GetRole" => success(
            "GetRole",
            "<Role><Path>/</Path><RoleName>jobs-build</RoleName><RoleId>A</RoleId><Arn>arn:aws:iam::111122223333:role/jobs-build</Arn>\
             <CreateDate>2026-01-02T03:04:05Z</CreateDate></Role>",
        ),
        _ => account(asked),
    });
    let run = taken.run(&bench(template), "plan --preflight");
    assert_eq!(run.code, 3, "{run}");
    assert!(run.stderr.contains("error[name-taken]: Role") && run.stderr.contains("arn:aws:iam::111122223333:role/jobs-build"), "{run}");
}

#[test]
fn a_composite_alarm_goes_as_what_it_is() {
    let wire = Wire::new(|asked| super::deployed(&asked.action, ""));
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
