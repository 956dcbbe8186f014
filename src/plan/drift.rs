//! Resources that are not what their stack's template made of them: what is really there takes the place of what the template said.
//!
//! CloudFormation's own change sets compare templates, unless they are made in the mode `REVERT_DRIFT`: then BEFORE is what is there, and a
//! property that differs from the new template is brought in line with it, whether or not the template changed.
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html>

use std::borrow::Cow;

use bumpalo::collections::Vec as ArenaVec;
use serde_json::Value as Json;

use super::difference::Difference;
use super::world::{Motion, World};
use crate::evaluate::{Evaluation, Value, ValueKind};
use crate::template::Arena;

/// A deployed resource that is not what its stack's template made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveResource {
    /// The logical ID.
    pub logical_resource_id: String,
    /// What differs; `None` where the resource is gone.
    pub differences: Option<Vec<LiveDifference>>,
}

/// A place in a resource that is not what the template made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveDifference {
    /// Names and indices from the properties on.
    pub path: Vec<String>,
    /// What is there; `None` where nothing is.
    pub actual: Option<Json>,
}

impl LiveDifference {
    /// Returns a difference; `path` is a JSON pointer from the properties, `actual` JSON or text, as drift detection tells them.
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

    /// Tells whether a place is this one, inside it or around it.
    fn meets(&self, path: &[Cow<'_, str>]) -> bool {
        self.path.iter().zip(path).all(|(own, other)| own == other)
    }
}

/// Puts what is really there into an evaluation of the deployed template.
///
/// A resource that is gone leaves it, unless the new template lets it go too.
pub(super) fn put_in<'a>(before: &mut Evaluation<'a>, after: &Evaluation<'_>, live: &[LiveResource], arena: &'a Arena) {
    for resource in live {
        let id = resource.logical_resource_id.as_str();
        let Some(differences) = &resource.differences else {
            if after.resources.contains_key(id) {
                before.resources.shift_remove(id);
            }
            continue;
        };
        let Some(known) = before.resources.get_mut(id) else { continue };
        // Indices are those of the template's lists until something comes or goes: changes first, then removals from the back.
        let mut ordered: Vec<&LiveDifference> = differences.iter().collect();
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

/// Returns a value with another one at a path, or with none there; a path that leads into something unknown changes nothing.
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

/// Returns what is there as a value; it stands where `instead` stood, so that a secret in there is hidden as one.
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

/// What is known of drift: the deployed template without it, and what is really there.
#[derive(Clone, Copy)]
pub(super) struct Drift<'p, 'a> {
    pub(super) previous: &'p Evaluation<'a>,
    pub(super) live: &'p [LiveResource],
}

impl<'p, 'a> Drift<'p, 'a> {
    fn of(self, id: &str) -> Option<&'p LiveResource> {
        self.live.iter().find(|resource| resource.logical_resource_id == id)
    }

    /// Tells whether a resource is gone.
    pub(super) fn is_gone(self, id: &str) -> bool {
        self.of(id).is_some_and(|resource| resource.differences.is_none())
    }

    /// Tells whether a place in a resource was changed behind the stack's back.
    pub(super) fn is_at(self, id: &str, difference: &Difference<'a>) -> bool {
        let differences = self.of(id).and_then(|resource| resource.differences.as_deref()).unwrap_or_default();
        difference.property().is_some() && differences.iter().any(|place| place.meets(&difference.path))
    }

    /// Returns what the deployed template said in a place.
    pub(super) fn previous(self, id: &str, path: &[impl AsRef<str>]) -> Option<Value<'a>> {
        at(self.previous.resources.get(id)?.properties, path)
    }

    /// Returns the places of a resource that the new template changes to what is there already.
    pub(super) fn settled(self, world: &World<'_, 'a>, id: &str) -> Vec<&'p [String]> {
        let Some(after) = world.resource_after(id) else { return Vec::new() };
        let differences = self.of(id).and_then(|resource| resource.differences.as_deref()).unwrap_or_default();
        let is_settled = |place: &&LiveDifference| {
            let live = world.resource_before(id).and_then(|before| at(before.properties, &place.path));
            let after = at(after.properties, &place.path);
            same(world, live, after) && !same(world, self.previous(id, &place.path), after)
        };
        differences.iter().filter(is_settled).map(|place| place.path.as_slice()).collect()
    }
}

/// Tells whether a difference comes of drift alone: the new template says in that place what the deployed one says.
pub(super) fn is_alone<'a>(world: &World<'_, 'a>, id: &str, difference: &Difference<'a>) -> bool {
    let Some(drift) = world.drift.filter(|drift| drift.is_at(id, difference)) else { return false };
    same(world, drift.previous(id, &difference.path), difference.after)
}

fn same<'a>(world: &World<'_, 'a>, one: Option<Value<'a>>, other: Option<Value<'a>>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => world.compare(&one, &other).real == Motion::Still,
        _ => false,
    }
}

fn at<'a>(value: Value<'a>, path: &[impl AsRef<str>]) -> Option<Value<'a>> {
    path.iter().try_fold(value, |value, name| match value.kind {
        ValueKind::List(items) => items.get(name.as_ref().parse::<usize>().ok()?).copied(),
        _ => super::values::member(&value, name.as_ref()),
    })
}
