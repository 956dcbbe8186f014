//! The order in which CloudFormation works: what is referred to first.

use rustc_hash::FxHashMap;

use super::values::each_reference;
use crate::evaluate::{Evaluation, Resource};

/// Returns the logical IDs of a template's resources, each after everything it refers to or depends on.
///
/// Resources that do not depend on each other keep the order of the document; so do those in a circle, which no valid
/// template has.
pub(super) fn dependency_order<'a>(evaluation: &Evaluation<'a>) -> Vec<&'a str> {
    let places: FxHashMap<&str, usize> = evaluation.resources.keys().enumerate().map(|(index, id)| (*id, index)).collect();
    let dependencies: Vec<Vec<usize>> = evaluation.resources.values().map(|resource| dependencies(resource, &places)).collect();
    let ids: Vec<&'a str> = evaluation.resources.keys().copied().collect();
    let mut walk = Walk { dependencies: &dependencies, seen: vec![false; ids.len()], order: Vec::with_capacity(ids.len()) };
    for index in 0..ids.len() {
        walk.visit(index);
    }
    walk.order.into_iter().map(|index| ids[index]).collect()
}

/// Returns the places of everything that a resource depends on, in the order of the document.
fn dependencies(resource: &Resource<'_>, places: &FxHashMap<&str, usize>) -> Vec<usize> {
    let mut found: Vec<usize> = resource.depends_on.iter().filter_map(|id| places.get(id).copied()).collect();
    let mut note = |reference: super::values::Reference<'_>| found.extend(places.get(reference.logical_id()).copied());
    each_reference(&resource.properties, &mut note);
    for value in [&resource.metadata, &resource.creation_policy, &resource.update_policy].into_iter().flatten() {
        each_reference(value, &mut note);
    }
    found.sort_unstable();
    found.dedup();
    found
}

struct Walk<'d> {
    dependencies: &'d [Vec<usize>],
    seen: Vec<bool>,
    order: Vec<usize>,
}

impl Walk<'_> {
    /// Puts a resource behind its dependencies; the stack is a list of its own, since chains may be long.
    fn visit(&mut self, start: usize) {
        if std::mem::replace(&mut self.seen[start], true) {
            return;
        }
        let mut open = vec![(start, 0)];
        while let Some((index, next)) = open.last_mut() {
            match self.dependencies[*index].get(*next) {
                Some(&dependency) => {
                    *next += 1;
                    if !std::mem::replace(&mut self.seen[dependency], true) {
                        open.push((dependency, 0));
                    }
                }
                None => {
                    self.order.push(*index);
                    open.pop();
                }
            }
        }
    }
}
