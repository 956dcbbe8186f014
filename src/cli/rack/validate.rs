//! `rackform validate`: checks a template without AWS.

use crate::cli::shared::diff_input::{self, DiffInput, ParameterArgs};
use crate::cli::{Context, ExitCode, Failure};
use crate::diagnostic::Diagnostics;
use crate::operation::{check_protected, fill_missing};
use crate::parameters::ParameterSet;
use crate::template::{LANGUAGE_EXTENSIONS, Template};
use crate::text::did_you_mean;
use crate::validate::{Finding, Options, RULES, validate};

/// Check a template without AWS: references, conditions, properties, Fargate rules, limits
///
/// A finding that depends on parameters is shown with parameter values that cause it. docs/validation-rules.md lists the rules,
/// docs/findings.schema.json describes the JSON output.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform validate rack.json\n  rackform validate rack.json -p BuildMethod=fargate --region us-west-1\n  rackform validate --format sarif > rackform.sarif\n  rackform validate rack.json --ignore unused-parameter,unused-condition --strict\n  rackform render | rackform validate -\n\nExit codes: 0 no errors, 65 errors (with --strict, warnings too), 66 missing file."
)]
pub struct Args {
    /// Template file, `rack` for the rack of rack.yaml, or `-` for standard input
    #[arg(value_name = "TEMPLATE", default_value = "rack", value_parser = diff_input::parse_diff_input)]
    template: DiffInput,
    #[command(flatten)]
    parameters: ParameterArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: FindingsFormat,
    /// Check only these rules, separated by commas
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = parse_rule)]
    select: Vec<&'static str>,
    /// Ignore these rules, separated by commas
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = parse_rule)]
    ignore: Vec<&'static str>,
    /// Exit with code 65 for warnings, too
    #[arg(long)]
    strict: bool,
}

/// Returns the rule of that name.
fn parse_rule(text: &str) -> Result<&'static str, String> {
    let names = || RULES.iter().map(|rule| rule.name);
    let rule = names().find(|name| *name == text);
    rule.ok_or_else(|| did_you_mean(text, names()).unwrap_or_else(|| "see docs/validation-rules.md for the rules".to_owned()))
}

/// The format of findings.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub enum FindingsFormat {
    /// Text with source excerpts
    #[default]
    Human,
    /// JSON for programs; starts with `format_version`
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if the template cannot be read, or every error of the parameters.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let source = diff_input::source(context, &args.template)?;
    let source = context.alloc(source);
    let mut macros: Vec<String> = Vec::new();
    let mut findings = match Template::read_in_part(source, context.arena) {
        Ok((template, problems)) => {
            let is_run_by_aws = |name: &&&str| **name != LANGUAGE_EXTENSIONS;
            macros.extend(template.transforms.iter().filter(is_run_by_aws).map(|name| format!("`{name}`")));
            // Errors in the structure of sections are reported together with findings inside them.
            let mut findings = as_findings(problems);
            findings.extend(validate_template(args, context, context.alloc(template))?);
            findings.sort_by_key(|finding| finding.diagnostic.labels.first().map_or(0, |label| label.span.start));
            findings
        }
        Err(problems) => as_findings(problems),
    };
    point_at_region(context, &mut findings);
    findings.retain(|finding| args.includes(finding.diagnostic.rule));
    let summary = crate::ui::findings::Summary::of(&findings);
    let text = match args.format {
        FindingsFormat::Human => crate::ui::findings::human(&findings, context.layout()),
        FindingsFormat::Json => crate::ui::findings::json(&findings)?,
        FindingsFormat::Sarif => crate::ui::findings::sarif(&findings, RULES)?,
    };
    context.answer(&text)?;
    if !macros.is_empty() {
        context.status(&format!(
            "not checked: what {} {} of the template, because only AWS runs {}",
            macros.join(", "),
            if macros.len() == 1 { "makes" } else { "make" },
            if macros.len() == 1 { "it" } else { "them" },
        ));
    }
    let is_refused = summary.errors > 0 || (args.strict && summary.warnings > 0);
    Ok(if is_refused { ExitCode::Data } else { ExitCode::Done })
}

fn validate_template<'a>(args: &Args, context: &mut Context<'a>, template: &'a Template<'a>) -> Result<Vec<Finding>, Failure> {
    if args.template == DiffInput::Rack {
        check_protected(&context.rack_file()?.protected(), template, None)?;
    }
    let mut overrides = diff_input::overrides(context, &args.template)?;
    args.parameters.add_to(&mut overrides)?;
    let region = context.settings()?.configured_region().map(str::to_owned);
    let region = region.as_deref();
    // The values of a rack are those that a plan would use, its defaults included; those of another template may still be given.
    if overrides.values.is_empty() && args.template != DiffInput::Rack {
        return Ok(validate(template, Options { parameters: None, region }));
    }
    fill_missing(template, &mut overrides);
    let parameters = ParameterSet::resolve(template, &overrides)?;
    let mut findings = validate(template, Options { parameters: Some(&parameters), region });
    if !template.source.is_file() {
        for finding in &mut findings {
            finding.diagnostic = parameters.point_at_values(finding.diagnostic.clone(), template);
        }
    }
    Ok(findings)
}

impl Args {
    fn includes(&self, rule: &str) -> bool {
        (self.select.is_empty() || self.select.contains(&rule)) && !self.ignore.contains(&rule)
    }
}

/// Adds the position of `region` in `rack.yaml` to findings about a mapping without that region, and keeps one finding for each mapping.
fn point_at_region(context: &mut Context<'_>, findings: &mut Vec<Finding>) {
    let is_flag = context.global.region.is_some();
    let Ok(rack_file) = context.rack_file() else { return };
    let mut seen: Vec<String> = Vec::new();
    findings.retain_mut(|finding| {
        let diagnostic = &mut finding.diagnostic;
        if is_flag || !rack_file.mark_region(diagnostic) {
            return true;
        }
        let is_first = !seen.contains(&diagnostic.message);
        seen.push(diagnostic.message.clone());
        is_first
    });
}

/// Converts the errors of a template that cannot be read to findings, so that every format shows them.
fn as_findings(problems: Diagnostics) -> Vec<Finding> {
    problems.0.into_iter().map(|diagnostic| Finding { diagnostic, assignment: Vec::new() }).collect()
}
