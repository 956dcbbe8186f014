//! `rackform evaluate`: evaluates a template with parameters.

use crate::cli::shared::diff_input::{self, DiffInput, ParameterArgs, StateArgs};
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::diagnostic::Diagnostics;
use crate::evaluate::Evaluation;
use crate::operation::read_template_leniently;
use crate::ui::Layout;

/// Evaluate a template with parameters: show conditions, resources with their properties, outputs
///
/// Works offline. In JSON, a value known only to AWS remains an intrinsic function, such as {"Fn::GetAtt": ["Vpc", "CidrBlock"]}, and
/// a condition that depends on one is null; --state provides such values. If the template has errors, the JSON contains every value
/// that could be evaluated and lists the errors under "errors", and the exit code is 65.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform evaluate rack.json -p BuildMethod=fargate -p BuildCache=Yes\n  rackform evaluate rack.json --parameters production.json --region eu-west-1 --format json\n  rackform evaluate               evaluate the rack of rack.yaml"
)]
pub struct Args {
    /// Template file, `rack` for the rack of rack.yaml, or `-` for standard input
    #[arg(value_name = "TEMPLATE", default_value = "rack", value_parser = diff_input::parse_diff_input)]
    template: DiffInput,
    #[command(flatten)]
    parameters: ParameterArgs,
    #[command(flatten)]
    state: StateArgs,
    /// Show whole values; on a terminal, long values are shortened otherwise
    #[arg(long)]
    full: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
///
/// # Errors
///
/// Returns every error of the parameters and of the template.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let (evaluation, problems) = match evaluate(args, context) {
        Err(Failure::Problems(problems, code)) => {
            // JSON contains the errors even if nothing could be evaluated.
            if matches!(args.format, Format::Json) {
                context.stream_answer(|out| crate::ui::evaluation::write_problems(&problems, out))?;
            }
            return Err(Failure::Problems(problems, code));
        }
        outcome => outcome?,
    };
    context.show_warnings(&evaluation.warnings);
    match args.format {
        // JSON contains the evaluated values beside the errors: conditions, for example, are useful even if resources have errors.
        Format::Json => context.stream_answer(|out| crate::ui::evaluation::write_json(&evaluation, &problems, out))?,
        Format::Human if problems.has_errors() => {}
        Format::Human => {
            let layout = context.layout();
            context.answer(&crate::ui::evaluation::human(&evaluation, Layout { whole: layout.whole || args.full, ..layout }))?;
        }
    }
    diff_input::point_at_region(context, problems).into_result(ExitCode::Done).map_err(Failure::from)
}

fn evaluate<'a>(args: &Args, context: &mut Context<'a>) -> Result<(Evaluation<'a>, Diagnostics), Failure> {
    let source = diff_input::source(context, &args.template)?;
    let template = read_template_leniently(context.arena, source)?;
    let mut overrides = diff_input::overrides(context, &args.template)?;
    args.parameters.add_to(&mut overrides)?;
    let state = args.state.load(context, &args.template)?;
    let state = context.alloc(state);
    Ok(diff_input::evaluate_partly(context, template, &overrides, state)?)
}
