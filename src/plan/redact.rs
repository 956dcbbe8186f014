//! Masks secrets in a plan: the values of `NoEcho` parameters, wherever they occur.

use std::borrow::Cow;

use serde::ser::{Serialize, Serializer};
use serde_json::Value as Json;

use super::expression::{Reached, each_reached};
use super::values;
use crate::evaluate::{Evaluation, MaskedValue, Value, ValueKind, members_of};
use crate::secret::{MASKED, Mask};
use crate::template::Intrinsic;

/// The secrets of the deployed and the new template.
#[derive(Debug, Default)]
pub(crate) struct Secrets<'a> {
    /// Masks the known values.
    mask: Mask,
    /// Names of `NoEcho` parameters.
    names: Vec<&'a str>,
}

impl<'a> Secrets<'a> {
    /// Collects the `NoEcho` parameters of both evaluations.
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

    /// Returns whether there is no `NoEcho` parameter.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Returns a text with every secret masked.
    pub(crate) fn text(&self, text: String) -> String {
        self.mask.text(text)
    }

    /// Masks secrets in `json`, which was made from `value`. A string is masked whole if its expression uses a secret in another form,
    /// such as Base64.
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

    /// Returns the text of a value with secrets masked, or masked whole if its expression uses a secret in another form, such as Base64.
    fn string<'t>(&self, evaluation: &Evaluation<'a>, value: &Value<'a>, text: &'t str) -> Cow<'t, str> {
        let shown = self.mask.mask(text);
        let is_hidden = *shown == *text && Intrinsic::of(value.origin).is_some() && self.is_reached(evaluation, value);
        if is_hidden { Cow::Borrowed(MASKED) } else { shown }
    }

    /// Returns whether an expression uses a `NoEcho` parameter, directly or indirectly.
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

/// A value of an evaluation that serializes with its secrets masked, like [`Secrets::json`].
pub(crate) struct Shown<'e, 'a> {
    /// The secrets to mask.
    pub(crate) secrets: &'e Secrets<'a>,
    /// The evaluation that the value belongs to.
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
