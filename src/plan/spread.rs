//! How a change spreads: a replaced resource gives its dependants new values, which may replace them in turn.
//!
//! Resources are visited in the order of their dependencies, so everything that a value rests on has its verdict before
//! the value is looked at, and one pass is enough: nothing moves any more when it ends. A template that differs nowhere
//! is not even put in order.

use rustc_hash::FxHashMap;

use super::difference::{Difference, differences, moves};
use super::facts::Facts;
use super::order::dependency_order;
use super::values::text_at;
use super::world::{Motion, Stand, Standing, World};
use crate::evaluate::{ConditionValue, Evaluation, Resource};
use crate::schema::RequiresRecreation;

/// What differs in one resource that stands in both templates.
pub(super) struct Moved<'p, 'a> {
    pub(super) id: &'a str,
    pub(super) before: &'p Resource<'a>,
    pub(super) after: &'p Resource<'a>,
    pub(super) differences: Vec<Difference<'a>>,
}

/// Where the change has spread to.
#[derive(Default)]
pub(super) struct Spread<'p, 'a> {
    /// Resources that only the new template has, in dependency order.
    pub(super) added: Vec<&'p Resource<'a>>,
    /// Resources of both templates of which something differs or may, in dependency order.
    pub(super) moved: Vec<Moved<'p, 'a>>,
    /// Where each of these stands in `moved`.
    places: FxHashMap<&'a str, usize>,
    /// Resources that only the old template has, in reverse dependency order.
    pub(super) removed: Vec<&'p Resource<'a>>,
    /// Every resource of the new template in dependency order; empty when nothing differs.
    pub(super) order: Vec<&'a str>,
}

impl<'p, 'a> Spread<'p, 'a> {
    /// Returns what differs in one resource, if something does or may.
    pub(super) fn moved(&self, id: &str) -> Option<&Moved<'p, 'a>> {
        self.places.get(id).and_then(|place| self.moved.get(*place))
    }
}

/// Finds everything that differs, and gives each resource its standing in `world`.
pub(super) fn spread<'p, 'a>(world: &mut World<'p, 'a>) -> Spread<'p, 'a> {
    let Some(before) = world.before else {
        let order = dependency_order(world.after);
        let added: Vec<_> = order.iter().filter_map(|id| world.after.resources.get(id)).collect();
        for id in &order {
            world.standings.insert(id, Standing { listed: Stand::Added, real: Stand::Added, properties: true });
        }
        return Spread { added, order, ..Spread::default() };
    };
    if is_untouched(world, before) {
        return Spread::default();
    }
    let mut found = Spread { order: dependency_order(world.after), ..Spread::default() };
    for index in 0..found.order.len() {
        let id = found.order[index];
        let Some(after) = world.after.resources.get(id) else { continue };
        let Some(old) = before.resources.get(id) else {
            let is_certain = !matches!(after.condition, Some((_, ConditionValue::Unknown)));
            let real = if is_certain { Stand::Added } else { Stand::MayReplace };
            world.standings.insert(id, Standing { listed: Stand::Added, real, properties: true });
            found.added.push(after);
            continue;
        };
        let differences = if moves(world, old, after) { differences(world, old, after) } else { Vec::new() };
        let mut standing = standing(old, after, &differences);
        // CloudFormation looks into a nested stack with every update: only then does its template show.
        if standing.real == Stand::Untouched && Facts::of(after.resource_type).is_nested_stack() {
            standing = Standing { listed: Stand::MayUpdate, real: Stand::MayUpdate, properties: true };
        }
        if standing.listed != Stand::Untouched || standing.real != Stand::Untouched {
            world.standings.insert(id, standing);
            found.places.insert(id, found.moved.len());
            found.moved.push(Moved { id, before: old, after, differences });
        }
    }
    if before.resources.keys().any(|id| !world.after.resources.contains_key(id)) {
        let order = dependency_order(before);
        let gone = order.iter().rev().filter(|id| !world.after.resources.contains_key(*id));
        found.removed = gone.filter_map(|id| before.resources.get(id)).collect();
    }
    found
}

fn is_untouched<'a>(world: &World<'_, 'a>, before: &Evaluation<'a>) -> bool {
    before.resources.len() == world.after.resources.len()
        && world.after.resources.iter().all(|(id, after)| before.resources.get(id).is_some_and(|before| !moves(world, before, after)))
}

/// Returns where a resource stands by what differs in it.
fn standing(before: &Resource<'_>, after: &Resource<'_>, differences: &[Difference<'_>]) -> Standing {
    if before.resource_type != after.resource_type {
        return Standing { listed: Stand::Replaced, real: Stand::Replaced, properties: true };
    }
    let stand = |motion: fn(&Difference<'_>) -> Motion| {
        let verdict = |difference: &Difference<'_>| match (motion(difference), difference.recreation) {
            (Motion::Still, _) => Stand::Untouched,
            (Motion::Moves, RequiresRecreation::Always) => Stand::Replaced,
            (_, RequiresRecreation::Always | RequiresRecreation::Conditionally | RequiresRecreation::Other(_)) => Stand::MayReplace,
            (Motion::Moves, RequiresRecreation::Never) => Stand::Updated,
            (Motion::May, RequiresRecreation::Never) => Stand::MayUpdate,
        };
        differences.iter().map(verdict).max().unwrap_or_default()
    };
    Standing {
        listed: stand(|difference| difference.seen.listed),
        real: settle(after, differences, stand(|difference| difference.seen.real)),
        properties: differences.iter().any(|difference| difference.property().is_some() && difference.seen.real != Motion::Still),
    }
}

/// Returns the verdict where it is documented when a property replaces: by the update policy that stands beside it.
///
/// An Auto Scaling group is replaced only when its policy asks for that; a search domain takes another engine version in place only when its
/// policy allows that.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html>
fn settle(after: &Resource<'_>, differences: &[Difference<'_>], stand: Stand) -> Stand {
    let says = |names: &[&str]| after.update_policy.as_ref().is_some_and(|policy| text_at(policy, names) == Some("true"));
    let strongest = |rests: &dyn Fn(&Difference<'_>) -> bool| {
        differences.iter().filter(|difference| rests(difference)).map(|difference| difference.seen.real).max().unwrap_or_default()
    };
    let version = match after.resource_type {
        "AWS::AutoScaling::AutoScalingGroup" if stand == Stand::MayReplace => {
            let rests_on_always = |difference: &Difference<'_>| difference.recreation == RequiresRecreation::Always;
            let is_conditional = |difference: &Difference<'_>| difference.recreation == RequiresRecreation::Conditionally;
            return match (says(&["AutoScalingReplacingUpdate", "WillReplace"]), strongest(&is_conditional)) {
                _ if strongest(&rests_on_always) == Motion::May => stand,
                (true, Motion::Moves) => Stand::Replaced,
                (true, _) => Stand::MayReplace,
                (false, Motion::Moves) => Stand::Updated,
                (false, _) => Stand::MayUpdate,
            };
        }
        "AWS::OpenSearchService::Domain" => "EngineVersion",
        "AWS::Elasticsearch::Domain" => "ElasticsearchVersion",
        _ => return stand,
    };
    match strongest(&|difference| difference.property() == Some(version)) {
        Motion::Moves if !says(&["EnableVersionUpgrade"]) => stand.max(Stand::Replaced),
        Motion::May if !says(&["EnableVersionUpgrade"]) => stand.max(Stand::MayReplace),
        _ => stand,
    }
}
