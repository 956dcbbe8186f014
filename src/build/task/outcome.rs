//! How a build task ended.

use serde::Serialize;

use super::explain::{Explanation, explain_stop};
use super::service::Task;

/// How a build task ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Whether the container's program exited by itself with 0.
    pub succeeded: bool,
    /// Its exit code; absent if it never ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The task.
    #[serde(flatten)]
    pub task: Task,
    /// The cause of a failure, if it is known.
    #[serde(flatten)]
    pub explanation: Option<Explanation>,
}

impl Outcome {
    /// Returns the outcome of a stopped task; `container` is the one that builds.
    pub fn of(task: Task, container: &str) -> Self {
        let built = task.containers.iter().find(|found| found.name == container).or(task.containers.first());
        let exit_code = built.and_then(|built| built.exit_code);
        // A program that exits with 0 after SIGTERM has not finished its build.
        let ended_by_itself = task.stop_code.as_deref().is_none_or(|code| code == "EssentialContainerExited");
        let succeeded = exit_code == Some(0) && ended_by_itself;
        let explanation = if succeeded { None } else { explain_stop(&task, built) };
        Self { succeeded, exit_code, explanation, task }
    }

    /// Returns the reasons of a failure as ECS reports them, the task's first.
    pub fn reasons(&self) -> Vec<String> {
        let of_task = match (&self.task.stopped_reason, &self.task.stop_code) {
            (Some(reason), Some(code)) => Some(format!("{reason} ({code})")),
            (reason, code) => reason.clone().or(code.clone()),
        };
        let of_containers = self.task.containers.iter().filter_map(|container| {
            let reason = container.reason.as_ref().filter(|reason| Some(*reason) != self.task.stopped_reason.as_ref())?;
            Some(format!("container `{}`: {reason}", container.name))
        });
        of_task.into_iter().chain(of_containers).collect()
    }
}
