//! CloudFormation's checks before a deployment: each finding with its place in the template, in `apply` and `plan --confirm-with-aws`.
#![allow(clippy::unwrap_used)]

use super::endpoint::Running;
use super::faults::check_all;
use super::proxy::{Fault, Proxy};
use super::stack::{Account, bench};
use crate::program::Run;

const APPLY: &str = "apply -p Seconds=90 --yes";
const CONFIRM: &str = "plan -p Seconds=90 --confirm-with-aws";

/// The only reason that a change set has.
/// Source: <https://github.com/aws/aws-cdk-cli/issues/1000>
const REASON: &str = "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]. To troubleshoot Early Validation \
     errors, use the DescribeEvents API for detailed failure information.";

/// Returns the result of a check, in the shape of the user guide's example.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html>
fn finding(id: u32, mode: &str, name: &str, path: &str, reason: &str) -> String {
    format!(
        "<member><EventId>v{id}</EventId><StackId>arn:aws:cloudformation:eu-west-1:111122223333:stack/jobs/1</StackId>\
         <OperationId>5d0b4b2e-0000-4000-8000-00000000000c</OperationId><OperationType>CREATE_CHANGESET</OperationType>\
         <EventType>VALIDATION_ERROR</EventType><LogicalResourceId>Queue</LogicalResourceId><PhysicalResourceId></PhysicalResourceId>\
         <ResourceType>AWS::SQS::Queue</ResourceType><Timestamp>2026-01-02T03:04:0{id}Z</Timestamp>\
         <ValidationFailureMode>{mode}</ValidationFailureMode><ValidationName>{name}</ValidationName>\
         <ValidationStatus>FAILED</ValidationStatus><ValidationStatusReason>{reason}</ValidationStatusReason>\
         <ValidationPath>{path}</ValidationPath></member>"
    )
}

/// The event of the operation itself, which names no resource.
fn whole(status: &str) -> String {
    format!(
        "<member><EventId>v0</EventId><OperationId>5d0b4b2e-0000-4000-8000-00000000000c</OperationId>\
         <OperationType>CREATE_CHANGESET</OperationType><OperationStatus>{status}</OperationStatus><EventType>STACK_EVENT</EventType>\
         <Timestamp>2026-01-02T03:04:09Z</Timestamp></member>"
    )
}

const TIMEOUT: &str = "/Resources/Queue/Properties/VisibilityTimeout";

/// A change set that fails: two errors of one property's place, a name that is taken, and a warning, on two pages.
fn refused() -> Account {
    Account {
        status: "FAILED",
        reason: REASON,
        described: vec![
            [
                whole("FAILED"),
                finding(1, "WARN", "SERVICE_QUOTA_VALIDATION", "/Resources/Queue", "the quota of queues would be exceeded"),
                finding(2, "FAIL", "PROPERTY_VALIDATION", TIMEOUT, "#/VisibilityTimeout: 90000 is over 43200&#27;[2J"),
            ]
            .concat(),
            [
                finding(3, "FAIL", "PROPERTY_VALIDATION", "/Resources/Queue/Properties", "#: required key [Name] not found"),
                finding(4, "FAIL", "NAME_CONFLICT_VALIDATION", "/Resources/Queue", "Resource of type with this identifier already exists."),
            ]
            .concat(),
        ],
        ..Account::default()
    }
}

/// A change set that succeeds with a warning.
fn warned() -> Account {
    let found = finding(1, "WARN", "ECR_REPOSITORY_DELETE_READINESS", "/Resources/Queue", "the repository contains 3 images");
    Account { described: vec![[whole("SUCCEEDED"), found].concat()], ..Account::default() }
}

#[track_caller]
fn assert_explained(run: &Run) {
    let lines: Vec<&str> = run.stderr.lines().skip_while(|line| !line.starts_with("error")).collect();
    let first = lines[..10.min(lines.len())].join("\n");
    let root = "error[cloudformation-validation]: `Queue` (AWS::SQS::Queue): #/VisibilityTimeout: 90000 is over 43200\\u{1b}[2J";
    assert!(first.starts_with(root), "{run}");
    assert!(first.contains("queue.json:2:") && first.contains("PROPERTY_VALIDATION") && first.contains("hint: change the value"), "{run}");
    for words in ["required key [Name] not found", "add the property at this place", "choose another name, delete the existing resource"] {
        assert!(run.stderr.contains(words), "{words}: {run}");
    }
    let (error, warning) = (run.stderr.find("already exists"), run.stderr.find("warning[cloudformation-validation]"));
    assert!(error.is_some() && error < warning, "errors come first\n{run}");
    assert!(run.stderr.contains("request a higher quota"), "{run}");
}

#[test]
fn a_refused_change_set_is_explained_in_full_with_places_in_the_template() {
    let wire = refused().serve();
    let run = wire.run(&bench(""), APPLY);
    assert_eq!(run.code, 1, "{run}");
    assert_explained(&run);
    assert!(run.stderr.contains("error[change-set]: change set `rackform-") && run.stderr.contains("it changed nothing"), "{run}");
    assert!(wire.all("ExecuteChangeSet").is_empty(), "{:?}", wire.actions());
    let (asked, deleted) = (&wire.all("DescribeEvents"), wire.all("DeleteChangeSet"));
    assert_eq!((asked.len(), deleted.len()), (2, 2), "two pages, before the deletion: {:?}", wire.actions());
    // The name of a change set does not suffice, and a stack's name selects other events.
    assert!(asked[0].field("ChangeSetName").unwrap().starts_with("arn:aws:cloudformation:"), "{}", asked[0].body);
    assert_eq!((asked[0].field("StackName"), asked[0].field("Filters.FailedEvents").as_deref()), (None, Some("true")));
    let created = &wire.all("CreateChangeSet")[0];
    assert!(!created.body.contains("DisableValidation"), "{}", created.body);
}

#[test]
fn plan_explains_a_refused_change_set_too() {
    let wire = refused().serve();
    let run = wire.run(&bench(""), CONFIRM);
    assert_eq!(run.code, 1, "{run}");
    assert_explained(&run);
    assert!(run.stderr.contains("AWS refuses this change") && !wire.all("DeleteChangeSet").is_empty(), "{run}");
}

#[test]
fn checks_that_only_warn_are_shown_in_plan_and_apply() {
    let words = ["warning[cloudformation-validation]: `Queue` (AWS::SQS::Queue): the repository contains 3 images", "EmptyOnDelete: true"];
    let wire = warned().serve();
    let run = wire.run(&bench(""), APPLY);
    assert_eq!((run.code, wire.all("ExecuteChangeSet").len()), (0, 1), "{run}");
    assert!(words.iter().all(|word| run.stderr.contains(word)) && run.stderr.contains("queue.json:2:"), "{run}");
    assert_eq!(wire.all("DescribeEvents")[0].field("Filters.FailedEvents"), None, "whether the filter includes warnings is unknown");
    let json = warned().serve().run(&bench(""), &format!("{APPLY} --format json"));
    let events = json.stdout.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let found: Vec<serde_json::Value> = events.filter(|line| line["event"]["event_type"] == "VALIDATION_ERROR").collect();
    assert_eq!(found.len(), 1, "{json}");
    assert_eq!(found[0]["event"]["validation"]["mode"], "WARN", "{json}");

    let planned = warned().serve().run(&bench(""), CONFIRM);
    assert_eq!(planned.code, 0, "{planned}");
    assert!(words.iter().all(|word| planned.stderr.contains(word)), "{planned}");
    let json = warned().serve().run(&bench(""), &format!("{CONFIRM} --format json")).json();
    let schema = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/plan.schema.json")).unwrap();
    assert!(jsonschema::is_valid(&serde_json::from_str(&schema).unwrap(), &json), "{json}");
    assert!(json["Confirmation"]["Warnings"][0].as_str().unwrap().contains("3 images (queue.json:2:"), "{json}");
    let comment = warned().serve().run(&bench(""), &format!("{CONFIRM} --format markdown"));
    assert!(comment.stdout.contains("checks before the deployment warn:") && comment.stdout.contains("3 images"), "{comment}");
}

#[test]
fn a_refusal_without_its_details_says_why_they_are_unknown() {
    for (code, words) in [("AccessDenied", "allow cloudformation:DescribeEvents"), ("InvalidAction", "DescribeEvents failed")] {
        let wire = Account { described_refusal: code, ..refused() }.serve();
        let run = wire.run(&bench(""), APPLY);
        assert_eq!(run.code, 1, "{run}");
        assert!(run.stderr.contains(REASON.split('.').next().unwrap()) && run.stderr.contains(words), "{code}: {run}");
    }
}

#[test]
fn without_the_permission_an_update_continues_with_a_note() {
    for (code, is_noted) in [("AccessDenied", true), ("InvalidAction", false), ("ValidationError", true)] {
        let wire = Account { described_refusal: code, ..Account::default() }.serve();
        let run = wire.run(&bench(""), APPLY);
        assert_eq!((run.code, wire.all("ExecuteChangeSet").len()), (0, 1), "{code}: {run}");
        assert_eq!(run.stderr.contains("checks before the deployment"), is_noted, "{code}: {run}");
        let planned = wire.run(&bench(""), CONFIRM);
        assert_eq!(planned.stderr.contains("checks before the deployment"), is_noted, "{code}: {planned}");
    }
}

#[test]
fn a_secret_in_the_reason_of_a_check_is_masked() {
    let secret = "planted-noecho-value";
    let reasons = [REASON, &format!(" Token was {secret}.")].concat();
    let found = finding(1, "FAIL", "PROPERTY_VALIDATION", TIMEOUT, &format!("#/VisibilityTimeout: {secret} is no number"));
    let account = Account { status: "FAILED", reason: reasons.leak(), described: vec![found], ..Account::default() };
    for command in [APPLY, CONFIRM] {
        for more in ["", " -vv", " --format json"] {
            let run = account.clone().serve().run(&bench(""), &format!("{command} -p Token={secret}{more}"));
            assert_eq!(run.code, 1, "{run}");
            assert!(run.stderr.contains("is no number") && !format!("{run}").contains(secret), "{run}");
        }
    }
}

#[test]
fn a_place_in_the_rendered_rack_leads_to_the_model_that_produces_it() {
    let found = |id: u32, path: &str| finding(id, "FAIL", "PROPERTY_VALIDATION", path, "#: not accepted");
    let described =
        vec![[found(1, "/Resources/BuildCacheFilesystem/Properties/Encrypted"), found(2, "/Resources/Gone/Properties")].concat()];
    let account = Account { status: "FAILED", reason: REASON, described, is_new: true, has_bucket: true, ..Account::default() };
    let bench = bench("");
    bench.file(
        "rack.yaml",
        "name: jobs\nregion: eu-west-1\nbackend: aws\ntemplate_bucket: templates.example\nparameters: { BuildCache: Yes }\n",
    );
    let run = account.serve().run(&bench, "apply --yes --no-preflight");
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("--> rack.json (rendered):") && run.stderr.contains("\"Encrypted\""), "{run}");
    assert!(run.stderr.contains("the area `build cache` of the rack declares it"), "{run}");
    assert!(
        run.stderr.contains("[PROPERTY_VALIDATION at /Resources/Gone/Properties]"),
        "a place outside the template is shown as it is\n{run}"
    );
}

#[test]
fn a_fault_at_the_results_of_checks_loses_and_repeats_nothing() {
    let cases: Vec<(bool, usize, Fault)> =
        Fault::ALL.iter().flat_map(|fault| [(true, 1, *fault), (true, 2, *fault), (false, 1, *fault)]).collect();
    check_all(&cases, |(is_refused, page, fault)| {
        let wire = if *is_refused { refused() } else { warned() }.serve();
        let proxy = Proxy::faulting(&wire.address, "DescribeEvents", *page, *fault);
        let bench = bench("");
        let mut command = wire.command(&bench, APPLY);
        command.env("AWS_ENDPOINT_URL", &proxy.address).env("AWS_MAX_ATTEMPTS", "3").env("RACKFORM_CALL_TIMEOUT", "2.5");
        let run = Running::start(&mut command).finish();
        if *is_refused {
            assert_eq!((run.code, wire.all("ExecuteChangeSet").len()), (1, 0), "{fault:?}: {run}");
            assert_explained(&run);
        } else {
            assert_eq!((run.code, wire.all("ExecuteChangeSet").len()), (0, 1), "{fault:?}: {run}");
            assert_eq!(run.stderr.matches("the repository contains 3 images").count(), 1, "{fault:?}: {run}");
        }
    });
}

#[test]
fn an_outage_of_the_results_of_checks_is_reported_and_changes_nothing_else() {
    let lasting: Vec<(bool, Fault)> =
        Fault::ALL.into_iter().filter(|fault| *fault != Fault::Slow).flat_map(|fault| [(true, fault), (false, fault)]).collect();
    check_all(&lasting, |(is_refused, fault)| {
        let (wire, fault) = (if *is_refused { refused() } else { warned() }.serve(), *fault);
        let proxy = Proxy::new(&wire.address, move |action, _| if action == "DescribeEvents" { fault } else { Fault::None });
        let bench = bench("");
        let mut command = wire.command(&bench, APPLY);
        command.env("AWS_ENDPOINT_URL", &proxy.address).env("AWS_MAX_ATTEMPTS", "2").env("RACKFORM_CALL_TIMEOUT", "2.5");
        let run = Running::start(&mut command).finish();
        let (code, executed) = if *is_refused { (1, 0) } else { (0, 1) };
        assert_eq!((run.code, wire.all("ExecuteChangeSet").len()), (code, executed), "{fault:?}: {run}");
        assert!(run.stderr.contains("DescribeEvents") && run.stderr.contains("unknown"), "{fault:?}: {run}");
    });
}
