//! The order that dependencies ask for.

use std::collections::BTreeSet;

use indexmap::IndexMap;

/// Returns names so that each stands after what it depends on, else in the order given, or the names that form a cycle.
///
/// Dependencies on names that are not in the map do not count.
pub(super) fn by_dependency(dependencies: &IndexMap<&str, &BTreeSet<String>>) -> Result<Vec<String>, Vec<String>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Placed,
    }
    let mut marks = vec![Mark::New; dependencies.len()];
    let mut order = Vec::with_capacity(dependencies.len());
    // Depth first with a stack of our own, so that a long chain cannot exhaust the thread's.
    for start in 0..dependencies.len() {
        let mut path: Vec<(usize, std::collections::btree_set::Iter<'_, String>)> = Vec::new();
        if marks[start] == Mark::New {
            marks[start] = Mark::Open;
            path.push((start, dependencies[start].iter()));
        }
        while let Some((index, rest)) = path.last_mut() {
            let index = *index;
            match rest.next().map(|name| dependencies.get_index_of(name.as_str())) {
                Some(Some(next)) if marks[next] == Mark::New => {
                    marks[next] = Mark::Open;
                    path.push((next, dependencies[next].iter()));
                }
                Some(Some(next)) if marks[next] == Mark::Open => {
                    let cycle = path.iter().skip_while(|(index, _)| *index != next);
                    return Err(cycle
                        .filter_map(|(index, _)| dependencies.get_index(*index).map(|(name, _)| (*name).to_owned()))
                        .collect());
                }
                Some(_) => {}
                None => {
                    marks[index] = Mark::Placed;
                    order.extend(dependencies.get_index(index).map(|(name, _)| (*name).to_owned()));
                    path.pop();
                }
            }
        }
    }
    Ok(order)
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
    fn a_cycle_is_named_without_the_way_to_it() {
        assert_eq!(order_of(&[("Start", &["A"]), ("A", &["B"]), ("B", &["A"])]), Err(["A", "B"].map(String::from).to_vec()));
    }

    #[test]
    fn a_chain_of_many_thousands_is_no_trouble() {
        let sets: Vec<(String, BTreeSet<String>)> =
            (0..100_000).map(|n| (format!("R{n}"), BTreeSet::from([format!("R{}", n + 1)]))).collect();
        let order = by_dependency(&sets.iter().map(|(name, on)| (name.as_str(), on)).collect());
        assert_eq!(order.map(|order| order.first().cloned()), Ok(Some("R99999".to_owned())));
    }
}
