//! `rackform render`: renders the rack's template from the typed models and the template sources.

mod for_each;
mod specialised;

use std::path::PathBuf;

use crate::cli::shared::diff_input::ParameterArgs;
use crate::cli::shared::rendered::Rendered;
use crate::cli::{Context, ExitCode, Failure};
use crate::render::{RenderFormat, RenderOptions, render};

/// Render rackform's own rack template from typed models and template sources
///
/// With --specialise, the template has no conditions on its parameters: resources that the given parameters leave out are removed,
/// Fn::If is resolved, and parameters are replaced by their values. Secrets (NoEcho), values of SSM parameters and parameters without a
/// value stay parameters. Region, account and stack name are part of the result if --region, --account, --stack-name or, for the first two,
/// rack.yaml gives them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform render -o rack.json\n  rackform render --format yaml\n  rackform render --minify | wc -c\n  rackform render --check rack.json      print the difference and exit with code 2 if rack.json is out of date\n  rackform render --specialise -p BuildMethod=fargate --region eu-west-1 --minify\n  rackform render --for-each racks.yaml --specialise -o rendered      one file for each rack"
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
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "template")]
    templates: Option<PathBuf>,
    /// Fold conditions and constant expressions for the parameters of rack.yaml, --parameters and --parameter
    #[arg(long, visible_alias = "specialize")]
    specialise: bool,
    /// Template to specialise instead of rackform's own
    #[arg(long, value_name = "FILE", requires = "specialise")]
    template: Option<PathBuf>,
    #[command(flatten)]
    parameters: ParameterArgs,
    /// Parameter that stays a parameter of the specialised template, with its value as default; may be repeated
    #[arg(long, value_name = "NAME", requires = "specialise")]
    keep: Vec<String>,
    /// AWS account ID to write into the specialised template [default: `account` in rack.yaml, else AWS::AccountId stays]
    #[arg(long, value_name = "ACCOUNT_ID", requires = "specialise")]
    account: Option<String>,
    /// Leave out the descriptions of the specialised template and of its outputs
    #[arg(long, requires = "specialise")]
    omit_descriptions: bool,
    /// File of racks to render into the directory of --output, or to compare with that of --check, as NAME.json: a map from names to
    /// parameters, a list of `name` and `parameters`, or such an object on each line. A rack can also set AWS::Region, AWS::AccountId
    /// and AWS::StackName. Every template is evaluated; if one has an error, no file is written
    #[arg(long, value_name = "FILE")]
    for_each: Option<PathBuf>,
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
/// Returns an error of the template sources, of the parameters or of the list of racks, or an error if reading or writing fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    // Without parameters, the template does not depend on rack.yaml, but a file that is named must exist.
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
    if let Some(list) = &args.for_each {
        return for_each::run(args, list, format, context);
    }
    if !args.specialise && !args.parameters.is_empty() {
        return Err(Failure::new(ExitCode::Usage, "the full template has no parameter values")
            .hinted("add `--specialise` for a template with the values, or omit the parameters"));
    }
    let text = if args.specialise {
        specialised::render(args, format, context)?
    } else {
        render(&RenderOptions { format, templates: args.templates.as_deref() })?
    };
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
