//! `Fn::Length` and `Fn::ToJsonString`, which require the language extensions.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html>

use crate::evaluate::evaluator::Evaluator;
use crate::evaluate::text::MOST_BYTES;
use crate::evaluate::value::{Residual, Value, ValueKind};
use crate::template::{Kind, Node};

impl<'a> Evaluator<'_, 'a> {
    pub(in crate::evaluate) fn length(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Value<'a> {
        let value = self.operand(operand);
        match value.kind {
            ValueKind::List(items) if !items.iter().any(Value::may_vanish) => {
                Value::new(ValueKind::Number(self.arena.str(&items.len().to_string())), node)
            }
            ValueKind::List(_) | ValueKind::Unknown(_) => self.unknown(Residual::Function("Fn::Length", self.arena.alloc(value)), node),
            _ => {
                let aws = "Transform AWS::LanguageExtensions failed with: Fn::Length layout is incorrect.";
                self.problem("length-operand", operand, "`Fn::Length` takes a list", aws);
                self.unevaluated(node)
            }
        }
    }

    pub(in crate::evaluate) fn json_string(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Value<'a> {
        if !matches!(operand.kind, Kind::Array(_) | Kind::Object(_)) {
            let aws = "Transform AWS::LanguageExtensions failed with: Fn::ToJsonString layout is incorrect.";
            self.problem("to-json-string-operand", operand, "`Fn::ToJsonString` takes an object or a list", aws);
            return self.unevaluated(node);
        }
        let value = self.operand(operand);
        if value.is_known() {
            let text = value.to_json().to_string();
            // Each level of quoting doubles the backslashes, so nested calls grow exponentially.
            return if text.len() > MOST_BYTES { self.too_long(node) } else { self.string(&text, node) };
        }
        self.unknown(Residual::Function("Fn::ToJsonString", self.arena.alloc(value)), node)
    }
}
