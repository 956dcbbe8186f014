//! Serialization of values as JSON, with values that depend on a secret masked.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value as Json;

use super::taint::Taint;
use super::value::{Residual, Value, ValueKind};
use crate::secret::MASKED;

impl Value<'_> {
    /// Returns the value as JSON. An unknown value is written as its remaining intrinsic function, in the long form.
    pub fn to_json(&self) -> Json {
        // Every value has a JSON form: keys are strings, and a number that JSON cannot represent is written as text.
        serde_json::to_value(self).unwrap_or(Json::Null)
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        MaskedValue { value: self, taint: None }.serialize(serializer)
    }
}

/// A value to serialize with what depends on a secret masked. It is written without an intermediate JSON tree, which would cost more than
/// evaluation.
#[derive(Clone, Copy)]
pub(crate) struct MaskedValue<'v, 'a> {
    /// The value.
    pub(crate) value: &'v Value<'a>,
    /// The taint of its template; `None` if there are no secrets.
    pub(crate) taint: Option<&'v Taint<'a>>,
}

impl Serialize for MaskedValue<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let taint = self.taint;
        let is_hidden = taint.is_some_and(|taint| taint.value(self.value));
        match &self.value.kind {
            ValueKind::Unknown(residual) => MaskedResidual { residual, taint, is_hidden }.serialize(serializer),
            _ if is_hidden => serializer.serialize_str(MASKED),
            ValueKind::Null => serializer.serialize_unit(),
            ValueKind::Bool(value) => serializer.serialize_bool(*value),
            ValueKind::Number(text) => match text.parse::<serde_json::Number>() {
                Ok(number) => number.serialize(serializer),
                // A number that JSON cannot represent is written as text.
                Err(_) => serializer.serialize_str(text),
            },
            ValueKind::String(text) => serializer.serialize_str(text),
            ValueKind::List(items) => serializer.collect_seq(items.iter().map(|value| MaskedValue { value, taint })),
            ValueKind::Map(members) => serializer.collect_map(members.iter().map(|(key, value)| (key, MaskedValue { value, taint }))),
        }
    }
}

/// An unknown value, written as its remaining intrinsic function.
struct MaskedResidual<'v, 'a> {
    residual: &'v Residual<'a>,
    taint: Option<&'v Taint<'a>>,
    /// Whether the value depends on a secret. Its operands are judged by themselves.
    is_hidden: bool,
}

impl Serialize for MaskedResidual<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let taint = self.taint;
        match self.residual {
            Residual::Ref(name)
            | Residual::PseudoParameter(name)
            | Residual::Parameter(name)
            | Residual::SsmParameter { parameter: name, .. } => function(serializer, "Ref", name),
            Residual::GetAtt(id, attribute) => function(serializer, "Fn::GetAtt", [id, attribute]),
            Residual::ImportValue(name) => function(serializer, "Fn::ImportValue", self.written(name)),
            Residual::AvailabilityZones(region) => function(serializer, "Fn::GetAZs", self.written(region)),
            Residual::Transform(node) => node.serialize(serializer),
            Residual::Concat(parts) if parts.iter().any(Value::may_vanish) => {
                let is_secret = |part: &Value<'_>| taint.is_some_and(|taint| taint.value(part));
                let (text, variables) = substitution_with_variables(parts, is_secret);
                function(serializer, "Fn::Sub", (text, Variables { values: &variables, taint }))
            }
            Residual::Concat(parts) => function(serializer, "Fn::Join", ("", self.all_written(parts))),
            Residual::Join(delimiter, value) => function(serializer, "Fn::Join", (self.delimiter(delimiter), self.written(value))),
            Residual::Split(delimiter, value) => function(serializer, "Fn::Split", (self.delimiter(delimiter), self.written(value))),
            Residual::Select(index, value) => function(serializer, "Fn::Select", [self.written(index), self.written(value)]),
            Residual::Base64(value) => function(serializer, "Fn::Base64", self.written(value)),
            Residual::Cidr(operands) => function(serializer, "Fn::Cidr", self.all_written(operands)),
            Residual::If(condition, yes, no) => {
                function(serializer, "Fn::If", (condition, Branch { value: *yes, taint }, Branch { value: *no, taint }))
            }
            Residual::FindInMap(operands) => function(serializer, "Fn::FindInMap", self.all_written(operands)),
            Residual::Function(name, value) => function(serializer, name, self.written(value)),
        }
    }
}

/// Returns a text for `Fn::Sub` and its variables, for parts of which one may be `AWS::NoValue`: `Fn::Join` would leave such a part out,
/// where CloudFormation refuses the text. A part that is hidden does not become a part of the text.
pub(crate) fn substitution_with_variables<'p, 'a>(
    parts: &'p [Value<'a>],
    is_hidden: impl Fn(&Value<'a>) -> bool,
) -> (String, Vec<(String, &'p Value<'a>)>) {
    let (mut text, mut variables) = (String::new(), Vec::new());
    for part in parts {
        match part.text() {
            Some(literal) if !literal.contains("${") && !literal.ends_with('$') && !is_hidden(part) => text.push_str(literal),
            _ => {
                let name = format!("Part{}", variables.len());
                text.push_str(&format!("${{{name}}}"));
                variables.push((name, part));
            }
        }
    }
    (text, variables)
}

/// The variables of `Fn::Sub`.
struct Variables<'v, 'a> {
    values: &'v [(String, &'v Value<'a>)],
    taint: Option<&'v Taint<'a>>,
}

impl Serialize for Variables<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.values.iter().map(|(name, value)| (name, MaskedValue { value, taint: self.taint })))
    }
}

fn function<S: Serializer>(serializer: S, name: &str, operand: impl Serialize) -> Result<S::Ok, S::Error> {
    serializer.collect_map([(name, operand)])
}

impl<'v, 'a> MaskedResidual<'v, 'a> {
    fn delimiter(&self, text: &'a str) -> &'a str {
        if self.is_hidden { MASKED } else { text }
    }

    fn written(&self, value: &'v Value<'a>) -> MaskedValue<'v, 'a> {
        MaskedValue { value, taint: self.taint }
    }

    fn all_written(&self, values: &'v [Value<'a>]) -> Vec<MaskedValue<'v, 'a>> {
        values.iter().map(|value| self.written(value)).collect()
    }
}

/// One branch of an `Fn::If` whose condition is unknown.
struct Branch<'v, 'a> {
    value: Option<&'v Value<'a>>,
    taint: Option<&'v Taint<'a>>,
}

impl Serialize for Branch<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Some(value) => MaskedValue { value, taint: self.taint }.serialize(serializer),
            None => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("Ref", "AWS::NoValue")?;
                map.end()
            }
        }
    }
}
