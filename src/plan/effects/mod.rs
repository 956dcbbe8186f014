//! Effects: what executing the plan does to each resource, in the order in which CloudFormation works.
//!
//! Takes the changed resources and their verdicts; returns [`ResourceEffect`]s with their causes and, where AWS's list differs, the reason.
//! Dependencies come first and cleanup comes last. What an operator should consider before executing them is left to `risk`.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html>

mod causes;
mod counterfactual;
mod effect;
mod list_differences;
mod origin;

pub use effect::{Cause, CauseSource, Effect, ResourceEffect};

use rustc_hash::FxHashMap;

use self::causes::Causes;
use super::change_set::{deletion_policy, update_replace_policy};
use super::compare::{ChangeCertainty, ChangedResources, Comparison, ModifiedResource, Outcome, resources_synced_with_actual};
use super::facts::Facts;
use super::values;
use crate::cloudformation::PolicyAction;
use crate::evaluate::{ConditionValue, Resource};
use crate::schema::RequiresRecreation;

/// Returns the effect on each resource, except resources that neither change nor are listed.
pub(super) fn effects<'a>(comparison: Comparison<'_, '_, 'a>, changed: &ChangedResources<'_, 'a>) -> Vec<ResourceEffect> {
    let mut causes = Causes::new(comparison);
    let added: FxHashMap<&str, &Resource<'a>> = changed.added.iter().map(|resource| (resource.entry.name, *resource)).collect();
    let mut effects: Vec<ResourceEffect> = Vec::new();
    for id in &changed.order {
        if let Some(resource) = added.get(id) {
            effects.push(creation(comparison, &mut causes, resource));
        } else if let Some(modified) = changed.modified(id) {
            effects.extend(modification(comparison, &mut causes, modified));
        }
    }
    effects.extend(resources_synced_with_actual(comparison, changed).into_iter().map(|resource| ResourceEffect {
        differs_from_list: Some(list_differences::SYNCED_WITH_ACTUAL.to_owned()),
        ..effect(resource, Effect::Untouched)
    }));
    effects.extend(changed.removed.iter().map(|resource| removal(&mut causes, resource)));
    effects
}

fn creation<'a>(comparison: Comparison<'_, '_, 'a>, causes: &mut Causes<'_, '_, 'a>, resource: &Resource<'a>) -> ResourceEffect {
    let was_deleted = comparison.context.drift.is_some_and(|drift| drift.is_deleted(resource.entry.name));
    ResourceEffect {
        possible: matches!(resource.condition, Some((_, ConditionValue::Unknown))),
        causes: if was_deleted { vec![Cause { path: None, source: CauseSource::Drift }] } else { causes.of_existence(resource) },
        ..effect(resource, Effect::Created)
    }
}

fn removal<'a>(causes: &mut Causes<'_, '_, 'a>, resource: &Resource<'a>) -> ResourceEffect {
    let policy = deletion_policy(resource);
    let what = if policy == PolicyAction::Retain { Effect::Retained } else { Effect::Deleted };
    ResourceEffect {
        policy_action: Some(policy),
        possible: matches!(resource.condition, Some((_, ConditionValue::Unknown))),
        causes: causes.of_existence(resource),
        ..effect(resource, what)
    }
}

fn modification<'a>(
    comparison: Comparison<'_, '_, 'a>,
    causes: &mut Causes<'_, '_, 'a>,
    modified: &ModifiedResource<'_, 'a>,
) -> Option<ResourceEffect> {
    let ModifiedResource { id, before, after, differences } = modified;
    let facts = Facts::of(after.resource_type);
    let mut actual = differences.iter().filter(|difference| difference.verdict.is_actual());
    let interrupts = actual.any(|difference| facts.interrupts(difference.property()));
    let in_place = if interrupts { Effect::UpdatedWithInterruption } else { Effect::UpdatedInPlace };
    let (what, possible) = match comparison.verdicts.outcome(id).actual {
        Outcome::Untouched => (Effect::Untouched, false),
        Outcome::MayUpdate => (in_place, true),
        Outcome::Updated | Outcome::Added => (in_place, false),
        Outcome::MayReplace => (Effect::Replaced, true),
        Outcome::Replaced => (Effect::Replaced, false),
    };
    let is_replaced = what == Effect::Replaced;
    let is_listed = before.resource_type != after.resource_type
        || facts.is_nested_stack()
        || differences.iter().any(|difference| difference.verdict.reported == ChangeCertainty::Certain);
    let differs_from_list = list_differences::reason(comparison, modified, is_listed);
    if what == Effect::Untouched && differs_from_list.is_none() {
        return None;
    }
    Some(ResourceEffect {
        possible,
        policy_action: is_replaced.then(|| update_replace_policy(after)),
        deletes_first: is_replaced && facts.deletes_first(),
        rolls_instances: !is_replaced && what != Effect::Untouched && rolls_instances(modified),
        stops_and_starts: is_replaced && possible && stops_and_starts(modified),
        causes: causes.of_change(modified, is_replaced),
        differs_from_list,
        ..effect(after, what)
    })
}

fn effect(resource: &Resource<'_>, effect: Effect) -> ResourceEffect {
    ResourceEffect {
        logical_resource_id: resource.entry.name.to_owned(),
        resource_type: resource.resource_type.to_owned(),
        effect,
        possible: false,
        policy_action: None,
        deletes_first: false,
        rolls_instances: false,
        stops_and_starts: false,
        causes: Vec::new(),
        differs_from_list: None,
    }
}

/// Returns whether a change stops and starts an instance on EBS, and replaces one on an instance store.
///
/// Source: "Update requires: Some interruptions (EBS-backed), Replacement (instance store-backed)" of
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html>
fn stops_and_starts(modified: &ModifiedResource<'_, '_>) -> bool {
    let mut actual = modified.differences.iter().filter(|difference| difference.verdict.is_actual());
    modified.after.resource_type == "AWS::EC2::Instance" && actual.all(|difference| difference.recreation != RequiresRecreation::Always)
}

/// Returns whether a resource is replaced only if an instance that stops and starts turns out to be on an instance store: the instance
/// itself, or what refers to it.
pub(super) fn is_only_stopped(effects: &[ResourceEffect], id: &str) -> bool {
    let find = |id: &str| effects.iter().find(|effect| effect.logical_resource_id == id);
    let Some(effect) = find(id) else { return false };
    let is_of_stopped = |cause: &Cause| {
        let owner = match &cause.source {
            CauseSource::Resource(id) => id.as_str(),
            CauseSource::Attribute(name) => name.split('.').next().unwrap_or(name),
            _ => return false,
        };
        find(owner).is_some_and(|owner| owner.stops_and_starts)
    };
    effect.stops_and_starts || (effect.possible && !effect.causes.is_empty() && effect.causes.iter().all(is_of_stopped))
}

/// Returns whether an Auto Scaling group replaces its instances by a rolling update.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html>
fn rolls_instances(modified: &ModifiedResource<'_, '_>) -> bool {
    const ROLLING: [&str; 5] = ["LaunchConfigurationName", "LaunchTemplate", "MixedInstancesPolicy", "PlacementGroup", "VPCZoneIdentifier"];
    let has_policy =
        modified.after.update_policy.as_ref().is_some_and(|policy| values::member(policy, "AutoScalingRollingUpdate").is_some());
    let mut actual = modified.differences.iter().filter(|difference| difference.verdict.is_actual());
    has_policy
        && modified.after.resource_type == "AWS::AutoScaling::AutoScalingGroup"
        && actual.any(|difference| difference.property().is_some_and(|name| ROLLING.contains(&name)))
}
