//! `rackform build stop`: stops a build task.

use super::service;
use crate::build::task::task_id;
use crate::cli::{Context, ExitCode, Failure};
use crate::secret::Mask;

/// Stop a build task of the rack
///
/// ECS sends SIGTERM to the containers of the task, and SIGKILL 30 seconds later. If a cache directory was in use, the next build recovers
/// it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build stop 0f9de17a6465404e8b1b2356dc13c2f8\n\nExit codes: 0 ECS accepted the request, 66 no such stack or task."
)]
pub struct Args {
    /// The ID or ARN of the task
    #[arg(value_name = "TASK")]
    task: String,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if the task does not exist, or if a request to ECS fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let service = service::open(context)?;
    let environment = service::build_environment(context, &mut Mask::default())?;
    let Some(task) = service.describe_task(&environment.cluster, &args.task)? else {
        let message = format!("no task `{}` in the cluster `{}`", args.task, environment.cluster);
        return Err(Failure::new(ExitCode::NoInput, message).hinted("ECS lists a stopped task for about an hour"));
    };
    if task.is_stopped() {
        context.status(&format!("task {} is already stopped", task.id()));
        return Ok(ExitCode::Done);
    }
    service.stop_task(&environment.cluster, &task.task_arn, service::STOP_REASON)?;
    context.status(&format!("requested that ECS stop task {}; follow it with `rackform build run --attach {0}`", task_id(&task.task_arn)));
    Ok(ExitCode::Done)
}
