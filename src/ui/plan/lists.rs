//! Differences of lists that got longer or shorter, shown by their added and removed items.
//!
//! A change set compares lists by index, so that removing the first of ten rules appears as nine modified rules and one removed rule.

use std::borrow::Cow;

use serde_json::Value as Json;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::cloudformation::ResourceChange;
use crate::text::Pairs;

/// An item that was added, removed or replaced: its index, and the text before and after.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ItemChange {
    pub(super) index: usize,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

/// Returns the names of a path: `/Properties/Tags/0` is `Properties`, `Tags`, `0`.
pub(super) fn names(path: &str) -> Vec<Cow<'_, str>> {
    let unescaped = |name: &str| name.replace("~1", "/").replace("~0", "~");
    path.split('/').skip(1).map(|name| if name.contains('~') { Cow::Owned(unescaped(name)) } else { Cow::Borrowed(name) }).collect()
}

fn at<'j>(context: Option<&'j Json>, names: &[Cow<'_, str>]) -> Option<&'j Json> {
    names.iter().try_fold(context?, |value, name| match value {
        Json::Array(items) => items.get(name.parse::<usize>().ok()?),
        other => other.get(name.as_ref()),
    })
}

/// Returns the number of names in a path up to the first list whose length changes.
pub(super) fn resized(change: &ResourceChange, names: &[Cow<'_, str>]) -> Option<usize> {
    let list = |context, end| at(context, &names[..end]).and_then(Json::as_array);
    (1..names.len()).find(|end| match (list(change.before_context.as_ref(), *end), list(change.after_context.as_ref(), *end)) {
        (Some(before), Some(after)) => before.len() != after.len(),
        _ => false,
    })
}

/// Returns the added, removed and replaced items of the list at a path.
pub(super) fn item_changes(change: &ResourceChange, list: &[Cow<'_, str>], pairs: &Pairs) -> Vec<ItemChange> {
    let items = |context| -> Vec<String> {
        let items = at(context, list).and_then(Json::as_array);
        items.into_iter().flatten().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect()
    };
    let (before, after) = (items(change.before_context.as_ref()), items(change.after_context.as_ref()));
    let mut changes = Vec::new();
    // Aligning long lists that differ everywhere takes quadratic time.
    if !pairs.take(before.len(), after.len()) {
        for index in 0..before.len().max(after.len()) {
            let change = ItemChange { index, before: before.get(index).cloned(), after: after.get(index).cloned() };
            if change.before != change.after {
                changes.push(change);
            }
        }
        return changes;
    }
    for op in capture_diff_slices(Algorithm::Myers, &before, &after) {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        let (old, new) = (op.old_range(), op.new_range());
        for offset in 0..old.len().max(new.len()) {
            let side = |range: &std::ops::Range<usize>, items: &[String]| items[range.clone()].get(offset).cloned();
            let index = if offset < new.len() { new.start } else { old.start } + offset;
            changes.push(ItemChange { index, before: side(&old, &before), after: side(&new, &after) });
        }
    }
    changes
}
