//! Parameter declarations: types, constraints, and whether defaults and allowed values satisfy the constraints.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>

use super::check::{Check, hinted};
use crate::diagnostic::Severity;
use crate::parameters::{Declaration, ParameterType};
use crate::text::did_you_mean;

pub(super) fn check(check: &mut Check<'_, '_>) {
    let template = check.template;
    for entry in template.parameters.iter().filter(|entry| entry.name != "Fn::Transform") {
        if let Some((node, kind)) = entry.body.get("Type").and_then(|node| Some((node, node.as_str()?)))
            && ParameterType::of(kind).is_none()
        {
            let diagnostic = check
                .error("invalid-parameter-type", format!("unknown parameter type `{kind}` of parameter `{}`", entry.name), node.span, "")
                .with_aws_message(format!("Template format error: Unrecognized parameter type: {kind}"));
            let near = did_you_mean(kind, ["CommaDelimitedList", "List<Number>", "Number", "String"]);
            check.report(hinted(diagnostic, near));
            continue;
        }
        let (declaration, problems) = Declaration::of(template, entry);
        for mut problem in problems.0 {
            problem.rule = "invalid-parameter";
            check.report(problem);
        }
        let Some(declaration) = declaration else { continue };
        bounds(check, &declaration);
        default(check, &declaration);
        allowed(check, &declaration);
    }
}

/// Finds contradictory bounds and invalid patterns.
fn bounds<'a>(check: &mut Check<'_, 'a>, declaration: &Declaration<'a>) {
    let body = declaration.entry.body;
    let lengths = (declaration.min_length.map(|minimum| minimum as f64), declaration.max_length.map(|maximum| maximum as f64));
    for (low, high, (minimum, maximum)) in
        [("MinValue", "MaxValue", (declaration.min_value, declaration.max_value)), ("MinLength", "MaxLength", lengths)]
    {
        if let (Some(minimum), Some(maximum), Some(node)) = (minimum, maximum, body.get(low))
            && minimum > maximum
        {
            let message = format!("{low} {minimum} of parameter `{}` is greater than {high} {maximum}", declaration.name());
            let diagnostic = check.error("invalid-parameter", message, node.span, "").hinted("change one of the two bounds");
            check.report(diagnostic);
        }
    }
    if let Some(pattern) = declaration.allowed_pattern.filter(|pattern| crate::parameters::is_malformed_pattern(pattern))
        && let Some(node) = body.get("AllowedPattern")
    {
        let message = format!("invalid AllowedPattern `{}` of parameter `{}`", super::literals::short(pattern), declaration.name());
        let mut diagnostic = check.error("invalid-parameter", message, node.span, "").hinted("check for an unclosed bracket");
        diagnostic.severity = Severity::Warning;
        check.report(diagnostic);
    }
}

fn default<'a>(check: &mut Check<'_, 'a>, declaration: &Declaration<'a>) {
    let (Some(text), Some(node)) = (&declaration.default, declaration.entry.body.get("Default")) else { return };
    // The constraints apply to the value in SSM and not to the name of the SSM parameter.
    if matches!(declaration.parameter_type, ParameterType::Ssm { .. }) {
        return;
    }
    // AllowedValues can list either whole lists or single items.
    let is_whole = declaration.parameter_type.is_list() && declaration.allowed_values.contains(&text.as_str());
    if let Some((problem, hint)) = declaration.violation(text, check.patterns()).filter(|_| !is_whole) {
        let message = format!("the default of parameter `{}` {problem}", declaration.name());
        let diagnostic = check.error("invalid-default", message, node.span, "");
        check.report(diagnostic.hinted(hint.unwrap_or_else(|| "change the default or the constraint".to_owned())));
    }
}

/// Finds allowed values that violate another constraint.
fn allowed<'a>(check: &mut Check<'_, 'a>, declaration: &Declaration<'a>) {
    let constrained = declaration.allowed_pattern.is_some()
        || [declaration.min_value, declaration.max_value].iter().any(Option::is_some)
        || [declaration.min_length, declaration.max_length].iter().any(Option::is_some)
        || matches!(declaration.parameter_type, ParameterType::Number | ParameterType::NumberList);
    let values = declaration.entry.body.get("AllowedValues").map(|values| values.items()).unwrap_or_default();
    for node in values.iter().filter(|_| constrained) {
        if let Some((problem, _)) = node.scalar().and_then(|text| declaration.violation(text, check.patterns())) {
            let message = format!("an allowed value of parameter `{}` {problem}", declaration.name());
            let mut diagnostic = check.error("invalid-allowed-value", message, node.span, "violates another constraint");
            diagnostic.severity = Severity::Warning;
            check.report(diagnostic.hinted("remove the value, or change the constraint"));
        }
    }
}
