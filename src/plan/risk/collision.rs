//! Replacements that cannot succeed while the resource they replace is still there.

use super::{RiskKind, Search};
use crate::evaluate::{Residual, Resource, Value, ValueKind};
use crate::plan::compare::{Comparison, Verdict};
use crate::plan::effects::Effect;
use crate::plan::facts::Facts;
use crate::plan::values::{member, scalar_text};

pub(super) fn search(search: &mut Search<'_, '_, '_>) {
    custom_names(search);
    taken_names(search);
    changed_types(search);
    mount_targets(search);
}

/// A new resource cannot take a name that the old one still has.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html>
fn custom_names(search: &mut Search<'_, '_, '_>) {
    for effect in search.effects.iter().filter(|effect| effect.effect == Effect::Replaced && !effect.deletes_first) {
        let Some(modified) = search.changed.modified(&effect.logical_resource_id) else { continue };
        let Some(property) = Facts::of(modified.after.resource_type).custom_name_property() else { continue };
        let is_still =
            !modified.differences.iter().any(|difference| difference.property() == Some(property) && difference.verdict.is_actual());
        let name = member(&modified.after.properties, property).and_then(|value| scalar_text(value.kind));
        if let (true, Some(name)) = (is_still, name) {
            let verb = if effect.possible { "may be" } else { "is" };
            let reason = format!(
                "`{}` ({}) {verb} replaced but keeps the name `{name}`, which the old one still has while the new one is created; \
                 change `{property}` too, or leave it out.",
                modified.id, effect.resource_type
            );
            search.note(RiskKind::ReplacementCollision, Some(modified.id), Some(format!("/Properties/{property}")), reason);
        }
    }
}

/// A new resource cannot take the name of one that goes with the same update, since that goes only at its end: what a renamed logical ID
/// comes to.
fn taken_names(search: &mut Search<'_, '_, '_>) {
    let mut notes = Vec::new();
    for added in &search.changed.added {
        let Some(property) = Facts::of(added.resource_type).custom_name_property() else { continue };
        let Some(name) = member(&added.properties, property) else { continue };
        let of_its_type = search.changed.removed.iter().filter(|removed| removed.resource_type == added.resource_type);
        let mut taken = of_its_type.filter(|removed| member(&removed.properties, property).is_some_and(|old| old.same(&name)));
        if let Some(removed) = taken.next() {
            let called = scalar_text(name.kind).map_or_else(|| "the same name".to_owned(), |text| format!("the name `{text}`"));
            let (id, old) = (added.entry.name, removed.entry.name);
            let reason = format!(
                "`{id}` ({}) is created with {called}, which `{old}` still has: that goes only at the end of the update; \
                 keep the logical ID, or change `{property}`.",
                added.resource_type
            );
            notes.push((id, format!("/Properties/{property}"), reason));
        }
    }
    for (id, path, reason) in notes {
        search.note(RiskKind::ReplacementCollision, Some(id), Some(path), reason);
    }
}

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html>
fn changed_types(search: &mut Search<'_, '_, '_>) {
    for modified in &search.changed.modified {
        let (before, after) = (modified.before.resource_type, modified.after.resource_type);
        if before != after {
            let reason = format!(
                "`{}` changes its type from {before} to {after}, which CloudFormation refuses; give the new resource another logical ID.",
                modified.id
            );
            search.note(RiskKind::ReplacementCollision, Some(modified.id), None, reason);
        }
    }
}

/// A file system takes one mount target in each availability zone.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-efs-mounttarget.html>
fn mount_targets(search: &mut Search<'_, '_, '_>) {
    const TYPE: &str = "AWS::EFS::MountTarget";
    let comparison = search.comparison;
    let context = comparison.context;
    let is_new = |id: &str| {
        search.effects.iter().any(|effect| effect.logical_resource_id == id && matches!(effect.effect, Effect::Created | Effect::Replaced))
    };
    let targets: Vec<&Resource<'_>> = context.after.resources.values().filter(|resource| resource.resource_type == TYPE).collect();
    let mut notes = Vec::new();
    for target in targets.iter().filter(|target| is_new(target.entry.name)) {
        let id = target.entry.name;
        if let Some(other) = targets.iter().find(|other| other.entry.name != id && collides(comparison, other, target, false)) {
            // Two new ones find each other; the later one tells.
            if !is_new(other.entry.name) || other.entry.name < id {
                notes.push((
                    id,
                    format!(
                        "`{id}` and `{}` are mount targets of one file system in one availability zone, which takes only one.",
                        other.entry.name
                    ),
                ));
                continue;
            }
        }
        let old = context.before.into_iter().flat_map(|before| before.resources.values()).filter(|resource| resource.resource_type == TYPE);
        let goes = |other: &&Resource<'_>| context.resource_after(other.entry.name).is_none() || is_new(other.entry.name);
        if let Some(other) = old.filter(goes).find(|other| collides(comparison, other, target, true)) {
            let whose = if other.entry.name == id { "its own old mount target".to_owned() } else { format!("`{}`", other.entry.name) };
            notes.push((id, format!("`{id}` is created in the availability zone where {whose} still is, and a file system takes one mount target in each; the old one goes only afterwards.")));
        }
    }
    for (id, reason) in notes {
        search.note(RiskKind::ReplacementCollision, Some(id), Some("/Properties/SubnetId".to_owned()), reason);
    }
}

/// Tells whether two mount targets are of one file system, which stays, in one subnet or zone.
fn collides<'a>(comparison: Comparison<'_, '_, 'a>, old: &Resource<'a>, new: &Resource<'a>, is_deployed: bool) -> bool {
    let both = |name| Some((member(&old.properties, name)?, member(&new.properties, name)?));
    let stays = |value: &Value<'a>| !is_deployed || comparison.compare(value, value) == Verdict::UNCHANGED;
    let is_shared = |pair: Option<(Value<'a>, Value<'a>)>| pair.is_some_and(|(old, new)| old.same(&new) && stays(&new));
    if !is_shared(both("FileSystemId")) {
        return false;
    }
    let subnets = both("SubnetId");
    is_shared(subnets)
        || subnets.is_some_and(|(old, new)| match (zone(comparison, &old), zone(comparison, &new)) {
            (Some(old), Some(new)) => old.same(&new),
            _ => false,
        })
}

/// Returns the availability zone of a subnet that the template makes.
fn zone<'a>(comparison: Comparison<'_, '_, 'a>, subnet: &Value<'a>) -> Option<Value<'a>> {
    let ValueKind::Unknown(Residual::Ref(id)) = subnet.kind else { return None };
    let context = comparison.context;
    let resource = context.resource_after(id).or_else(|| context.resource_before(id))?;
    member(&resource.properties, "AvailabilityZone")
}
