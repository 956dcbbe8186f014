//! `Fn::GetAtt`: an attribute of a resource.

use crate::diagnostic::Span;
use crate::evaluate::ConditionValue;
use crate::evaluate::evaluator::{Block, Evaluator};
use crate::evaluate::value::{Residual, Value};
use crate::template::{AttributeName, GetAtt, Node};

const WORDING: &str =
    "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute";

impl<'a> Evaluator<'_, 'a> {
    pub(in crate::evaluate) fn get_att(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Value<'a> {
        let Some((name, attribute, span)) = self.attribute_operands(operand) else {
            return self.unevaluated(node);
        };
        if !self.template.resources.contains(name) && self.is_secret(operand) {
            return self.secret_name(node, operand);
        }
        self.attribute_value(name, attribute, node, span, false)
    }

    /// Returns the resource, the attribute and the place of the resource; `None` if the operands are malformed, which is reported, or
    /// unknown.
    fn attribute_operands(&mut self, operand: &'a Node<'a>) -> Option<(&'a str, &'a str, Span)> {
        let Some(GetAtt { resource, resource_node, attribute }) = GetAtt::of(operand) else {
            return self.malformed_get_att(operand);
        };
        let resource = match resource {
            None if self.extensions && !resource_node.members().is_empty() => self.operand(resource_node).text(),
            resource => resource,
        };
        let attribute = match attribute {
            AttributeName::Text(text) => Some(text),
            AttributeName::Parts(_) => attribute.text().map(|text| self.arena.str(&text)),
            AttributeName::Computed(node) if node.members().is_empty() => None,
            AttributeName::Computed(node) => {
                let value = self.operand(node);
                if value.is_unknown() {
                    return None;
                }
                value.text()
            }
        };
        match (resource, attribute) {
            (Some(resource), Some(attribute)) if !resource.is_empty() && !attribute.is_empty() => {
                Some((resource, attribute, resource_node.span))
            }
            _ => self.malformed_get_att(operand),
        }
    }

    fn malformed_get_att<T>(&mut self, operand: &Node<'_>) -> Option<T> {
        self.problem("getatt-operands", operand, "`Fn::GetAtt` takes a resource and one of its attributes", WORDING);
        None
    }

    /// Returns the value of an attribute, for `Fn::GetAtt` or, if `in_text`, for a variable of `Fn::Sub`.
    pub(in crate::evaluate) fn attribute_value(
        &mut self,
        name: &'a str,
        attribute: &'a str,
        origin: &'a Node<'a>,
        span: Span,
        in_text: bool,
    ) -> Value<'a> {
        if self.block == Block::Conditions {
            if !self.macros {
                self.note_unresolved(name, span, None);
            }
            return self.unevaluated(origin);
        }
        match self.existence(name) {
            Some((ConditionValue::Known(false), condition)) => {
                self.note_unresolved(name, span, condition);
                self.unevaluated(origin)
            }
            None if !self.macros && self.template.module_of(name).is_none() => {
                let aws = if in_text {
                    format!("Template error: instance of Fn::Sub references invalid resource attribute {name}.{attribute}")
                } else {
                    format!("Template error: instance of Fn::GetAtt references undefined resource {name}")
                };
                self.note_undefined(name, span, &aws);
                self.unevaluated(origin)
            }
            _ => {
                let needed =
                    if self.template.resources.contains(name) { Some(name) } else { self.template.module_of(name).map(|one| one.name) };
                self.note_dependency(needed.unwrap_or(name));
                match self.state.attributes.get(name).and_then(|attributes| attributes.get(attribute)) {
                    Some(value) => self.external(value, origin),
                    None => self.unknown(Residual::GetAtt(name, attribute), origin),
                }
            }
        }
    }
}
