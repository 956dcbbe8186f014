//! Properties without update support, and values that change in one direction only: the service refuses the change, so the update fails.
//!
//! The rows of [`refused_changes`] say which changes. A change that also replaces the resource for another reason is not refused: the new
//! resource is created with the new value.

mod direction;
mod secondary_indexes;

use self::direction::{Direction, direction};
use super::{Refusal, RefusalKind, Search};
use crate::evaluate::{Value, ValueKind};
use crate::plan::certainty::Certainty;
use crate::plan::compare::{ChangeCertainty, Comparison, Difference, ModifiedResource, Outcome};
use crate::plan::values;
use crate::schema::{NoUpdate, RefusedChange, RequiresRecreation, refused_changes};

pub(super) fn search(search: &mut Search<'_, '_, '_>) {
    for modified in search.changed.modified.iter().filter(|modified| modified.before.resource_type == modified.after.resource_type) {
        let rows = refused_changes(modified.after.resource_type);
        search.found.extend(rows.filter_map(|row| refusal(search.comparison, modified, row)));
        search.found.extend(secondary_indexes::refusal(search.comparison, modified));
    }
}

fn refusal<'a>(comparison: Comparison<'_, '_, 'a>, modified: &ModifiedResource<'_, 'a>, row: &NoUpdate) -> Option<Refusal> {
    let path: Vec<&str> = row.path.split('/').filter(|name| !name.is_empty()).collect();
    let is_concerned = |difference: &&Difference<'a>| {
        // The longer path may belong to either: a whole map can be new, or one member of it differs.
        let mut pairs = difference.path.iter().zip(&path);
        difference.property().is_some() && pairs.all(|(name, own)| name == own)
    };
    let changes = modified.differences.iter().filter(is_concerned).map(|difference| difference.verdict.actual).max()?;
    let replaced = replacement_by_others(modified, |difference| is_concerned(&difference));
    // An update policy can turn a change in place into a replacement.
    let never_replaces = |difference: &Difference<'a>| difference.recreation == RequiresRecreation::Never;
    let is_replaced_by_policy = comparison.verdicts.outcome(modified.id).actual == Outcome::Replaced
        && modified.differences.iter().filter(is_concerned).all(never_replaces);
    if changes == ChangeCertainty::Unchanged || replaced == ChangeCertainty::Certain || is_replaced_by_policy {
        return None;
    }
    let direction = match path.is_empty() {
        true => Direction::Refused,
        false => {
            let [before, after] = [modified.before, modified.after].map(|resource| values::at(&resource.properties, &path));
            direction(comparison, row, before.as_ref(), after.as_ref())
        }
    };
    // A version of another engine is neither earlier nor later.
    let changes_engine = || modified.differences.iter().any(|difference| difference.property() == Some("Engine"));
    if direction == Direction::Allowed || (row.change == RefusedChange::Downgrade && changes_engine()) {
        return None;
    }
    let is_exempt = row.except.is_some_and(|(name, value)| values::text_at(&modified.after.properties, &[name]) == Some(value));
    let is_certain = row.is_proven
        && !is_exempt
        && direction == Direction::Refused
        && changes == ChangeCertainty::Certain
        && !is_known_once(modified, &path)
        && replaced == ChangeCertainty::Unchanged;
    let (id, resource_type) = (modified.id, modified.after.resource_type);
    let (what, why) = explanation(row);
    let (verb, fails) = if is_certain { ("changes", "fails") } else { ("may change", "may fail") };
    Some(Refusal {
        kind: if row.change == RefusedChange::Decrease { RefusalKind::Shrink } else { RefusalKind::NoUpdateSupport },
        certainty: Certainty::possible_if(!is_certain),
        operation: None,
        logical_resource_id: Some(id.to_owned()),
        resource_type: Some(resource_type.to_owned()),
        previous_type: None,
        path: (!path.is_empty()).then(|| format!("/Properties/{}", row.path)),
        code: None,
        message: row.message.map(str::to_owned),
        reason: format!("`{id}` ({resource_type}) {verb} {what}{why}, so the update {fails}."),
        fix: Some(row.fix.to_owned()),
        source: Some(row.source.to_owned()),
    })
}

/// Returns whether a value is known on one side and known only to AWS on the other, so that both may be the same.
fn is_known_once(modified: &ModifiedResource<'_, '_>, path: &[&str]) -> bool {
    let [before, after] = [modified.before, modified.after].map(|resource| values::at(&resource.properties, path));
    let is_unknown = |value: Value<'_>| matches!(value.kind, ValueKind::Unknown(_));
    matches!((before, after), (Some(before), Some(after)) if is_unknown(before) != is_unknown(after))
}

/// Returns how certain it is that a change of another property replaces the resource.
fn replacement_by_others<'a>(modified: &ModifiedResource<'_, 'a>, is_concerned: impl Fn(&Difference<'a>) -> bool) -> ChangeCertainty {
    let others = modified.differences.iter().filter(|difference| !is_concerned(difference));
    let certainty = |difference: &Difference<'a>| match (difference.recreation, difference.verdict.actual) {
        (RequiresRecreation::Never, _) | (_, ChangeCertainty::Unchanged) => ChangeCertainty::Unchanged,
        (RequiresRecreation::Always, ChangeCertainty::Certain) => ChangeCertainty::Certain,
        _ => ChangeCertainty::Possible,
    };
    others.map(certainty).max().unwrap_or_default()
}

/// Returns what changes, and why that is refused.
fn explanation(row: &NoUpdate) -> (String, &'static str) {
    let name = row.path.rsplit('/').next().unwrap_or(row.path);
    let what = if row.path.is_empty() { "a property".to_owned() } else { format!("`{name}`") };
    let why = match row.change {
        RefusedChange::Any if row.path.is_empty() => ", but the type supports no updates",
        RefusedChange::Any => ", which the type cannot update",
        RefusedChange::OnceSet => ", which cannot change once it is set",
        RefusedChange::Decrease => " to a smaller value, but it can only grow",
        RefusedChange::Downgrade => " to an earlier version, but the service supports no downgrade",
        RefusedChange::SkipsMinor => " by more than one minor version, which is the most that one update can do",
        RefusedChange::TurnOff => ", which cannot be turned off",
        RefusedChange::From(..) => ", which cannot go back to that value",
        RefusedChange::MoreThanDouble => " by more than a factor of two, which is the most that one update can do",
        RefusedChange::ItemsOnceSet(_) => ": an item changes or goes, but only new items can be added",
    };
    (what, why)
}
