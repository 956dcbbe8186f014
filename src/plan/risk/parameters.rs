//! Deployed parameter values that an update drops: reset to the template's default, or lost because the parameter was renamed.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{RiskKind, Search};
use crate::diagnostic::Span;
use crate::evaluate::Evaluation;
use crate::parameters::{Parameter, Provenance};
use crate::plan::certainty::Certainty;
use crate::template::{Intrinsic, Node, Reference, ReferenceVisitor as _};
use crate::text::nearest;

pub(super) fn search(search: &mut Search<'_, '_, '_>) {
    resets(search);
    renames(search);
}

/// Finds parameters that this update resets from a configured value to the template's default.
fn resets(search: &mut Search<'_, '_, '_>) {
    let Some(before) = search.comparison.context.before else { return };
    for (name, parameter) in &search.comparison.context.after.parameters.parameters {
        let Some(old) = before.parameters.parameters.get(name) else { continue };
        if parameter.provenance == Provenance::Default && old.provenance != Provenance::Default && old.value != parameter.value {
            let hides = is_secret(parameter) || is_secret(old);
            let reason = format!(
                "Parameter `{name}` changes from {} to the template's default {}, because no value is set for it.",
                shown(old, hides),
                if hides { "secret".to_owned() } else { shown(parameter, false) },
            );
            search.note(RiskKind::ParameterDefault, None, None, reason);
        }
    }
}

/// Finds parameters that the new template no longer declares, although another new one probably is the same setting.
fn renames(search: &mut Search<'_, '_, '_>) {
    let context = search.comparison.context;
    let Some(before) = context.before else { return };
    let (old, new) = (&before.parameters.parameters, &context.after.parameters.parameters);
    let dropped: Vec<_> = old.iter().filter(|(name, old)| !new.contains_key(*name) && !has_default(old)).collect();
    let mut added: Vec<_> = new
        .iter()
        .filter(|(name, parameter)| !old.contains_key(*name) && parameter.provenance == Provenance::Default)
        .map(|(name, parameter)| (*name, parameter))
        .collect();
    if dropped.is_empty() || added.is_empty() {
        return;
    }
    let [old_places, new_places] = [before, context.after].map(places);
    for (name, parameter) in dropped {
        let of = |places: &FxHashMap<&str, FxHashSet<String>>, name: &str| places.get(name).cloned().unwrap_or_default();
        let own = of(&old_places, name);
        let shared = |other: &str| of(&new_places, other).intersection(&own).count();
        let by_place =
            added.iter().map(|(other, _)| (shared(other), *other)).filter(|(count, _)| *count > 0).max_by_key(|(count, _)| *count);
        let by_name = || {
            let same_type = added.iter().filter(|(_, other)| other.declaration.parameter_type == parameter.declaration.parameter_type);
            let names: Vec<&str> = same_type.map(|(other, _)| *other).collect();
            names.iter().copied().find(|other| contains_words(name, other)).or_else(|| nearest(name, names))
        };
        let Some(other) = by_place.map(|(_, other)| other).or_else(by_name) else { continue };
        let Some(index) = added.iter().position(|(candidate, _)| *candidate == other) else { continue };
        let (_, successor) = added.remove(index);
        if parameter.value == successor.value {
            continue;
        }
        let hides = is_secret(parameter) || is_secret(successor);
        let why = if by_place.is_some() { "is used in its place" } else { "has a similar name" };
        let reason = format!(
            "Parameter `{name}` is no longer declared, so its deployed value {} is lost; `{other}`, which is new and {why}, has the template's \
             default {}. If it is the same setting, set `{other}` to the deployed value.",
            shown(parameter, hides),
            if hides { "secret".to_owned() } else { shown(successor, false) },
        );
        search.note_with(Certainty::possible_if(by_place.is_none()), RiskKind::ParameterDefault, None, None, reason);
    }
}

fn has_default(parameter: &Parameter<'_>) -> bool {
    parameter.provenance == Provenance::Default || parameter.value.as_deref() == parameter.declaration.default.as_deref()
}

fn is_secret(parameter: &Parameter<'_>) -> bool {
    parameter.declaration.no_echo
}

fn shown(parameter: &Parameter<'_>, hides: bool) -> String {
    match &parameter.value {
        Some(value) if !hides => format!("`{value}`"),
        _ => "its secret value".to_owned(),
    }
}

/// Returns whether one name has all words of the other in the same order, as `InternalRouterSuffix` has those of `InternalSuffix`.
fn contains_words(one: &str, other: &str) -> bool {
    let (short, long) = if words(one).len() <= words(other).len() { (words(one), words(other)) } else { (words(other), words(one)) };
    let mut rest = long.iter();
    // A single word in common, such as `Name`, says little.
    short.len() > 1 && short.iter().all(|word| rest.any(|other| other == word))
}

fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut was_lower = false;
    for c in name.chars() {
        if words.is_empty() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        was_lower = !c.is_uppercase();
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words
}

/// Returns the places of a template that refer to each name.
fn places<'a>(evaluation: &Evaluation<'a>) -> FxHashMap<&'a str, FxHashSet<String>> {
    let mut found = FxHashMap::default();
    let mut path = String::new();
    for section in ["Conditions", "Resources", "Outputs"] {
        if let Some(node) = evaluation.template.root.get(section) {
            below(node, section, &mut path, &mut found);
        }
    }
    found
}

fn below<'a>(node: &'a Node<'a>, name: &str, path: &mut String, found: &mut FxHashMap<&'a str, FxHashSet<String>>) {
    let length = path.len();
    path.push('/');
    path.push_str(name);
    if Intrinsic::of(node).is_some() || Intrinsic::of_condition(node).is_some() {
        let mut visit = |reference: Reference<'a>, _: Span| {
            if let Reference::Name(name) = reference {
                found.entry(name).or_default().insert(path.clone());
            }
        };
        visit.expression(node);
    } else {
        for member in node.members() {
            below(&member.value, member.key, path, found);
        }
        for (index, item) in node.items().iter().enumerate() {
            below(item, &index.to_string(), path, found);
        }
    }
    path.truncate(length);
}
