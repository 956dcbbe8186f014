//! Causes of effects: the nearest parameters, conditions, resources and attributes that a change comes from.
//!
//! The references of a value's own expression are the nearest; the conditions around it are next. A parameter or condition is a cause
//! only if changing it alone changes the value, as [`Tests`] finds out. A change without any such cause comes from the template.

use indexmap::IndexSet;
use rustc_hash::FxHashSet;

use super::counterfactual::{Input, Subject, Tests};
use super::origin::Origin;
use super::{Cause, CauseSource};
use crate::cloudformation::Attribute;
use crate::evaluate::Resource;
use crate::plan::compare::{Comparison, Difference, ModifiedResource, has_drifted, is_only_drift};
use crate::plan::context::PlanningContext;
use crate::plan::expression::Reached;
use crate::plan::facts::Facts;
use crate::plan::parameters::{is_changed, ssm_values};
use crate::plan::values::Reference;
use crate::template::{Intrinsic, KeyCache, Node};

/// The bytes of a cause in a plan, without its path.
const CAUSE: usize = size_of::<Cause>() + 64;

/// Finds causes.
pub(super) struct Causes<'v, 'p, 'a> {
    comparison: Comparison<'v, 'p, 'a>,
    tests: Tests<'p, 'a>,
    /// The keys of large maps.
    keys: KeyCache<'a>,
    /// How many parameters are new or have another value than before.
    changed_parameters: usize,
}

impl<'v, 'p, 'a> Causes<'v, 'p, 'a> {
    pub(super) fn new(comparison: Comparison<'v, 'p, 'a>) -> Self {
        let PlanningContext { before, after, .. } = *comparison.context;
        let changed_parameters = after.parameters.parameters.keys().filter(|name| is_changed(before, after, name)).count();
        Self { comparison, tests: Tests::new(*comparison.context), keys: KeyCache::default(), changed_parameters }
    }

    /// Returns why a resource is created or deleted: the condition that changed, with its changed parameters, else the template.
    pub(super) fn of_existence(&mut self, resource: &Resource<'a>) -> Vec<Cause> {
        let PlanningContext { before, after, .. } = *self.comparison.context;
        let id = resource.entry.name;
        let old = before.and_then(|before| before.sections().resources.get(id)).map(|entry| entry.body);
        let new = after.sections().resources.get(id).map(|entry| entry.body);
        let mut sources = Vec::new();
        if let (Some(old), Some(new)) = (old, new) {
            let [old, new] = [old, new].map(|body| body.get("Condition").and_then(Node::as_str));
            let inputs = self.inputs_of_conditions(new.into_iter().chain(old));
            sources.extend(inputs.into_iter().filter(|input| self.tests.changes_condition(*input, old, new)).map(source_of));
        }
        if sources.is_empty() {
            sources.push(CauseSource::Template);
        }
        sources.into_iter().map(|source| Cause { path: None, source }).collect()
    }

    /// Returns why a resource changes, path by path; paths that replace it come first.
    pub(super) fn of_change(&mut self, modified: &ModifiedResource<'_, 'a>, is_replaced: bool) -> Vec<Cause> {
        let mut actual: Vec<&Difference<'a>> = modified.differences.iter().filter(|difference| difference.verdict.is_actual()).collect();
        if actual.is_empty() && Facts::of(modified.after.resource_type).is_nested_stack() {
            return vec![Cause { path: None, source: CauseSource::Template }];
        }
        if is_replaced {
            actual.sort_by_key(|difference| std::cmp::Reverse((difference.recreation, difference.verdict.actual)));
        }
        let mut causes = Vec::new();
        let mut known: FxHashSet<Cause> = FxHashSet::default();
        for difference in actual {
            let found = self.of_difference(modified, difference);
            let bytes = found.iter().map(|cause| CAUSE + cause.path.as_ref().map_or(0, String::len)).sum();
            if !self.comparison.context.limits.may_list(bytes, modified.after.entry.name_span) {
                return Vec::new();
            }
            causes.extend(found.into_iter().filter(|cause| known.insert(cause.clone())));
        }
        causes
    }

    /// Returns the causes of one difference.
    fn of_difference(&mut self, modified: &ModifiedResource<'_, 'a>, difference: &Difference<'a>) -> Vec<Cause> {
        let path = difference.path_text();
        let mut sources = Vec::new();
        if is_only_drift(self.comparison, modified.id, difference) {
            sources.push(CauseSource::Drift);
        } else {
            sources = self.sources(modified, difference);
            if sources.is_empty() {
                sources.push(CauseSource::Template);
            }
            if has_drifted(self.comparison, modified.id, difference) {
                sources.push(CauseSource::Drift);
            }
        }
        sources.into_iter().map(|source| Cause { path: Some(path.clone()), source }).collect()
    }

    /// Returns the nearest causes of a difference; none if it comes from the template.
    fn sources(&mut self, modified: &ModifiedResource<'_, 'a>, difference: &Difference<'a>) -> Vec<CauseSource> {
        let PlanningContext { before, after, drift, .. } = *self.comparison.context;
        let Some(before) = before else { return Vec::new() };
        let path: Vec<&str> = difference.path.iter().map(AsRef::as_ref).collect();
        let keys = &mut self.keys;
        let mut find = |evaluation, resource: &Resource<'a>| Origin::find(evaluation, root(resource, difference)?, &path, keys);
        let origins = [find(drift.map_or(before, |drift| drift.previous), modified.before), find(after, modified.after)];
        let old_value = match drift {
            Some(drift) if difference.property().is_some() => drift.previous_value(modified.id, &difference.path),
            _ => difference.before,
        };
        let old = Subject { origin: origins[0].as_ref(), value: old_value };
        let new = Subject { origin: origins[1].as_ref(), value: difference.after };

        let own = new.origin.map(|origin| origin.own.as_slice()).unwrap_or_default();
        let mut sources: IndexSet<CauseSource> = IndexSet::new();
        for reached in own {
            let found = match self.reference(*reached) {
                Some(source) => vec![source],
                None => {
                    let inputs = self.inputs(*reached);
                    inputs.into_iter().filter(|input| self.tests.changes_value(*input, old, new)).map(source_of).collect()
                }
            };
            sources.extend(found);
        }
        if !sources.is_empty() {
            return sources.into_iter().collect();
        }
        // What the new template no longer has at this path may be in a branch of the old one.
        let removed_from = old.origin.filter(|_| difference.after.is_none());
        let surrounding = [new.origin, removed_from].into_iter().flatten().flat_map(|origin| origin.surrounding.iter().copied());
        let inputs = self.inputs_of_conditions(surrounding);
        inputs.into_iter().filter(|input| self.tests.changes_value(*input, old, new)).map(source_of).collect()
    }

    /// Returns a changed resource or attribute as a cause, or an SSM parameter whose value in Parameter Store changed.
    fn reference(&self, reached: Reached<'a>) -> Option<CauseSource> {
        let PlanningContext { before, after, .. } = *self.comparison.context;
        let changes = |reference| self.comparison.reference(reference).is_actual();
        match reached {
            Reached::Name(id) if after.resources.contains_key(id) => {
                changes(Reference::Resource(id)).then(|| CauseSource::Resource(id.to_owned()))
            }
            // A resource that SAM or a module generates is not in the template.
            Reached::Name(id) if !after.parameters.parameters.contains_key(id) && changes(Reference::Resource(id)) => {
                Some(CauseSource::Resource(id.to_owned()))
            }
            Reached::Name(name) => ssm_values(before, after, name).map(|_| CauseSource::Parameter(name.to_owned())),
            Reached::Attribute(id, attribute) => {
                changes(Reference::Attribute(id, attribute)).then(|| CauseSource::Attribute(format!("{id}.{attribute}")))
            }
            Reached::Condition(_) => None,
        }
    }

    /// Returns the changed parameter or condition that an expression refers to, a condition with its changed parameters.
    fn inputs(&self, reached: Reached<'a>) -> Vec<Input<'a>> {
        let PlanningContext { before, after, .. } = *self.comparison.context;
        match reached {
            Reached::Name(name) if is_changed(before, after, name) => vec![Input::Parameter(name)],
            Reached::Condition(name) => self.inputs_of_conditions([name].into_iter()),
            _ => Vec::new(),
        }
    }

    /// Returns the conditions that changed, each followed by its changed parameters.
    fn inputs_of_conditions(&self, names: impl Iterator<Item = &'a str>) -> Vec<Input<'a>> {
        let PlanningContext { before, after, .. } = *self.comparison.context;
        let mut inputs: Vec<Input<'a>> = Vec::new();
        for name in names {
            if before.and_then(|before| before.condition(name)) == after.condition(name) || inputs.contains(&Input::Condition(name)) {
                continue;
            }
            inputs.push(Input::Condition(name));
            for parameter in self.parameters_behind(name).into_iter().map(Input::Parameter) {
                if !inputs.contains(&parameter) {
                    inputs.push(parameter);
                }
            }
        }
        inputs
    }

    /// Returns the changed parameters that a condition depends on, directly or through other conditions.
    fn parameters_behind(&self, condition: &str) -> Vec<&'a str> {
        let PlanningContext { before, after, .. } = *self.comparison.context;
        let mut found = Vec::new();
        let mut open: Vec<&str> = vec![condition];
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        while let Some(name) = open.pop() {
            let Some(entry) = after.sections().conditions.get(name) else { continue };
            // Once every changed parameter is found, a long chain of conditions has nothing to add.
            if found.len() == self.changed_parameters {
                break;
            }
            if !seen.insert(entry.name) {
                continue;
            }
            let mut nodes = vec![entry.body];
            while let Some(node) = nodes.pop() {
                if let Some(Intrinsic::Condition(operand)) = Intrinsic::of_condition(node) {
                    open.extend(operand.as_str());
                    continue;
                }
                nodes.extend(node.items().iter().rev());
                nodes.extend(node.members().iter().rev().map(|member| &member.value));
                if let Some(Intrinsic::Ref(operand)) = Intrinsic::of(node)
                    && let Some(name) = operand.as_str()
                    && is_changed(before, after, name)
                    && !found.contains(&name)
                {
                    found.push(name);
                }
            }
        }
        found
    }
}

fn source_of(input: Input<'_>) -> CauseSource {
    match input {
        Input::Parameter(name) => CauseSource::Parameter(name.to_owned()),
        Input::Condition(name) => CauseSource::Condition(name.to_owned()),
    }
}

/// Returns the node that a difference's path starts from.
fn root<'a>(resource: &Resource<'a>, difference: &Difference<'a>) -> Option<&'a Node<'a>> {
    let body = resource.entry.body;
    match difference.attribute {
        Attribute::Properties | Attribute::Tags => body.get("Properties"),
        Attribute::Metadata => body.get("Metadata"),
        Attribute::CreationPolicy => body.get("CreationPolicy"),
        Attribute::UpdatePolicy => body.get("UpdatePolicy"),
        Attribute::DeletionPolicy => body.get("DeletionPolicy"),
        Attribute::UpdateReplacePolicy => body.get("UpdateReplacePolicy"),
        Attribute::Other(_) => None,
    }
}
