//! Keeps `NoEcho` values out of everything that is told.

use serde_json::Value;

use super::record::Deployment;

/// What stands for a secret, as with AWS.
pub(super) const MASK: &str = "****";

/// The secret values of a stack.
#[derive(Clone, Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Returns the `NoEcho` values of some deployments, the longest first, so that one inside another leaves no rest.
    pub(super) fn of<'d>(deployments: impl IntoIterator<Item = &'d Deployment>) -> Self {
        let mut values: Vec<String> = deployments
            .into_iter()
            .flat_map(|deployment| deployment.no_echo.iter().filter_map(|name| deployment.parameters.get(name)))
            .filter(|value| !value.is_empty())
            .cloned()
            .collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        Self(values)
    }

    /// Returns a text without secrets.
    pub(super) fn mask(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), MASK))
    }

    /// Returns a value without secrets in it; a number or boolean that reads like one counts.
    pub(super) fn mask_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.mask(text)),
            Value::Array(items) => items.iter().map(|item| self.mask_value(item)).collect(),
            Value::Object(members) => members.iter().map(|(key, value)| (self.mask(key), self.mask_value(value))).collect(),
            Value::Number(_) | Value::Bool(_) if self.0.contains(&value.to_string()) => Value::String(MASK.to_owned()),
            _ => value.clone(),
        }
    }
}
