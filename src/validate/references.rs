//! References: every name is declared, and its resource exists whenever the reference is active.

use super::check::{Check, hinted, type_name};
use super::clause::{Clause, Literal};
use super::mappings;
use super::walk::{Owner, Use, UseKind};
use crate::graph::Graph;
use crate::schema;
use crate::template::{AttributeName, Node, Template};
use crate::text::{MOST_SUGGESTIONS, did_you_mean};

/// The pseudo parameters.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html>
const PSEUDO_PARAMETERS: &[&str] = &[
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

pub(super) fn check(check: &mut Check<'_, '_>) {
    // A macro can declare any entry, and a loop generates names.
    let expands = check.template.transforms.iter().any(|name| *name != "AWS::LanguageExtensions" && !name.starts_with("AWS::Serverless"));
    let loops = crate::evaluate::has_loops(check.template);
    let serverless = check.template.transforms.iter().any(|name| name.starts_with("AWS::Serverless"));
    let uses = std::mem::take(&mut check.uses);
    let mut looked_up = 0;
    if !expands && !loops && !serverless {
        for reference in uses.iter().filter(|reference| !reference.is_unguarded) {
            match reference.kind {
                UseKind::Condition => condition(check, reference),
                UseKind::Mapping(_) => mappings::check(check, reference),
                UseKind::Ref | UseKind::Attribute(_) | UseKind::DependsOn => target(check, reference, &mut looked_up),
            }
        }
    }
    check.uses = uses;
    let template = check.template;
    let mut edges = Vec::new();
    let mut named = Vec::new();
    for (index, entry) in template.conditions.iter().enumerate() {
        named_conditions(template, entry.body, &mut named);
        edges.extend(named.drain(..).map(|other| (index, other)));
    }
    let graph = Graph::new(template.conditions.len(), &edges);
    let entries: Vec<_> = template.conditions.iter().collect();
    for component in graph.cyclic_components() {
        let cycle: Vec<_> = graph.find_cycle(&component).into_iter().map(|index| entries[index]).collect();
        let path = crate::text::cycle(cycle.iter().map(|entry| entry.name));
        let message = format!("circular dependency between conditions: {path}");
        let mut diagnostic = check.error("circular-condition", message, cycle[0].name_span, "");
        for entry in &cycle[1..] {
            diagnostic = diagnostic.at(template.source, entry.name_span, "part of the cycle");
        }
        check.report(diagnostic);
    }
}

/// Adds the indexes of the conditions to which an expression refers.
fn named_conditions(template: &Template<'_>, node: &Node<'_>, named: &mut Vec<usize>) {
    if let Some(name) = node.get("Condition").and_then(|name| name.as_str())
        && let Some(index) = template.conditions.position(name)
    {
        named.push(index);
        return;
    }
    node.members().iter().for_each(|member| named_conditions(template, &member.value, named));
    node.items().iter().for_each(|item| named_conditions(template, item, named));
}

fn condition(check: &mut Check<'_, '_>, reference: &Use<'_>) {
    if check.template.conditions.contains(reference.target) || check.template.may_gain("Conditions") {
        return;
    }
    let names = check.template.conditions.iter().map(|entry| entry.name);
    let hint = check.did_you_mean(reference.target, names);
    let message = format!("undeclared condition `{}`", reference.target);
    let diagnostic = check.error("unresolved-condition", message, reference.span, "not declared");
    check.report(hinted(diagnostic, hint));
}

fn target<'a>(check: &mut Check<'_, 'a>, reference: &Use<'a>, looked_up: &mut usize) {
    let template = check.template;
    let name = reference.target;
    if matches!(reference.kind, UseKind::Ref) && (template.parameters.contains(name) || PSEUDO_PARAMETERS.contains(&name)) {
        return;
    }
    let Some(entry) = template.resources.get(name) else {
        return undeclared(check, reference, looked_up);
    };
    if matches!(reference.owner, Owner::Other) {
        return in_condition(check, reference);
    }
    if let UseKind::Attribute(attribute) = reference.kind {
        unknown_attribute(check, reference, type_name(entry), attribute);
    }
    // CloudFormation ignores a `DependsOn` to a resource whose condition is false.
    let Some(Literal::Condition(condition, _)) = check.exists(entry).first().copied() else { return };
    let missing = Literal::Condition(condition, false);
    if matches!(reference.kind, UseKind::DependsOn) || check.implies(&reference.guards, condition) {
        return;
    }
    let (exists, inner) = reference.guards.split_at(reference.own);
    let clauses: Vec<Clause> = inner.iter().copied().chain([missing]).map(|guard| vec![guard]).collect();
    let Some(when) = check.when_of(exists, clauses) else { return };
    let condition_name = entry.body.get("Condition").and_then(|name| name.as_str()).unwrap_or_default();
    let from = owner(check, reference.owner);
    let message = format!("{from} refers to `{name}`, which does not exist");
    let diagnostic = check
        .error("dangling-reference", message, reference.span, format!("`{name}` has condition `{condition_name}`"))
        .at(template.source, entry.name_span, "declared here")
        .hinted(format!(
            "make the reference conditional with an Fn::If on `{condition_name}`, or add a condition to {from} that implies it"
        ))
        .with_aws_message(aws_message(reference));
    check.report_when(diagnostic, &when);
}

/// Reports a reference from a condition or rule to a resource; CloudFormation evaluates both before it creates resources.
fn in_condition(check: &mut Check<'_, '_>, reference: &Use<'_>) {
    let name = reference.target;
    let message = format!("a condition or rule refers to `{name}`, which is a resource");
    let diagnostic = check
        .error("unresolved-reference", message, reference.span, "not a parameter")
        .hinted("conditions and rules can refer only to parameters, because CloudFormation evaluates them before it creates resources")
        .with_aws_message(format!(
            "Template format error: Unresolved dependencies [{name}]. Cannot reference resources in the Conditions block of the template"
        ));
    check.report(diagnostic);
}

/// Reports an undeclared name. CloudFormation also rejects one in a branch that is not taken.
fn undeclared(check: &mut Check<'_, '_>, reference: &Use<'_>, looked_up: &mut usize) {
    let template = check.template;
    let name = reference.target;
    let is_ref = matches!(reference.kind, UseKind::Ref);
    if template.module_of(name).is_some() || template.may_gain("Resources") || is_ref && template.may_gain("Parameters") {
        return;
    }
    *looked_up += 1;
    let parameters = template.parameters.iter().map(|entry| entry.name).filter(|_| matches!(reference.kind, UseKind::Ref));
    let names = template.resources.iter().map(|entry| entry.name).chain(parameters).chain(PSEUDO_PARAMETERS.iter().copied());
    let hint = did_you_mean(name, names.filter(|_| *looked_up <= MOST_SUGGESTIONS));
    let what = if matches!(reference.kind, UseKind::Ref) { "resource, parameter or pseudo parameter" } else { "resource" };
    let from = owner(check, reference.owner);
    let message = format!("{from} refers to an undeclared {what} `{name}`");
    let diagnostic = check.error("unresolved-reference", message, reference.span, "not declared").with_aws_message(aws_message(reference));
    check.report(hinted(diagnostic, hint));
}

fn unknown_attribute(check: &mut Check<'_, '_>, reference: &Use<'_>, resource_type: &str, attribute: AttributeName<'_>) {
    let Some(attribute) = attribute.text() else { return };
    let Some(facts) = schema::resource_type(resource_type) else { return };
    let path: Vec<&str> = attribute.split('.').collect();
    // The outputs of a nested stack are not in this template, and a computed attribute name is unknown.
    let open = attribute.is_empty() || path[0] == "Outputs" || attribute.contains("${");
    if open || facts.property(&path).is_some() || facts.attributes().any(|known| known == *attribute) {
        return;
    }
    let attributes: Vec<String> = facts.attributes().collect();
    let hint = check.did_you_mean(&attribute, attributes.iter().map(String::as_str));
    let message = format!("{resource_type} has no attribute `{attribute}`");
    let mut diagnostic = check.error("unknown-attribute", message, reference.span, "unknown attribute");
    diagnostic.aws_message =
        Some(format!("Template error: resource {} does not support attribute type {attribute} in Fn::GetAtt", reference.target));
    if hint.is_none() && !attributes.is_empty() {
        diagnostic.hint = Some(format!("available attributes: {}", attributes.join(", ")));
    }
    check.report(hinted(diagnostic, hint));
}

fn owner(check: &Check<'_, '_>, owner: Owner) -> String {
    let name = |index: usize, entries: &crate::template::Section<'_>| {
        entries.iter().nth(index).map(|entry| entry.name.to_owned()).unwrap_or_default()
    };
    match owner {
        Owner::Resource(index) => format!("`{}`", name(index, &check.template.resources)),
        Owner::Output(index) => format!("output `{}`", name(index, &check.template.outputs)),
        Owner::Other => "a condition or rule".to_owned(),
    }
}

fn aws_message(reference: &Use<'_>) -> String {
    let (prefix, block) = match reference.owner {
        Owner::Output(_) => ("", "Outputs"),
        _ => ("Template format error: ", "Resources"),
    };
    format!("{prefix}Unresolved resource dependencies [{}] in the {block} block of the template", reference.target)
}
