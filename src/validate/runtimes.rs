//! Lambda functions with a runtime that AWS has deprecated.
//!
//! An update does not fail because of a function that it does not change. So a plan reports refusals, not these findings.

use super::check::{Check, type_name, written};
use super::clause::Literal;
use crate::diagnostic::Diagnostic;
use crate::schema::{DeprecatedRuntime, deprecated_runtime};
use crate::template::{Intrinsic, Node};

pub(super) fn check(check: &mut Check<'_, '_>) {
    for entry in &check.template.resources {
        if !matches!(type_name(entry), "AWS::Lambda::Function" | "AWS::Serverless::Function") {
            continue;
        }
        let Some(properties) = entry.body.get("Properties") else { continue };
        let exists = check.exists(entry);
        for (guards, value) in written(check.template, properties, "Runtime", &exists) {
            for (literal, name) in names(check, value) {
                let Some(runtime) = deprecated_runtime(&name) else { continue };
                let mut guards = guards.clone();
                guards.extend(literal);
                let diagnostic = diagnostic(runtime, entry.name).at(check.template.source, value.span, "");
                check.report_where(diagnostic, &exists, &guards);
            }
        }
    }
}

/// Returns the possible texts of a runtime: the literal, or the known values of a parameter, each with its literal.
fn names(check: &Check<'_, '_>, value: &Node<'_>) -> Vec<(Option<Literal>, String)> {
    match (value.as_str(), Intrinsic::of(value)) {
        (Some(text), _) => vec![(None, text.to_owned())],
        (None, Some(Intrinsic::Ref(name))) => {
            let values = check.parameter_values(name.as_str().unwrap_or_default()).into_iter();
            values.map(|(literal, text)| (Some(literal), text)).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the finding: an error if Lambda accepts no request with the runtime.
fn diagnostic(runtime: DeprecatedRuntime, id: &str) -> Diagnostic {
    let DeprecatedRuntime { name, deprecated, no_creation_from, no_update_from, successor } = runtime;
    let consequence = match (no_creation_from, no_update_from) {
        _ if runtime.refuses_update() => "; Lambda neither creates nor updates functions with it".to_owned(),
        (Some(creation), Some(update)) if runtime.refuses_creation() => {
            format!("; Lambda creates no functions with it since {creation}, and plans to update none from {update}")
        }
        (Some(creation), Some(update)) => {
            format!("; Lambda plans to create no functions with it from {creation}, and to update none from {update}")
        }
        _ => String::new(),
    };
    let message = format!("the deprecation date of the runtime `{name}` of `{id}` is {deprecated}{consequence}");
    let new = if runtime.refuses_update() { Diagnostic::error } else { Diagnostic::warning };
    new("deprecated-runtime", message).hinted(format!("use a supported runtime, such as {successor}"))
}
