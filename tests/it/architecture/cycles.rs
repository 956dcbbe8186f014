//! Cycles between the files of one module.
//!
//! A child may use what the `mod.rs` above it defines: Rust gives child modules access to their parent's private items, and a folder is one
//! unit. So the edge from a child to its parent does not count; cycles between siblings, cousins, and a parent that is used from elsewhere
//! do.

use std::collections::BTreeMap;

use super::imports::Sources;

/// Files that use each other, in alphabetic order, and the uses between them.
#[derive(Debug, PartialEq, Eq)]
pub struct Cycle {
    /// The files.
    pub files: Vec<String>,
    /// The uses: `file:line -> file`.
    pub uses: Vec<String>,
}

impl std::fmt::Display for Cycle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cycle of {} files:\n  {}", self.files.len(), self.uses.join("\n  "))
    }
}

/// Returns the cycles.
pub fn cycles(sources: &Sources) -> Vec<Cycle> {
    let mut edges = sources.edges();
    for (from, targets) in &mut edges {
        let module = &sources.files[*from].module;
        targets.retain(|to, _| {
            let parent = &sources.files[*to].module;
            parent.len() >= module.len() || module[..parent.len()] != parent[..]
        });
    }
    let reach: Vec<Vec<bool>> = (0..sources.files.len()).map(|start| reachable(start, &edges, sources.files.len())).collect();
    let mut cycles = Vec::new();
    let mut is_done = vec![false; sources.files.len()];
    for start in 0..sources.files.len() {
        let members: Vec<usize> = (0..sources.files.len()).filter(|other| reach[start][*other] && reach[*other][start]).collect();
        if is_done[start] || members.len() < 2 {
            continue;
        }
        members.iter().for_each(|member| is_done[*member] = true);
        let name = |index: usize| sources.files[index].file.clone();
        let uses = members.iter().flat_map(|from| {
            let inside = edges.get(from).into_iter().flatten().filter(|(to, _)| members.contains(to));
            inside.map(move |(to, line)| format!("src/{}:{line} -> src/{}", name(*from), name(*to)))
        });
        cycles.push(Cycle { uses: uses.collect(), files: members.iter().map(|member| name(*member)).collect() });
    }
    cycles
}

/// Returns which files can be reached from one by at least one use.
fn reachable(start: usize, edges: &BTreeMap<usize, BTreeMap<usize, usize>>, count: usize) -> Vec<bool> {
    let mut reached = vec![false; count];
    let mut open = vec![start];
    while let Some(next) = open.pop() {
        for target in edges.get(&next).into_iter().flat_map(BTreeMap::keys) {
            if !reached[*target] {
                reached[*target] = true;
                open.push(*target);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        cycles(&Sources::new(files.iter().copied())).into_iter().map(|cycle| cycle.files).collect()
    }

    #[test]
    fn siblings_that_use_each_other_are_a_cycle() {
        let files = [
            ("plan/mod.rs", "mod a; mod b; mod c; pub use a::A;"),
            ("plan/a.rs", "use super::b::B;"),
            ("plan/b.rs", "use super::c::C;"),
            ("plan/c.rs", "use super::A;"),
        ];
        assert_eq!(found(&files), [["plan/a.rs", "plan/b.rs", "plan/c.rs"]]);
    }

    #[test]
    fn a_child_may_use_its_parent_and_a_reexport_is_no_use() {
        let files = [
            ("plan/mod.rs", "mod a; mod b; pub use a::A; struct P; fn f() { b::run() }"),
            ("plan/a.rs", "use super::P;"),
            ("plan/b.rs", "use super::{A, P};"),
        ];
        assert_eq!(found(&files), [[""; 0]; 0]);
    }

    #[test]
    fn a_file_outside_a_folder_that_the_folder_uses_back_is_a_cycle() {
        let files = [
            ("plan/mod.rs", "mod risk; mod world;"),
            ("plan/risk/mod.rs", "use super::world::World;"),
            ("plan/world.rs", "use crate::plan::risk::Risk;"),
        ];
        assert_eq!(found(&files), [["plan/risk/mod.rs", "plan/world.rs"]]);
    }
}
