//! Keeps the values of `NoEcho` parameters out of what is shown, wherever they turn up.

use serde_json::Value as Json;

use crate::evaluate::{Evaluation, Value};

/// What stands in place of a secret.
pub(super) const STARS: &str = "****";

/// A secret shorter than this is hidden only where it is a whole value: hiding every `1` would hide everything.
const SHORTEST_PART: usize = 4;

/// The secrets of one evaluation.
#[derive(Debug)]
pub(super) struct Secrets<'e>(Vec<&'e str>);

impl<'e> Secrets<'e> {
    pub(super) fn of(evaluation: &'e Evaluation<'_>) -> Self {
        let mut secrets: Vec<&str> = evaluation.parameters.secrets().collect();
        // The longest first, so that a secret inside another one does not break it apart.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(secrets)
    }

    pub(super) fn json(&self, value: &Value<'_>) -> Json {
        let json = value.to_json();
        if self.0.is_empty() { json } else { self.hide(json) }
    }

    fn hide(&self, json: Json) -> Json {
        match json {
            Json::String(text) => Json::String(self.text(text)),
            Json::Array(items) => items.into_iter().map(|item| self.hide(item)).collect(),
            Json::Object(members) => members.into_iter().map(|(key, value)| (self.text(key), self.hide(value))).collect(),
            other => other,
        }
    }

    fn text(&self, text: String) -> String {
        if self.0.contains(&text.as_str()) {
            return STARS.to_owned();
        }
        self.0.iter().filter(|secret| secret.len() >= SHORTEST_PART).fold(text, |text, secret| text.replace(secret, STARS))
    }
}
