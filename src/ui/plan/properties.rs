//! The changed properties of a resource: one line each, with all causes.

use std::borrow::Cow;

use indexmap::IndexMap;

use super::lists;
use super::value::UNKNOWN_AFTER;
use crate::cloudformation::{ChangeSource, KNOWN_AFTER_APPLY, ResourceChange, ResourceChangeDetail};
use crate::plan::{CauseSource, ResourceEffect};
use crate::schema::RequiresRecreation;

/// One changed property of a resource.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Property<'p> {
    pub(super) name: String,
    pub(super) before: Option<Cow<'p, str>>,
    pub(super) after: Option<Cow<'p, str>>,
    /// The replacement and the causes, such as `requires replacement (parameter X)`.
    pub(super) note: String,
}

/// The details of one property, which differ only in their cause, or of one list that got longer or shorter.
struct Group<'p> {
    name: String,
    /// The names of the list's path, if the group is a list.
    list: Option<Vec<Cow<'p, str>>>,
    details: Vec<&'p ResourceChangeDetail>,
}

/// Returns one line per changed property: details that differ only in their cause are one change with several causes. A list that got
/// longer or shorter is shown by its added and removed items.
pub(super) fn properties<'p>(change: &'p ResourceChange, effect: &ResourceEffect, shown: ShownCauses) -> Vec<Property<'p>> {
    let mut groups: IndexMap<String, Group<'p>> = IndexMap::new();
    for detail in &change.details {
        let names = detail.target.path.as_deref().map(lists::names).unwrap_or_default();
        let list = lists::resized(change, &names).map(|end| names[..end].to_vec());
        let name = list.as_deref().map_or_else(|| property_name(detail), readable);
        groups.entry(name).or_insert_with_key(|name| Group { name: name.clone(), list, details: Vec::new() }).details.push(detail);
    }
    let mut found = Vec::new();
    for group in groups.into_values() {
        if is_unmoved(&group.details, effect) {
            continue;
        }
        let items = group.list.as_deref().map(|list| lists::item_changes(change, list)).unwrap_or_default();
        let mut paths: Vec<Option<&str>> = group.details.iter().map(|detail| detail.target.path.as_deref()).collect();
        paths.dedup();
        if items.is_empty() || items.len() > paths.len() {
            add_properties(&group.details, effect, shown, &mut found);
            continue;
        }
        let note = note(&group.details, effect, shown);
        found.extend(items.into_iter().map(|item| Property {
            name: format!("{}.{}", group.name, item.index),
            before: item.before.map(Cow::Owned),
            after: item.after.map(Cow::Owned),
            note: note.clone(),
        }));
    }
    found
}

/// Returns whether nothing moves: both sides are the same unknown value, and nothing that it refers to causes a change.
fn is_unmoved(details: &[&ResourceChangeDetail], effect: &ResourceEffect) -> bool {
    details.iter().all(|detail| {
        let path = detail.target.path.as_deref();
        let is_caused = path.is_none() || effect.causes.iter().any(|cause| cause.path.as_deref() == path);
        let values = (&detail.target.before_value, &detail.target.after_value);
        !is_caused && matches!(values, (Some(before), Some(after)) if before == after)
    })
}

/// Returns whether a value is known to AWS only, before and after.
fn is_unknown_twice(detail: &ResourceChangeDetail) -> bool {
    let is_unknown = |value: &Option<String>| value.as_deref() == Some(KNOWN_AFTER_APPLY);
    is_unknown(&detail.target.before_value) && is_unknown(&detail.target.after_value)
}

/// Adds a line for each property in the details.
fn add_properties<'p>(details: &[&'p ResourceChangeDetail], effect: &ResourceEffect, shown: ShownCauses, found: &mut Vec<Property<'p>>) {
    let mut names: Vec<String> = Vec::new();
    for detail in details {
        let name = property_name(detail);
        if names.contains(&name) {
            continue;
        }
        let own: Vec<&'p ResourceChangeDetail> = details.iter().copied().filter(|other| property_name(other) == name).collect();
        let with_values = |detail: &&&'p ResourceChangeDetail| detail.target.before_value.is_some() || detail.target.after_value.is_some();
        let first = own.iter().find(with_values).copied().unwrap_or(*detail);
        if is_unknown_twice(first) {
            // Both placeholders say nothing; the note names what the value refers to.
            let note = note(&own, effect, shown);
            let note = if note.is_empty() { UNKNOWN_AFTER.to_owned() } else { format!("{UNKNOWN_AFTER} {note}") };
            found.push(Property { name: name.clone(), before: None, after: None, note });
            names.push(name);
            continue;
        }
        found.push(Property {
            name: name.clone(),
            before: first.target.before_value.as_deref().map(Cow::Borrowed),
            after: first.target.after_value.as_deref().map(Cow::Borrowed),
            note: note(&own, effect, shown),
        });
        names.push(name);
    }
}

/// The causes to show. The template is not shown if it is the only possible cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShownCauses {
    /// Every cause.
    All,
    /// All causes except the template.
    ExceptTemplate,
}

/// Returns whether a change requires replacement, and its causes.
fn note(details: &[&ResourceChangeDetail], effect: &ResourceEffect, shown: ShownCauses) -> String {
    let mut phrases: Vec<String> = Vec::new();
    let mut paths: Vec<Option<&str>> = details.iter().map(|detail| detail.target.path.as_deref()).collect();
    paths.dedup();
    for path in paths {
        let has_causes = path.is_some() && effect.causes.iter().any(|cause| cause.path.as_deref() == path);
        let mut found = if has_causes { causes(effect, path, shown) } else { Vec::new() };
        if !has_causes {
            // AWS lists the property, but the update does not change it.
            found.extend(details.iter().filter(|detail| detail.target.path.as_deref() == path).filter_map(|detail| phrase(detail)));
        }
        if found.is_empty() && !has_causes {
            found = causes(effect, path, shown);
        }
        for phrase in found {
            if !phrases.contains(&phrase) {
                phrases.push(phrase);
            }
        }
    }
    if let Some(drift) = details.iter().find_map(|detail| detail.target.drift.as_ref()) {
        // The line shows the actual and the new value; the note adds the value in the deployed template.
        let after = details.iter().find_map(|detail| detail.target.after_value.as_ref());
        phrases.retain(|phrase| phrase != "drift");
        phrases.push(match &drift.previous_value {
            previous if previous.as_ref() == after => "drift: reset to the template's value".to_owned(),
            Some(previous) => format!("drift: the deployed template has {}", crate::ui::clip(previous, 60)),
            None => "drift: not set in the deployed template".to_owned(),
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

/// Returns a property's name with dots: `ContainerDefinitions.0.Image`.
fn property_name(detail: &ResourceChangeDetail) -> String {
    let target = &detail.target;
    match (&target.path, &target.name) {
        (Some(path), _) => readable(&lists::names(path)),
        (None, Some(name)) => name.clone(),
        (None, None) => format!("{:?}", target.attribute),
    }
}

/// Joins the names of a path with dots, without a leading `Properties`.
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

/// Returns the causes of an effect, or of the change at one path.
pub(super) fn causes(effect: &ResourceEffect, path: Option<&str>, shown: ShownCauses) -> Vec<String> {
    let mut phrases: Vec<String> = Vec::new();
    for cause in effect.causes.iter().filter(|cause| path.is_none() || cause.path.as_deref() == path) {
        let phrase = match &cause.source {
            CauseSource::Parameter(name) => format!("parameter {name}"),
            CauseSource::Condition(name) => format!("condition {name}"),
            CauseSource::Resource(name) => format!("resource {name}"),
            CauseSource::Attribute(name) => format!("attribute {name}"),
            CauseSource::Template if shown == ShownCauses::ExceptTemplate => continue,
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
