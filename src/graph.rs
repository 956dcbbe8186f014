//! Graph algorithms: topological order, strongly connected components, cycles.
//!
//! Takes a [`Graph`] over nodes numbered from 0, whose edge `(from, to)` means "`from` depends on `to`". What a node is, and how a cycle is
//! reported, is up to the caller. Every function takes time linear in nodes and edges, keeps its own stack, so that a long chain of
//! dependencies cannot overflow the thread's, and returns the same result for the same numbering.

use rustc_hash::{FxHashMap, FxHashSet};

/// A directed graph. The successors of a node keep the order in which their edges were added.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Where the successors of each node start in `targets`, and, last, where they all end.
    starts: Vec<usize>,
    targets: Vec<usize>,
}

/// Nodes in the order of their dependencies; see [`Graph::topological_order`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopologicalOrder {
    /// Every node once, each after everything it depends on. An edge that closes a cycle is ignored.
    pub order: Vec<usize>,
    /// The first cycle found, each node depending on the next and the last on the first; `None` if the graph has no cycle.
    pub cycle: Option<Vec<usize>>,
}

const UNVISITED: usize = usize::MAX;

impl Graph {
    /// Returns the graph with nodes `0..nodes` and the given edges. An edge from or to another node is ignored.
    pub fn new(nodes: usize, edges: &[(usize, usize)]) -> Self {
        let is_inside = |(from, to): &&(usize, usize)| *from < nodes && *to < nodes;
        let mut starts = vec![0; nodes + 1];
        for (from, _) in edges.iter().filter(is_inside) {
            starts[from + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut targets = vec![0; starts[nodes]];
        for (from, to) in edges.iter().filter(is_inside) {
            targets[next[*from]] = *to;
            next[*from] += 1;
        }
        Self { starts, targets }
    }

    /// Returns the number of nodes.
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Returns whether the graph has no nodes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the nodes that a node depends on directly.
    pub fn successors(&self, node: usize) -> &[usize] {
        match self.starts.get(node..=node + 1) {
            Some(&[start, end]) => &self.targets[start..end],
            _ => &[],
        }
    }

    /// Returns the nodes sorted so that each comes after its dependencies, and the first cycle if there is one.
    ///
    /// Nodes that do not depend on each other keep their numbering, except that a dependency is moved before its first dependent.
    pub fn topological_order(&self) -> TopologicalOrder {
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            Unvisited,
            OnPath,
            Done,
        }
        let mut marks = vec![Mark::Unvisited; self.len()];
        let mut sorted = TopologicalOrder { order: Vec::with_capacity(self.len()), cycle: None };
        let mut path: Vec<(usize, usize)> = Vec::new();
        for root in 0..self.len() {
            if marks[root] != Mark::Unvisited {
                continue;
            }
            marks[root] = Mark::OnPath;
            path.push((root, 0));
            while let Some((node, at)) = path.last_mut() {
                let node = *node;
                let Some(&next) = self.successors(node).get(*at) else {
                    marks[node] = Mark::Done;
                    sorted.order.push(node);
                    path.pop();
                    continue;
                };
                *at += 1;
                match marks[next] {
                    Mark::Unvisited => {
                        marks[next] = Mark::OnPath;
                        path.push((next, 0));
                    }
                    Mark::OnPath if sorted.cycle.is_none() => {
                        let from = path.iter().rposition(|(node, _)| *node == next).unwrap_or(0);
                        sorted.cycle = Some(path[from..].iter().map(|(node, _)| *node).collect());
                    }
                    Mark::OnPath | Mark::Done => {}
                }
            }
        }
        sorted
    }

    /// Calls `visit` with each strongly connected component: a largest set of nodes of which each reaches every other.
    ///
    /// A component comes after the components it depends on; its nodes come in no particular order. Tarjan's algorithm.
    pub fn strongly_connected_components(&self, mut visit: impl FnMut(&[usize])) {
        let (mut index, mut low) = (vec![UNVISITED; self.len()], vec![0; self.len()]);
        let mut on_stack = vec![false; self.len()];
        let (mut stack, mut path, mut next_index) = (Vec::new(), Vec::new(), 0);
        for root in 0..self.len() {
            if index[root] != UNVISITED {
                continue;
            }
            path.push((root, 0));
            while let Some((node, at)) = path.pop() {
                if at == 0 {
                    index[node] = next_index;
                    low[node] = next_index;
                    next_index += 1;
                    stack.push(node);
                    on_stack[node] = true;
                }
                if let Some(&next) = self.successors(node).get(at) {
                    path.push((node, at + 1));
                    if index[next] == UNVISITED {
                        path.push((next, 0));
                    } else if on_stack[next] {
                        low[node] = low[node].min(index[next]);
                    }
                    continue;
                }
                if let Some(&(parent, _)) = path.last() {
                    low[parent] = low[parent].min(low[node]);
                }
                if low[node] == index[node] {
                    let start = stack.iter().rposition(|other| *other == node).unwrap_or(0);
                    stack[start..].iter().for_each(|member| on_stack[*member] = false);
                    visit(&stack[start..]);
                    stack.truncate(start);
                }
            }
        }
    }

    /// Returns the strongly connected components that contain a cycle, a single node that depends on itself included.
    ///
    /// The nodes of each are sorted; a component comes after the components it depends on.
    pub fn cyclic_components(&self) -> Vec<Vec<usize>> {
        let mut cyclic = Vec::new();
        self.strongly_connected_components(|component| {
            let is_cyclic = match component {
                [only] => self.successors(*only).contains(only),
                _ => true,
            };
            if is_cyclic {
                let mut component = component.to_vec();
                component.sort_unstable();
                cyclic.push(component);
            }
        });
        cyclic
    }

    /// Returns a shortest cycle through the first node of a cyclic component, starting with that node.
    pub fn find_cycle(&self, component: &[usize]) -> Vec<usize> {
        let Some(&start) = component.first() else { return Vec::new() };
        let members: FxHashSet<usize> = component.iter().copied().collect();
        let mut came_from: FxHashMap<usize, usize> = FxHashMap::default();
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for &next in self.successors(node) {
                if next == start {
                    let mut cycle = vec![node];
                    let mut at = node;
                    while at != start {
                        at = came_from.get(&at).copied().unwrap_or(start);
                        cycle.push(at);
                    }
                    cycle.reverse();
                    return cycle;
                }
                if members.contains(&next) && !came_from.contains_key(&next) {
                    came_from.insert(next, node);
                    queue.push_back(next);
                }
            }
        }
        component.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Graph, TopologicalOrder};

    #[test]
    fn topological_order_puts_dependencies_first_and_else_keeps_the_numbering() {
        let graph = Graph::new(4, &[(0, 2), (3, 1), (3, 9)]);
        assert_eq!(graph.topological_order(), TopologicalOrder { order: vec![2, 0, 1, 3], cycle: None });
    }

    #[test]
    fn topological_order_returns_the_cycle_without_the_path_to_it() {
        let graph = Graph::new(3, &[(0, 1), (1, 2), (2, 1)]);
        assert_eq!(graph.topological_order(), TopologicalOrder { order: vec![2, 1, 0], cycle: Some(vec![1, 2]) });
    }

    #[test]
    fn cyclic_components_leave_out_chains_and_include_self_references() {
        let graph = Graph::new(5, &[(0, 1), (1, 2), (2, 0), (2, 3), (4, 4)]);
        assert_eq!(graph.cyclic_components(), [vec![0, 1, 2], vec![4]]);
        assert_eq!(graph.find_cycle(&[0, 1, 2]), [0, 1, 2]);
        assert_eq!(graph.find_cycle(&[4]), [4]);
    }

    #[test]
    fn find_cycle_returns_a_shortest_cycle_through_the_first_node() {
        let graph = Graph::new(4, &[(0, 1), (1, 2), (2, 3), (3, 0), (1, 0)]);
        assert_eq!(graph.find_cycle(&[0, 1, 2, 3]), [0, 1]);
    }

    #[test]
    fn long_chains_do_not_overflow_the_stack() {
        let nodes = 200_000;
        let edges: Vec<(usize, usize)> = (1..nodes).map(|node| (node - 1, node)).collect();
        let graph = Graph::new(nodes, &edges);
        assert!(graph.cyclic_components().is_empty());
        assert_eq!(graph.topological_order().order.first(), Some(&(nodes - 1)));
    }

    /// Returns, for each node, the nodes that it reaches by at least one edge.
    fn reachability(nodes: usize, edges: &[(usize, usize)]) -> Vec<Vec<bool>> {
        let mut reached = vec![vec![false; nodes]; nodes];
        edges.iter().for_each(|(from, to)| reached[*from][*to] = true);
        for middle in 0..nodes {
            for from in 0..nodes {
                for to in 0..nodes {
                    reached[from][to] |= reached[from][middle] && reached[middle][to];
                }
            }
        }
        reached
    }

    proptest! {
        #[test]
        fn components_and_orders_agree_with_reachability(edges in prop::collection::vec((0..12_usize, 0..12_usize), 0..40)) {
            let nodes = 12;
            let graph = Graph::new(nodes, &edges);
            let reached = reachability(nodes, &edges);
            let is_edge = |from: usize, to: usize| edges.contains(&(from, to));
            let is_cycle = |cycle: &[usize]| (0..cycle.len()).all(|at| is_edge(cycle[at], cycle[(at + 1) % cycle.len()]));

            let mut component_of = vec![usize::MAX; nodes];
            let mut count = 0;
            graph.strongly_connected_components(|component| {
                component.iter().for_each(|node| component_of[*node] = count);
                count += 1;
            });
            for from in 0..nodes {
                for to in (0..nodes).filter(|to| *to != from) {
                    prop_assert_eq!(component_of[from] == component_of[to], reached[from][to] && reached[to][from]);
                    prop_assert!(!is_edge(from, to) || component_of[to] <= component_of[from]);
                }
            }

            let cyclic = graph.cyclic_components();
            let on_cycle: Vec<usize> = (0..nodes).filter(|node| reached[*node][*node]).collect();
            let mut found = cyclic.concat();
            found.sort_unstable();
            prop_assert_eq!(&found, &on_cycle);
            for component in &cyclic {
                let cycle = graph.find_cycle(component);
                prop_assert_eq!(cycle[0], component[0]);
                prop_assert!(is_cycle(&cycle));
            }

            let sorted = graph.topological_order();
            prop_assert_eq!(sorted.cycle.is_some(), !on_cycle.is_empty());
            prop_assert!(sorted.cycle.as_deref().is_none_or(is_cycle));
            let mut positions = vec![usize::MAX; nodes];
            sorted.order.iter().enumerate().for_each(|(position, node)| positions[*node] = position);
            prop_assert_eq!(sorted.order.len(), nodes);
            prop_assert!(positions.iter().all(|position| *position < nodes));
            let is_sorted = edges.iter().filter(|(from, to)| !reached[*to][*from]).all(|(from, to)| positions[*to] < positions[*from]);
            prop_assert!(is_sorted);
        }
    }
}
