//! Assignments that the template's own `Rules` reject: nobody can deploy them, so what breaks only under them is no problem.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html>

use super::formula::{Concrete, Formulas};
use super::solver::Assignment;
use crate::template::{Node, Template};

/// Tells whether a rule rejects an assignment, whatever the parameters are that it leaves open.
pub(super) fn reject<'a>(template: &Template<'a>, formulas: &Formulas<'a>, assignment: &Assignment) -> bool {
    let mut chosen = vec![None; formulas.variables.all.len()];
    for (variable, candidate) in assignment {
        chosen[*variable] = Some(*candidate);
    }
    let rules = Rules { formulas, chosen };
    template.rules.iter().any(|rule| {
        let applies = rule.body.get("RuleCondition").is_none_or(|condition| rules.truth(condition) == Some(true));
        let assertions = rule.body.get("Assertions").map(|assertions| assertions.items()).unwrap_or_default();
        applies && assertions.iter().filter_map(|assertion| assertion.get("Assert")).any(|assert| rules.truth(assert) == Some(false))
    })
}

struct Rules<'f, 'a> {
    formulas: &'f Formulas<'a>,
    chosen: Vec<Option<usize>>,
}

impl<'a> Rules<'_, 'a> {
    /// Returns whether a rule function holds; `None` when that hangs on what is open, or is not told here.
    fn truth(&self, node: &'a Node<'a>) -> Option<bool> {
        let [member] = node.members() else { return None };
        let operands = member.value.items();
        match (member.key, operands) {
            ("Fn::Equals", [a, b]) => Some(self.value(a)? == self.value(b)?),
            ("Fn::Not", [operand]) => self.truth(operand).map(|holds| !holds),
            ("Fn::And", _) => self.each(operands, false),
            ("Fn::Or", _) => self.each(operands, true),
            ("Fn::Contains", [list, item]) => match (self.value(list)?, self.value(item)?) {
                (Concrete::List(items), Concrete::Text(item)) => Some(items.contains(&item)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns `settles` when one operand is that, the opposite when every one is.
    fn each(&self, operands: &'a [Node<'a>], settles: bool) -> Option<bool> {
        let truths: Vec<Option<bool>> = operands.iter().map(|operand| self.truth(operand)).collect();
        if truths.contains(&Some(settles)) {
            return Some(settles);
        }
        truths.iter().all(Option::is_some).then_some(!settles)
    }

    fn value(&self, node: &'a Node<'a>) -> Option<Concrete> {
        self.formulas.value(node, &self.chosen)
    }
}
