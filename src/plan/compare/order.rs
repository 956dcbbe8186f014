//! The order in which CloudFormation creates and updates resources: dependencies first.

use rustc_hash::FxHashMap;

use crate::evaluate::{Evaluation, Resource};
use crate::graph::Graph;
use crate::plan::generated::generators;
use crate::plan::values::{Reference, each_reference};

/// Returns the logical IDs of a template's resources in dependency order: each resource comes after its dependencies.
///
/// Resources that do not depend on each other keep the order of the document. So do resources in a dependency cycle, which no valid
/// template contains.
pub(super) fn dependency_order<'a>(evaluation: &Evaluation<'a>) -> Vec<&'a str> {
    let indexes: FxHashMap<&str, usize> = evaluation.resources.keys().enumerate().map(|(index, id)| (*id, index)).collect();
    let ids: Vec<&'a str> = evaluation.resources.keys().copied().collect();
    let mut edges = Vec::new();
    for (index, resource) in evaluation.resources.values().enumerate() {
        edges.extend(dependencies(evaluation, resource, &indexes).into_iter().map(|dependency| (index, dependency)));
    }
    Graph::new(ids.len(), &edges).topological_order().order.into_iter().map(|index| ids[index]).collect()
}

/// Returns the indexes of a resource's dependencies, in the order of the document.
fn dependencies(evaluation: &Evaluation<'_>, resource: &Resource<'_>, indexes: &FxHashMap<&str, usize>) -> Vec<usize> {
    let mut found: Vec<usize> = resource.depends_on.iter().filter_map(|id| indexes.get(id).copied()).collect();
    // A function can refer to the role that SAM generates for it.
    let own = resource.entry.name;
    let mut note = |reference: Reference<'_>| match indexes.get(reference.logical_id()) {
        Some(index) => found.push(*index),
        // What SAM or a module generates exists once its source does.
        None => found.extend(
            generators(evaluation, reference.logical_id()).into_iter().filter(|id| *id != own).filter_map(|id| indexes.get(id).copied()),
        ),
    };
    each_reference(&resource.properties, &mut note);
    for value in [&resource.metadata, &resource.creation_policy, &resource.update_policy].into_iter().flatten() {
        each_reference(value, &mut note);
    }
    found.sort_unstable();
    found.dedup();
    found
}
