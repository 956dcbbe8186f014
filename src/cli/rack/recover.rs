//! `rackform recover`: gets a stack out of a state that it is stuck in.

use crate::apply::{self, Outcome};
use crate::backend::{Backend, RollbackOptions, StackDescription};
use crate::cli::rack::delete;
use crate::cli::shared::backend::{self, Access};
use crate::cli::shared::execute::ExecuteArgs;
use crate::cli::{Context, ExitCode, Failure};
use crate::cloudformation::StackStatus;
use crate::recover::{self, Recovery, Situation, Way, Wish};

/// Gets the stack out of a state that it is stuck in
///
/// Says why it is stuck (the first failure, and what keeps it there) and what the ways out do and lose, then does the first one, or
/// the one that is chosen, once that is confirmed. Data goes only when it is named, as with `delete`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform recover                                    why it is stuck, and what to do\n  rackform recover --yes                              the first way out\n  rackform recover --skip BuildCacheTarget0 --yes     go on with a failed rollback, without that resource\n  rackform recover --retain BuildCacheFilesystem --yes\n  rackform recover --choose cancel --yes              cancel the update that is under way\n\nExit codes: 0 done or not stuck, 1 failed, 3 denied, 4 not confirmed, 64 no such way out, 66 no such stack, 75 busy, 130 interrupted."
)]
pub struct Args {
    /// The way out [default: the first that is proposed]
    #[arg(long, value_name = "WAY", value_parser = ["wait", "cancel", "continue", "rollback", "delete"])]
    choose: Option<String>,
    /// Go on with a failed rollback and take this resource for rolled back as it is; only one that is stuck in UPDATE_FAILED
    #[arg(long, value_name = "LOGICAL_ID", conflicts_with = "retain")]
    skip: Vec<String>,
    /// Delete, and let this resource go, which stays in the account; only one that could not be deleted
    #[arg(long, value_name = "LOGICAL_ID")]
    retain: Vec<String>,
    /// Turn termination protection off before deleting
    #[arg(long)]
    disable_termination_protection: bool,
    /// Only say why it is stuck, and what the ways out are
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    execution: ExecuteArgs,
}

/// Runs the command.
///
/// # Errors
///
/// Returns that there is no stack, that what is wished for is no way out, what denies it, or what the backend refused.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let stack = context.stack_to_change()?;
    let access = if args.dry_run { Access::Look } else { Access::Change };
    let backend = backend::open(context, access, &args.execution.backend)?;
    let Some(mut description) = backend.describe_stack(&stack)? else { return Err(backend::no_stack(&stack)) };
    if args.dry_run {
        crate::cli::shared::stale_change_sets::report(context, backend.as_ref(), &stack);
    } else {
        crate::cli::shared::stale_change_sets::clear(context, backend.as_ref(), &stack);
        match backend.describe_stack(&stack)? {
            Some(now) => description = now,
            None => {
                context.status(&format!("stack `{stack}` was only there for that, and is gone too"));
                return Ok(ExitCode::Done);
            }
        }
    }
    let recovery = situation(backend.as_ref(), &description)?;
    let wish = Wish { way: args.choose.clone(), skip: args.skip.clone(), retain: args.retain.clone() };
    let way = recover::choose(&recovery, &wish).map_err(|problem| {
        let failure = Failure::new(ExitCode::Usage, problem.to_string());
        match problem.hint() {
            Some(hint) => failure.hinted(hint),
            None => failure,
        }
    })?;
    args.execution.show_recovery(context, &recovery)?;
    let Some(way) = way else { return Ok(ExitCode::Done) };
    if args.dry_run {
        return Ok(ExitCode::Done);
    }
    if !matches!(way, Way::Delete { .. }) && !args.execution.allow_data_loss.is_empty() {
        return Err(
            Failure::new(ExitCode::Usage, format!("`--allow-data-loss`: `{}` loses no data", way.name())).hinted("leave the flag out")
        );
    }
    let question = match &way {
        Way::Delete { retain } => return deletion(args, context, backend.as_ref(), description, retain),
        Way::Wait => format!("Follow {stack} to its end?"),
        Way::Cancel => format!("Cancel the update of {stack}?"),
        Way::Continue { skip } if skip.is_empty() => format!("Go on undoing the update of {stack}?"),
        Way::Continue { skip } => format!("Go on undoing the update of {stack}, and leave {} as it is?", skip.join(", ")),
        Way::Rollback => format!("Undo the update of {stack}?"),
    };
    if !args.execution.yes {
        context.confirm(&question, "nothing was changed")?;
    }
    let events = backend.recent_events(&description.id)?;
    begin(backend.as_ref(), &stack, &way, context.cloudformation_role_arn()?)?;
    let resources = backend.list_resources(&description.id)?.len();
    let outcome = args.execution.follow(context, backend.as_ref(), &stack, resources, |observer, interrupted| {
        match way {
            // What is under way already has its history.
            Way::Wait | Way::Cancel => apply::watch(backend.as_ref(), &description, events, observer, interrupted),
            _ => apply::follow(backend.as_ref(), &description.id, Some(description.revision.clone()), observer, interrupted),
        }
    })?;
    let exit_code = args.execution.report(context, &outcome, &stack)?;
    // What was to be undone is undone.
    let undone = matches!(&outcome, Outcome::RolledBack { .. }) && !matches!(way, Way::Wait);
    Ok(if undone { ExitCode::Done } else { exit_code })
}

/// Begins what is not a deletion.
fn begin(backend: &dyn Backend, stack: &str, way: &Way, role_arn: Option<String>) -> Result<(), Failure> {
    match way {
        Way::Cancel => backend.cancel_update(stack)?,
        Way::Continue { skip } => backend.continue_update_rollback(stack, &RollbackOptions { skip: skip.clone(), role_arn })?,
        Way::Rollback => backend.rollback_stack(stack, &RollbackOptions { role_arn, ..RollbackOptions::default() })?,
        Way::Wait | Way::Delete { .. } => {}
    }
    Ok(())
}

/// Returns why a stack is stuck, and the ways out.
///
/// # Errors
///
/// Returns that the backend cannot be asked.
fn situation(backend: &dyn Backend, stack: &StackDescription) -> Result<Recovery, Failure> {
    let events = backend.recent_events(&stack.id)?;
    let resources = if stack.status.is_review() { Vec::new() } else { backend.list_resources(&stack.id)? };
    let mut recovery = recover::propose(Situation { stack, events: &events, resources: &resources });
    if let Some(cause) = &mut recovery.root_cause {
        apply::find_nested_causes(backend, cause);
    }
    Ok(recovery)
}

fn deletion(
    args: &Args,
    context: &mut Context<'_>,
    backend: &dyn Backend,
    description: StackDescription,
    retain: &[String],
) -> Result<ExitCode, Failure> {
    let recreates = matches!(description.status, StackStatus::RollbackComplete | StackStatus::RollbackFailed | StackStatus::CreateFailed);
    let deletion = delete::Deletion { retain, disable_termination_protection: args.disable_termination_protection };
    let exit_code = deletion.execute(&args.execution, context, backend, description)?;
    if recreates && exit_code == ExitCode::Done {
        context.status("`rackform apply` creates it anew");
    }
    Ok(exit_code)
}
