//! `rackform delete`: deletes the stack.

use crate::apply::{self, Outcome};
use crate::backend::{Backend, DeleteOptions, StackDescription};
use crate::cli::shared::backend::{self, Access};
use crate::cli::shared::changes;
use crate::cli::shared::execute::ExecuteArgs;
use crate::cli::shared::notes::print_note;
use crate::cli::{Context, ExitCode, Failure};
use crate::operation::{self, DeletionRequest};
use crate::ui::plan::Subject;

/// Delete the stack and its resources, except those that their DeletionPolicy retains
///
/// Show what will be deleted, ask for confirmation, and follow the stack's events until the operation ends. If an earlier operation is
/// unfinished, finish it first, after confirmation.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform delete\n  rackform delete --yes --allow-data-loss LogGroup --allow-data-loss BuildCacheRepository \\\n    --allow-data-loss BuildCacheFilesystem    and so on for each resource that the hint lists\n  rackform delete --yes --disable-termination-protection\n  rackform delete --yes --retain BuildCacheFilesystem    after a deletion that failed on this resource\n\nExit codes: 0 done, 1 failed, 3 denied, 4 not confirmed, 66 no such stack, 75 busy, 130 interrupted."
)]
pub struct Args {
    /// Disable termination protection before deleting
    #[arg(long)]
    disable_termination_protection: bool,
    /// Retain this resource, which an earlier deletion failed to delete; may be repeated
    #[arg(long, value_name = "LOGICAL_ID")]
    retain: Vec<String>,
    #[command(flatten)]
    execution: ExecuteArgs,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if the stack does not exist, its deletion is denied, or the backend fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let stack = context.stack_to_change()?;
    args.execution.open_json_file(context)?;
    let backend = backend::open(context, Access::Write, &args.execution.backend)?;
    crate::cli::shared::stale_change_sets::delete(context, backend.as_ref(), &stack);
    let Some(mut description) = backend.describe_stack(&stack)? else {
        return Err(backend::stack_not_found(&stack).hinted("it may already be deleted; select another stack with `--stack-name`"));
    };
    if description.status.is_in_progress() {
        let (_, exit_code) = args.execution.resume(context, backend.as_ref(), &description)?;
        match backend.describe_stack(&stack)? {
            Some(now) if !now.status.is_in_progress() => description = now,
            // The unfinished operation was a deletion, or it was interrupted again.
            _ => return Ok(exit_code),
        }
    }
    let deletion = Deletion { retain: &args.retain, force: false, disable_termination_protection: args.disable_termination_protection };
    deletion.execute(&args.execution, context, backend.as_ref(), description)
}

/// The deletion of a stack, for `delete` and `recover`.
#[derive(Clone, Copy, Debug)]
pub struct Deletion<'d> {
    /// Logical IDs of resources to retain.
    pub retain: &'d [String],
    /// Whether to leave resources that cannot be deleted.
    pub force: bool,
    /// Whether to disable termination protection first.
    pub disable_termination_protection: bool,
}

impl Deletion<'_> {
    /// Shows what will be deleted, runs the policy checks, asks for confirmation, deletes the stack and follows its events.
    ///
    /// # Errors
    ///
    /// Returns an error if the deletion is denied or not confirmed, or if the backend fails.
    pub fn execute(
        &self,
        args: &ExecuteArgs,
        context: &mut Context<'_>,
        backend: &dyn Backend,
        description: StackDescription,
    ) -> Result<ExitCode, Failure> {
        let stack = description.name.clone();
        let arena = context.arena;
        let request = DeletionRequest { retain: self.retain, disable_termination_protection: self.disable_termination_protection };
        let prepared = operation::prepare_deletion(request, &description, backend, arena, &mut |note| print_note(context, note));
        let deletion = changes::with_region(context, prepared)?;
        args.check_allowances(context, deletion.plan.as_ref(), &deletion.declared)?;
        if let Some(plan) = &deletion.plan {
            args.show_plan(context, plan, Subject::Deletion(&stack), "every resource")?;
            args.check_and_confirm(context, plan, &format!("Delete {stack}?"))?;
        } else if !args.yes {
            context.confirm(&format!("Delete {stack}, which has no resources?"), "nothing was changed")?;
        }
        if description.termination_protection {
            backend.set_termination_protection(&stack, false)?;
        }
        let options = DeleteOptions {
            retain: self.retain.to_vec(),
            force: self.force,
            role_arn: context.settings()?.cloudformation_role_arn().map(str::to_owned),
        };
        let outcome = args.follow(context, backend, &stack, deletion.resource_count, |observer, interrupted| {
            apply::delete(backend, &description, &options, observer, interrupted)
        })?;
        let exit_code = args.report(context, &outcome, &stack)?;
        if matches!(outcome, Outcome::Deleted { .. }) {
            context.status(&format!("to show its events, use its ID: rackform events --stack-name {}", description.id));
        }
        Ok(exit_code)
    }
}
