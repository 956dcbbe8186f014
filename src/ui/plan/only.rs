//! The part of a plan that a reader asks for: kinds of changes and risks, or resources.

use rustc_hash::FxHashSet;

use crate::plan::{Effect, Plan, ResourceEffect, RiskKind};

/// The words for parts of a plan beside the kinds of risk.
const PARTS: [&str; 9] = ["refused", "replace", "update", "add", "remove", "unknown", "outputs", "parameters", "stack"];

/// Returns every word that [`only`] accepts beside the logical IDs and types of resources.
pub fn parts() -> Vec<&'static str> {
    PARTS.into_iter().chain(RiskKind::ALL.map(RiskKind::name)).collect()
}

/// Returns a plan with only the parts that a word names: a kind of risk, what happens to a resource, a logical ID or a resource type.
///
/// `*` in a logical ID or type stands for any characters.
///
/// # Errors
///
/// Returns the words that name nothing in the plan.
pub fn only(plan: &Plan, words: &[String]) -> Result<Plan, Vec<String>> {
    let asks = |part: &str| words.iter().any(|word| word == part);
    let names: Vec<&str> = words.iter().map(String::as_str).filter(|word| !parts().contains(word)).collect();
    let is_named = |id: Option<&str>, resource_type: Option<&str>| {
        names.iter().any(|name| [id, resource_type].into_iter().flatten().any(|text| matches(name, text)))
    };
    let unmatched: Vec<String> = names.iter().filter(|name| !occurs(plan, name)).map(|name| (*name).to_owned()).collect();
    if !unmatched.is_empty() {
        return Err(unmatched);
    }
    let mut part = plan.clone();
    part.risks.retain(|risk| asks(risk.kind.name()) || is_named(risk.logical_resource_id.as_deref(), None));
    let at_risk: FxHashSet<&str> =
        part.risks.iter().filter(|risk| asks(risk.kind.name())).filter_map(|risk| risk.logical_resource_id.as_deref()).collect();
    part.effects.retain(|effect| {
        let id = effect.logical_resource_id.as_str();
        asks(word(effect)) || at_risk.contains(id) || is_named(Some(id), Some(&effect.resource_type))
    });
    let kept: FxHashSet<&str> = part.effects.iter().map(|effect| effect.logical_resource_id.as_str()).collect();
    for list in [&mut part.change_set, &mut part.change_set_without_values] {
        list.changes.retain(|change| kept.contains(change.resource_change.logical_resource_id.as_str()));
    }
    part.refusals.retain(|refusal| asks("refused") || is_named(refusal.logical_resource_id.as_deref(), refusal.resource_type.as_deref()));
    part.unknowns.retain(|unknown| asks("unknown") || is_named(unknown.logical_resource_id.as_deref(), unknown.resource_type.as_deref()));
    part.imports.retain(|import| is_named(Some(&import.logical_resource_id), Some(&import.resource_type)));
    if !asks("outputs") {
        part.outputs.clear();
    }
    if !asks("parameters") {
        part.parameters.clear();
        part.ssm_parameters.clear();
    }
    if !asks("stack") {
        part.stack.clear();
        part.retagged.clear();
    }
    Ok(part)
}

/// Returns the word for what happens to a resource.
fn word(effect: &ResourceEffect) -> &'static str {
    match effect.effect {
        Effect::Refused => "refused",
        Effect::Replaced => "replace",
        Effect::UpdatedInPlace | Effect::UpdatedWithInterruption => "update",
        Effect::Created => "add",
        Effect::Deleted | Effect::Retained => "remove",
        Effect::Untouched => "",
    }
}

fn occurs(plan: &Plan, name: &str) -> bool {
    let effects = plan.effects.iter().map(|effect| (Some(effect.logical_resource_id.as_str()), Some(effect.resource_type.as_str())));
    let risks = plan.risks.iter().map(|risk| (risk.logical_resource_id.as_deref(), None));
    let unknowns = plan.unknowns.iter().map(|unknown| (unknown.logical_resource_id.as_deref(), unknown.resource_type.as_deref()));
    let imports = plan.imports.iter().map(|import| (Some(import.logical_resource_id.as_str()), Some(import.resource_type.as_str())));
    let mut texts = effects.chain(risks).chain(unknowns).chain(imports).flat_map(|(id, resource_type)| [id, resource_type]).flatten();
    texts.any(|text| matches(name, text))
}

/// Returns whether a name, with `*` for any characters, matches a text.
fn matches(name: &str, text: &str) -> bool {
    let mut pieces = name.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (name, text, expected) in [
            ("Api", "Api", true),
            ("Api", "ApiRole", false),
            ("Api*", "ApiRole", true),
            ("*Role", "ApiRole", true),
            ("A*R*", "ApiRole", true),
            ("AWS::IAM::*", "AWS::IAM::Role", true),
            ("*", "x", true),
            ("A*x*e", "ApiRole", false),
        ] {
            assert_eq!(matches(name, text), expected, "{name} {text}");
        }
    }
}
