//! Circular dependencies between resources, which CloudFormation refuses.

use super::evaluator::Evaluator;
use crate::diagnostic::{Diagnostic, Severity};
use crate::graph::Graph;
use crate::text::MOST_SUGGESTIONS;

impl Evaluator<'_, '_> {
    /// Reports every circular dependency between resources, as a warning if a macro may still resolve it.
    pub(super) fn report_cycles(&mut self) {
        let resources = &self.template.resources;
        let position = |(from, to): &(&str, &str)| Some((resources.position(from)?, resources.position(to)?));
        let edges: Vec<(usize, usize)> = self.dependencies.iter().filter_map(position).collect();
        let graph = Graph::new(resources.len(), &edges);
        let entries: Vec<_> = resources.iter().collect();
        for component in graph.cyclic_components() {
            let cycle = graph.find_cycle(&component);
            let path = crate::text::cycle(cycle.iter().map(|index| entries[*index].name));
            let names = component.iter().take(MOST_SUGGESTIONS).map(|index| entries[*index].name).collect::<Vec<_>>().join(", ");
            let mut diagnostic = Diagnostic::error("circular-dependency", format!("circular dependency between resources: {path}"))
                .with_aws_message(format!("Circular dependency between resources: [{names}]"))
                .hinted("remove one of the references, or move it into a separate resource");
            for (place, index) in cycle.iter().enumerate() {
                let text = if place == 0 { "" } else { "part of the cycle" };
                diagnostic = diagnostic.at(self.template.source, entries[*index].name_span, text);
            }
            if self.macros {
                diagnostic.severity = Severity::Warning;
                let hint = "a macro may remove the cycle; CloudFormation checks the template that the macros return";
                self.warnings.push(diagnostic.hinted(hint));
            } else {
                self.problems.push(diagnostic);
            }
        }
    }
}
