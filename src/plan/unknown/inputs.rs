//! Whether a part of the template, which a macro reads, differs from the deployed one.

use rustc_hash::FxHashSet;

use crate::evaluate::{ConditionValue, Evaluation};
use crate::plan::context::PlanningContext;
use crate::plan::parameters::is_changed;
use crate::template::{Node, Reference, ReferenceVisitor as _};

/// The names whose value differs between the deployed and the new template.
pub(super) struct Inputs<'a> {
    parameters: FxHashSet<&'a str>,
    conditions: FxHashSet<&'a str>,
    mappings: FxHashSet<&'a str>,
    /// Whether a parameter was removed.
    removes_parameters: bool,
}

impl<'a> Inputs<'a> {
    pub(super) fn of(context: &PlanningContext<'_, 'a>) -> Self {
        let (before, after) = (context.before, context.after);
        let names = after.parameters.parameters.keys().copied();
        let parameters = names.filter(|name| is_changed(before, after, name)).collect();
        let of_before = |name: &str| before.and_then(|before: &Evaluation<'_>| before.conditions.get(name).copied());
        let differs = |(name, value): &(&&'a str, &ConditionValue)| of_before(name).is_some_and(|old| old != **value);
        let conditions = after.conditions.iter().filter(differs).map(|(name, _)| *name).collect();
        let mapping_differs = |name: &str, body: &Node<'_>| {
            let old = before.and_then(|before| before.template.mappings.get(name));
            old.is_some_and(|old| !old.body.same(body))
        };
        let mappings = after.template.mappings.iter().filter(|entry| mapping_differs(entry.name, entry.body)).map(|entry| entry.name);
        let removes_parameters =
            before.is_some_and(|before| before.parameters.parameters.keys().any(|name| !after.parameters.parameters.contains_key(name)));
        Self { parameters, conditions, mappings: mappings.collect(), removes_parameters }
    }

    /// Returns whether the value of any parameter differs. A macro receives all of them.
    pub(super) fn any_parameter_differs(&self) -> bool {
        self.removes_parameters || !self.parameters.is_empty()
    }

    /// Returns whether two parts of the templates differ, in their text or in the values that they refer to.
    pub(super) fn differ(&self, before: &Node<'_>, after: &'a Node<'a>) -> bool {
        !before.same(after) || self.refers_to_difference(after)
    }

    fn refers_to_difference(&self, node: &'a Node<'a>) -> bool {
        let mut found = false;
        let mut visit = |reference: Reference<'a>, _: crate::diagnostic::Span| {
            found |= match reference {
                Reference::Name(name) => self.parameters.contains(name),
                Reference::Condition(name) => self.conditions.contains(name),
                Reference::Mapping(name, _) => self.mappings.contains(name),
                Reference::Attribute(..) | Reference::DependsOn(_) => false,
            };
        };
        visit.expression(node);
        found
    }
}
