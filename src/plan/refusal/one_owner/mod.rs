//! Relations with one owner at a time, such as a target group and its load balancer, or a volume and its instance.
//!
//! If the owner is replaced, the new one is created while the old one still holds what both need, so the update fails.

mod target_groups;

use super::{Refusal, RefusalKind, Search};
use crate::plan::certainty::Certainty;
use crate::plan::effects::is_only_stopped;
use crate::plan::identity::{Conflict, Fate};
use crate::schema::OnCreate;

pub(super) fn search(search: &mut Search<'_, '_, '_>, conflicts: &[Conflict<'_, '_>]) {
    target_groups::search(search);
    // An instance that stops and starts keeps what it has. Only one on an instance store is replaced, which is rare.
    let effects = search.effects;
    let is_likely = |conflict: &&Conflict<'_, '_>| !conflict.is_possible || !is_only_stopped(effects, conflict.new.entry.name);
    search.found.extend(conflicts.iter().filter(is_likely).filter_map(attached));
}

/// Returns the refusal of a resource that attaches what another one still holds.
fn attached(conflict: &Conflict<'_, '_>) -> Option<Refusal> {
    let what = conflict.identity.attaches?;
    let (id, resource_type, old) = (conflict.new.entry.name, conflict.new.resource_type, conflict.old.entry.name);
    let is_certain = !conflict.is_possible && conflict.identity.on_create == OnCreate::Fails;
    let holder = if conflict.is_with_itself() { "the resource that it replaces".to_owned() } else { format!("`{old}`") };
    let until = match conflict.fate {
        Fate::Deleted => "holds until the end of the update",
        Fate::Retained => "holds for good, since its policy retains it",
        Fate::Stays => "holds",
        Fate::Changes => "may still hold",
    };
    let fails = if is_certain { "fails" } else { "may fail" };
    let path = conflict.parts.first().map(|(path, _)| format!("/Properties/{}", path.split("/*").next().unwrap_or(path)));
    Some(Refusal {
        kind: RefusalKind::OneOwner,
        certainty: Certainty::possible_if(!is_certain),
        operation: None,
        logical_resource_id: Some(id.to_owned()),
        resource_type: Some(resource_type.to_owned()),
        previous_type: None,
        path,
        code: None,
        message: conflict.identity.message.map(str::to_owned),
        reason: format!(
            "`{id}` ({resource_type}) takes the {what} that {holder} {until}; it can be in one place only, so the update {fails}."
        ),
        fix: Some(match conflict.is_with_itself() {
            true => format!("give `{id}` another {what}, or remove it in one update and add it again in the next"),
            false => format!("remove `{old}` in one update and add `{id}` in the next, or give `{id}` another {what}"),
        }),
        source: Some(conflict.identity.source.to_owned()),
    })
}
