//! `Fn::Sub`: substitutes variables in a string.

use crate::evaluate::evaluator::Evaluator;
use crate::evaluate::text::Text;
use crate::evaluate::value::{Value, ValueKind};
use crate::template::{Kind, LazyKeys, Node, Sub, SubPart, sub_parts};

const ARGUMENTS: &str = "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first \
                         argument, and an optional second argument to specify a mapping of values to replace in the string";
const NAMES: &str =
    "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons";
/// Also for a value that is `AWS::NoValue`, observed in <https://github.com/localstack/localstack/pull/13000>.
const MAP: &str =
    "Template error: every value of the context object of every Fn::Sub object must be a string or a function that returns a string";

impl<'a> Evaluator<'_, 'a> {
    pub(in crate::evaluate) fn sub(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Value<'a> {
        let Sub { text: template, variables: map } = Sub::of(operand);
        let variables: &[_] = match map.map(|map| map.kind) {
            None => &[],
            Some(Kind::Object(members)) => members,
            Some(_) => return self.bad_arguments(node, operand),
        };
        let Some(text) = template.as_str() else {
            return self.bad_arguments(node, operand);
        };
        // Like CloudFormation, every variable is evaluated, used or not.
        let mut values: Vec<(&'a str, Value<'a>)> = Vec::with_capacity(variables.len());
        for member in variables {
            let value = self.value(&member.value);
            match value.filter(|value| value.text().is_some() || value.is_unknown()) {
                Some(value) => values.push((member.key, value)),
                None => {
                    let must = if value.is_none() { "must not be `AWS::NoValue`" } else { "must be a string" };
                    self.problem("sub-map", &member.value, format!("the value of `{}` {must}", member.key), MAP);
                    values.push((member.key, self.unevaluated(&member.value)));
                }
            }
        }
        let mut by_name = LazyKeys::default();
        let mut built = Text::new(self.arena, node);
        for part in sub_parts(text) {
            if built.is_too_long() {
                break;
            }
            match part {
                SubPart::Text(text) => built.push_str(text),
                SubPart::Variable(name) => {
                    let value = match by_name.get(&values, name, |(key, _)| key) {
                        Some((_, value)) => *value,
                        None => self.variable(name, node, template),
                    };
                    if !built.push(value) {
                        self.problem(
                            "sub-not-a-string",
                            template,
                            format!("`${{{name}}}` is {}, but `Fn::Sub` requires a string", kind(&value)),
                            format!("Template error: variable {name} in Fn::Sub expression does not resolve to a string"),
                        );
                    }
                }
            }
        }
        self.finish_text(built, node)
    }

    fn bad_arguments(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Value<'a> {
        self.problem("sub-operands", operand, "`Fn::Sub` takes a string, or a list of a string and a map", ARGUMENTS);
        self.unevaluated(node)
    }

    fn variable(&mut self, name: &'a str, origin: &'a Node<'a>, template: &'a Node<'a>) -> Value<'a> {
        let well_formed = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':'));
        if !well_formed {
            self.problem(
                "sub-variable",
                template,
                format!("`${{{name}}}` is not a valid variable of `Fn::Sub`; write `${{!{name}}}` for the literal text"),
                NAMES,
            );
            return self.unevaluated(origin);
        }
        if name == "AWS::NoValue" {
            return Value::new(ValueKind::String(""), origin);
        }
        match name.split_once('.') {
            Some((resource, attribute)) => self.attribute_value(resource, attribute, origin, template.span, true),
            None => self.named_value(name, origin, template.span),
        }
    }
}

fn kind(value: &Value<'_>) -> &'static str {
    match value.kind {
        ValueKind::List(_) => "a list",
        ValueKind::Map(_) => "a map",
        _ => "not a string",
    }
}
