//! The effects of a plan, in the order in which CloudFormation works: what others rest on first, the clean-up last.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html>

use rustc_hash::FxHashMap;

use super::cause::{Reached, each_reached, has_turned, is_changed_parameter, parameters_behind, stored_change, turned_conditions};
use super::difference::Difference;
use super::drift::is_alone;
use super::effect::{Cause, CauseSource, Effect, ResourceEffect};
use super::facts::Facts;
use super::list::{deletion_policy, update_replace_policy};
use super::spread::{Moved, Spread};
use super::values::{self, Reference};
use super::world::{Motion, Stand, World};
use crate::cloudformation::PolicyAction;
use crate::evaluate::{ConditionValue, Evaluation, Resource};
use crate::schema::RequiresRecreation;
use crate::template::Node;

/// Returns what happens to each resource; those that neither change nor are listed are left out.
pub(super) fn effects<'a>(world: &World<'_, 'a>, spread: &Spread<'_, 'a>) -> Vec<ResourceEffect> {
    let added: FxHashMap<&str, &Resource<'a>> = spread.added.iter().map(|resource| (resource.entry.name, *resource)).collect();
    let mut effects: Vec<ResourceEffect> = Vec::new();
    for id in &spread.order {
        if let Some(resource) = added.get(id) {
            effects.push(created(world, resource));
        } else if let Some(moved) = spread.moved(id) {
            effects.extend(changed(world, moved));
        }
    }
    effects.extend(settled(world, spread).map(|resource| ResourceEffect {
        differs_from_list: Some(
            "AWS lists it to note that it is as the template says: it was changed to that behind the stack's back".to_owned(),
        ),
        ..effect(resource, Effect::Untouched)
    }));
    effects.extend(spread.removed.iter().map(|resource| removed(world, resource)));
    effects
}

/// Returns the resources that the new template changes to what they are already, after a change behind the stack's back.
pub(super) fn settled<'w, 'p, 'a>(
    world: &'w World<'p, 'a>,
    spread: &'w Spread<'p, 'a>,
) -> impl Iterator<Item = &'p Resource<'a>> + use<'w, 'p, 'a> {
    let ids = world.drift.into_iter().flat_map(|drift| drift.live.iter().map(|resource| resource.logical_resource_id.as_str()));
    let is_settled = |id: &&str| spread.moved(id).is_none() && world.drift.is_some_and(|drift| !drift.settled(world, id).is_empty());
    ids.filter(is_settled).filter_map(|id| world.resource_after(id))
}

fn created<'a>(world: &World<'_, 'a>, resource: &Resource<'a>) -> ResourceEffect {
    let is_gone = world.drift.is_some_and(|drift| drift.is_gone(resource.entry.name));
    ResourceEffect {
        possible: matches!(resource.condition, Some((_, ConditionValue::Unknown))),
        causes: if is_gone { vec![Cause { path: None, source: CauseSource::Drift }] } else { existence(world, resource) },
        ..effect(resource, Effect::Created)
    }
}

fn removed<'a>(world: &World<'_, 'a>, resource: &Resource<'a>) -> ResourceEffect {
    let policy = deletion_policy(resource);
    let what = if policy == PolicyAction::Retain { Effect::Retained } else { Effect::Deleted };
    ResourceEffect {
        policy_action: Some(policy),
        possible: matches!(resource.condition, Some((_, ConditionValue::Unknown))),
        causes: existence(world, resource),
        ..effect(resource, what)
    }
}

/// Returns why a resource comes or goes: the condition that turned, with the parameters behind it, else the template.
fn existence<'a>(world: &World<'_, 'a>, resource: &Resource<'a>) -> Vec<Cause> {
    let id = resource.entry.name;
    let is_in = |evaluation: Option<&Evaluation<'a>>| evaluation.is_some_and(|side| side.template.resources.contains(id));
    let condition = [world.before, Some(world.after)].into_iter().flatten().find_map(|side| {
        let entry = side.template.resources.get(id)?;
        entry.body.get("Condition")?.as_str()
    });
    match (world.before, condition) {
        (Some(before), Some(name)) if is_in(Some(before)) && is_in(Some(world.after)) && has_turned(before, world.after, name) => {
            turned(world, name, None)
        }
        _ => vec![Cause { path: None, source: CauseSource::Template }],
    }
}

fn turned(world: &World<'_, '_>, condition: &str, path: Option<&str>) -> Vec<Cause> {
    let parameters = parameters_behind(world, condition).into_iter().map(|name| CauseSource::Parameter(name.to_owned()));
    std::iter::once(CauseSource::Condition(condition.to_owned()))
        .chain(parameters)
        .map(|source| Cause { path: path.map(str::to_owned), source })
        .collect()
}

fn changed<'a>(world: &World<'_, 'a>, moved: &Moved<'_, 'a>) -> Option<ResourceEffect> {
    let Moved { id, before, after, differences } = moved;
    let standing = world.standing(id);
    let facts = Facts::of(after.resource_type);
    let mut real = differences.iter().filter(|difference| difference.seen.real != Motion::Still);
    let interrupted = real.any(|difference| facts.interrupts(difference.property()));
    let in_place = if interrupted { Effect::UpdatedWithInterruption } else { Effect::UpdatedInPlace };
    let (what, possible) = match standing.real {
        Stand::Untouched => (Effect::Untouched, false),
        Stand::MayUpdate => (in_place, true),
        Stand::Updated | Stand::Added => (in_place, false),
        Stand::MayReplace => (Effect::Replaced, true),
        Stand::Replaced => (Effect::Replaced, false),
    };
    let is_replaced = what == Effect::Replaced;
    let is_listed = before.resource_type != after.resource_type
        || facts.is_nested_stack()
        || differences.iter().any(|difference| difference.seen.listed == Motion::Moves);
    let differs = disagreement(world, moved, is_listed);
    if what == Effect::Untouched && differs.is_none() {
        return None;
    }
    Some(ResourceEffect {
        possible,
        policy_action: is_replaced.then(|| update_replace_policy(after)),
        deletes_first: is_replaced && facts.deletes_first(),
        rolls_instances: !is_replaced && what != Effect::Untouched && rolls_instances(moved),
        causes: causes(world, moved, is_replaced),
        differs_from_list: differs,
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
        causes: Vec::new(),
        differs_from_list: None,
    }
}

/// Tells whether an Auto Scaling group replaces its instances by a rolling update.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html>
fn rolls_instances(moved: &Moved<'_, '_>) -> bool {
    const ROLLING: [&str; 5] = ["LaunchConfigurationName", "LaunchTemplate", "MixedInstancesPolicy", "PlacementGroup", "VPCZoneIdentifier"];
    let asks = moved.after.update_policy.as_ref().is_some_and(|policy| values::member(policy, "AutoScalingRollingUpdate").is_some());
    let mut real = moved.differences.iter().filter(|difference| difference.seen.real != Motion::Still);
    asks && moved.after.resource_type == "AWS::AutoScaling::AutoScalingGroup"
        && real.any(|difference| difference.property().is_some_and(|name| ROLLING.contains(&name)))
}

/// Returns why a resource changes, place by place, those that replace it first.
fn causes<'a>(world: &World<'_, 'a>, moved: &Moved<'_, 'a>, is_replaced: bool) -> Vec<Cause> {
    let mut real: Vec<&Difference<'a>> = moved.differences.iter().filter(|difference| difference.seen.real != Motion::Still).collect();
    if real.is_empty() && Facts::of(moved.after.resource_type).is_nested_stack() {
        return vec![Cause { path: None, source: CauseSource::Template }];
    }
    if is_replaced {
        real.sort_by_key(|difference| std::cmp::Reverse((difference.recreation, difference.seen.real)));
    }
    let mut causes = Vec::new();
    for difference in real {
        for cause in causes_of(world, moved, difference) {
            if !causes.contains(&cause) {
                causes.push(cause);
            }
        }
    }
    causes
}

/// Returns what stands behind one difference: what its expression reaches, else a condition that turned, else the template.
pub(super) fn causes_of<'a>(world: &World<'_, 'a>, moved: &Moved<'_, 'a>, difference: &Difference<'a>) -> Vec<Cause> {
    let path = difference.path_text();
    if is_alone(world, moved.id, difference) {
        return vec![Cause { path: Some(path), source: CauseSource::Drift }];
    }
    let mut sources: Vec<CauseSource> = Vec::new();
    if let Some(value) = &difference.after {
        each_reached(world.after, value, &mut |reached| {
            let Some(source) = source(world, reached) else { return };
            if !sources.contains(&source) {
                sources.push(source);
            }
        });
    }
    let mut causes = if sources.is_empty() { turned_at(world, moved, difference, &path) } else { Vec::new() };
    causes.extend(sources.into_iter().map(|source| Cause { path: Some(path.clone()), source }));
    if causes.is_empty() {
        causes.push(Cause { path: Some(path.clone()), source: CauseSource::Template });
    }
    if world.drift.is_some_and(|drift| drift.is_at(moved.id, difference)) {
        causes.push(Cause { path: Some(path), source: CauseSource::Drift });
    }
    causes
}

/// Returns the conditions that turned in the property that a difference is in.
fn turned_at<'a>(world: &World<'_, 'a>, moved: &Moved<'_, 'a>, difference: &Difference<'a>, path: &str) -> Vec<Cause> {
    let property = |body: &'a Node<'a>| difference.property().and_then(|name| body.get("Properties")?.get(name));
    let node = property(moved.after.entry.body).or_else(|| property(moved.before.entry.body));
    let (Some(before), Some(node)) = (world.before, node) else { return Vec::new() };
    turned_conditions(before, world.after, node).into_iter().flat_map(|name| turned(world, name, Some(path))).collect()
}

fn source<'a>(world: &World<'_, 'a>, reached: Reached<'a>) -> Option<CauseSource> {
    let moves = |reference| world.reference(reference).real != Motion::Still;
    match reached {
        Reached::Condition(_) => None,
        Reached::Name(id) if world.after.resources.contains_key(id) => {
            moves(Reference::Resource(id)).then(|| CauseSource::Resource(id.to_owned()))
        }
        Reached::Name(name) => {
            let is_changed =
                is_changed_parameter(world.before, world.after, name) || stored_change(world.before, world.after, name).is_some();
            is_changed.then(|| CauseSource::Parameter(name.to_owned()))
        }
        Reached::Attribute(id, attribute) => {
            moves(Reference::Attribute(id, attribute)).then(|| CauseSource::Attribute(format!("{id}.{attribute}")))
        }
    }
}

/// Returns why AWS's list with property values and the effect differ, or `None` where they agree.
fn disagreement<'a>(world: &World<'_, 'a>, moved: &Moved<'_, 'a>, is_listed: bool) -> Option<String> {
    let standing = world.standing(moved.id);
    let touched = standing.real != Stand::Untouched;
    if is_listed && !touched {
        return Some("AWS lists it since a resource it refers to is replaced; the value it gets stays the same".to_owned());
    }
    if !is_listed && touched {
        let reference = references(world, moved).next();
        return Some(match reference {
            Some(name) => {
                let changes = if matches!(standing.real, Stand::MayUpdate | Stand::MayReplace) { "may change" } else { "changes" };
                format!("AWS leaves it out: it takes {name} as it is now, and the update {changes} that")
            }
            None => "AWS leaves it out: the value is known only on the way".to_owned(),
        });
    }
    let aws_replaces = moved
        .differences
        .iter()
        .any(|difference| difference.seen.listed == Motion::Moves && difference.recreation == RequiresRecreation::Always);
    match (aws_replaces, standing.real) {
        (true, Stand::Updated | Stand::MayUpdate) => {
            Some("AWS lists a replacement; the create-only value it gets stays the same".to_owned())
        }
        (false, Stand::Replaced) if moved.before.resource_type == moved.after.resource_type => {
            Some(match references(world, moved).next() {
                Some(name) => format!("AWS lists no replacement: it takes {name} as it is now, and the update changes that"),
                None if moved.differences.iter().any(|difference| difference.seen.real == Motion::Moves) => {
                    "AWS lists no certain replacement: the update policy decides, and it asks for one or does not prevent it".to_owned()
                }
                None => "AWS lists no replacement: the value is known only on the way".to_owned(),
            })
        }
        _ => None,
    }
}

/// Returns the attributes that AWS takes as they are now though they move.
fn references<'w, 'a>(world: &'w World<'_, 'a>, moved: &'w Moved<'_, 'a>) -> impl Iterator<Item = String> + use<'w, 'a> {
    let unlisted =
        moved.differences.iter().filter(|difference| difference.seen.listed != Motion::Moves && difference.seen.real != Motion::Still);
    unlisted.flat_map(|difference| {
        let mut names = Vec::new();
        if let Some(value) = &difference.after {
            each_reached(world.after, value, &mut |reached| {
                if let Reached::Attribute(id, attribute) = reached
                    && world.reference(Reference::Attribute(id, attribute)).real != Motion::Still
                {
                    names.push(format!("{id}.{attribute}"));
                }
            });
        }
        names
    })
}
