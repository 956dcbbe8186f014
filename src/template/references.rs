//! References: the only file that reads which names an expression refers to.
//!
//! Takes a [`Node`] and calls a [`ReferenceVisitor`] with each [`Reference`] in it: `Ref`, `Fn::GetAtt` in all its forms, the variables of
//! `Fn::Sub`,
//! `DependsOn`, `Condition`, `Fn::If` and `Fn::FindInMap`. It allocates only for the variables of `Fn::Sub`. Whether a name exists, and
//! which branch of an `Fn::If` counts, is up to the visitor.

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use super::intrinsic::Intrinsic;
use super::node::{Kind, LazyKeys, Node};
use super::sub::{SubPart, sub_parts};
use crate::diagnostic::Span;

/// A reference by name.
#[derive(Clone, Copy, Debug)]
pub enum Reference<'a> {
    /// `Ref`, or a variable of `Fn::Sub` without a dot: a parameter, a pseudo parameter or a resource.
    Name(&'a str),
    /// `Fn::GetAtt`, or a variable of `Fn::Sub` with a dot: a resource and its attribute.
    Attribute(&'a str, AttributeName<'a>),
    /// `DependsOn`: a resource.
    DependsOn(&'a str),
    /// `Condition`, or the first operand of `Fn::If`.
    Condition(&'a str),
    /// The first operand of `Fn::FindInMap`, with all its operands.
    Mapping(&'a str, &'a Node<'a>),
}

/// The name of an attribute in `Fn::GetAtt`.
#[derive(Clone, Copy, Debug)]
pub enum AttributeName<'a> {
    /// One text, such as `Arn` or `Endpoint.Address`.
    Text(&'a str),
    /// Several parts, such as `Outputs` and `Vpc`, which mean `Outputs.Vpc`.
    Parts(&'a [Node<'a>]),
    /// An expression.
    Computed(&'a Node<'a>),
}

impl<'a> AttributeName<'a> {
    /// Returns the name, its parts joined with dots; `None` if it is an expression.
    pub fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Parts(parts) => Some(Cow::Owned(parts.iter().filter_map(Node::as_str).collect::<Vec<_>>().join("."))),
            Self::Computed(_) => None,
        }
    }
}

/// The operands of `Fn::GetAtt`: `"Resource.Attribute"`, `["Resource", "Attribute"]` or `["Resource", "Part", "Part"]`.
#[derive(Clone, Copy, Debug)]
pub struct GetAtt<'a> {
    /// The logical ID of the resource; `None` if it is an expression, which the language extensions allow.
    pub resource: Option<&'a str>,
    /// The node that holds the resource: the first operand, or the whole text.
    pub resource_node: &'a Node<'a>,
    /// The attribute.
    pub attribute: AttributeName<'a>,
}

impl<'a> GetAtt<'a> {
    /// Returns the operands, or `None` if they have none of the three forms.
    pub fn of(operand: &'a Node<'a>) -> Option<Self> {
        match operand.kind {
            Kind::String(text) => {
                let (resource, attribute) = text.split_once('.')?;
                Some(Self { resource: Some(resource), resource_node: operand, attribute: AttributeName::Text(attribute) })
            }
            Kind::Array([resource, attribute]) => {
                let attribute = attribute.scalar().map_or(AttributeName::Computed(attribute), AttributeName::Text);
                Some(Self { resource: resource.scalar(), resource_node: resource, attribute })
            }
            Kind::Array([resource, parts @ ..]) if !parts.is_empty() && parts.iter().all(|part| part.as_str().is_some()) => {
                Some(Self { resource: Some(resource.as_str()?), resource_node: resource, attribute: AttributeName::Parts(parts) })
            }
            _ => None,
        }
    }
}

/// The operands of `Fn::Sub`: `"text"`, `["text"]` or `["text", {variable: value}]`.
#[derive(Clone, Copy, Debug)]
pub struct Sub<'a> {
    /// The node that holds the text.
    pub text: &'a Node<'a>,
    /// The node that holds the values of variables.
    pub variables: Option<&'a Node<'a>>,
}

impl<'a> Sub<'a> {
    /// Returns the operands.
    pub fn of(operand: &'a Node<'a>) -> Self {
        match operand.kind {
            Kind::Array([text, variables]) => Self { text, variables: Some(variables) },
            Kind::Array([text]) => Self { text, variables: None },
            _ => Self { text: operand, variables: None },
        }
    }

    /// Returns the names in the text that are not among the variables, each as often as it occurs.
    fn names(self) -> impl Iterator<Item = &'a str> {
        let members = self.variables.map(Node::members).unwrap_or_default();
        let mut by_key = LazyKeys::default();
        self.names_in_text().filter(move |name| by_key.get(members, name, |member| member.key).is_none())
    }

    fn names_in_text(self) -> impl Iterator<Item = &'a str> {
        sub_parts(self.text.as_str().unwrap_or_default()).filter_map(|part| match part {
            SubPart::Variable(name) => Some(name),
            SubPart::Text(_) => None,
        })
    }
}

/// Returns the items of a resource's `DependsOn`: one node, or the items of a list; those that are not strings included.
pub fn depends_on<'a>(body: &'a Node<'a>) -> &'a [Node<'a>] {
    match body.get("DependsOn") {
        Some(Node { kind: Kind::Array(items), .. }) => items,
        Some(node) => std::slice::from_ref(node),
        None => &[],
    }
}

/// Returns the name of the condition in the first operand of `Fn::If`: `"Name"` or `{"Condition": "Name"}`.
pub fn condition_name<'a>(operand: &'a Node<'a>) -> Option<&'a str> {
    match operand.kind {
        Kind::String(name) => Some(name),
        Kind::Object([member]) if member.key == "Condition" => member.value.as_str(),
        _ => None,
    }
}

/// Receives references, and decides which branches of `Fn::If` count.
pub trait ReferenceVisitor<'a> {
    /// Receives one reference and its position.
    fn reference(&mut self, reference: Reference<'a>, span: Span);

    /// Returns whether to visit the branch of an `Fn::If` that is taken when the condition has this value.
    fn enter_branch(&mut self, _condition: &'a str, _value: bool) -> bool {
        true
    }

    /// Called after a branch that was entered.
    fn leave_branch(&mut self) {}

    /// Returns whether to visit the values of variables of `Fn::Sub` that the text does not use.
    fn visits_unused_variables(&self) -> bool {
        true
    }

    /// Visits every reference in a value.
    fn expression(&mut self, node: &'a Node<'a>) {
        match Intrinsic::of(node) {
            Some(Intrinsic::Ref(operand)) => match operand.as_str() {
                Some(name) => self.reference(Reference::Name(name), operand.span),
                None => self.expression(operand),
            },
            Some(Intrinsic::GetAtt(operand)) => match GetAtt::of(operand) {
                Some(GetAtt { resource, resource_node, attribute }) => {
                    match resource {
                        Some(resource) => self.reference(Reference::Attribute(resource, attribute), resource_node.span),
                        None => self.expression(resource_node),
                    }
                    if let AttributeName::Computed(attribute) = attribute {
                        self.expression(attribute);
                    }
                }
                None => self.children(operand),
            },
            Some(Intrinsic::Sub(operand)) => self.sub(Sub::of(operand)),
            Some(Intrinsic::If(operand)) => self.choice(operand),
            Some(Intrinsic::FindInMap(operand)) => {
                if let Some(map) = operand.items().first()
                    && let Some(name) = map.as_str()
                {
                    self.reference(Reference::Mapping(name, operand), map.span);
                }
                self.children(operand);
            }
            // Every other function has its operands as its only member.
            _ => self.children(node),
        }
    }

    /// Visits every reference where a condition is expected: in `Conditions`, `Rules` and the functions that combine conditions.
    fn condition(&mut self, node: &'a Node<'a>) {
        match Intrinsic::of_condition(node) {
            Some(Intrinsic::Condition(operand)) => {
                if let Some(name) = operand.as_str() {
                    self.reference(Reference::Condition(name), operand.span);
                }
            }
            Some(Intrinsic::Ref(_) | Intrinsic::GetAtt(_) | Intrinsic::Sub(_) | Intrinsic::If(_) | Intrinsic::FindInMap(_)) => {
                self.expression(node);
            }
            _ => match node.kind {
                Kind::Array(items) => items.iter().for_each(|item| self.condition(item)),
                Kind::Object(members) => members.iter().for_each(|member| self.condition(&member.value)),
                _ => {}
            },
        }
    }

    /// Visits every reference in the items and members of a node.
    fn children(&mut self, node: &'a Node<'a>) {
        match node.kind {
            Kind::Array(items) => items.iter().for_each(|item| self.expression(item)),
            Kind::Object(members) => members.iter().for_each(|member| self.expression(&member.value)),
            _ => {}
        }
    }

    /// Visits the `Condition` of a resource or an output.
    fn own_condition(&mut self, body: &'a Node<'a>) {
        if let Some(node) = body.get("Condition")
            && let Some(name) = node.as_str()
        {
            self.reference(Reference::Condition(name), node.span);
        }
    }

    /// Visits a resource or an output, except its `Condition`: `DependsOn`, then every other reference.
    fn body(&mut self, body: &'a Node<'a>) {
        for node in depends_on(body) {
            if let Some(name) = node.as_str() {
                self.reference(Reference::DependsOn(name), node.span);
            }
        }
        for member in body.members().iter().filter(|member| !matches!(member.key, "Condition" | "DependsOn" | "Type")) {
            self.expression(&member.value);
        }
    }

    /// Visits the names in an `Fn::Sub`, then the values of its variables.
    fn sub(&mut self, sub: Sub<'a>) {
        for name in sub.names() {
            let reference = match name.split_once('.') {
                Some((resource, attribute)) => Reference::Attribute(resource, AttributeName::Text(attribute)),
                None => Reference::Name(name),
            };
            self.reference(reference, sub.text.span);
        }
        let members = sub.variables.map(Node::members).unwrap_or_default();
        let visits_all = members.is_empty() || self.visits_unused_variables();
        let used: FxHashSet<&str> = sub.names_in_text().filter(|_| !visits_all).collect();
        for member in members {
            if visits_all || used.contains(member.key) {
                self.expression(&member.value);
            }
        }
    }

    /// Visits the condition of an `Fn::If` and the branches that count.
    fn choice(&mut self, operand: &'a Node<'a>) {
        let [condition, branches @ ..] = operand.items() else { return };
        let Some(name) = condition_name(condition) else { return self.children(operand) };
        self.reference(Reference::Condition(name), condition.span);
        for (branch, value) in branches.iter().zip([true, false]) {
            if self.enter_branch(name, value) {
                self.expression(branch);
                self.leave_branch();
            }
        }
    }
}

/// Calls a function with every reference in a value, in document order.
impl<'a, F: FnMut(Reference<'a>, Span)> ReferenceVisitor<'a> for F {
    fn reference(&mut self, reference: Reference<'a>, span: Span) {
        self(reference, span);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Reference, ReferenceVisitor};
    use crate::template::{Arena, Node};

    /// Returns the references in a value, one text each.
    fn references(value: &serde_json::Value) -> Vec<String> {
        let arena = Arena::new();
        let mut found = Vec::new();
        let mut visit = |reference: Reference<'_>, _: crate::diagnostic::Span| {
            found.push(match reference {
                Reference::Name(name) => name.to_owned(),
                Reference::Attribute(name, attribute) => format!("{name}.{}", attribute.text().unwrap_or("?".into())),
                Reference::DependsOn(name) => format!("after {name}"),
                Reference::Condition(name) => format!("if {name}"),
                Reference::Mapping(name, _) => format!("map {name}"),
            });
        };
        let node = Node::from_json(value, &arena);
        visit.own_condition(arena.alloc(node));
        visit.body(arena.alloc(node));
        found
    }

    #[test]
    fn every_form_of_reference_is_visited() {
        let found = references(&json!({
            "Type": "AWS::SNS::Topic",
            "Condition": "C",
            "DependsOn": ["A", "B"],
            "Properties": [
                {"Ref": "R"}, {"Fn::GetAtt": "G.a.b"}, {"Fn::GetAtt": ["G", "a.b"]}, {"Fn::GetAtt": ["G", "a", "b"]},
                {"Fn::GetAtt": ["G", {"Ref": "Attribute"}]}, {"Fn::GetAtt": [{"Ref": "Resource"}, "a"]},
                {"Fn::Sub": "${S} ${S.x} ${!literal} ${ T } ${open"}, {"Fn::Sub": ["${V} ${W}", {"V": {"Ref": "InV"}, "U": {"Ref": "InU"}}]},
                {"Fn::If": ["I", {"Ref": "Yes"}, {"Ref": "No"}]}, {"Fn::If": [{"Condition": "I"}, 1, 2]},
                {"Fn::FindInMap": ["M", {"Ref": "Key"}, "k"]}, {"Fn::Join": ["", [{"Ref": "J"}]]}, {"Condition": "data"}
            ]
        }));
        let expected = [
            "if C",
            "after A",
            "after B",
            "R",
            "G.a.b",
            "G.a.b",
            "G.a.b",
            "G.?",
            "Attribute",
            "Resource",
            "S",
            "S.x",
            "T",
            "W",
            "InV",
            "InU",
            "if I",
            "Yes",
            "No",
            "if I",
            "map M",
            "Key",
            "J",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn conditions_name_conditions_parameters_and_mappings() {
        let arena = Arena::new();
        let value = json!({"Fn::And": [{"Condition": "A"}, {"Fn::Equals": [{"Ref": "P"}, "x"]}, {"Fn::Not": [{"Condition": "B"}]}]});
        let mut found = Vec::new();
        let mut visit = |reference: Reference<'_>, _: crate::diagnostic::Span| found.push(format!("{reference:?}"));
        visit.condition(arena.alloc(Node::from_json(&value, &arena)));
        assert_eq!(found, [r#"Condition("A")"#, r#"Name("P")"#, r#"Condition("B")"#]);
    }
}
