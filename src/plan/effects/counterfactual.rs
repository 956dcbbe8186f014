//! Counterfactual tests: whether changing one parameter or condition alone changes a value.
//!
//! An input of the new template causes a change if the new template has another value with the input's old value, or if the old template
//! has another value with the input's new value. The second test finds causes that coincide: of two conditions that both became true,
//! neither alone makes a difference to `Fn::Or` of both in the new template, but each does in the old one.
//!
//! The cost is bounded. Each test evaluates one outermost expression, these do not overlap, and each of them is evaluated at most
//! [`MAX_TESTS`] times. The conditions of a template are evaluated at most [`MAX_ASSUMPTIONS`] times. Beyond these limits, an input that
//! an expression refers to and that changed counts as a cause.

use rustc_hash::FxHashMap;

use super::origin::Origin;
use crate::evaluate::{Assumption, ConditionValue, Counterfactual, Evaluation, Value};
use crate::plan::context::PlanningContext;
use crate::plan::values::MemberCache;
use crate::template::Node;

/// The most evaluations of one expression.
const MAX_TESTS: u32 = 32;

/// The most inputs whose other value is tested in one plan.
const MAX_ASSUMPTIONS: usize = 128;

/// An input of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Input<'a> {
    Parameter(&'a str),
    Condition(&'a str),
}

/// Which of the two templates is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Side {
    Old,
    New,
}

/// A value with its origin in one template.
#[derive(Clone, Copy)]
pub(super) struct Subject<'s, 'a> {
    pub(super) origin: Option<&'s Origin<'s, 'a>>,
    pub(super) value: Option<Value<'a>>,
}

/// Runs counterfactual tests, and keeps what they evaluated.
pub(super) struct Tests<'p, 'a> {
    context: PlanningContext<'p, 'a>,
    evaluations: FxHashMap<(Side, Input<'a>), Counterfactual<'p, 'a>>,
    values: FxHashMap<(*const Node<'a>, Side, Input<'a>), Option<Value<'a>>>,
    members: MemberCache<'a>,
    /// How often an expression was evaluated.
    counts: FxHashMap<*const Node<'a>, u32>,
}

impl<'p, 'a> Tests<'p, 'a> {
    pub(super) fn new(context: PlanningContext<'p, 'a>) -> Self {
        Self {
            context,
            evaluations: FxHashMap::default(),
            values: FxHashMap::default(),
            members: MemberCache::default(),
            counts: FxHashMap::default(),
        }
    }

    /// Returns whether an input causes the change from one value to another.
    pub(super) fn changes_value(&mut self, input: Input<'a>, old: Subject<'_, 'a>, new: Subject<'_, 'a>) -> bool {
        [(Side::New, new), (Side::Old, old)].into_iter().any(|(side, subject)| {
            let Some(origin) = subject.origin else { return false };
            let Some(assumption) = self.assumption(side, input) else { return false };
            let Some(value) = self.evaluate(side, input, assumption, origin.root) else { return true };
            let value = value.and_then(|value| self.members.at(value, &origin.path));
            match (value, subject.value) {
                (Some(assumed), Some(actual)) => !assumed.same(&actual),
                (None, None) => false,
                _ => true,
            }
        })
    }

    /// Returns whether an input causes a condition of the old and the new template, each by its name, to change.
    pub(super) fn changes_condition(&mut self, input: Input<'a>, old: Option<&'a str>, new: Option<&'a str>) -> bool {
        [(Side::New, new), (Side::Old, old)].into_iter().any(|(side, condition)| {
            let (Some(name), Some(evaluation)) = (condition, self.evaluation(side)) else { return false };
            let Some(assumption) = self.assumption(side, input) else { return false };
            let actual = evaluation.condition(name);
            match self.counterfactual(side, input, assumption) {
                Some(counterfactual) => counterfactual.condition(name) != actual,
                None => true,
            }
        })
    }

    /// Returns the old template without drift, or the new one.
    fn evaluation(&self, side: Side) -> Option<&'p Evaluation<'a>> {
        match side {
            Side::Old => self.context.drift.map(|drift| drift.previous).or(self.context.before),
            Side::New => Some(self.context.after),
        }
    }

    /// Returns the input with its value on the other side, or `None` if it has no other value there.
    ///
    /// A parameter that is new has its default as its old value: that is its value unless the request sets it.
    fn assumption(&self, side: Side, input: Input<'a>) -> Option<Assumption<'a>> {
        let before = self.context.before?;
        let after = self.context.after;
        match input {
            Input::Parameter(name) => {
                let old = before.parameters.parameters.get(name).map(|parameter| parameter.value.as_deref());
                let new = after.parameters.parameters.get(name)?;
                let text = match (side, old) {
                    (Side::New, Some(old)) => old,
                    (Side::New, None) => Some(new.declaration.default.as_deref()?),
                    (Side::Old, Some(_)) => new.value.as_deref(),
                    (Side::Old, None) => return None,
                };
                let actual = if side == Side::New { new.value.as_deref() } else { old.flatten() };
                (text != actual).then_some(Assumption::Parameter(name, text))
            }
            Input::Condition(name) => {
                let (old, new): (ConditionValue, ConditionValue) = (before.condition(name)?, after.condition(name)?);
                (old != new).then_some(Assumption::Condition(name, if side == Side::New { old } else { new }))
            }
        }
    }

    fn counterfactual(&mut self, side: Side, input: Input<'a>, assumption: Assumption<'a>) -> Option<&mut Counterfactual<'p, 'a>> {
        let evaluation = self.evaluation(side)?;
        if self.evaluations.len() >= MAX_ASSUMPTIONS && !self.evaluations.contains_key(&(side, input)) {
            return None;
        }
        let arena = self.context.arena;
        Some(self.evaluations.entry((side, input)).or_insert_with(|| Counterfactual::new(evaluation, assumption, arena)))
    }

    /// Returns the value of an expression under an assumption, or `None` beyond the limits.
    fn evaluate(&mut self, side: Side, input: Input<'a>, assumption: Assumption<'a>, node: &'a Node<'a>) -> Option<Option<Value<'a>>> {
        let key = (std::ptr::from_ref(node), side, input);
        if let Some(value) = self.values.get(&key) {
            return Some(*value);
        }
        let count = self.counts.entry(key.0).or_default();
        *count += 1;
        if *count > MAX_TESTS {
            return None;
        }
        let value = self.counterfactual(side, input, assumption)?.value(node);
        self.values.insert(key, value);
        Some(value)
    }
}
