//! The events of operations: every error of a failed resource, on endpoints and with permissions that have them and that do not.
#![allow(clippy::unwrap_used)]

use super::endpoint::{Account, Running};
use super::faults::check_all;
use super::play::{Line, Play};
use super::proxy::{Fault, Proxy};
use super::server::{Server, refusal};
use super::stories;
use crate::program::{Bench, Run};

const OPERATION: &str = "5d0b4b2e-0000-4000-8000-00000000000a";

/// Returns an event of `DescribeEvents`, in the shape of the API reference.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_OperationEvent.html>
fn event(id: &str, logical_id: &str, kind: &str, fields: &str) -> String {
    format!(
        "<member><EventId>{id}</EventId><StackId>arn:aws:cloudformation:eu-west-1:111122223333:stack/jobs/1</StackId>\
         <OperationId>{OPERATION}</OperationId><OperationType>UPDATE_STACK</OperationType><EventType>{kind}</EventType>\
         <LogicalResourceId>{logical_id}</LogicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType>\
         <Timestamp>2026-01-02T03:04:0{}Z</Timestamp>{fields}</member>",
        id.len() % 10
    )
}

fn failed(id: &str, logical_id: &str, reason: &str) -> String {
    let fields = format!("<ResourceStatus>UPDATE_FAILED</ResourceStatus><ResourceStatusReason>{reason}</ResourceStatusReason>");
    event(id, logical_id, "PROVISIONING_ERROR", &fields)
}

/// Two pages: the same failure as in the stack's events, two more of the resource, one of another, and one twice because pages shifted.
fn pages() -> Vec<String> {
    let second = failed("f2", "Queue", "Bad request: DelaySeconds is over 900");
    vec![
        [failed("f1", "Queue", "Bad request: the visibility timeout is over 43200"), second.clone()].concat(),
        [second, failed("f3", "Queue", "Bad request: \u{202e}MaximumMessageSize&#27;[2J"), failed("f4", "Other", "no quota")].concat(),
    ]
}

/// A failed update, which is rolled back.
fn failing() -> Play {
    let looks: Vec<Vec<Line>> = vec![
        vec![
            ("Queue", "UPDATE_IN_PROGRESS", ""),
            ("Queue", "UPDATE_FAILED", "Bad request: the visibility timeout is over 43200"),
            ("jobs", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [Queue]."),
        ],
        vec![("Queue", "UPDATE_COMPLETE", ""), ("jobs", "UPDATE_ROLLBACK_COMPLETE", "")],
    ];
    Play {
        before: vec![("jobs", "CREATE_COMPLETE", ""), ("jobs", "UPDATE_IN_PROGRESS", "User Initiated")],
        looks,
        under_way: true,
        template: super::follow::TEMPLATE,
        operation: OPERATION,
        described: pages(),
        ..Play::default()
    }
}

fn described(server: &Server) -> usize {
    server.requests().iter().filter(|action| *action == "DescribeEvents").count()
}

#[track_caller]
fn assert_all_errors(run: &Run) {
    let (_, shown) =
        run.stderr.split_once("first failure: Queue UPDATE_FAILED: Bad request: the visibility timeout is over 43200").unwrap();
    assert!(shown.contains("also: Bad request: DelaySeconds is over 900"), "{run}");
    assert_eq!(run.stderr.matches("DelaySeconds").count(), 1, "each error is shown once\n{run}");
    assert!(!run.stderr.contains("no quota") && !run.stderr.contains(['\u{1b}', '\u{202e}']), "{run}");
    assert!(shown.contains("MaximumMessageSize\\u{1b}[2J"), "{run}");
}

#[test]
fn every_error_of_the_failed_resource_is_shown_with_the_root_cause() {
    let server = failing().serve();
    let run = server.run(&super::follow::bench(), "apply --yes");
    assert_eq!(run.code, 1, "{run}");
    assert_all_errors(&run);
    let bodies = server.bodies("DescribeEvents");
    assert_eq!(bodies.len(), 2, "two pages: {bodies:?}");
    let asked = bodies.iter().all(|body| body.contains(&format!("OperationId={OPERATION}")) && body.contains("Filters.FailedEvents=true"));
    assert!(asked && !bodies[0].contains("StackName"), "{bodies:?}");

    let json = failing().serve().run(&super::follow::bench(), "apply --yes --format json");
    let outcome: serde_json::Value = json.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).next_back().unwrap();
    let cause = &outcome["outcome"]["RootCause"];
    assert_eq!((&cause["operation_id"], cause["errors"].as_array().map(Vec::len)), (&OPERATION.into(), Some(2)), "{json}");
    assert_eq!(cause["errors"][0]["event_type"], "PROVISIONING_ERROR", "{json}");
}

#[test]
fn without_the_events_of_operations_the_stack_events_show_the_root_cause() {
    let cause = "first failure: Queue UPDATE_FAILED: Bad request: the visibility timeout is over 43200";
    for (code, notes) in [
        ("AccessDenied", &["not authorized", "allow cloudformation:DescribeEvents"][..]),
        ("AccessDeniedException", &["allow cloudformation:DescribeEvents"]),
        // An endpoint without the action has nothing more to show.
        ("InvalidAction", &[]),
        ("UnknownOperationException", &[]),
        ("ValidationError", &["tries again"]),
    ] {
        let server = failing()
            .serve_with(move |action, _| (action == "DescribeEvents").then(|| refusal(code, "User is not authorized to perform this")));
        let run = server.run(&super::follow::bench(), "apply --yes");
        assert_eq!(run.code, 1, "{code}: {run}");
        assert!(run.stderr.contains(cause) && !run.stderr.contains("also:"), "{code}: {run}");
        assert!(notes.iter().all(|note| run.stderr.contains(note)), "{code}: {run}");
        assert_eq!(run.stderr.contains("DescribeEvents"), !notes.is_empty(), "{code}: {run}");
    }
}

#[test]
fn an_endpoint_without_operation_ids_is_not_asked_for_the_events_of_operations() {
    let server = Play { operation: "", ..failing() }.serve();
    let run = server.run(&super::follow::bench(), "apply --yes");
    assert_eq!((run.code, described(&server)), (1, 0), "{run}");
    assert!(run.stderr.contains("first failure: Queue UPDATE_FAILED"), "{run}");
}

#[test]
fn the_events_of_one_operation_are_listed_by_its_id() {
    let bench = super::follow::bench();
    let server = failing().serve();
    let failures = server.run(&bench, &format!("events --operation {OPERATION} --failed"));
    assert_eq!((failures.code, failures.stdout.lines().count()), (0, 4), "{failures}");
    let json = server.run(&bench, &format!("events --operation {OPERATION} --format json"));
    let last: serde_json::Value = serde_json::from_str(json.stdout.lines().next_back().unwrap()).unwrap();
    assert_eq!((&last["operation_type"], &last["logical_id"]), (&"UPDATE_STACK".into(), &"Other".into()), "{json}");
    // Without DescribeEvents, they are those of the stack's events with this ID.
    let server =
        failing().serve_with(|action, _| (action == "DescribeEvents").then(|| refusal("AccessDenied", "User is not authorized to do so")));
    let listed = server.run(&bench, &format!("events --operation {OPERATION} --failed"));
    assert_eq!(listed.stdout.lines().count(), 1, "{listed}");
    assert!(listed.stdout.contains("UPDATE_FAILED") && listed.stderr.contains("allow cloudformation:DescribeEvents"), "{listed}");
    let none = server.run(&bench, "events --operation unknown");
    assert!(none.code == 0 && none.stderr.contains("no events of operation unknown"), "{none}");
}

#[test]
fn failures_are_listed_root_cause_first_with_every_error() {
    let run = failing().serve().run(&super::follow::bench(), "events --failed");
    let names: Vec<&str> = run.stdout.lines().filter_map(|line| line.split("  ").find(|part| part.contains("Bad request"))).collect();
    assert!(run.code == 0 && names.len() == 3 && names[0].contains("visibility timeout"), "{run}");
}

#[test]
fn a_failure_in_a_nested_stack_is_completed_by_the_operation_of_that_stack() {
    let reason = "Embedded stack arn:aws:cloudformation:eu-west-1:111122223333:stack/jobs-Nested-1X/2 was not successfully updated";
    let mut play = failing();
    play.looks = vec![vec![
        ("Nested", "UPDATE_FAILED", reason),
        ("jobs", "UPDATE_ROLLBACK_IN_PROGRESS", ""),
        ("jobs", "UPDATE_ROLLBACK_COMPLETE", ""),
    ]];
    play.nested = vec![(
        "jobs-Nested-1X",
        vec![
            ("jobs-Nested-1X", "UPDATE_IN_PROGRESS", ""),
            ("Queue", "UPDATE_FAILED", "Bad request: the visibility timeout is over 43200"),
            ("jobs-Nested-1X", "UPDATE_ROLLBACK_IN_PROGRESS", ""),
        ],
    )];
    let run = play.serve().run(&super::follow::bench(), "apply --yes");
    let (_, shown) = run.stderr.split_once("in the nested stack: Queue UPDATE_FAILED: Bad request: the visibility timeout").unwrap();
    assert!(run.code == 1 && shown.contains("also: Bad request: DelaySeconds is over 900"), "{run}");
}

fn run_at(server: &Server, proxy: &Proxy, bench: &Bench, attempts: &str) -> Run {
    let mut command = server.command(bench, "apply --yes");
    command.env("AWS_ENDPOINT_URL", &proxy.address).env("AWS_MAX_ATTEMPTS", attempts).env("RACKFORM_CALL_TIMEOUT", "2.5");
    Running::start(&mut command).finish()
}

#[test]
fn a_fault_at_the_events_of_an_operation_changes_nothing_in_the_report() {
    let cases: Vec<(usize, Fault)> = Fault::ALL.iter().flat_map(|fault| [(1, *fault), (2, *fault)]).collect();
    check_all(&cases, |(page, fault)| {
        let server = failing().serve();
        let proxy = Proxy::faulting(&server.address, "DescribeEvents", *page, *fault);
        let run = run_at(&server, &proxy, &super::follow::bench(), "3");
        assert_eq!(run.code, 1, "{fault:?}: {run}");
        assert_all_errors(&run);
        assert!(!run.stderr.contains("DescribeEvents"), "{fault:?}: {run}");
    });
}

#[test]
fn an_outage_of_the_events_of_an_operation_is_reported_and_the_root_cause_is_shown() {
    let lasting: Vec<Fault> = Fault::ALL.into_iter().filter(|fault| *fault != Fault::Slow).collect();
    check_all(&lasting, |fault| {
        let (server, fault) = (failing().serve(), *fault);
        let proxy = Proxy::new(&server.address, move |action, _| if action == "DescribeEvents" { fault } else { Fault::None });
        let run = run_at(&server, &proxy, &super::follow::bench(), "2");
        assert_eq!(run.code, 1, "{fault:?}: {run}");
        assert!(run.stderr.contains("first failure: Queue UPDATE_FAILED: Bad request: the visibility timeout"), "{fault:?}: {run}");
        assert!(run.stderr.contains("DescribeEvents") && run.stderr.contains("tries again"), "{fault:?}: {run}");
    });
}

#[test]
fn an_operation_is_followed_by_its_id_to_its_end() {
    let Some(account) = Account::new() else { return };
    let bench = stories::bench();
    account.ask("CreateStack", &[("StackName", "slower"), ("TemplateBody", stories::RACK)]);
    let events = account.ask("DescribeStackEvents", &[("StackName", "slower")]);
    let operation = super::endpoint::element(&events, "OperationId").unwrap().to_owned();
    let followed = account.run(&bench, &format!("events --operation {operation} --follow --format json --stack-name slower"));
    assert_eq!(followed.code, 0, "{followed}");
    assert!(followed.stderr.contains(&format!("operation {operation} is SUCCEEDED")), "{followed}");
    let lines: Vec<serde_json::Value> = followed.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = lines.last().unwrap();
    assert_eq!((&last["status"], &last["event_type"]), (&"CREATE_COMPLETE".into(), &"STACK_EVENT".into()), "{followed}");
    let ids: std::collections::HashSet<&str> = lines.iter().filter_map(|line| line["id"].as_str()).collect();
    assert_eq!(ids.len(), lines.len(), "each event once\n{followed}");
    assert!(lines.iter().all(|line| line["operation_id"] == operation.as_str()), "{followed}");
}
