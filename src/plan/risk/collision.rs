//! Replacements that fail because the resource that they replace still exists.

use super::{RiskKind, Search};
use crate::evaluate::{Residual, Resource, Value, ValueKind};
use crate::plan::certainty::Certainty;
use crate::plan::compare::{Comparison, Verdict};
use crate::plan::effects::Effect;
use crate::plan::facts::Facts;
use crate::plan::values::{member, scalar_text};

pub(super) fn search(search: &mut Search<'_, '_, '_>) {
    custom_names(search);
    reused_names(search);
    mount_targets(search);
}

/// Finds replacements that keep their custom name, which the old resource still has.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html>
fn custom_names(search: &mut Search<'_, '_, '_>) {
    for effect in search.effects.iter().filter(|effect| effect.effect == Effect::Replaced && !effect.deletes_first) {
        let Some(modified) = search.changed.modified(&effect.logical_resource_id) else { continue };
        let Some(property) = Facts::of(modified.after.resource_type).custom_name_property() else { continue };
        let keeps_name =
            !modified.differences.iter().any(|difference| difference.property() == Some(property) && difference.verdict.is_actual());
        let name = member(&modified.after.properties, property).and_then(|value| scalar_text(value.kind));
        if let (true, Some(name)) = (keeps_name, name) {
            let verb = if effect.possible { "may be" } else { "is" };
            let reason = format!(
                "`{}` ({}) {verb} replaced but keeps the name `{name}`, and the old resource has that name until the new one is created; \
                 change `{property}` too, or remove it.",
                modified.id, effect.resource_type
            );
            search.note_with(
                Certainty::possible_if(effect.possible),
                RiskKind::ReplacementCollision,
                Some(modified.id),
                Some(format!("/Properties/{property}")),
                reason,
            );
        }
    }
}

/// Finds new resources with the name of a resource that the update deletes, which happens only at its end. The usual cause is a renamed
/// logical ID.
fn reused_names(search: &mut Search<'_, '_, '_>) {
    let mut notes = Vec::new();
    for added in &search.changed.added {
        let Some(property) = Facts::of(added.resource_type).custom_name_property() else { continue };
        let Some(name) = member(&added.properties, property) else { continue };
        let of_its_type = search.changed.removed.iter().filter(|removed| removed.resource_type == added.resource_type);
        let mut same_name = of_its_type.filter(|removed| member(&removed.properties, property).is_some_and(|old| old.same(&name)));
        if let Some(removed) = same_name.next() {
            let shared_name = scalar_text(name.kind).map_or_else(|| "the same name".to_owned(), |text| format!("the name `{text}`"));
            let (id, old) = (added.entry.name, removed.entry.name);
            let reason = format!(
                "`{id}` ({}) is created with {shared_name} of `{old}`, which is deleted only at the end of the update; \
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

/// Finds mount targets that collide: a file system supports one mount target per availability zone.
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
            // Two new mount targets collide with each other; the later one is reported.
            if !is_new(other.entry.name) || other.entry.name < id {
                notes.push((
                    id,
                    format!(
                        "`{id}` and `{}` are mount targets of the same file system in the same availability zone, which supports only one.",
                        other.entry.name
                    ),
                ));
                continue;
            }
        }
        let old = context.before.into_iter().flat_map(|before| before.resources.values()).filter(|resource| resource.resource_type == TYPE);
        let is_deleted = |other: &&Resource<'_>| context.resource_after(other.entry.name).is_none() || is_new(other.entry.name);
        if let Some(other) = old.filter(is_deleted).find(|other| collides(comparison, other, target, true)) {
            let old_target = if other.entry.name == id { "its old mount target".to_owned() } else { format!("`{}`", other.entry.name) };
            notes.push((id, format!("`{id}` is created in the availability zone of {old_target}, which is deleted only afterwards; a file system supports one mount target per zone.")));
        }
    }
    for (id, reason) in notes {
        search.note(RiskKind::ReplacementCollision, Some(id), Some("/Properties/SubnetId".to_owned()), reason);
    }
}

/// Returns whether two mount targets belong to the same unchanged file system and the same subnet or zone.
fn collides<'a>(comparison: Comparison<'_, '_, 'a>, old: &Resource<'a>, new: &Resource<'a>, is_deployed: bool) -> bool {
    let both = |name| Some((member(&old.properties, name)?, member(&new.properties, name)?));
    let is_unchanged = |value: &Value<'a>| !is_deployed || comparison.compare(value, value) == Verdict::UNCHANGED;
    let is_shared = |pair: Option<(Value<'a>, Value<'a>)>| pair.is_some_and(|(old, new)| old.same(&new) && is_unchanged(&new));
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

/// Returns the availability zone of a subnet that the template defines.
fn zone<'a>(comparison: Comparison<'_, '_, 'a>, subnet: &Value<'a>) -> Option<Value<'a>> {
    let ValueKind::Unknown(Residual::Ref(id)) = subnet.kind else { return None };
    let context = comparison.context;
    let resource = context.resource_after(id).or_else(|| context.resource_before(id))?;
    member(&resource.properties, "AvailabilityZone")
}
