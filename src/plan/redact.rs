//! Keeps secrets out of a plan: the values of `NoEcho` parameters, wherever they turn up.

use serde_json::Value as Json;

use super::cause::{Reached, each_reached};
use super::values;
use crate::evaluate::{Evaluation, Value, ValueKind};
use crate::template::Intrinsic;

/// What CloudFormation shows in place of a `NoEcho` value.
pub(crate) const STARS: &str = "****";

/// A secret shorter than this is only hidden where it is a whole value, or where an expression is known to hold it:
/// hiding every `1` would hide the plan.
const SHORTEST_PART: usize = 4;

/// The secrets of both sides.
#[derive(Debug, Default)]
pub(crate) struct Secrets<'a> {
    /// Known values, the longest first, so that a secret inside another one does not break it apart.
    values: Vec<String>,
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
                secrets.values.push(text.clone());
                if text.contains(',') {
                    secrets.values.extend(text.split(',').map(|part| part.trim().to_owned()));
                }
            }
        }
        secrets.values.retain(|value| !value.is_empty());
        secrets.values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.values.dedup();
        secrets
    }

    /// Tells whether there is anything to hide.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Returns a text with every secret in it as stars.
    pub(super) fn text(&self, text: String) -> String {
        if self.values.contains(&text) {
            return STARS.to_owned();
        }
        self.values
            .iter()
            .filter(|secret| secret.len() >= SHORTEST_PART)
            .fold(text, |text, secret| if text.contains(secret.as_str()) { text.replace(secret.as_str(), STARS) } else { text })
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
                        None => (self.text(key), self.plain(json)),
                    })
                    .collect(),
            ),
            (Json::String(text), _) => {
                let shown = self.text(text.clone());
                let is_hidden = shown == text && Intrinsic::of(value.origin).is_some() && self.is_reached(evaluation, value);
                Json::String(if is_hidden { STARS.to_owned() } else { shown })
            }
            (json, _) => self.plain(json),
        }
    }

    /// Hides secrets in JSON by value.
    pub(super) fn plain(&self, json: Json) -> Json {
        match json {
            Json::String(text) => Json::String(self.text(text)),
            Json::Array(items) => Json::Array(items.into_iter().map(|item| self.plain(item)).collect()),
            Json::Object(members) => Json::Object(members.into_iter().map(|(key, value)| (self.text(key), self.plain(value))).collect()),
            other => other,
        }
    }

    /// Tells whether an expression holds a `NoEcho` parameter, in whatever disguise.
    fn is_reached(&self, evaluation: &Evaluation<'a>, value: &Value<'a>) -> bool {
        let mut is_reached = false;
        each_reached(evaluation, value, &mut |reached| {
            is_reached |= matches!(reached, Reached::Name(name) if self.names.contains(&name));
        });
        is_reached
    }
}
