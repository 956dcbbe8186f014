//! `Fn::GetAtt`: an attribute of a resource.

use crate::evaluate::ConditionValue;
use crate::evaluate::evaluator::{Block, Evaluator};
use crate::evaluate::value::{Residual, Value};
use crate::template::{Kind, Node, Span};

const WORDING: &str =
    "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute";

impl<'a> Evaluator<'_, 'a> {
    pub(in crate::evaluate) fn get_att(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Value<'a> {
        let Some((name, attribute, span)) = self.attribute_operands(operand) else {
            return self.kept(node);
        };
        self.attribute_value(name, attribute, node, span, false)
    }

    fn attribute_operands(&mut self, operand: &'a Node<'a>) -> Option<(&'a str, &'a str, Span)> {
        let pair = match operand.kind {
            Kind::String(text) => text.split_once('.').map(|(name, attribute)| (name, attribute, operand.span)),
            Kind::Array([name, attribute]) => {
                let span = name.span;
                let name = match name.scalar() {
                    Some(name) => Some(name),
                    None if self.extensions && !name.members().is_empty() => self.operand(name).text(),
                    None => None,
                };
                // The attribute, unlike the resource, may be a function; what is not known yet cannot be looked up.
                let attribute = match attribute.scalar() {
                    Some(attribute) => Some(attribute),
                    None if !attribute.members().is_empty() => {
                        let value = self.operand(attribute);
                        if value.is_unknown() {
                            return None;
                        }
                        value.text()
                    }
                    None => None,
                };
                name.zip(attribute).map(|(name, attribute)| (name, attribute, span))
            }
            // The attribute's parts may stand one by one: `["Stack", "Outputs", "Vpc"]`.
            Kind::Array([name, rest @ ..]) if rest.len() > 1 => {
                let parts: Option<Vec<&str>> = rest.iter().map(Node::as_str).collect();
                name.as_str().zip(parts).map(|(text, parts)| (text, self.arena.str(&parts.join(".")), name.span))
            }
            _ => None,
        };
        let pair = pair.filter(|(name, attribute, _)| !name.is_empty() && !attribute.is_empty());
        if pair.is_none() {
            self.problem("getatt-operands", operand, "`Fn::GetAtt` takes a resource and one of its attributes", WORDING);
        }
        pair
    }

    /// Returns an attribute, as `Fn::GetAtt` and, `in_text`, `Fn::Sub` have it.
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
                self.note_dangling(name, span, None);
            }
            return self.kept(origin);
        }
        match self.existence(name) {
            Some((ConditionValue::Known(false), condition)) => {
                self.note_dangling(name, span, condition);
                self.kept(origin)
            }
            None if !self.macros && self.template.module_of(name).is_none() => {
                let aws = if in_text {
                    format!("Template error: instance of Fn::Sub references invalid resource attribute {name}.{attribute}")
                } else {
                    format!("Template error: instance of Fn::GetAtt references undefined resource {name}")
                };
                self.note_undefined(name, span, &aws);
                self.kept(origin)
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
