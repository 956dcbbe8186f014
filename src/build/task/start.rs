//! Starts a build task.

use super::explain::{Explanation, explain_failure, explain_refusal};
use super::run_task::RunTask;
use super::service::{BuildService, Failure, Task};
use crate::aws::RequestError;

/// Why no task was started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// ECS took the request and found no place for the task.
    #[error("the build task found no place in the cluster `{cluster}`")]
    NoPlace {
        /// The cluster.
        cluster: String,
        /// Why, each reason once, with how many container instances gave it.
        failures: Vec<(Failure, usize, Explanation)>,
    },
    /// ECS refused the request.
    #[error("the build task was not started")]
    Refused {
        /// What is behind it, where that is known.
        explanation: Option<Explanation>,
        /// What ECS said.
        source: RequestError,
    },
}

/// Starts a build task; however often the answer is lost, a request with a client token starts one.
///
/// # Errors
///
/// Returns why there is no task, with causes that are known.
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
