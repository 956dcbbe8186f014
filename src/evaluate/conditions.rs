//! Conditions: true, false, or unknown because they depend on a value known only to AWS.

use super::evaluator::{Block, Evaluator, Progress};
use super::value::{Value, ValueKind};
use super::{ConditionValue, Named};
use crate::diagnostic::{Diagnostic, Span};
use crate::template::{Intrinsic, Kind, Node};
use crate::text::MOST_SUGGESTIONS;

/// Conditions that refer to each other in a longer chain than this are refused, because the stack is limited.
const LONGEST_CHAIN: usize = 100;

const OPERANDS_OF_AND_OR: std::ops::RangeInclusive<usize> = 2..=10;

impl<'a> Evaluator<'_, 'a> {
    /// Evaluates every condition, so that every problem is reported.
    pub(super) fn all_conditions(&mut self) -> Named<'a, ConditionValue> {
        let template = self.template;
        let mut conditions = Named::with_capacity_and_hasher(template.conditions.len(), rustc_hash::FxBuildHasher);
        for (position, entry) in template.conditions.iter().enumerate() {
            if entry.name.starts_with("Fn::") {
                continue;
            }
            conditions.insert(entry.name, self.condition_at(position, entry.name_span));
        }
        conditions
    }

    /// Returns the value of a condition, or `None` if the template does not declare it.
    pub(super) fn condition(&mut self, name: &str, used_at: Span) -> Option<ConditionValue> {
        let position = self.template.conditions.position(name)?;
        Some(self.condition_at(position, used_at))
    }

    /// Gives a condition a value, in place of evaluating it.
    pub(super) fn assume_condition(&mut self, name: &str, value: ConditionValue) {
        if let Some(progress) = self.template.conditions.position(name).and_then(|position| self.progress.get_mut(position)) {
            *progress = Progress::Done(value);
        }
    }

    fn condition_at(&mut self, position: usize, used_at: Span) -> ConditionValue {
        match self.progress.get(position) {
            Some(Progress::Done(value)) => return *value,
            Some(Progress::New) => {}
            _ => {
                self.report_cycle(position, used_at);
                return ConditionValue::Unknown;
            }
        }
        let Some(entry) = self.template.conditions.iter().nth(position) else {
            return ConditionValue::Unknown;
        };
        if self.condition_path.len() >= LONGEST_CHAIN {
            let message = format!("more than {LONGEST_CHAIN} conditions refer to each other in a chain");
            self.problems.push(Diagnostic::error("too-long", message).at(self.template.source, used_at, ""));
            return ConditionValue::Unknown;
        }
        let body = entry.body;
        self.progress[position] = Progress::Running;
        self.condition_path.push(position);
        let block = std::mem::replace(&mut self.block, Block::Conditions);
        let in_rules = std::mem::replace(&mut self.in_rules, false);
        let value = self.root_truth(body);
        self.in_rules = in_rules;
        self.block = block;
        self.condition_path.pop();
        self.progress[position] = Progress::Done(value);
        value
    }

    fn report_cycle(&mut self, position: usize, used_at: Span) {
        let start = self.condition_path.iter().position(|one| *one == position).unwrap_or(0);
        let names: Vec<&str> = self.condition_path[start..]
            .iter()
            .filter_map(|one| self.template.conditions.iter().nth(*one))
            .map(|entry| entry.name)
            .collect();
        let path = names.iter().chain(names.first()).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" -> ");
        self.problems.push(
            Diagnostic::error("circular-condition", format!("circular dependency between conditions: {path}"))
                .at(self.template.source, used_at, "")
                .with_aws_message(format!("Template format error: Circular dependency between conditions: [{}]", names.join(", "))),
        );
    }

    /// Evaluates the body of a condition, which must be a function: CloudFormation refuses text such as `"true"`.
    fn root_truth(&mut self, node: &'a Node<'a>) -> ConditionValue {
        match Intrinsic::of_condition(node) {
            None | Some(Intrinsic::Ref(_) | Intrinsic::Sub(_) | Intrinsic::Join(_) | Intrinsic::Select(_) | Intrinsic::Split(_)) => {
                self.not_boolean(node)
            }
            Some(_) => self.truth(node),
        }
    }

    /// Evaluates a boolean expression.
    pub(super) fn truth(&mut self, node: &'a Node<'a>) -> ConditionValue {
        let function = Intrinsic::of_condition(node);
        if let Some(function) = function
            && !matches!(function, Intrinsic::Condition(_))
            && self.is_misused(node, function)
        {
            return ConditionValue::Unknown;
        }
        match function {
            Some(Intrinsic::Condition(operand)) => self.named(operand),
            Some(Intrinsic::And(operand)) => self.any_or_all(operand, "Fn::And", false),
            Some(Intrinsic::Or(operand)) => self.any_or_all(operand, "Fn::Or", true),
            Some(Intrinsic::Not(operand)) => {
                let aws = "Template error: every Fn::Not object requires one boolean parameter.";
                let Some([only]) = Self::operands(operand, 1..=1) else {
                    self.problem("not-operands", operand, "`Fn::Not` takes a list of one condition", aws);
                    return ConditionValue::Unknown;
                };
                match self.operand_truth(only, aws) {
                    ConditionValue::Known(value) => ConditionValue::Known(!value),
                    ConditionValue::Unknown => ConditionValue::Unknown,
                }
            }
            Some(Intrinsic::Equals(operand)) => {
                let Some([a, b]) = Self::operands(operand, 2..=2) else {
                    self.problem(
                        "equals-operands",
                        operand,
                        "`Fn::Equals` takes a list of two values",
                        "Template error: every Fn::Equals object requires a list of 2 string parameters.",
                    );
                    return ConditionValue::Unknown;
                };
                let values = [a, b].map(|operand| (operand, self.operand(operand)));
                for (operand, value) in &values {
                    if matches!(value.kind, ValueKind::List(_) | ValueKind::Map(_) | ValueKind::Null) {
                        let aws = "Template error: every Fn::Equals object requires a list of 2 string parameters.";
                        self.problem("equals-operands", operand, "`Fn::Equals` compares two strings, and this is a list or a map", aws);
                        return ConditionValue::Unknown;
                    }
                }
                equal(&values[0].1, &values[1].1)
            }
            Some(Intrinsic::Rule(name, operand)) => self.rule_function(node, name, operand),
            _ => self.other_truth(node),
        }
    }

    /// Evaluates a literal, or a function that is not boolean but may return `true`, such as `Fn::FindInMap`.
    fn other_truth(&mut self, node: &'a Node<'a>) -> ConditionValue {
        let is_function = Intrinsic::of(node).is_some();
        match self.value(node) {
            Some(value) if value.is_unknown() => ConditionValue::Unknown,
            Some(value) => match value.text() {
                Some("true") => ConditionValue::Known(true),
                Some("false") => ConditionValue::Known(false),
                _ => self.not_boolean(node),
            },
            None if is_function => ConditionValue::Unknown,
            None => self.not_boolean(node),
        }
    }

    /// Evaluates an operand of `Fn::And`, `Fn::Or` or `Fn::Not`. For an operand that is not a condition, CloudFormation reports `aws`, the
    /// same message as for too few operands.
    fn operand_truth(&mut self, node: &'a Node<'a>, aws: &str) -> ConditionValue {
        let may_be_one = matches!(node.kind, Kind::Object(_)) || matches!(node.scalar(), Some("true" | "false"));
        if may_be_one || self.macros {
            return self.truth(node);
        }
        self.problem("not-a-condition", node, format!("expected a condition function, found {}", node.kind_name()), aws);
        ConditionValue::Unknown
    }

    fn not_boolean(&mut self, node: &'a Node<'a>) -> ConditionValue {
        if !self.macros {
            self.problem(
                "not-a-condition",
                node,
                format!("expected a condition function, found {}", node.kind_name()),
                "Template format error: Conditions can only be boolean operations on parameters and other conditions",
            );
        }
        ConditionValue::Unknown
    }

    fn named(&mut self, operand: &'a Node<'a>) -> ConditionValue {
        let Some(name) = operand.as_str() else {
            self.problem(
                "condition-name",
                operand,
                "`Condition` takes a condition's name",
                "Template format error: Every Condition member must be a string.",
            );
            return ConditionValue::Unknown;
        };
        match self.condition(name, operand.span) {
            Some(value) => value,
            None => {
                self.unresolved_condition(
                    name,
                    operand.span,
                    "Template format error: Unresolved condition dependency {} in the Conditions block of the template",
                );
                ConditionValue::Unknown
            }
        }
    }

    /// Returns the name and value of the `Condition` of a resource or an output in `section`. An undeclared one is reported and unknown.
    pub(super) fn own_condition(&mut self, body: &'a Node<'a>, section: &str) -> Option<(&'a str, ConditionValue)> {
        let node = body.get("Condition")?;
        let Some(name) = node.as_str() else {
            let aws = "Template format error: Every Condition member must be a string.";
            self.problem("condition-name", node, "`Condition` takes a condition's name", aws);
            return None;
        };
        let value = self.condition(name, node.span);
        if value.is_none() {
            let aws = format!("Template format error: Unresolved condition dependency {{}} in the {section} block of the template");
            self.unresolved_condition(name, node.span, &aws);
        }
        Some((name, value.unwrap_or(ConditionValue::Unknown)))
    }

    /// Reports an undeclared condition. `{}` in CloudFormation's message stands for its name.
    pub(super) fn unresolved_condition(&mut self, name: &str, span: Span, aws: &str) {
        if self.macros {
            return;
        }
        let is_looked_up = self.problems.0.len() < MOST_SUGGESTIONS;
        let names = self.template.conditions.iter().map(|entry| entry.name);
        let diagnostic = Diagnostic::error("unresolved-condition", format!("the template has no condition `{name}`"))
            .at(self.template.source, span, "")
            .with_aws_message(aws.replace("{}", name))
            .suggesting(name, names.filter(|_| is_looked_up));
        self.problems.push(diagnostic);
    }

    /// Evaluates `Fn::And` or `Fn::Or`. `decisive` is the operand value that decides the result: `true` for `Fn::Or`. Every operand is
    /// evaluated, so that every problem is reported.
    fn any_or_all(&mut self, operand: &'a Node<'a>, name: &str, decisive: bool) -> ConditionValue {
        let aws = format!("Template error: every {name} object requires a list of at least 2 and at most 10 boolean parameters.");
        let Some(operands) = Self::operands(operand, OPERANDS_OF_AND_OR) else {
            let message = match operand.kind {
                Kind::Array(items) => format!("`{name}` takes two to ten conditions, not {}", items.len()),
                _ => format!("`{name}` takes a list of two to ten conditions"),
            };
            self.problem("and-or-operands", operand, message, aws);
            return ConditionValue::Unknown;
        };
        let mut whole = ConditionValue::Known(!decisive);
        for one in operands {
            match self.operand_truth(one, &aws) {
                ConditionValue::Known(value) if value == decisive => whole = ConditionValue::Known(decisive),
                ConditionValue::Unknown if whole == ConditionValue::Known(!decisive) => whole = ConditionValue::Unknown,
                _ => {}
            }
        }
        whole
    }
}

/// Compares two values. Two unknown values with the same expression are equal; any other comparison with an unknown value is unknown.
pub(super) fn equal(a: &Value<'_>, b: &Value<'_>) -> ConditionValue {
    if a.same(b) {
        ConditionValue::Known(true)
    } else if a.is_known() && b.is_known() {
        ConditionValue::Known(false)
    } else {
        ConditionValue::Unknown
    }
}
