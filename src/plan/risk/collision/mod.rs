//! Creations that meet a resource with the same identity: they fail, or the cleanup deletes what they took over.

mod mount_target;
mod text;

use super::{RiskKind, Search};
use crate::plan::certainty::Certainty;
use crate::plan::effects::is_only_stopped;
use crate::plan::identity::{Conflict, Fate, conflicts};
use crate::schema::OnCreate;

pub(super) fn search(search: &mut Search<'_, '_, '_>) {
    let found = conflicts(search.comparison, search.changed);
    // What attaches something is refused, which `refusal` reports.
    for conflict in found.iter().filter(|conflict| conflict.identity.attaches.is_none() && is_harmful(conflict)) {
        if conflict.is_possible && is_only_stopped(search.effects, conflict.new.entry.name) {
            continue;
        }
        let path = match conflict.parts.as_slice() {
            [(path, _)] => Some(format!("/Properties/{}", path.split("/*").next().unwrap_or(path))),
            _ => None,
        };
        let certainty = Certainty::possible_if(conflict.is_possible || conflict.identity.on_create == OnCreate::MayFail);
        search.note_with(certainty, RiskKind::ReplacementCollision, Some(conflict.new.entry.name), path, text::reason(conflict));
    }
    mount_target::search(search);
}

/// Returns whether a conflict does harm: a creation that takes over a resource which is not deleted does none.
fn is_harmful(conflict: &Conflict<'_, '_>) -> bool {
    conflict.identity.on_create != OnCreate::Overwrites || conflict.fate == Fate::Deleted
}
