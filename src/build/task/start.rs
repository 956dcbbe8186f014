//! Starts a build task.

use super::explain::{Explanation, explain_failure, explain_refusal};
use super::run_task::RunTask;
use super::service::{BuildService, Failure, Task};
use crate::aws::RequestError;

/// Why no task was started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// ECS accepted the request but could not place the task.
    #[error("ECS could not place the build task in the cluster `{cluster}`")]
    NoPlace {
        /// The cluster.
        cluster: String,
        /// The reasons, each once, with the number of container instances and an explanation.
        failures: Vec<(Failure, usize, Explanation)>,
    },
    /// ECS refused the request.
    #[error("the build task was not started")]
    Refused {
        /// The explanation, if the cause is known.
        explanation: Option<Explanation>,
        /// ECS's response.
        source: RequestError,
    },
}

/// Starts a build task; repeated requests with the same client token start one task.
///
/// # Errors
///
/// Returns an error with known causes if no task was started.
pub fn start(service: &dyn BuildService, request: &RunTask) -> Result<Task, StartError> {
    let refused = |source: RequestError| StartError::Refused { explanation: explain_refusal(&source), source };
    let started = service.run_task(request).map_err(refused)?;
    if let Some(task) = started.task {
        return Ok(task);
    }
    let mut failures: Vec<(Failure, usize, Explanation)> = Vec::new();
    for failure in started.failures {
        match failures.iter_mut().find(|(known, ..)| known.reason == failure.reason) {
            Some((_, count, _)) => *count += 1,
            None => {
                let explanation = explain_failure(&failure, request.launch_type.is_some());
                failures.push((failure, 1, explanation));
            }
        }
    }
    Err(StartError::NoPlace { cluster: request.cluster.clone(), failures })
}
