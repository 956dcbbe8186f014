//! Tests of following a build task, with prepared responses of a fake service.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use rackform::aws::RequestError;
use rackform::build::task::{
    BuildService, Container, Ended, Fix, LogEvent, LogPage, LogPosition, LogStream, MountTarget, Mounts, MountsError, Outcome, RunTask,
    Started, Task, TaskObserver, await_mounts, follow,
};

/// A fake service that returns prepared responses in order, and the last one repeatedly.
struct FakeService {
    tasks: RefCell<VecDeque<Result<Option<Task>, RequestError>>>,
    pages: RefCell<VecDeque<Result<Option<LogPage>, RequestError>>>,
    targets: RefCell<VecDeque<Vec<MountTarget>>>,
    positions: RefCell<Vec<LogPosition>>,
}

impl FakeService {
    fn new(tasks: Vec<Result<Option<Task>, RequestError>>, pages: Vec<Result<Option<LogPage>, RequestError>>) -> Self {
        Self {
            tasks: RefCell::new(tasks.into()),
            pages: RefCell::new(pages.into()),
            targets: RefCell::default(),
            positions: RefCell::default(),
        }
    }
}

impl BuildService for FakeService {
    fn run_task(&self, _: &RunTask) -> Result<Started, RequestError> {
        Ok(Started::default())
    }

    fn describe_task(&self, _: &str, _: &str) -> Result<Option<Task>, RequestError> {
        let mut tasks = self.tasks.borrow_mut();
        if tasks.len() > 1 { tasks.pop_front().unwrap() } else { Ok(tasks.front().unwrap().as_ref().unwrap().clone()) }
    }

    fn stop_task(&self, _: &str, _: &str, _: &str) -> Result<(), RequestError> {
        Ok(())
    }

    fn log_events(&self, _: &LogStream, from: &LogPosition) -> Result<Option<LogPage>, RequestError> {
        self.positions.borrow_mut().push(from.clone());
        self.pages.borrow_mut().pop_front().unwrap_or_else(|| Ok(Some(LogPage { events: Vec::new(), next: from.token.clone() })))
    }

    fn mount_targets(&self, _: &str) -> Result<Vec<MountTarget>, RequestError> {
        let mut targets = self.targets.borrow_mut();
        Ok(if targets.len() > 1 { targets.pop_front().unwrap() } else { targets.front().cloned().unwrap_or_default() })
    }
}

#[derive(Default)]
struct RecordedEvents {
    statuses: Vec<String>,
    lines: Vec<String>,
    notices: Vec<String>,
}

impl TaskObserver for RecordedEvents {
    fn status(&mut self, task: &Task) {
        self.statuses.push(task.last_status.clone());
    }

    fn log(&mut self, event: &LogEvent) {
        self.lines.push(event.message.clone());
    }

    fn notice(&mut self, text: &str) {
        self.notices.push(text.to_owned());
    }
}

fn task(status: &str) -> Task {
    Task { task_arn: "arn:aws:ecs:eu-west-1:1:task/c/0f".to_owned(), last_status: status.to_owned(), ..Task::default() }
}

fn stopped(exit_code: Option<i32>, reason: &str) -> Task {
    let container = Container { name: "build".to_owned(), exit_code, reason: None };
    Task { stopped_reason: Some(reason.to_owned()), containers: vec![container], ..task("STOPPED") }
}

fn throttled(operation: &'static str) -> RequestError {
    RequestError::Request { operation, code: Some("ThrottlingException".to_owned()), message: "Rate exceeded".to_owned() }
}

fn page(lines: &[(i64, &str)], next: &str) -> Result<Option<LogPage>, RequestError> {
    let event = |(timestamp, message): &(i64, &str)| LogEvent { timestamp: *timestamp, message: (*message).to_owned() };
    Ok(Some(LogPage { events: lines.iter().map(event).collect(), next: Some(next.to_owned()) }))
}

fn stream() -> LogStream {
    LogStream { region: None, group: "g".to_owned(), name: "build/build/0f".to_owned() }
}

fn followed(service: &FakeService) -> (RecordedEvents, Ended) {
    let mut events = RecordedEvents::default();
    let ended = follow(service, "c", "0f", "build", Some(&stream()), &mut events, &AtomicBool::new(false)).unwrap();
    (events, ended)
}

fn outcome(ended: Ended) -> Outcome {
    match ended {
        Ended::Stopped(outcome) => *outcome,
        other => panic!("{other:?}"),
    }
}

#[test]
fn following_survives_throttling_and_reads_late_log_lines() {
    let service = FakeService::new(
        vec![
            Ok(None),
            Ok(Some(task("PENDING"))),
            Err(throttled("DescribeTasks")),
            Ok(Some(task("RUNNING"))),
            Ok(Some(stopped(Some(0), "Essential container in task exited"))),
        ],
        vec![
            Ok(None),
            page(&[(1, "one"), (2, "two")], "f/1"),
            Err(throttled("GetLogEvents")),
            page(&[(3, "three")], "f/2"),
            page(&[], "f/2"),
            page(&[(4, "late")], "f/3"),
        ],
    );
    let (events, ended) = followed(&service);
    assert_eq!(events.statuses, ["PENDING", "RUNNING", "STOPPED"]);
    assert_eq!(events.lines, ["one", "two", "three", "late"]);
    let outcome = outcome(ended);
    assert!(outcome.succeeded && outcome.exit_code == Some(0) && outcome.explanation.is_none(), "{outcome:?}");
    let tokens: Vec<Option<String>> = service.positions.borrow().iter().map(|position| position.token.clone()).collect();
    assert_eq!(tokens[..4], [None, None, Some("f/1".to_owned()), Some("f/1".to_owned())], "a page whose request failed is requested again");
}

#[test]
fn after_an_expired_token_no_line_is_lost_or_repeated() {
    let expired = RequestError::Request {
        operation: "GetLogEvents",
        code: Some("InvalidParameterException".to_owned()),
        message: "The specified nextToken is invalid.".to_owned(),
    };
    let service = FakeService::new(
        vec![Ok(Some(task("RUNNING"))), Ok(Some(stopped(Some(0), "done")))],
        vec![
            page(&[(1, "one"), (5, "same"), (5, "same")], "f/1"),
            page(&[], "f/1"),
            Err(expired),
            page(&[(5, "same"), (5, "same"), (5, "same"), (6, "new")], "f/9"),
        ],
    );
    let (events, _) = followed(&service);
    assert_eq!(events.lines, ["one", "same", "same", "same", "new"]);
    assert!(service.positions.borrow().iter().any(|position| position.token.is_none() && position.since == Some(5)));
}

#[test]
fn the_outcome_of_a_failed_build_has_its_exit_code_and_cause() {
    let service =
        FakeService::new(vec![Ok(Some(stopped(Some(137), "OutOfMemoryError: Container killed due to memory usage")))], Vec::new());
    let outcome = outcome(followed(&service).1);
    assert_eq!((outcome.succeeded, outcome.exit_code), (false, Some(137)));
    assert_eq!(outcome.explanation.unwrap().fix, Fix::IncreaseMemory);
    let plain = Outcome::of(stopped(Some(2), "Essential container in task exited"), "build");
    assert_eq!(plain.explanation.unwrap().cause, "the build itself failed");
    let never =
        Outcome::of(stopped(None, "ResourceInitializationError: failed to invoke EFS utils commands: Failed to resolve \"fs-1\""), "build");
    assert!(never.explanation.unwrap().cause.contains("DNS"));
}

#[test]
fn a_denied_log_request_does_not_end_following() {
    let denied = RequestError::Request {
        operation: "GetLogEvents",
        code: Some("AccessDeniedException".to_owned()),
        message: "not authorized to perform: logs:GetLogEvents".to_owned(),
    };
    let service = FakeService::new(vec![Ok(Some(task("RUNNING"))), Ok(Some(stopped(Some(3), "exited")))], vec![Err(denied)]);
    let (events, ended) = followed(&service);
    assert_eq!(outcome(ended).exit_code, Some(3));
    assert!(events.notices.len() == 1 && events.notices[0].contains("logs:GetLogEvents"), "{:?}", events.notices);
}

#[test]
fn a_task_that_ecs_no_longer_lists_has_an_unknown_outcome() {
    let service = FakeService::new(vec![Ok(Some(task("RUNNING"))), Ok(None)], Vec::new());
    assert!(matches!(followed(&service).1, Ended::Unknown));
}

fn target(id: &str, state: &str) -> MountTarget {
    MountTarget { id: id.to_owned(), subnet: "subnet-1".to_owned(), state: state.to_owned() }
}

fn await_targets(targets: Vec<Vec<MountTarget>>, timeout: u64, names: Duration) -> (Result<bool, MountsError>, RecordedEvents) {
    let service = FakeService::new(Vec::new(), Vec::new());
    *service.targets.borrow_mut() = targets.into();
    let mut events = RecordedEvents::default();
    let mounts = Mounts { timeout: Duration::from_secs(timeout), names };
    let done = await_mounts(&service, &["fs-1".to_owned()], mounts, &mut events, &AtomicBool::new(false));
    (done, events)
}

#[test]
fn a_build_waits_for_mount_targets_and_then_for_their_dns_names() {
    let (done, events) =
        await_targets(vec![vec![target("m1", "creating")], vec![target("m1", "available")]], 60, Duration::from_millis(50));
    assert!(!done.unwrap());
    assert!(events.notices[0].contains("m1 in subnet-1 creating") && events.notices[1].contains("names"), "{:?}", events.notices);
    let (done, events) = await_targets(vec![vec![target("m1", "available")]], 60, Duration::from_secs(3600));
    assert!(!done.unwrap() && events.notices.is_empty(), "no waiting for the DNS name of an existing mount target: {:?}", events.notices);
}

#[test]
fn missing_deleted_and_slow_mount_targets_are_errors() {
    assert!(matches!(await_targets(vec![Vec::new()], 1, Duration::ZERO).0, Err(MountsError::None { .. })));
    assert!(matches!(await_targets(vec![vec![target("m1", "deleting")]], 1, Duration::ZERO).0, Err(MountsError::Gone { .. })));
    let slow = await_targets(vec![vec![target("m1", "creating")]], 1, Duration::ZERO).0;
    assert!(matches!(slow, Err(MountsError::Slow { .. })), "{slow:?}");
}
