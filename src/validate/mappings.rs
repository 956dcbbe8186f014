//! Mappings and their keys.

use super::check::Check;
use super::references::hinted;
use super::walk::{Use, UseKind};
use crate::template::{Node, did_you_mean};

/// Checks one `Fn::FindInMap`: the mapping is declared, and has the keys that are written out.
pub(super) fn check(check: &mut Check<'_, '_>, reference: &Use<'_>) {
    let UseKind::Mapping(operands) = reference.kind else { return };
    // `AWS::Include` brings mappings of its own, and a default value makes up for what is missing.
    if operands.items().len() != 3 || check.template.transforms.contains(&"AWS::Include") {
        return;
    }
    let Some(mapping) = check.template.mappings.get(reference.target) else {
        let hint = did_you_mean(reference.target, check.template.mappings.iter().map(|entry| entry.name));
        let message = format!("mapping `{}` is not declared", reference.target);
        let diagnostic = check.error("unresolved-mapping", message, reference.span, "no such mapping");
        return check.report(hinted(diagnostic, hint));
    };
    if mapping.body.members().iter().any(|top| top.key.starts_with("Fn::")) {
        return;
    }
    let [top, second] = [1, 2].map(|index| operands.items().get(index));
    let found = match top.and_then(|top| top.as_str()) {
        Some(key) => match mapping.body.get(key) {
            Some(level) => vec![level],
            None => {
                let keys = mapping.body.members().iter().map(|member| member.key);
                return missing(check, reference, top, did_you_mean(key, keys));
            }
        },
        None => mapping.body.members().iter().map(|member| &member.value).collect(),
    };
    let Some(key) = second.and_then(|second| second.as_str()) else { return };
    if !found.is_empty() && found.iter().all(|level| level.get(key).is_none()) {
        let keys = found.iter().flat_map(|level| level.members()).map(|member| member.key);
        missing(check, reference, second, did_you_mean(key, keys));
    }
}

fn missing(check: &mut Check<'_, '_>, reference: &Use<'_>, key: Option<&Node<'_>>, hint: Option<String>) {
    let Some(when) = check.reached(&reference.guards) else { return };
    let (name, span) = key.map_or(("", reference.span), |key| (key.as_str().unwrap_or_default(), key.span));
    let message = format!("mapping `{}` has no key `{name}`", reference.target);
    let diagnostic = check.error("unresolved-mapping", message, span, "no such key");
    check.report_when(hinted(diagnostic, hint), &when);
}
