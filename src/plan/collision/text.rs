//! The explanation of a conflict: what is shared, what happens, and the way out.

use crate::plan::identity::{Arrival, Conflict, Fate};
use crate::schema::OnCreate;

/// Returns which resource meets which, as a sentence without its end.
pub(super) fn statement(conflict: &Conflict<'_, '_>) -> String {
    let (id, resource_type) = (conflict.new.entry.name, conflict.new.resource_type);
    let verb = match (conflict.arrival, conflict.is_possible) {
        (Arrival::Added, false) => "is created",
        (Arrival::Added, true) => "may be created",
        (Arrival::Replaced, false) => "is replaced",
        (Arrival::Replaced, true) => "may be replaced",
        (Arrival::Updated, false) => "is updated",
        (Arrival::Updated, true) => "may be updated",
    };
    format!("`{id}` ({resource_type}) {verb} {}", meets(conflict))
}

/// Returns which resource has the identity, and how long.
fn meets(conflict: &Conflict<'_, '_>) -> String {
    let (old, is_only) = (conflict.old.entry.name, conflict.identity.parts.is_empty());
    let fate = match conflict.fate {
        Fate::Deleted => "which is deleted only at the end of the update",
        Fate::Retained => "which its policy retains in the account for good",
        Fate::Stays => "which stays",
        Fate::Changes => "which gives that up in the same update, perhaps too late",
    };
    let has = if conflict.identity.is_name { "has that name" } else { "has the same" };
    match (conflict.is_with_itself(), conflict.fate) {
        (true, _) if is_only => format!("while the old resource exists, {fate}; an account can have only one in a region"),
        (false, _) if is_only => format!("while `{old}` exists, {fate}; an account can have only one in a region"),
        (true, Fate::Retained) => format!("but keeps {}, and its policy retains the old resource, which {has} for good", shared(conflict)),
        (true, _) => format!("but keeps {}, and the old resource {has} until the new one is created", shared(conflict)),
        (false, _) => format!("with {} of `{old}`, {fate}", shared(conflict)),
    }
}

/// Returns the shared properties, such as ``the name `jobs` `` or ``the same `VpcId` and `CidrBlock` (10.0.0.0/24)``.
fn shared(conflict: &Conflict<'_, '_>) -> String {
    match conflict.parts.as_slice() {
        [(_, Some(name))] if conflict.identity.is_name => return format!("the name `{name}`"),
        _ if conflict.identity.is_name => return "the same name".to_owned(),
        _ => {}
    }
    let parts: Vec<String> = conflict
        .parts
        .iter()
        .map(|(path, value)| {
            let name = path.rsplit('/').find(|name| *name != "*").unwrap_or(path);
            value.map_or_else(|| format!("`{name}`"), |value| format!("`{name}` ({value})"))
        })
        .collect();
    let list = match parts.as_slice() {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        _ => parts.concat(),
    };
    format!("the same {list}")
}

/// Returns what happens, as the rest of a sentence.
pub(super) fn consequence(conflict: &Conflict<'_, '_>) -> String {
    let is_deleted = conflict.fate == Fate::Deleted;
    let action = if conflict.arrival == Arrival::Updated { "update" } else { "creation" };
    let what = match conflict.identity.on_create {
        OnCreate::Fails if conflict.identity.is_name && is_deleted => return String::new(),
        OnCreate::Fails if conflict.fate == Fate::Retained => "fails, in this update and in any later one",
        OnCreate::Fails => "fails",
        OnCreate::Overwrites => "only changes the existing one, and the cleanup then deletes that: none is left",
        OnCreate::FailsOrOverwrites if is_deleted => {
            "fails, or it only changes the existing one and the cleanup then deletes that: none is left"
        }
        OnCreate::MayFail | OnCreate::FailsOrOverwrites => "may fail",
    };
    format!(", so the {action} {what}")
}

/// Returns the way out, as a clause.
pub(super) fn fix(conflict: &Conflict<'_, '_>) -> String {
    let old = conflict.old.entry.name;
    let other_value = match conflict.parts.as_slice() {
        [(path, _)] => format!("change `{}`", path.rsplit('/').find(|name| *name != "*").unwrap_or(path)),
        [] => return "remove the old one in one update and add the new one in the next".to_owned(),
        _ => "change one of these properties".to_owned(),
    };
    match (conflict.is_with_itself(), conflict.fate, conflict.arrival) {
        (true, ..) if conflict.identity.is_name => format!("{other_value} too, or remove it"),
        (true, ..) => format!("{other_value} too, or remove the resource in one update and add it in the next"),
        (_, Fate::Retained, Arrival::Added) => format!(
            "keep the logical ID `{old}`, or remove `{old}` from the template first and then import the retained resource as `{}`",
            conflict.new.entry.name
        ),
        (_, Fate::Deleted, Arrival::Added) => {
            format!("keep the logical ID, rename it with a stack refactoring, or {other_value}")
        }
        _ => format!("{other_value}, or remove `{old}` in an earlier update"),
    }
}
