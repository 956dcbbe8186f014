//! `rackform recover`: recovers a stack that is stuck after a failed or interrupted operation.

use crate::apply::{self, Outcome};
use crate::backend::{Backend, RollbackOptions, StackDescription};
use crate::cli::rack::delete;
use crate::cli::shared::backend::{self, Access};
use crate::cli::shared::execute::ExecuteArgs;
use crate::cli::shared::following;
use crate::cli::{Context, ExitCode, Failure};
use crate::cloudformation::StackStatus;
use crate::operation;
use crate::recover::{self, Recovery, RecoveryAction, RequestedRecovery, StackSnapshot};
use crate::ui;

/// Recover a stack that is stuck after a failed or interrupted operation
///
/// Show why the stack is stuck (the first failure, and what blocks it now) and what each recovery option does and deletes. Then run the
/// first option, or the chosen one, after confirmation. As with `delete`, data is deleted only if --allow-data-loss names it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform recover                                    show why it is stuck, and the recovery options\n  rackform recover --yes                              run the first recovery option\n  rackform recover --skip BuildCacheTarget0 --yes     continue a failed rollback without this resource\n  rackform recover --retain BuildCacheFilesystem --yes\n  rackform recover --choose force-delete --yes        delete the stack, and leave what cannot be deleted\n  rackform recover --choose cancel --yes              cancel the update in progress\n\nExit codes: 0 done or not stuck, 1 failed, 3 denied, 4 not confirmed, 64 no such recovery option, 66 no such stack, 75 busy, 130 interrupted."
)]
pub struct Args {
    /// Recovery option [default: the first that is proposed]
    #[arg(long, value_name = "OPTION", value_parser = ["wait", "cancel", "continue", "rollback", "delete", "force-delete"])]
    choose: Option<String>,
    /// Continue a failed rollback and skip this resource, which must be in UPDATE_FAILED; may be repeated
    #[arg(long, value_name = "LOGICAL_ID", conflicts_with = "retain")]
    skip: Vec<String>,
    /// Delete the stack but retain this resource, which an earlier deletion failed to delete; may be repeated
    #[arg(long, value_name = "LOGICAL_ID")]
    retain: Vec<String>,
    /// Disable termination protection before deleting
    #[arg(long)]
    disable_termination_protection: bool,
    /// Only show why the stack is stuck, and the recovery options
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    execution: ExecuteArgs,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if the stack does not exist, the requested recovery is not possible or denied, or the backend fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let stack = context.stack_to_change()?;
    let access = if args.dry_run { Access::Read } else { Access::Write };
    args.execution.open_json_file(context)?;
    let backend = backend::open(context, access, &args.execution.backend)?;
    let Some(mut description) = backend.describe_stack(&stack)? else { return Err(backend::stack_not_found(&stack)) };
    if args.dry_run {
        crate::cli::shared::stale_change_sets::report(context, backend.as_ref(), &stack);
    } else {
        crate::cli::shared::stale_change_sets::delete(context, backend.as_ref(), &stack);
        match backend.describe_stack(&stack)? {
            Some(now) => description = now,
            None => {
                context.status(&format!("stack `{stack}` existed only for that change set and is deleted, too"));
                return Ok(ExitCode::Done);
            }
        }
    }
    let recovery = recovery(context, backend.as_ref(), &description)?;
    let requested = RequestedRecovery { action: args.choose.clone(), skip: args.skip.clone(), retain: args.retain.clone() };
    let action = recover::choose(&recovery, &requested)?;
    args.execution.show_recovery(context, &recovery)?;
    let Some(action) = action else { return Ok(ExitCode::Done) };
    if args.dry_run {
        return Ok(ExitCode::Done);
    }
    if !matches!(action, RecoveryAction::Delete { .. } | RecoveryAction::ForceDelete) && !args.execution.allow_data_loss.is_empty() {
        let resources = if description.status.is_review() { Vec::new() } else { backend.list_resources(&description.id)? };
        let declared = operation::declared_resources(&description, &resources, context.arena);
        args.execution.check_allowances(context, None, &declared)?;
    }
    let question = match &action {
        RecoveryAction::Delete { .. } | RecoveryAction::ForceDelete => {
            let deleted = deletion(args, context, backend.as_ref(), description, &action);
            return deleted.map_err(|failure| without_terminal(failure, context, &recovery, &action));
        }
        RecoveryAction::Wait => format!("Follow the operation of {stack} until it ends?"),
        RecoveryAction::Cancel => format!("Cancel the update of {stack}?"),
        RecoveryAction::Continue { skip } if skip.is_empty() => format!("Continue the rollback of {stack}?"),
        RecoveryAction::Continue { skip } => format!("Continue the rollback of {stack} and skip {}?", skip.join(", ")),
        RecoveryAction::Rollback => format!("Roll back the update of {stack}?"),
    };
    if !args.execution.yes {
        let confirmed = context.confirm(&question, "nothing was changed");
        confirmed.map_err(|failure| without_terminal(failure, context, &recovery, &action))?;
    }
    let events = backend.recent_events(&description.id)?;
    // An earlier run may have requested the rollback that this one waits for: no update began before it.
    let began = apply::history::operations(&events).last().and_then(|operation| operation.first());
    let waits = matches!(action, RecoveryAction::Wait) && !began.is_some_and(|event| event.status.as_stack_status().is_rolling_back());
    start(backend.as_ref(), &stack, &action, context.settings()?.cloudformation_role_arn().map(str::to_owned))?;
    let resources = backend.list_resources(&description.id)?.len();
    let outcome = args.execution.follow(context, backend.as_ref(), &stack, resources, |observer, interrupted| {
        match action {
            // An operation in progress has earlier events.
            RecoveryAction::Wait | RecoveryAction::Cancel => apply::watch(backend.as_ref(), &description, events, observer, interrupted),
            _ => apply::follow(backend.as_ref(), &description.id, Some(description.revision.clone()), observer, interrupted),
        }
    })?;
    let exit_code = args.execution.report(context, &outcome, &stack)?;
    // The requested rollback succeeded.
    let rolled_back = matches!(&outcome, Outcome::RolledBack { .. }) && !waits;
    Ok(if rolled_back { ExitCode::Done } else { exit_code })
}

/// Adds to a failure without a terminal what `--yes` would run.
fn without_terminal(failure: Failure, context: &Context<'_>, recovery: &Recovery, action: &RecoveryAction) -> Failure {
    if failure.exit_code() != ExitCode::Declined || context.can_prompt() {
        return failure;
    }
    failure.with_hint(ui::recovery_choice(recovery, action))
}

/// Starts an action other than a deletion.
fn start(backend: &dyn Backend, stack: &str, action: &RecoveryAction, role_arn: Option<String>) -> Result<(), Failure> {
    match action {
        RecoveryAction::Cancel => backend.cancel_update(stack)?,
        RecoveryAction::Continue { skip } => backend.continue_update_rollback(stack, &RollbackOptions { skip: skip.clone(), role_arn })?,
        RecoveryAction::Rollback => backend.rollback_stack(stack, &RollbackOptions { role_arn, ..RollbackOptions::default() })?,
        RecoveryAction::Wait | RecoveryAction::Delete { .. } | RecoveryAction::ForceDelete => {}
    }
    Ok(())
}

/// Returns why a stack is stuck, and its recovery options.
///
/// # Errors
///
/// Returns an error if the backend fails.
fn recovery(context: &mut Context<'_>, backend: &dyn Backend, stack: &StackDescription) -> Result<Recovery, Failure> {
    let events = backend.recent_events(&stack.id)?;
    let resources = if stack.status.is_review() { Vec::new() } else { backend.list_resources(&stack.id)? };
    let mut recovery = recover::recovery(StackSnapshot { stack, events: &events, resources: &resources });
    if let Some(cause) = &mut recovery.root_cause {
        let unavailable = apply::explain_failure(backend, &stack.id, cause);
        following::report_unavailable(context, unavailable.as_ref());
    }
    Ok(recovery)
}

fn deletion(
    args: &Args,
    context: &mut Context<'_>,
    backend: &dyn Backend,
    description: StackDescription,
    action: &RecoveryAction,
) -> Result<ExitCode, Failure> {
    let (retain, force): (&[String], bool) = match action {
        RecoveryAction::Delete { retain } => (retain, false),
        _ => (&[], true),
    };
    let recreates = matches!(description.status, StackStatus::RollbackComplete | StackStatus::RollbackFailed | StackStatus::CreateFailed);
    let deletion = delete::Deletion { retain, force, disable_termination_protection: args.disable_termination_protection };
    let exit_code = deletion.execute(&args.execution, context, backend, description)?;
    if recreates && exit_code == ExitCode::Done {
        context.status("to create it again, use `rackform apply`");
    }
    Ok(exit_code)
}
