//! Counterfactual evaluation: the value that an expression would have if one parameter or one condition were different.

use super::evaluator::{Block, Evaluator};
use super::{ConditionValue, Evaluation, Value};
use crate::template::{Arena, Node};

/// One input of an evaluation, with another value than the evaluation has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Assumption<'a> {
    /// A parameter with this text, or with a text that only the deployed stack has. Conditions that depend on it are evaluated again.
    Parameter(&'a str, Option<&'a str>),
    /// A condition with this value. Other conditions that depend on it are evaluated again.
    Condition(&'a str, ConditionValue),
}

/// Evaluates expressions of an evaluated template under an [`Assumption`].
///
/// Each condition is evaluated at most once, and only if an expression needs it.
pub(crate) struct Counterfactual<'t, 'a> {
    evaluator: Evaluator<'t, 'a>,
}

impl<'t, 'a> Counterfactual<'t, 'a> {
    /// Returns an evaluation of the same template that differs in one input.
    pub(crate) fn new(evaluation: &'t Evaluation<'a>, assumption: Assumption<'a>, arena: &'a Arena) -> Self {
        let mut evaluator = Evaluator::new(evaluation.sections(), evaluation.parameters, evaluation.state, arena);
        evaluator.block = Block::Resources;
        match assumption {
            Assumption::Parameter(name, text) => evaluator.assumed_parameter = Some((name, text)),
            Assumption::Condition(name, value) => evaluator.assume_condition(name, value),
        }
        Self { evaluator }
    }

    /// Returns the value of an expression; `None` is `AWS::NoValue`.
    pub(crate) fn value(&mut self, node: &'a Node<'a>) -> Option<Value<'a>> {
        let value = self.evaluator.value(node);
        self.evaluator.discard_findings();
        value
    }

    /// Returns the value of a condition, or `None` if the template has none of that name.
    pub(crate) fn condition(&mut self, name: &str) -> Option<ConditionValue> {
        let value = self.evaluator.condition(name, crate::diagnostic::Span::default());
        self.evaluator.discard_findings();
        value
    }
}
