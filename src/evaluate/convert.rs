//! Values as JSON; how a change set shows them is the planner's.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value as Json};

use super::value::{Residual, Value, ValueKind};

impl Value<'_> {
    /// Returns the value as JSON; what is unknown stands as the intrinsic function that is left of it, in its long form.
    pub fn to_json(&self) -> Json {
        // Nothing in a value has no JSON: keys are strings, and a number that is none is text.
        serde_json::to_value(self).unwrap_or(Json::Null)
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written { value: self, texts: &AsTheyAre }.serialize(serializer)
    }
}

/// What becomes of every text and key on its way out.
pub(crate) trait Texts {
    /// Returns what to write for a text; borrowed where it is the text itself.
    fn text<'t>(&self, text: &'t str) -> Cow<'t, str>;
}

/// Leaves texts as they are.
struct AsTheyAre;

impl Texts for AsTheyAre {
    fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        Cow::Borrowed(text)
    }
}

/// A value on its way out, straight to the writer: a tree of JSON in between would cost more than evaluating did.
pub(crate) struct Written<'v, 'a, T> {
    /// What to write.
    pub(crate) value: &'v Value<'a>,
    /// What becomes of its texts.
    pub(crate) texts: &'v T,
}

impl<T: Texts> Serialize for Written<'_, '_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let texts = self.texts;
        match &self.value.kind {
            ValueKind::Null => serializer.serialize_unit(),
            ValueKind::Bool(value) => serializer.serialize_bool(*value),
            ValueKind::Number(text) => match text.parse::<serde_json::Number>() {
                Ok(number) => number.serialize(serializer),
                // A number that JSON cannot hold stays the text it was.
                Err(_) => serializer.serialize_str(&texts.text(text)),
            },
            ValueKind::String(text) => serializer.serialize_str(&texts.text(text)),
            ValueKind::List(items) => serializer.collect_seq(items.iter().map(|value| Written { value, texts })),
            ValueKind::Map(members) => members_of(serializer, members, texts, |value| Written { value, texts }),
            ValueKind::Unknown(residual) => LeftOver { residual, texts }.serialize(serializer),
        }
    }
}

/// Writes a map, each value as `written` says.
pub(crate) fn members_of<'v, 'a, S: Serializer, T: Texts, W: Serialize>(
    serializer: S,
    members: &'v [(&'a str, Value<'a>)],
    texts: &T,
    written: impl Fn(&'v Value<'a>) -> W,
) -> Result<S::Ok, S::Error> {
    if members.iter().all(|(key, _)| matches!(texts.text(key), Cow::Borrowed(_))) {
        return serializer.collect_map(members.iter().map(|(key, value)| (key, written(value))));
    }
    // Keys that are not themselves any more may meet, and then the last one holds.
    let mut map = Map::new();
    for (key, value) in members {
        let value = serde_json::to_value(written(value)).map_err(serde::ser::Error::custom)?;
        map.insert(texts.text(key).into_owned(), value);
    }
    map.serialize(serializer)
}

/// The intrinsic function that would give an unknown value.
struct LeftOver<'v, 'a, T> {
    residual: &'v Residual<'a>,
    texts: &'v T,
}

impl<T: Texts> Serialize for LeftOver<'_, '_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let texts = self.texts;
        let text = |text| texts.text(text);
        match self.residual {
            Residual::Ref(name)
            | Residual::PseudoParameter(name)
            | Residual::Parameter(name)
            | Residual::SsmParameter { parameter: name, .. } => self.function(serializer, "Ref", text(name)),
            Residual::GetAtt(id, attribute) => self.function(serializer, "Fn::GetAtt", [text(id), text(attribute)]),
            Residual::ImportValue(name) => self.function(serializer, "Fn::ImportValue", self.written(name)),
            Residual::AvailabilityZones(region) => self.function(serializer, "Fn::GetAZs", self.written(region)),
            Residual::Transform(node) => hidden(serde_json::to_value(node).unwrap_or(Json::Null), texts).serialize(serializer),
            Residual::Concat(parts) => self.function(serializer, "Fn::Join", (text(""), self.all_written(parts))),
            Residual::Join(delimiter, value) => self.function(serializer, "Fn::Join", (text(delimiter), self.written(value))),
            Residual::Split(delimiter, value) => self.function(serializer, "Fn::Split", (text(delimiter), self.written(value))),
            Residual::Select(index, value) => self.function(serializer, "Fn::Select", [self.written(index), self.written(value)]),
            Residual::Base64(value) => self.function(serializer, "Fn::Base64", self.written(value)),
            Residual::Cidr(operands) => self.function(serializer, "Fn::Cidr", self.all_written(operands)),
            Residual::If(condition, yes, no) => {
                self.function(serializer, "Fn::If", (text(condition), Branch(*yes, texts), Branch(*no, texts)))
            }
            Residual::FindInMap(operands) => self.function(serializer, "Fn::FindInMap", self.all_written(operands)),
            Residual::Function(name, value) => self.function(serializer, name, self.written(value)),
        }
    }
}

impl<'v, 'a, T: Texts> LeftOver<'v, 'a, T> {
    fn function<S: Serializer>(&self, serializer: S, name: &str, operand: impl Serialize) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.texts.text(name), operand)])
    }

    fn written(&self, value: &'v Value<'a>) -> Written<'v, 'a, T> {
        Written { value, texts: self.texts }
    }

    fn all_written(&self, values: &'v [Value<'a>]) -> Vec<Written<'v, 'a, T>> {
        values.iter().map(|value| self.written(value)).collect()
    }
}

/// One branch of an `Fn::If` whose condition is not known.
struct Branch<'v, 'a, T>(Option<&'v Value<'a>>, &'v T);

impl<T: Texts> Serialize for Branch<'_, '_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(value, texts) = self;
        match value {
            Some(value) => Written { value, texts: *texts }.serialize(serializer),
            None => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(&texts.text("Ref"), &texts.text("AWS::NoValue"))?;
                map.end()
            }
        }
    }
}

/// Returns JSON with every text and key as it goes out.
pub(crate) fn hidden<T: Texts>(json: Json, texts: &T) -> Json {
    match json {
        Json::String(text) => Json::String(texts.text(&text).into_owned()),
        Json::Array(items) => Json::Array(items.into_iter().map(|item| hidden(item, texts)).collect()),
        Json::Object(members) => {
            Json::Object(members.into_iter().map(|(key, value)| (texts.text(&key).into_owned(), hidden(value, texts))).collect())
        }
        other => other,
    }
}
