//! CloudFormation's quotas for templates.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>

use super::check::Check;
use crate::cloudformation::S3_TEMPLATE_LIMIT_BYTES;
use crate::parameters::MAX_VALUE_BYTES;
use crate::template::Section;

const MAX_RESOURCES: usize = 500;
const MAX_PARAMETERS: usize = 200;
const MAX_OUTPUTS: usize = 200;
const MAX_MAPPINGS: usize = 200;
const MAX_MAPPING_ATTRIBUTES: usize = 200;
const MAX_NAME_CHARACTERS: usize = 255;
const MAX_DESCRIPTION_BYTES: usize = 1_024;
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
const MAX_PARAMETER_DESCRIPTION_CHARACTERS: usize = 4_000;

/// Checks the size of the file. A plan leaves this to the backend, which may send the template without blanks.
pub(super) fn size(check: &mut Check<'_, '_>) {
    let template = check.template;
    let bytes = template.source.text().len();
    if bytes > S3_TEMPLATE_LIMIT_BYTES {
        over(
            check,
            template.source.first_character(template.root.span),
            format!("the template has {bytes} bytes; the limit is {S3_TEMPLATE_LIMIT_BYTES}"),
        );
    }
}

pub(super) fn check(check: &mut Check<'_, '_>) {
    let template = check.template;
    for (section, most, what) in [
        (&template.resources, MAX_RESOURCES, "resources"),
        (&template.parameters, MAX_PARAMETERS, "parameters"),
        (&template.outputs, MAX_OUTPUTS, "outputs"),
        (&template.mappings, MAX_MAPPINGS, "mappings"),
    ] {
        if let Some(entry) = section.iter().nth(most) {
            over(check, entry.name_span, format!("the template has {} {what}; the limit is {most}", section.len()));
        }
        for entry in section.iter().filter(|entry| entry.name.chars().count() > MAX_NAME_CHARACTERS) {
            over(check, entry.name_span, format!("the name is longer than {MAX_NAME_CHARACTERS} characters"));
        }
    }
    for mapping in &template.mappings {
        for level in std::iter::once(mapping.body.members()).chain(mapping.body.members().iter().map(|top| top.value.members())) {
            for member in level.iter().filter(|member| member.key.len() > MAX_NAME_CHARACTERS) {
                over(check, member.key_span, format!("the key is longer than {MAX_NAME_CHARACTERS} characters"));
            }
            if let Some(member) = level.get(MAX_MAPPING_ATTRIBUTES) {
                over(
                    check,
                    member.key_span,
                    format!("mapping `{}` has {} keys on one level; the limit is {MAX_MAPPING_ATTRIBUTES}", mapping.name, level.len()),
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

fn over(check: &mut Check<'_, '_>, span: crate::diagnostic::Span, message: String) {
    let diagnostic = check.error("template-limit", message, span, "");
    check.report(diagnostic.hinted("split the template, for example into nested stacks"));
}

fn parameters(check: &mut Check<'_, '_>, parameters: &Section<'_>) {
    for entry in parameters {
        if let Some(default) = entry.body.get("Default")
            && default.scalar().is_some_and(|value| value.len() > MAX_VALUE_BYTES)
        {
            over(check, default.span, format!("the default is longer than {MAX_VALUE_BYTES} bytes"));
        }
        if let Some(description) = entry.body.get("Description")
            && description.as_str().is_some_and(|text| text.chars().count() > MAX_PARAMETER_DESCRIPTION_CHARACTERS)
        {
            over(check, description.span, format!("the description is longer than {MAX_PARAMETER_DESCRIPTION_CHARACTERS} characters"));
        }
    }
}
