//! Checks that every reference in a rendered template resolves.
//!
//! References that dangle with some parameter values are left to [`validate`](crate::validate).

use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::template::{Reference, ReferenceVisitor, Section, Template};

/// Checks conditions, resources and outputs.
pub(super) fn check(template: &Template<'_>) -> Result<(), Diagnostics> {
    let mut checker = Checker { template, problems: Diagnostics::default() };
    for entry in &template.conditions {
        checker.condition(entry.body);
    }
    for entry in template.resources.iter().chain(&template.outputs) {
        checker.own_condition(entry.body);
        checker.body(entry.body);
    }
    checker.problems.into_result(())
}

struct Checker<'t, 'a> {
    template: &'t Template<'a>,
    problems: Diagnostics,
}

impl<'a> ReferenceVisitor<'a> for Checker<'_, 'a> {
    fn reference(&mut self, reference: Reference<'a>, span: Span) {
        let template = self.template;
        match reference {
            Reference::Name(name) if name.starts_with("AWS::") => {}
            Reference::Name(name) => self.known("parameter or resource", &[&template.parameters, &template.resources], name, span),
            Reference::Attribute(name, _) | Reference::DependsOn(name) => self.known("resource", &[&template.resources], name, span),
            Reference::Condition(name) => self.known("condition", &[&template.conditions], name, span),
            Reference::Mapping(name, _) => self.known("mapping", &[&template.mappings], name, span),
        }
    }
}

impl<'a> Checker<'_, 'a> {
    /// Reports a name that none of the sections has.
    fn known(&mut self, what: &str, sections: &[&Section<'a>], name: &str, span: Span) {
        if sections.iter().any(|section| section.contains(name)) {
            return;
        }
        let candidates = sections.iter().flat_map(|section| section.iter().map(|entry| entry.name));
        let problem = Diagnostic::error("unresolved-reference", format!("the {what} `{name}` does not exist"))
            .at(self.template.source, span, "referenced here")
            .suggesting(name, candidates);
        self.problems.push(problem);
    }
}
