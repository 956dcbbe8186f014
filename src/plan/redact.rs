//! Masks secrets in a plan: every value that depends on a `NoEcho` parameter, whatever its expression makes of it.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::ser::{Serialize, Serializer};
use serde_json::Value as Json;

use super::values;
use crate::cloudformation::KNOWN_AFTER_APPLY;
use crate::evaluate::{Evaluation, MaskedValue, Taint, Value, ValueKind};
use crate::secret::{MASKED, Mask, is_word};
use crate::template::LazyKeys;

/// The secrets of the deployed and the new template.
#[derive(Debug, Default)]
pub(crate) struct Secrets<'a> {
    /// The taint of each template, with the address of the template.
    taints: Vec<(usize, Taint<'a>)>,
    /// Masks long secrets, and what was made of them, in texts that did not come from an evaluation.
    mask: Mask,
    /// The short texts that depend on a secret, by the logical ID of their resource.
    short: FxHashMap<&'a str, FxHashSet<String>>,
}

impl<'a> Secrets<'a> {
    /// Returns the secrets of an evaluation for views of its values, without what only texts need.
    pub(crate) fn of_values(evaluation: &Evaluation<'a>) -> Self {
        let taint = Taint::of(evaluation);
        let taints = if taint.is_empty() { Vec::new() } else { vec![(template_of(evaluation), taint)] };
        Self { taints, ..Self::default() }
    }

    /// Collects the `NoEcho` parameters of both evaluations, and what depends on them.
    pub(crate) fn of(before: Option<&Evaluation<'a>>, after: &Evaluation<'a>) -> Self {
        let mut secrets = Self::default();
        for evaluation in before.into_iter().chain([after]) {
            let taint = Taint::of(evaluation);
            if taint.is_empty() {
                continue;
            }
            for parameter in evaluation.parameters.parameters.values().filter(|parameter| parameter.declaration.no_echo) {
                for text in parameter.value.iter().chain(&parameter.declaration.default) {
                    secrets.mask.add_parameter(text);
                }
            }
            for (id, resource) in evaluation.resources.iter().filter(|(id, _)| taint.concerns(id)) {
                secrets.collect(id, &taint, &resource.properties, false);
            }
            for (name, output) in &evaluation.outputs {
                secrets.collect(name, &taint, &output.value, false);
                output.export.iter().for_each(|export| secrets.collect(name, &taint, export, false));
            }
            secrets.taints.push((template_of(evaluation), taint));
        }
        secrets
    }

    fn collect(&mut self, id: &'a str, taint: &Taint<'a>, value: &Value<'a>, is_inside: bool) {
        let is_secret = is_inside || taint.value(value);
        match value.kind {
            ValueKind::List(items) => items.iter().for_each(|item| self.collect(id, taint, item, is_secret)),
            ValueKind::Map(members) => members.iter().for_each(|(_, member)| self.collect(id, taint, member, is_secret)),
            ValueKind::Unknown(residual) if is_secret => {
                values::each_operand(&residual, &mut |operand| self.collect(id, taint, operand, true));
            }
            _ => {
                if let Some(text) = value.text().filter(|text| is_secret && !text.is_empty()) {
                    self.mask.add(text);
                    if text.len() < Mask::SHORTEST {
                        self.short.entry(id).or_default().insert(text.to_owned());
                    }
                }
            }
        }
    }

    /// Returns the taint of an evaluation, or `None` if it has no secrets.
    pub(crate) fn taint(&self, evaluation: &Evaluation<'a>) -> Option<&Taint<'a>> {
        let template = template_of(evaluation);
        self.taints.iter().find(|(address, _)| *address == template).map(|(_, taint)| taint)
    }

    /// Returns a text that did not come from an evaluation with every long secret masked.
    pub(crate) fn text(&self, text: String) -> String {
        self.mask.text(text)
    }

    /// Returns whether a resource or an output has a secret that is too short to be masked in a sentence.
    pub(crate) fn has_short(&self, id: Option<&str>) -> bool {
        id.map_or(!self.short.is_empty(), |id| self.short.contains_key(id))
    }

    /// Returns an explanation about a resource or an output, or `None` if it quotes a value that is too short to be masked in a sentence.
    pub(crate) fn explanation(&self, id: Option<&str>, text: String) -> Option<String> {
        let quotes = |short: &str| text.match_indices(short).any(|(start, _)| is_word(&text, &(start..start + short.len())));
        let is_hidden = match id {
            Some(id) => self.short.get(id).into_iter().flatten().any(|short| quotes(short)),
            None => self.short.values().flatten().any(|short| quotes(short)),
        };
        if is_hidden { None } else { Some(self.text(text)) }
    }

    /// Returns the physical ID of a resource, or the mask in its place if it may contain a secret.
    pub(crate) fn physical_id(&self, id: &str, physical_id: &str) -> String {
        let is_secret = self.taints.iter().any(|(_, taint)| taint.resource(id));
        if is_secret { MASKED.to_owned() } else { self.text(physical_id.to_owned()) }
    }

    /// Returns whether anything in a value depends on a secret.
    pub(crate) fn is_secret(&self, evaluation: &Evaluation<'a>, value: &Value<'a>) -> bool {
        self.taint(evaluation).is_some_and(|taint| taint.anything_in(value))
    }

    /// Masks what depends on a secret in `json`, which was made from `value`.
    pub(crate) fn json(&self, evaluation: &Evaluation<'a>, value: &Value<'a>, json: Json) -> Json {
        match self.taint(evaluation) {
            Some(taint) => masked(taint, value, json),
            None => json,
        }
    }
}

/// Returns the address of the template of an evaluation, by which both evaluations of one template are recognized.
fn template_of(evaluation: &Evaluation<'_>) -> usize {
    std::ptr::from_ref(evaluation.template).addr()
}

fn masked<'a>(taint: &Taint<'a>, value: &Value<'a>, json: Json) -> Json {
    if taint.value(value) {
        return if is_unknown(&json) { Json::String(KNOWN_AFTER_APPLY.to_owned()) } else { Json::String(MASKED.to_owned()) };
    }
    match (json, value.kind) {
        (Json::Array(items), ValueKind::List(values)) if items.len() == values.len() => {
            Json::Array(items.into_iter().zip(values).map(|(json, value)| masked(taint, value, json)).collect())
        }
        (Json::Object(members), ValueKind::Map(values)) => {
            let mut by_key = LazyKeys::default();
            let member = |(key, json): (String, Json)| {
                let json = match by_key.get(values, &key, |(key, _)| key) {
                    Some((_, value)) => masked(taint, value, json),
                    None => json,
                };
                (key, json)
            };
            Json::Object(members.into_iter().map(member).collect())
        }
        (json, ValueKind::List(_) | ValueKind::Map(_)) if taint.anything_in(value) && !json.is_null() => Json::String(MASKED.to_owned()),
        (json, _) => json,
    }
}

/// Returns whether any part of a value is known only after the update.
fn is_unknown(json: &Json) -> bool {
    match json {
        Json::String(text) => text.contains(KNOWN_AFTER_APPLY),
        Json::Array(items) => items.iter().any(is_unknown),
        Json::Object(members) => members.values().any(is_unknown),
        _ => false,
    }
}

/// A value of an evaluation that serializes with its secrets masked.
pub(crate) struct Shown<'e, 'a> {
    /// The secrets to mask.
    pub(crate) secrets: &'e Secrets<'a>,
    /// The evaluation that the value belongs to.
    pub(crate) evaluation: &'e Evaluation<'a>,
    /// The value.
    pub(crate) value: &'e Value<'a>,
    /// The resource that the value belongs to, if any.
    pub(crate) resource: Option<&'e str>,
}

impl Shown<'_, '_> {
    /// Returns the value as JSON.
    pub(crate) fn json(&self) -> Json {
        serde_json::to_value(self).unwrap_or(Json::Null)
    }
}

impl Serialize for Shown<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let taint = self.secrets.taint(self.evaluation).filter(|taint| self.resource.is_none_or(|id| taint.concerns(id)));
        MaskedValue { value: self.value, taint }.serialize(serializer)
    }
}
