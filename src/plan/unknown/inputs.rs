//! Whether a part of the template, which a macro reads, differs from the deployed one.

use crate::plan::context::PlanningContext;
use crate::plan::parameters::is_changed;
use crate::template::{Node, Reference, ReferenceVisitor as _};

/// The values that parts of the templates refer to. They are compared only where a macro reads them, which few templates have.
pub(super) struct Inputs<'c, 'p, 'a> {
    context: &'c PlanningContext<'p, 'a>,
}

impl<'c, 'p, 'a> Inputs<'c, 'p, 'a> {
    pub(super) fn of(context: &'c PlanningContext<'p, 'a>) -> Self {
        Self { context }
    }

    /// Returns whether the value of any parameter differs. A macro receives all of them.
    pub(super) fn any_parameter_differs(&self) -> bool {
        let after = &self.context.after.parameters.parameters;
        let before = self.context.before.map(|before| &before.parameters.parameters);
        before.is_some_and(|before| before.keys().any(|name| !after.contains_key(name))) || after.keys().any(|name| self.is_parameter(name))
    }

    /// Returns whether two parts of the templates differ, in their text or in the values that they refer to.
    pub(super) fn differ(&self, before: &Node<'_>, after: &'a Node<'a>) -> bool {
        !before.same(after) || self.refers_to_difference(after)
    }

    fn refers_to_difference(&self, node: &'a Node<'a>) -> bool {
        let mut found = false;
        let mut visit = |reference: Reference<'a>, _: crate::diagnostic::Span| {
            found = found
                || match reference {
                    Reference::Name(name) => self.is_parameter(name),
                    Reference::Condition(name) => self.is_condition(name),
                    Reference::Mapping(name, _) => self.is_mapping(name),
                    Reference::Attribute(..) | Reference::DependsOn(_) => false,
                };
        };
        visit.expression(node);
        found
    }

    /// Returns whether this is a parameter whose value differs.
    fn is_parameter(&self, name: &str) -> bool {
        is_changed(self.context.before, self.context.after, name)
    }

    /// Returns whether this is a condition of both templates whose value differs.
    fn is_condition(&self, name: &str) -> bool {
        let before = self.context.before.and_then(|before| before.conditions.get(name));
        matches!((before, self.context.after.conditions.get(name)), (Some(before), Some(after)) if before != after)
    }

    /// Returns whether this is a mapping of both templates that differs.
    fn is_mapping(&self, name: &str) -> bool {
        let before = self.context.before.and_then(|before| before.template.mappings.get(name));
        matches!((before, self.context.after.template.mappings.get(name)), (Some(before), Some(after)) if !before.body.same(after.body))
    }
}
