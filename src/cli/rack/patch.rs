//! `rackform patch`: adds the build cache to an existing rack template.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::cli::shared::diff_input;
use crate::cli::{Context, ExitCode, Failure};
use crate::files::NewMode;
use crate::patch::{Patched, patch};

/// Add the build cache to an existing rack template, editing its text in place
///
/// Add or change only the lines that the cache requires; a second run changes nothing. If the template cannot be patched, list every
/// obstacle with its position and write nothing.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform patch rack.json > patched.json\n  rackform patch rack.json --in-place\n  rackform patch rack.json --check      print the difference and exit with code 2 if there is one"
)]
pub struct Args {
    /// Template, JSON or YAML; `-` reads standard input
    template: PathBuf,
    /// Overwrite the template's file with the patched template
    #[arg(long, conflicts_with_all = ["output", "check"])]
    in_place: bool,
    /// Write the patched template to a file [default: standard output]
    #[arg(short, long, value_name = "FILE", conflicts_with = "check")]
    output: Option<PathBuf>,
    /// Print the difference instead of writing; exit with code 2 if there is one
    #[arg(long)]
    check: bool,
}

/// Runs the command.
///
/// # Errors
///
/// Returns every obstacle in the template, or an error if reading or writing fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    if args.in_place && args.template == Path::new("-") {
        return Err(
            Failure::new(ExitCode::Usage, "`--in-place` does not support standard input").hinted("use `-o FILE`, or name a template file")
        );
    }
    let patched = patch(&diff_input::read_template_file(&args.template)?)?;
    if args.check {
        context.answer(&crate::ui::colored_difference(&patched.unified_diff(), context.layout()))?;
        context.status(&summary(&patched, "required"));
        return Ok(if patched.is_unchanged() { ExitCode::Done } else { ExitCode::Differences });
    }
    match (&args.output, args.in_place) {
        (_, true) if patched.is_unchanged() => {}
        (_, true) => crate::cli::shared::files::write(context.global, &args.template, patched.text().as_bytes(), NewMode::Default)?,
        (output, false) => context.document_to(output.as_deref(), patched.text())?,
    }
    context.status(&summary(&patched, "made"));
    Ok(ExitCode::Done)
}

fn summary(patched: &Patched, participle: &str) -> String {
    let mut text = match patched.changes().len() {
        0 => return "the template already has the build cache; no changes".to_owned(),
        1 => format!("1 change {participle}:"),
        count => format!("{count} changes {participle}:"),
    };
    for change in patched.changes() {
        let _ = write!(text, "\n  line {:>5}  {}", change.position.line, change.what);
    }
    text
}
