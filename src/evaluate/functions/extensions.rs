//! `Fn::Length` and `Fn::ToJsonString`, which require the language extensions.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html>

use crate::evaluate::evaluator::Evaluator;
use crate::evaluate::text::MOST_BYTES;
use crate::evaluate::value::{Residual, Value, ValueKind};
use crate::template::{Kind, Node};

/// A text that refuses to become longer than the limit.
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_BYTES {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

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
            // Each level of quoting doubles the backslashes, so nested calls grow exponentially.
            let mut text = Bounded(Vec::new());
            if serde_json::to_writer(&mut text, &value).is_err() {
                return self.too_long(node);
            }
            let text = String::from_utf8(text.0).unwrap_or_default();
            return if self.is_spent(text.len(), node) { self.unevaluated(node) } else { self.string(&text, node) };
        }
        self.unknown(Residual::Function("Fn::ToJsonString", self.arena.alloc(value)), node)
    }
}
