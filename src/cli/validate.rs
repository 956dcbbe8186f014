//! `rackform validate`: checks a template without AWS.

use super::side::{self, ParameterArgs, SideName};
use super::{Context, ExitCode, Failure};
use crate::parameters::ParameterSet;
use crate::template::{Diagnostics, Template};
use crate::validate::{Finding, Options, validate};

/// Checks a template without AWS: references, conditions, properties, Fargate rules, limits
///
/// What breaks only under some parameter values is shown with values that break it. Rules and their names are in
/// docs/validation-rules.md.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform validate rack.json\n  rackform validate rack.json -p BuildMethod=fargate --region us-west-1\n  rackform validate --format sarif > rackform.sarif\n\nExit codes: 0 no errors, 65 errors (with --strict, warnings too), 66 missing file."
)]
pub struct Args {
    /// A template file, `rack`, or `-` for standard input
    #[arg(value_name = "TEMPLATE", default_value = "rack", value_parser = side::parse_side)]
    template: SideName,
    #[command(flatten)]
    parameters: ParameterArgs,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: FindingsFormat,
    /// End with exit code 65 for warnings too
    #[arg(long)]
    strict: bool,
}

/// How to show findings.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum FindingsFormat {
    /// Drawn into the template
    #[default]
    Human,
    /// For a program; starts with `format_version`
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// Runs the command.
///
/// # Errors
///
/// Returns that the template cannot be read, or every problem of the parameters given.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let source = side::source(context, &args.template)?;
    let source = context.keep(source);
    let findings = match Template::read(source, context.arena) {
        Ok(template) => found(args, context, context.keep(template))?,
        Err(problems) => as_findings(problems),
    };
    let summary = crate::ui::findings::Summary::of(&findings);
    let text = match args.format {
        FindingsFormat::Human => crate::ui::findings::human(&findings, context.layout()),
        FindingsFormat::Json => crate::ui::findings::json(&findings)?,
        FindingsFormat::Sarif => crate::ui::findings::sarif(&findings)?,
    };
    context.answer(&text)?;
    let is_refused = summary.errors > 0 || (args.strict && summary.warnings > 0);
    Ok(if is_refused { ExitCode::Data } else { ExitCode::Done })
}

fn found<'a>(args: &Args, context: &mut Context<'a>, template: &'a Template<'a>) -> Result<Vec<Finding>, Failure> {
    if args.template == SideName::Rack {
        side::check_protected(context, template, None)?;
    }
    let mut given = side::given(context, &args.template)?;
    args.parameters.add_to(&mut given)?;
    let region = context.given_region()?;
    let region = region.as_deref();
    if given.values.is_empty() {
        return Ok(validate(template, Options { parameters: None, region }));
    }
    side::leave_open(template, &mut given);
    let parameters = ParameterSet::resolve(template, &given)?;
    Ok(validate(template, Options { parameters: Some(&parameters), region }))
}

/// Returns what keeps a text from being a template as findings, so that every format shows it.
fn as_findings(problems: Diagnostics) -> Vec<Finding> {
    problems.0.into_iter().map(|diagnostic| Finding { diagnostic, assignment: Vec::new() }).collect()
}
