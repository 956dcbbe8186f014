//! References of the template's expressions, as written: parameters, resources, attributes and conditions.
//!
//! Evaluation replaces a reference by its value, so a cause is found in the expression that produced the value.

use crate::evaluate::{ConditionValue, Evaluation, Residual, Value, ValueKind};
use crate::template::{Intrinsic, Node};

/// A reference in an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached<'a> {
    /// A parameter or pseudo parameter, or a resource, through `Ref` or `Fn::Sub`.
    Name(&'a str),
    /// An attribute, through `Fn::GetAtt` or `Fn::Sub`.
    Attribute(&'a str, &'a str),
    /// A condition, through `Fn::If`.
    Condition(&'a str),
}

/// Calls `visit` with every reference of a value's expression, except those in branches of `Fn::If` that are not taken.
pub(super) fn each_reached<'a>(evaluation: &Evaluation<'a>, value: &Value<'a>, visit: &mut dyn FnMut(Reached<'a>)) {
    if Intrinsic::of(value.origin).is_some() {
        return walk(evaluation, value.origin, visit);
    }
    match value.kind {
        ValueKind::List(items) => items.iter().for_each(|item| each_reached(evaluation, item, visit)),
        ValueKind::Map(members) => members.iter().for_each(|(_, value)| each_reached(evaluation, value, visit)),
        ValueKind::Unknown(Residual::Ref(id)) => visit(Reached::Name(id)),
        ValueKind::Unknown(Residual::GetAtt(id, attribute)) => visit(Reached::Attribute(id, attribute)),
        _ => {}
    }
}

/// Calls `visit` with every reference of an expression, except those in branches of `Fn::If` that are not taken.
pub(super) fn walk<'a>(evaluation: &Evaluation<'a>, node: &'a Node<'a>, visit: &mut dyn FnMut(Reached<'a>)) {
    match Intrinsic::of(node) {
        Some(Intrinsic::Ref(operand)) => {
            if let Some(name) = operand.as_str() {
                visit(Reached::Name(name));
            }
        }
        Some(Intrinsic::GetAtt(operand)) => {
            if let Some((id, attribute)) = attribute_of(operand) {
                visit(Reached::Attribute(id, attribute));
            }
        }
        Some(Intrinsic::Sub(operand)) => sub(evaluation, operand, visit),
        Some(Intrinsic::If(operand)) => {
            let [condition, yes, no] = operand.items() else { return };
            let Some(name) = condition.as_str() else { return };
            visit(Reached::Condition(name));
            match evaluation.conditions.get(name) {
                Some(ConditionValue::Known(true)) => walk(evaluation, yes, visit),
                Some(ConditionValue::Known(false)) => walk(evaluation, no, visit),
                _ => [yes, no].into_iter().for_each(|branch| walk(evaluation, branch, visit)),
            }
        }
        _ => {
            node.items().iter().for_each(|item| walk(evaluation, item, visit));
            node.members().iter().for_each(|member| walk(evaluation, &member.value, visit));
        }
    }
}

/// Returns the parts of a `Fn::GetAtt` operand, in either form.
fn attribute_of<'a>(operand: &'a Node<'a>) -> Option<(&'a str, &'a str)> {
    match operand.items() {
        [id, attribute] => Some((id.as_str()?, attribute.as_str()?)),
        _ => operand.as_str()?.split_once('.'),
    }
}

fn sub<'a>(evaluation: &Evaluation<'a>, operand: &'a Node<'a>, visit: &mut dyn FnMut(Reached<'a>)) {
    let (text, variables) = match operand.items() {
        [text, variables] => (text.as_str(), variables.members()),
        _ => (operand.as_str(), [].as_slice()),
    };
    let mut rest = text.unwrap_or_default();
    while let Some((_, tail)) = rest.split_once("${") {
        let Some((name, tail)) = tail.split_once('}') else { return };
        rest = tail;
        let name = name.trim();
        if let Some(variable) = variables.iter().find(|variable| variable.key == name) {
            walk(evaluation, &variable.value, visit);
        } else if let Some((id, attribute)) = name.split_once('.') {
            visit(Reached::Attribute(id, attribute));
        } else if !name.starts_with('!') {
            visit(Reached::Name(name));
        }
    }
}
