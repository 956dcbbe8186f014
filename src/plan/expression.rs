//! References of the template's expressions, as written: parameters, resources, attributes and conditions.
//!
//! Evaluation replaces a reference by its value, so a cause is found in the expression that produced the value.

use crate::diagnostic::Span;
use crate::evaluate::{ConditionValue, Evaluation, Residual, Value, ValueKind};
use crate::template::{AttributeName, Intrinsic, Node, Reference, ReferenceVisitor};

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
    Walk { evaluation, visit }.expression(node);
}

struct Walk<'w, 'a> {
    evaluation: &'w Evaluation<'a>,
    visit: &'w mut dyn FnMut(Reached<'a>),
}

impl<'a> ReferenceVisitor<'a> for Walk<'_, 'a> {
    fn reference(&mut self, reference: Reference<'a>, _: Span) {
        match reference {
            Reference::Name(name) => (self.visit)(Reached::Name(name)),
            Reference::Attribute(id, AttributeName::Text(attribute)) => (self.visit)(Reached::Attribute(id, attribute)),
            Reference::Attribute(id, attribute) => {
                if let Some(attribute) = attribute.text() {
                    (self.visit)(Reached::Attribute(id, self.evaluation.arena.str(&attribute)));
                }
            }
            Reference::Condition(name) => (self.visit)(Reached::Condition(name)),
            Reference::DependsOn(_) | Reference::Mapping(..) => {}
        }
    }

    fn enter_branch(&mut self, condition: &'a str, value: bool) -> bool {
        self.evaluation.conditions.get(condition) != Some(&ConditionValue::Known(!value))
    }

    fn visits_unused_variables(&self) -> bool {
        false
    }
}
