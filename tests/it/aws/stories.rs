//! User journeys over the wire against the emulated endpoint.
#![allow(clippy::unwrap_used)]

use rackform::backend::Backend as _;

use super::endpoint::{Account, Running};
use crate::program::{Bench, Run};

/// A log group, a network and a parameter for a cache with data: a small template like that of the rack.
pub const RACK: &str = r#"{
  "Parameters": {
    "Cache": {"Type": "String", "Default": "No", "AllowedValues": ["Yes", "No"]},
    "Days": {"Type": "Number", "Default": "7"},
    "Group": {"Type": "String", "Default": ""},
    "Token": {"Type": "String", "Default": "", "NoEcho": true}
  },
  "Conditions": {"CacheOn": {"Fn::Equals": [{"Ref": "Cache"}, "Yes"]}, "Door": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Group"}, ""]}]}},
  "Resources": {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
    "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "us-east-1a"}},
    "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": {"Ref": "Days"}}},
    "Files": {"Type": "AWS::EFS::FileSystem", "Condition": "CacheOn", "Properties": {"Encrypted": true}},
    "Target": {"Type": "AWS::EFS::MountTarget", "Condition": "CacheOn", "Properties": {"FileSystemId": {"Ref": "Files"},
      "SubnetId": {"Ref": "Subnet"}, "SecurityGroups": [{"Fn::GetAtt": ["Vpc", "DefaultSecurityGroup"]}]}},
    "Rule": {"Type": "AWS::EC2::SecurityGroupIngress", "Condition": "Door", "DependsOn": "Logs", "Properties": {"GroupId": {"Ref": "Group"},
      "IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "CidrIp": "10.0.0.0/16"}}
  },
  "Outputs": {"Vpc": {"Value": {"Ref": "Vpc"}}}
}"#;

/// Returns a folder with this rack.
pub fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("stack.json", RACK).file("rack.yaml", "name: rack\nregion: us-east-1\nbackend: aws\ntemplate: stack.json\n");
    bench
}

#[test]
fn a_stack_is_created_toggled_unchanged_toggled_back_and_deleted() {
    let Some(account) = Account::new() else { return };
    let bench = bench();
    let made = account.run(&bench, "apply --yes");
    assert_eq!(made.code, 0, "{made}");
    assert_eq!(account.status("rack"), "CREATE_COMPLETE", "{made}");

    let on = account.run(&bench, "set Cache=Yes --yes");
    assert_eq!(on.code, 0, "{on}");
    assert!(on.stdout.contains("Files") && on.stdout.contains("Target") && !on.stdout.contains("Subnet "), "{on}");
    assert!(account.ask("ListStackResources", &[("StackName", "rack")]).contains("AWS::EFS::MountTarget"));

    let again = account.run(&bench, "set Cache=Yes --yes");
    assert_eq!(again.code, 0, "{again}");
    assert_eq!(account.started_count("rack", "UPDATE_IN_PROGRESS"), 1, "an unchanged apply starts no update\n{again}");
    assert!(again.stdout.contains("No changes"), "{again}");

    let refused = account.run(&bench, "set Cache=No --yes");
    assert_eq!(refused.code, 3, "data loss requires confirmation\n{refused}");
    assert!(refused.stderr.contains("--allow-data-loss Files"), "{refused}");
    assert_eq!(account.started_count("rack", "UPDATE_IN_PROGRESS"), 1, "{refused}");
    let off = account.run(&bench, "set Cache=No --yes --allow-data-loss Files");
    assert_eq!(off.code, 0, "{off}");
    assert!(!account.ask("ListStackResources", &[("StackName", "rack")]).contains("AWS::EFS::"), "{off}");

    let deleted = account.run(&bench, "delete --yes --allow-data-loss Logs");
    assert_eq!(deleted.code, 0, "{deleted}");
    assert_eq!(account.status("rack"), "gone");
}

#[test]
fn a_failed_update_is_rolled_back_and_shows_its_root_cause() {
    let Some(account) = Account::new() else { return };
    let bench = bench();
    assert_eq!(account.run(&bench, "apply --yes").code, 0);
    let failed = account.run(&bench, "set Group=sg-0123456789abcdef0 Days=30 --yes --no-preflight");
    assert_eq!(failed.code, 1, "{failed}");
    assert!(failed.stderr.contains("Rule") && failed.stderr.contains("'sg-0123456789abcdef0' does not exist"), "{failed}");
    assert_eq!(account.status("rack"), "UPDATE_ROLLBACK_COMPLETE");
    // The plan starts from the rolled-back state: the same change has the same plan.
    let next = account.run(&bench, "diff deployed rack --format change-set");
    assert_eq!(next.json()["Changes"], serde_json::json!([]), "{next}");
    let repaired = account.run(&bench, "set Days=30 --yes");
    assert_eq!((repaired.code, account.status("rack").as_str()), (0, "UPDATE_COMPLETE"), "{repaired}");
}

#[test]
fn a_failed_creation_shows_its_root_cause_and_can_be_deleted() {
    let Some(account) = Account::new() else { return };
    let bench = bench();
    let failed = account.run(&bench, "apply -p Group=sg-0123456789abcdef0 --yes --no-preflight");
    assert_eq!(failed.code, 1, "{failed}");
    assert!(failed.stderr.contains("Rule") && failed.stderr.contains("'sg-0123456789abcdef0' does not exist"), "{failed}");
    assert_eq!(account.status("rack"), "ROLLBACK_COMPLETE");
    let stuck = account.run(&bench, "apply --yes");
    assert!(stuck.code != 0 && stuck.stderr.contains("ROLLBACK_COMPLETE") && stuck.stderr.contains("rackform"), "{stuck}");
    assert_eq!(account.run(&bench, "delete --yes --allow-data-loss Logs").code, 0);
    let made = account.run(&bench, "apply --yes");
    assert_eq!((made.code, account.status("rack").as_str()), (0, "CREATE_COMPLETE"), "{made}");
}

#[test]
fn a_saved_plan_is_refused_after_the_stack_changed() {
    let Some(account) = Account::new() else { return };
    let bench = bench();
    assert_eq!(account.run(&bench, "apply --yes").code, 0);
    let planned = account.run(&bench, "plan -p Days=30 -o days.plan");
    assert_eq!(planned.code, 0, "{planned}");
    assert_eq!(account.run(&bench, "set Days=14 --yes").code, 0);
    let stale = account.run(&bench, "apply days.plan --yes");
    assert_eq!(stale.code, 75, "{stale}");
    assert!(stale.stderr.contains("changed after the plan was made") && stale.stderr.contains("UPDATE_COMPLETE"), "{stale}");
    assert_eq!(account.started_count("rack", "UPDATE_IN_PROGRESS"), 1);
    assert_eq!(account.open_change_sets("rack"), Vec::<String>::new());
    let fresh = account.run(&bench, "plan -p Days=30 -o days.plan");
    assert_eq!(fresh.code, 0, "{fresh}");
    assert_eq!(account.run(&bench, "apply days.plan --yes").code, 0);
    assert_eq!(account.started_count("rack", "UPDATE_IN_PROGRESS"), 2);
}

#[test]
fn read_only_commands_leave_nothing_behind() {
    let Some(account) = Account::new() else { return };
    let bench = bench();
    for look in ["plan", "diff deployed rack", "status", "evaluate", "validate"] {
        account.run(&bench, look);
    }
    assert_eq!(account.status("rack"), "gone");
    assert_eq!(account.run(&bench, "apply --yes").code, 0);
    for look in ["plan -p Days=30", "diff deployed rack -p Days=30", "status", "events", "params"] {
        let run = account.run(&bench, look);
        assert_eq!(run.code, 0, "{look}: {run}");
    }
    assert_eq!(account.open_change_sets("rack"), Vec::<String>::new());
    assert_eq!(account.started_count("rack", "UPDATE_IN_PROGRESS"), 0);
}

#[test]
fn termination_protection_and_protected_resources_prevent_deletion() {
    let Some(account) = Account::new() else { return };
    let bench = bench();
    assert_eq!(account.run(&bench, "apply --yes -p Cache=Yes").code, 0);
    account.ask("UpdateTerminationProtection", &[("StackName", "rack"), ("EnableTerminationProtection", "true")]);
    let refused = account.run(&bench, "delete --yes --allow-data-loss Files");
    assert_eq!(refused.code, 3, "{refused}");
    assert!(refused.stderr.contains("termination protection"), "{refused}");
    assert_eq!(account.status("rack"), "CREATE_COMPLETE");

    bench.file("rack.yaml", "name: rack\nregion: us-east-1\nbackend: aws\ntemplate: stack.json\nprotect: [Files]\n");
    let protected = account.run(&bench, "set Cache=No --yes --allow-data-loss Files");
    assert_eq!(protected.code, 3, "{protected}");
    assert!(protected.stderr.contains("Files") && protected.stderr.contains("protect"), "{protected}");
    assert_eq!(account.started_count("rack", "UPDATE_IN_PROGRESS"), 0);
}

#[test]
fn several_pages_of_events_are_shown_once_and_in_order() {
    let Some(account) = Account::new() else { return };
    let bench = bench();
    let queues: Vec<String> = (0..40)
        .map(|at| format!(r#""Queue{at}": {{"Type": "AWS::SQS::Queue", "Properties": {{"VisibilityTimeout": {{"Ref": "Seconds"}}}}}}"#))
        .collect();
    let template =
        format!(r#"{{"Parameters": {{"Seconds": {{"Type": "Number", "Default": "30"}}}}, "Resources": {{{}}}}}"#, queues.join(", "));
    bench.file("stack.json", template);
    let made = account.run(&bench, "apply --yes --format json");
    assert_eq!(made.code, 0, "{made}");
    let updated = account.run(&bench, "set Seconds=60 --yes --format json");
    assert_eq!(updated.code, 0, "{updated}");
    let there: Vec<(String, String)> = account.events("rack").into_iter().rev().collect();
    assert!(there.len() > 100, "{}", there.len());
    let event = |event: &serde_json::Value| {
        (event["logical_id"].as_str().unwrap_or_default().to_owned(), event["status"].as_str().unwrap_or_default().to_owned())
    };
    let lines = |run: &Run| -> Vec<serde_json::Value> { run.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect() };
    let listed: Vec<(String, String)> = lines(&account.run(&bench, "events --format json")).iter().map(event).collect();
    assert_eq!(listed, there);
    // The events shown by the runs are the same, each once.
    let followed: Vec<(String, String)> =
        [made, updated].iter().flat_map(lines).filter(|line| line.get("event").is_some()).map(|line| event(&line["event"])).collect();
    let begun = there.iter().filter(|(_, status)| status != "REVIEW_IN_PROGRESS").cloned().collect::<Vec<_>>();
    assert_eq!(followed, begun);
}

#[test]
fn the_next_run_resumes_the_operation_of_an_interrupted_one() {
    let Some(account) = Account::new() else { return };
    let bench = bench();
    account.ask("CreateStack", &[("StackName", "slower"), ("TemplateBody", RACK)]);
    assert_eq!(account.wait_until_idle("slower"), "CREATE_COMPLETE");
    // One resource is updated and three are created, which takes long enough for an interruption.
    let change = "set Days=30 Cache=Yes --yes --stack-name slower";
    let running = Running::start(&mut account.command(&bench, change));
    account.until("slower", "UPDATE_IN_PROGRESS");
    running.interrupt();
    let interrupted = running.finish();
    assert_eq!(interrupted.code, 130, "{interrupted}");
    let next = account.run(&bench, change);
    assert_eq!((next.code, account.wait_until_idle("slower").as_str()), (0, "UPDATE_COMPLETE"), "{next}");
    assert_eq!(account.started_count("slower", "UPDATE_IN_PROGRESS"), 1, "{next}");
}

#[test]
fn a_cancelled_update_is_rolled_back() {
    let Some(account) = Account::new() else { return };
    let backend = super::contract::backend_at(&account.address, &account.id);
    account.ask("CreateStack", &[("StackName", "slower"), ("TemplateBody", RACK)]);
    assert_eq!(account.wait_until_idle("slower"), "CREATE_COMPLETE");
    let before = backend.list_resources("slower").unwrap();
    let bench = bench();
    let running = Running::start(&mut account.command(&bench, "set Days=30 Cache=Yes --yes --stack-name slower"));
    account.until("slower", "UPDATE_IN_PROGRESS");
    backend.cancel_update("slower").unwrap();
    let run = running.finish();
    assert_eq!((run.code, account.wait_until_idle("slower").as_str()), (1, "UPDATE_ROLLBACK_COMPLETE"), "{run}");
    let ids = |resources: &[rackform::backend::StackResource]| -> Vec<(String, String)> {
        resources.iter().map(|resource| (resource.logical_id.clone(), resource.physical_id.clone())).collect()
    };
    assert_eq!(ids(&backend.list_resources("slower").unwrap()), ids(&before), "{run}");
}

#[test]
fn a_stuck_deletion_is_explained_and_recovered() {
    let Some(account) = Account::new() else { return };
    let (bench, bucket) = (Bench::new(), format!("stuck-{}", account.id));
    bench.file("rack.yaml", "name: rack\nregion: us-east-1\nbackend: aws\n");
    let template = format!(
        r#"{{"Resources": {{"StuckStore": {{"Type": "AWS::S3::Bucket", "Properties": {{"BucketName": "{bucket}"}}}},
            "Vpc": {{"Type": "AWS::EC2::VPC", "Properties": {{"CidrBlock": "10.0.0.0/16"}}}}}}}}"#
    );
    account.ask("CreateStack", &[("StackName", "rack"), ("TemplateBody", &template)]);
    assert_eq!(account.wait_until_idle("rack"), "CREATE_COMPLETE");
    let stuck = account.run(&bench, "delete --yes --allow-data-loss StuckStore");
    assert_eq!((stuck.code, account.wait_until_idle("rack").as_str()), (1, "DELETE_FAILED"), "{stuck}");
    assert!(stuck.stderr.contains("StuckStore") && stuck.stderr.contains("not empty"), "{stuck}");
    let explained = account.run(&bench, "recover --dry-run");
    assert!(
        explained.code == 0 && explained.stdout.contains("DELETE_FAILED") && explained.stdout.contains("--retain StuckStore"),
        "{explained}"
    );
    let recovered = account.run(&bench, "recover --retain StuckStore --yes");
    assert_eq!((recovered.code, account.wait_until_idle("rack").as_str()), (0, "gone"), "{recovered}");
    assert!(
        account.send("s3", &format!("GET /{bucket} HTTP/1.1\r\n"), "").contains("ListBucketResult"),
        "the retained bucket still exists"
    );
}

#[test]
fn tags_alone_are_planned_confirmed_and_applied() {
    let Some(account) = Account::new() else { return };
    let bench = bench();
    let rack = "name: rack\nregion: us-east-1\nbackend: aws\ntemplate: stack.json\n";
    assert_eq!(account.run(&bench, "apply --yes").code, 0);
    bench.file("rack.yaml", format!("{rack}tags:\n  team: a\n"));
    let planned = account.run(&bench, "plan --confirm-with-aws --exit-code");
    assert!(planned.code == 2 && planned.stdout.contains("tag team  (absent) -> a"), "{planned}");
    assert!(planned.stdout.contains("agrees with the prediction"), "{planned}");
    let applied = account.run(&bench, "apply --yes");
    assert_eq!(applied.code, 0, "{applied}");
    assert!(account.ask("DescribeStacks", &[("StackName", "rack")]).contains("<Key>team</Key>"), "{applied}");
    assert_eq!(account.run(&bench, "plan --exit-code").code, 0);
}

#[test]
fn a_change_of_topics_alone_is_applied_or_reported_as_unsupported() {
    let Some(account) = Account::new() else { return };
    let bench = bench();
    assert_eq!(account.run(&bench, "apply --yes").code, 0);
    let rack = "name: rack\nregion: us-east-1\nbackend: aws\ntemplate: stack.json\n";
    bench.file("rack.yaml", format!("{rack}notification_topics: [\"arn:aws:sns:us-east-1:111122223333:t\"]\n"));
    let planned = account.run(&bench, "plan --exit-code");
    assert!(planned.code == 2 && planned.stdout.contains("notification_topics  (absent) -> arn:aws:sns"), "{planned}");
    assert_eq!(account.run(&bench, "apply").code, 4);
    let applied = account.run(&bench, "apply --yes");
    assert_eq!(applied.code, 0, "{applied}");
    let is_set = account.ask("DescribeStacks", &[("StackName", "rack")]).contains("arn:aws:sns:us-east-1:111122223333:t");
    assert!(is_set || applied.stderr.contains("not applied: `notification_topics`"), "{applied}");
}
