//! `render --specialise`: one template for the parameters of one rack.

use super::Args;
use crate::cli::shared::diff_input::read_template_file;
use crate::cli::{Context, ExitCode, Failure};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Source};
use crate::operation::{fill_missing, read_template, rule_problems};
use crate::parameters::{ParameterOverrides, ParameterSet};
use crate::render::{RenderFormat, RenderOptions, to_text};
use crate::specialise::{Inputs, specialise};
use crate::template::Template;
use crate::text::did_you_mean;

/// Returns the text of the specialised template.
pub(super) fn render(args: &Args, format: RenderFormat, context: &mut Context<'_>) -> Result<String, Failure> {
    let template = template(args, context)?;
    let mut overrides = parameters(args, context)?;
    fill_missing(template, &mut overrides);
    let parameters = ParameterSet::resolve(template, &overrides)?;
    context.show_warnings(&parameters.warnings);
    let mut inputs = Inputs::new(template, parameters).keeping(args.keep.iter().map(String::as_str));
    if args.omit_descriptions {
        inputs = inputs.without_descriptions();
    }
    for (name, value) in pseudo_parameters(args, context)? {
        inputs = inputs.with_pseudo_parameter(&name, &value);
    }
    let rules = rule_problems(template, &overrides, context.settings()?.configured_region());
    let inputs = context.alloc(inputs);
    let specialised = specialise(template, inputs, context.arena)?;
    context.show_warnings(&specialised.warnings);
    // A rule that the defaults of remaining parameters violate, such as a blank password: the deployment has to give other values.
    let still_violated = rules.0.into_iter().map(|rule| Diagnostic {
        severity: Severity::Warning,
        hint: Some("give the remaining parameters other values when the template is deployed".to_owned()),
        ..rule
    });
    context.show_warnings(&Diagnostics(still_violated.collect()));
    let small = specialised.template()?;
    let names: Vec<&str> = small.parameters.iter().map(|entry| entry.name).collect();
    let remaining = if names.is_empty() { "no parameters remain".to_owned() } else { format!("parameters: {}", names.join(", ")) };
    context.status(&format!("{} of {} resources; {remaining}", small.resources.len(), template.resources.len()));
    Ok(to_text(specialised.root(), format))
}

/// Returns the template to specialise: the file of `--template`, or the rack's own.
pub(super) fn template<'a>(args: &Args, context: &Context<'a>) -> Result<&'a Template<'a>, Failure> {
    let source = match &args.template {
        Some(path) => read_template_file(path)?,
        None => {
            let options = RenderOptions { format: RenderFormat::MinifiedJson, templates: args.templates.as_deref() };
            Source::new("rack.json (rendered)", crate::render::render(&options)?)
        }
    };
    let template = read_template(context.arena, source)?;
    if let Some(unknown) = args.keep.iter().find(|name| !template.parameters.contains(name)) {
        let hint = did_you_mean(unknown, template.parameters.iter().map(|entry| entry.name));
        return Err(Failure::new(ExitCode::Usage, format!("unknown parameter `{unknown}` in `--keep`")).with_hint(hint));
    }
    Ok(template)
}

/// Returns the parameters of `rack.yaml`, unless another template is specialised, with those of files and options.
pub(super) fn parameters(args: &Args, context: &mut Context<'_>) -> Result<ParameterOverrides, Failure> {
    let mut overrides = if args.template.is_none() { context.rack_file()?.parameters.clone() } else { ParameterOverrides::new() };
    args.parameters.add_to(&mut overrides)?;
    Ok(overrides)
}

/// Returns the pseudo parameters that are given: region, account and stack name of the command line, or region and account of `rack.yaml`.
pub(super) fn pseudo_parameters(args: &Args, context: &mut Context<'_>) -> Result<Vec<(String, String)>, Failure> {
    let mut pseudo = Vec::new();
    if let Some(region) = context.settings()?.configured_region() {
        pseudo.push(("AWS::Region".to_owned(), region.to_owned()));
    }
    if let Some(account) = args.account.as_ref().or(context.rack_file()?.account.as_ref()) {
        pseudo.push(("AWS::AccountId".to_owned(), account.clone()));
    }
    if let Some(name) = &context.global.stack_name {
        pseudo.push(("AWS::StackName".to_owned(), name.clone()));
    }
    Ok(pseudo)
}
