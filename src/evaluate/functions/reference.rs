//! `Ref`: the value of a parameter or pseudo parameter, or the identifier of a resource.

use bumpalo::collections::Vec as ArenaVec;

use crate::diagnostic::{Diagnostic, Span};
use crate::evaluate::ConditionValue;
use crate::evaluate::evaluator::{Block, Evaluator};
use crate::evaluate::value::{Residual, Value, ValueKind};
use crate::parameters::{Parameter, ParameterType};
use crate::secret::MASKED;
use crate::template::Node;

impl<'a> Evaluator<'_, 'a> {
    pub(in crate::evaluate) fn reference(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Option<Value<'a>> {
        let name = match operand.as_str() {
            Some(name) => name,
            // With the language extensions, the name may be an expression.
            None if self.extensions && !operand.members().is_empty() => match self.operand(operand).text() {
                Some(name) => name,
                None => return Some(self.unevaluated(node)),
            },
            None => {
                self.problem(
                    "ref-operand",
                    operand,
                    format!("`Ref` takes a name, not {}", operand.kind_name()),
                    "Template format error: Every Ref object must have a single String value.",
                );
                return Some(self.unevaluated(node));
            }
        };
        if name == "AWS::NoValue" {
            return None;
        }
        if operand.as_str().is_none() && self.is_secret(operand) && !self.is_declared(name) {
            return Some(self.secret_name(node, operand));
        }
        Some(self.named_value(name, node, operand.span))
    }

    /// Returns whether a name is that of a parameter, a pseudo parameter or a resource.
    fn is_declared(&self, name: &str) -> bool {
        self.template.parameters.contains(name) || self.template.resources.contains(name) || name.starts_with("AWS::")
    }

    /// Reports a name that depends on a secret and that nothing has, without the name.
    pub(in crate::evaluate) fn secret_name(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Value<'a> {
        let message = "the name is neither a parameter nor a resource of the template";
        self.problems.push(Diagnostic::error("unresolved-reference", message).at(self.template.source, operand.span, ""));
        self.unevaluated(node)
    }

    /// Returns the value of a name, for `Ref` or a variable of `Fn::Sub`.
    pub(in crate::evaluate) fn named_value(&mut self, name: &'a str, origin: &'a Node<'a>, span: Span) -> Value<'a> {
        if let Some(parameter) = self.parameters.parameters.get(name) {
            return self.parameter_value(name, parameter, origin);
        }
        if let Some(value) = self.pseudo(name, origin) {
            return value;
        }
        if self.block == Block::Conditions {
            // An invalid declaration has been reported already.
            if !self.macros && !self.template.parameters.contains(name) {
                self.note_unresolved(name, span, None);
            }
            return self.unevaluated(origin);
        }
        match self.existence(name) {
            Some((ConditionValue::Known(false), condition)) => {
                self.note_unresolved(name, span, condition);
                self.unevaluated(origin)
            }
            Some(_) => {
                self.note_dependency(name);
                match self.state.physical_ids.get(name) {
                    Some(id) => self.repeated(Value::new(ValueKind::String(id), origin), origin),
                    None => self.unknown(Residual::Ref(name), origin),
                }
            }
            // An invalid declaration has been reported already; a macro may declare anything.
            None if self.macros || self.template.parameters.contains(name) => self.unknown(Residual::Ref(name), origin),
            None => {
                let Some(module) = self.template.module_of(name) else {
                    self.note_unresolved(name, span, None);
                    return self.unevaluated(origin);
                };
                self.note_dependency(module.name);
                self.unknown(Residual::Ref(name), origin)
            }
        }
    }

    fn parameter_value(&mut self, name: &'a str, parameter: &'a Parameter<'a>, origin: &'a Node<'a>) -> Value<'a> {
        if parameter.declaration.no_echo {
            self.note_secret();
        }
        let text = match self.assumed_parameter {
            Some((assumed, text)) if assumed == name => text,
            _ => parameter.value.as_deref(),
        };
        let Some(text) = text else {
            return self.unknown(Residual::Parameter(name), origin);
        };
        match parameter.declaration.parameter_type {
            ParameterType::String | ParameterType::Number => self.repeated(Value::new(ValueKind::String(text), origin), origin),
            ParameterType::List | ParameterType::NumberList => self.list_of(text, origin),
            ParameterType::Ssm { list, .. } => self.stored(name, text, list, origin),
        }
    }

    fn list_of(&mut self, text: &'a str, origin: &'a Node<'a>) -> Value<'a> {
        let count = memchr::memchr_iter(b',', text.as_bytes()).count() + 1;
        if self.is_spent(count * size_of::<Value<'_>>() + text.len(), origin) {
            return self.unevaluated(origin);
        }
        let mut items = ArenaVec::with_capacity_in(count, self.arena.bump());
        items.extend(text.split(',').map(|item| Value::new(ValueKind::String(item.trim()), origin)));
        Value::new(ValueKind::List(items.into_bump_slice()), origin)
    }

    /// Returns the value that Parameter Store holds for an SSM-typed parameter. The state has it as text or as an answer of `GetParameter`.
    fn stored(&mut self, parameter: &'a str, name: &'a str, list: bool, origin: &'a Node<'a>) -> Value<'a> {
        let Some(known) = &self.state.ssm else {
            return self.unknown(Residual::SsmParameter { parameter, name }, origin);
        };
        if self.state.ssm_is_partial && !known.contains_key(name) {
            return self.unknown(Residual::SsmParameter { parameter, name }, origin);
        }
        let Some(stored) = known.get(name) else {
            let reported = self
                .problems
                .0
                .iter()
                .any(|problem| problem.rule == "no-ssm-parameter" && problem.message.contains(&format!("`{parameter}`")));
            let is_secret = self.parameters.parameters.get(parameter).is_some_and(|parameter| parameter.declaration.no_echo);
            let shown = if is_secret { MASKED } else { name };
            if !reported {
                let span = self.template.parameters.get(parameter).map_or(origin.span, |entry| entry.name_span);
                self.problems.push(
                    Diagnostic::error(
                        "no-ssm-parameter",
                        format!("parameter `{parameter}` refers to an SSM parameter that does not exist: `{shown}`"),
                    )
                    .at(self.template.source, span, "")
                    .with_aws_message(format!("Parameter {parameter} should either have input value or default value")),
                );
            }
            return self.unevaluated(origin);
        };
        let stored = stored.get("Value").unwrap_or(stored);
        match self.external(stored, origin) {
            Value { kind: ValueKind::String(text), .. } if list => self.list_of(text, origin),
            Value { kind: ValueKind::Number(text), .. } => Value::new(ValueKind::String(text), origin),
            value => value,
        }
    }
}
