//! Mount targets that collide: a file system supports one mount target per availability zone.

use crate::evaluate::{Residual, Resource, Value, ValueKind};
use crate::plan::compare::{Comparison, Verdict};
use crate::plan::effects::Effect;
use crate::plan::risk::{RiskKind, Search};
use crate::plan::values::member;

/// Finds mount targets that collide: a file system supports one mount target per availability zone.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-efs-mounttarget.html>
pub(super) fn search(search: &mut Search<'_, '_, '_>) {
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
