//! Following operations on CloudFormation: what is shown, which errors are tolerated, and which end it.

use std::time::{Duration, Instant};

use super::play::{Line, Play};
use super::server::refusal;
use crate::program::Bench;

/// A template with one queue.
pub const TEMPLATE: &str = r#"{ "Resources": { "Queue": { "Type": "AWS::SQS::Queue" } } }"#;

/// Returns a folder with this template.
pub fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("queue.json", TEMPLATE).file("rack.yaml", "name: jobs\nregion: eu-west-1\nbackend: aws\ntemplate: queue.json\n");
    bench
}

const CREATED: [Line; 2] = [("jobs", "CREATE_IN_PROGRESS", "User Initiated"), ("jobs", "CREATE_COMPLETE", "")];

/// Returns a play in which an existing stack is deleted.
fn deletion(looks: Vec<Vec<Line>>) -> Play {
    let resources = vec![("Queue", "AWS::SQS::Queue", "CREATE_COMPLETE")];
    Play { before: CREATED.to_vec(), looks, template: TEMPLATE, resources, ..Play::default() }
}

/// Returns a play in which an update is in progress.
fn update(looks: Vec<Vec<Line>>) -> Play {
    let mut play = Play { under_way: true, ..deletion(looks) };
    play.before.push(("jobs", "UPDATE_IN_PROGRESS", "User Initiated"));
    play
}

const GONE: [Line; 4] = [
    ("jobs", "DELETE_IN_PROGRESS", "User Initiated"),
    ("Queue", "DELETE_IN_PROGRESS", ""),
    ("Queue", "DELETE_COMPLETE", ""),
    ("jobs", "DELETE_COMPLETE", ""),
];

const DELETE: &str = "delete --yes --allow-data-loss Queue";

#[test]
fn a_deletion_is_followed_to_its_end() {
    // The first poll does not show the deletion yet: a stack without an operation in progress is not a finished deletion.
    let server = deletion(vec![vec![], GONE[..2].to_vec(), GONE[2..].to_vec()]).serve();
    let run = server.run(&bench(), DELETE);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("jobs is deleted"), "{run}");
    for (name, status, _) in GONE {
        let times = run.stderr.lines().filter(|line| line.contains(status) && line.contains(name)).count();
        assert_eq!(times, 1, "{name} {status}\n{run}");
    }
}

#[test]
fn throttling_and_service_errors_do_not_end_following() {
    let play = deletion(vec![GONE[..1].to_vec(), vec![], vec![], vec![], GONE[1..].to_vec()]);
    let server = play.serve_with(|action, look| match (action, look) {
        ("DescribeStackEvents", 2) => Some(refusal("Throttling", "Rate exceeded")),
        ("DescribeStackEvents", 3) => Some((503, "<html>Service Unavailable</html>".to_owned())),
        ("DescribeStackEvents", 4) => Some((500, String::new())),
        _ => None,
    });
    let run = server.run(&bench(), DELETE);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(server.requests().iter().filter(|action| *action == "DeleteStack").count(), 1, "{run}");
    assert_eq!(run.stderr.matches("  AWS::SQS::Queue").count(), 2, "each event is shown exactly once\n{run}");
}

#[test]
fn expired_credentials_end_following_and_show_how_to_resume() {
    let server = update(Vec::new()).serve_with(|action, look| {
        (action == "DescribeStackEvents" && look > 2)
            .then(|| refusal("ExpiredToken", "The security token included in the request is expired"))
    });
    let run = server.run(&bench(), "apply --yes");
    assert_eq!(run.code, 69, "{run}");
    for words in [
        "UPDATE_IN_PROGRESS",
        "continues",
        "token included in the request is expired",
        "renew the credentials",
        "`rackform apply`",
        "events --follow",
    ] {
        assert!(run.stderr.contains(words), "{words}\n{run}");
    }
}

#[test]
fn the_first_failure_is_shown_inside_its_nested_stack_and_cancellations_are_counted() {
    let mut play = update(vec![
        vec![("NestedNet", "CREATE_IN_PROGRESS", "")],
        vec![
            ("Other", "UPDATE_FAILED", "Resource update cancelled"),
            (
                "NestedNet",
                "CREATE_FAILED",
                "Embedded stack arn was not successfully created: The following resource(s) failed to create: [Zone].",
            ),
            ("Third", "CREATE_FAILED", "Resource creation cancelled"),
            ("jobs", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [NestedNet, Third]."),
            ("jobs", "UPDATE_ROLLBACK_COMPLETE", ""),
        ],
    ]);
    play.nested = vec![(
        "jobs-NestedNet",
        vec![
            ("jobs-NestedNet-1X", "CREATE_IN_PROGRESS", ""),
            ("Zone", "CREATE_FAILED", "zone eu-west-1d has no such service"),
            ("Twin", "CREATE_FAILED", "Resource creation cancelled"),
        ],
    )];
    let run = play.serve().run(&bench(), "apply --yes");
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("first failure: NestedNet CREATE_FAILED: Embedded stack"), "{run}");
    assert!(run.stderr.contains("in the nested stack: Zone CREATE_FAILED: zone eu-west-1d has no such service"), "{run}");
    assert!(run.stderr.contains("3 other resources failed or were cancelled after it"), "{run}");
}

#[test]
fn hundreds_of_events_in_one_poll_are_shown_once_and_in_order() {
    let names: Vec<&'static str> = (0..260).map(|number| &*format!("Queue{number:03}").leak()).collect();
    let mut last: Vec<Line> = names.iter().map(|name| (*name, "UPDATE_COMPLETE", "")).collect();
    last.push(("jobs", "UPDATE_COMPLETE", ""));
    let run = update(vec![vec![], last]).serve().run(&bench(), "events --follow --format json");
    assert_eq!(run.code, 0, "{run}");
    let ids: Vec<String> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["logical_id"].as_str().unwrap().to_owned())
        .filter(|name| name.starts_with("Queue"))
        .collect();
    assert_eq!(ids, names);
}

#[test]
fn a_second_run_attaches_to_the_operation_in_progress() {
    let mut play = update(vec![vec![], vec![("Queue", "UPDATE_COMPLETE", ""), ("jobs", "UPDATE_COMPLETE", "")]]);
    play.before.push(("Queue", "UPDATE_IN_PROGRESS", ""));
    play.resources = vec![("Queue", "AWS::SQS::Queue", "UPDATE_COMPLETE")];
    let server = play.serve();
    let run = server.run(&bench(), "events --follow");
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("UPDATE_COMPLETE"), "{run}");
    assert!(!server.requests().contains(&"ExecuteChangeSet".to_owned()));
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_following_at_once_and_the_operation_continues() {
    let (server, bench) = (update(Vec::new()).serve(), bench());
    let mut child =
        server.command(&bench, "apply --yes").stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while server.requests().iter().filter(|action| *action == "DescribeStackEvents").count() < 4 {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", server.requests());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let sent = Instant::now();
    let mut stderr = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut stderr).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{stderr}");
    assert!(sent.elapsed() < Duration::from_secs(3), "{stderr}");
    assert!(stderr.contains("the operation continues") && stderr.contains("`rackform apply` resumes it"), "{stderr}");
    assert!(!server.requests().contains(&"CancelUpdateStack".to_owned()), "one interruption does not cancel");
}
