//! Causes of effects: the parameters, conditions, resources and attributes that a change comes from.

use super::{Cause, CauseSource};
use crate::evaluate::{Evaluation, Resource};
use crate::plan::compare::{Comparison, Difference, ModifiedResource, has_drifted, is_only_drift};
use crate::plan::context::PlanningContext;
use crate::plan::expression::{Reached, each_reached, walk};
use crate::plan::facts::Facts;
use crate::plan::parameters::{is_changed, ssm_values};
use crate::plan::values::Reference;
use crate::template::{Intrinsic, Node};
use rustc_hash::FxHashSet;

/// Finds causes.
pub(super) struct Causes<'v, 'p, 'a> {
    comparison: Comparison<'v, 'p, 'a>,
    /// How many parameters are new or have another value than before.
    changed_parameters: usize,
}

impl<'v, 'p, 'a> Causes<'v, 'p, 'a> {
    pub(super) fn new(comparison: Comparison<'v, 'p, 'a>) -> Self {
        let PlanningContext { before, after, .. } = *comparison.context;
        let changed_parameters = after.parameters.parameters.keys().filter(|name| is_changed(before, after, name)).count();
        Self { comparison, changed_parameters }
    }

    /// Returns why a resource is created or deleted: the condition that changed, with its changed parameters, else the template.
    pub(super) fn of_existence(&self, resource: &Resource<'a>) -> Vec<Cause> {
        let PlanningContext { before, after, .. } = *self.comparison.context;
        let id = resource.entry.name;
        let is_in = |evaluation: Option<&Evaluation<'a>>| evaluation.is_some_and(|side| side.template.resources.contains(id));
        let condition = [before, Some(after)].into_iter().flatten().find_map(|side| {
            let entry = side.template.resources.get(id)?;
            entry.body.get("Condition")?.as_str()
        });
        match (before, condition) {
            (Some(before), Some(name)) if is_in(Some(before)) && is_in(Some(after)) && has_turned(before, after, name) => {
                self.of_condition(name, None)
            }
            _ => vec![Cause { path: None, source: CauseSource::Template }],
        }
    }

    /// Returns why a resource changes, path by path; paths that replace it come first.
    pub(super) fn of_change(&self, modified: &ModifiedResource<'_, 'a>, is_replaced: bool) -> Vec<Cause> {
        let mut actual: Vec<&Difference<'a>> = modified.differences.iter().filter(|difference| difference.verdict.is_actual()).collect();
        if actual.is_empty() && Facts::of(modified.after.resource_type).is_nested_stack() {
            return vec![Cause { path: None, source: CauseSource::Template }];
        }
        if is_replaced {
            actual.sort_by_key(|difference| std::cmp::Reverse((difference.recreation, difference.verdict.actual)));
        }
        let mut causes = Vec::new();
        for difference in actual {
            for cause in self.of_difference(modified, difference) {
                if !causes.contains(&cause) {
                    causes.push(cause);
                }
            }
        }
        causes
    }

    /// Returns the causes of one difference: what its expression refers to, else a condition that changed, else the template.
    fn of_difference(&self, modified: &ModifiedResource<'_, 'a>, difference: &Difference<'a>) -> Vec<Cause> {
        let path = difference.path_text();
        if is_only_drift(self.comparison, modified.id, difference) {
            return vec![Cause { path: Some(path), source: CauseSource::Drift }];
        }
        let mut sources: Vec<CauseSource> = Vec::new();
        if let Some(value) = &difference.after {
            each_reached(self.comparison.context.after, value, &mut |reached| {
                let Some(source) = self.source(reached) else { return };
                if !sources.contains(&source) {
                    sources.push(source);
                }
            });
        }
        let mut causes = if sources.is_empty() { self.of_conditions(modified, difference, &path) } else { Vec::new() };
        causes.extend(sources.into_iter().map(|source| Cause { path: Some(path.clone()), source }));
        if causes.is_empty() {
            causes.push(Cause { path: Some(path.clone()), source: CauseSource::Template });
        }
        if has_drifted(self.comparison, modified.id, difference) {
            causes.push(Cause { path: Some(path), source: CauseSource::Drift });
        }
        causes
    }

    /// Returns the changed conditions of the property that a difference is in.
    fn of_conditions(&self, modified: &ModifiedResource<'_, 'a>, difference: &Difference<'a>, path: &str) -> Vec<Cause> {
        let PlanningContext { before, after, .. } = *self.comparison.context;
        let property = |body: &'a Node<'a>| difference.property().and_then(|name| body.get("Properties")?.get(name));
        let node = property(modified.after.entry.body).or_else(|| property(modified.before.entry.body));
        let (Some(before), Some(node)) = (before, node) else { return Vec::new() };
        let mut found: Vec<&'a str> = Vec::new();
        walk(after, node, &mut |reached| {
            if let Reached::Condition(name) = reached
                && has_turned(before, after, name)
                && !found.contains(&name)
            {
                found.push(name);
            }
        });
        found.into_iter().flat_map(|name| self.of_condition(name, Some(path))).collect()
    }

    fn of_condition(&self, condition: &str, path: Option<&str>) -> Vec<Cause> {
        let parameters = self.parameters_behind(condition).into_iter().map(|name| CauseSource::Parameter(name.to_owned()));
        std::iter::once(CauseSource::Condition(condition.to_owned()))
            .chain(parameters)
            .map(|source| Cause { path: path.map(str::to_owned), source })
            .collect()
    }

    fn source(&self, reached: Reached<'a>) -> Option<CauseSource> {
        let PlanningContext { before, after, .. } = *self.comparison.context;
        let changes = |reference| self.comparison.reference(reference).is_actual();
        match reached {
            Reached::Condition(_) => None,
            Reached::Name(id) if after.resources.contains_key(id) => {
                changes(Reference::Resource(id)).then(|| CauseSource::Resource(id.to_owned()))
            }
            Reached::Name(name) => {
                let is_changed = is_changed(before, after, name) || ssm_values(before, after, name).is_some();
                is_changed.then(|| CauseSource::Parameter(name.to_owned()))
            }
            Reached::Attribute(id, attribute) => {
                changes(Reference::Attribute(id, attribute)).then(|| CauseSource::Attribute(format!("{id}.{attribute}")))
            }
        }
    }

    /// Returns the changed parameters that a condition depends on, directly or through other conditions.
    fn parameters_behind(&self, condition: &str) -> Vec<&'a str> {
        let PlanningContext { before, after, .. } = *self.comparison.context;
        let mut found = Vec::new();
        let mut open: Vec<&str> = vec![condition];
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        while let Some(name) = open.pop() {
            let Some(entry) = after.template.conditions.get(name) else { continue };
            // Once all that changed are found, a chain of a thousand conditions has no more to tell.
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

/// Returns whether a condition has another value than before.
fn has_turned(before: &Evaluation<'_>, after: &Evaluation<'_>, name: &str) -> bool {
    before.conditions.get(name) != after.conditions.get(name)
}
