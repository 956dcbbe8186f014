//! Resources that depend on each other in a ring, which CloudFormation cannot order.

use rustc_hash::FxHashMap;

use super::evaluator::Evaluator;
use crate::template::{Diagnostic, Severity};

/// Returns the groups of nodes of which each can reach each other, a node that refers to itself among them.
///
/// Tarjan's algorithm, with a stack of its own so that a long chain cannot overflow the program's.
pub(crate) fn groups(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const NEW: usize = usize::MAX;
    let count = edges.len();
    let (mut order, mut low, mut on_stack) = (vec![NEW; count], vec![0; count], vec![false; count]);
    let (mut stack, mut found, mut next) = (Vec::new(), Vec::new(), 0);
    for root in 0..count {
        if order[root] != NEW {
            continue;
        }
        let mut work = vec![(root, 0)];
        while let Some((node, at)) = work.pop() {
            if at == 0 {
                order[node] = next;
                low[node] = next;
                next += 1;
                stack.push(node);
                on_stack[node] = true;
            }
            if let Some(&peer) = edges[node].get(at) {
                work.push((node, at + 1));
                if order[peer] == NEW {
                    work.push((peer, 0));
                } else if on_stack[peer] {
                    low[node] = low[node].min(order[peer]);
                }
                continue;
            }
            if let Some(&(parent, _)) = work.last() {
                low[parent] = low[parent].min(low[node]);
            }
            if low[node] == order[node] {
                let start = stack.iter().rposition(|one| *one == node).unwrap_or(0);
                let mut group: Vec<usize> = stack.drain(start..).collect();
                group.iter().for_each(|one| on_stack[*one] = false);
                if group.len() > 1 || edges[node].contains(&node) {
                    group.sort_unstable();
                    found.push(group);
                }
            }
        }
    }
    found
}

impl Evaluator<'_, '_> {
    /// Reports every ring among the resources' dependencies.
    pub(super) fn report_rings(&mut self) {
        let resources = &self.template.resources;
        let mut edges = vec![Vec::new(); resources.len()];
        for (from, to) in &self.dependencies {
            if let (Some(from), Some(to)) = (resources.position(from), resources.position(to)) {
                edges[from].push(to);
            }
        }
        let names: Vec<_> = resources.iter().collect();
        for group in groups(&edges) {
            let ring = ring_of(&group, &edges);
            let path = ring.iter().chain(ring.first()).map(|one| format!("`{}`", names[*one].name)).collect::<Vec<_>>().join(" -> ");
            let listed = group.iter().map(|one| names[*one].name).collect::<Vec<_>>().join(", ");
            let mut diagnostic = Diagnostic::error("circular-resources", format!("resources depend on each other in a ring: {path}"))
                .as_aws_says(format!("Circular dependency between resources: [{listed}]"))
                .hinted("take one reference out, or move it into a resource of its own");
            for (index, one) in ring.iter().enumerate() {
                let text = if index == 0 { String::new() } else { "part of the ring".to_owned() };
                diagnostic = diagnostic.at(self.template.source, names[*one].name_span, text);
            }
            if self.macros {
                // What is written refers to what the macro makes of it, which may well hang together another way.
                diagnostic.severity = Severity::Warning;
                self.warnings.push(diagnostic.hinted("a macro may take the ring apart; CloudFormation looks at what comes out of it"));
            } else {
                self.problems.push(diagnostic);
            }
        }
    }
}

/// Returns a shortest ring within a group, from its first member.
fn ring_of(group: &[usize], edges: &[Vec<usize>]) -> Vec<usize> {
    let Some(&start) = group.first() else { return Vec::new() };
    let mut came_from: FxHashMap<usize, usize> = FxHashMap::default();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for &peer in &edges[node] {
            if peer == start {
                let mut ring = vec![node];
                let mut at = node;
                while at != start {
                    at = came_from.get(&at).copied().unwrap_or(start);
                    ring.push(at);
                }
                ring.reverse();
                return ring;
            }
            if group.contains(&peer) && !came_from.contains_key(&peer) {
                came_from.insert(peer, node);
                queue.push_back(peer);
            }
        }
    }
    group.to_vec()
}

#[cfg(test)]
mod tests {
    use super::{groups, ring_of};

    #[test]
    fn rings_are_found_and_chains_are_not() {
        let edges = vec![vec![1], vec![2], vec![0, 3], vec![], vec![4]];
        let mut found = groups(&edges);
        found.sort();
        assert_eq!(found, [vec![0, 1, 2], vec![4]]);
        assert_eq!(ring_of(&[0, 1, 2], &edges), [0, 1, 2]);
        assert_eq!(ring_of(&[4], &edges), [4]);
    }

    #[test]
    fn a_long_chain_does_not_overflow() {
        let edges: Vec<Vec<usize>> = (0..200_000).map(|node| if node + 1 < 200_000 { vec![node + 1] } else { vec![] }).collect();
        assert!(groups(&edges).is_empty());
    }
}
