//! `Fn::Join`: joins strings with a delimiter.

use crate::diagnostic::Diagnostic;
use crate::evaluate::evaluator::Evaluator;
use crate::evaluate::text::Text;
use crate::evaluate::value::{Residual, Value, ValueKind};
use crate::template::{Kind, Node};

const WORDING: &str = "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined \
                       or a function that returns a list of strings (such as Fn::GetAZs) to be joined.";

impl<'a> Evaluator<'_, 'a> {
    pub(in crate::evaluate) fn join(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Value<'a> {
        let Some([delimiter, list]) = Self::operands(operand, 2..=2) else {
            return self.bad_join(node, operand);
        };
        let Some(text) = self.operand(delimiter).text() else {
            return self.bad_join(node, delimiter);
        };
        if !matches!(list.kind, Kind::Array(_) | Kind::Object(_)) {
            return self.bad_join(node, list);
        }
        let value = self.operand(list);
        match value.kind {
            ValueKind::List(items) => self.join_items(node, list, text, items),
            ValueKind::Unknown(residual) => {
                if matches!(residual, Residual::Split(..)) {
                    self.warn_incomplete(list);
                }
                self.unknown(Residual::Join(text, self.arena.alloc(value)), node)
            }
            _ => self.bad_join(node, list),
        }
    }

    fn join_items(&mut self, node: &'a Node<'a>, list: &'a Node<'a>, delimiter: &'a str, items: &'a [Value<'a>]) -> Value<'a> {
        if items.iter().any(Value::may_vanish) {
            let value = Value::new(ValueKind::List(items), list);
            return self.unknown(Residual::Join(delimiter, self.arena.alloc(value)), node);
        }
        let mut built = Text::new(self.arena, node);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                built.push_str(delimiter);
            }
            if built.is_too_long() {
                break;
            }
            if !built.push(*item) {
                return self.bad_join(node, item.origin);
            }
        }
        self.finish_text(built, node)
    }

    fn bad_join(&mut self, node: &'a Node<'a>, place: &'a Node<'a>) -> Value<'a> {
        self.problem("join-operands", place, "`Fn::Join` takes a delimiter and a list of strings", WORDING);
        self.unevaluated(node)
    }

    /// Warns that CloudFormation cannot split an unknown value: the change set completes, with this as its status reason.
    fn warn_incomplete(&mut self, place: &Node<'_>) {
        let subject = self.subject;
        self.warnings.push(
            Diagnostic::warning("incomplete-change-set", format!("`Fn::Join` in `{subject}` splits a string that is not known before deployment"))
                .at(self.template.source, place.span, "")
                .with_aws_message(format!(
                    "[WARN] --include-property-values option can return incomplete ChangeSet data because: ChangeSet creation failed for resource [{subject}] because: {WORDING}"
                )),
        );
    }
}
