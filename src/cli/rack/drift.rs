//! `rackform drift`: detects resources that were changed outside CloudFormation.

use serde::Serialize;

use crate::backend::ResourceDrift;
use crate::cli::shared::backend::{self, Access, BackendArgs};
use crate::cli::shared::notes::print_note;
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::cloudformation::StackDriftStatus;
use crate::operation::{self, DeployedStack};
use crate::ui;

/// Detect drift: show resources that were changed outside CloudFormation
///
/// CloudFormation compares every resource with the template, which takes seconds to minutes. The command is read-only. Resources whose
/// type does not support drift detection are listed as not checked.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform drift\n  rackform drift --exit-code --format json\n\nExit codes: 0 done, 2 drift with --exit-code, 66 no such stack, 75 busy."
)]
pub struct Args {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Exit with code 2 if a resource has drifted
    #[arg(long)]
    exit_code: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    stack: &'a str,
    status: StackDriftStatus,
    resources: &'a [ResourceDrift],
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if the stack does not exist or has an operation in progress, or if the backend fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let stack = context.stack_name(None)?;
    let backend = backend::open(context, Access::Read, &BackendArgs::default())?;
    let deployed = DeployedStack::load(backend.as_ref(), &stack, context.arena)?.ok_or_else(|| backend::stack_not_found(&stack))?;
    let drifts = operation::detect_all(backend.as_ref(), &deployed, &mut |note| print_note(context, note))?;
    let has_drifted = drifts.iter().any(ResourceDrift::is_drifted);
    let text = match args.format {
        Format::Human => ui::drift::human(&drifts, &stack, context.layout()),
        Format::Json => {
            let status = if has_drifted { StackDriftStatus::Drifted } else { StackDriftStatus::InSync };
            ui::json(&Answer { stack: &stack, status, resources: &drifts })?
        }
    };
    context.answer(&text)?;
    Ok(if args.exit_code && has_drifted { ExitCode::Differences } else { ExitCode::Done })
}
