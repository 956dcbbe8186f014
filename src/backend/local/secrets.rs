//! What of a stack depends on a secret, and must not be shown. The store itself holds it: later operations need it.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::evaluate::{Taint, Value, ValueKind, is_custom};
use crate::secret::MASKED;

/// What of a resource depends on a secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SecretParts {
    /// JSON pointers below the properties.
    pub(super) properties: Vec<String>,
    /// Whether the physical ID may contain a secret.
    pub(super) id: bool,
}

impl SecretParts {
    /// Returns what of a resource depends on a secret.
    pub(super) fn of<'a>(taint: &Taint<'a>, id: &str, properties: &Value<'a>) -> Self {
        let mut parts = Self::default();
        if !taint.is_empty() {
            parts.id = taint.resource(id);
            parts.collect(taint, properties, &mut String::new());
        }
        parts
    }

    fn collect<'a>(&mut self, taint: &Taint<'a>, value: &Value<'a>, pointer: &mut String) {
        if taint.value(value) {
            return self.properties.push(pointer.clone());
        }
        let length = pointer.len();
        let mut below = |name: &str, value: &Value<'a>| {
            pointer.push('/');
            pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
            self.collect(taint, value, pointer);
            pointer.truncate(length);
        };
        match value.kind {
            ValueKind::List(items) => items.iter().enumerate().for_each(|(index, item)| below(&index.to_string(), item)),
            ValueKind::Map(members) => members.iter().for_each(|(name, member)| below(name, member)),
            _ => {}
        }
    }

    /// Returns the properties with what depends on a secret masked.
    pub(super) fn mask(&self, mut properties: Json) -> Json {
        for pointer in &self.properties {
            if let Some(value) = properties.pointer_mut(pointer) {
                *value = Json::String(MASKED.to_owned());
            }
        }
        properties
    }

    /// Returns a part of the physical ID for a message.
    pub(super) fn shown_id<'t>(&self, id: &'t str) -> &'t str {
        if self.id { MASKED } else { id }
    }

    /// Returns whether an attribute may contain a secret, by the rules of the evaluation.
    pub(super) fn has_attribute(&self, resource_type: &str, attribute: &str) -> bool {
        let property = attribute.split('.').next().unwrap_or(attribute);
        let is_it = |pointer: &String| pointer.split('/').nth(1).is_none_or(|name| name == property);
        self.id || self.properties.iter().any(is_it) || is_custom(resource_type) && !self.properties.is_empty()
    }
}

/// Returns a text, or the mask in its place.
pub(super) fn shown(is_secret: bool, text: String) -> String {
    if is_secret { MASKED.to_owned() } else { text }
}
