//! Mount targets that collide: a file system supports one mount target per availability zone.

use super::Collision;
use crate::evaluate::{Residual, Resource, Value, ValueKind};
use crate::plan::certainty::Certainty;
use crate::plan::compare::{Comparison, Verdict};
use crate::plan::effects::{Effect, ResourceEffect};
use crate::plan::values::member;

/// The type, whose page says that a file system can have one mount target per availability zone.
const TYPE: &str = "AWS::EFS::MountTarget";
const SOURCE: &str = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-efs-mounttarget.html";

/// Finds mount targets that collide with one that stays, with a new one, or with one that is deleted only afterwards.
pub(super) fn search<'a>(comparison: Comparison<'_, '_, 'a>, effects: &[ResourceEffect], found: &mut Vec<Collision<'a>>) {
    let context = comparison.context;
    let arrival = |id: &str| {
        let is_new = |effect: &&ResourceEffect| matches!(effect.effect, Effect::Created | Effect::Replaced);
        effects.iter().filter(is_new).find(|effect| effect.logical_resource_id == id)
    };
    let is_new = |id: &str| arrival(id).is_some();
    let targets: Vec<&Resource<'a>> = context.after.resources.values().filter(|resource| resource.resource_type == TYPE).collect();
    for target in &targets {
        let id = target.entry.name;
        let Some(effect) = arrival(id) else { continue };
        let mut push = |is_possible: bool, statement: String| {
            found.push(Collision {
                logical_id: id,
                resource_type: TYPE,
                path: Some("/Properties/SubnetId".to_owned()),
                certainty: Certainty::possible_if(is_possible || effect.possible),
                fails: true,
                statement,
                consequence: String::new(),
                fix: None,
                message: None,
                source: SOURCE,
            });
        };
        if let Some(other) = targets.iter().find(|other| other.entry.name != id && collides(comparison, other, target, false)) {
            // Two new mount targets collide with each other; the later one is reported.
            if !is_new(other.entry.name) || other.entry.name < id {
                push(
                    arrival(other.entry.name).is_some_and(|effect| effect.possible),
                    format!(
                        "`{id}` and `{}` are mount targets of the same file system in the same availability zone, which supports only one",
                        other.entry.name
                    ),
                );
                continue;
            }
        }
        let old = context.before.into_iter().flat_map(|before| before.resources.values()).filter(|resource| resource.resource_type == TYPE);
        let is_deleted = |other: &&Resource<'_>| context.resource_after(other.entry.name).is_none() || is_new(other.entry.name);
        if let Some(other) = old.filter(is_deleted).find(|other| collides(comparison, other, target, true)) {
            let old_target = if other.entry.name == id { "its old mount target".to_owned() } else { format!("`{}`", other.entry.name) };
            push(
                other.entry.name != id && arrival(other.entry.name).is_some_and(|effect| effect.possible),
                format!(
                    "`{id}` is created in the availability zone of {old_target}, which is deleted only afterwards; a file system supports \
                     one mount target per zone"
                ),
            );
        }
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
        || subnets.is_some_and(|(old, new)| match (zone(comparison, &old, is_deployed), zone(comparison, &new, false)) {
            (Some(old), Some(new)) => old.same(&new),
            _ => false,
        })
}

/// Returns the availability zone of a subnet of the deployed or the new template.
fn zone<'a>(comparison: Comparison<'_, '_, 'a>, subnet: &Value<'a>, is_deployed: bool) -> Option<Value<'a>> {
    let ValueKind::Unknown(Residual::Ref(id)) = subnet.kind else { return None };
    let context = comparison.context;
    let resource = if is_deployed { context.resource_before(id)? } else { context.resource_after(id)? };
    member(&resource.properties, "AvailabilityZone")
}
