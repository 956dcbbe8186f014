//! `rackform diff`: shows what an update from one template to another would change.

use crate::cli::shared::aws_confirmation::{AwsConfirmation, ConfirmArgs};
use crate::cli::shared::backend;
use crate::cli::shared::changes;
use crate::cli::shared::changes::ImportArgs;
use crate::cli::shared::diff_input::{self, DiffInput, ParameterArgs, StateArgs};
use crate::cli::shared::policy_checks;
use crate::cli::shared::stack_args::StackArgs;
use crate::cli::{Context, ExitCode, Failure, MergedOutput};
use crate::cloudformation::Capability;
use crate::evaluate::State;
use crate::operation::{self, Baseline, Denied, Desired, PolicyChecks, read_template_leniently};
use crate::parameters::ParameterOverrides;
use crate::plan::{Plan, Request, plan};
use crate::template::Template;
use crate::ui::plan::Heading;
use std::path::PathBuf;

/// Show what an update from one template to another would change, and the actual effects of executing it
///
/// Works offline. Compares evaluated values, so edits under a false condition do not count as changes. Parameters apply to AFTER,
/// and also to BEFORE if it declares them; --before-parameter overrides single values in BEFORE, --before-parameters replaces all
/// of them. If BEFORE is `deployed`, it keeps its deployed parameters, and AFTER uses them too unless they are overridden.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform diff old.json new.json\n  rackform diff rack.json rack.json --before-parameter BuildCache=No -p BuildCache=Yes\n  rackform diff deployed rack --exit-code --deny data-loss,security-widening\n  rackform diff old.json new.json --format markdown > comment.md\n\nExit codes: 0 done, 2 changes with --exit-code, 3 denied, 5 AWS differs from the prediction, 6 refused with --exit-code, 65 bad template or parameters, 66 missing file."
)]
pub struct Args {
    /// Template before the update: a file, `rack` for the rack of rack.yaml, or `deployed` for the deployed stack
    #[arg(value_name = "BEFORE", value_parser = diff_input::parse_diff_input)]
    before: DiffInput,
    /// Template after the update: a file, `rack` or `deployed`
    #[arg(value_name = "AFTER", value_parser = diff_input::parse_diff_input)]
    after: DiffInput,
    #[command(flatten)]
    parameters: ParameterArgs,
    /// Parameter value that differs in BEFORE; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    before_parameter: Vec<String>,
    /// Parameter file for BEFORE, which then ignores the parameters of AFTER
    #[arg(long, value_name = "FILE")]
    before_parameters: Vec<PathBuf>,
    #[command(flatten)]
    state: StateArgs,
    /// State file for BEFORE, if values known only to AWS have changed, such as an SSM parameter [default: the file of --state]
    #[arg(long, value_name = "FILE")]
    before_state: Option<PathBuf>,
    /// List changes as DescribeChangeSet does without IncludePropertyValues
    #[arg(long)]
    no_property_values: bool,
    /// Capabilities to acknowledge: CAPABILITY_IAM, CAPABILITY_NAMED_IAM, CAPABILITY_AUTO_EXPAND, or `none`; fail with
    /// CloudFormation's error if one is missing
    #[arg(long, value_name = "CAPABILITY,...", value_delimiter = ',', value_parser = parse_capability)]
    capabilities: Vec<CapabilityArg>,
    /// Resource types to allow, such as AWS::EC2::*; fail with CloudFormation's error for any other type
    #[arg(long, value_name = "TYPE,...", value_delimiter = ',')]
    resource_types: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: DiffFormat,
    /// Exit with code 2 if there are changes or may be, with code 6 if the update would be refused
    #[arg(long)]
    exit_code: bool,
    /// Exit with code 3 for these kinds of risk: data-loss (certain loss only), possible-data-loss (both), interruption,
    /// security-widening, replacement-collision, parameter-default, export-removed, output-removed; `unknown` for what cannot be known
    #[arg(long, value_name = "KIND,...", value_delimiter = ',', value_parser = policy_checks::parse_denied)]
    deny: Vec<Denied>,
    #[command(flatten)]
    import: ImportArgs,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

/// The format of a difference.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum DiffFormat {
    /// Human-readable text
    #[default]
    Human,
    /// The full plan: change set, actual effects, risks
    Json,
    /// The response of DescribeChangeSet
    ChangeSet,
    /// Comment for a pull request
    Markdown,
}

/// A value of `--capabilities`; `none` is `None`.
type CapabilityArg = Option<Capability>;

fn parse_capability(text: &str) -> Result<CapabilityArg, String> {
    if text == "none" {
        return Ok(None);
    }
    Capability::ALL
        .into_iter()
        .find(|capability| capability.name() == text)
        .map(Some)
        .ok_or_else(|| format!("use {}, or `none`", Capability::ALL.map(Capability::name).join(", ")))
}

/// Checks the capabilities and resource types as CloudFormation would.
fn check_request(args: &Args, template: &Template<'_>) -> Result<(), Failure> {
    let capabilities = (!args.capabilities.is_empty()).then(|| args.capabilities.iter().flatten().copied().collect());
    let request = Request { capabilities, resource_types: args.resource_types.clone() };
    match request.refusal(template) {
        Some(refusal) => Err(Failure::new(
            ExitCode::Data,
            format!("{}: {}", refusal.code.unwrap_or_default(), refusal.message.unwrap_or(refusal.reason)),
        )),
        None => Ok(()),
    }
}

impl Args {
    /// Returns whether resources are imported.
    pub fn is_importing(&self) -> bool {
        !self.import.imports.is_empty()
    }

    /// Returns how the results of several racks are merged.
    pub fn merged_output(&self) -> MergedOutput {
        match self.format {
            DiffFormat::Human => MergedOutput::Human,
            DiffFormat::Markdown => MergedOutput::Markdown,
            DiffFormat::Json | DiffFormat::ChangeSet => MergedOutput::Json,
        }
    }
}

/// Runs the command.
///
/// # Errors
///
/// Returns every error of both templates and their parameters, or an error if the change is denied.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let (mut plan, confirmation) = create_plan(args, context)?;
    if args.no_property_values {
        plan.change_set = std::mem::take(&mut plan.change_set_without_values);
    }
    let stack_name = context.stack_name(path_of(&args.after))?;
    let heading = Heading { stack_name: &stack_name, made: "predicted offline" };
    let text = match args.format {
        DiffFormat::Human => crate::ui::plan::human(&plan, heading, context.layout()) + &confirmation.text(Some(context.layout())),
        DiffFormat::Markdown => crate::ui::plan::markdown(&plan, heading) + &confirmation.text(None),
        DiffFormat::Json => crate::ui::bare_json(&crate::ui::plan::Confirmed::new(
            &plan,
            confirmation.confirmation.as_ref(),
            confirmation.drift.as_deref(),
        ))?,
        DiffFormat::ChangeSet => crate::ui::bare_json(&plan.change_set)?,
    };
    context.answer(&text)?;
    context.summarize(crate::ui::plan::counts(&plan));
    let protect = match args.after {
        DiffInput::Rack => context.rack_file()?.protect.as_slice(),
        _ => &[],
    };
    if args.exit_code && plan.is_refused() {
        return Ok(ExitCode::Refused);
    }
    PolicyChecks { deny: &args.deny, approves_data_loss: false, allow_data_loss: &[], protect }.check(&plan)?;
    if confirmation.disagrees() {
        return Ok(ExitCode::Disagreement);
    }
    Ok(if args.exit_code && plan.has_changes() { ExitCode::Differences } else { ExitCode::Done })
}

fn path_of(input: &DiffInput) -> Option<&std::path::Path> {
    match input {
        DiffInput::File(path) => Some(path),
        _ => None,
    }
}

fn create_plan(args: &Args, context: &mut Context<'_>) -> Result<(Plan, AwsConfirmation), Failure> {
    let before_args = ParameterArgs { parameter: args.before_parameter.clone(), parameter_files: args.before_parameters.clone() };
    if args.before == DiffInput::Deployed && before_args.is_empty() {
        return plan_from_deployed(args, context);
    }
    if args.confirm.confirm_with_aws || args.confirm.drift {
        return Err(Failure::new(ExitCode::Usage, "`--confirm-with-aws` and `--drift` require the deployed stack as BEFORE")
            .hinted("use `rackform diff deployed rack` or `rackform plan`"));
    }
    if !args.import.imports.is_empty() {
        return Err(Failure::new(ExitCode::Usage, "`--import` requires the deployed stack as BEFORE")
            .hinted("use `rackform diff deployed rack` or `rackform plan`"));
    }
    let before_source = diff_input::source(context, &args.before)?;
    let after_source = diff_input::source(context, &args.after)?;
    // Errors of both templates are reported together.
    let before_template = read_template_leniently(context.arena, before_source);
    let after_template = read_template_leniently(context.arena, after_source);
    if let (DiffInput::Rack, Ok(before), Ok(after)) = (&args.after, &before_template, &after_template) {
        operation::check_protected(&context.rack_file()?.protected(), after, Some(before))?;
    }
    let mut after_overrides = diff_input::overrides(context, &args.after)?;
    args.parameters.add_to(&mut after_overrides)?;
    let mut before_overrides = diff_input::overrides(context, &args.before)?;
    // Without a parameter file, BEFORE uses the parameters of AFTER that it declares.
    if before_args.parameter_files.is_empty()
        && let Ok(before_template) = before_template
    {
        for (name, value) in operation::declared_only(&after_overrides, before_template).values {
            before_overrides.add(name, value);
        }
    }
    before_args.add_to(&mut before_overrides)?;
    let state = args.state.load(context, &args.after)?;
    let state: &State = context.alloc(state);
    let before_state: &State = match &args.before_state {
        Some(path) => {
            let before = StateArgs { account: args.state.account.clone(), state_file: Some(path.clone()) };
            let before = before.load(context, &args.after)?;
            context.alloc(before)
        }
        None => state,
    };
    let before = before_template.and_then(|template| diff_input::evaluate(context, template, &before_overrides, before_state));
    let after = after_template.and_then(|template| diff_input::evaluate(context, template, &after_overrides, state));
    let (before, after) = operation::combine(before, after)?;
    context.show_warnings(&after.warnings);
    check_request(args, after.template)?;
    Ok((plan(&before, &after), AwsConfirmation::default()))
}

/// Plans an update of the deployed stack, which keeps its parameters unless they are overridden.
fn plan_from_deployed(args: &Args, context: &mut Context<'_>) -> Result<(Plan, AwsConfirmation), Failure> {
    let stack = context.stack_name(path_of(&args.after))?;
    let backend = backend::open(context, backend::Access::Read, &backend::BackendArgs::default())?;
    if backend.describe_stack(&stack)?.is_none() {
        return Err(backend::stack_not_found(&stack));
    }
    let desired = match &args.after {
        DiffInput::Rack => changes::desired_rack(context)?,
        DiffInput::Deployed => Desired::Unchanged,
        DiffInput::File(_) => Desired::Template(diff_input::source(context, &args.after)?),
    };
    let mut overrides = ParameterOverrides::default();
    args.parameters.add_to(&mut overrides)?;
    let (baseline, imports) = (Baseline::reverting_drift(args.confirm.drift), args.import.imports.as_slice());
    let mut change = changes::prepare(context, backend.as_ref(), &stack, desired, &overrides, baseline, imports)?;
    if args.after == DiffInput::Rack {
        StackArgs::default().resolve_options(context, &mut change)?;
    }
    change.compare_stack_settings(backend.as_ref())?;
    let confirmation = args.confirm.request(context, backend.as_ref(), &change)?;
    Ok((change.plan, confirmation))
}
