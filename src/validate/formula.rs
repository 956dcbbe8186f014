//! Conditions as Boolean formulas over comparisons of concrete strings.

use rustc_hash::FxHashMap;

use super::variables::{Concrete, Variables};
use crate::template::{Intrinsic, Kind, Node, Sub, SubPart, Template, sub_parts};

/// Maximum depth when checking syntactically that a condition implies another; the solver decides the rest.
const IMPLICATION_STEPS: usize = 4;

/// A parsed condition.
#[derive(Debug)]
pub(super) enum Formula {
    /// A comparison, by the index of its atom.
    Atom(usize),
    /// Another condition, by its index.
    Condition(usize),
    /// `Fn::Not`.
    Not(Box<Formula>),
    /// `Fn::And`.
    And(Vec<Formula>),
    /// `Fn::Or`.
    Or(Vec<Formula>),
    /// An expression that cannot be evaluated, such as an unknown function.
    Undecidable,
}

/// One comparison and the parameters that it depends on.
#[derive(Debug)]
pub(super) struct Atom<'a> {
    comparison: Comparison,
    operands: (&'a Node<'a>, &'a Node<'a>),
    pub(super) variables: Vec<usize>,
}

/// The kind of a comparison; all but the first are valid only in `Rules`.
#[derive(Clone, Copy, Debug)]
enum Comparison {
    /// `Fn::Equals`.
    Equals,
    /// `Fn::Contains`: a list contains a string.
    Contains,
    /// `Fn::EachMemberEquals`: every item of a list equals a string.
    EachEquals,
    /// `Fn::EachMemberIn`: every item of a list is in another list.
    EachIn,
}

/// All conditions of a template.
#[derive(Debug)]
pub(super) struct Formulas<'a> {
    pub(super) conditions: Vec<Formula>,
    /// The template's `Rules`; CloudFormation refuses values that violate one.
    pub(super) rules: Vec<Formula>,
    pub(super) atoms: Vec<Atom<'a>>,
    pub(super) variables: Variables<'a>,
    mappings: FxHashMap<(&'a str, &'a str, &'a str), &'a Node<'a>>,
}

impl<'a> Formulas<'a> {
    pub(super) fn new(template: &Template<'a>, variables: Variables<'a>) -> Self {
        let mut formulas = Self { conditions: Vec::new(), rules: Vec::new(), atoms: Vec::new(), variables, mappings: FxHashMap::default() };
        for entry in &template.conditions {
            let formula = formulas.formula(template, entry.body);
            formulas.conditions.push(formula);
        }
        for entry in &template.rules {
            let rule = formulas.rule(template, entry.body);
            formulas.rules.extend(rule);
        }
        let used = formulas.atoms.iter().any(|atom| finds_in_map(atom.operands.0) || finds_in_map(atom.operands.1));
        for mapping in template.mappings.iter().filter(|_| used) {
            for top in mapping.body.members() {
                formulas.mappings.extend(top.value.members().iter().map(|second| ((mapping.name, top.key, second.key), &second.value)));
            }
        }
        formulas
    }

    fn formula(&mut self, template: &Template<'a>, node: &'a Node<'a>) -> Formula {
        let all =
            |formulas: &mut Self, operands: &'a Node<'a>| operands.items().iter().map(|item| formulas.formula(template, item)).collect();
        match Intrinsic::of_condition(node) {
            Some(Intrinsic::Equals(operands)) => self.atom(template, Comparison::Equals, operands),
            Some(Intrinsic::Rule("Fn::Contains", operands)) => self.atom(template, Comparison::Contains, operands),
            Some(Intrinsic::Rule("Fn::EachMemberEquals", operands)) => self.atom(template, Comparison::EachEquals, operands),
            Some(Intrinsic::Rule("Fn::EachMemberIn", operands)) => self.atom(template, Comparison::EachIn, operands),
            Some(Intrinsic::Condition(name)) => {
                name.as_str().and_then(|name| template.conditions.position(name)).map_or(Formula::Undecidable, Formula::Condition)
            }
            Some(Intrinsic::Not(operands)) => match operands.items() {
                [operand] => Formula::Not(Box::new(self.formula(template, operand))),
                _ => Formula::Undecidable,
            },
            Some(Intrinsic::And(operands)) => Formula::And(all(self, operands)),
            Some(Intrinsic::Or(operands)) => Formula::Or(all(self, operands)),
            _ => Formula::Undecidable,
        }
    }

    fn atom(&mut self, template: &Template<'a>, comparison: Comparison, operands: &'a Node<'a>) -> Formula {
        let [a, b] = operands.items() else { return Formula::Undecidable };
        let mut variables = Vec::new();
        self.variables.of_comparison(template, a, b, &mut variables);
        self.atoms.push(Atom { comparison, operands: (a, b), variables });
        Formula::Atom(self.atoms.len() - 1)
    }

    /// Returns the formula of a rule: its condition is false, or every assertion is true.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html>
    fn rule(&mut self, template: &Template<'a>, body: &'a Node<'a>) -> Option<Formula> {
        let assertions = body.get("Assertions")?.items().iter().filter_map(|assertion| assertion.get("Assert"));
        let asserted = Formula::And(assertions.map(|assert| self.formula(template, assert)).collect());
        Some(match body.get("RuleCondition") {
            Some(condition) => Formula::Or(vec![Formula::Not(Box::new(self.formula(template, condition))), asserted]),
            None => asserted,
        })
    }

    /// Returns true if a true condition implies another through `Fn::And`. A result of false proves nothing.
    pub(super) fn implies(&self, condition: usize, other: usize) -> bool {
        condition == other || self.shows(&self.conditions[condition], other, IMPLICATION_STEPS)
    }

    fn shows(&self, formula: &Formula, other: usize, steps: usize) -> bool {
        match formula {
            Formula::Condition(condition) => {
                *condition == other || (steps > 0 && self.shows(&self.conditions[*condition], other, steps - 1))
            }
            Formula::And(operands) => operands.iter().any(|operand| self.shows(operand, other, steps)),
            _ => false,
        }
    }

    /// Returns whether an atom is true for the chosen candidates; `None` if CloudFormation would reject the expression.
    pub(super) fn holds(&self, atom: usize, chosen: &[Option<usize>]) -> Option<bool> {
        let Atom { comparison, operands: (a, b), .. } = &self.atoms[atom];
        let (a, b) = (self.value(a, chosen)?, self.value(b, chosen)?);
        match (comparison, a, b) {
            (Comparison::Equals, a, b) => Some(a == b),
            (Comparison::Contains, Concrete::List(items), Concrete::Text(text)) => Some(items.contains(&text)),
            (Comparison::EachEquals, Concrete::List(items), Concrete::Text(text)) => Some(items.iter().all(|item| *item == text)),
            (Comparison::EachIn, Concrete::List(items), Concrete::List(all)) => Some(items.iter().all(|item| all.contains(item))),
            _ => None,
        }
    }

    /// Returns the result of an expression for the chosen candidates.
    pub(super) fn value(&self, node: &'a Node<'a>, chosen: &[Option<usize>]) -> Option<Concrete> {
        let text = |node: &'a Node<'a>| match self.value(node, chosen)? {
            Concrete::Text(text) => Some(text),
            Concrete::List(_) => None,
        };
        let list = |node: &'a Node<'a>| match self.value(node, chosen)? {
            Concrete::List(items) => Some(items),
            Concrete::Text(_) => None,
        };
        match Intrinsic::of(node) {
            Some(Intrinsic::Ref(name)) => self.variables.value(name.as_str()?, chosen),
            Some(Intrinsic::Join(operands)) => match operands.items() {
                [delimiter, items] => Some(Concrete::Text(list(items)?.join(&text(delimiter)?))),
                _ => None,
            },
            Some(Intrinsic::Split(operands)) => match operands.items() {
                [delimiter, whole] => Some(Concrete::List(text(whole)?.split(text(delimiter)?.as_str()).map(str::to_owned).collect())),
                _ => None,
            },
            Some(Intrinsic::Select(operands)) => match operands.items() {
                [index, items] => list(items)?.into_iter().nth(text(index)?.parse().ok()?).map(Concrete::Text),
                _ => None,
            },
            Some(Intrinsic::FindInMap(operands)) => match operands.items() {
                [map, top, second] => {
                    let found = self.mappings.get(&(text(map)?.as_str(), text(top)?.as_str(), text(second)?.as_str())).copied()?;
                    self.value(found, chosen)
                }
                _ => None,
            },
            Some(Intrinsic::Sub(operand)) => self.substitute(operand, chosen),
            Some(_) => None,
            None => match node.kind {
                Kind::Array(items) => items.iter().map(text).collect::<Option<Vec<_>>>().map(Concrete::List),
                _ => node.scalar().map(|text| Concrete::Text(text.to_owned())),
            },
        }
    }

    fn substitute(&self, operand: &'a Node<'a>, chosen: &[Option<usize>]) -> Option<Concrete> {
        let Sub { text: template, variables: own } = Sub::of(operand);
        let mut text = String::new();
        for part in sub_parts(template.as_str()?) {
            match part {
                SubPart::Text(part) => text.push_str(part),
                SubPart::Variable(name) => match own
                    .and_then(|own| own.get(name))
                    .map_or_else(|| self.variables.value(name, chosen), |own| self.value(own, chosen))?
                {
                    Concrete::Text(value) => text.push_str(&value),
                    Concrete::List(_) => return None,
                },
            }
        }
        Some(Concrete::Text(text))
    }
}

fn finds_in_map(node: &Node<'_>) -> bool {
    matches!(Intrinsic::of(node), Some(Intrinsic::FindInMap(_)))
        || node.members().iter().any(|member| finds_in_map(&member.value))
        || node.items().iter().any(finds_in_map)
}
