//! What an expression refers to, as it stands under the conditions that hold.
//!
//! The planner follows these to find causes, the local backend to order its work, `validate` to find rings.

use super::{ConditionValue, Evaluation};
use crate::template::{Intrinsic, Kind, Node, Span, SubPart, sub_parts};

/// How something is referred to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReferenceKind {
    /// `Ref`.
    Ref,
    /// `Fn::GetAtt`.
    GetAtt,
    /// A variable of `Fn::Sub`; with an attribute when it has a dot.
    Sub,
    /// `DependsOn`.
    DependsOn,
}

/// What is referred to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target<'a> {
    /// A parameter.
    Parameter(&'a str),
    /// A pseudo parameter.
    Pseudo(&'a str),
    /// A resource: whatever `Ref` gives, or the order alone for `DependsOn`.
    Resource(&'a str),
    /// An attribute of a resource.
    Attribute(&'a str, &'a str),
    /// A mapping, by name.
    Mapping(&'a str),
    /// A condition that an `Fn::If` asks for.
    Condition(&'a str),
    /// Neither a parameter nor a resource.
    Nothing(&'a str),
}

impl<'a> Target<'a> {
    /// Returns the resource's logical ID, for a resource or an attribute of one.
    pub fn resource(&self) -> Option<&'a str> {
        match self {
            Self::Resource(id) | Self::Attribute(id, _) => Some(id),
            _ => None,
        }
    }
}

/// One reference and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference<'a> {
    /// How.
    pub kind: ReferenceKind,
    /// To what.
    pub target: Target<'a>,
    /// Where.
    pub span: Span,
}

/// Returns everything that an expression reaches, in the order of the document.
///
/// Of an `Fn::If` whose condition is known, only the branch that is taken counts.
pub fn references<'a>(node: &'a Node<'a>, evaluation: &Evaluation<'a>) -> Vec<Reference<'a>> {
    let mut finder = Finder { evaluation, found: Vec::new() };
    finder.node(node);
    finder.found
}

/// Returns everything that a resource reaches: `DependsOn`, properties, metadata and policies.
pub fn resource_references<'a>(id: &str, evaluation: &Evaluation<'a>) -> Vec<Reference<'a>> {
    let Some(resource) = evaluation.resources.get(id) else {
        return Vec::new();
    };
    let mut finder = Finder { evaluation, found: Vec::new() };
    let body = resource.entry.body;
    let depends_on = body.get("DependsOn");
    finder.found.extend(resource.depends_on.iter().map(|name| Reference {
        kind: ReferenceKind::DependsOn,
        target: Target::Resource(name),
        span: depends_on.map_or(body.span, |node| node.span),
    }));
    for key in ["Properties", "Metadata", "DeletionPolicy", "UpdateReplacePolicy", "CreationPolicy", "UpdatePolicy"] {
        if let Some(node) = body.get(key) {
            finder.node(node);
        }
    }
    finder.found
}

struct Finder<'e, 'a> {
    evaluation: &'e Evaluation<'a>,
    found: Vec<Reference<'a>>,
}

impl<'a> Finder<'_, 'a> {
    fn node(&mut self, node: &'a Node<'a>) {
        match node.kind {
            Kind::Array(items) => items.iter().for_each(|item| self.node(item)),
            Kind::Object(members) => match Intrinsic::of(node) {
                Some(function) => self.function(function),
                None => members.iter().for_each(|member| self.node(&member.value)),
            },
            _ => {}
        }
    }

    fn function(&mut self, function: Intrinsic<'a>) {
        match function {
            Intrinsic::Ref(operand) => match operand.as_str() {
                Some(name) => self.name(name, ReferenceKind::Ref, operand.span),
                None => self.node(operand),
            },
            Intrinsic::GetAtt(operand) => self.get_att(operand),
            Intrinsic::Sub(operand) => self.sub(operand),
            Intrinsic::If(operand) => {
                let [condition, yes, no] = operand.items() else { return };
                let Some(name) = condition.as_str() else { return };
                self.found.push(Reference { kind: ReferenceKind::Ref, target: Target::Condition(name), span: condition.span });
                match self.evaluation.condition(name) {
                    Some(ConditionValue::Known(true)) => self.node(yes),
                    Some(ConditionValue::Known(false)) => self.node(no),
                    _ => {
                        self.node(yes);
                        self.node(no);
                    }
                }
            }
            Intrinsic::FindInMap(operand) => {
                if let Some(map) = operand.items().first()
                    && let Some(name) = map.as_str()
                {
                    self.found.push(Reference { kind: ReferenceKind::Ref, target: Target::Mapping(name), span: map.span });
                }
                self.node(operand);
            }
            Intrinsic::Join(operand)
            | Intrinsic::Split(operand)
            | Intrinsic::Select(operand)
            | Intrinsic::Base64(operand)
            | Intrinsic::Cidr(operand)
            | Intrinsic::GetAzs(operand)
            | Intrinsic::ImportValue(operand)
            | Intrinsic::GetStackOutput(operand)
            | Intrinsic::Transform(operand)
            | Intrinsic::Equals(operand)
            | Intrinsic::And(operand)
            | Intrinsic::Or(operand)
            | Intrinsic::Not(operand)
            | Intrinsic::Condition(operand)
            | Intrinsic::Length(operand)
            | Intrinsic::ToJsonString(operand)
            | Intrinsic::Rule(_, operand)
            | Intrinsic::Other(_, operand) => self.node(operand),
        }
    }

    fn name(&mut self, name: &'a str, kind: ReferenceKind, span: Span) {
        let template = self.evaluation.sections();
        let target = if name == "AWS::NoValue" {
            return;
        } else if super::pseudo::NAMES.contains(&name) {
            Target::Pseudo(name)
        } else if template.parameters.contains(name) {
            Target::Parameter(name)
        } else if template.resources.contains(name) {
            Target::Resource(name)
        } else {
            Target::Nothing(name)
        };
        self.found.push(Reference { kind, target, span });
    }

    fn attribute(&mut self, name: &'a str, attribute: &'a str, kind: ReferenceKind, span: Span) {
        let known = self.evaluation.sections().resources.contains(name);
        let target = if known { Target::Attribute(name, attribute) } else { Target::Nothing(name) };
        self.found.push(Reference { kind, target, span });
    }

    fn get_att(&mut self, operand: &'a Node<'a>) {
        match operand.kind {
            Kind::String(text) => {
                if let Some((name, attribute)) = text.split_once('.') {
                    self.attribute(name, attribute, ReferenceKind::GetAtt, operand.span);
                }
            }
            Kind::Array([name, rest @ ..]) => {
                if let Some(text) = name.as_str() {
                    let attribute = rest.first().and_then(Node::as_str).unwrap_or_default();
                    self.attribute(text, attribute, ReferenceKind::GetAtt, name.span);
                } else {
                    self.node(name);
                }
                rest.iter().for_each(|one| self.node(one));
            }
            _ => {}
        }
    }

    fn sub(&mut self, operand: &'a Node<'a>) {
        let (template, map) = match operand.kind {
            Kind::Array([template, rest @ ..]) => (template, rest.first()),
            _ => (operand, None),
        };
        let Some(text) = template.as_str() else { return };
        for part in sub_parts(text) {
            let SubPart::Variable(name) = part else { continue };
            if let Some(value) = map.and_then(|map| map.get(name)) {
                self.node(value);
                continue;
            }
            match name.split_once('.') {
                Some((id, attribute)) => self.attribute(id, attribute, ReferenceKind::Sub, template.span),
                None => self.name(name, ReferenceKind::Sub, template.span),
            }
        }
    }
}
