//! Evaluation in part: resolves what the parameters determine and keeps everything else as an expression.
//!
//! A plan assumes what it does not know, such as the zones of a region. Here nothing is assumed: a parameter or pseudo parameter without a
//! value, zones, resources and other stacks stay in the expressions, so that these mean the same in every account.

use super::conditions::equal;
use super::evaluator::{Block, Evaluator};
use super::value::{Residual, Value, ValueKind};
use super::{ConditionValue, Named, Output, Resource, State, expand};
use crate::diagnostic::Diagnostics;
use crate::parameters::ParameterSet;
use crate::template::{Arena, Entry, Intrinsic, Kind, Node, Template};

/// What is left of a template after evaluation with the parameters that have values.
#[derive(Debug)]
pub struct Reduced<'a> {
    /// The conditions that are neither true nor false, each with the rest of its expression.
    pub conditions: Named<'a, Value<'a>>,
    /// The rules that the parameters do not decide.
    pub rules: Vec<ReducedRule<'a>>,
    /// The resources that exist or may exist.
    pub resources: Named<'a, Resource<'a>>,
    /// The outputs that exist or may exist, with the values as the template has them.
    pub outputs: Named<'a, Output<'a>>,
    /// Warnings of the evaluation.
    pub warnings: Diagnostics,
}

/// The rest of a rule.
#[derive(Clone, Debug)]
pub struct ReducedRule<'a> {
    /// The rule in the template.
    pub entry: Entry<'a>,
    /// `RuleCondition`, unless it is absent or true.
    pub condition: Option<Value<'a>>,
    /// `Assert` of each assertion that may fail, with the assertion in the template. `None`: it is false.
    pub assertions: Vec<(Option<Value<'a>>, &'a Node<'a>)>,
}

/// A boolean expression after evaluation.
enum Folded<'a> {
    Known(bool),
    Open(Value<'a>),
}

/// Evaluates a template as far as the parameters with values and the pseudo parameters in `state` determine it.
///
/// A parameter without a value stays in the expressions. `state` should hold nothing but pseudo parameters.
///
/// # Errors
///
/// Returns every problem found, as [`evaluate`](super::evaluate) does.
pub fn reduce<'a>(
    template: &'a Template<'a>,
    parameters: &'a ParameterSet<'a>,
    state: &'a State,
    arena: &'a Arena,
) -> Result<Reduced<'a>, Diagnostics> {
    let (expanded, secret_texts) = expand(template, parameters, state, arena)?.unzip();
    let mut evaluator = Evaluator::new(expanded.as_ref().unwrap_or(template), parameters, state, arena);
    evaluator.secret_texts = secret_texts.unwrap_or_default();
    evaluator.keeps_deployment_values = true;
    evaluator.whole_transforms();
    evaluator.warnings.0.extend(template.number_warnings());
    evaluator.all_rules();
    evaluator.all_conditions();
    let resources = evaluator.all_resources();
    let outputs = evaluator.written_outputs();
    evaluator.all_dependencies();
    let (conditions, rules) =
        if evaluator.problems.has_errors() { Default::default() } else { (evaluator.open_conditions(), evaluator.open_rules()) };
    let (problems, warnings) = evaluator.finish();
    problems.into_result(Reduced { conditions, rules, resources, outputs, warnings })
}

impl<'a> Evaluator<'_, 'a> {
    /// Returns the outputs whose condition is not false, without the values that the finished stack would return.
    fn written_outputs(&mut self) -> Named<'a, Output<'a>> {
        let template = self.template;
        self.block = Block::Outputs;
        let mut outputs = Named::with_capacity_and_hasher(template.outputs.len(), rustc_hash::FxBuildHasher);
        for entry in &template.outputs {
            self.subject = entry.name;
            if let Some(output) = self.output(entry) {
                outputs.insert(entry.name, output);
            }
        }
        outputs
    }

    fn open_conditions(&mut self) -> Named<'a, Value<'a>> {
        let template = self.template;
        self.block = Block::Conditions;
        let mut open = Named::default();
        for entry in template.conditions.iter().filter(|entry| !entry.name.starts_with("Fn::")) {
            if let Folded::Open(value) = self.fold(entry.body) {
                open.insert(entry.name, value);
            }
        }
        open
    }

    fn open_rules(&mut self) -> Vec<ReducedRule<'a>> {
        let template = self.template;
        self.block = Block::Conditions;
        self.in_rules = true;
        let rules =
            template.rules.iter().filter(|entry| !entry.name.starts_with("Fn::")).filter_map(|entry| self.open_rule(entry)).collect();
        self.in_rules = false;
        rules
    }

    fn open_rule(&mut self, entry: &Entry<'a>) -> Option<ReducedRule<'a>> {
        let condition = match entry.body.get("RuleCondition").map(|condition| self.fold(condition)) {
            Some(Folded::Known(false)) => return None,
            Some(Folded::Open(value)) => Some(value),
            Some(Folded::Known(true)) | None => None,
        };
        let mut assertions = Vec::new();
        for assertion in entry.body.get("Assertions").map(Node::items).unwrap_or_default() {
            match assertion.get("Assert").map(|assert| self.fold(assert)) {
                Some(Folded::Open(value)) => assertions.push((Some(value), assertion)),
                Some(Folded::Known(false)) => assertions.push((None, assertion)),
                Some(Folded::Known(true)) | None => {}
            }
        }
        (!assertions.is_empty()).then_some(ReducedRule { entry: *entry, condition, assertions })
    }

    /// Evaluates a boolean expression and returns what is left of it.
    fn fold(&mut self, node: &'a Node<'a>) -> Folded<'a> {
        match Intrinsic::of_condition(node) {
            Some(Intrinsic::Condition(operand)) => match operand.as_str().map(|name| (name, self.condition(name, operand.span))) {
                Some((name, Some(ConditionValue::Unknown) | None)) => {
                    self.open_function("Condition", Value::new(ValueKind::String(name), operand), node)
                }
                Some((_, Some(ConditionValue::Known(value)))) => Folded::Known(value),
                None => Folded::Open(self.unevaluated(node)),
            },
            Some(Intrinsic::And(operand)) => self.fold_all(node, operand, "Fn::And", false),
            Some(Intrinsic::Or(operand)) => self.fold_all(node, operand, "Fn::Or", true),
            Some(Intrinsic::Not(operand)) => match operand.items().first().map(|only| self.fold(only)) {
                Some(Folded::Known(value)) => Folded::Known(!value),
                Some(Folded::Open(value)) => self.open_list("Fn::Not", &[value], node),
                None => Folded::Open(self.unevaluated(node)),
            },
            Some(Intrinsic::Equals(operand)) => {
                let values: Vec<Value<'a>> = operand.items().iter().map(|operand| self.operand(operand)).collect();
                match values.as_slice() {
                    [a, b] => match equal(a, b) {
                        ConditionValue::Known(value) => Folded::Known(value),
                        ConditionValue::Unknown => self.open_list("Fn::Equals", &values, node),
                    },
                    _ => Folded::Open(self.unevaluated(node)),
                }
            }
            Some(Intrinsic::Rule(name, operand)) => match self.truth(node) {
                ConditionValue::Known(value) => Folded::Known(value),
                ConditionValue::Unknown => {
                    let operands: Vec<Value<'a>> = operand.items().iter().map(|operand| self.rule_rest(operand)).collect();
                    self.open_list(name, &operands, node)
                }
            },
            _ => match self.truth(node) {
                ConditionValue::Known(value) => Folded::Known(value),
                ConditionValue::Unknown => Folded::Open(self.operand(node)),
            },
        }
    }

    /// Folds `Fn::And` or `Fn::Or`; `decisive` is the operand value that decides the result.
    fn fold_all(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>, name: &'static str, decisive: bool) -> Folded<'a> {
        let mut open = Vec::new();
        for one in operand.items() {
            match self.fold(one) {
                Folded::Known(value) if value == decisive => return Folded::Known(decisive),
                Folded::Known(_) => {}
                Folded::Open(value) => open.push(value),
            }
        }
        match open.as_slice() {
            [] => Folded::Known(!decisive),
            [only] => Folded::Open(*only),
            _ => self.open_list(name, &open, node),
        }
    }

    /// Returns the rest of an operand of a rule's function. The functions that depend on the account stay as written: they name parameters.
    fn rule_rest(&mut self, node: &'a Node<'a>) -> Value<'a> {
        match (Intrinsic::of(node), node.kind) {
            (Some(Intrinsic::Rule(..)), _) => self.unevaluated(node),
            (None, Kind::Array(items)) => {
                let items: Vec<Value<'a>> = items.iter().map(|item| self.rule_rest(item)).collect();
                Value::new(ValueKind::List(self.arena.slice(&items)), node)
            }
            _ => self.operand(node),
        }
    }

    fn open_list(&self, name: &'a str, operands: &[Value<'a>], node: &'a Node<'a>) -> Folded<'a> {
        self.open_function(name, Value::new(ValueKind::List(self.arena.slice(operands)), node), node)
    }

    fn open_function(&self, name: &'a str, operand: Value<'a>, node: &'a Node<'a>) -> Folded<'a> {
        Folded::Open(self.unknown(Residual::Function(name, self.arena.alloc(operand)), node))
    }
}
