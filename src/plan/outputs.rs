//! Parameters and outputs that differ.

use super::cause::stored_change;
use super::redact::Secrets;
use super::render::{Render, Side, text};
use super::world::{Motion, World};
use super::{OutputChange, ParameterChange, StoredChange};
use crate::evaluate::{Evaluation, Output, Value};
use crate::parameters::Parameter;
use crate::secret::MASKED;

/// Returns the parameters whose value differs, in the order of the new template, dropped ones last.
pub(super) fn parameters<'a>(before: Option<&Evaluation<'a>>, after: &Evaluation<'a>, secrets: &Secrets<'a>) -> Vec<ParameterChange> {
    let Some(before) = before else { return Vec::new() };
    let (old, new) = (&before.parameters.parameters, &after.parameters.parameters);
    let names = new.keys().chain(old.keys().filter(|name| !new.contains_key(*name)));
    let changed = names.filter(|name| match (old.get(*name), new.get(*name)) {
        (Some(old), Some(new)) => old.value != new.value,
        _ => true,
    });
    changed
        .map(|name| {
            let (old, new) = (old.get(name), new.get(name));
            let hides = [old, new].into_iter().flatten().any(|parameter| parameter.declaration.no_echo);
            let show = |parameter: &Parameter<'_>| match &parameter.value {
                Some(value) if !hides => secrets.text(value.clone()),
                _ => MASKED.to_owned(),
            };
            let possible = old.is_some_and(|old| old.value.is_none()) && new.is_some_and(|new| new.value.is_some());
            ParameterChange { name: (*name).to_owned(), before: old.map(show), after: new.map(show), possible }
        })
        .collect()
}

/// Returns the parameters behind whose name Parameter Store holds something else, in the order of the new template.
pub(super) fn stored<'a>(before: Option<&Evaluation<'a>>, after: &Evaluation<'a>, secrets: &Secrets<'a>) -> Vec<StoredChange> {
    let change = |(name, parameter): (&&'a str, &Parameter<'a>)| {
        let [held, holds] = stored_change(before, after, name)?;
        let show = |text: String| if parameter.declaration.no_echo { MASKED.to_owned() } else { secrets.text(text) };
        let stored_under = parameter.value.clone().map(show)?;
        Some(StoredChange { name: (*name).to_owned(), stored_under, before: show(held), after: show(holds) })
    };
    after.parameters.parameters.iter().filter_map(change).collect()
}

/// Returns the outputs that differ, in the order of the new template, dropped ones last.
pub(super) fn outputs<'a>(world: &World<'_, 'a>, secrets: &Secrets<'a>) -> Vec<OutputChange> {
    let after = &world.after.outputs;
    let old = world.before.map(|before| &before.outputs);
    let mut changes = Vec::new();
    for (name, output) in after {
        let before = old.and_then(|old| old.get(name));
        if before.is_none_or(|before| differs(world, before, output)) {
            changes.push(change(world, secrets, name, before, Some(output)));
        }
    }
    for (name, output) in old.into_iter().flatten().filter(|(name, _)| !after.contains_key(*name)) {
        changes.push(change(world, secrets, name, Some(output), None));
    }
    changes
}

fn differs<'a>(world: &World<'_, 'a>, before: &Output<'a>, after: &Output<'a>) -> bool {
    let moves = |old, new| world.compare(old, new).real != Motion::Still;
    moves(&before.value, &after.value)
        || before.description != after.description
        || match (&before.export, &after.export) {
            (Some(old), Some(new)) => moves(old, new),
            (None, None) => false,
            _ => true,
        }
}

fn change<'a>(
    world: &World<'_, 'a>,
    secrets: &Secrets<'a>,
    name: &str,
    before: Option<&Output<'a>>,
    after: Option<&Output<'a>>,
) -> OutputChange {
    let show = |evaluation: Option<&Evaluation<'a>>, value: Value<'a>, side| {
        let json = Render::new(world, side).json(&value);
        evaluation.map(|evaluation| secrets.json(evaluation, &value, json))
    };
    let export = after.and_then(|output| output.export).or_else(|| before.and_then(|output| output.export));
    OutputChange {
        name: name.to_owned(),
        before: before.and_then(|output| show(world.before, output.value, Side::Deployed)),
        after: after.and_then(|output| show(Some(world.after), output.value, Side::Executed)),
        export: export.and_then(|value| show(Some(world.after), value, Side::Executed)).map(text),
    }
}
