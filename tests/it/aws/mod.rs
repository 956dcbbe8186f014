//! The AWS backend over the wire: in this file against a server with canned responses on loopback, in the submodules also against an
//! emulated endpoint.
#![allow(clippy::unwrap_used)]

mod apply;
#[cfg(feature = "build")]
mod builds;
mod confirm;
mod contract;
mod drift;
mod drift_aware;
mod dry_run;
#[cfg(feature = "build")]
mod ecr;
mod endpoint;
mod faults;
mod follow;
mod hooks;
mod http;
mod imports;
mod inspect;
mod killed;
mod known;
mod operations;
mod parameter_store;
mod permissions;
mod play;
mod preflight;
mod proxy;
mod reach;
mod real_rack;
mod recorded;
mod recover;
mod refactor;
mod secrets;
mod server;
mod stack;
mod stories;
mod templates;
mod terminal;
mod validations;
mod verify;
mod wire;

use self::server::{Server, refusal, success};
use crate::program::Bench;

const TEMPLATE: &str = r#"{ "Parameters": { "Seconds": { "Type": "Number", "Default": "30" }, "Token": { "Type": "String", "NoEcho": true } },
  "Resources": { "Queue": { "Type": "AWS::SQS::Queue", "Properties": { "VisibilityTimeout": { "Ref": "Seconds" } } } } }"#;

/// A stack `jobs` with one queue, deployed with `Seconds=45`.
fn deployed(action: &str, _: &str) -> (u16, String) {
    match action {
        "DescribeStacks" => success(
            action,
            "<Stacks><member><StackName>jobs</StackName><StackId>arn:aws:cloudformation:eu-west-1:111122223333:stack/jobs/1</StackId>\
             <StackStatus>UPDATE_COMPLETE</StackStatus><CreationTime>2026-01-02T03:04:05Z</CreationTime><Parameters>\
             <member><ParameterKey>Seconds</ParameterKey><ParameterValue>45</ParameterValue></member>\
             <member><ParameterKey>Token</ParameterKey><ParameterValue>****</ParameterValue></member></Parameters></member></Stacks>",
        ),
        "GetTemplate" => success(action, &format!("<TemplateBody>{}</TemplateBody>", TEMPLATE.replace('"', "&quot;"))),
        "DescribeStackEvents" => success(
            action,
            "<StackEvents><member><EventId>e2</EventId><StackName>jobs</StackName><StackId>1</StackId><LogicalResourceId>Queue</LogicalResourceId>\
             <ResourceType>AWS::SQS::Queue</ResourceType><Timestamp>2026-01-02T03:04:06Z</Timestamp><ResourceStatus>UPDATE_COMPLETE</ResourceStatus>\
             </member><member><EventId>e1</EventId><StackName>jobs</StackName><StackId>1</StackId><LogicalResourceId>jobs</LogicalResourceId>\
             <ResourceType>AWS::CloudFormation::Stack</ResourceType><Timestamp>2026-01-02T03:04:05Z</Timestamp>\
             <ResourceStatus>UPDATE_IN_PROGRESS</ResourceStatus></member></StackEvents>",
        ),
        "ListStackResources" => success(
            action,
            "<StackResourceSummaries><member><LogicalResourceId>Queue</LogicalResourceId><PhysicalResourceId>https://queue/1</PhysicalResourceId>\
             <ResourceType>AWS::SQS::Queue</ResourceType><ResourceStatus>UPDATE_COMPLETE</ResourceStatus>\
             <LastUpdatedTimestamp>2026-01-02T03:04:06Z</LastUpdatedTimestamp></member></StackResourceSummaries>",
        ),
        "ListExports" => success(action, "<Exports/>"),
        // A change set of an interrupted run is deleted before another one is created.
        "DeleteChangeSet" => success(action, ""),
        other => refusal("InvalidAction", &format!("unexpected request: {other}")),
    }
}

fn absent(action: &str, _: &str) -> (u16, String) {
    match action {
        "DescribeStacks" | "DescribeStackEvents" => refusal("ValidationError", "Stack with id jobs does not exist"),
        other => refusal("InvalidAction", &format!("unexpected request: {other}")),
    }
}

fn denied(_: &str, _: &str) -> (u16, String) {
    refusal("AccessDenied", "User is not authorized to perform: cloudformation:DescribeStacks")
}

fn bench() -> Bench {
    let bench = Bench::new();
    bench
        .file("queue.json", TEMPLATE.replace("\"30\"", "\"60\""))
        .file("rack.yaml", "name: jobs\nregion: eu-west-1\nbackend: aws\ntemplate: queue.json\n");
    bench
}

#[test]
fn diff_from_the_deployed_stack_keeps_its_values_and_only_reads() {
    let server = Server::new(deployed);
    let run = server.run(&bench(), "diff deployed rack -p Seconds=90 --format change-set");
    let change = &run.json()["Changes"][0]["ResourceChange"];
    assert_eq!(change["PhysicalResourceId"], "https://queue/1", "{run}");
    assert_eq!(
        (&change["Details"][0]["Target"]["BeforeValue"], &change["Details"][0]["Target"]["AfterValue"]),
        (&"45".into(), &"90".into())
    );
    let reads = ["DescribeStacks", "GetTemplate", "DescribeStackEvents", "ListStackResources", "ListExports"];
    assert!(server.requests().iter().all(|action| reads.contains(&action.as_str())), "{:?}", server.requests());
    let same = server.run(&bench(), "diff deployed rack");
    assert!(same.stdout.starts_with("No changes"), "a deployed value does not fall back to the template's new default\n{same}");
}

#[test]
fn events_are_shown_oldest_first_and_status_masks_secrets() {
    let server = Server::new(deployed);
    let events = server.run(&bench(), "events");
    let (first, second) = (events.stdout.find("UPDATE_IN_PROGRESS"), events.stdout.find("UPDATE_COMPLETE"));
    assert!(first.is_some() && first < second, "{events}");
    let status = server.run(&bench(), "status -vv");
    assert_eq!(status.code, 0, "{status}");
    assert!(!format!("{status}").contains("planted-secret"), "{status}");
}

#[test]
fn a_missing_stack_and_a_denied_request_are_distinguished() {
    let missing = Server::new(absent).run(&bench(), "status");
    assert_eq!(missing.code, 66, "{missing}");
    let refused = Server::new(denied).run(&bench(), "status");
    assert_eq!(refused.code, 69, "{refused}");
    assert!(refused.stderr.contains("not authorized to perform: cloudformation:DescribeStacks"), "{refused}");
}
