//! `Fn::If`: chooses one of two values by a condition.

use crate::evaluate::ConditionValue;
use crate::evaluate::evaluator::Evaluator;
use crate::evaluate::value::{Residual, Value};
use crate::template::{Node, condition_name};

impl<'a> Evaluator<'_, 'a> {
    /// Evaluates only the branch that is taken, or both if the condition is unknown.
    pub(in crate::evaluate) fn choose(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Option<Value<'a>> {
        let Some([condition, yes, no]) = Self::operands(operand, 3..=3) else {
            let aws = "Template error: Fn::If requires a list argument with three elements";
            self.problem("if-operands", operand, "`Fn::If` takes a condition and two values", aws);
            return Some(self.unevaluated(node));
        };
        let Some(name) = condition_name(condition) else {
            let aws = "Template error: Fn::If requires a list argument with the first element being a condition";
            self.problem("if-operands", condition, "the first operand of `Fn::If` is the name of a condition", aws);
            return Some(self.unevaluated(node));
        };
        match self.condition(name, condition.span) {
            Some(ConditionValue::Known(true)) => {
                self.check_unvisited(no);
                self.value(yes)
            }
            Some(ConditionValue::Known(false)) => {
                self.check_unvisited(yes);
                self.value(no)
            }
            Some(ConditionValue::Unknown) => {
                let (yes, no) = (self.value(yes), self.value(no));
                match (yes, no) {
                    (None, None) => None,
                    (Some(yes), Some(no)) if yes.same(&no) => Some(yes),
                    (yes, no) => {
                        let keep = |value: Option<Value<'a>>| value.map(|value| self.arena.alloc(value));
                        let residual = Residual::If(name, keep(yes), keep(no));
                        Some(self.unknown(residual, node))
                    }
                }
            }
            None => {
                self.unresolved_condition(name, condition.span, "Template error: unresolved condition dependency {} in Fn::If");
                Some(self.unevaluated(node))
            }
        }
    }
}
