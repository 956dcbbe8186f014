//! Finds what a template refers to, each with what must hold for the reference to count.

use super::solver::Literal;
use crate::template::{Intrinsic, Node, Span, SubPart, Template, sub_parts};

/// What must hold for a place of the template to count: the conditions on the way there.
pub(super) type Guards = Vec<Literal>;

/// Who refers to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Resource(usize),
    Output(usize),
    /// Conditions, rules, and whatever else is not part of a resource or output.
    Other,
}

/// What a reference is.
#[derive(Clone, Copy, Debug)]
pub(super) enum UseKind<'a> {
    Ref,
    Attribute(&'a str),
    DependsOn,
    Condition,
    /// With the operands of its `Fn::FindInMap`.
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
    /// How many of the guards are the owner's own condition.
    pub(super) own: usize,
}

/// Returns every reference of a template in the order of the document.
pub(super) fn uses<'a>(template: &Template<'a>) -> Vec<Use<'a>> {
    let mut walker = Walker { template, owner: Owner::Other, guards: Vec::new(), own: 0, uses: Vec::new() };
    for entry in &template.conditions {
        walker.condition(entry.body);
    }
    for entry in &template.rules {
        walker.condition(entry.body);
    }
    for (index, entry) in template.resources.iter().enumerate() {
        walker.owner = Owner::Resource(index);
        walker.guarded(entry.body, |walker| {
            if let Some(node) = entry.body.get("DependsOn") {
                for item in std::iter::once(node).chain(node.items()) {
                    item.as_str().into_iter().for_each(|target| walker.push(UseKind::DependsOn, target, item.span));
                }
            }
            for member in entry.body.members().iter().filter(|member| !matches!(member.key, "Condition" | "DependsOn" | "Type")) {
                walker.expression(&member.value);
            }
        });
    }
    for (index, entry) in template.outputs.iter().enumerate() {
        walker.owner = Owner::Output(index);
        walker.guarded(entry.body, |walker| {
            for member in entry.body.members().iter().filter(|member| member.key != "Condition") {
                walker.expression(&member.value);
            }
        });
    }
    walker.uses
}

struct Walker<'t, 'a> {
    template: &'t Template<'a>,
    owner: Owner,
    guards: Guards,
    own: usize,
    uses: Vec<Use<'a>>,
}

impl<'a> Walker<'_, 'a> {
    fn push(&mut self, kind: UseKind<'a>, target: &'a str, span: Span) {
        self.uses.push(Use { owner: self.owner, kind, target, span, guards: self.guards.clone(), own: self.own });
    }

    /// Walks a resource or output under its `Condition`.
    fn guarded(&mut self, body: &'a Node<'a>, walk: impl FnOnce(&mut Self)) {
        self.guards.clear();
        self.own = 0;
        if let Some(node) = body.get("Condition")
            && let Some(name) = node.as_str()
        {
            self.push(UseKind::Condition, name, node.span);
            self.guards.extend(condition(self.template, name, true));
        }
        self.own = self.guards.len();
        walk(self);
    }

    fn expression(&mut self, node: &'a Node<'a>) {
        match Intrinsic::of(node) {
            Some(Intrinsic::Ref(operand)) => match operand.as_str() {
                Some(name) => self.push(UseKind::Ref, name, operand.span),
                None => self.inside(operand),
            },
            Some(Intrinsic::GetAtt(operand)) => match (operand.as_str(), operand.items()) {
                (Some(text), _) => self.name_or_attribute(text, operand.span, true),
                (None, [name, attribute]) => {
                    self.expression(attribute);
                    if let Some(name) = name.as_str() {
                        self.push(UseKind::Attribute(attribute.as_str().unwrap_or_default()), name, operand.span);
                    }
                }
                _ => {}
            },
            Some(Intrinsic::Sub(operand)) => self.sub(operand),
            Some(Intrinsic::If(operand)) => self.choice(operand),
            Some(Intrinsic::FindInMap(operand)) => {
                if let Some(map) = operand.items().first()
                    && let Some(name) = map.as_str()
                {
                    self.push(UseKind::Mapping(operand), name, map.span);
                }
                self.inside(operand);
            }
            Some(Intrinsic::Condition(_)) | None => self.inside(node),
            // Every other function has its operands as its only member.
            Some(_) => self.inside(node),
        }
    }

    fn inside(&mut self, node: &'a Node<'a>) {
        node.members().iter().for_each(|member| self.expression(&member.value));
        node.items().iter().for_each(|item| self.expression(item));
    }

    fn name_or_attribute(&mut self, text: &'a str, span: Span, attribute: bool) {
        match text.split_once('.') {
            Some((name, attribute)) => self.push(UseKind::Attribute(attribute), name, span),
            None if attribute => {}
            None => self.push(UseKind::Ref, text, span),
        }
    }

    fn sub(&mut self, operand: &'a Node<'a>) {
        let (text, variables) = match operand.items() {
            [text, variables] => (text, Some(variables)),
            _ => (operand, None),
        };
        for part in sub_parts(text.as_str().unwrap_or_default()) {
            if let SubPart::Variable(name) = part
                && variables.and_then(|variables| variables.get(name)).is_none()
            {
                self.name_or_attribute(name, text.span, false);
            }
        }
        variables.into_iter().for_each(|variables| self.inside(variables));
    }

    fn choice(&mut self, operand: &'a Node<'a>) {
        let [name, branches @ ..] = operand.items() else { return };
        let Some(text) = name.as_str() else { return self.inside(operand) };
        self.push(UseKind::Condition, text, name.span);
        for (branch, holds) in branches.iter().zip([true, false]) {
            let depth = self.guards.len();
            self.guards.extend(condition(self.template, text, holds));
            self.expression(branch);
            self.guards.truncate(depth);
        }
    }

    /// Walks where conditions are expected.
    fn condition(&mut self, node: &'a Node<'a>) {
        match Intrinsic::of_condition(node) {
            Some(Intrinsic::Condition(name)) => name.as_str().into_iter().for_each(|text| self.push(UseKind::Condition, text, name.span)),
            Some(Intrinsic::Ref(_) | Intrinsic::Sub(_) | Intrinsic::FindInMap(_)) => self.expression(node),
            _ => {
                node.members().iter().for_each(|member| self.condition(&member.value));
                node.items().iter().for_each(|item| self.condition(item));
            }
        }
    }
}

/// Returns the guard that a condition by name puts on what it stands before.
pub(super) fn condition(template: &Template<'_>, name: &str, holds: bool) -> Option<Literal> {
    template.conditions.position(name).map(|index| Literal::Condition(index, holds))
}
