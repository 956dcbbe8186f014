//! `rackform render`: renders the rack's template from the typed models and the template sources.

use std::path::PathBuf;

use crate::cli::shared::rendered::Rendered;
use crate::cli::{Context, ExitCode, Failure};
use crate::render::{RenderFormat, RenderOptions, render};

/// Render rackform's own rack template from typed models and template sources
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform render -o rack.json\n  rackform render --format yaml\n  rackform render --minify | wc -c\n  rackform render --check rack.json      print the difference and exit with code 2 if rack.json is out of date"
)]
pub struct Args {
    /// Template format
    #[arg(long, value_enum, default_value_t)]
    format: TextFormat,
    /// Write JSON on one line; CloudFormation accepts 51,200 bytes inline and 1 MB from S3
    #[arg(long)]
    minify: bool,
    #[command(flatten)]
    rendered: Rendered,
    /// Directory of template sources that override built-in sources of the same name
    #[arg(long, value_name = "DIRECTORY")]
    templates: Option<PathBuf>,
}

/// Template format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum TextFormat {
    /// Indented JSON
    #[default]
    Json,
    /// YAML with short-form functions
    Yaml,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error of the template sources, or an error if reading or writing fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    // The template does not depend on rack.yaml, but a file that is named must exist.
    if context.global.file().is_some() {
        context.rack_file()?;
    }
    let format = match (args.format, args.minify) {
        (TextFormat::Json, false) => RenderFormat::Json,
        (TextFormat::Json, true) => RenderFormat::MinifiedJson,
        (TextFormat::Yaml, false) => RenderFormat::Yaml,
        (TextFormat::Yaml, true) => {
            return Err(Failure::new(ExitCode::Usage, "`--minify` does not support YAML").hinted("omit `--minify` or `--format yaml`"));
        }
    };
    let text = render(&RenderOptions { format, templates: args.templates.as_deref() })?;
    args.rendered.write_or_check_unless(&text, context, |file| {
        let is_json = file.text().trim_start().starts_with('{');
        if is_json != (format == RenderFormat::Yaml) || file.text().trim().is_empty() {
            return None;
        }
        let (actual, rendered, hint) =
            if is_json { ("JSON", "YAML", "omit `--format yaml`") } else { ("YAML", "JSON", "add `--format yaml`") };
        let message = format!("`{}` is {actual}, but the rendered template is {rendered}", file.name());
        Some(Failure::new(ExitCode::Usage, message).hinted(hint))
    })
}
