//! `Fn::ImportValue`: the value of another stack's export.

use crate::diagnostic::Diagnostic;
use crate::evaluate::evaluator::{Block, Evaluator};
use crate::evaluate::value::{Residual, Value};
use crate::template::Node;

impl<'a> Evaluator<'_, 'a> {
    pub(in crate::evaluate) fn import_value(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Value<'a> {
        if self.block == Block::Conditions {
            self.problem(
                "import-in-condition",
                node,
                "a condition cannot import values",
                "Template error: Cannot use Fn::ImportValue in Conditions.",
            );
            return self.unevaluated(node);
        }
        let name = self.operand(operand);
        if let Some(text) = name.text() {
            if let Some(value) = self.state.exports.get(text) {
                return self.external(value, node);
            }
            if !self.state.exports.is_empty() {
                let (subject, text) = (self.subject, self.shown(operand, text));
                self.warnings.push(
                    Diagnostic::warning("no-export", format!("no stack is known to export `{text}`"))
                        .at(self.template.source, operand.span, "")
                        .with_aws_message(format!(
                            "[WARN] --include-property-values option can return incomplete ChangeSet data because: ChangeSet creation failed for resource [{subject}] because: No export named {text} found"
                        )),
                );
            }
        } else if !name.is_unknown() {
            let aws = "Template error: every Fn::ImportValue object must have a String-typed value.";
            self.problem("import-operand", operand, "`Fn::ImportValue` takes the name of an export", aws);
            return self.unevaluated(node);
        }
        self.unknown(Residual::ImportValue(self.arena.alloc(name)), node)
    }
}
