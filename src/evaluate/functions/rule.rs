//! Functions that are available only in `Rules`.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html>

use crate::evaluate::ConditionValue;
use crate::evaluate::conditions::equal;
use crate::evaluate::evaluator::Evaluator;
use crate::evaluate::value::{Value, ValueKind};
use crate::template::Node;

impl<'a> Evaluator<'_, 'a> {
    /// Evaluates a rule function. `Fn::RefAll`, `Fn::ValueOf` and `Fn::ValueOfAll` depend on the account, so their results are unknown.
    pub(in crate::evaluate) fn rule_function(&mut self, node: &'a Node<'a>, name: &'a str, operand: &'a Node<'a>) -> ConditionValue {
        let operands = match (name, Self::operands(operand, 2..=2)) {
            ("Fn::RefAll" | "Fn::ValueOf" | "Fn::ValueOfAll", _) => return ConditionValue::Unknown,
            (_, Some(operands)) => operands,
            (_, None) => {
                let aws = format!("Template error: every {name} object requires two parameters");
                self.problem("rule-operands", node, format!("`{name}` takes two operands"), aws);
                return ConditionValue::Unknown;
            }
        };
        let (first, second) = (self.rule_operand(&operands[0]), self.rule_operand(&operands[1]));
        let (Some(first), Some(second)) = (first, second) else {
            return ConditionValue::Unknown;
        };
        match name {
            "Fn::Contains" => any(first.iter().map(|item| every_or_one(&second, |value| equal(item, value)))),
            "Fn::EachMemberEquals" => all(first.iter().map(|item| every_or_one(&second, |value| equal(item, value)))),
            _ => all(first.iter().map(|item| any(second.iter().map(|value| equal(item, value))))),
        }
    }

    /// Returns the strings of an operand, or `None` if they are unknown.
    fn rule_operand(&mut self, node: &'a Node<'a>) -> Option<Vec<Value<'a>>> {
        if matches!(crate::template::Intrinsic::of(node), Some(crate::template::Intrinsic::Rule(..))) {
            return None;
        }
        let value = self.operand(node);
        match value.kind {
            ValueKind::List(items) => Some(items.to_vec()),
            ValueKind::Unknown(_) => None,
            _ => Some(vec![value]),
        }
    }
}

fn every_or_one(values: &[Value<'_>], test: impl Fn(&Value<'_>) -> ConditionValue) -> ConditionValue {
    all(values.iter().map(test))
}

fn all(values: impl Iterator<Item = ConditionValue>) -> ConditionValue {
    let mut whole = ConditionValue::Known(true);
    for value in values {
        match value {
            ConditionValue::Known(false) => return value,
            ConditionValue::Unknown => whole = value,
            ConditionValue::Known(true) => {}
        }
    }
    whole
}

fn any(values: impl Iterator<Item = ConditionValue>) -> ConditionValue {
    let mut whole = ConditionValue::Known(false);
    for value in values {
        match value {
            ConditionValue::Known(true) => return value,
            ConditionValue::Unknown => whole = value,
            ConditionValue::Known(false) => {}
        }
    }
    whole
}
