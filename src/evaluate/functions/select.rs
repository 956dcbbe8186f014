//! `Fn::Select`: one item of a list.

use crate::evaluate::evaluator::Evaluator;
use crate::evaluate::value::{Residual, Value, ValueKind};
use crate::template::Node;

const WORDING: &str = "Template error: Fn::Select requires a list argument with two elements: an integer index and a list";

impl<'a> Evaluator<'_, 'a> {
    pub(in crate::evaluate) fn select(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Value<'a> {
        let Some([index, list]) = Self::operands(operand, 2..=2) else {
            return self.bad_select(node, operand, "`Fn::Select` takes an index and a list".to_owned());
        };
        let (index_value, list_value) = (self.operand(index), self.operand(list));
        if index_value.is_unknown() || list_value.is_unknown() {
            return self.unselected(node, index_value, list_value);
        }
        let Some(text) = index_value.text() else {
            return self.bad_select(node, index, "the index of `Fn::Select` must be a number".to_owned());
        };
        let ValueKind::List(items) = list_value.kind else {
            return self.bad_select(node, list, "the second operand of `Fn::Select` must be a list".to_owned());
        };
        let Ok(position) = text.trim().parse::<usize>() else {
            return self.bad_select(node, index, format!("`{}` is not a list index", self.shown(index, text)));
        };
        // If an earlier item may be absent, the item at the index is unknown.
        if items.iter().take(position.saturating_add(1)).any(Value::may_vanish) {
            return self.unselected(node, index_value, list_value);
        }
        match items.get(position) {
            Some(item) if !matches!(item.kind, ValueKind::Null) => {
                Value::new(item.kind, if item.is_unknown() { item.origin } else { node })
            }
            _ if self.rests_on_assumed(operand, "index of `Fn::Select`") => self.unselected(node, index_value, list_value),
            _ => {
                // Source: https://github.com/F5Networks/f5-aws-cloudformation/issues/80
                let position = position.to_string();
                let (position, count) = (self.shown(index, &position), items.len().to_string());
                let count = self.shown(list, &count);
                let aws = format!("Template error: Fn::Select cannot select nonexistent value at index {position}");
                self.problem("select-out-of-range", operand, format!("index {position} is out of range: the list has {count} items"), aws);
                self.unevaluated(node)
            }
        }
    }

    fn unselected(&mut self, node: &'a Node<'a>, index: Value<'a>, list: Value<'a>) -> Value<'a> {
        self.unknown(Residual::Select(self.arena.alloc(index), self.arena.alloc(list)), node)
    }

    fn bad_select(&mut self, node: &'a Node<'a>, place: &'a Node<'a>, message: String) -> Value<'a> {
        self.problem("select-operands", place, message, WORDING);
        self.unevaluated(node)
    }
}
