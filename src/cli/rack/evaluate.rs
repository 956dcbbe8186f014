//! `rackform evaluate`: what exists under given parameters.

use crate::cli::shared::diff_input::{self, DiffInput, ParameterArgs, StateArgs};
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::evaluate::Evaluation;
use crate::operation::read_template_leniently;
use crate::template::Diagnostics;

/// Shows what exists under given parameters: conditions, resources with their properties, outputs
///
/// Works offline. What only AWS can know stays an intrinsic function in JSON, such as {"Fn::GetAtt": ["Vpc", "CidrBlock"]};
/// --state gives such values. A condition that rests on one is null.
/// Of a template with problems, JSON holds what has a value, and the problems under "errors"; the exit code is that of bad input.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform evaluate rack.json -p BuildMethod=fargate -p BuildCache=Yes\n  rackform evaluate rack.json --parameters production.json --region eu-west-1 --format json\n  rackform evaluate rack          the rack of rack.yaml"
)]
pub struct Args {
    /// A template file, `rack`, or `-` for standard input
    #[arg(value_name = "TEMPLATE", value_parser = diff_input::parse_diff_input)]
    template: DiffInput,
    #[command(flatten)]
    parameters: ParameterArgs,
    #[command(flatten)]
    state: StateArgs,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
///
/// # Errors
///
/// Returns every problem of the template under these parameters.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let (evaluation, problems) = match evaluated(args, context) {
        Err(Failure::Problems(problems, code)) => {
            // A program finds problems in one place, also those of a text or of parameters that leave nothing to show.
            if matches!(args.format, Format::Json) {
                context.answer_in_pieces(|out| crate::ui::evaluation::write_problems(&problems, out))?;
            }
            return Err(Failure::Problems(problems, code));
        }
        outcome => outcome?,
    };
    context.show_warnings(&evaluation.warnings);
    match args.format {
        // A program gets what has a value beside the problems: which condition turned is often what it wants to know of a template
        // that does not evaluate.
        Format::Json => context.answer_in_pieces(|out| crate::ui::evaluation::write_json(&evaluation, &problems, out))?,
        Format::Human if problems.has_errors() => {}
        Format::Human => context.answer(&crate::ui::evaluation::human(&evaluation, context.layout()))?,
    }
    diff_input::point_at_region(context, problems).into_result(ExitCode::Done).map_err(Failure::from)
}

fn evaluated<'a>(args: &Args, context: &mut Context<'a>) -> Result<(Evaluation<'a>, Diagnostics), Failure> {
    let source = diff_input::source(context, &args.template)?;
    let template = read_template_leniently(context.arena, source)?;
    let mut given = diff_input::given(context, &args.template)?;
    args.parameters.add_to(&mut given)?;
    let state = args.state.load(context, &args.template)?;
    let state = context.alloc(state);
    Ok(diff_input::evaluate_partly(context, template, &given, state)?)
}
