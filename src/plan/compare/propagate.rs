//! Propagation of changes: a replaced resource gives its dependants new values, which may replace them in turn.
//!
//! Resources are visited in dependency order. Everything that a value refers to has its verdict before the value is compared, so one pass
//! is enough. Where the two templates do not differ, the order is not even computed.

use rustc_hash::FxHashMap;

use super::comparison::Comparison;
use super::difference::{Difference, differences, differs};
use super::order::dependency_order;
use super::outcome::{ChangeCertainty, Outcome, ResourceOutcome, Verdicts};
use crate::evaluate::{ConditionValue, Evaluation, Resource, Value};
use crate::plan::context::PlanningContext;
use crate::plan::facts::Facts;
use crate::plan::generated::Generated;
use crate::plan::macros::rewriting_macro;
use crate::plan::values::{Reference, each_reference, text_at};
use crate::schema::{RequiresRecreation, serverless};

/// A resource of both templates that differs.
pub(in crate::plan) struct ModifiedResource<'p, 'a> {
    pub(in crate::plan) id: &'a str,
    pub(in crate::plan) before: &'p Resource<'a>,
    pub(in crate::plan) after: &'p Resource<'a>,
    pub(in crate::plan) differences: Vec<Difference<'a>>,
}

/// The resources that an update changes.
#[derive(Default)]
pub(in crate::plan) struct ChangedResources<'p, 'a> {
    /// Resources that only the new template has, in dependency order.
    pub(in crate::plan) added: Vec<&'p Resource<'a>>,
    /// Resources of both templates that change or may change, in dependency order.
    pub(in crate::plan) modified: Vec<ModifiedResource<'p, 'a>>,
    /// The index of each of these in `modified`.
    indices: FxHashMap<&'a str, usize>,
    /// Resources that only the old template has, in reverse dependency order.
    pub(in crate::plan) removed: Vec<&'p Resource<'a>>,
    /// Every resource of the new template in dependency order; empty where nothing differs.
    pub(in crate::plan) order: Vec<&'a str>,
}

impl<'p, 'a> ChangedResources<'p, 'a> {
    /// Returns the differences of one resource, if it changes or may change.
    pub(in crate::plan) fn modified(&self, id: &str) -> Option<&ModifiedResource<'p, 'a>> {
        self.indices.get(id).and_then(|index| self.modified.get(*index))
    }
}

/// Finds every changed resource, with the verdicts that this rests on.
pub(in crate::plan) fn propagate<'p, 'a>(context: &PlanningContext<'p, 'a>) -> (ChangedResources<'p, 'a>, Verdicts<'a>) {
    let mut verdicts = Verdicts::default();
    let changed = match context.before {
        None => create(context, &mut verdicts),
        Some(before) if is_untouched(context, before, &verdicts) => ChangedResources::default(),
        Some(before) => update(context, before, &mut verdicts),
    };
    for output in context.after.outputs.values() {
        judge_attributes(context, &mut verdicts, &output.value);
        output.export.iter().for_each(|export| judge_attributes(context, &mut verdicts, export));
    }
    for output in context.before.into_iter().flat_map(|before| before.outputs.values()) {
        output.export.iter().for_each(|export| judge_attributes(context, &mut verdicts, export));
    }
    (changed, verdicts)
}

/// A new stack: every resource is added.
fn create<'p, 'a>(context: &PlanningContext<'p, 'a>, verdicts: &mut Verdicts<'a>) -> ChangedResources<'p, 'a> {
    let order = dependency_order(context.after);
    for id in &order {
        verdicts.set_outcome(id, ResourceOutcome::ADDED);
    }
    ChangedResources { added: order.iter().filter_map(|id| context.resource_after(id)).collect(), order, ..ChangedResources::default() }
}

fn is_untouched<'a>(context: &PlanningContext<'_, 'a>, before: &Evaluation<'a>, verdicts: &Verdicts<'a>) -> bool {
    let comparison = Comparison { context, verdicts };
    let is_same = |(id, after): (&&str, _)| before.resources.get(*id).is_some_and(|before| !differs(comparison, before, after));
    // CloudFormation inspects nested stacks in every update, even if nothing else changes.
    let is_nested_stack = |resource: &Resource<'_>| Facts::of(resource.resource_type).is_nested_stack();
    before.resources.len() == context.after.resources.len()
        && context.after.resources.iter().all(is_same)
        && !context.after.resources.values().any(is_nested_stack)
}

fn update<'p, 'a>(context: &PlanningContext<'p, 'a>, before: &'p Evaluation<'a>, verdicts: &mut Verdicts<'a>) -> ChangedResources<'p, 'a> {
    let mut found = ChangedResources { order: dependency_order(context.after), ..ChangedResources::default() };
    for index in 0..found.order.len() {
        let id = found.order[index];
        let Some(after) = context.resource_after(id) else { continue };
        for value in values_of(after) {
            judge_attributes(context, verdicts, value);
        }
        let Some(old) = before.resources.get(id) else {
            let is_certain = !matches!(after.condition, Some((_, ConditionValue::Unknown)));
            let actual = if is_certain { Outcome::Added } else { Outcome::MayReplace };
            verdicts.set_outcome(id, ResourceOutcome { actual, ..ResourceOutcome::ADDED });
            found.added.push(after);
            continue;
        };
        let comparison = Comparison { context, verdicts };
        let differences = if differs(comparison, old, after) { differences(comparison, old, after) } else { Vec::new() };
        let mut outcome = outcome(context, old, after, &differences);
        // CloudFormation inspects a nested stack in every update, because only then is its template known. Its outputs count as unchanged
        // unless something that this template passes to it differs: else every update would "possibly replace" what reads them.
        if outcome.actual == Outcome::Untouched && Facts::of(after.resource_type).is_nested_stack() {
            outcome = ResourceOutcome { reported: Outcome::MayUpdate, actual: Outcome::MayUpdate, ..outcome };
        }
        if outcome.reported != Outcome::Untouched || outcome.actual != Outcome::Untouched {
            verdicts.set_outcome(id, outcome);
            found.indices.insert(id, found.modified.len());
            found.modified.push(ModifiedResource { id, before: old, after, differences });
        }
    }
    if before.resources.keys().any(|id| !context.after.resources.contains_key(id)) {
        let order = dependency_order(before);
        let removed = order.iter().rev().filter(|id| !context.after.resources.contains_key(*id));
        found.removed = removed.filter_map(|id| before.resources.get(id)).collect();
    }
    found
}

fn values_of<'r, 'a>(resource: &'r Resource<'a>) -> impl Iterator<Item = &'r Value<'a>> {
    let others = [&resource.metadata, &resource.creation_policy, &resource.update_policy];
    std::iter::once(&resource.properties).chain(others.into_iter().flatten())
}

/// Determines whether the attributes that a value reads change, for resources that have an outcome.
///
/// A resource's outcome is known before the values that refer to it are visited, so chains of `Fn::GetAtt` cost their length.
fn judge_attributes<'a>(context: &PlanningContext<'_, 'a>, verdicts: &mut Verdicts<'a>, value: &Value<'a>) {
    if verdicts.is_empty() {
        return;
    }
    let mut found: Vec<(&'a str, &'a str, ResourceOutcome)> = Vec::new();
    each_reference(value, &mut |reference| {
        if let Reference::Attribute(id, attribute) = reference
            && let Some(outcome) = verdicts.changed(id)
            && verdicts.attribute(id, attribute).is_none()
        {
            found.push((id, attribute, outcome));
        }
    });
    for (id, attribute, outcome) in found {
        let certainty = Comparison { context, verdicts }.attribute(id, attribute, outcome);
        verdicts.set_attribute(id, attribute, certainty);
    }
}

/// Returns what happens to a resource with these differences.
fn outcome(
    context: &PlanningContext<'_, '_>,
    before: &Resource<'_>,
    after: &Resource<'_>,
    differences: &[Difference<'_>],
) -> ResourceOutcome {
    if before.resource_type != after.resource_type {
        // What SAM or a macro makes of one of them is known to AWS only.
        let is_rewritten =
            serverless::may_become(before.resource_type, after.resource_type) || rewriting_macro(context, after.entry.name).is_some();
        let outcome = if is_rewritten { Outcome::MayReplace } else { Outcome::Replaced };
        return ResourceOutcome { reported: outcome, actual: outcome, properties: true, generated: Generated::Any };
    }
    let strongest = |certainty: fn(&Difference<'_>) -> ChangeCertainty| {
        let outcome = |difference: &Difference<'_>| match (certainty(difference), difference.recreation) {
            (ChangeCertainty::Unchanged, _) => Outcome::Untouched,
            (ChangeCertainty::Certain, RequiresRecreation::Always) => Outcome::Replaced,
            (_, RequiresRecreation::Always | RequiresRecreation::Conditionally | RequiresRecreation::Other(_)) => Outcome::MayReplace,
            (ChangeCertainty::Certain, RequiresRecreation::Never) => Outcome::Updated,
            (ChangeCertainty::Possible, RequiresRecreation::Never) => Outcome::MayUpdate,
        };
        differences.iter().map(outcome).max().unwrap_or_default()
    };
    ResourceOutcome {
        reported: strongest(|difference| difference.verdict.reported),
        actual: decided_by_update_policy(after, differences, strongest(|difference| difference.verdict.actual)),
        properties: differences.iter().any(|difference| difference.property().is_some() && difference.verdict.is_actual()),
        generated: generated(after, differences),
    }
}

/// Returns what these differences do to the resources that SAM or a module generates from the resource.
fn generated(after: &Resource<'_>, differences: &[Difference<'_>]) -> Generated {
    let facts = Facts::of(after.resource_type);
    if !facts.is_serverless() && !facts.is_module() {
        return Generated::Same;
    }
    let of_difference = |difference: &Difference<'_>| match difference.property() {
        // A property that SAM only passes on concerns the resource with the same logical ID, and its versions.
        Some(property) if serverless::generated_property(after.resource_type, property).is_some() => Generated::Revisions,
        _ => Generated::Any,
    };
    differences.iter().filter(|difference| difference.verdict.is_actual()).map(of_difference).max().unwrap_or_default()
}

/// Returns the outcome for types whose update policy decides whether a change replaces the resource; any other outcome stays.
///
/// An Auto Scaling group is replaced only when its policy requests that. A search domain takes another engine version in place only when
/// its policy allows that.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html>
fn decided_by_update_policy(after: &Resource<'_>, differences: &[Difference<'_>], outcome: Outcome) -> Outcome {
    let policy_is_true = |names: &[&str]| after.update_policy.as_ref().is_some_and(|policy| text_at(policy, names) == Some("true"));
    let strongest = |counts: &dyn Fn(&Difference<'_>) -> bool| {
        differences.iter().filter(|difference| counts(difference)).map(|difference| difference.verdict.actual).max().unwrap_or_default()
    };
    let version = match after.resource_type {
        "AWS::AutoScaling::AutoScalingGroup" if outcome == Outcome::MayReplace => {
            let always = |difference: &Difference<'_>| difference.recreation == RequiresRecreation::Always;
            let conditional = |difference: &Difference<'_>| difference.recreation == RequiresRecreation::Conditionally;
            return match (policy_is_true(&["AutoScalingReplacingUpdate", "WillReplace"]), strongest(&conditional)) {
                _ if strongest(&always) == ChangeCertainty::Possible => outcome,
                (true, ChangeCertainty::Certain) => Outcome::Replaced,
                (true, _) => Outcome::MayReplace,
                (false, ChangeCertainty::Certain) => Outcome::Updated,
                (false, _) => Outcome::MayUpdate,
            };
        }
        "AWS::OpenSearchService::Domain" => "EngineVersion",
        "AWS::Elasticsearch::Domain" => "ElasticsearchVersion",
        _ => return outcome,
    };
    match strongest(&|difference| difference.property() == Some(version)) {
        ChangeCertainty::Certain if !policy_is_true(&["EnableVersionUpgrade"]) => outcome.max(Outcome::Replaced),
        ChangeCertainty::Possible if !policy_is_true(&["EnableVersionUpgrade"]) => outcome.max(Outcome::MayReplace),
        _ => outcome,
    }
}
