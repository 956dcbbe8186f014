//! The two templates side by side, and where each of their resources stands.
//!
//! Two pairs of eyes look at a reference. AWS's change set takes the attributes of a resource that is updated in place
//! as they are deployed now; executing the update does not. Both verdicts are kept together, so that each value is
//! compared once.

use std::cell::{Cell, OnceCell, RefCell};

use rustc_hash::FxHashMap;

use super::attributes;
use super::cause::is_changed_parameter;
use super::drift::Drift;
use super::facts::Facts;
use super::render::{Render, Side};
use super::values::{self, Reference, scalar_text};
use crate::evaluate::{Evaluation, Residual, Resource, State, Value, ValueKind};

/// Whether a value stays what it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Motion {
    /// It does.
    #[default]
    Still,
    /// Nobody knows before it is done.
    May,
    /// It changes.
    Moves,
}

/// What AWS's change set makes of a value or a resource, and what executing it makes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// In AWS's list. `May` is what only the list without property values shows.
    pub(super) listed: Motion,
    /// In truth.
    pub(super) real: Motion,
}

impl Seen {
    pub(super) const STILL: Self = Self::both(Motion::Still);
    pub(super) const MOVES: Self = Self::both(Motion::Moves);

    pub(super) const fn both(motion: Motion) -> Self {
        Self { listed: motion, real: motion }
    }

    pub(super) fn max(self, other: Self) -> Self {
        Self { listed: self.listed.max(other.listed), real: self.real.max(other.real) }
    }
}

/// Where a resource of the new template stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stand {
    /// As it was.
    #[default]
    Untouched,
    /// Perhaps touched: rests on an attribute that may change.
    MayUpdate,
    /// Updated in place.
    Updated,
    /// Updated in place or replaced.
    MayReplace,
    /// Replaced.
    Replaced,
    /// New.
    Added,
}

/// Where a resource stands in both views.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Standing {
    pub(super) listed: Stand,
    pub(super) real: Stand,
    /// Whether one of its properties moves, rather than only metadata or a policy.
    pub(super) properties: bool,
}

/// Both templates, and the standing of every resource that does not stay as it is.
pub(super) struct World<'p, 'a> {
    pub(super) before: Option<&'p Evaluation<'a>>,
    pub(super) after: &'p Evaluation<'a>,
    pub(super) standings: FxHashMap<&'a str, Standing>,
    /// What is known of drift, where BEFORE is what is really there.
    pub(super) drift: Option<Drift<'p, 'a>>,
    /// What is told of the deployed stack: with the old template, and with the new one.
    states: [Option<&'p State>; 2],
    /// Verdicts on attributes, so that chains of `Fn::GetAtt` cost their length and not two to the power of it.
    attributes: RefCell<FxHashMap<(&'a str, &'a str), Motion>>,
    /// How many parameters have changed; counted when first asked for.
    changed_parameters: OnceCell<usize>,
    /// How many references the value being rendered may still follow.
    pub(super) fuel: Cell<u32>,
}

impl<'p, 'a> World<'p, 'a> {
    pub(super) fn new(
        before: Option<&'p Evaluation<'a>>,
        after: &'p Evaluation<'a>,
        states: [Option<&'p State>; 2],
        drift: Option<Drift<'p, 'a>>,
    ) -> Self {
        Self {
            before,
            after,
            standings: FxHashMap::default(),
            states,
            drift,
            attributes: RefCell::default(),
            changed_parameters: OnceCell::new(),
            fuel: Cell::new(0),
        }
    }

    /// Returns how many parameters are new or have another value than before.
    pub(super) fn changed_parameters(&self) -> usize {
        let is_changed = |name: &&&str| is_changed_parameter(self.before, self.after, name);
        *self.changed_parameters.get_or_init(|| self.after.parameters.parameters.keys().filter(is_changed).count())
    }

    pub(super) fn standing(&self, id: &str) -> Standing {
        self.standings.get(id).copied().unwrap_or_default()
    }

    pub(super) fn resource_before(&self, id: &str) -> Option<&'p Resource<'a>> {
        self.before.and_then(|before| before.resources.get(id))
    }

    pub(super) fn resource_after(&self, id: &str) -> Option<&'p Resource<'a>> {
        self.after.resources.get(id)
    }

    /// Returns whether a value differs, in both views.
    pub(super) fn compare(&self, before: &Value<'a>, after: &Value<'a>) -> Seen {
        match (before.kind, after.kind) {
            (ValueKind::Unknown(old), ValueKind::Unknown(new)) if values::same_residual(&old, &new) => self.residual(&new),
            (ValueKind::Unknown(_), _) | (_, ValueKind::Unknown(_)) => self.compare_resolved(before, after),
            (ValueKind::Map(old), ValueKind::Map(new)) if old.len() == new.len() => {
                let mut seen = Seen::STILL;
                for (index, (key, value)) in old.iter().enumerate() {
                    let peer = match new.get(index) {
                        Some((peer, value)) if peer == key => Some(value),
                        _ => new.iter().find(|(peer, _)| peer == key).map(|(_, value)| value),
                    };
                    let Some(peer) = peer else { return Seen::MOVES };
                    seen = seen.max(self.compare(value, peer));
                }
                seen
            }
            (ValueKind::List(old), ValueKind::List(new)) if old.len() == new.len() => {
                old.iter().zip(new).fold(Seen::STILL, |seen, (old, new)| seen.max(self.compare(old, new)))
            }
            (ValueKind::Null, ValueKind::Null) => Seen::STILL,
            (old, new) => match (scalar_text(old), scalar_text(new)) {
                (Some(old), Some(new)) if old == new => Seen::STILL,
                _ => Seen::MOVES,
            },
        }
    }

    /// Compares two values of which one at least is unknown, by what is known of the deployed stack.
    fn compare_resolved(&self, before: &Value<'a>, after: &Value<'a>) -> Seen {
        let old = Render::new(self, Side::Deployed).known(before);
        let verdict = |side| match (&old, Render::new(self, side).known(after)) {
            (Some(old), Some(new)) if *old == new => Motion::Still,
            _ => Motion::Moves,
        };
        let rests_on = match after.kind {
            ValueKind::Unknown(residual) => self.residual(&residual).real,
            _ => Motion::Still,
        };
        let real = match verdict(Side::Executed) {
            Motion::Still => Motion::Still,
            // The text is another one; whether the value is, shows only on the way.
            _ if rests_on == Motion::May || [before, after].into_iter().any(values::is_of_macro) => Motion::May,
            _ => Motion::Moves,
        };
        Seen { listed: verdict(Side::Predicted), real }
    }

    /// Returns whether an unknown value that is written the same on both sides differs.
    fn residual(&self, residual: &Residual<'a>) -> Seen {
        match *residual {
            Residual::Ref(id) => self.reference(Reference::Resource(id)),
            Residual::GetAtt(id, attribute) => self.reference(Reference::Attribute(id, attribute)),
            _ => {
                let mut seen = Seen::STILL;
                values::each_operand(residual, &mut |operand| seen = seen.max(self.inside(operand)));
                seen
            }
        }
    }

    fn inside(&self, value: &Value<'a>) -> Seen {
        let mut seen = Seen::STILL;
        values::each_reference(value, &mut |reference| seen = seen.max(self.reference(reference)));
        seen
    }

    /// Returns whether what a reference gives differs.
    pub(super) fn reference(&self, reference: Reference<'a>) -> Seen {
        let id = reference.logical_id();
        let Some(standing) = self.standings.get(id) else { return Seen::STILL };
        let listed = match (standing.listed, reference) {
            (Stand::Untouched, _) => Motion::Still,
            (Stand::Added | Stand::Replaced, _) => Motion::Moves,
            (Stand::MayReplace, _) | (_, Reference::Attribute(..)) => Motion::May,
            (_, Reference::Resource(_)) => Motion::Still,
        };
        let real = match reference {
            Reference::Resource(_) => match standing.real {
                Stand::Added | Stand::Replaced => Motion::Moves,
                Stand::MayReplace => Motion::May,
                Stand::Updated | Stand::MayUpdate if standing.properties && self.is_custom(id) => Motion::May,
                _ => Motion::Still,
            },
            Reference::Attribute(_, attribute) => {
                let known = self.attributes.borrow().get(&(id, attribute)).copied();
                known.unwrap_or_else(|| {
                    let motion = self.attribute(id, attribute, *standing);
                    self.attributes.borrow_mut().insert((id, attribute), motion);
                    motion
                })
            }
        };
        Seen { listed, real }
    }

    fn is_custom(&self, id: &str) -> bool {
        self.resource_after(id).is_some_and(|resource| Facts::of(resource.resource_type).is_custom())
    }

    /// Returns whether executing the update changes an attribute.
    fn attribute(&self, id: &'a str, attribute: &'a str, standing: Standing) -> Motion {
        if !standing.properties && standing.real < Stand::MayReplace {
            return Motion::Still;
        }
        let Some(after) = self.resource_after(id) else { return Motion::Moves };
        let facts = Facts::of(after.resource_type);
        if !facts.is_read_only(attribute) {
            // An attribute that is a property of that name has that property's value.
            let path: Vec<&str> = attribute.split('.').collect();
            let before = self.resource_before(id).and_then(|before| values::at(&before.properties, &path));
            match (before, values::at(&after.properties, &path)) {
                (Some(before), Some(after)) => return self.compare(&before, &after).real,
                (None, None) => {}
                _ => return Motion::Moves,
            }
        }
        let is_name = ["Arn", "Id", "Name"].iter().any(|ending| attribute.ends_with(ending)) || facts.identifier() == Some(attribute);
        match standing.real {
            Stand::Untouched => Motion::Still,
            Stand::Added | Stand::Replaced if is_name => Motion::Moves,
            Stand::Updated | Stand::MayUpdate if is_name && !facts.is_custom() && !facts.is_nested_stack() => Motion::Still,
            Stand::Updated if after.resource_type == "AWS::EC2::LaunchTemplate" => Motion::Moves,
            _ => Motion::May,
        }
    }

    /// Returns the physical ID of a deployed resource, where it is told or is the name that the template gave.
    pub(super) fn physical_id(&self, id: &str) -> Option<&'p str> {
        let resource = self.resource_before(id)?;
        let told = self.states.into_iter().flatten().find_map(|state| state.physical_ids.get(id)).map(String::as_str);
        told.or_else(|| {
            let facts = Facts::of(resource.resource_type);
            let identifier = facts.identifier().filter(|name| !facts.is_read_only(name))?;
            values::text_at(&resource.properties, &[identifier])
        })
    }

    /// Returns an attribute that is told of a deployed resource, or can be told from its physical ID.
    pub(super) fn deployed_attribute(&self, id: &str, attribute: &str) -> Option<serde_json::Value> {
        let resource = self.resource_before(id)?;
        let mut states = self.states.into_iter().flatten();
        if let Some(value) = states.find_map(|state| state.attributes.get(id)?.get(attribute)) {
            return Some(as_text(value));
        }
        let physical_id = self.physical_id(id)?;
        if Facts::of(resource.resource_type).identifier() == Some(attribute) {
            return Some(physical_id.into());
        }
        let path = values::text_at(&resource.properties, &["Path"]);
        let state = self.states.into_iter().flatten().next()?;
        attributes::derived(resource.resource_type, attribute, path, physical_id, state).map(serde_json::Value::from)
    }
}

/// Returns a value with every scalar as text.
fn as_text(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        Json::Bool(flag) => Json::String(flag.to_string()),
        Json::Number(number) => Json::String(number.to_string()),
        Json::Array(items) => Json::Array(items.iter().map(as_text).collect()),
        Json::Object(members) => Json::Object(members.iter().map(|(key, value)| (key.clone(), as_text(value))).collect()),
        other => other.clone(),
    }
}
