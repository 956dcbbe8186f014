//! What stands behind a difference: parameters, resources and attributes that its expression reaches.
//!
//! Expressions are walked as the template writes them, and only those of values that differ.

use rustc_hash::FxHashSet;

use super::world::World;
use crate::evaluate::{ConditionValue, Evaluation, Residual, Value, ValueKind};
use crate::parameters::ParameterType;
use crate::template::{Intrinsic, Node};

/// Something that an expression reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached<'a> {
    /// A parameter or pseudo parameter, or a resource, through `Ref` or `Fn::Sub`.
    Name(&'a str),
    /// An attribute, through `Fn::GetAtt` or `Fn::Sub`.
    Attribute(&'a str, &'a str),
    /// A condition, through `Fn::If`.
    Condition(&'a str),
}

/// Calls `visit` with everything that a value's expression reaches, the branches not taken left out.
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

/// Calls `visit` with everything that an expression of a template reaches.
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

/// Tells whether a parameter is new or has another value than before.
///
/// An SSM-typed parameter is judged by the name that it holds: a stored value that changed behind the same name is
/// nothing that AWS lays at the parameter's door.
pub(super) fn is_changed_parameter(before: Option<&Evaluation<'_>>, after: &Evaluation<'_>, name: &str) -> bool {
    let Some(parameter) = after.parameters.parameters.get(name) else { return false };
    let Some(before) = before else { return false };
    match before.parameters.parameters.get(name) {
        None => true,
        Some(old) => old.value != parameter.value,
    }
}

/// Returns what Parameter Store held and holds behind a parameter that names the same place in it as before, where that differs.
pub(super) fn stored_change(before: Option<&Evaluation<'_>>, after: &Evaluation<'_>, name: &str) -> Option<[String; 2]> {
    let parameter = after.parameters.parameters.get(name)?;
    let ParameterType::Ssm { .. } = parameter.declaration.parameter_type else { return None };
    let before = before.filter(|before| before.parameters.parameters.get(name).is_some_and(|old| old.value == parameter.value))?;
    let stored = |evaluation: &Evaluation<'_>| {
        let stored = evaluation.state.ssm.as_ref()?.get(parameter.value.as_deref()?)?;
        let value = stored.get("Value").unwrap_or(stored);
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    let values = [stored(before)?, stored(after)?];
    (values[0] != values[1]).then_some(values)
}

/// Returns the conditions that an expression rests on and that turned, with the parameters behind them that changed.
pub(super) fn turned_conditions<'a>(before: &Evaluation<'a>, after: &Evaluation<'a>, node: &'a Node<'a>) -> Vec<&'a str> {
    let mut found: Vec<&'a str> = Vec::new();
    walk(after, node, &mut |reached| {
        if let Reached::Condition(name) = reached
            && has_turned(before, after, name)
            && !found.contains(&name)
        {
            found.push(name);
        }
    });
    found
}

/// Tells whether a condition has another value than before.
pub(super) fn has_turned(before: &Evaluation<'_>, after: &Evaluation<'_>, name: &str) -> bool {
    before.conditions.get(name) != after.conditions.get(name)
}

/// Returns the changed parameters that a condition rests on, by itself or through other conditions.
pub(super) fn parameters_behind<'a>(world: &World<'_, 'a>, condition: &str) -> Vec<&'a str> {
    let World { before, after, .. } = *world;
    let mut found = Vec::new();
    let mut open: Vec<&str> = vec![condition];
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    while let Some(name) = open.pop() {
        let Some(entry) = after.template.conditions.get(name) else { continue };
        // Once all that changed are found, a chain of a thousand conditions has no more to tell.
        if found.len() == world.changed_parameters() {
            break;
        }
        if !seen.insert(entry.name) {
            continue;
        }
        let mut nodes = vec![entry.body];
        while let Some(node) = nodes.pop() {
            if let Some(Intrinsic::Condition(operand)) = Intrinsic::of_condition(node) {
                open.extend(operand.as_str());
                continue;
            }
            nodes.extend(node.items().iter().rev());
            nodes.extend(node.members().iter().rev().map(|member| &member.value));
            if let Some(Intrinsic::Ref(operand)) = Intrinsic::of(node)
                && let Some(name) = operand.as_str()
                && is_changed_parameter(before, after, name)
                && !found.contains(&name)
            {
                found.push(name);
            }
        }
    }
    found
}
