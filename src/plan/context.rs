//! The inputs of planning: both evaluated templates and what is known about the deployed stack.
//!
//! Nothing here changes while a plan is made. What planning finds is in [`compare::outcome`](super::compare).

use super::attributes;
use super::drift::Drift;
use super::facts::Facts;
use super::limits::Limits;
use super::values;
use crate::evaluate::{Evaluation, Resource, State};
use crate::template::Arena;

/// Both templates with the deployed stack's state; immutable.
#[derive(Clone, Copy)]
pub(super) struct PlanningContext<'p, 'a> {
    /// The deployed template, or `None` for a new stack. With drift, its resources have their actual properties.
    pub(super) before: Option<&'p Evaluation<'a>>,
    /// The new template.
    pub(super) after: &'p Evaluation<'a>,
    /// The drift that the update reverts.
    pub(super) drift: Option<Drift<'p, 'a>>,
    /// Memory for evaluations that planning makes.
    pub(super) arena: &'a Arena,
    /// What the plan may still list.
    pub(super) limits: &'p Limits,
    /// The deployed stack's state, as given with the old template and with the new one.
    states: [Option<&'p State>; 2],
}

impl<'p, 'a> PlanningContext<'p, 'a> {
    pub(super) fn new(
        before: Option<&'p Evaluation<'a>>,
        after: &'p Evaluation<'a>,
        states: [Option<&'p State>; 2],
        drift: Option<Drift<'p, 'a>>,
        arena: &'a Arena,
        limits: &'p Limits,
    ) -> Self {
        Self { before, after, drift, arena, limits, states }
    }

    pub(super) fn resource_before(&self, id: &str) -> Option<&'p Resource<'a>> {
        self.before.and_then(|before| before.resources.get(id))
    }

    pub(super) fn resource_after(&self, id: &str) -> Option<&'p Resource<'a>> {
        self.after.resources.get(id)
    }

    /// Returns the physical ID of a deployed resource, where the state or the resource's name property gives it.
    pub(super) fn physical_id(&self, id: &str) -> Option<&'p str> {
        let resource = self.resource_before(id)?;
        let from_state = self.states.into_iter().flatten().find_map(|state| state.physical_ids.get(id)).map(String::as_str);
        from_state.or_else(|| {
            let facts = Facts::of(resource.resource_type);
            let identifier = facts.identifier().filter(|name| !facts.is_read_only(name))?;
            values::text_at(&resource.properties, &[identifier])
        })
    }

    /// Returns an attribute of a deployed resource, where the state gives it or it can be derived from the physical ID.
    pub(super) fn deployed_attribute(&self, id: &str, attribute: &str) -> Option<serde_json::Value> {
        let resource = self.resource_before(id)?;
        let mut states = self.states.into_iter().flatten();
        if let Some(value) = states.find_map(|state| state.attributes.get(id)?.get(attribute)) {
            return Some(with_scalars_as_text(value));
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

fn with_scalars_as_text(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        Json::Bool(flag) => Json::String(flag.to_string()),
        Json::Number(number) => Json::String(number.to_string()),
        Json::Array(items) => items.iter().map(with_scalars_as_text).collect(),
        Json::Object(members) => members.iter().map(|(key, value)| (key.clone(), with_scalars_as_text(value))).collect(),
        other => other.clone(),
    }
}
