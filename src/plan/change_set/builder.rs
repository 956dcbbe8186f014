//! The changes of a change set, one per resource.

use rustc_hash::FxHashSet;
use serde_json::{Map, Value as Json};

use super::policies::{deletion_policy, update_replace_policy};
use crate::cloudformation::{
    Action, Attribute, AttributeChangeType, Change, ChangeSet, ChangeSetStatus, ChangeSource, EvaluationType, Replacement, ResourceChange,
    ResourceChangeDetail, ResourceDriftStatus, ResourceTargetDefinition,
};
use crate::evaluate::{Evaluation, Resource, Value};
use crate::plan::compare::{
    ChangeCertainty, ChangedResources, Comparison, Difference, ModifiedResource, Viewpoint, has_unknown, resources_synced_with_actual,
    synced_paths,
};
use crate::plan::facts::Facts;
use crate::plan::limits::bytes_of;
use crate::plan::redact::Secrets;
use crate::schema::RequiresRecreation;

/// AWS's reason for a change set without changes.
const NO_CHANGES: &str = "The submitted information didn't contain changes. Submit different information to create a change set.";

/// Builds both lists from the changed resources.
pub(in crate::plan) struct ChangeSetBuilder<'v, 'p, 'a> {
    pub(in crate::plan) comparison: Comparison<'v, 'p, 'a>,
    pub(in crate::plan) changed: &'v ChangedResources<'p, 'a>,
    pub(in crate::plan) secrets: &'v Secrets<'a>,
}

impl<'p, 'a> ChangeSetBuilder<'_, 'p, 'a> {
    /// Returns the expected response of `DescribeChangeSet`.
    pub(in crate::plan) fn build(&self, with_values: bool, changes_outputs: bool) -> ChangeSet {
        let mut changes: Vec<ResourceChange> = Vec::new();
        changes.extend(self.changed.added.iter().map(|resource| self.add(resource, with_values)));
        changes.extend(self.changed.modified.iter().filter_map(|modified| self.modify(modified, with_values)));
        changes.extend(self.changed.removed.iter().map(|resource| self.remove(resource, with_values)));
        let synced = resources_synced_with_actual(self.comparison, self.changed);
        changes.extend(synced.into_iter().map(|resource| self.sync_with_actual(resource, with_values)));
        for change in &mut changes {
            self.add_drift(change, with_values);
        }
        if self.comparison.context.before.is_some() {
            let listed: FxHashSet<String> = changes.iter().map(|change| change.logical_resource_id.clone()).collect();
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
            change.after_context = Some(self.resource_context(self.comparison.context.after, resource, Viewpoint::Predicted));
            // In recordings, an added resource has this in updates with property values only, not in new stacks.
            change.replacement = self.comparison.context.before.map(|_| Replacement::True);
        }
        change
    }

    /// Returns the change of a resource that already matches the new template because of drift.
    fn sync_with_actual(&self, resource: &Resource<'a>, with_values: bool) -> ResourceChange {
        let id = resource.entry.name;
        let mut change = ResourceChange::new(Action::SyncWithActual, id, resource.resource_type);
        change.physical_resource_id = self.physical_id(resource);
        change.scope = vec![Attribute::Properties];
        for path in synced_paths(self.comparison, id) {
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

    /// Adds the drift status and the deployed template's values to the change of a resource that has drifted.
    fn add_drift(&self, change: &mut ResourceChange, with_values: bool) {
        let Some(drift) = self.comparison.context.drift else { return };
        let id = change.logical_resource_id.as_str();
        let Some(resource) = drift.resource(id) else { return };
        change.resource_drift_status =
            Some(if resource.differences.is_none() { ResourceDriftStatus::Deleted } else { ResourceDriftStatus::Modified });
        if let (true, Some(previous)) = (with_values, drift.previous.resources.get(id)) {
            change.previous_deployment_context = Some(self.resource_context(drift.previous, previous, Viewpoint::Deployed));
        }
    }

    fn remove(&self, resource: &Resource<'a>, with_values: bool) -> ResourceChange {
        let mut change = ResourceChange::new(Action::Remove, resource.entry.name, resource.resource_type);
        change.physical_resource_id = self.physical_id(resource);
        change.policy_action = Some(deletion_policy(resource));
        if with_values && let Some(before) = self.comparison.context.before {
            change.before_context = Some(self.resource_context(before, resource, Viewpoint::Unresolved));
        }
        change
    }

    fn modify(&self, modified: &ModifiedResource<'p, 'a>, with_values: bool) -> Option<ResourceChange> {
        let ModifiedResource { id, before, after, differences } = modified;
        let least = if with_values { ChangeCertainty::Certain } else { ChangeCertainty::Possible };
        let listed: Vec<&Difference<'a>> = differences.iter().filter(|difference| difference.verdict.reported >= least).collect();
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
        change.details = if with_values { self.details(modified, &listed) } else { self.details_without_values(modified, &listed) };
        if with_values && let Some(evaluation) = self.comparison.context.before {
            change.before_context = Some(self.resource_context(evaluation, before, Viewpoint::Deployed));
            change.after_context = Some(self.resource_context(self.comparison.context.after, after, Viewpoint::Predicted));
        }
        Some(change)
    }

    /// Returns the changes of nested stacks: CloudFormation inspects them in every update, because only then is their template known.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChangeDetail.html>
    fn nested_stacks(&self) -> impl Iterator<Item = ResourceChange> {
        let context = self.comparison.context;
        let stacks = context.after.resources.values().filter(|resource| Facts::of(resource.resource_type).is_nested_stack());
        stacks.filter_map(|stack| context.resource_before(stack.entry.name)).map(|stack| {
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
        self.comparison.context.physical_id(resource.entry.name).map(|id| self.secrets.physical_id(resource.entry.name, id))
    }

    /// Returns the attributes of a resource as `BeforeContext` and `AfterContext` show them, every scalar a string.
    fn resource_context(&self, evaluation: &Evaluation<'a>, resource: &Resource<'a>, viewpoint: Viewpoint) -> Json {
        let mut resolver = self.comparison.resolver(viewpoint);
        let mut show = |value: &Value<'a>| self.secrets.json(evaluation, value, resolver.json(value));
        let mut context = Map::new();
        context.insert("Properties".to_owned(), show(&resource.properties));
        let attributes = [
            ("Metadata", &resource.metadata),
            ("CreationPolicy", &resource.creation_policy),
            ("UpdatePolicy", &resource.update_policy),
            ("DeletionPolicy", &resource.deletion_policy),
            ("UpdateReplacePolicy", &resource.update_replace_policy),
        ];
        for (name, value) in attributes {
            if let Some(value) = value {
                context.insert(name.to_owned(), show(value));
            }
        }
        let context = Json::Object(context);
        let may_list = self.comparison.context.limits.may_list(bytes_of(&context), resource.entry.name_span);
        if may_list { context } else { Json::Null }
    }

    /// Returns AWS's warning that a value could not be determined, as the evaluation reports it.
    ///
    /// The evaluation does not know the deployed stack. A value that the deployed stack provides needs no warning.
    fn warning(&self) -> Option<String> {
        let messages = self.comparison.context.after.warnings.0.iter().filter_map(|warning| warning.aws_message.as_deref());
        let mut warnings = messages.filter(|message| message.starts_with("[WARN]"));
        warnings.find(|message| self.names_unknown_value(message)).map(|message| self.secrets.text(message.to_owned()))
    }

    /// Returns whether the resource that a warning names still has an unknown value.
    fn names_unknown_value(&self, message: &str) -> bool {
        let named = message.split_once("for resource [").and_then(|(_, rest)| rest.split_once(']'));
        let resource = named.and_then(|(name, _)| self.comparison.context.resource_after(name));
        resource.is_none_or(|resource| has_unknown(&self.comparison.resolver(Viewpoint::Predicted).json(&resource.properties)))
    }
}

/// Returns whether the differences replace the resource: the one with the most impact decides.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html>
fn replacement(differences: &[&Difference<'_>]) -> Replacement {
    let impact = |difference: &&Difference<'_>| match (difference.recreation, difference.verdict.reported) {
        (RequiresRecreation::Always, ChangeCertainty::Certain) => Replacement::True,
        (RequiresRecreation::Never, _) => Replacement::False,
        _ => Replacement::Conditional,
    };
    let impacts: Vec<Replacement> = differences.iter().map(impact).collect();
    let strongest = [Replacement::True, Replacement::Conditional].into_iter().find(|replacement| impacts.contains(replacement));
    strongest.unwrap_or(Replacement::False)
}
