//! The details of a modified resource: what changes, and what AWS reports as its cause.
//!
//! AWS's causes are the changed parameters, resources and attributes that the new expression refers to, whether or not they decide the
//! value. [`effects`](crate::plan::effects) finds the causes that do.

use indexmap::map::Entry;
use indexmap::{IndexMap, IndexSet};

use super::builder::ChangeSetBuilder;
use super::hash_order::in_hash_order;
use crate::cloudformation::{Attribute, ChangeSource, EvaluationType, LiveResourceDrift, ResourceChangeDetail, ResourceTargetDefinition};
use crate::evaluate::{Evaluation, Value};
use crate::plan::compare::{ChangeCertainty, Difference, ModifiedResource, Viewpoint, has_drifted, text};
use crate::plan::expression::{Reached, each_reached};
use crate::plan::parameters::is_changed;
use crate::plan::values::Reference;

/// The bytes of a detail in a plan, without its texts.
const DETAIL: usize = size_of::<ResourceChangeDetail>() + 64;

/// What caused a difference, in AWS's terms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct DetailCause {
    source: ChangeSource,
    evaluation: EvaluationType,
    entity: String,
}

impl DetailCause {
    fn detail(self, target: ResourceTargetDefinition) -> ResourceChangeDetail {
        ResourceChangeDetail { target, evaluation: self.evaluation, change_source: self.source, causing_entity: Some(self.entity) }
    }
}

impl<'p, 'a> ChangeSetBuilder<'_, 'p, 'a> {
    /// Returns the details with values: for each path one for the template, and one for each cause.
    ///
    /// Where very many causes change the same long values, only the first detail of a path has the values.
    pub(super) fn details(&self, modified: &ModifiedResource<'p, 'a>, differences: &[&Difference<'a>]) -> Vec<ResourceChangeDetail> {
        let (context, id, place) = (self.comparison.context, modified.id, modified.after.entry.name_span);
        let mut details = Vec::new();
        for difference in differences {
            let mut target = target(difference);
            target.path = Some(difference.path_text());
            target.before_value = self.value(context.before, difference, difference.before.as_ref(), Viewpoint::Deployed);
            target.after_value = self.value(Some(context.after), difference, difference.after.as_ref(), Viewpoint::Predicted);
            target.attribute_change_type = Some(difference.change_type());
            target.drift = self.drift(id, difference, target.before_value.clone());
            if target.drift.is_some() {
                target.before_value_from = Some("ACTUAL_STATE".to_owned());
                target.after_value_from = Some("TEMPLATE".to_owned());
            }
            let mut causes = self.causes(difference);
            causes.retain(|cause| cause.evaluation == EvaluationType::Static);
            let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
            let values = length(&target.before_value) + length(&target.after_value);
            let path = length(&target.path);
            if !context.limits.may_list(values + causes.len() * (DETAIL + path), place) {
                return Vec::new();
            }
            details.push(direct_modification(target.clone(), !causes.is_empty()));
            for cause in causes {
                if context.limits.may_repeat(values) {
                    details.push(cause.detail(target.clone()));
                } else {
                    let (name, recreation) = (target.name.clone(), target.requires_recreation);
                    let short = ResourceTargetDefinition::new(target.attribute, name, recreation);
                    let attribute_change_type = target.attribute_change_type;
                    details.push(cause.detail(ResourceTargetDefinition { path: target.path.clone(), attribute_change_type, ..short }));
                }
            }
        }
        details
    }

    /// Returns the details by property, without values.
    ///
    /// A property is no direct modification here if its text stays the same and it changes only with a resource that it refers to.
    pub(super) fn details_without_values(
        &self,
        modified: &ModifiedResource<'p, 'a>,
        differences: &[&Difference<'a>],
    ) -> Vec<ResourceChangeDetail> {
        let mut details: Vec<ResourceChangeDetail> = Vec::new();
        let mut groups: IndexMap<(Attribute, Option<&str>), Vec<&Difference<'a>>> = IndexMap::new();
        for difference in differences {
            groups.entry((difference.attribute, difference.property())).or_default().push(difference);
        }
        for group in groups.into_values() {
            let [difference, ..] = group.as_slice() else { continue };
            let mut target = target(difference);
            target.requires_recreation = group.iter().map(|other| other.recreation).max().unwrap_or(target.requires_recreation);
            let mut causes: IndexMap<(ChangeSource, String), DetailCause> = IndexMap::new();
            for cause in group.iter().flat_map(|other| self.causes(other)) {
                match causes.entry((cause.source, cause.entity.clone())) {
                    Entry::Occupied(mut known) if cause.evaluation == EvaluationType::Static => {
                        known.get_mut().evaluation = cause.evaluation
                    }
                    Entry::Occupied(_) => {}
                    Entry::Vacant(new) => {
                        new.insert(cause);
                    }
                }
            }
            let causes: Vec<DetailCause> = causes.into_values().collect();
            if !self.comparison.context.limits.may_list(causes.len() * DETAIL, modified.after.entry.name_span) {
                return Vec::new();
            }
            let is_direct = !causes.iter().any(|cause| cause.source != ChangeSource::ParameterReference)
                || causes.iter().any(|cause| cause.source == ChangeSource::ParameterReference)
                || is_rewritten(modified, difference);
            if is_direct {
                details.push(direct_modification(target.clone(), !causes.is_empty()));
            }
            details.extend(causes.into_iter().map(|cause| cause.detail(target.clone())));
        }
        details
    }

    /// Returns the deployed template's value and the actual value of a property that has drifted.
    fn drift(&self, id: &str, difference: &Difference<'a>, actual: Option<String>) -> Option<LiveResourceDrift> {
        let drift = self.comparison.context.drift.filter(|_| has_drifted(self.comparison, id, difference))?;
        let previous = drift.previous_value(id, &difference.path);
        let previous_value = self.value(Some(drift.previous), difference, previous.as_ref(), Viewpoint::Deployed);
        Some(LiveResourceDrift { previous_value, actual_value: actual })
    }

    fn value(
        &self,
        evaluation: Option<&Evaluation<'a>>,
        difference: &Difference<'a>,
        value: Option<&Value<'a>>,
        viewpoint: Viewpoint,
    ) -> Option<String> {
        let value = value?;
        let mut json = self.comparison.resolver(viewpoint).json(value);
        if let Some(evaluation) = evaluation {
            json = self.secrets.json(evaluation, value, json);
        }
        Some(text(if difference.is_document { in_hash_order(json) } else { json }))
    }

    /// Returns the new, replaced or changed things that the new value's expression refers to.
    fn causes(&self, difference: &Difference<'a>) -> Vec<DetailCause> {
        let mut causes: IndexSet<DetailCause> = IndexSet::new();
        let Some(value) = &difference.after else { return Vec::new() };
        each_reached(self.comparison.context.after, value, &mut |reached| causes.extend(self.cause(reached)));
        causes.into_iter().collect()
    }

    fn cause(&self, reached: Reached<'a>) -> Option<DetailCause> {
        let context = self.comparison.context;
        let (reference, source, entity) = match reached {
            Reached::Condition(_) => return None,
            Reached::Name(name) if context.after.resources.contains_key(name) => {
                (Reference::Resource(name), ChangeSource::ResourceReference, name.to_owned())
            }
            Reached::Name(name) => {
                return is_changed(context.before, context.after, name).then(|| DetailCause {
                    source: ChangeSource::ParameterReference,
                    evaluation: EvaluationType::Static,
                    entity: name.to_owned(),
                });
            }
            Reached::Attribute(id, attribute) => {
                (Reference::Attribute(id, attribute), ChangeSource::ResourceAttribute, format!("{id}.{attribute}"))
            }
        };
        let evaluation = match self.comparison.reference(reference).reported {
            ChangeCertainty::Unchanged => return None,
            ChangeCertainty::Possible => EvaluationType::Dynamic,
            ChangeCertainty::Certain => EvaluationType::Static,
        };
        Some(DetailCause { source, evaluation, entity })
    }
}

fn target(difference: &Difference<'_>) -> ResourceTargetDefinition {
    let name = (difference.attribute == Attribute::Properties).then(|| difference.property().map(str::to_owned)).flatten();
    ResourceTargetDefinition::new(difference.attribute, name, difference.recreation)
}

fn direct_modification(target: ResourceTargetDefinition, has_causes: bool) -> ResourceChangeDetail {
    let evaluation = if has_causes { EvaluationType::Dynamic } else { EvaluationType::Static };
    ResourceChangeDetail { target, evaluation, change_source: ChangeSource::DirectModification, causing_entity: None }
}

/// Returns whether the template's text of the property, or of the other attribute, differs from before.
fn is_rewritten(modified: &ModifiedResource<'_, '_>, difference: &Difference<'_>) -> bool {
    let (before, after) = (modified.before.entry.body, modified.after.entry.body);
    let (before, after) = match (difference.attribute, difference.property()) {
        (Attribute::Properties | Attribute::Tags, Some(name)) => {
            (before.get("Properties").and_then(|all| all.get(name)), after.get("Properties").and_then(|all| all.get(name)))
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
