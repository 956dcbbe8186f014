//! `Fn::Base64`: encodes a string.

use base64::Engine as _;

use crate::evaluate::evaluator::Evaluator;
use crate::evaluate::value::{Residual, Value};
use crate::template::Node;

impl<'a> Evaluator<'_, 'a> {
    pub(in crate::evaluate) fn base64(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Value<'a> {
        let value = self.operand(operand);
        if let Some(text) = value.text() {
            if self.is_spent(text.len() / 3 * 4 + 4, node) {
                return self.unevaluated(node);
            }
            return self.string(&base64::engine::general_purpose::STANDARD.encode(text), node);
        }
        if value.is_unknown() {
            return self.unknown(Residual::Base64(self.arena.alloc(value)), node);
        }
        self.problem(
            "base64-operand",
            operand,
            "`Fn::Base64` takes a string",
            "Template error: every Fn::Base64 object must have a String-typed value.",
        );
        self.unevaluated(node)
    }
}
