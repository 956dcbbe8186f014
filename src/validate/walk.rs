//! Collects the references of a template, each with the guards under which it is active.

use super::clause::Literal;
use crate::diagnostic::Span;
use crate::template::{AttributeName, Node, Reference, ReferenceVisitor, Template};

/// The guards of a position in the template: the conditions of the `Fn::If` branches and resource around it.
pub(super) type Guards = Vec<Literal>;

/// The owner of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Resource(usize),
    Output(usize),
    /// A condition, a rule, or any other part of the template.
    Other,
}

/// The kind of a reference.
#[derive(Clone, Copy, Debug)]
pub(super) enum UseKind<'a> {
    Ref,
    Attribute(AttributeName<'a>),
    DependsOn,
    Condition,
    /// A mapping, with the operands of its `Fn::FindInMap`.
    Mapping(&'a Node<'a>),
}

/// One reference.
#[derive(Clone, Debug)]
pub(super) struct Use<'a> {
    pub(super) owner: Owner,
    pub(super) kind: UseKind<'a>,
    pub(super) target: &'a str,
    pub(super) span: Span,
    pub(super) guards: Guards,
    /// The number of guards that come from the owner's own condition.
    pub(super) own: usize,
    /// Whether the guards were not kept, since all references together have too many.
    pub(super) is_unguarded: bool,
}

/// Most guards of all references together: deeply nested `Fn::If` have a guard for each level.
const MAX_GUARDS: usize = 1_000_000;

/// Returns every reference in a template in document order.
pub(super) fn uses<'a>(template: &Template<'a>) -> Vec<Use<'a>> {
    let mut walker = Walker { template, owner: Owner::Other, guards: Vec::new(), own: 0, depths: Vec::new(), kept: 0, uses: Vec::new() };
    for entry in template.conditions.iter().chain(&template.rules) {
        walker.condition(entry.body);
    }
    for (index, entry) in template.resources.iter().enumerate() {
        walker.guarded(Owner::Resource(index), entry.body);
    }
    for (index, entry) in template.outputs.iter().enumerate() {
        walker.guarded(Owner::Output(index), entry.body);
    }
    walker.uses
}

struct Walker<'t, 'a> {
    template: &'t Template<'a>,
    owner: Owner,
    guards: Guards,
    own: usize,
    /// The number of guards before each branch that is being visited.
    depths: Vec<usize>,
    /// The number of guards of the references so far.
    kept: usize,
    uses: Vec<Use<'a>>,
}

impl<'a> Walker<'_, 'a> {
    /// Visits a resource or output with the guard of its `Condition`.
    fn guarded(&mut self, owner: Owner, body: &'a Node<'a>) {
        self.owner = owner;
        self.guards.clear();
        self.own = 0;
        self.own_condition(body);
        if let Some(name) = body.get("Condition").and_then(Node::as_str) {
            self.guards.extend(condition(self.template, name, true));
        }
        self.own = self.guards.len();
        self.body(body);
    }
}

impl<'a> ReferenceVisitor<'a> for Walker<'_, 'a> {
    fn reference(&mut self, reference: Reference<'a>, span: Span) {
        let (kind, target) = match reference {
            Reference::Name(name) => (UseKind::Ref, name),
            Reference::Attribute(name, attribute) => (UseKind::Attribute(attribute), name),
            Reference::DependsOn(name) => (UseKind::DependsOn, name),
            Reference::Condition(name) => (UseKind::Condition, name),
            Reference::Mapping(name, operands) => (UseKind::Mapping(operands), name),
        };
        self.kept += self.guards.len();
        let is_unguarded = self.kept > MAX_GUARDS;
        let (guards, own) = if is_unguarded { (Guards::new(), 0) } else { (self.guards.clone(), self.own) };
        self.uses.push(Use { owner: self.owner, kind, target, span, guards, own, is_unguarded });
    }

    fn enter_branch(&mut self, name: &'a str, value: bool) -> bool {
        self.depths.push(self.guards.len());
        self.guards.extend(condition(self.template, name, value));
        true
    }

    fn leave_branch(&mut self) {
        if let Some(depth) = self.depths.pop() {
            self.guards.truncate(depth);
        }
    }
}

/// Returns the guard for a named condition.
pub(super) fn condition(template: &Template<'_>, name: &str, holds: bool) -> Option<Literal> {
    template.conditions.position(name).map(|index| Literal::Condition(index, holds))
}
