//! Helpers for evaluated values: equality, scalar text, lookup by path, and references.

use rustc_hash::FxHashMap;

use crate::evaluate::{Residual, Value, ValueKind};
use crate::template::LazyKeys;

/// A reference to a resource of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference<'a> {
    /// `Ref` of a resource.
    Resource(&'a str),
    /// `Fn::GetAtt` of a resource.
    Attribute(&'a str, &'a str),
}

impl<'a> Reference<'a> {
    /// Returns the logical ID of the referenced resource.
    pub(super) fn logical_id(self) -> &'a str {
        match self {
            Self::Resource(id) | Self::Attribute(id, _) => id,
        }
    }
}

/// Returns the text of a scalar in the form of a change set's `BeforeContext` and `AfterContext`.
pub(super) fn scalar_text<'a>(kind: ValueKind<'a>) -> Option<&'a str> {
    match kind {
        ValueKind::Bool(true) => Some("true"),
        ValueKind::Bool(false) => Some("false"),
        ValueKind::Number(text) | ValueKind::String(text) => Some(text),
        _ => None,
    }
}

/// Returns a number; `None` if it is known only to AWS.
pub(super) fn number(value: &Value<'_>) -> Option<f64> {
    scalar_text(value.kind).and_then(|text| text.trim().parse().ok())
}

/// Returns the member of a map.
pub(super) fn member<'a>(value: &Value<'a>, key: &str) -> Option<Value<'a>> {
    match value.kind {
        ValueKind::Map(members) => members.iter().find(|(name, _)| *name == key).map(|(_, value)| *value),
        _ => None,
    }
}

/// Returns the value at a path of names, such as `["Export", "Name"]`.
pub(super) fn at<'a>(value: &Value<'a>, names: &[&str]) -> Option<Value<'a>> {
    names.iter().try_fold(*value, |value, name| member(&value, name))
}

/// Returns the scalar text at a path of names.
pub(super) fn text_at<'a>(value: &Value<'a>, names: &[&str]) -> Option<&'a str> {
    at(value, names).and_then(|value| scalar_text(value.kind))
}

/// Finds members of maps by key, each map again and again.
#[derive(Default)]
pub(super) struct MemberCache<'a>(FxHashMap<usize, LazyKeys<'a>>);

impl<'a> MemberCache<'a> {
    /// Returns the value at a path of names and indices.
    pub(super) fn at(&mut self, value: Value<'a>, path: &[&str]) -> Option<Value<'a>> {
        path.iter().try_fold(value, |value, name| match value.kind {
            ValueKind::List(items) => items.get(name.parse::<usize>().ok()?).copied(),
            ValueKind::Map(members) => {
                let keys = self.0.entry(members.as_ptr().addr()).or_default();
                keys.get(members, name, |(key, _)| key).map(|(_, value)| *value)
            }
            _ => None,
        })
    }
}

/// Returns the items of a list; any other value counts as a list of one item.
pub(super) fn items<'v, 'a>(value: &'v Value<'a>) -> &'v [Value<'a>] {
    match value.kind {
        ValueKind::List(items) => items,
        _ => std::slice::from_ref(value),
    }
}

/// Calls `visit` with every direct operand of an unknown value.
pub(super) fn each_operand<'a>(residual: &Residual<'a>, visit: &mut impl FnMut(&Value<'a>)) {
    match *residual {
        Residual::Ref(_) | Residual::GetAtt(..) | Residual::SsmParameter { .. } => {}
        Residual::Parameter(_) | Residual::PseudoParameter(_) | Residual::Transform(_) => {}
        Residual::ImportValue(value)
        | Residual::AvailabilityZones(value)
        | Residual::Base64(value)
        | Residual::Join(_, value)
        | Residual::Split(_, value)
        | Residual::Function(_, value) => visit(value),
        Residual::Concat(values) | Residual::Cidr(values) | Residual::FindInMap(values) => values.iter().for_each(visit),
        Residual::Select(index, list) => {
            visit(index);
            visit(list);
        }
        Residual::If(_, yes, no) => yes.into_iter().chain(no).for_each(visit),
    }
}

/// Calls `visit` with every reference to a resource inside a value.
pub(super) fn each_reference<'a>(value: &Value<'a>, visit: &mut dyn FnMut(Reference<'a>)) {
    match value.kind {
        ValueKind::List(items) => items.iter().for_each(|item| each_reference(item, visit)),
        ValueKind::Map(members) => members.iter().for_each(|(_, value)| each_reference(value, visit)),
        ValueKind::Unknown(Residual::Ref(id)) => visit(Reference::Resource(id)),
        ValueKind::Unknown(Residual::GetAtt(id, attribute)) => visit(Reference::Attribute(id, attribute)),
        ValueKind::Unknown(residual) => each_operand(&residual, &mut |operand| each_reference(operand, visit)),
        _ => {}
    }
}

/// Returns whether a value is the result of a macro.
pub(super) fn is_of_macro(value: &Value<'_>) -> bool {
    matches!(value.kind, ValueKind::Unknown(Residual::Transform(_)))
}
