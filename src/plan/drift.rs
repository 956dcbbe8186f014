//! Drift: deployed resources whose properties were changed outside CloudFormation.
//!
//! CloudFormation's change sets compare templates. Only in the deployment mode `REVERT_DRIFT` is BEFORE the actual state, so that the
//! update resets a drifted property to the new template's value, whether or not the template changed.
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html>

use std::borrow::Cow;

use bumpalo::collections::Vec as ArenaVec;
use serde_json::Value as Json;

use super::values;
use crate::evaluate::{Evaluation, Value, ValueKind};
use crate::template::Arena;

/// A deployed resource that has drifted.
#[derive(Clone, Debug, PartialEq)]
pub struct DriftedResource {
    /// The logical ID.
    pub logical_resource_id: String,
    /// The drifted properties; `None` where the resource was deleted.
    pub differences: Option<Vec<PropertyDrift>>,
}

/// A property with another value than the deployed template gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct PropertyDrift {
    /// Names and indices below `Properties`.
    pub path: Vec<String>,
    /// The actual value, if there is one.
    pub actual: Option<Json>,
}

impl PropertyDrift {
    /// Returns a drifted property as drift detection reports it: `path` is a JSON pointer below `Properties`, `actual` is JSON or text.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_PropertyDifference.html>
    pub fn new(path: &str, actual: Option<&str>) -> Self {
        let path = path.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~")).collect();
        let actual = actual.map(|text| match serde_json::from_str::<Json>(text) {
            Ok(json @ (Json::Array(_) | Json::Object(_))) => json,
            _ => Json::String(text.to_owned()),
        });
        Self { path, actual }
    }

    /// Returns whether a path is this one, or one is inside the other.
    pub(super) fn overlaps(&self, path: &[Cow<'_, str>]) -> bool {
        self.path.iter().zip(path).all(|(own, other)| own == other)
    }
}

/// The drift that an update reverts.
#[derive(Clone, Copy)]
pub(super) struct Drift<'p, 'a> {
    /// The deployed template, without drift.
    pub(super) previous: &'p Evaluation<'a>,
    /// The drifted resources.
    pub(super) resources: &'p [DriftedResource],
}

impl<'p, 'a> Drift<'p, 'a> {
    /// Returns a resource that has drifted.
    pub(super) fn resource(self, id: &str) -> Option<&'p DriftedResource> {
        self.resources.iter().find(|resource| resource.logical_resource_id == id)
    }

    /// Returns whether a resource was deleted.
    pub(super) fn is_deleted(self, id: &str) -> bool {
        self.resource(id).is_some_and(|resource| resource.differences.is_none())
    }

    /// Returns the drifted properties of a resource.
    pub(super) fn properties(self, id: &str) -> &'p [PropertyDrift] {
        self.resource(id).and_then(|resource| resource.differences.as_deref()).unwrap_or_default()
    }

    /// Returns the deployed template's value at a path.
    pub(super) fn previous_value(self, id: &str, path: &[impl AsRef<str>]) -> Option<Value<'a>> {
        value_at(self.previous.resources.get(id)?.properties, path)
    }
}

/// Returns the value at a path of names and indices.
pub(super) fn value_at<'a>(value: Value<'a>, path: &[impl AsRef<str>]) -> Option<Value<'a>> {
    path.iter().try_fold(value, |value, name| match value.kind {
        ValueKind::List(items) => items.get(name.as_ref().parse::<usize>().ok()?).copied(),
        _ => values::member(&value, name.as_ref()),
    })
}

/// Puts the actual property values into an evaluation of the deployed template.
///
/// A deleted resource is removed from it, unless the new template does not have it either.
pub(super) fn apply<'a>(before: &mut Evaluation<'a>, after: &Evaluation<'_>, drifted: &[DriftedResource], arena: &'a Arena) {
    for resource in drifted {
        let id = resource.logical_resource_id.as_str();
        let Some(differences) = &resource.differences else {
            if after.resources.contains_key(id) {
                before.resources.shift_remove(id);
            }
            continue;
        };
        let Some(known) = before.resources.get_mut(id) else { continue };
        // The indices are those of the template's lists. Removals come last and from the back, so that they do not shift other indices.
        let mut ordered: Vec<&PropertyDrift> = differences.iter().collect();
        ordered.sort_by_key(|difference| difference.actual.is_none());
        let removals = ordered.partition_point(|difference| difference.actual.is_some());
        if let Some(removals) = ordered.get_mut(removals..) {
            removals.reverse();
        }
        for difference in ordered {
            known.properties = patched(known.properties, &difference.path, difference.actual.as_ref(), arena);
        }
    }
}

/// Returns a value in which `actual` replaces the value at a path, or in which that value is removed; a path into an unknown value is
/// ignored.
fn patched<'a>(value: Value<'a>, path: &[String], actual: Option<&Json>, arena: &'a Arena) -> Value<'a> {
    let Some((name, rest)) = path.split_first() else {
        return actual.map_or(value, |actual| literal(actual, value, arena));
    };
    let kind = match value.kind {
        ValueKind::Map(members) => {
            let mut kept = ArenaVec::new_in(arena.bump());
            let mut is_there = false;
            for (key, member) in members {
                let is_it = key == name;
                is_there |= is_it;
                match (is_it, rest.is_empty() && actual.is_none()) {
                    (true, true) => {}
                    (true, false) => kept.push((*key, patched(*member, rest, actual, arena))),
                    (false, _) => kept.push((*key, *member)),
                }
            }
            if let (false, true, Some(actual)) = (is_there, rest.is_empty(), actual) {
                kept.push((arena.str(name), literal(actual, value, arena)));
            }
            ValueKind::Map(kept.into_bump_slice())
        }
        ValueKind::List(items) => {
            let Ok(index) = name.parse::<usize>() else { return value };
            let mut kept = ArenaVec::new_in(arena.bump());
            for (position, item) in items.iter().enumerate() {
                match (position == index, rest.is_empty() && actual.is_none()) {
                    (true, true) => {}
                    (true, false) => kept.push(patched(*item, rest, actual, arena)),
                    (false, _) => kept.push(*item),
                }
            }
            if let (true, true, Some(actual)) = (index >= items.len(), rest.is_empty(), actual) {
                kept.push(literal(actual, value, arena));
            }
            ValueKind::List(kept.into_bump_slice())
        }
        _ => return value,
    };
    Value { kind, ..value }
}

/// Returns JSON as a value. It gets the origin of the value that it replaces, so that a secret there is still masked.
fn literal<'a>(actual: &Json, instead: Value<'a>, arena: &'a Arena) -> Value<'a> {
    let kind = match actual {
        Json::Null => ValueKind::Null,
        Json::Bool(flag) => ValueKind::Bool(*flag),
        Json::Number(number) => ValueKind::Number(arena.str(&number.to_string())),
        Json::String(text) => ValueKind::String(arena.str(text)),
        Json::Array(items) => {
            let mut kept = ArenaVec::new_in(arena.bump());
            kept.extend(items.iter().map(|item| literal(item, instead, arena)));
            ValueKind::List(kept.into_bump_slice())
        }
        Json::Object(members) => {
            let mut kept = ArenaVec::new_in(arena.bump());
            kept.extend(members.iter().map(|(key, member)| (arena.str(key), literal(member, instead, arena))));
            ValueKind::Map(kept.into_bump_slice())
        }
    };
    Value { kind, ..instead }
}
