//! `rackform diff`: shows what an update from one template to another would change.

use crate::cli::shared::aws_confirmation::{AwsConfirmation, ConfirmArgs};
use crate::cli::shared::backend;
use crate::cli::shared::changes;
use crate::cli::shared::changes::ImportArgs;
use crate::cli::shared::diff_input::{self, DiffInput, ParameterArgs, StateArgs};
use crate::cli::shared::notes::print_note;
use crate::cli::shared::policy_checks;
use crate::cli::shared::stack_args::StackArgs;
use crate::cli::shared::summary::SummaryArgs;
use crate::cli::{Context, ExitCode, Failure, MergedOutput};
use crate::cloudformation::Capability;
use crate::diagnostic::Source;
use crate::evaluate::State;
use crate::operation::{self, Baseline, Denied, Desired, OfflineRequest, OfflineSide, PolicyChecks};
use crate::parameters::ParameterOverrides;
use crate::plan::{Plan, Request};
use crate::ui::plan::{Heading, Subject};
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
    /// Template after the update: a file or `rack`, or `deployed` if BEFORE is `deployed`
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
    #[command(flatten)]
    summary: SummaryArgs,
    /// Exit with code 2 if there are changes or may be, with code 6 if the update would be refused
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

impl Args {
    /// Returns the request whose capabilities and resource types are checked as CloudFormation would.
    fn request(&self) -> Request {
        let capabilities = (!self.capabilities.is_empty()).then(|| self.capabilities.iter().flatten().copied().collect());
        Request { capabilities, resource_types: self.resource_types.clone() }
    }

    /// Returns whether the plan is also written into a file.
    pub fn has_json_file(&self) -> bool {
        self.summary.has_json_file()
    }

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
    let files = match (&args.before, &args.after) {
        (DiffInput::File(before), DiffInput::File(after)) => Some((before.display().to_string(), after.display().to_string())),
        _ => None,
    };
    let subject = match &files {
        Some((before, after)) => Subject::Files(before, after),
        None => Subject::Stack(&stack_name),
    };
    let heading = Heading { subject, made: "predicted offline" };
    let whole = crate::ui::plan::Confirmed::new(&plan, confirmation.confirmation.as_ref(), confirmation.drift.as_deref());
    args.summary.write_json(context, &whole)?;
    let text = match args.format {
        DiffFormat::Human => args.summary.human(&plan, heading, context.layout())? + &confirmation.text(Some(context.layout())),
        DiffFormat::Markdown => crate::ui::plan::markdown(&*args.summary.shown(&plan)?, heading) + &confirmation.text(None),
        DiffFormat::Json => crate::ui::bare_json(&whole)?,
        DiffFormat::ChangeSet => crate::ui::bare_json(&plan.change_set)?,
    };
    match args.format {
        DiffFormat::Human => args.summary.print(context, &text)?,
        _ => context.answer(&text)?,
    }
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
    let before_args =
        ParameterArgs { parameter: args.before_parameter.clone(), parameter_files: args.before_parameters.clone(), secrets: Vec::new() };
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
    let before = OfflineSide {
        source: diff_input::source(context, &args.before)?,
        parameters: diff_input::overrides(context, &args.before)?,
        state: match &args.before_state {
            Some(path) => {
                let before = StateArgs { account: args.state.account.clone(), state_file: Some(path.clone()) };
                Some(before.load(context, &args.after)?)
            }
            None => None,
        },
    };
    let mut after = OfflineSide {
        source: diff_input::source(context, &args.after)?,
        parameters: diff_input::overrides(context, &args.after)?,
        state: Some(args.state.load(context, &args.after)?),
    };
    args.parameters.add_to(&mut after.parameters)?;
    announce_region(context, [&before.source, &after.source], after.state.as_ref());
    let mut before_overrides = ParameterOverrides::default();
    before_args.add_to(&mut before_overrides)?;
    let protected = if args.after == DiffInput::Rack { context.rack_file()?.protected() } else { Vec::new() };
    let request = OfflineRequest {
        before,
        // Without a parameter file, BEFORE uses the parameters of AFTER that it declares.
        shares_parameters: before_args.parameter_files.is_empty(),
        before_overrides,
        after,
        protected: &protected,
        request: args.request(),
    };
    let arena = context.arena;
    let plan = operation::plan_offline(request, arena, &mut |note| print_note(context, note));
    Ok((changes::with_region(context, plan)?, AwsConfirmation::default()))
}

/// Prints which region is assumed, if nothing gives one and one of two templates depends on it: the other may be specialised for another.
fn announce_region(context: &mut Context<'_>, sources: [&Source; 2], state: Option<&State>) {
    if sources[0].name() == sources[1].name() {
        return;
    }
    let Some(state) = state.filter(|state| state.assumed.iter().any(|name| name == "AWS::Region")) else { return };
    let depends =
        |source: &&&Source| source.is_file() && ["AWS::Region", "Fn::GetAZs", "!GetAZs"].iter().any(|name| source.text().contains(name));
    if let (Some(source), Some(region)) = (sources.iter().find(depends), state.pseudo.get("AWS::Region").and_then(|region| region.as_str()))
    {
        context.status(&format!("`{}` depends on the region, assumed to be {region}; give it with `--region`", source.name()));
    }
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
        StackArgs::default().resolve(context, backend.as_ref(), &mut change)?;
    }
    change.compare_stack_settings(backend.as_ref())?;
    let confirmation = args.confirm.request(context, backend.as_ref(), &change)?;
    Ok((change.plan, confirmation))
}
