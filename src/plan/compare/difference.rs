//! The differences between the deployed and the new version of one resource: each path with both values and its verdict.

use std::borrow::Cow;

use super::comparison::Comparison;
use super::outcome::{ChangeCertainty, Verdict};
use crate::cloudformation::{Attribute, AttributeChangeType};
use crate::diagnostic::Span;
use crate::evaluate::{Resource, Value, ValueKind};
use crate::plan::facts::Facts;
use crate::plan::values::scalar_text;
use crate::schema::RequiresRecreation;
use crate::template::LazyKeys;

/// Longest list that is compared item by item; a longer one changes as a whole.
const LONGEST_BY_ITEM: usize = 200;

/// Longest list without an order that is compared with another order of its items.
const LONGEST_PERMUTATION: usize = 1_000;

/// The bytes that a difference takes in a plan, with its details in both lists and its cause; its path is in each of these.
const BYTES: usize = 1_600;
const PATHS: usize = 6;

/// A value of a resource that differs.
#[derive(Clone, Debug)]
pub(in crate::plan) struct Difference<'a> {
    /// The attribute of the resource: `Properties`, `Metadata`, a policy.
    pub(in crate::plan) attribute: Attribute,
    /// Names and indices below the attribute; for properties, the first is the property's name.
    pub(in crate::plan) path: Vec<Cow<'a, str>>,
    /// The value before, if there was one.
    pub(in crate::plan) before: Option<Value<'a>>,
    /// The value after, if there is one.
    pub(in crate::plan) after: Option<Value<'a>>,
    /// How certain the change is.
    pub(in crate::plan) verdict: Verdict,
    /// Whether the change requires a replacement.
    pub(in crate::plan) recreation: RequiresRecreation,
    /// Whether the value is a JSON document, which changes as a whole.
    pub(in crate::plan) is_document: bool,
}

impl<'a> Difference<'a> {
    /// Returns the name of the property, or `None` for another attribute.
    pub(in crate::plan) fn property(&self) -> Option<&str> {
        matches!(self.attribute, Attribute::Properties | Attribute::Tags).then(|| self.path.first().map(AsRef::as_ref)).flatten()
    }

    /// Returns the path in AWS's form, such as `/Properties/Roles/0`.
    pub(in crate::plan) fn path_text(&self) -> String {
        let mut text = String::from(match self.attribute {
            Attribute::Properties | Attribute::Tags => "/Properties",
            Attribute::Metadata => "/Metadata",
            Attribute::CreationPolicy => "/CreationPolicy",
            Attribute::UpdatePolicy => "/UpdatePolicy",
            Attribute::DeletionPolicy => "/DeletionPolicy",
            Attribute::UpdateReplacePolicy => "/UpdateReplacePolicy",
            Attribute::Other(word) => word.as_str(),
        });
        for segment in &self.path {
            text.push('/');
            // A slash inside a name is escaped as in a JSON pointer, so that paths are unambiguous.
            match segment.contains(['~', '/']) {
                true => text.push_str(&segment.replace('~', "~0").replace('/', "~1")),
                false => text.push_str(segment),
            }
        }
        text
    }

    /// Returns whether the value is added, removed or modified.
    pub(in crate::plan) fn change_type(&self) -> AttributeChangeType {
        match (&self.before, &self.after) {
            (None, _) => AttributeChangeType::Add,
            (_, None) => AttributeChangeType::Remove,
            _ => AttributeChangeType::Modify,
        }
    }
}

/// Returns whether anything in a resource differs, without collecting the differences.
pub(super) fn differs<'a>(comparison: Comparison<'_, '_, 'a>, before: &Resource<'a>, after: &Resource<'a>) -> bool {
    before.resource_type != after.resource_type
        || comparison.compare(&before.properties, &after.properties) != Verdict::UNCHANGED
        || attributes(before, after).into_iter().any(|(_, before, after)| match (before, after) {
            (Some(before), Some(after)) => comparison.compare(before, after) != Verdict::UNCHANGED,
            (None, None) => false,
            _ => true,
        })
}

type AttributePair<'r, 'a> = (Attribute, Option<&'r Value<'a>>, Option<&'r Value<'a>>);

fn attributes<'r, 'a>(before: &'r Resource<'a>, after: &'r Resource<'a>) -> [AttributePair<'r, 'a>; 5] {
    [
        (Attribute::Metadata, before.metadata.as_ref(), after.metadata.as_ref()),
        (Attribute::CreationPolicy, before.creation_policy.as_ref(), after.creation_policy.as_ref()),
        (Attribute::UpdatePolicy, before.update_policy.as_ref(), after.update_policy.as_ref()),
        (Attribute::DeletionPolicy, before.deletion_policy.as_ref(), after.deletion_policy.as_ref()),
        (Attribute::UpdateReplacePolicy, before.update_replace_policy.as_ref(), after.update_replace_policy.as_ref()),
    ]
}

/// Returns every difference of a resource, in the order of the old template, then of the new one.
pub(super) fn differences<'a>(comparison: Comparison<'_, '_, 'a>, before: &Resource<'a>, after: &Resource<'a>) -> Vec<Difference<'a>> {
    let facts = Facts::of(after.resource_type);
    let (attribute, place) = (Attribute::Properties, after.entry.name_span);
    let mut collector = Collector { comparison, facts, attribute, place, path: Vec::new(), found: Vec::new() };
    collector.collect(Some(&before.properties), Some(&after.properties));
    for (attribute, before, after) in attributes(before, after) {
        collector.attribute = attribute;
        collector.collect(before, after);
    }
    collector.found
}

struct Collector<'v, 'p, 'a> {
    comparison: Comparison<'v, 'p, 'a>,
    facts: Facts<'a>,
    attribute: Attribute,
    /// The name of the resource in the new template.
    place: Span,
    path: Vec<Cow<'a, str>>,
    found: Vec<Difference<'a>>,
}

impl<'a> Collector<'_, '_, 'a> {
    fn collect(&mut self, before: Option<&Value<'a>>, after: Option<&Value<'a>>) {
        let (Some(old), Some(new)) = (before, after) else {
            if before.is_some() || after.is_some() {
                self.push(before, after, Verdict::CERTAIN);
            }
            return;
        };
        let verdict = self.comparison.compare(old, new);
        if verdict == Verdict::UNCHANGED || self.comparison.context.limits.is_exceeded() || self.is_equivalent(old, new) {
            return;
        }
        match (old.kind, new.kind) {
            (ValueKind::Map(members), ValueKind::Map(peers)) if !self.changes_whole(new) => {
                let (mut old_keys, mut new_keys) = (LazyKeys::default(), LazyKeys::default());
                for (key, value) in members {
                    let peer = new_keys.get(peers, key, |(peer, _)| peer).map(|(_, value)| value);
                    self.below(Cow::Borrowed(*key), Some(value), peer);
                }
                for (key, value) in peers {
                    if old_keys.get(members, key, |(other, _)| other).is_none() {
                        self.below(Cow::Borrowed(*key), None, Some(value));
                    }
                }
            }
            (ValueKind::List(old), ValueKind::List(peers)) if !self.changes_whole(new) && old.len().max(peers.len()) <= LONGEST_BY_ITEM => {
                for index in 0..old.len().max(peers.len()) {
                    self.below(Cow::Owned(index.to_string()), old.get(index), peers.get(index));
                }
            }
            _ => self.push(before, after, verdict),
        }
    }

    /// Collects a macro call: its result is unknown until CloudFormation has run the macro.
    fn collect_macro(&mut self, before: Option<&Value<'a>>, after: Option<&Value<'a>>) {
        let same = matches!((before, after), (Some(before), Some(after)) if before.same(after));
        if !same && (before.is_some() || after.is_some()) {
            self.push(before, after, Verdict { reported: ChangeCertainty::Unchanged, actual: ChangeCertainty::Possible });
        }
    }

    fn below(&mut self, segment: Cow<'a, str>, before: Option<&Value<'a>>, after: Option<&Value<'a>>) {
        if segment == "Fn::Transform" {
            return self.collect_macro(before, after);
        }
        self.path.push(segment);
        self.collect(before, after);
        self.path.pop();
    }

    fn push(&mut self, before: Option<&Value<'a>>, after: Option<&Value<'a>>, verdict: Verdict) {
        let path_bytes: usize = self.path.iter().map(|segment| segment.len() + 1).sum();
        if !self.comparison.context.limits.may_list(BYTES + PATHS * path_bytes, self.place) {
            return;
        }
        let is_property = self.attribute == Attribute::Properties;
        let is_tag = is_property && self.path.first().is_some_and(|name| name == "Tags") && self.facts.has_tags_attribute();
        let recreation = if is_property && !is_tag { self.facts.requires_recreation(&self.names()) } else { RequiresRecreation::Never };
        self.found.push(Difference {
            attribute: if is_tag { Attribute::Tags } else { self.attribute },
            path: self.path.clone(),
            before: before.copied(),
            after: after.copied(),
            verdict,
            recreation,
            is_document: is_property && self.facts.is_json(&self.names()),
        });
    }

    fn names(&self) -> Vec<&str> {
        self.path.iter().map(AsRef::as_ref).collect()
    }

    /// Returns whether a map or list changes as a whole: a JSON document, or tags in the form of a map.
    fn changes_whole(&self, value: &Value<'a>) -> bool {
        let names = self.names();
        let is_map_of_tags = names == ["Tags"] && matches!(value.kind, ValueKind::Map(_));
        self.attribute == Attribute::Properties && !names.is_empty() && (is_map_of_tags || self.facts.is_json(&names))
    }

    /// Returns whether two values with different text are equivalent for the service.
    fn is_equivalent(&self, old: &Value<'a>, new: &Value<'a>) -> bool {
        if self.attribute != Attribute::Properties || self.path.is_empty() {
            return false;
        }
        match (old.kind, new.kind) {
            (ValueKind::List(old), ValueKind::List(new)) => {
                let is_unchanged = |value: &Value<'a>| self.comparison.compare(value, value) == Verdict::UNCHANGED;
                old.len() == new.len() && self.facts.is_unordered(&self.names()) && new.iter().all(is_unchanged) && is_permutation(old, new)
            }
            (ValueKind::Map(_), ValueKind::String(text)) if self.facts.is_json(&self.names()) => is_json_text_of(text, old),
            (ValueKind::String(text), ValueKind::Map(_)) if self.facts.is_json(&self.names()) => is_json_text_of(text, new),
            (old, new) => match (scalar_text(old), scalar_text(new)) {
                (Some(old), Some(new)) => {
                    matches!((old.parse::<f64>(), new.parse::<f64>()), (Ok(old), Ok(new)) if old == new)
                        && self.facts.is_number(&self.names())
                }
                _ => false,
            },
        }
    }
}

fn is_permutation(old: &[Value<'_>], new: &[Value<'_>]) -> bool {
    if old.len() > LONGEST_PERMUTATION {
        return false;
    }
    let mut taken = vec![false; new.len()];
    old.iter().all(|value| {
        let index = new.iter().zip(&taken).position(|(peer, taken)| !taken && value.same(peer));
        index.is_some_and(|index| !std::mem::replace(&mut taken[index], true))
    })
}

fn is_json_text_of(text: &str, value: &Value<'_>) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok_and(|json| is_same_json(&json, value))
}

fn is_same_json(json: &serde_json::Value, value: &Value<'_>) -> bool {
    use serde_json::Value as Json;
    match json {
        Json::Null => matches!(value.kind, ValueKind::Null),
        Json::Bool(flag) => matches!(value.kind, ValueKind::Bool(other) if other == *flag),
        Json::Number(number) => matches!(value.kind, ValueKind::Number(text) if text == number.to_string()),
        Json::String(text) => matches!(value.kind, ValueKind::String(other) if other == text),
        Json::Array(peers) => {
            matches!(value.kind, ValueKind::List(items) if items.len() == peers.len() && peers.iter().zip(items).all(|(json, value)| is_same_json(json, value)))
        }
        Json::Object(peers) => match value.kind {
            ValueKind::Map(members) => {
                members.len() == peers.len()
                    && members.iter().all(|(key, value)| peers.get(*key).is_some_and(|json| is_same_json(json, value)))
            }
            _ => false,
        },
    }
}
