//! `Rules`: assertions about parameters.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html>

use super::ConditionValue;
use super::evaluator::{Block, Evaluator};
use crate::diagnostic::Diagnostic;
use crate::parameters::collect_names;
use crate::template::{Entry, Kind, Node};

impl<'a> Evaluator<'_, 'a> {
    /// Checks every assertion of every rule whose condition is not false. An assertion that depends on unknown values passes.
    pub(super) fn all_rules(&mut self) {
        self.block = Block::Conditions;
        self.in_rules = true;
        let template = self.template;
        for entry in template.rules.iter().filter(|entry| !entry.name.starts_with("Fn::")) {
            self.rule(entry);
        }
        self.in_rules = false;
    }

    fn rule(&mut self, entry: &Entry<'a>) {
        let body = entry.body;
        let mut is_unknown = false;
        if let Some(condition) = body.get("RuleCondition") {
            match self.truth(condition) {
                ConditionValue::Known(false) => return,
                ConditionValue::Known(true) => {}
                ConditionValue::Unknown => is_unknown = true,
            }
        }
        let Some(assertions) = body.get("Assertions") else {
            self.malformed(entry, body, "has no `Assertions`");
            return;
        };
        let Kind::Array(assertions) = assertions.kind else {
            self.malformed(entry, assertions, "must have a list of `Assertions`");
            return;
        };
        for assertion in assertions {
            let Some(assert) = assertion.get("Assert") else {
                self.malformed(entry, assertion, "has an assertion without `Assert`");
                continue;
            };
            if self.truth(assert) == ConditionValue::Known(false) && !is_unknown {
                self.report_assertion(entry, assertion, assert);
            }
        }
    }

    fn report_assertion(&mut self, entry: &Entry<'a>, assertion: &'a Node<'a>, assert: &'a Node<'a>) {
        let description = assertion.get("AssertDescription").and_then(Node::as_str);
        let what = description.map_or_else(|| "an assertion failed".to_owned(), str::to_owned);
        let name = entry.name;
        let mut diagnostic = Diagnostic::error("rule-failed", format!("rule `{name}` rejects these parameters: {what}")).at(
            self.template.source,
            assert.span,
            "",
        );
        if entry.body.get("RuleCondition").is_some() {
            diagnostic = diagnostic.at(self.template.source, entry.name_span, "its condition is true");
        }
        let mut names = Vec::new();
        collect_names(assert, &mut names);
        if let Some(condition) = entry.body.get("RuleCondition") {
            collect_names(condition, &mut names);
        }
        self.problems.push(self.parameters.point_at(diagnostic, &names, self.template));
    }

    fn malformed(&mut self, entry: &Entry<'a>, node: &Node<'_>, message: &str) {
        let diagnostic =
            Diagnostic::error("rule-shape", format!("rule `{}` {message}", entry.name)).at(self.template.source, node.span, "");
        self.problems.push(diagnostic);
    }
}
