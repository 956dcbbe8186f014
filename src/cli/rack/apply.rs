//! `rackform apply`: makes the stack what `rack.yaml` says, or carries a saved plan out.

use std::path::PathBuf;

use crate::cli::shared::backend::{self, Access};
use crate::cli::shared::deployed::{self, Before, Change, Deployed, Wanted};
use crate::cli::shared::diff_input::{self, DiffInput, ParameterArgs};
use crate::cli::shared::execute::ExecuteArgs;
use crate::cli::shared::imports::ImportArgs;
use crate::cli::shared::stack_args::StackArgs;
use crate::cli::{Context, ExitCode, Failure};
use crate::parameters::{ParameterOverrides, ParameterSet};
use crate::plan::redact::Secrets;
use crate::plan::saved::{SavedPlan, SavedPlanError};
use crate::template::Source;

/// Makes the stack what rack.yaml says, or carries a saved plan out
///
/// Shows the plan, asks, follows the stack's events to the end and checks what came of it. A parameter that is neither in
/// rack.yaml nor given keeps its deployed value. What an earlier run left unfinished
/// is finished first, once that is confirmed too.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform apply\n  rackform apply --yes -p BuildCache=Yes\n  rackform plan -o change.plan && rackform apply change.plan\n  rackform apply -p BuildCache=Yes --import BuildCacheFilesystem=fs-0123456789abcdef0\n  rackform apply --yes --allow-data-loss BuildCacheRepository --allow-data-loss BuildCacheFilesystem\n  rackform apply --yes --fail-on BuildCacheTarget0:create    what a failure looks like, on the local backend\n\nExit codes: 0 done or nothing to do, 1 failed or rolled back, 3 denied, 4 not confirmed, 75 busy or moved on, 130 interrupted."
)]
pub struct Args {
    /// A plan that `rackform plan -o` wrote: carried out exactly, or refused when the stack moved on
    #[arg(value_name = "PLANFILE", conflicts_with_all = ["parameter", "parameter_files", "imports"])]
    plan_file: Option<PathBuf>,
    #[command(flatten)]
    parameters: ParameterArgs,
    /// Protect the stack against deletion once it is done
    #[arg(long)]
    enable_termination_protection: bool,
    /// Let more happen to this resource than the plan says, if AWS's change set does; once for each
    #[arg(long, value_name = "LOGICAL_ID")]
    allow_unpredicted: Vec<String>,
    /// Also put back what was changed behind the stack's back, which AWS is asked to look for: the change starts from what is really there
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
/// Returns every problem of the template, its parameters or the plan's file, what denies the change, or what the backend refused.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let saved = args.plan_file.as_deref().map(read).transpose()?;
    let stack = match &saved {
        Some(saved) => {
            if let Some(name) = context.global.stack_name.as_ref().filter(|name| **name != saved.stack_name) {
                let message = format!("the plan is for stack `{}`, and `--stack-name` says `{name}`", saved.stack_name);
                return Err(Failure::new(ExitCode::Data, message).hinted("leave `--stack-name` out, or plan again for that stack"));
            }
            saved.stack_name.clone()
        }
        None => context.stack_to_change()?,
    };
    let mut stronger = ParameterOverrides::default();
    args.parameters.add_to(&mut stronger)?;
    let backend = backend::open(context, Access::Change, &args.execution.backend)?;
    crate::cli::shared::stale_change_sets::clear(context, backend.as_ref(), &stack);
    if let Some(unfinished) = backend.describe_stack(&stack)?.filter(|stack| stack.status.is_in_progress()) {
        let (outcome, exit_code) = args.execution.resume(context, backend.as_ref(), &unfinished)?;
        if !outcome.is_success() {
            return Ok(exit_code);
        }
    }
    let mut change = match saved {
        None => {
            let (before, imports) = (Before::of(args.drift), args.import.imports.as_slice());
            let mut change = deployed::change_from(context, backend.as_ref(), &stack, &Wanted::Rack, &stronger, before, imports)?;
            args.stack.decide(context, &mut change)?;
            change
        }
        Some(saved) => {
            let region = backend.region();
            if saved.backend != backend.name() || saved.region != region {
                let message =
                    format!("the plan was made for {} in {}, and this is {} in {region}", saved.backend, saved.region, backend.name());
                return Err(Failure::new(ExitCode::Data, message).hinted("`--backend` and `--region` say where to carry it out"));
            }
            // The stack's name alone would do in any account.
            if let (Some(planned), Ok(identity)) = (&saved.account, backend.identity())
                && *planned != identity.account
            {
                let message = format!("the plan was made for account {planned}, and this is account {}", identity.account);
                return Err(Failure::new(ExitCode::Data, message).hinted("`--profile` and `--role-arn` say who asks"));
            }
            let mut change = of_saved(context, backend.as_ref(), saved)?;
            args.stack.add_to_saved(&mut change.target.options)?;
            change
        }
    };
    change.target.allow_unpredicted.clone_from(&args.allow_unpredicted);
    if args.enable_termination_protection {
        change.target.settings.termination_protection = Some(true);
    }
    change.compare_stack(backend.as_ref())?;
    args.execution.execute(context, backend.as_ref(), &change)
}

fn read(path: &std::path::Path) -> Result<SavedPlan, Failure> {
    let source = Source::read(path)?;
    SavedPlan::from_json(source.text()).map_err(|error| failure(&error).naming(path))
}

/// Returns a failure with a saved plan.
pub fn failure(error: &SavedPlanError) -> Failure {
    let failure = Failure::new(ExitCode::Data, error.to_string()).hinted(error.hint());
    match std::error::Error::source(error) {
        Some(source) => failure.caused_by(source),
        None => failure,
    }
}

impl Failure {
    /// Puts the file before what is wrong with it.
    fn naming(mut self, path: &std::path::Path) -> Self {
        if let Self::Expected(failure) = &mut self {
            failure.message = format!("`{}`: {}", path.display(), failure.message);
        }
        self
    }
}

/// Returns a saved plan as a change; whether it still fits is for the room that applies it.
fn of_saved<'a>(context: &mut Context<'a>, backend: &dyn crate::backend::Backend, saved: SavedPlan) -> Result<Change<'a>, Failure> {
    let template = diff_input::template(context, Source::new("plan", saved.template.clone()))?;
    let mut logical_ids: Vec<String> = template.resources.iter().map(|entry| entry.name.to_owned()).collect();
    let mut present = None;
    if let Some(deployed) = Deployed::read(context, backend, &saved.stack_name)? {
        present = Some(deployed::stack_state(&deployed.description));
        logical_ids.extend(deployed.template.resources.iter().map(|entry| entry.name.to_owned()));
    }
    let known = diff_input::StateArgs::default().load(context, &DiffInput::Rack)?;
    let known = context.alloc(known);
    let parameters = context.alloc(ParameterSet::default());
    let plan = saved.plan.clone();
    // What a change of tags reaches was looked up when the plan was made.
    let kinds: indexmap::IndexMap<&str, &str> =
        template.resources.iter().filter_map(|entry| Some((entry.name, entry.body.get("Type")?.as_str()?))).collect();
    let deployed = plan.retagged.iter().filter_map(|id| Some((id.clone(), (*kinds.get(id.as_str())?).to_owned()))).collect();
    let secrets = Secrets::default();
    let change = Change { plan, target: saved.into(), parameters, present, deployed, logical_ids, known, drift: None, secrets };
    // What is planned for another stack than the present one is not worth a look at anything else.
    crate::apply::check_revision(backend, &change.target)?;
    Ok(change)
}
