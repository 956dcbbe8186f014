//! Who runs build tasks, in plain types: ECS, with CloudWatch Logs and EFS beside it.

use serde::Serialize;

use super::run_task::RunTask;
use crate::aws::RequestError;

/// ECS, with what its build tasks write to and mount.
///
/// `cluster` is a cluster's name or ARN, `task` a task's ID or ARN.
pub trait BuildService {
    /// Starts a task. However often the answer is lost on the way, a request with a client token starts one.
    ///
    /// # Errors
    ///
    /// Returns that ECS cannot be asked or refuses the request; a task that finds no place is a [`Failure`] in the answer instead.
    fn run_task(&self, request: &RunTask) -> Result<Started, RequestError>;

    /// Returns a task as it is, or `None` where ECS knows none of that name (any more: it forgets stopped ones after an hour).
    ///
    /// # Errors
    ///
    /// Returns that ECS cannot be asked.
    fn describe_task(&self, cluster: &str, task: &str) -> Result<Option<Task>, RequestError>;

    /// Asks for a task to be stopped: its containers get SIGTERM, and SIGKILL 30 seconds later.
    ///
    /// # Errors
    ///
    /// Returns that ECS cannot be asked, or knows no such task.
    fn stop_task(&self, cluster: &str, task: &str, reason: &str) -> Result<(), RequestError>;

    /// Returns log events from a place on, oldest first, or `None` where the stream does not exist (yet).
    ///
    /// # Errors
    ///
    /// Returns that CloudWatch Logs cannot be asked.
    fn log_events(&self, stream: &LogStream, from: &LogPosition) -> Result<Option<LogPage>, RequestError>;

    /// Returns the mount targets of a file system.
    ///
    /// # Errors
    ///
    /// Returns that EFS cannot be asked.
    fn mount_targets(&self, file_system: &str) -> Result<Vec<MountTarget>, RequestError>;
}

/// What came of a request to start a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Started {
    /// The task.
    pub task: Option<Task>,
    /// Why there is none.
    pub failures: Vec<Failure>,
}

/// Why a task found no place.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Failure.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// The container instance or other resource that it is about.
    pub arn: Option<String>,
    /// The reason in ECS's words, such as `RESOURCE:MEMORY`.
    pub reason: String,
    /// More of it.
    pub detail: Option<String>,
}

/// A task as ECS tells of it.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// The ARN.
    pub task_arn: String,
    /// Where it is in its life: `PROVISIONING`, `PENDING`, `RUNNING`, ..., `STOPPED`.
    pub last_status: String,
    /// The availability zone, once it has a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    /// Why it stopped, in one of ECS's codes, such as `TaskFailedToStart`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_code: Option<String>,
    /// Why it stopped, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_reason: Option<String>,
    /// Its containers.
    pub containers: Vec<Container>,
}

impl Task {
    /// Tells whether it is over.
    pub fn is_stopped(&self) -> bool {
        self.last_status == "STOPPED"
    }

    /// Returns the ID in its ARN, which is what its log stream is called after.
    pub fn id(&self) -> &str {
        task_id(&self.task_arn)
    }
}

/// Returns the ID of a task that is given by its ARN or its ID.
pub fn task_id(task: &str) -> &str {
    task.rsplit('/').next().unwrap_or(task)
}

/// A container of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    /// The name in the task definition.
    pub name: String,
    /// What its program ended with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Why it stopped, where ECS has more to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A stream of CloudWatch Logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogStream {
    /// The region, where it is not the task's own.
    pub region: Option<String>,
    /// The group.
    pub group: String,
    /// The name.
    pub name: String,
}

/// A place in a stream: after a token, or from a time on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPosition {
    /// The token of the page before.
    pub token: Option<String>,
    /// Milliseconds since 1970 UTC; the beginning where there is neither.
    pub since: Option<i64>,
}

/// Some events of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPage {
    /// The events, oldest first.
    pub events: Vec<LogEvent>,
    /// Where to go on; the same as before at the end of the stream.
    pub next: Option<String>,
}

/// A line that a container wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogEvent {
    /// Milliseconds since 1970 UTC.
    pub timestamp: i64,
    /// The line.
    pub message: String,
}

/// A mount target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountTarget {
    /// The ID.
    pub id: String,
    /// The subnet.
    pub subnet: String,
    /// `creating`, `available`, ...
    pub state: String,
}
