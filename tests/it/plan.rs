//! Planning: recorded change sets, effects, risks, causes and saved plans.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod agreement;
mod causes;
mod collisions;
mod effects;
mod generated;
mod identity;
mod limits;
mod listed;
mod parameters;
mod real;
mod recorded;
mod refusals;
mod request;
mod retention;
mod risks;
mod saved;
mod schema;
mod secrets;
mod unknowns;
mod widening;
mod widening_defaults;

use rackform::cloudformation::ResourceChange;
use rackform::diagnostic::{Diagnostics, Source};
use rackform::evaluate::{State, evaluate};
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::plan::{self, Plan, ResourceEffect};
use rackform::template::{Arena, Template};
use serde_json::Value as Json;

/// One side of a plan: a template's text and flags.
type Side<'s> = (&'s str, &'s [&'s str]);

/// Plans from one template to another.
fn plan_texts(before: Side<'_>, after: Side<'_>, state: &State) -> Plan {
    try_plan_texts(before, after, state).unwrap()
}

/// Plans from one template to another, or returns why the plan would list too much.
fn try_plan_texts(before: Side<'_>, after: Side<'_>, state: &State) -> Result<Plan, Diagnostics> {
    let given = |flags: &[&str]| {
        let mut given = ParameterOverrides::new();
        flags.iter().for_each(|flag| given.add_flag(flag).unwrap());
        given
    };
    let arena = Arena::new();
    let (old, new) = (Source::new("before.json", before.0), Source::new("after.json", after.0));
    let (old, new) = (Template::read(&old, &arena).unwrap(), Template::read(&new, &arena).unwrap());
    let old_set = ParameterSet::resolve(&old, &given(before.1)).unwrap();
    let new_set = ParameterSet::resolve(&new, &given(after.1)).unwrap();
    let old = evaluate(&old, &old_set, state, &arena).unwrap();
    let new = evaluate(&new, &new_set, state, &arena).unwrap();
    plan::plan(&old, &new)
}

/// Plans between two sets of resources.
fn plan_resources(before: &Json, after: &Json) -> Plan {
    let template = |resources: &Json| serde_json::json!({ "Resources": resources }).to_string();
    plan_texts((&template(before), &[]), (&template(after), &[]), &State::default())
}

/// Plans between two values of one parameter `P` of one template.
fn plan_parameter(template: &Json, before: &str, after: &str) -> Plan {
    let text = template.to_string();
    let [before, after] = [before, after].map(|value| format!("P={value}"));
    plan_texts((&text, &[&before]), (&text, &[&after]), &State::default())
}

fn effect<'p>(plan: &'p Plan, id: &str) -> Option<&'p ResourceEffect> {
    plan.effects.iter().find(|effect| effect.logical_resource_id == id)
}

fn change<'p>(plan: &'p Plan, id: &str) -> Option<&'p ResourceChange> {
    plan.change_set.changes.iter().map(|change| &change.resource_change).find(|change| change.logical_resource_id == id)
}

/// Returns each effect on one line, such as `replaced Subnet (possible)`.
fn effect_lines(plan: &Plan) -> Vec<String> {
    let name = |effect: &ResourceEffect| serde_json::to_value(effect.effect).unwrap().as_str().unwrap().to_owned();
    let line = |effect: &ResourceEffect| {
        format!("{} {}{}", name(effect), effect.logical_resource_id, if effect.possible { " (possible)" } else { "" })
    };
    plan.effects.iter().map(line).collect()
}
