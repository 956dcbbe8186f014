//! `rackform plan`: shows what `apply` would do to the deployed stack, and saves the plan.

use std::path::{Path, PathBuf};

use crate::cli::shared::aws_confirmation::ConfirmArgs;
use crate::cli::shared::backend::{self, Access, BackendArgs};
use crate::cli::shared::change_remarks::warn_about_parameters;
use crate::cli::shared::changes;
use crate::cli::shared::changes::ImportArgs;
use crate::cli::shared::diff_input::ParameterArgs;
use crate::cli::shared::plan_keys;
use crate::cli::shared::policy_checks;
use crate::cli::shared::preflight;
use crate::cli::shared::stack_args::StackArgs;
use crate::cli::shared::summary::SummaryArgs;
use crate::cli::{Context, ExitCode, Failure, MergedOutput};
use crate::files::NewMode;
use crate::operation::{self, Baseline, Denied, PolicyChecks};
use crate::parameters::{ParameterOverrides, ParameterSet};
use crate::plan::saved::{SavedPlan, SecretKey};
use crate::ui;

/// Show what `apply` would do to the deployed stack, and save the plan for `apply PLANFILE`
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform plan\n  rackform plan -p BuildCache=Yes -o change.plan\n  rackform plan -o change.plan --sign-key plan.key\n  rackform plan -o change.plan --secret Password=env:PASSWORD\n  rackform plan -p BuildCache=Yes --import BuildCacheFilesystem=fs-0123456789abcdef0\n  rackform plan --exit-code --format markdown > comment.md\n  rackform plan --confirm-with-aws\n\nExit codes: 0 done, 2 changes with --exit-code, 3 denied, 5 AWS differs from the prediction, 6 refused, 65 bad template or parameters."
)]
pub struct Args {
    #[command(flatten)]
    parameters: ParameterArgs,
    /// Save the plan to a file that `rackform apply FILE` applies exactly. New NoEcho values are not in it: `apply` asks for them again
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Sign the saved plan with this private key, for `apply --require-signature`: an Ed25519 key in PEM format, which only its owner can
    /// read
    #[arg(long, value_name = "KEYFILE", requires = "output")]
    sign_key: Option<PathBuf>,
    /// Key by which `apply` recognises new NoEcho values; made if the file does not exist [default: the plan's file name and `.key`]
    #[arg(long, value_name = "KEYFILE", requires = "output")]
    secret_key: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: PlanFormat,
    #[command(flatten)]
    summary: SummaryArgs,
    /// Check the account for problems that would make the plan fail; exit with code 3 if there are any
    #[arg(long)]
    preflight: bool,
    /// Exit with code 2 if there are changes
    #[arg(long)]
    exit_code: bool,
    /// Exit with code 3 for these kinds of risk: data-loss (certain loss only), possible-data-loss (both), interruption,
    /// security-widening, retention-shortened, replacement-collision, parameter-default, export-removed, output-removed, and
    /// `unknown` for what cannot be known
    #[arg(long, value_name = "KIND,...", value_delimiter = ',', value_parser = policy_checks::parse_denied)]
    deny: Vec<Denied>,
    #[command(flatten)]
    import: ImportArgs,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    stack: StackArgs,
}

/// The format of a plan.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum PlanFormat {
    /// Human-readable text
    #[default]
    Human,
    /// The full plan: change set, actual effects, risks
    Json,
    /// Comment for a pull request
    Markdown,
}

impl Args {
    /// Returns whether the plan is also written into a file.
    pub fn has_json_file(&self) -> bool {
        self.summary.has_json_file()
    }

    /// Returns whether resources are imported.
    pub fn is_importing(&self) -> bool {
        !self.import.imports.is_empty()
    }

    /// Returns how the results of several racks are merged; `None` with `--output`, since a saved plan is for one rack.
    pub fn merged_output(&self) -> Option<MergedOutput> {
        match (&self.output, self.format) {
            (Some(_), _) => None,
            (None, PlanFormat::Human) => Some(MergedOutput::Human),
            (None, PlanFormat::Json) => Some(MergedOutput::Json),
            (None, PlanFormat::Markdown) => Some(MergedOutput::Markdown),
        }
    }
}

/// Runs the command.
///
/// # Errors
///
/// Returns every error of the template and its parameters, or an error if the change is denied, the backend fails, or the file cannot be
/// written.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    args.summary.check_other_output(args.output.as_deref())?;
    let key = args.sign_key.as_deref().map(plan_keys::signing_key).transpose()?;
    let stack = context.stack_name(None)?;
    let mut overrides = ParameterOverrides::default();
    args.parameters.add_to(&mut overrides)?;
    let backend = backend::open(context, Access::Read, &BackendArgs::default())?;
    let (baseline, imports) = (Baseline::reverting_drift(args.confirm.drift), args.import.imports.as_slice());
    let desired = changes::desired_rack(context)?;
    let mut change = changes::prepare(context, backend.as_ref(), &stack, desired, &overrides, baseline, imports)?;
    args.stack.resolve(context, backend.as_ref(), &mut change)?;
    change.compare_stack_settings(backend.as_ref())?;
    // Errors of parameters that cannot be saved are reported before the plan is shown.
    let parameters = match &args.output {
        Some(path) => {
            let key = secret_key(args, path, change.after.parameters, context)?;
            Some(SavedPlan::parameters_of(change.after.parameters, &stack, key.as_ref())?)
        }
        None => None,
    };
    let heading = ui::plan::Heading { subject: ui::plan::Subject::Stack(&stack), made: changes::basis_text(change.basis()) };
    match args.format {
        PlanFormat::Human => {
            let text = args.summary.human(&change.plan, heading, context.layout())?;
            args.summary.print(context, &text)?;
        }
        PlanFormat::Markdown => context.answer(&ui::plan::markdown(&*args.summary.shown(&change.plan)?, heading))?,
        PlanFormat::Json => {}
    }
    if !args.confirm.confirm_with_aws {
        crate::cli::shared::stale_change_sets::report(context, backend.as_ref(), &stack);
    }
    let confirmation = args.confirm.request(context, backend.as_ref(), &change)?;
    let whole = ui::plan::Confirmed::new(&change.plan, confirmation.confirmation.as_ref(), confirmation.drift.as_deref());
    args.summary.write_json(context, &whole)?;
    let text = match args.format {
        PlanFormat::Human => confirmation.text(Some(context.layout())),
        PlanFormat::Markdown => confirmation.text(None),
        PlanFormat::Json => ui::bare_json(&whole)?,
    };
    context.answer(&text)?;
    warn_about_parameters(context, &change);
    context.summarize(ui::plan::counts(&change.plan));
    if change.plan.is_refused() {
        let not_saved = if args.output.is_some() { "; the plan was not saved" } else { "" };
        context.status(&format!("the update would be refused{not_saved}"));
        return Ok(ExitCode::Refused);
    }
    let protect = context.rack_file()?.protect.as_slice();
    let preflight = if args.preflight { Some(preflight::inspect(context, backend.as_ref(), &change)?) } else { None };
    if let Some(report) = &preflight {
        preflight::report(context, report);
        context.status(&format!("preflight checks of {}", ui::verify::summary(report)));
        preflight::refuse(report, "fix the problems listed above")?;
    }
    PolicyChecks { deny: &args.deny, approves_data_loss: false, allow_data_loss: &[], protect }.check(&change.plan)?;
    let has_changes = !change.is_empty();
    if let (Some(path), Some(parameters)) = (&args.output, parameters) {
        let saved = operation::saved_plan(backend.as_ref(), change, parameters);
        let text = saved.to_json(key.as_ref())?;
        // It contains parameter values and the template.
        crate::cli::shared::files::write_result(context.global, path, text.as_bytes(), NewMode::Private)?;
        if has_changes {
            context.status(&format!("saved; apply it with `rackform apply {}`", path.display()));
        } else {
            context.status(&format!("saved {}; there are no changes to apply", path.display()));
        }
    }
    if confirmation.disagrees() {
        return Ok(ExitCode::Disagreement);
    }
    Ok(if args.exit_code && has_changes { ExitCode::Differences } else { ExitCode::Done })
}

/// Returns the key for the plan's secrets, if it has any.
fn secret_key(args: &Args, plan: &Path, parameters: &ParameterSet<'_>, context: &mut Context<'_>) -> Result<Option<SecretKey>, Failure> {
    if SavedPlan::new_secrets(parameters).is_empty() {
        return Ok(None);
    }
    let path = args.secret_key.clone().unwrap_or_else(|| plan_keys::secret_key_path(plan));
    plan_keys::secret_key_or_new(context, &path).map(Some)
}
