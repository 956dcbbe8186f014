//! The change set that AWS would list, with property values and without.

use serde_json::{Map, Value as Json};

use super::cause::{Reached, each_reached, is_changed_parameter};
use super::difference::Difference;
use super::document::in_hash_order;
use super::effects::settled;
use super::facts::Facts;
use super::redact::Secrets;
use super::render::{Render, Side, holds_token, text};
use super::spread::{Moved, Spread};
use super::values::{self, Reference};
use super::world::{Motion, World};
use crate::cloudformation::{
    Action, Attribute, AttributeChangeType, Change, ChangeSet, ChangeSetStatus, ChangeSource, EvaluationType, LiveResourceDrift,
    PolicyAction, Replacement, ResourceChange, ResourceChangeDetail, ResourceDriftStatus, ResourceTargetDefinition,
};
use crate::evaluate::{Evaluation, Resource, Value};
use crate::schema::RequiresRecreation;

/// What AWS answers when nothing would change.
const NO_CHANGES: &str = "The submitted information didn't contain changes. Submit different information to create a change set.";

/// Builds both lists from what moved.
pub(super) struct Lister<'w, 'p, 'a> {
    pub(super) world: &'w World<'p, 'a>,
    pub(super) spread: &'w Spread<'p, 'a>,
    pub(super) secrets: &'w Secrets<'a>,
}

/// A thing that caused a difference, in AWS's terms.
#[derive(Clone, Debug, PartialEq)]
struct Causing {
    source: ChangeSource,
    certainty: EvaluationType,
    entity: String,
}

impl<'p, 'a> Lister<'_, 'p, 'a> {
    /// Returns what `DescribeChangeSet` would answer.
    pub(super) fn change_set(&self, with_values: bool, changes_outputs: bool) -> ChangeSet {
        let mut changes: Vec<ResourceChange> = Vec::new();
        changes.extend(self.spread.added.iter().map(|resource| self.add(resource, with_values)));
        changes.extend(self.spread.moved.iter().filter_map(|moved| self.modify(moved, with_values)));
        changes.extend(self.spread.removed.iter().map(|resource| self.remove(resource, with_values)));
        changes.extend(settled(self.world, self.spread).map(|resource| self.settle(resource, with_values)));
        for change in &mut changes {
            self.tell_drift(change, with_values);
        }
        if !changes.is_empty() {
            let listed: Vec<String> = changes.iter().map(|change| change.logical_resource_id.clone()).collect();
            changes.extend(self.nested_stacks().filter(|change| !listed.contains(&change.logical_resource_id)));
        }
        changes.sort_by(|a, b| a.logical_resource_id.cmp(&b.logical_resource_id));
        let changes: Vec<Change> = changes.into_iter().map(Change::resource).collect();
        let (status, status_reason) = match changes.is_empty() && !changes_outputs {
            true => (ChangeSetStatus::Failed, Some(NO_CHANGES.to_owned())),
            false => (ChangeSetStatus::CreateComplete, with_values.then(|| self.warning()).flatten()),
        };
        ChangeSet { status, status_reason, changes }
    }

    fn add(&self, resource: &Resource<'a>, with_values: bool) -> ResourceChange {
        let mut change = ResourceChange::new(Action::Add, resource.entry.name, resource.resource_type);
        if with_values {
            change.after_context = Some(self.context(self.world.after, resource, Side::Predicted));
            // Recordings of updates with property values have this on what is added; those of new stacks and those without
            // values have not.
            change.replacement = self.world.before.map(|_| Replacement::True);
        }
        change
    }

    /// Notes that a resource is what the new template says, after a change behind the stack's back.
    fn settle(&self, resource: &Resource<'a>, with_values: bool) -> ResourceChange {
        let id = resource.entry.name;
        let mut change = ResourceChange::new(Action::SyncWithActual, id, resource.resource_type);
        change.physical_resource_id = self.physical_id(resource);
        change.scope = vec![Attribute::Properties];
        let places = self.world.drift.map(|drift| drift.settled(self.world, id)).unwrap_or_default();
        for path in places {
            let mut target = ResourceTargetDefinition::new(Attribute::Properties, path.first().cloned(), RequiresRecreation::Never);
            target.attribute_change_type = Some(AttributeChangeType::SyncWithActual);
            target.path = with_values.then(|| format!("/Properties/{}", path.join("/")));
            change.details.push(ResourceChangeDetail {
                target,
                evaluation: EvaluationType::Static,
                change_source: ChangeSource::NoModification,
                causing_entity: None,
            });
        }
        change
    }

    /// Says of a change what was changed behind the stack's back.
    fn tell_drift(&self, change: &mut ResourceChange, with_values: bool) {
        let Some(drift) = self.world.drift else { return };
        let id = change.logical_resource_id.as_str();
        let Some(live) = drift.live.iter().find(|live| live.logical_resource_id == id) else { return };
        change.resource_drift_status =
            Some(if live.differences.is_none() { ResourceDriftStatus::Deleted } else { ResourceDriftStatus::Modified });
        if let (true, Some(previous)) = (with_values, drift.previous.resources.get(id)) {
            change.previous_deployment_context = Some(self.context(drift.previous, previous, Side::Deployed));
        }
    }

    /// Returns the three values of a place that was changed behind the stack's back: the one after is the target's own.
    fn drift(&self, id: &str, difference: &Difference<'a>, actual: Option<String>) -> Option<LiveResourceDrift> {
        let drift = self.world.drift.filter(|drift| drift.is_at(id, difference))?;
        let previous = drift.previous(id, &difference.path);
        let previous_value = self.value(Some(drift.previous), difference, previous.as_ref(), Side::Deployed);
        Some(LiveResourceDrift { previous_value, actual_value: actual })
    }

    fn remove(&self, resource: &Resource<'a>, with_values: bool) -> ResourceChange {
        let mut change = ResourceChange::new(Action::Remove, resource.entry.name, resource.resource_type);
        change.physical_resource_id = self.physical_id(resource);
        change.policy_action = Some(deletion_policy(resource));
        if with_values && let Some(before) = self.world.before {
            change.before_context = Some(self.context(before, resource, Side::Blind));
        }
        change
    }

    fn modify(&self, moved: &Moved<'p, 'a>, with_values: bool) -> Option<ResourceChange> {
        let Moved { id, before, after, differences } = moved;
        let least = if with_values { Motion::Moves } else { Motion::May };
        let listed: Vec<&Difference<'a>> = differences.iter().filter(|difference| difference.seen.listed >= least).collect();
        let changes_type = before.resource_type != after.resource_type;
        if listed.is_empty() && !changes_type {
            return None;
        }
        let mut change = ResourceChange::new(Action::Modify, id, after.resource_type);
        change.physical_resource_id = self.physical_id(before);
        let replacement = if changes_type { Replacement::True } else { replacement(&listed) };
        change.replacement = Some(replacement);
        change.policy_action = (replacement == Replacement::True).then(|| update_replace_policy(after));
        change.scope = listed.iter().map(|difference| difference.attribute).collect();
        change.scope.sort();
        change.scope.dedup();
        change.details = if with_values { self.details(id, &listed) } else { self.details_without_values(moved, &listed) };
        if with_values && let Some(evaluation) = self.world.before {
            change.before_context = Some(self.context(evaluation, before, Side::Deployed));
            change.after_context = Some(self.context(self.world.after, after, Side::Predicted));
        }
        Some(change)
    }

    /// Nested stacks are looked into whenever the stack is updated, since only then does their template show.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChangeDetail.html>
    fn nested_stacks(&self) -> impl Iterator<Item = ResourceChange> {
        let after = &self.world.after.resources;
        let stacks = after.values().filter(|resource| Facts::of(resource.resource_type).is_nested_stack());
        stacks.filter_map(|stack| self.world.resource_before(stack.entry.name)).map(|stack| {
            let mut change = ResourceChange::new(Action::Modify, stack.entry.name, stack.resource_type);
            change.physical_resource_id = self.physical_id(stack);
            change.replacement = Some(Replacement::False);
            change.scope = vec![Attribute::Properties];
            change.details = vec![ResourceChangeDetail {
                target: ResourceTargetDefinition::new(Attribute::Properties, None, RequiresRecreation::Never),
                evaluation: EvaluationType::Dynamic,
                change_source: ChangeSource::Automatic,
                causing_entity: None,
            }];
            change
        })
    }

    fn physical_id(&self, resource: &Resource<'a>) -> Option<String> {
        self.world.physical_id(resource.entry.name).map(|id| self.secrets.text(id.to_owned()))
    }

    /// Returns one detail, or two where something caused the difference, for each place.
    fn details(&self, id: &str, differences: &[&Difference<'a>]) -> Vec<ResourceChangeDetail> {
        let mut details = Vec::new();
        for difference in differences {
            let mut target = self.target(difference);
            target.path = Some(difference.path_text());
            target.before_value = self.value(self.world.before, difference, difference.before.as_ref(), Side::Deployed);
            target.after_value = self.value(Some(self.world.after), difference, difference.after.as_ref(), Side::Predicted);
            target.attribute_change_type = Some(difference.change_type());
            target.drift = self.drift(id, difference, target.before_value.clone());
            if target.drift.is_some() {
                target.before_value_from = Some("ACTUAL_STATE".to_owned());
                target.after_value_from = Some("TEMPLATE".to_owned());
            }
            let mut causes = self.causes(difference);
            causes.retain(|cause| cause.certainty == EvaluationType::Static);
            details.push(direct(target.clone(), !causes.is_empty()));
            details.extend(causes.into_iter().map(|cause| cause.detail(target.clone())));
        }
        details
    }

    /// Returns the details by property, without values.
    ///
    /// A property whose text stays the same and that changes only with a resource it refers to is no direct modification here.
    fn details_without_values(&self, moved: &Moved<'p, 'a>, differences: &[&Difference<'a>]) -> Vec<ResourceChangeDetail> {
        let mut details: Vec<ResourceChangeDetail> = Vec::new();
        let mut done: Vec<(Attribute, Option<&str>)> = Vec::new();
        for difference in differences {
            let key = (difference.attribute, difference.property());
            if done.contains(&key) {
                continue;
            }
            done.push(key);
            let group: Vec<&&Difference<'a>> = differences.iter().filter(|other| (other.attribute, other.property()) == key).collect();
            let mut target = self.target(difference);
            target.requires_recreation = group.iter().map(|other| other.recreation).max().unwrap_or(target.requires_recreation);
            let mut causes: Vec<Causing> = Vec::new();
            for cause in group.iter().flat_map(|other| self.causes(other)) {
                match causes.iter_mut().find(|known| known.source == cause.source && known.entity == cause.entity) {
                    Some(known) if cause.certainty == EvaluationType::Static => known.certainty = EvaluationType::Static,
                    Some(_) => {}
                    None => causes.push(cause),
                }
            }
            let is_direct = !causes.iter().any(|cause| cause.source != ChangeSource::ParameterReference)
                || causes.iter().any(|cause| cause.source == ChangeSource::ParameterReference)
                || is_rewritten(moved, difference);
            if is_direct {
                details.push(direct(target.clone(), !causes.is_empty()));
            }
            details.extend(causes.into_iter().map(|cause| cause.detail(target.clone())));
        }
        details
    }

    fn target(&self, difference: &Difference<'a>) -> ResourceTargetDefinition {
        let name = (difference.attribute == Attribute::Properties).then(|| difference.property().map(str::to_owned)).flatten();
        ResourceTargetDefinition::new(difference.attribute, name, difference.recreation)
    }

    fn value(
        &self,
        evaluation: Option<&Evaluation<'a>>,
        difference: &Difference<'a>,
        value: Option<&Value<'a>>,
        side: Side,
    ) -> Option<String> {
        let value = value?;
        let mut json = Render::new(self.world, side).json(value);
        if let Some(evaluation) = evaluation {
            json = self.secrets.json(evaluation, value, json);
        }
        Some(text(if difference.is_document { in_hash_order(json) } else { json }))
    }

    /// Returns what the new value's expression reaches and that is new, replaced or changed.
    fn causes(&self, difference: &Difference<'a>) -> Vec<Causing> {
        let mut causes: Vec<Causing> = Vec::new();
        let Some(value) = &difference.after else { return causes };
        each_reached(self.world.after, value, &mut |reached| {
            let Some(cause) = self.cause(reached) else { return };
            if !causes.contains(&cause) {
                causes.push(cause);
            }
        });
        causes
    }

    fn cause(&self, reached: Reached<'a>) -> Option<Causing> {
        let (reference, source, entity) = match reached {
            Reached::Condition(_) => return None,
            Reached::Name(name) if self.world.after.resources.contains_key(name) => {
                (Reference::Resource(name), ChangeSource::ResourceReference, name.to_owned())
            }
            Reached::Name(name) => {
                return is_changed_parameter(self.world.before, self.world.after, name).then(|| Causing {
                    source: ChangeSource::ParameterReference,
                    certainty: EvaluationType::Static,
                    entity: name.to_owned(),
                });
            }
            Reached::Attribute(id, attribute) => {
                (Reference::Attribute(id, attribute), ChangeSource::ResourceAttribute, format!("{id}.{attribute}"))
            }
        };
        let certainty = match self.world.reference(reference).listed {
            Motion::Still => return None,
            Motion::May => EvaluationType::Dynamic,
            Motion::Moves => EvaluationType::Static,
        };
        Some(Causing { source, certainty, entity })
    }

    /// Returns a resource's attributes, every scalar a string.
    fn context(&self, evaluation: &Evaluation<'a>, resource: &Resource<'a>, side: Side) -> Json {
        let render = Render::new(self.world, side);
        let show = |value: &Value<'a>| self.secrets.json(evaluation, value, render.json(value));
        let mut context = Map::new();
        context.insert("Properties".to_owned(), show(&resource.properties));
        let parts = [
            ("Metadata", &resource.metadata),
            ("CreationPolicy", &resource.creation_policy),
            ("UpdatePolicy", &resource.update_policy),
            ("DeletionPolicy", &resource.deletion_policy),
            ("UpdateReplacePolicy", &resource.update_replace_policy),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                context.insert(name.to_owned(), show(value));
            }
        }
        Json::Object(context)
    }

    /// Returns the remark of a change set whose values could not all be worked out, as the evaluator found it.
    ///
    /// The evaluator sees no deployed stack: what it could not know and the stack as it is deployed now tells is no cause for a remark.
    fn warning(&self) -> Option<String> {
        let remarks = self.world.after.warnings.0.iter().filter_map(|warning| warning.aws_message.as_deref());
        let mut warnings = remarks.filter(|remark| remark.starts_with("[WARN]"));
        warnings.find(|remark| self.rests_on_unknown(remark)).map(|remark| self.secrets.text(remark.to_owned()))
    }

    /// Tells whether the resource that a remark names has a value that is unknown still.
    fn rests_on_unknown(&self, remark: &str) -> bool {
        let named = remark.split_once("for resource [").and_then(|(_, rest)| rest.split_once(']'));
        let resource = named.and_then(|(name, _)| self.world.resource_after(name));
        resource.is_none_or(|resource| holds_token(&Render::new(self.world, Side::Predicted).json(&resource.properties)))
    }
}

impl Causing {
    fn detail(self, target: ResourceTargetDefinition) -> ResourceChangeDetail {
        ResourceChangeDetail { target, evaluation: self.certainty, change_source: self.source, causing_entity: Some(self.entity) }
    }
}

fn direct(target: ResourceTargetDefinition, has_causes: bool) -> ResourceChangeDetail {
    let evaluation = if has_causes { EvaluationType::Dynamic } else { EvaluationType::Static };
    ResourceChangeDetail { target, evaluation, change_source: ChangeSource::DirectModification, causing_entity: None }
}

/// Tells whether the template writes the property, or the other part of the resource, differently than before.
fn is_rewritten(moved: &Moved<'_, '_>, difference: &Difference<'_>) -> bool {
    let (before, after) = (moved.before.entry.body, moved.after.entry.body);
    let (before, after) = match (difference.attribute, difference.property()) {
        (Attribute::Properties | Attribute::Tags, Some(name)) => {
            return match (before.get("Properties").and_then(|all| all.get(name)), after.get("Properties").and_then(|all| all.get(name))) {
                (Some(before), Some(after)) => !before.same(after),
                _ => true,
            };
        }
        (Attribute::Metadata, _) => (before.get("Metadata"), after.get("Metadata")),
        (Attribute::CreationPolicy, _) => (before.get("CreationPolicy"), after.get("CreationPolicy")),
        (Attribute::UpdatePolicy, _) => (before.get("UpdatePolicy"), after.get("UpdatePolicy")),
        _ => return true,
    };
    match (before, after) {
        (Some(before), Some(after)) => !before.same(after),
        _ => true,
    }
}

/// Returns whether the differences replace the resource: the one with the most impact counts.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html>
fn replacement(differences: &[&Difference<'_>]) -> Replacement {
    let impact = |difference: &&Difference<'_>| match (difference.recreation, difference.seen.listed) {
        (RequiresRecreation::Always, Motion::Moves) => Replacement::True,
        (RequiresRecreation::Never, _) => Replacement::False,
        _ => Replacement::Conditional,
    };
    let impacts: Vec<Replacement> = differences.iter().map(impact).collect();
    [Replacement::True, Replacement::Conditional]
        .into_iter()
        .find(|replacement| impacts.contains(replacement))
        .unwrap_or(Replacement::False)
}

/// Returns what becomes of a resource that is removed.
pub(super) fn deletion_policy(resource: &Resource<'_>) -> PolicyAction {
    let is_in_cluster = values::member(&resource.properties, "DBClusterIdentifier").is_some();
    let policy = resource.deletion_policy.as_ref().and_then(|value| values::scalar_text(value.kind));
    match policy.unwrap_or_else(|| Facts::of(resource.resource_type).default_deletion_policy(is_in_cluster)) {
        "Retain" | "RetainExceptOnCreate" => PolicyAction::Retain,
        "Snapshot" => PolicyAction::Snapshot,
        _ => PolicyAction::Delete,
    }
}

/// Returns what becomes of the old resource when it is replaced.
pub(super) fn update_replace_policy(resource: &Resource<'_>) -> PolicyAction {
    match resource.update_replace_policy.as_ref().and_then(|value| values::scalar_text(value.kind)) {
        Some("Retain") => PolicyAction::ReplaceAndRetain,
        Some("Snapshot") => PolicyAction::ReplaceAndSnapshot,
        _ => PolicyAction::ReplaceAndDelete,
    }
}
