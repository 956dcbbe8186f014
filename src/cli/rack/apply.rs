//! `rackform apply`: creates or updates the stack from `rack.yaml`, or applies a saved plan.

use std::path::{Path, PathBuf};

use crate::backend::Backend;
use crate::cli::shared::backend::{self, Access};
use crate::cli::shared::changes;
use crate::cli::shared::changes::ImportArgs;
use crate::cli::shared::diff_input::{DiffInput, ParameterArgs, StateArgs};
use crate::cli::shared::execute::ExecuteArgs;
use crate::cli::shared::notes::print_note;
use crate::cli::shared::plan_keys;
use crate::cli::shared::secret_values;
use crate::cli::shared::stack_args::StackArgs;
use crate::cli::{Context, ExitCode, Failure};
use crate::config::FileKind;
use crate::diagnostic::Source;
use crate::operation::{self, Baseline, OperationError, PreparedChange, SavedPlanMismatch, SavedPlanRequest};
use crate::parameters::ParameterOverrides;
use crate::plan::saved::{ReadPlan, SavedPlan, SecretKey};

/// Create or update the stack from rack.yaml, or apply a saved plan
///
/// Show the plan, ask for confirmation, follow the stack's events until the operation ends, and verify the result. A parameter that is
/// neither in rack.yaml nor on the command line keeps its deployed value. If an earlier operation is unfinished, finish it first, after
/// confirmation.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform apply\n  rackform apply --yes -p BuildCache=Yes\n  rackform plan -o change.plan && rackform apply change.plan\n  rackform apply change.plan --require-signature plan.pub\n  rackform apply -p BuildCache=Yes --import BuildCacheFilesystem=fs-0123456789abcdef0\n  rackform apply --yes --allow-data-loss BuildCacheRepository --allow-data-loss BuildCacheFilesystem\n  rackform apply --yes --fail-on BuildCacheTarget0:create    simulate a failure on the local backend\n\nExit codes: 0 done or nothing to do, 1 failed or rolled back, 3 denied, 4 not confirmed, 6 the update would be refused, 75 stack busy or changed since the plan, 130 interrupted."
)]
pub struct Args {
    /// Saved plan from `rackform plan -o`; applied exactly, or refused if the stack has changed since
    #[arg(value_name = "PLANFILE", conflicts_with_all = ["parameter", "parameter_files", "imports"])]
    plan_file: Option<PathBuf>,
    /// Refuse a saved plan without a signature of this public key, an Ed25519 key in PEM format, which only its owner can write
    #[arg(long, value_name = "KEYFILE", requires = "plan_file")]
    require_signature: Option<PathBuf>,
    /// Key that was written when the plan was saved, by which its secrets are recognised [default: PLANFILE and `.key`]
    #[arg(long, value_name = "KEYFILE", requires = "plan_file")]
    secret_key: Option<PathBuf>,
    #[command(flatten)]
    parameters: ParameterArgs,
    /// Enable termination protection after the change
    #[arg(long)]
    enable_termination_protection: bool,
    /// Allow AWS's change set to change this resource more than the plan predicts; may be repeated
    #[arg(long, value_name = "LOGICAL_ID")]
    allow_unpredicted: Vec<String>,
    /// Let CloudFormation complete the operation before the resources are ready, then wait until they are: for development racks, refused
    /// with `protect`, termination protection, a stack policy or data at risk
    #[arg(long, conflicts_with = "drift")]
    express: bool,
    /// Detect drift, plan from the actual state, and revert changes made outside CloudFormation
    #[arg(long, conflicts_with = "plan_file")]
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
/// Returns every error of the template, its parameters or the saved plan, or an error if the change is denied or the backend fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let saved = args.plan_file.as_deref().map(|path| read_plan(path, args.require_signature.as_deref())).transpose()?;
    let stack = match &saved {
        Some(read) => stack_of(read, context)?,
        None => context.stack_to_change()?,
    };
    let mut overrides = ParameterOverrides::default();
    if saved.is_none() {
        args.parameters.add_to(&mut overrides)?;
    }
    args.execution.open_json_file(context)?;
    let backend = backend::open(context, Access::Write, &args.execution.backend)?;
    if let Some(read) = &saved {
        operation::check_saved_location(&read.plan, backend.as_ref())?;
    }
    crate::cli::shared::stale_change_sets::delete(context, backend.as_ref(), &stack);
    if let Some(unfinished) = backend.describe_stack(&stack)?.filter(|stack| stack.status.is_in_progress()) {
        let (outcome, exit_code) = args.execution.resume(context, backend.as_ref(), &unfinished)?;
        if !outcome.is_success() {
            return Ok(exit_code);
        }
    }
    let mut change = match saved {
        None => {
            let (baseline, imports) = (Baseline::reverting_drift(args.drift), args.import.imports.as_slice());
            let desired = changes::desired_rack(context)?;
            let mut change = changes::prepare(context, backend.as_ref(), &stack, desired, &overrides, baseline, imports)?;
            args.stack.resolve(context, backend.as_ref(), &mut change)?;
            change
        }
        Some(read) => prepare_saved(args, read, context, backend.as_ref())?,
    };
    change.target.allow_unpredicted.clone_from(&args.allow_unpredicted);
    change.target.options.express = args.express;
    if args.enable_termination_protection {
        change.target.settings.termination_protection = Some(true);
    }
    change.compare_stack_settings(backend.as_ref())?;
    args.execution.execute(context, backend.as_ref(), &change)
}

/// Prepares a saved plan: derives it again and compares.
fn prepare_saved<'a>(args: &Args, read: ReadPlan, context: &mut Context<'a>, backend: &dyn Backend) -> Result<PreparedChange<'a>, Failure> {
    if read.has_signature && !read.is_verified {
        context.status("the saved plan is signed; to check the signature, use `--require-signature`");
    }
    let given = secret_values::read(&args.parameters.secrets)?;
    let names: Vec<&str> = read.plan.secrets();
    let secrets = secret_values::of_plan(context, &names, given)?;
    let secret_key = if names.is_empty() { None } else { secret_key(args)? };
    let inspector = if read.plan.import.is_some() { Some(backend::inspector(context, backend)?) } else { None };
    let request = SavedPlanRequest {
        read,
        rack: context.rack_file()?,
        requested: args.stack.requested(),
        secrets,
        secret_key,
        cloudformation_role_arn: context.settings()?.cloudformation_role_arn().map(str::to_owned),
        offline_state: StateArgs::default().load(context, &DiffInput::Rack)?,
        inspector: inspector.as_deref(),
    };
    let arena = context.arena;
    Ok(operation::prepare_saved_plan(request, backend, arena, &mut |note| print_note(context, note))?)
}

/// Returns the key of the plan's secrets; `None` if there is none where it is expected, and no other file is named.
fn secret_key(args: &Args) -> Result<Option<SecretKey>, Failure> {
    let path = match (&args.secret_key, &args.plan_file) {
        (Some(path), _) => path.clone(),
        (None, Some(plan)) => plan_keys::secret_key_path(plan),
        (None, None) => return Ok(None),
    };
    if args.secret_key.is_none() && path.symlink_metadata().is_err() {
        return Ok(None);
    }
    plan_keys::secret_key(&path).map(Some)
}

/// Returns the stack of a saved plan, which must be the one that the command line or rack.yaml names.
fn stack_of(read: &ReadPlan, context: &mut Context<'_>) -> Result<String, Failure> {
    let planned = read.plan.stack_name.clone();
    let named = match &context.global.stack_name {
        Some(name) => Some(name.clone()),
        // A signed plan is for the stack that it names.
        None if read.is_verified => None,
        None => context.rack_file()?.name.clone(),
    };
    match named {
        Some(actual) if actual != planned => Err(OperationError::from(SavedPlanMismatch::Stack { planned, actual }).into()),
        _ => Ok(planned),
    }
}

fn read_plan(path: &Path, key: Option<&Path>) -> Result<ReadPlan, Failure> {
    let key = key.map(plan_keys::verifying_key).transpose()?;
    let source = Source::read(path)?;
    SavedPlan::from_json(source.text(), key.as_ref()).map_err(|error| {
        let failure = Failure::from(error).in_file(path);
        match FileKind::of(source.text()) {
            Some(FileKind::RackFile) => failure.hinted(format!("it is a rack file: use `rackform apply --file {}`", path.display())),
            Some(FileKind::Template) => {
                failure.hinted("it is a template: set it as `template` in rack.yaml, and use `rackform apply` without a file")
            }
            Some(FileKind::SavedPlan) | None => failure,
        }
    })
}

impl Failure {
    /// Prefixes the message with the path of the file.
    fn in_file(mut self, path: &Path) -> Self {
        if let Self::Expected(failure) = &mut self {
            failure.message = format!("`{}`: {}", path.display(), failure.message);
        }
        self
    }
}
