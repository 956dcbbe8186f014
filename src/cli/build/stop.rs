//! `rackform build stop`: a build task that is to end.

use super::run::site;
use super::service;
use crate::build::task::task_id;
use crate::cli::{Context, ExitCode, Failure};
use crate::secret::Mask;

/// What ECS keeps as the reason.
pub const REASON: &str = "stopped by rackform";

/// Asks ECS to stop a build task of the rack
///
/// Its program gets SIGTERM, and SIGKILL 30 seconds later. A cache directory that was in use then is told apart by the next build.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build stop 0f9de17a6465404e8b1b2356dc13c2f8\n\nExit codes: 0 ECS was asked, 66 no such stack or task."
)]
pub struct Args {
    /// The task, by ID or ARN
    #[arg(value_name = "TASK")]
    task: String,
}

/// Runs the command.
///
/// # Errors
///
/// Returns that there is no such task, or that ECS cannot be asked.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let service = service::open(context)?;
    let site = site(context, &mut Mask::default())?;
    let Some(task) = service.describe_task(&site.cluster, &args.task)? else {
        let message = format!("ECS knows no task `{}` in the cluster `{}`", args.task, site.cluster);
        return Err(Failure::new(ExitCode::NoInput, message).hinted("it forgets a task an hour after it stopped"));
    };
    if task.is_stopped() {
        context.status(&format!("task {} has stopped already", task.id()));
        return Ok(ExitCode::Done);
    }
    service.stop_task(&site.cluster, &task.task_arn, REASON)?;
    context.status(&format!("asked ECS to stop {}; `rackform build run --attach {0}` shows how it ends", task_id(&task.task_arn)));
    Ok(ExitCode::Done)
}
