//! `rackform set`: changes parameters of the deployed stack.

use crate::cli::shared::backend::{self, Access};
use crate::cli::shared::changes;
use crate::cli::shared::changes::ImportArgs;
use crate::cli::shared::execute::ExecuteArgs;
use crate::cli::shared::stack_args::StackArgs;
use crate::cli::{Context, ExitCode, Failure};
use crate::config::{ConfigError, with_parameters};
use crate::diagnostic::Source;
use crate::files::NewMode;
use crate::operation::{Baseline, Desired};
use crate::parameters::{ParameterOverride, ParameterOverrides, ParameterSet};
use crate::ui::ResumedBy;

/// Change parameters of the deployed stack, keeping its template and all other deployed values
///
/// Show the plan, ask for confirmation, follow the stack's events until the operation ends, and verify the result. If an earlier
/// operation is unfinished, finish it first, after confirmation; with `--yes`, finish it even if the new change is then denied.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform set BuildCache=Yes\n  rackform set BuildCache=Yes --import BuildCacheFilesystem=fs-0123456789abcdef0\n  rackform set BuildCache=No --yes --allow-data-loss BuildCacheRepository \\\n    --allow-data-loss BuildCacheFilesystem\n  rackform set Subnets=subnet-1,subnet-2\n  rackform set BuildCache=Yes --dry-run\n  rackform set BuildCache=Yes --save\n\nExit codes: 0 done or nothing to do, 1 failed, rolled back or not stored, 3 denied, 4 not confirmed, 6 the update would be refused, 66 no such stack, 75 busy, 130 interrupted."
)]
pub struct Args {
    /// Parameters to change, with their new values
    #[arg(value_name = "NAME=VALUE", required = true)]
    parameters: Vec<String>,
    /// Show what would change and check it, without changing anything
    #[arg(long, conflicts_with = "save")]
    dry_run: bool,
    /// After the update, write the values into rack.yaml, too, so that the next `rackform apply` keeps them
    #[arg(long)]
    save: bool,
    /// Allow AWS's change set to change this resource more than the plan predicts; may be repeated
    #[arg(long, value_name = "LOGICAL_ID")]
    allow_unpredicted: Vec<String>,
    /// Let CloudFormation complete the operation before the resources are ready, then wait until they are: for development racks, refused
    /// with `protect`, termination protection, a stack policy or data at risk
    #[arg(long, conflicts_with = "drift")]
    express: bool,
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
    let access = if args.dry_run { Access::Read } else { Access::Write };
    args.execution.open_json_file(context)?;
    let backend = backend::open(context, access, &args.execution.backend)?;
    let execution = ExecuteArgs { resumed_by: ResumedBy::Set, ..args.execution.clone() };
    if !args.dry_run {
        crate::cli::shared::stale_change_sets::delete(context, backend.as_ref(), &stack);
        if let Some(unfinished) = backend.describe_stack(&stack)?.filter(|stack| stack.status.is_in_progress()) {
            let (outcome, exit_code) = execution.resume(context, backend.as_ref(), &unfinished)?;
            if !outcome.is_success() {
                return Ok(exit_code);
            }
        }
    }
    let (baseline, imports) = (Baseline::reverting_drift(args.drift), args.import.imports.as_slice());
    let mut change = changes::prepare(context, backend.as_ref(), &stack, Desired::Unchanged, &overrides, baseline, imports)?;
    args.stack.resolve(context, backend.as_ref(), &mut change)?;
    change.compare_stack_settings(backend.as_ref())?;
    change.target.allow_unpredicted.clone_from(&args.allow_unpredicted);
    change.target.options.express = args.express;
    if args.dry_run {
        return args.execution.dry_run(context, backend.as_ref(), &change);
    }
    let note = if args.save { None } else { other_values(context, &overrides)? };
    let execution = ExecuteArgs { note, ..execution };
    let exit_code = execution.execute(context, backend.as_ref(), &change)?;
    if exit_code == ExitCode::Done && change.is_empty() && !change.parameters_not_stored().is_empty() {
        // The warning says which values are not stored. A script must not take that for success.
        return Ok(ExitCode::Failed);
    }
    if args.save && exit_code == ExitCode::Done {
        save(context, &overrides, change.after.parameters)?;
    }
    Ok(exit_code)
}

/// Returns a note about parameters that `rack.yaml` sets to another value.
fn other_values(context: &mut Context<'_>, overrides: &ParameterOverrides) -> Result<Option<String>, Failure> {
    let rack = context.rack_file()?;
    let configured = |name: &str| rack.parameters.values.get(name).and_then(|value| value.text.as_ref());
    let differs = |(name, value): &(&String, &ParameterOverride)| configured(name).is_some_and(|text| Some(text) != value.text.as_ref());
    let names: Vec<String> = overrides.values.iter().filter(differs).map(|(name, _)| format!("`{name}`")).collect();
    Ok((!names.is_empty()).then(|| {
        format!(
            "rack.yaml has another value for {}; the next `rackform apply` will restore it unless you change the file or use `--save`",
            names.join(", ")
        )
    }))
}

/// Writes the values into `rack.yaml`, except secrets.
fn save(context: &mut Context<'_>, overrides: &ParameterOverrides, parameters: &ParameterSet<'_>) -> Result<(), Failure> {
    let Some(path) = context.rack_file()?.path.clone() else {
        return Err(Failure::new(ExitCode::CannotWrite, "there is no rack.yaml to save the values in; the update is complete")
            .hinted("create it with `rackform init`"));
    };
    let is_secret = |name: &str| parameters.get(name).is_some_and(|parameter| parameter.declaration.no_echo);
    let (secret, plain): (Vec<_>, Vec<_>) = overrides.values.iter().partition(|(name, _)| is_secret(name));
    let values: Vec<(&str, &str)> = plain.iter().filter_map(|(name, value)| Some((name.as_str(), value.text.as_deref()?))).collect();
    let source = Source::read(&path).map_err(ConfigError::from)?;
    match with_parameters(&source, &values)? {
        Some(text) => {
            crate::cli::shared::files::write(context.global, &path, text.as_bytes(), NewMode::Default)?;
            let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
            context.status(&format!("saved {} in {}", names.join(", "), path.display()));
        }
        None => {
            return Err(Failure::new(
                ExitCode::CannotWrite,
                format!("cannot edit `parameters` of {}; the update is complete", path.display()),
            )
            .hinted("write one `Name: value` for each line below `parameters:`, and add the new values"));
        }
    }
    if !secret.is_empty() {
        let names: Vec<&str> = secret.iter().map(|(name, _)| name.as_str()).collect();
        context.warn(&format!("warning: not saved, because a secret does not belong into a file: {}", names.join(", ")));
    }
    Ok(())
}
