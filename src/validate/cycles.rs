//! Circular dependencies between resources.

use rustc_hash::FxHashSet;

use super::check::Check;
use super::clause::Literal;
use super::walk::{Guards, Owner, UseKind};
use crate::diagnostic::Span;
use crate::graph::Graph;
use crate::text::MOST_SUGGESTIONS;

/// Maximum number of steps of the search for cycles; cycles beyond it are not reported.
const MAX_STEPS: usize = 20_000;

/// A dependency on another resource.
struct Edge {
    to: usize,
    guards: Guards,
    span: Span,
}

pub(super) fn check(check: &mut Check<'_, '_>) {
    let template = check.template;
    // A macro can add and remove dependencies.
    if template.transforms.iter().any(|name| *name != "AWS::LanguageExtensions") {
        return;
    }
    let exists: Vec<Guards> = template.resources.iter().map(|entry| check.exists(entry)).collect();
    let mut edges: Vec<Vec<Edge>> = template.resources.iter().map(|_| Vec::new()).collect();
    for reference in &check.uses {
        let Owner::Resource(from) = reference.owner else { continue };
        if reference.is_unguarded || !matches!(reference.kind, UseKind::Ref | UseKind::Attribute(_) | UseKind::DependsOn) {
            continue;
        }
        let Some(to) = template.resources.position(reference.target) else { continue };
        let mut guards = reference.guards.clone();
        guards.extend_from_slice(&exists[to]);
        edges[from].push(Edge { to, guards, span: reference.span });
    }
    let pairs: Vec<(usize, usize)> =
        edges.iter().enumerate().flat_map(|(from, edges)| edges.iter().map(move |edge| (from, edge.to))).collect();
    let mut search = Search { edges, component: vec![None; template.resources.len()], reported: FxHashSet::default(), steps: MAX_STEPS };
    let components = Graph::new(template.resources.len(), &pairs).cyclic_components();
    for (number, component) in components.iter().enumerate() {
        component.iter().for_each(|index| search.component[*index] = Some(number));
    }
    let mut starts = components.concat();
    starts.sort_unstable();
    for start in starts {
        search.cycles_from(start, check);
    }
}

/// The search for cycles whose references can all be active together.
struct Search {
    /// The dependencies of each resource.
    edges: Vec<Vec<Edge>>,
    /// The cyclic component that each resource belongs to.
    component: Vec<Option<usize>>,
    /// The cycles reported so far.
    reported: FxHashSet<Vec<usize>>,
    /// Steps left.
    steps: usize,
}

impl Search {
    /// Reports the cycles in which `start` is the first resource, so that each cycle is reported once.
    fn cycles_from(&mut self, start: usize, check: &mut Check<'_, '_>) {
        let mut on_path = FxHashSet::from_iter([start]);
        let mut guards = Guards::new();
        // Each step: a resource, its next edge to follow, and the number of guards before it.
        let mut path: Vec<(usize, usize, usize)> = vec![(start, 0, 0)];
        while let Some((at, next, depth)) = path.last_mut() {
            guards.truncate(*depth);
            let Some(edge) = self.edges[*at].get(*next) else {
                on_path.remove(at);
                path.pop();
                continue;
            };
            *next += 1;
            let closes = edge.to == start;
            let leaves = edge.to < start || self.component[edge.to] != self.component[start];
            if leaves || self.steps == 0 || (!closes && on_path.contains(&edge.to)) {
                continue;
            }
            self.steps -= 1;
            guards.extend_from_slice(&edge.guards);
            if closes {
                // The report of a long cycle takes as long as many steps.
                self.steps = self.steps.saturating_sub(path.len() / 8);
                let cycle: Vec<(usize, Span)> = path.iter().map(|(at, next, _)| (*at, self.edges[*at][next - 1].span)).collect();
                let members: Vec<usize> = cycle.iter().map(|(at, _)| *at).collect();
                if !self.reported.contains(&members) && report(check, &cycle, &guards) {
                    self.reported.insert(members);
                }
            } else {
                on_path.insert(edge.to);
                path.push((edge.to, 0, guards.len()));
            }
        }
    }
}

/// Reports a cycle if all its references can be active together, and returns whether it did.
fn report(check: &mut Check<'_, '_>, cycle: &[(usize, Span)], guards: &[Literal]) -> bool {
    let exists: Guards =
        cycle.iter().filter_map(|(on, _)| check.template.resources.iter().nth(*on)).flat_map(|entry| check.exists(entry)).collect();
    let inner = guards.iter().filter(|guard| !exists.contains(guard)).map(|guard| vec![*guard]).collect();
    let Some(when) = check.when_of(&exists, inner) else { return false };
    let names: Vec<&str> = check.template.resources.iter().map(|entry| entry.name).collect();
    let path = crate::text::cycle(cycle.iter().map(|(on, _)| names[*on]));
    let message = format!("circular dependency between resources: {path}");
    let mut diagnostic = check.error("circular-dependency", message, cycle[0].1, "the cycle starts here");
    for (_, span) in &cycle[1..] {
        diagnostic = diagnostic.at(check.template.source, *span, "");
    }
    let listed: Vec<&str> = cycle.iter().take(MOST_SUGGESTIONS).map(|(on, _)| names[*on]).collect();
    let diagnostic = diagnostic
        .with_aws_message(format!("Circular dependency between resources: [{}]", listed.join(", ")))
        .hinted("remove one of these references; a separate resource, such as an AWS::EC2::SecurityGroupIngress, can often hold it");
    check.report_when(diagnostic, &when);
    true
}
