//! Small questions about evaluated values: is it the same, what text is it, what does it refer to.

use crate::evaluate::{Residual, Value, ValueKind};

/// What an expression refers to in the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference<'a> {
    /// `Ref` of a resource.
    Resource(&'a str),
    /// `Fn::GetAtt` of a resource.
    Attribute(&'a str, &'a str),
}

impl<'a> Reference<'a> {
    /// Returns the resource that is referred to.
    pub(super) fn logical_id(self) -> &'a str {
        match self {
            Self::Resource(id) | Self::Attribute(id, _) => id,
        }
    }
}

/// Returns the text of a scalar as CloudFormation's contexts show it.
pub(super) fn scalar_text<'a>(kind: ValueKind<'a>) -> Option<&'a str> {
    match kind {
        ValueKind::Bool(true) => Some("true"),
        ValueKind::Bool(false) => Some("false"),
        ValueKind::Number(text) | ValueKind::String(text) => Some(text),
        _ => None,
    }
}

/// Returns the member of a map.
pub(super) fn member<'a>(value: &Value<'a>, key: &str) -> Option<Value<'a>> {
    match value.kind {
        ValueKind::Map(members) => members.iter().find(|(name, _)| *name == key).map(|(_, value)| *value),
        _ => None,
    }
}

/// Returns what stands at a path of names, such as `["Export", "Name"]`.
pub(super) fn at<'a>(value: &Value<'a>, names: &[&str]) -> Option<Value<'a>> {
    names.iter().try_fold(*value, |value, name| member(&value, name))
}

/// Returns the known text at a path of names.
pub(super) fn text_at<'a>(value: &Value<'a>, names: &[&str]) -> Option<&'a str> {
    at(value, names).and_then(|value| scalar_text(value.kind))
}

/// Returns the items of a list; a value that is no list counts as a list of itself.
pub(super) fn items<'v, 'a>(value: &'v Value<'a>) -> &'v [Value<'a>] {
    match value.kind {
        ValueKind::List(items) => items,
        _ => std::slice::from_ref(value),
    }
}

/// Calls `visit` with every value directly inside an unknown one.
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

/// Tells whether a value is what a macro makes of it.
pub(super) fn is_of_macro(value: &Value<'_>) -> bool {
    matches!(value.kind, ValueKind::Unknown(Residual::Transform(_)))
}
