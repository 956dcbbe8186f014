//! Stack refactoring on CloudFormation: which requests are sent, and what happens after failures and lost responses. The responses have the
//! documented shapes; they were not recorded.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::follow::{TEMPLATE, bench};
use super::play::{Line, Play, STACK_ID};
use super::server::{Server, refusal, success};

const CREATED: [Line; 2] = [("jobs", "CREATE_IN_PROGRESS", "User Initiated"), ("jobs", "CREATE_COMPLETE", "")];

/// The mapping `Queue` -> `Jobs` as an action, with the stack's ID in place of its name.
fn action(destination: &str) -> String {
    format!(
        "<member><Action>MOVE</Action><Entity>RESOURCE</Entity><PhysicalResourceId>id-Queue</PhysicalResourceId><Detection>MANUAL</Detection>\
         <ResourceMapping><Source><StackName>{STACK_ID}</StackName><LogicalResourceId>Queue</LogicalResourceId></Source>\
         <Destination><StackName>{STACK_ID}</StackName><LogicalResourceId>{destination}</LogicalResourceId></Destination></ResourceMapping></member>"
    )
}

/// A stack with a queue that can be refactored; `execute` answers the first request to execute it, and `created` is its status.
fn server(created: &'static str, destination: &'static str, execute: Option<(u16, String)>) -> Server {
    let polls = Arc::new(AtomicUsize::new(0));
    let executed = Arc::new(AtomicUsize::new(0));
    let play = Play {
        before: CREATED.to_vec(),
        template: TEMPLATE,
        resources: vec![("Queue", "AWS::SQS::Queue", "CREATE_COMPLETE")],
        ..Play::default()
    };
    play.serve_with(move |request, _| {
        let executions = executed.load(Ordering::SeqCst);
        Some(match request {
            "GetStackPolicy" => success(request, ""),
            "CreateStackRefactor" => success(request, "<StackRefactorId>refactor-1</StackRefactorId>"),
            "DescribeStackRefactor" => {
                let poll = polls.fetch_add(1, Ordering::SeqCst);
                let status = if poll == 0 { "CREATE_IN_PROGRESS" } else { created };
                let execution = ["AVAILABLE", "EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE"][executions.min(2)];
                if executions > 0 {
                    executed.store(2, Ordering::SeqCst);
                }
                success(
                    request,
                    &format!(
                        "<StackRefactorId>refactor-1</StackRefactorId><Status>{status}</Status>\
                         <StatusReason>Resource Queue cannot be refactored</StatusReason><ExecutionStatus>{execution}</ExecutionStatus>"
                    ),
                )
            }
            "ListStackRefactorActions" => {
                success(request, &format!("<StackRefactorActions>{}</StackRefactorActions>", action(destination)))
            }
            "ExecuteStackRefactor" => {
                executed.store(1, Ordering::SeqCst);
                execute.clone().unwrap_or_else(|| success(request, ""))
            }
            "ListStackResources" if executions > 0 => success(
                request,
                "<StackResourceSummaries><member><LogicalResourceId>Jobs</LogicalResourceId><PhysicalResourceId>id-Queue</PhysicalResourceId>\
                 <ResourceType>AWS::SQS::Queue</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus>\
                 <LastUpdatedTimestamp>2026-01-02T03:04:06Z</LastUpdatedTimestamp></member></StackResourceSummaries>",
            ),
            _ => return None,
        })
    })
}

#[test]
fn a_rename_is_created_compared_executed_and_verified() {
    let server = server("CREATE_COMPLETE", "Jobs", None);
    let run = server.run(&bench(), "refactor --rename Queue=Jobs --yes");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("keeps id-Queue") && run.stderr.contains("all 1 resources have the physical IDs"), "{run}");
    let body = &server.bodies("CreateStackRefactor")[0];
    for part in [
        "EnableStackCreation=false",
        "StackDefinitions.member.1.StackName=jobs",
        "StackDefinitions.member.1.TemplateBody=",
        "ResourceMappings.member.1.Source.StackName=jobs",
        "ResourceMappings.member.1.Source.LogicalResourceId=Queue",
        "ResourceMappings.member.1.Destination.LogicalResourceId=Jobs",
    ] {
        assert!(body.contains(part), "{part}: {body}");
    }
    assert_eq!(server.bodies("ExecuteStackRefactor").len(), 1);
    assert!(!server.requests().iter().any(|request| request.contains("ChangeSet")), "{:?}", server.requests());
}

#[test]
fn a_dry_run_creates_no_refactoring() {
    let server = server("CREATE_COMPLETE", "Jobs", None);
    let run = server.run(&bench(), "refactor --rename Queue=Jobs --dry-run");
    assert_eq!(run.code, 0, "{run}");
    assert!(!server.requests().iter().any(|request| request.contains("Refactor")), "{:?}", server.requests());
}

#[test]
fn a_refused_refactoring_shows_the_reason_and_is_not_executed() {
    let server = server("CREATE_FAILED", "Jobs", None);
    let run = server.run(&bench(), "refactor --rename Queue=Jobs --yes");
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("Resource Queue cannot be refactored") && run.stderr.contains("nothing was changed"), "{run}");
    assert!(server.bodies("ExecuteStackRefactor").is_empty());
}

#[test]
fn a_refactoring_that_would_do_more_than_the_plan_is_not_executed() {
    let server = server("CREATE_COMPLETE", "Other", None);
    let run = server.run(&bench(), "refactor --rename Queue=Jobs --yes");
    assert_eq!(run.code, 3, "{run}");
    assert!(run.stderr.contains("it would move `jobs.Queue` to `jobs.Other`"), "{run}");
    assert!(server.bodies("ExecuteStackRefactor").is_empty());
}

#[test]
fn an_execution_whose_response_is_an_error_is_recognised_by_its_status() {
    let lost = Some((500, "lost".to_owned()));
    let refused = Some(refusal("ValidationError", "refactor-1 is being executed"));
    for answer in [lost, refused] {
        let server = server("CREATE_COMPLETE", "Jobs", answer);
        let run = server.run(&bench(), "refactor --rename Queue=Jobs --yes");
        assert_eq!(run.code, 0, "{run}");
        assert_eq!(server.bodies("ExecuteStackRefactor").len(), 1);
    }
}
