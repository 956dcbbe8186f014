//! Serialization of values as JSON, with secrets masked.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value as Json};

use super::value::{Residual, Value, ValueKind};
use crate::secret::Mask;

impl Value<'_> {
    /// Returns the value as JSON. An unknown value is written as its remaining intrinsic function, in the long form.
    pub fn to_json(&self) -> Json {
        // Every value has a JSON form: keys are strings, and a number that JSON cannot represent is written as text.
        serde_json::to_value(self).unwrap_or(Json::Null)
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        MaskedValue { value: self, mask: &Mask::default() }.serialize(serializer)
    }
}

/// A value to serialize with secrets masked. It is written without an intermediate JSON tree, which would cost more than evaluation.
pub(crate) struct MaskedValue<'v, 'a> {
    /// The value.
    pub(crate) value: &'v Value<'a>,
    /// The secrets to mask in its texts and keys.
    pub(crate) mask: &'v Mask,
}

impl Serialize for MaskedValue<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mask = self.mask;
        match &self.value.kind {
            ValueKind::Null => serializer.serialize_unit(),
            ValueKind::Bool(value) => serializer.serialize_bool(*value),
            ValueKind::Number(text) => match text.parse::<serde_json::Number>() {
                Ok(number) if !mask.is_secret(text) => number.serialize(serializer),
                // A number that JSON cannot represent is written as text.
                _ => serializer.serialize_str(&mask.mask(text)),
            },
            ValueKind::String(text) => serializer.serialize_str(&mask.mask(text)),
            ValueKind::List(items) => serializer.collect_seq(items.iter().map(|value| MaskedValue { value, mask })),
            ValueKind::Map(members) => members_of(serializer, members, mask, |value| MaskedValue { value, mask }),
            ValueKind::Unknown(residual) => MaskedResidual { residual, mask }.serialize(serializer),
        }
    }
}

/// Serializes a map with masked keys, its values through `written`.
pub(crate) fn members_of<'v, 'a, S: Serializer, W: Serialize>(
    serializer: S,
    members: &'v [(&'a str, Value<'a>)],
    mask: &Mask,
    written: impl Fn(&'v Value<'a>) -> W,
) -> Result<S::Ok, S::Error> {
    if members.iter().all(|(key, _)| matches!(mask.mask(key), Cow::Borrowed(_))) {
        return serializer.collect_map(members.iter().map(|(key, value)| (key, written(value))));
    }
    // Masked keys may collide, and then the last one wins.
    let mut map = Map::new();
    for (key, value) in members {
        let value = serde_json::to_value(written(value)).map_err(serde::ser::Error::custom)?;
        map.insert(mask.mask(key).into_owned(), value);
    }
    map.serialize(serializer)
}

/// An unknown value, written as its remaining intrinsic function.
struct MaskedResidual<'v, 'a> {
    residual: &'v Residual<'a>,
    mask: &'v Mask,
}

impl Serialize for MaskedResidual<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mask = self.mask;
        let text = |text| mask.mask(text);
        match self.residual {
            Residual::Ref(name)
            | Residual::PseudoParameter(name)
            | Residual::Parameter(name)
            | Residual::SsmParameter { parameter: name, .. } => self.function(serializer, "Ref", text(name)),
            Residual::GetAtt(id, attribute) => self.function(serializer, "Fn::GetAtt", [text(id), text(attribute)]),
            Residual::ImportValue(name) => self.function(serializer, "Fn::ImportValue", self.written(name)),
            Residual::AvailabilityZones(region) => self.function(serializer, "Fn::GetAZs", self.written(region)),
            Residual::Transform(node) => mask.json(serde_json::to_value(node).unwrap_or(Json::Null)).serialize(serializer),
            Residual::Concat(parts) => self.function(serializer, "Fn::Join", (text(""), self.all_written(parts))),
            Residual::Join(delimiter, value) => self.function(serializer, "Fn::Join", (text(delimiter), self.written(value))),
            Residual::Split(delimiter, value) => self.function(serializer, "Fn::Split", (text(delimiter), self.written(value))),
            Residual::Select(index, value) => self.function(serializer, "Fn::Select", [self.written(index), self.written(value)]),
            Residual::Base64(value) => self.function(serializer, "Fn::Base64", self.written(value)),
            Residual::Cidr(operands) => self.function(serializer, "Fn::Cidr", self.all_written(operands)),
            Residual::If(condition, yes, no) => {
                self.function(serializer, "Fn::If", (text(condition), Branch(*yes, mask), Branch(*no, mask)))
            }
            Residual::FindInMap(operands) => self.function(serializer, "Fn::FindInMap", self.all_written(operands)),
            Residual::Function(name, value) => self.function(serializer, name, self.written(value)),
        }
    }
}

impl<'v, 'a> MaskedResidual<'v, 'a> {
    fn function<S: Serializer>(&self, serializer: S, name: &str, operand: impl Serialize) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.mask.mask(name), operand)])
    }

    fn written(&self, value: &'v Value<'a>) -> MaskedValue<'v, 'a> {
        MaskedValue { value, mask: self.mask }
    }

    fn all_written(&self, values: &'v [Value<'a>]) -> Vec<MaskedValue<'v, 'a>> {
        values.iter().map(|value| self.written(value)).collect()
    }
}

/// One branch of an `Fn::If` whose condition is unknown.
struct Branch<'v, 'a>(Option<&'v Value<'a>>, &'v Mask);

impl Serialize for Branch<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(value, mask) = self;
        match value {
            Some(value) => MaskedValue { value, mask }.serialize(serializer),
            None => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(&mask.mask("Ref"), &mask.mask("AWS::NoValue"))?;
                map.end()
            }
        }
    }
}
