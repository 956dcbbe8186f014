//! The service that runs build tasks, in plain types: ECS, with CloudWatch Logs and EFS.

use serde::Serialize;

use super::run_task::RunTask;
use crate::aws::RequestError;

/// ECS, with the logs and file systems of its build tasks.
///
/// `cluster` is a cluster's name or ARN, `task` a task's ID or ARN.
pub trait BuildService {
    /// Starts a task. Repeated requests with the same client token start one task.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails or ECS refuses it; a task that cannot be placed is a [`Failure`] in the response instead.
    fn run_task(&self, request: &RunTask) -> Result<Started, RequestError>;

    /// Returns a task, or `None` if ECS does not know it: it forgets stopped tasks after an hour.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails.
    fn describe_task(&self, cluster: &str, task: &str) -> Result<Option<Task>, RequestError>;

    /// Stops a task: its containers get SIGTERM, and SIGKILL 30 seconds later.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails or ECS does not know the task.
    fn stop_task(&self, cluster: &str, task: &str, reason: &str) -> Result<(), RequestError>;

    /// Returns log events from a position, oldest first, or `None` if the stream does not exist (yet).
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails.
    fn log_events(&self, stream: &LogStream, from: &LogPosition) -> Result<Option<LogPage>, RequestError>;

    /// Returns the mount targets of a file system.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails.
    fn mount_targets(&self, file_system: &str) -> Result<Vec<MountTarget>, RequestError>;
}

/// The response to a request to start a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Started {
    /// The task, if it was started.
    pub task: Option<Task>,
    /// Why it was not started.
    pub failures: Vec<Failure>,
}

/// Why a task could not be placed.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Failure.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// The container instance or other resource that refused the task.
    pub arn: Option<String>,
    /// The reason as ECS reports it, such as `RESOURCE:MEMORY`.
    pub reason: String,
    /// Details of the reason.
    pub detail: Option<String>,
}

/// A task as ECS describes it.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// The ARN.
    pub task_arn: String,
    /// The status: `PROVISIONING`, `PENDING`, `RUNNING`, ..., `STOPPED`.
    pub last_status: String,
    /// The availability zone, once the task is placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    /// Why it stopped: a code of ECS, such as `TaskFailedToStart`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_code: Option<String>,
    /// Why it stopped: ECS's message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_reason: Option<String>,
    /// Its containers.
    pub containers: Vec<Container>,
}

impl Task {
    /// Returns whether the task has stopped.
    pub fn is_stopped(&self) -> bool {
        self.last_status == "STOPPED"
    }

    /// Returns the ID in the ARN, which is part of the name of the log stream.
    pub fn id(&self) -> &str {
        task_id(&self.task_arn)
    }
}

/// Returns the ID of a task given by ARN or ID.
pub fn task_id(task: &str) -> &str {
    task.rsplit('/').next().unwrap_or(task)
}

/// A container of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    /// The name in the task definition.
    pub name: String,
    /// The exit code of its program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Why it stopped, if ECS gives a reason for the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A CloudWatch Logs stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogStream {
    /// The region, if it is not the task's own.
    pub region: Option<String>,
    /// The group.
    pub group: String,
    /// The name.
    pub name: String,
}

/// A position in a stream: after a page token, or at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPosition {
    /// The token of the previous page.
    pub token: Option<String>,
    /// Milliseconds since 1970 UTC; with neither, the position is the beginning.
    pub since: Option<i64>,
}

/// A page of log events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPage {
    /// The events, oldest first.
    pub events: Vec<LogEvent>,
    /// The token of the next page; the same as before at the end of the stream.
    pub next: Option<String>,
}

/// A line of a container's log.
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
