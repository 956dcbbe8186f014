//! The changed properties of a resource: one line each, with everything that caused it.

use std::borrow::Cow;

use super::lists;
use crate::cloudformation::{ChangeSource, ResourceChange, ResourceChangeDetail};
use crate::plan::{CauseSource, ResourceEffect};
use crate::schema::RequiresRecreation;

/// One changed property of a resource.
#[derive(Debug)]
pub(super) struct Property<'p> {
    pub(super) name: String,
    pub(super) before: Option<Cow<'p, str>>,
    pub(super) after: Option<Cow<'p, str>>,
    /// `requires replacement (parameter X)`.
    pub(super) note: String,
}

/// Details of one place, which differ only in their cause, or of one list that grew or shrank.
struct Group<'p> {
    name: String,
    /// The list's names, where it is one.
    list: Option<Vec<Cow<'p, str>>>,
    details: Vec<&'p ResourceChangeDetail>,
}

/// Returns one line per changed property: details that differ only in their cause are one change with several causes, and a list
/// that grew or shrank is told by the items that came and went.
pub(super) fn properties<'p>(change: &'p ResourceChange, effect: &ResourceEffect, told: Told) -> Vec<Property<'p>> {
    let mut groups: Vec<Group<'p>> = Vec::new();
    for detail in &change.details {
        let names = detail.target.path.as_deref().map(lists::names).unwrap_or_default();
        let list = lists::resized(change, &names).map(|end| names[..end].to_vec());
        let name = list.as_deref().map_or_else(|| property_name(detail), readable);
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.details.push(detail),
            None => groups.push(Group { name, list, details: vec![detail] }),
        }
    }
    let mut found = Vec::new();
    for group in groups {
        let steps = group.list.as_deref().map(|list| lists::steps(change, list)).unwrap_or_default();
        let mut paths: Vec<Option<&str>> = group.details.iter().map(|detail| detail.target.path.as_deref()).collect();
        paths.dedup();
        if steps.is_empty() || steps.len() > paths.len() {
            leaves(&group.details, effect, told, &mut found);
            continue;
        }
        let note = note(&group.details, effect, told);
        found.extend(steps.into_iter().map(|step| Property {
            name: format!("{}.{}", group.name, step.index),
            before: step.before.map(Cow::Owned),
            after: step.after.map(Cow::Owned),
            note: note.clone(),
        }));
    }
    found
}

/// Adds a line for each place that details are of.
fn leaves<'p>(details: &[&'p ResourceChangeDetail], effect: &ResourceEffect, told: Told, found: &mut Vec<Property<'p>>) {
    let mut names: Vec<String> = Vec::new();
    for detail in details {
        let name = property_name(detail);
        if names.contains(&name) {
            continue;
        }
        let own: Vec<&'p ResourceChangeDetail> = details.iter().copied().filter(|other| property_name(other) == name).collect();
        let with_values = |detail: &&&'p ResourceChangeDetail| detail.target.before_value.is_some() || detail.target.after_value.is_some();
        let first = own.iter().find(with_values).copied().unwrap_or(*detail);
        found.push(Property {
            name: name.clone(),
            before: first.target.before_value.as_deref().map(Cow::Borrowed),
            after: first.target.after_value.as_deref().map(Cow::Borrowed),
            note: note(&own, effect, told),
        });
        names.push(name);
    }
}

/// Whether it is worth a word that the template's text is the cause: not where it is the cause of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Every cause.
    All,
    /// All but the template.
    NotTheTemplate,
}

/// Returns what a change asks for and what caused it.
fn note(details: &[&ResourceChangeDetail], effect: &ResourceEffect, told: Told) -> String {
    let mut phrases: Vec<String> = Vec::new();
    let mut paths: Vec<Option<&str>> = details.iter().map(|detail| detail.target.path.as_deref()).collect();
    paths.dedup();
    for path in paths {
        let has_causes = path.is_some() && effect.causes.iter().any(|cause| cause.path.as_deref() == path);
        let mut found = if has_causes { causes(effect, path, told) } else { Vec::new() };
        if !has_causes {
            // AWS lists the property, and the update does not change it.
            found.extend(details.iter().filter(|detail| detail.target.path.as_deref() == path).filter_map(|detail| phrase(detail)));
        }
        if found.is_empty() && !has_causes {
            found = causes(effect, path, told);
        }
        for phrase in found {
            if !phrases.contains(&phrase) {
                phrases.push(phrase);
            }
        }
    }
    if let Some(drift) = details.iter().find_map(|detail| detail.target.drift.as_ref()) {
        // The values beside are what is there and what comes; the third is what the deployed template says.
        let after = details.iter().find_map(|detail| detail.target.after_value.as_ref());
        phrases.retain(|phrase| phrase != "drift");
        phrases.push(match &drift.previous_value {
            previous if previous.as_ref() == after => "drift: put back to what the template says".to_owned(),
            Some(previous) => format!("drift: the deployed template says {}", crate::ui::clip(previous, 60)),
            None => "drift: the deployed template says nothing of it".to_owned(),
        });
    }
    let recreation = match details.iter().map(|detail| detail.target.requires_recreation).max() {
        Some(RequiresRecreation::Always) => "requires replacement",
        Some(RequiresRecreation::Conditionally | RequiresRecreation::Other(_)) => "may require replacement",
        _ => "",
    };
    let because = if phrases.is_empty() { String::new() } else { format!("({})", phrases.join(", ")) };
    [recreation, &because].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

/// Returns a property as people write it: `ContainerDefinitions.0.Image`.
fn property_name(detail: &ResourceChangeDetail) -> String {
    let target = &detail.target;
    match (&target.path, &target.name) {
        (Some(path), _) => readable(&lists::names(path)),
        (None, Some(name)) => name.clone(),
        (None, None) => format!("{:?}", target.attribute),
    }
}

/// Returns names as people write them, without the `Properties` that goes without saying.
fn readable(names: &[Cow<'_, str>]) -> String {
    let names = match names {
        [first, rest @ ..] if *first == "Properties" && !rest.is_empty() => rest,
        all => all,
    };
    names.join(".")
}

fn phrase(detail: &ResourceChangeDetail) -> Option<String> {
    let entity = detail.causing_entity.as_deref();
    match (detail.change_source, entity) {
        (ChangeSource::ParameterReference, Some(entity)) => Some(format!("parameter {entity}")),
        (ChangeSource::ResourceReference, Some(entity)) => Some(format!("resource {entity}")),
        (ChangeSource::ResourceAttribute, Some(entity)) => Some(format!("attribute {entity}")),
        (ChangeSource::Automatic, _) => Some("nested stack".to_owned()),
        _ => None,
    }
}

/// Returns what causes an effect, or the change of one property of it.
pub(super) fn causes(effect: &ResourceEffect, path: Option<&str>, told: Told) -> Vec<String> {
    let mut phrases: Vec<String> = Vec::new();
    for cause in effect.causes.iter().filter(|cause| path.is_none() || cause.path.as_deref() == path) {
        let phrase = match &cause.source {
            CauseSource::Parameter(name) => format!("parameter {name}"),
            CauseSource::Condition(name) => format!("condition {name}"),
            CauseSource::Resource(name) => format!("resource {name}"),
            CauseSource::Attribute(name) => format!("attribute {name}"),
            CauseSource::Template if told == Told::NotTheTemplate => continue,
            CauseSource::Template => "template".to_owned(),
            CauseSource::Drift => "drift".to_owned(),
        };
        if !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
    }
    if path.is_none() {
        phrases.truncate(4);
    }
    phrases
}
