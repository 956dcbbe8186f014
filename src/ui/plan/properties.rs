//! The changed properties of a resource: one line each, with all causes.

use std::borrow::Cow;

use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxHashMap;

use super::lists;
use super::value::UNKNOWN_AFTER;
use crate::cloudformation::{ChangeSource, KNOWN_AFTER_APPLY, ResourceChange, ResourceChangeDetail};
use crate::plan::{Cause, CauseSource, ResourceEffect};
use crate::schema::RequiresRecreation;
use crate::text::Pairs;

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
pub(super) fn properties<'p>(change: &'p ResourceChange, causes: &Causes<'_>, pairs: &Pairs) -> Vec<Property<'p>> {
    let mut groups: IndexMap<String, Group<'p>> = IndexMap::new();
    for detail in &change.details {
        let names = detail.target.path.as_deref().map(lists::names).unwrap_or_default();
        let list = lists::resized(change, &names).map(|end| names[..end].to_vec());
        let name = list.as_deref().map_or_else(|| property_name(detail), readable);
        groups.entry(name).or_insert_with_key(|name| Group { name: name.clone(), list, details: Vec::new() }).details.push(detail);
    }
    let mut found = Vec::new();
    for group in groups.into_values() {
        if is_unmoved(&group.details, causes) {
            continue;
        }
        let items = group.list.as_deref().map(|list| lists::item_changes(change, list, pairs)).unwrap_or_default();
        let mut paths: Vec<Option<&str>> = group.details.iter().map(|detail| detail.target.path.as_deref()).collect();
        paths.dedup();
        if items.is_empty() || items.len() > paths.len() {
            add_properties(&group.details, causes, &mut found);
            continue;
        }
        let note = note(&group.details, causes);
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
fn is_unmoved(details: &[&ResourceChangeDetail], causes: &Causes<'_>) -> bool {
    details.iter().all(|detail| {
        let path = detail.target.path.as_deref();
        let is_caused = path.is_none_or(|path| causes.has(path));
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
fn add_properties<'p>(details: &[&'p ResourceChangeDetail], causes: &Causes<'_>, found: &mut Vec<Property<'p>>) {
    let mut by_name: IndexMap<String, Vec<&'p ResourceChangeDetail>> = IndexMap::new();
    for detail in details {
        by_name.entry(property_name(detail)).or_default().push(detail);
    }
    for (name, own) in by_name {
        let has_value = |detail: &&&'p ResourceChangeDetail| detail.target.before_value.is_some() || detail.target.after_value.is_some();
        let Some(first) = own.iter().find(has_value).or(own.first()).copied() else { continue };
        let note = note(&own, causes);
        let (before, after, note) = if is_unknown_twice(first) {
            // Both placeholders say nothing; the note names what the value refers to.
            (None, None, if note.is_empty() { UNKNOWN_AFTER.to_owned() } else { format!("{UNKNOWN_AFTER} {note}") })
        } else {
            let value = |value: &'p Option<String>| value.as_deref().map(Cow::Borrowed);
            (value(&first.target.before_value), value(&first.target.after_value), note)
        };
        found.push(Property { name, before, after, note });
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

/// The causes of an effect, found by the path of a change.
pub(super) struct Causes<'e> {
    all: &'e [Cause],
    by_path: FxHashMap<&'e str, Vec<&'e Cause>>,
    shown: ShownCauses,
}

impl<'e> Causes<'e> {
    /// The most causes that are shown for a resource as a whole.
    const MOST: usize = 4;

    pub(super) fn of(effect: &'e ResourceEffect, shown: ShownCauses) -> Self {
        let mut by_path: FxHashMap<&str, Vec<&Cause>> = FxHashMap::default();
        for cause in &effect.causes {
            if let Some(path) = &cause.path {
                by_path.entry(path).or_default().push(cause);
            }
        }
        Self { all: &effect.causes, by_path, shown }
    }

    fn has(&self, path: &str) -> bool {
        self.by_path.contains_key(path)
    }

    /// Returns the first causes of the whole effect.
    pub(super) fn of_effect(&self) -> Vec<String> {
        let mut phrases = IndexSet::new();
        for cause in self.all {
            phrases.extend(self.phrase(cause));
            if phrases.len() == Self::MOST {
                break;
            }
        }
        phrases.into_iter().collect()
    }

    /// Returns the causes of the change at one path.
    fn at(&self, path: &str) -> impl Iterator<Item = String> + '_ {
        self.by_path.get(path).into_iter().flatten().filter_map(|cause| self.phrase(cause))
    }

    fn phrase(&self, cause: &Cause) -> Option<String> {
        match &cause.source {
            CauseSource::Parameter(name) => Some(format!("parameter {name}")),
            CauseSource::Condition(name) => Some(format!("condition {name}")),
            CauseSource::Resource(name) => Some(format!("resource {name}")),
            CauseSource::Attribute(name) => Some(format!("attribute {name}")),
            CauseSource::Template => (self.shown == ShownCauses::All).then(|| "template".to_owned()),
            CauseSource::Drift => Some("drift".to_owned()),
        }
    }
}

/// Returns whether a change requires replacement, and its causes.
fn note(details: &[&ResourceChangeDetail], causes: &Causes<'_>) -> String {
    let mut phrases: IndexSet<String> = IndexSet::new();
    let mut by_path: IndexMap<Option<&str>, Vec<&ResourceChangeDetail>> = IndexMap::new();
    for detail in details {
        by_path.entry(detail.target.path.as_deref()).or_default().push(detail);
    }
    for (path, details) in by_path {
        match path.filter(|path| causes.has(path)) {
            Some(path) => phrases.extend(causes.at(path)),
            None => {
                // AWS lists the property, but the update does not change it.
                let mut found: Vec<String> = details.into_iter().filter_map(phrase).collect();
                if found.is_empty() && path.is_none() {
                    found = causes.of_effect();
                }
                phrases.extend(found);
            }
        }
    }
    if let Some(drift) = details.iter().find_map(|detail| detail.target.drift.as_ref()) {
        // The line shows the actual and the new value; the note adds the value in the deployed template.
        let after = details.iter().find_map(|detail| detail.target.after_value.as_ref());
        phrases.shift_remove("drift");
        phrases.insert(match &drift.previous_value {
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
    let because = if phrases.is_empty() { String::new() } else { format!("({})", phrases.into_iter().collect::<Vec<_>>().join(", ")) };
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
