//! Sorts resources by their dependencies.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::graph::{Graph, TopologicalOrder};

/// Returns the names sorted so that each follows its dependencies, otherwise in the given order.
///
/// A dependency on a name that is not in the map is ignored.
///
/// # Errors
///
/// Returns the names on the first cycle found.
pub(super) fn by_dependency(dependencies: &IndexMap<&str, &BTreeSet<String>>) -> Result<Vec<String>, Vec<String>> {
    let edges: Vec<(usize, usize)> = dependencies
        .values()
        .enumerate()
        .flat_map(|(index, names)| names.iter().filter_map(move |name| Some((index, dependencies.get_index_of(name.as_str())?))))
        .collect();
    let TopologicalOrder { order, cycle } = Graph::new(dependencies.len(), &edges).topological_order();
    let names =
        |indices: Vec<usize>| indices.into_iter().filter_map(|index| dependencies.get_index(index)).map(|(name, _)| (*name).to_owned());
    match cycle {
        Some(cycle) => Err(names(cycle).collect()),
        None => Ok(names(order).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order_of(edges: &[(&'static str, &[&str])]) -> Result<Vec<String>, Vec<String>> {
        let sets: Vec<(&str, BTreeSet<String>)> =
            edges.iter().map(|(name, on)| (*name, on.iter().map(|on| (*on).to_owned()).collect())).collect();
        by_dependency(&sets.iter().map(|(name, on)| (*name, on)).collect())
    }

    #[test]
    fn dependencies_come_first_and_ties_keep_the_given_order() {
        assert_eq!(order_of(&[("C", &["A"]), ("B", &[]), ("A", &["Outside"])]), Ok(["A", "C", "B"].map(String::from).to_vec()));
    }

    #[test]
    fn a_cycle_is_returned_without_the_path_to_it() {
        assert_eq!(order_of(&[("Start", &["A"]), ("A", &["B"]), ("B", &["A"])]), Err(["A", "B"].map(String::from).to_vec()));
    }

    #[test]
    fn a_chain_of_100_000_resources_does_not_overflow_the_stack() {
        let sets: Vec<(String, BTreeSet<String>)> =
            (0..100_000).map(|n| (format!("R{n}"), BTreeSet::from([format!("R{}", n + 1)]))).collect();
        let order = by_dependency(&sets.iter().map(|(name, on)| (name.as_str(), on)).collect());
        assert_eq!(order.map(|order| order.first().cloned()), Ok(Some("R99999".to_owned())));
    }
}
