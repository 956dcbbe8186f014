//! Checks what is not evaluated: branches that are not taken, and resources and outputs that do not exist.
//!
//! CloudFormation checks functions and names in the whole template, so their errors are certain for all values of the conditions.

use super::evaluator::{Block, Evaluator};
use super::operands;
use super::pseudo;
use crate::diagnostic::Span;
use crate::template::{Intrinsic, Node, Reference, ReferenceVisitor};

impl<'a> Evaluator<'_, 'a> {
    /// Reports misused functions and undeclared names in a value that is not evaluated.
    pub(super) fn check_unvisited(&mut self, node: &'a Node<'a>) {
        self.functions_within(node);
        if self.macros {
            return;
        }
        let template = self.template;
        let mut undeclared: Vec<(&'a str, Span, Option<String>)> = Vec::new();
        let mut conditions: Vec<(&'a str, Span)> = Vec::new();
        let mut visit = |reference: Reference<'a>, span: Span| match reference {
            Reference::Name(name) => {
                let is_known = template.parameters.contains(name)
                    || template.resources.contains(name)
                    || name == "AWS::NoValue"
                    || pseudo::NAMES.contains(&name)
                    || template.module_of(name).is_some();
                if !is_known {
                    undeclared.push((name, span, None));
                }
            }
            Reference::Attribute(name, attribute) => {
                if !template.resources.contains(name) && template.module_of(name).is_none() {
                    let attribute = attribute.text().unwrap_or_default();
                    let aws = format!("Template error: instance of Fn::GetAtt references undefined resource {name}");
                    undeclared.push((name, span, (!attribute.is_empty()).then_some(aws)));
                }
            }
            Reference::Condition(name) => {
                if !template.conditions.contains(name) {
                    conditions.push((name, span));
                }
            }
            Reference::DependsOn(_) | Reference::Mapping(..) => {}
        };
        visit.expression(node);
        for (name, span, aws) in undeclared {
            match aws {
                Some(aws) => self.note_undefined(name, span, &aws),
                None => self.note_unresolved(name, span, None),
            }
        }
        for (name, span) in conditions {
            self.unresolved_condition(name, span, "Template error: unresolved condition dependency {} in Fn::If");
        }
    }

    /// Reports misused functions and undeclared names in a resource or an output that does not exist.
    pub(super) fn check_absent(&mut self, body: &'a Node<'a>, block: Block) {
        self.block = block;
        for member in body.members().iter().filter(|member| !matches!(member.key, "Type" | "Condition" | "DependsOn" | "Description")) {
            self.check_unvisited(&member.value);
        }
    }

    /// Reports misused functions in the whole template.
    pub(super) fn check_all_functions(&mut self) {
        let template = self.template;
        for (block, section) in
            [(Block::Conditions, &template.conditions), (Block::Resources, &template.resources), (Block::Outputs, &template.outputs)]
        {
            self.block = block;
            section.iter().for_each(|entry| self.functions_within(entry.body));
        }
    }

    fn functions_within(&mut self, node: &'a Node<'a>) {
        if let Some(function) = Intrinsic::of(node) {
            if self.is_misused(node, function) {
                return;
            }
            match function {
                Intrinsic::Length(_) | Intrinsic::ToJsonString(_) if !self.extensions => {
                    let name = node.members().first().map_or("", |member| member.key);
                    self.needs_extensions(node, name);
                    return;
                }
                Intrinsic::Other(name, _) if !(self.extensions && name.starts_with("Fn::ForEach")) => {
                    self.unsupported(node, name);
                    return;
                }
                // The parameters of a macro are its own.
                Intrinsic::Transform(_) => return,
                _ => {}
            }
        }
        node.members().iter().for_each(|member| self.functions_within(&member.value));
        node.items().iter().for_each(|item| self.functions_within(item));
    }

    /// Reports a function in a place or with operands that CloudFormation refuses, and returns whether it is one.
    pub(super) fn is_misused(&mut self, node: &'a Node<'a>, function: Intrinsic<'a>) -> bool {
        let place = match self.block {
            Block::Conditions if self.in_rules => operands::Place::Rules,
            Block::Conditions => operands::Place::Conditions,
            Block::Resources | Block::Outputs => operands::Place::Values,
        };
        let Some(misuse) = operands::misuse(self.template, node, function, place) else { return false };
        let mut diagnostic =
            crate::diagnostic::Diagnostic::error(misuse.rule, misuse.message).at(self.template.source, misuse.place.span, "");
        diagnostic.aws_message = misuse.aws;
        self.push_problem(diagnostic);
        true
    }
}
