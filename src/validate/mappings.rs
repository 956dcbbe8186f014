//! `Fn::FindInMap`: mappings and their keys.

use super::check::{Check, hinted};
use super::clause::Literal;
use super::walk::{Use, UseKind};
use crate::template::{Entry, Intrinsic, Node};

/// Most top-level keys of a mapping that are all checked for a second-level key.
const MAX_TOP_KEYS: usize = 1_000;

/// Checks that the mapping of a `Fn::FindInMap` is declared and has the literal keys.
pub(super) fn check<'a>(check: &mut Check<'_, 'a>, reference: &Use<'a>) {
    let UseKind::Mapping(operands) = reference.kind else { return };
    // `AWS::Include` can add mappings, and `Fn::FindInMap` can have a default value.
    if operands.items().len() != 3 || check.template.may_gain("Mappings") && !check.template.mappings.contains(reference.target) {
        return;
    }
    let Some(mapping) = check.template.mappings.get(reference.target) else {
        let hint = check.did_you_mean(reference.target, check.template.mappings.iter().map(|entry| entry.name));
        let message = format!("undeclared mapping `{}`", reference.target);
        let diagnostic = check.error("unresolved-mapping", message, reference.span, "not declared");
        return check.report(hinted(diagnostic, hint));
    };
    // An include inside a mapping supplies keys.
    let includes = |node: &Node<'_>| node.members().iter().any(|member| member.key.starts_with("Fn::"));
    let is_open = *check
        .includes
        .entry(mapping.name)
        .or_insert_with(|| includes(mapping.body) || mapping.body.members().iter().any(|top| includes(&top.value)));
    if check.template.is_rewritten() || is_open {
        return;
    }
    let [top, second] = [1, 2].map(|index| operands.items().get(index));
    chosen(check, reference, mapping, top, second);
    let found = match top.and_then(|top| top.as_str()) {
        Some(key) => match check.keys.get(mapping.body, key) {
            Some(level) => vec![level],
            None => {
                let keys = mapping.body.members().iter().map(|member| member.key);
                return missing(check, reference, top, check.did_you_mean(key, keys));
            }
        },
        // CloudFormation accepts far fewer keys.
        None if mapping.body.members().len() > MAX_TOP_KEYS => return,
        None => mapping.body.members().iter().map(|member| &member.value).collect(),
    };
    let Some(key) = second.and_then(|second| second.as_str()) else { return };
    if !found.is_empty() && found.iter().all(|level| check.keys.get(level, key).is_none()) {
        let keys = found.iter().flat_map(|level| level.members()).map(|member| member.key);
        missing(check, reference, second, check.did_you_mean(key, keys));
    }
}

/// Checks keys that are parameters: every known value must be a key.
fn chosen<'a>(
    check: &mut Check<'_, 'a>,
    reference: &Use<'a>,
    mapping: &Entry<'a>,
    top: Option<&'a Node<'a>>,
    second: Option<&'a Node<'a>>,
) {
    let (Some(top), Some(second)) = (top, second) else { return };
    let parameter = |node: &'a Node<'a>| match Intrinsic::of(node) {
        Some(Intrinsic::Ref(name)) => name.as_str(),
        _ => None,
    };
    let mut lacking = Vec::new();
    if let Some(name) = parameter(top) {
        for (literal, value) in values(check, name) {
            let lacks = match check.keys.get(mapping.body, &value) {
                None => Some((value.clone(), top)),
                Some(level) => second.as_str().filter(|key| check.keys.get(level, key).is_none()).map(|key| (key.to_owned(), second)),
            };
            lacking.extend(lacks.map(|(key, node)| (literal, value, key, node)));
        }
    } else if let (Some(level), Some(name)) = (top.as_str().and_then(|key| check.keys.get(mapping.body, key)), parameter(second)) {
        let others = values(check, name).into_iter().filter(|(_, value)| check.keys.get(level, value).is_none()).collect::<Vec<_>>();
        lacking.extend(others.into_iter().map(|(literal, value)| (literal, value.clone(), value, second)));
    }
    for (literal, value, key, node) in lacking {
        let clauses: Vec<_> = reference.guards.iter().copied().chain([literal]).map(|guard| vec![guard]).collect();
        let Some(when) = check.when_of(&[], clauses) else { continue };
        let is_region = parameter(top) == Some("AWS::Region");
        let under = if is_region && key != value { format!(" under `{value}`") } else { String::new() };
        let message = format!("mapping `{}` has no key `{key}`{under}", reference.target);
        let mut diagnostic = check.error("unresolved-mapping", message, node.span, "looked up here").with_aws_message(format!(
            "Template error: Unable to get mapping for {}::{value}::{}",
            reference.target,
            second.as_str().unwrap_or(&key)
        ));
        if is_region {
            diagnostic = diagnostic.hinted("check the region name, or add the region to the mapping");
        }
        let diagnostic = hinted(diagnostic, check.did_you_mean(&key, mapping.body.members().iter().map(|member| member.key)));
        // A missing region is reported once per mapping.
        if is_region && when.in_force {
            if !check.is_told(&diagnostic) {
                check.report(diagnostic);
            }
        } else {
            check.report_when(diagnostic, &when);
        }
    }
}

/// Returns the known values of a parameter, without an account, a stack name or a region that was only assumed.
fn values(check: &Check<'_, '_>, name: &str) -> Vec<(Literal, String)> {
    let is_region = matches!(name, "AWS::Region" | "AWS::Partition" | "AWS::URLSuffix");
    if name.starts_with("AWS::") && (!is_region || check.given_region().is_none()) {
        return Vec::new();
    }
    check.parameter_values(name)
}

fn missing(check: &mut Check<'_, '_>, reference: &Use<'_>, key: Option<&Node<'_>>, hint: Option<String>) {
    let Some(when) = check.reached(&reference.guards) else { return };
    let (name, span) = key.map_or(("", reference.span), |key| (key.as_str().unwrap_or_default(), key.span));
    let message = format!("mapping `{}` has no key `{name}`", reference.target);
    let diagnostic = check.error("unresolved-mapping", message, span, "unknown key");
    check.report_when(hinted(diagnostic, hint), &when);
}
