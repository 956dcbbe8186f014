//! The scalars of a changed property, before and after.

use crate::evaluate::{Value, ValueKind};
use crate::plan::compare::{Difference, ModifiedResource};
use crate::plan::values::member;

/// A scalar that a change adds, removes or replaces.
pub(super) struct Leaf<'l, 'a> {
    /// The logical ID of the resource.
    pub(super) id: &'l str,
    pub(super) resource_type: &'l str,
    /// The name that contains the property; empty at the top.
    pub(super) parent: &'l str,
    /// The name of the property, or of the element in a list.
    pub(super) name: &'l str,
    /// The path from the resource, such as `/Properties/VersioningConfiguration/Status`.
    pub(super) path: String,
    pub(super) before: Option<Value<'a>>,
    pub(super) after: Option<Value<'a>>,
}

/// Calls `visit` for every scalar of both values, because an object that is added or removed as a whole contains such properties.
pub(super) fn visit<'a>(modified: &ModifiedResource<'_, 'a>, difference: &Difference<'a>, visit: &mut dyn FnMut(&Leaf<'_, 'a>)) {
    let Some(name) = difference.path.last() else { return };
    let parent = difference.path.len().checked_sub(2).map_or("", |index| &difference.path[index]);
    let leaf = Leaf {
        id: modified.id,
        resource_type: modified.after.resource_type,
        parent,
        name,
        path: difference.path_text(),
        before: difference.before,
        after: difference.after,
    };
    below(&leaf, visit);
}

fn below<'a>(leaf: &Leaf<'_, 'a>, visit: &mut dyn FnMut(&Leaf<'_, 'a>)) {
    let mut names: Vec<&str> = Vec::new();
    for value in [&leaf.before, &leaf.after].into_iter().flatten() {
        if let ValueKind::Map(members) = value.kind {
            names.extend(members.iter().map(|(name, _)| *name));
        }
    }
    if names.is_empty() {
        return visit(leaf);
    }
    names.sort_unstable();
    names.dedup();
    for name in names {
        let [before, after] = [&leaf.before, &leaf.after].map(|value| value.as_ref().and_then(|value| member(value, name)));
        below(&Leaf { parent: leaf.name, name, path: format!("{}/{name}", leaf.path), before, after, ..*leaf }, visit);
    }
}
