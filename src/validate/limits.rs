//! CloudFormation's own limits, and defaults that their own declarations refuse.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>

use super::check::Check;
use crate::parameters::ParameterType;
use crate::template::{Section, did_you_mean};

/// Longest template body that a request may carry itself, in bytes.
pub const INLINE_TEMPLATE_LIMIT_BYTES: usize = 51_200;
/// Longest template body that S3 may hold for CloudFormation, in bytes.
pub const S3_TEMPLATE_LIMIT_BYTES: usize = 1_000_000;
const MAX_RESOURCES: usize = 500;
const MAX_PARAMETERS: usize = 200;
const MAX_OUTPUTS: usize = 200;
const MAX_MAPPINGS: usize = 200;
const MAX_MAPPING_ATTRIBUTES: usize = 200;
const MAX_NAME_CHARACTERS: usize = 255;
const MAX_DESCRIPTION_BYTES: usize = 1_024;
const MAX_PARAMETER_VALUE_BYTES: usize = 4_096;

pub(super) fn check(check: &mut Check<'_, '_>) {
    let template = check.template;
    let bytes = template.source.text().len();
    if bytes > S3_TEMPLATE_LIMIT_BYTES {
        over(
            check,
            template.source.first_character(template.root.span),
            format!("the template has {bytes} bytes; CloudFormation takes {S3_TEMPLATE_LIMIT_BYTES}"),
        );
    }
    for (section, most, what) in [
        (&template.resources, MAX_RESOURCES, "resources"),
        (&template.parameters, MAX_PARAMETERS, "parameters"),
        (&template.outputs, MAX_OUTPUTS, "outputs"),
        (&template.mappings, MAX_MAPPINGS, "mappings"),
    ] {
        if let Some(entry) = section.iter().nth(most) {
            over(check, entry.name_span, format!("the template has {} {what}; CloudFormation takes {most}", section.len()));
        }
        for entry in section.iter().filter(|entry| entry.name.chars().count() > MAX_NAME_CHARACTERS) {
            over(check, entry.name_span, format!("the name is longer than {MAX_NAME_CHARACTERS} characters"));
        }
    }
    for mapping in &template.mappings {
        for level in std::iter::once(mapping.body.members()).chain(mapping.body.members().iter().map(|top| top.value.members())) {
            if let Some(member) = level.get(MAX_MAPPING_ATTRIBUTES) {
                over(
                    check,
                    member.key_span,
                    format!("mapping `{}` has {} keys here; CloudFormation takes {MAX_MAPPING_ATTRIBUTES}", mapping.name, level.len()),
                );
            }
        }
    }
    if let Some(description) = template.root.get("Description")
        && description.as_str().is_some_and(|text| text.len() > MAX_DESCRIPTION_BYTES)
    {
        over(check, description.span, format!("the description is longer than {MAX_DESCRIPTION_BYTES} bytes"));
    }
    parameters(check, &template.parameters);
}

fn over(check: &mut Check<'_, '_>, span: crate::template::Span, message: String) {
    let diagnostic = check.error("template-limit", message, span, "");
    check.report(diagnostic.hinted("split the template, for instance into nested stacks"));
}

/// Checks that defaults satisfy what their own declarations ask for.
fn parameters(check: &mut Check<'_, '_>, parameters: &Section<'_>) {
    for entry in parameters {
        if let Some((node, kind)) = entry.body.get("Type").and_then(|node| Some((node, node.as_str()?)))
            && ParameterType::of(kind).is_none()
        {
            let diagnostic = check
                .error("invalid-parameter-type", format!("parameter `{}` has type `{kind}`, which there is not", entry.name), node.span, "")
                .as_aws_says(format!("Template format error: Unrecognized parameter type: {kind}"));
            let near = did_you_mean(kind, ["CommaDelimitedList", "List<Number>", "Number", "String"]);
            check.report(super::references::hinted(diagnostic, near));
        }
        let Some(default) = entry.body.get("Default") else { continue };
        let Some(value) = default.scalar() else { continue };
        if value.len() > MAX_PARAMETER_VALUE_BYTES {
            over(check, default.span, format!("the default is longer than {MAX_PARAMETER_VALUE_BYTES} bytes"));
        }
        let text = |name: &str| entry.body.get(name).and_then(|node| node.scalar());
        let kind = text("Type").unwrap_or_default();
        let allowed: Vec<&str> = entry
            .body
            .get("AllowedValues")
            .map(|values| values.items().iter().filter_map(|value| value.scalar()).collect())
            .unwrap_or_default();
        let list = kind.contains("List");
        let stored = kind.starts_with("AWS::SSM::");
        let number = |text: Option<&str>| text.and_then(|text| text.trim().parse::<f64>().ok());
        let problem = if stored {
            None
        } else if !allowed.is_empty()
            && !value.split(if list { ',' } else { '\u{0}' }).all(|item| allowed.contains(&item.trim()) || allowed.contains(&item))
        {
            Some(format!("is not one of {}", allowed.join(", ")))
        } else if kind == "Number" && value.trim().parse::<f64>().is_err() {
            Some("is not a number".to_owned())
        } else if kind == "Number" && number(Some(value)) < number(text("MinValue")) && text("MinValue").is_some() {
            Some(format!("is below MinValue {}", text("MinValue").unwrap_or_default()))
        } else if kind == "Number" && text("MaxValue").is_some() && number(Some(value)) > number(text("MaxValue")) {
            Some(format!("is above MaxValue {}", text("MaxValue").unwrap_or_default()))
        } else if kind == "String" && number(text("MinLength")).is_some_and(|least| (value.chars().count() as f64) < least) {
            Some(format!("is shorter than MinLength {}", text("MinLength").unwrap_or_default()))
        } else if kind == "String" && number(text("MaxLength")).is_some_and(|most| value.chars().count() as f64 > most) {
            Some(format!("is longer than MaxLength {}", text("MaxLength").unwrap_or_default()))
        } else {
            None
        };
        if let Some(problem) = problem {
            let diagnostic =
                check.error("invalid-default", format!("the default of parameter `{}` {problem}", entry.name), default.span, "");
            check.report(diagnostic.hinted("change the default or the constraint"));
        }
    }
}
