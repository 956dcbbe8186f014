//! Rings of resources that wait for each other.

use rustc_hash::FxHashSet;

use super::check::Check;
use super::solver::Literal;
use super::walk::{Guards, Owner, UseKind};
use crate::template::Span;

/// Steps taken in search of rings, before the rest is left unsaid.
const MAX_STEPS: usize = 20_000;

/// One resource waits for another.
struct Edge {
    to: usize,
    guards: Guards,
    span: Span,
}

pub(super) fn check(check: &mut Check<'_, '_>) {
    let template = check.template;
    // What a macro makes of a resource may wait for less, and for more.
    if template.transforms.iter().any(|name| *name != "AWS::LanguageExtensions") {
        return;
    }
    let exists: Vec<Guards> = template.resources.iter().map(|entry| check.exists(entry)).collect();
    let mut edges: Vec<Vec<Edge>> = template.resources.iter().map(|_| Vec::new()).collect();
    for reference in &check.uses {
        let Owner::Resource(from) = reference.owner else { continue };
        if !matches!(reference.kind, UseKind::Ref | UseKind::Attribute(_) | UseKind::DependsOn) {
            continue;
        }
        let Some(to) = template.resources.position(reference.target) else { continue };
        let mut guards = reference.guards.clone();
        guards.extend_from_slice(&exists[to]);
        edges[from].push(Edge { to, guards, span: reference.span });
    }
    let mut named = FxHashSet::default();
    let mut left = MAX_STEPS;
    for start in on_rings(&edges) {
        let mut ring = Vec::new();
        walk(check, &edges, start, start, &mut ring, &mut Vec::new(), &mut named, &mut left);
    }
}

/// Returns the resources that are on some ring, leaving conditions aside: what is left after taking away, again and again,
/// whatever nothing waits for or whatever waits for nothing.
fn on_rings(edges: &[Vec<Edge>]) -> Vec<usize> {
    let mut kept = vec![true; edges.len()];
    for forward in [true, false] {
        let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); edges.len()];
        let mut degree = vec![0; edges.len()];
        for (from, edges) in edges.iter().enumerate().filter(|(from, _)| kept[*from]) {
            for edge in edges.iter().filter(|edge| kept[edge.to]) {
                let (waiting, waited) = if forward { (from, edge.to) } else { (edge.to, from) };
                neighbours[waited].push(waiting);
                degree[waiting] += 1;
            }
        }
        let mut free: Vec<usize> = (0..edges.len()).filter(|index| kept[*index] && degree[*index] == 0).collect();
        while let Some(index) = free.pop() {
            kept[index] = false;
            for waiting in std::mem::take(&mut neighbours[index]) {
                degree[waiting] -= 1;
                if degree[waiting] == 0 {
                    free.push(waiting);
                }
            }
        }
    }
    (0..edges.len()).filter(|index| kept[*index]).collect()
}

/// Walks on from `at` and reports the rings that come back to `start`; a ring is told once, from its first resource.
#[expect(clippy::too_many_arguments, reason = "one search, whose state is not worth a type")]
fn walk(
    check: &mut Check<'_, '_>,
    edges: &[Vec<Edge>],
    start: usize,
    at: usize,
    ring: &mut Vec<(usize, Span)>,
    guards: &mut Guards,
    named: &mut FxHashSet<Vec<usize>>,
    left: &mut usize,
) {
    for edge in &edges[at] {
        let closes = edge.to == start;
        if edge.to < start || *left == 0 || (!closes && ring.iter().any(|(on, _)| *on == edge.to)) {
            continue;
        }
        *left -= 1;
        let depth = guards.len();
        guards.extend_from_slice(&edge.guards);
        ring.push((at, edge.span));
        if closes {
            if named.insert(ring.iter().map(|(on, _)| *on).collect()) && !report(check, ring, guards) {
                named.remove(&ring.iter().map(|(on, _)| *on).collect::<Vec<_>>());
            }
        } else {
            walk(check, edges, start, edge.to, ring, guards, named, left);
        }
        ring.pop();
        guards.truncate(depth);
    }
}

/// Reports a ring, if its references can all count at once.
fn report(check: &mut Check<'_, '_>, ring: &[(usize, Span)], guards: &[Literal]) -> bool {
    let exists: Guards =
        ring.iter().filter_map(|(on, _)| check.template.resources.iter().nth(*on)).flat_map(|entry| check.exists(entry)).collect();
    let inner = guards.iter().filter(|guard| !exists.contains(guard)).map(|guard| vec![*guard]).collect();
    let Some(when) = check.when_of(&exists, inner) else { return false };
    let names: Vec<&str> = check.template.resources.iter().map(|entry| entry.name).collect();
    let mut steps: Vec<String> = ring.iter().map(|(on, _)| format!("`{}`", names[*on])).collect();
    steps.push(steps[0].clone());
    let message = format!("resources wait for each other: {}", steps.join(" -> "));
    let mut diagnostic = check.error("circular-dependency", message, ring[0].1, "the ring starts here");
    for (_, span) in &ring[1..] {
        diagnostic = diagnostic.at(check.template.source, *span, "");
    }
    let listed: Vec<&str> = ring.iter().map(|(on, _)| names[*on]).collect();
    let diagnostic = diagnostic
        .as_aws_says(format!("Circular dependency between resources: [{}]", listed.join(", ")))
        .hinted("take one of these references out; a rule of its own, such as an AWS::EC2::SecurityGroupIngress, often carries it");
    check.report_when(diagnostic, &when);
    true
}
