//! `Fn::Split`: splits a string at a delimiter.

use bumpalo::collections::Vec as ArenaVec;

use crate::evaluate::evaluator::Evaluator;
use crate::evaluate::value::{Residual, Value, ValueKind};
use crate::template::Node;

const WORDING: &str = "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a \
                       function that returns a string to be split.";

impl<'a> Evaluator<'_, 'a> {
    /// Splits a string. Every delimiter counts: `Fn::Split` of `"|a||b"` at `|` gives `["", "a", "", "b"]`.
    pub(in crate::evaluate) fn split(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Value<'a> {
        let Some([delimiter, source]) = Self::operands(operand, 2..=2) else {
            return self.bad_split(node, operand, "`Fn::Split` takes a delimiter and a string");
        };
        let Some(text) = self.operand(delimiter).text() else {
            return self.bad_split(node, delimiter, "the delimiter of `Fn::Split` must be a string");
        };
        if text.is_empty() {
            return self.bad_split(node, delimiter, "the delimiter of `Fn::Split` must not be empty");
        }
        let value = self.operand(source);
        if let Some(whole) = value.text() {
            let count = memchr::memmem::find_iter(whole.as_bytes(), text).count() + 1;
            if self.is_spent(count * size_of::<Value<'_>>() + whole.len(), node) {
                return self.unevaluated(node);
            }
            let mut items = ArenaVec::with_capacity_in(count, self.arena.bump());
            items.extend(whole.split(text).map(|item| Value::new(ValueKind::String(item), node)));
            return Value::new(ValueKind::List(items.into_bump_slice()), node);
        }
        if value.is_unknown() {
            return self.unknown(Residual::Split(text, self.arena.alloc(value)), node);
        }
        self.bad_split(node, source, "the second operand of `Fn::Split` must be a string")
    }

    fn bad_split(&mut self, node: &'a Node<'a>, place: &'a Node<'a>, message: &str) -> Value<'a> {
        self.problem("split-operands", place, message, WORDING);
        self.unevaluated(node)
    }
}
