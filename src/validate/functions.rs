//! Intrinsic functions: unknown names and malformed operands.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use super::check::Check;
use super::selects;
use super::walk::{self, Guards};
use crate::template::{GetAtt, Intrinsic, Kind, Node};
use crate::text::did_you_mean;

/// The names of all functions, for "did you mean" hints.
const NAMES: &[&str] = &[
    "Fn::And",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::Equals",
    "Fn::FindInMap",
    "Fn::GetAZs",
    "Fn::GetAtt",
    "Fn::GetStackOutput",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Length",
    "Fn::Not",
    "Fn::Or",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Fn::Transform",
];

pub(super) fn check(check: &mut Check<'_, '_>) {
    // A macro can define its own functions.
    if check.template.transforms.iter().any(|name| *name != "AWS::LanguageExtensions") {
        return;
    }
    let template = check.template;
    for entry in &template.conditions {
        walk(check, entry.body, &mut Vec::new());
    }
    for entry in template.resources.iter().filter(|entry| !entry.name.starts_with("Fn::")) {
        let mut guards = check.exists(entry);
        entry.body.members().iter().filter(|member| member.key != "Metadata").for_each(|member| walk(check, &member.value, &mut guards));
    }
    for entry in template.outputs.iter().filter(|entry| !entry.name.starts_with("Fn::")) {
        let mut guards = check.exists(entry);
        walk(check, entry.body, &mut guards);
    }
}

fn walk<'a>(check: &mut Check<'_, 'a>, node: &'a Node<'a>, guards: &mut Guards) {
    match Intrinsic::of(node) {
        Some(Intrinsic::If(operand)) => {
            check_operands(check, node, Intrinsic::If(operand));
            let name = operand.items().first().and_then(|name| name.as_str());
            for (branch, holds) in operand.items().iter().skip(1).zip([true, false]) {
                let depth = guards.len();
                guards.extend(name.and_then(|name| walk::condition(check.template, name, holds)));
                walk(check, branch, guards);
                guards.truncate(depth);
            }
            return;
        }
        Some(function) => {
            check_operands(check, node, function);
            if let Intrinsic::Select(operand) = function {
                selects::check(check, operand, guards);
            }
        }
        None => {}
    }
    node.members().iter().for_each(|member| walk(check, &member.value, guards));
    node.items().iter().for_each(|item| walk(check, item, guards));
}

fn check_operands<'a>(check: &mut Check<'_, 'a>, node: &'a Node<'a>, function: Intrinsic<'a>) {
    let extended = check.template.has_language_extensions();
    let count = |operand: &Node<'_>, counts: std::ops::RangeInclusive<usize>| matches!(operand.kind, Kind::Array(items) if counts.contains(&items.len()));
    let text_first = |operand: &Node<'_>| operand.items().first().is_some_and(|first| first.as_str().is_some());
    // The result of `Fn::Transform` is unknown.
    let expands = node.members().iter().any(|member| member.value.get("Fn::Transform").is_some());
    let wanted = match function {
        _ if expands => return,
        Intrinsic::If(operand) if !count(operand, 3..=3) => "a condition name and two values",
        Intrinsic::If(operand) if !text_first(operand) => "a condition name as its first operand",
        Intrinsic::Join(operand) if !count(operand, 2..=2) || operand.items()[1].scalar().is_some() => "a delimiter and a list",
        Intrinsic::Split(operand) if !count(operand, 2..=2) => "a delimiter and a string",
        Intrinsic::Select(operand) if !count(operand, 2..=2) || operand.items()[1].scalar().is_some() => "an index and a list",
        Intrinsic::FindInMap(operand) if !count(operand, if extended { 3..=4 } else { 3..=3 }) => "a mapping name and two keys",
        Intrinsic::Sub(operand) if operand.as_str().is_none() && !(count(operand, 2..=2) && text_first(operand)) => {
            "a string, or a string and a map of variables"
        }
        Intrinsic::Equals(operand) if !count(operand, 2..=2) => "two values",
        Intrinsic::And(operand) | Intrinsic::Or(operand) if !count(operand, 2..=10) => "two to ten conditions",
        Intrinsic::Not(operand) if !count(operand, 1..=1) => "one condition",
        Intrinsic::GetAtt(operand) if GetAtt::of(operand).is_none() => "a logical ID and an attribute name",
        Intrinsic::Ref(operand) if operand.scalar().is_none() && !extended => "a parameter name or a logical ID",
        Intrinsic::Cidr(operand) if !count(operand, 2..=3) => "a CIDR block, a count and a number of bits",
        Intrinsic::GetStackOutput(operand) if ["StackName", "OutputName"].iter().any(|name| operand.get(name).is_none()) => {
            "a StackName and an OutputName"
        }
        Intrinsic::Other(name, _) => {
            let diagnostic = check.error("unknown-function", format!("unknown function `{name}`"), node.span, "unknown function");
            return check.report(super::check::hinted(diagnostic, did_you_mean(name, NAMES.iter().copied())));
        }
        _ => return,
    };
    let name = node.members().first().map_or("", |member| member.key);
    let diagnostic = check.error("malformed-function", format!("`{name}` requires {wanted}"), node.span, "");
    check.report(diagnostic);
}
