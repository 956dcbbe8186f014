//! `rackform params`: lists the parameters of a template with their effective values and sources.

use crate::cli::shared::backend::{self, Access, BackendArgs};
use crate::cli::shared::diff_input::{self, DiffInput, ParameterArgs};
use crate::cli::{Context, ExitCode, Failure};
use crate::operation::{DeployedStack, fill_missing, read_template, rule_problems};
use crate::parameters::{ParameterSet, groups};

/// List parameters with type, default, allowed values, group, description, value and the source of the value
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform params --group build\n  rackform params rack.json -p BuildCache=Yes --format json\n  rackform params deployed --format yaml > deployed.yaml"
)]
pub struct Args {
    /// Template file, `rack` for the rack of rack.yaml, `deployed` for the deployed stack, or `-` for standard input
    #[arg(value_name = "TEMPLATE", default_value = "rack", value_parser = crate::cli::shared::diff_input::parse_diff_input)]
    template: DiffInput,
    #[command(flatten)]
    parameters: ParameterArgs,
    /// Show only parameters of this group, such as build
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: ParamsFormat,
}

/// The format of a list of parameters.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum ParamsFormat {
    /// Human-readable text
    #[default]
    Human,
    /// JSON for programs; starts with `format_version`
    Json,
    /// Parameter file of the effective values, for --parameters; without NoEcho and missing values
    Yaml,
}

/// Runs the command.
///
/// # Errors
///
/// Returns every error of the template's parameters and of the given values, or an error if the group does not exist.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let (template, mut overrides) = match &args.template {
        DiffInput::Deployed => {
            let stack = context.stack_name(None)?;
            let backend = backend::open(context, Access::Read, &BackendArgs::default())?;
            let deployed = DeployedStack::load(backend.as_ref(), &stack, context.arena)?.ok_or_else(|| backend::stack_not_found(&stack))?;
            (deployed.template, deployed.parameters)
        }
        input => {
            let source = diff_input::source(context, input)?;
            (read_template(context.arena, source)?, diff_input::overrides(context, input)?)
        }
    };
    args.parameters.add_to(&mut overrides)?;
    // Missing values are listed, and are not an error here.
    let missing = fill_missing(template, &mut overrides);
    let set = ParameterSet::resolve(template, &overrides)?;
    context.show_warnings(&set.warnings);
    // A combination of values that the template's rules reject is no set of parameters that can be used.
    if args.template != DiffInput::Deployed {
        let problems = rule_problems(template, &overrides, context.settings()?.configured_region());
        if problems.has_errors() {
            return Err(problems.into());
        }
    }
    let groups = groups(template);
    let group = args.group.as_deref();
    if let Some(group) = group
        && !groups.iter().any(|known| known.label.eq_ignore_ascii_case(group))
    {
        let labels: Vec<&str> = groups.iter().map(|group| group.label).collect();
        let failure = Failure::new(ExitCode::Data, format!("unknown parameter group `{group}` in `{}`", template.source.name()));
        let hint = crate::text::did_you_mean(group, labels.iter().copied());
        return Err(failure.hinted(hint.unwrap_or_else(|| format!("the groups are {}", labels.join(", ")))));
    }
    let list = crate::ui::parameters::List { set: &set, groups: &groups, missing: &missing, group };
    let text = match args.format {
        ParamsFormat::Json => list.json()?,
        ParamsFormat::Yaml => list.yaml().map_err(|error| Failure::Bug(Box::new(error)))?,
        ParamsFormat::Human => list.human(context.layout()),
    };
    match args.format {
        ParamsFormat::Human => context.answer(&text)?,
        ParamsFormat::Json | ParamsFormat::Yaml => context.document(&text)?,
    }
    Ok(ExitCode::Done)
}
