//! Hooks: which refused a change or a resource, what they found, and how to fix it.
#![allow(clippy::unwrap_used)]

use super::endpoint::Running;
use super::faults::check_all;
use super::play::{INVOCATION, Line, Play};
use super::proxy::{Fault, Proxy};
use super::server::{Server, refusal, success};
use super::stack::{Account, bench};
use crate::program::Run;

const APPLY: &str = "apply -p Seconds=90 --yes";

/// A hook that only warns, by its ID.
const WARNING: &str = "59ef501c-0ac4-47c0-a193-0000000000bb";

/// Returns the result of a hook, in the shape of the user guide's example.
/// Source: <https://docs.aws.amazon.com/cloudformation-cli/latest/hooks-userguide/hooks-view-invocations.html>
pub fn result(id: &str) -> (u16, String) {
    let mode = if id == WARNING { "WARN" } else { "FAIL" };
    success(
        "GetHookResult",
        &format!(
            "<HookResultId>{id}</HookResultId><InvocationPoint>PRE_PROVISION</InvocationPoint><FailureMode>{mode}</FailureMode>\
             <TypeName>Example::Queues::Guard</TypeName><Status>HOOK_COMPLETE_FAILED</Status>\
             <HookStatusReason>Hook completed with failed validations</HookStatusReason><InvokedAt>2026-01-02T03:04:05Z</InvokedAt>\
             <Target><TargetType>RESOURCE</TargetType><TargetTypeName>AWS::SQS::Queue</TargetTypeName><TargetId>Queue</TargetId>\
             <Action>UPDATE</Action></Target><Annotations><member><AnnotationName>EncryptedQueue</AnnotationName><Status>FAILED</Status>\
             <StatusMessage>the queue is not encrypted&#27;[2J</StatusMessage><RemediationMessage>set SqsManagedSseEnabled</RemediationMessage>\
             <RemediationLink>https://example.com/queues</RemediationLink><SeverityLevel>HIGH</SeverityLevel></member>\
             <member><AnnotationName>NamedQueue</AnnotationName><Status>PASSED</Status><StatusMessage>it is named</StatusMessage></member>\
             </Annotations>"
        ),
    )
}

/// Returns a page of the hooks of a change set.
pub fn listed(body: &str, pages: &[String]) -> (u16, String) {
    let token = body.split('&').find_map(|pair| pair.strip_prefix("NextToken="));
    let page: usize = token.map_or(0, |token| token.parse().unwrap());
    let next = if page + 1 < pages.len() { format!("<NextToken>{}</NextToken>", page + 1) } else { String::new() };
    success("ListHookResults", &format!("<TargetType>CHANGE_SET</TargetType><HookResults>{}</HookResults>{next}", pages[page]))
}

fn summary(id: &str, name: &str, status: &str, mode: &str) -> String {
    format!(
        "<member><HookResultId>{id}</HookResultId><InvocationPoint>PRE_PROVISION</InvocationPoint><FailureMode>{mode}</FailureMode>\
         <TypeName>{name}</TypeName><Status>{status}</Status><HookStatusReason>see the findings</HookStatusReason></member>"
    )
}

/// A change set that a hook refuses: one hook passed, and one failed, on two pages.
fn refused() -> Account {
    let failed = summary(INVOCATION, "Example::Queues::Guard", "HOOK_COMPLETE_FAILED", "FAIL");
    let passed = summary("59ef501c-0ac4-47c0-a193-0000000000cc", "Example::Tags::Guard", "HOOK_COMPLETE_SUCCEEDED", "FAIL");
    Account {
        status: "FAILED",
        reason: "The following hook(s) failed: [Example::Queues::Guard]",
        hooks: vec![passed, failed],
        ..Account::default()
    }
}

/// A change set about which a hook only warns.
fn warned() -> Account {
    Account { hooks: vec![summary(WARNING, "Example::Queues::Guard", "HOOK_COMPLETE_FAILED", "WARN")], ..Account::default() }
}

#[track_caller]
fn assert_explained(run: &Run, level: &str) {
    let lines: Vec<&str> = run.stderr.lines().skip_while(|line| !line.starts_with(level)).collect();
    let first = lines[..10.min(lines.len())].join("\n");
    for words in [
        "[hook]: hook Example::Queues::Guard about `Queue` (AWS::SQS::Queue): EncryptedQueue (HIGH): the queue is not encrypted\\u{1b}[2J",
        "queue.json:2:",
        "hint: set SqsManagedSseEnabled (see https://example.com/queues)",
    ] {
        assert!(first.contains(words), "{words}: {run}");
    }
    assert!(!run.stderr.contains("NamedQueue"), "what passed is no finding\n{run}");
}

#[test]
fn a_hook_that_refuses_a_change_set_is_named_with_its_findings_and_fixes() {
    let wire = refused().serve();
    let run = wire.run(&bench(""), APPLY);
    assert_eq!((run.code, wire.all("ExecuteChangeSet").len()), (1, 0), "{run}");
    assert_explained(&run, "error");
    let (lists, details) = (wire.all("ListHookResults"), wire.all("GetHookResult"));
    assert_eq!((lists.len(), details.len()), (2, 1), "the findings of what passed are not read: {:?}", wire.actions());
    assert_eq!(lists[0].field("TargetType").as_deref(), Some("CHANGE_SET"));
    assert!(lists[0].field("TargetId").unwrap().starts_with("arn:aws:cloudformation:"), "{}", lists[0].body);
    let planned = refused().serve().run(&bench(""), "plan -p Seconds=90 --confirm-with-aws");
    assert_eq!(planned.code, 1, "{planned}");
    assert_explained(&planned, "error");
}

#[test]
fn a_hook_that_only_warns_is_shown_and_the_update_continues() {
    let wire = warned().serve();
    let run = wire.run(&bench(""), &format!("{APPLY} -v"));
    assert_eq!((run.code, wire.all("ExecuteChangeSet").len()), (0, 1), "{run}");
    assert_explained(&run, "warning[hook]");
    assert!(run.stderr.contains("hook Example::Queues::Guard is HOOK_COMPLETE_FAILED"), "which hooks ran\n{run}");
}

#[test]
fn without_the_permission_the_reason_names_the_hook_and_a_note_the_permission() {
    for (code, is_noted) in [("AccessDenied", true), ("InvalidAction", false)] {
        let wire = Account { hooks_refusal: code, described_refusal: "InvalidAction", ..refused() }.serve();
        let run = wire.run(&bench(""), APPLY);
        assert!(run.code == 1 && run.stderr.contains("hook(s) failed: [Example::Queues::Guard]"), "{run}");
        // Without a sign of a hook, an update does not ask for the permission.
        let quiet = Account { hooks_refusal: code, ..Account::default() }.serve().run(&bench(""), APPLY);
        assert!(quiet.code == 0 && !quiet.stderr.contains("Hook"), "{quiet}");
        let wire = Account { hooks_refusal: code, described: vec![String::new()], ..refused() }.serve();
        let run = wire.run(&bench(""), APPLY);
        assert_eq!(run.stderr.contains("allow cloudformation:DescribeEvents and cloudformation:GetHookResult"), is_noted, "{run}");
    }
    // `HookResultNotFound` means that no hook ran.
    let none = Account { hooks_refusal: "HookResultNotFound", ..Account::default() }.serve().run(&bench(""), APPLY);
    assert!(none.code == 0 && !none.stderr.contains("Hook"), "{none}");
}

/// An update in which a hook refuses a resource.
fn failing() -> Play {
    let looks: Vec<Vec<Line>> = vec![vec![
        ("Queue", "UPDATE_IN_PROGRESS", ""),
        ("Queue", "UPDATE_IN_PROGRESS", "hook: queues are encrypted"),
        ("Queue", "UPDATE_FAILED", "The following hook(s) failed: [Example::Queues::Guard]"),
        ("jobs", "UPDATE_ROLLBACK_IN_PROGRESS", ""),
        ("Queue", "UPDATE_COMPLETE", ""),
        ("jobs", "UPDATE_ROLLBACK_COMPLETE", ""),
    ]];
    Play {
        before: vec![("jobs", "CREATE_COMPLETE", ""), ("jobs", "UPDATE_IN_PROGRESS", "User Initiated")],
        looks,
        under_way: true,
        template: super::follow::TEMPLATE,
        ..Play::default()
    }
}

fn served() -> Server {
    failing().serve_with(|action, _| (action == "GetHookResult").then(|| result(INVOCATION)))
}

#[track_caller]
fn assert_refusal(run: &Run) {
    let (_, shown) =
        run.stderr.split_once("first failure: Queue UPDATE_FAILED: The following hook(s) failed: [Example::Queues::Guard]").unwrap();
    let lines: Vec<&str> = shown.lines().take(4).map(str::trim).collect();
    assert!(lines[0].ends_with("hook Example::Queues::Guard: queues are encrypted"), "{run}");
    assert_eq!(lines[1], "finding: EncryptedQueue (HIGH): the queue is not encrypted\\u{1b}[2J", "{run}");
    assert_eq!(lines[2], "fix: set SqsManagedSseEnabled (see https://example.com/queues)", "{run}");
}

#[test]
fn a_hook_that_refuses_a_resource_is_the_root_cause_with_its_findings_and_fixes() {
    let server = served();
    let run = server.run(&super::follow::bench(), "apply --yes");
    assert_eq!(run.code, 1, "{run}");
    assert_refusal(&run);
    assert!(server.bodies("GetHookResult")[0].contains(&format!("HookResultId={INVOCATION}")), "{:?}", server.requests());

    let listed = served().run(&super::follow::bench(), "events --failed");
    assert!(
        listed.stdout.contains("finding: EncryptedQueue (HIGH)") && listed.stdout.contains("fix: set SqsManagedSseEnabled"),
        "{listed}"
    );
    let json = served().run(&super::follow::bench(), "events --failed --format json");
    let results = json.stdout.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let found: Vec<serde_json::Value> = results.filter(|line| line.get("hook_result").is_some()).collect();
    assert_eq!(found.len(), 1, "{json}");
    assert_eq!(found[0]["hook_result"]["annotations"][0]["severity"], "HIGH", "{json}");
}

#[test]
fn without_the_findings_the_hook_is_still_the_root_cause() {
    for (code, is_noted) in [("AccessDenied", true), ("InvalidAction", false), ("HookResultNotFound", false)] {
        let server = failing().serve_with(move |action, _| (action == "GetHookResult").then(|| refusal(code, "User is not authorized")));
        let run = server.run(&super::follow::bench(), "apply --yes");
        assert!(run.code == 1 && run.stderr.contains("hook Example::Queues::Guard: queues are encrypted"), "{run}");
        assert_eq!(run.stderr.contains("cloudformation:GetHookResult"), is_noted, "{code}: {run}");
        assert!(!run.stderr.contains("finding:"), "{run}");
    }
}

#[test]
fn a_secret_in_a_finding_is_masked() {
    let secret = "planted-noecho-value";
    let wire = super::wire::Wire::new({
        let account = std::sync::Mutex::new(refused().serve());
        move |request| {
            let address = account.lock().unwrap().address.clone();
            let head = format!("POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", request.body.len());
            let mut stream = std::net::TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
            std::io::Write::write_all(&mut stream, format!("{head}{}", request.body).as_bytes()).unwrap();
            let mut answer = String::new();
            std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
            let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
            let body = answer.split_once("\r\n\r\n").unwrap().1.replace("is not encrypted", &format!("has {secret}"));
            (status, body.replace("set SqsManagedSseEnabled", &format!("remove {secret}")))
        }
    });
    for more in ["", " -vv", " --format json"] {
        let run = wire.run(&bench(""), &format!("{APPLY} --no-preflight -p Token={secret}{more}"));
        assert!(run.code == 1 && run.stderr.contains("the queue has ****"), "{run}");
        assert!(run.stderr.contains("remove ****") && !format!("{run}").contains(secret), "{run}");
    }
}

#[test]
fn a_fault_at_the_results_of_hooks_changes_nothing_in_the_report() {
    let calls = [("ListHookResults", 1), ("ListHookResults", 2), ("GetHookResult", 1)];
    let cases: Vec<(&str, usize, Fault)> =
        Fault::ALL.iter().flat_map(|fault| calls.map(|(action, count)| (action, count, *fault))).collect();
    check_all(&cases, |(action, count, fault)| {
        let run = |address: &str, mut command: std::process::Command| {
            command.env("AWS_ENDPOINT_URL", address).env("AWS_MAX_ATTEMPTS", "3").env("RACKFORM_CALL_TIMEOUT", "2.5");
            Running::start(&mut command).finish()
        };
        let (wire, folder) = (refused().serve(), bench(""));
        let proxy = Proxy::faulting(&wire.address, action, *count, *fault);
        let refused = run(&proxy.address, wire.command(&folder, APPLY));
        assert_eq!((refused.code, wire.all("ExecuteChangeSet").len()), (1, 0), "{action} {fault:?}: {refused}");
        assert_explained(&refused, "error");
        if *action == "ListHookResults" {
            return;
        }
        let (server, folder) = (served(), super::follow::bench());
        let proxy = Proxy::faulting(&server.address, action, *count, *fault);
        let failed = run(&proxy.address, server.command(&folder, "apply --yes"));
        assert_eq!(failed.code, 1, "{action} {fault:?}: {failed}");
        assert_refusal(&failed);
    });
}

#[test]
fn an_outage_of_the_results_of_hooks_is_reported_and_changes_nothing_else() {
    let lasting: Vec<(&str, Fault)> = Fault::ALL
        .into_iter()
        .filter(|fault| *fault != Fault::Slow)
        .flat_map(|fault| ["ListHookResults", "GetHookResult"].map(|action| (action, fault)))
        .collect();
    check_all(&lasting, |(broken, fault)| {
        let (wire, folder) = (Account { described: vec![String::new()], ..refused() }.serve(), bench(""));
        let (broken, fault) = (*broken, *fault);
        let proxy = Proxy::new(&wire.address, move |action, _| if action == broken { fault } else { Fault::None });
        let mut command = wire.command(&folder, APPLY);
        command.env("AWS_ENDPOINT_URL", &proxy.address).env("AWS_MAX_ATTEMPTS", "2").env("RACKFORM_CALL_TIMEOUT", "2.5");
        let run = Running::start(&mut command).finish();
        assert_eq!((run.code, wire.all("ExecuteChangeSet").len()), (1, 0), "{broken} {fault:?}: {run}");
        assert!(run.stderr.contains("Example::Queues::Guard") && run.stderr.contains(broken), "{broken} {fault:?}: {run}");
    });
}
