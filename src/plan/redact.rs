//! Keeps secrets out of a plan: the values of `NoEcho` parameters, wherever they turn up.

use std::borrow::Cow;

use serde::ser::{Serialize, Serializer};
use serde_json::Value as Json;

use super::expression::{Reached, each_reached};
use super::values;
use crate::evaluate::{Evaluation, MaskedValue, Value, ValueKind, members_of};
use crate::secret::{MASKED, Mask};
use crate::template::Intrinsic;

/// The secrets of both sides.
#[derive(Debug, Default)]
pub(crate) struct Secrets<'a> {
    /// Their known values.
    mask: Mask,
    /// Names of `NoEcho` parameters.
    names: Vec<&'a str>,
}

impl<'a> Secrets<'a> {
    /// Gathers the `NoEcho` parameters of both sides.
    pub(crate) fn of(before: Option<&Evaluation<'a>>, after: &Evaluation<'a>) -> Self {
        let mut secrets = Self::default();
        let parameters = before.into_iter().chain([after]).flat_map(|evaluation| &evaluation.parameters.parameters);
        for (name, parameter) in parameters.filter(|(_, parameter)| parameter.declaration.no_echo) {
            secrets.names.push(name);
            for text in parameter.value.iter().chain(&parameter.declaration.default) {
                secrets.mask.add_parameter(text);
            }
        }
        secrets
    }

    /// Tells whether there is anything to hide.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Returns a text with every secret in it as stars.
    pub(crate) fn text(&self, text: String) -> String {
        self.mask.text(text)
    }

    /// Hides secrets in JSON that `value` was turned into: by value, and whole where an expression hides one from plain sight.
    pub(crate) fn json(&self, evaluation: &Evaluation<'a>, value: &Value<'a>, json: Json) -> Json {
        if self.is_empty() {
            return json;
        }
        match (json, value.kind) {
            (Json::Array(items), ValueKind::List(values)) if items.len() == values.len() => {
                Json::Array(items.into_iter().zip(values).map(|(json, value)| self.json(evaluation, value, json)).collect())
            }
            (Json::Object(members), ValueKind::Map(_)) => Json::Object(
                members
                    .into_iter()
                    .map(|(key, json)| match values::member(value, &key) {
                        Some(value) => (self.text(key), self.json(evaluation, &value, json)),
                        None => (self.text(key), self.mask.json(json)),
                    })
                    .collect(),
            ),
            (Json::String(text), _) => Json::String(self.string(evaluation, value, &text).into_owned()),
            (json, _) => self.mask.json(json),
        }
    }

    /// Returns the text of a value, whole as stars where its expression hides a secret from plain sight.
    fn string<'t>(&self, evaluation: &Evaluation<'a>, value: &Value<'a>, text: &'t str) -> Cow<'t, str> {
        let shown = self.mask.mask(text);
        let is_hidden = *shown == *text && Intrinsic::of(value.origin).is_some() && self.is_reached(evaluation, value);
        if is_hidden { Cow::Borrowed(MASKED) } else { shown }
    }

    /// Tells whether an expression holds a `NoEcho` parameter, in whatever disguise.
    fn is_reached(&self, evaluation: &Evaluation<'a>, value: &Value<'a>) -> bool {
        if self.is_empty() {
            return false;
        }
        let mut is_reached = false;
        each_reached(evaluation, value, &mut |reached| {
            is_reached |= matches!(reached, Reached::Name(name) if self.names.contains(&name));
        });
        is_reached
    }
}

/// A value of an evaluation on its way out, its secrets hidden as [`Secrets::json`] hides them.
pub(crate) struct Shown<'e, 'a> {
    /// The secrets to hide.
    pub(crate) secrets: &'e Secrets<'a>,
    /// What the value is of.
    pub(crate) evaluation: &'e Evaluation<'a>,
    /// The value.
    pub(crate) value: &'e Value<'a>,
}

impl Shown<'_, '_> {
    /// Returns the value as JSON.
    pub(crate) fn json(&self) -> Json {
        self.secrets.json(self.evaluation, self.value, self.value.to_json())
    }
}

impl Serialize for Shown<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mask = &self.secrets.mask;
        match &self.value.kind {
            ValueKind::List(items) => serializer.collect_seq(items.iter().map(|value| Shown { value, ..*self })),
            ValueKind::Map(members) => members_of(serializer, members, mask, |value| Shown { value, ..*self }),
            ValueKind::String(text) => serializer.serialize_str(&self.secrets.string(self.evaluation, self.value, text)),
            _ => MaskedValue { value: self.value, mask }.serialize(serializer),
        }
    }
}
