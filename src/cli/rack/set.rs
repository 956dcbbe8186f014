//! `rackform set`: changes parameters of the deployed stack.

use crate::cli::shared::backend::{self, Access};
use crate::cli::shared::changes;
use crate::cli::shared::changes::ImportArgs;
use crate::cli::shared::execute::ExecuteArgs;
use crate::cli::shared::stack_args::StackArgs;
use crate::cli::{Context, ExitCode, Failure};
use crate::operation::{Baseline, Desired};
use crate::parameters::ParameterOverrides;

/// Change parameters of the deployed stack, keeping its template and all other deployed values
///
/// Show the plan, ask for confirmation, follow the stack's events until the operation ends, and verify the result. If an earlier
/// operation is unfinished, finish it first, after confirmation; with `--yes`, finish it even if the new change is then denied.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform set BuildCache=Yes\n  rackform set BuildCache=Yes --import BuildCacheFilesystem=fs-0123456789abcdef0\n  rackform set BuildCache=No --yes --allow-data-loss BuildCacheRepository \\\n    --allow-data-loss BuildCacheFilesystem\n  rackform set Subnets=subnet-1,subnet-2\n\nExit codes: 0 done or nothing to do, 1 failed or rolled back, 3 denied, 4 not confirmed, 6 the update would be refused, 66 no such stack, 75 busy, 130 interrupted."
)]
pub struct Args {
    /// Parameters to change, with their new values
    #[arg(value_name = "NAME=VALUE", required = true)]
    parameters: Vec<String>,
    /// Allow AWS's change set to change this resource more than the plan predicts; may be repeated
    #[arg(long, value_name = "LOGICAL_ID")]
    allow_unpredicted: Vec<String>,
    /// Detect drift, plan from the actual state, and revert changes made outside CloudFormation
    #[arg(long)]
    drift: bool,
    #[command(flatten)]
    import: ImportArgs,
    #[command(flatten)]
    execution: ExecuteArgs,
    #[command(flatten)]
    stack: StackArgs,
}

/// Runs the command.
///
/// # Errors
///
/// Returns every error of the parameters, or an error if the change is denied or the backend fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let stack = context.stack_to_change()?;
    let mut overrides = ParameterOverrides::default();
    overrides.add_flags(&args.parameters).map_err(|problems| Failure::Problems(problems, ExitCode::Usage))?;
    let backend = backend::open(context, Access::Write, &args.execution.backend)?;
    crate::cli::shared::stale_change_sets::delete(context, backend.as_ref(), &stack);
    if let Some(unfinished) = backend.describe_stack(&stack)?.filter(|stack| stack.status.is_in_progress()) {
        let (outcome, exit_code) = args.execution.resume(context, backend.as_ref(), &unfinished)?;
        if !outcome.is_success() {
            return Ok(exit_code);
        }
    }
    let (baseline, imports) = (Baseline::reverting_drift(args.drift), args.import.imports.as_slice());
    let mut change = changes::prepare(context, backend.as_ref(), &stack, Desired::Unchanged, &overrides, baseline, imports)?;
    args.stack.resolve(context, backend.as_ref(), &mut change)?;
    change.compare_stack_settings(backend.as_ref())?;
    change.target.allow_unpredicted.clone_from(&args.allow_unpredicted);
    let exit_code = args.execution.execute(context, backend.as_ref(), &change)?;
    for (name, value) in &overrides.values {
        let configured = context.rack_file()?.parameters.values.get(name).and_then(|value| value.text.as_ref());
        if exit_code == ExitCode::Done && configured.is_some_and(|configured| Some(configured) != value.text.as_ref()) {
            context.status(&format!("rack.yaml has another value for {name}; the next `rackform apply` will restore it"));
        }
    }
    Ok(exit_code)
}
