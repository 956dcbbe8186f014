//! Shows that clauses contradict each other without assigning a parameter.
//!
//! A required condition requires its parts: a true `Fn::And` each operand, a false `Fn::Or` none. If these requirements decide another
//! required condition the other way, no values satisfy the clauses. A search finds the same, after it has tried every combination of the
//! parameters that the clauses mention.

use rustc_hash::FxHashMap;

use super::clause::{Clause, Literal};
use super::formula::Formula;

/// What must hold, and has been followed to its parts.
struct Required<'f> {
    conditions: &'f [Formula],
    of_conditions: FxHashMap<usize, bool>,
    of_atoms: FxHashMap<usize, bool>,
}

/// Marks a condition whose value is being derived; one in a cycle has none.
const IN_PROGRESS: Option<bool> = None;

/// Returns whether clauses certainly contradict each other.
pub(super) fn contradicts(conditions: &[Formula], clauses: &[Clause]) -> bool {
    let mut required = Required { conditions, of_conditions: FxHashMap::default(), of_atoms: FxHashMap::default() };
    let alone = clauses.iter().filter_map(|clause| match clause.as_slice() {
        [Literal::Condition(condition, holds)] => Some((*condition, *holds)),
        _ => None,
    });
    if alone.into_iter().any(|(condition, holds)| !required.condition(condition, holds)) {
        return true;
    }
    let mut derived = FxHashMap::default();
    required.of_conditions.iter().any(|(condition, holds)| required.derive(&conditions[*condition], &mut derived) == Some(!holds))
        || clauses.iter().any(|clause| clause.iter().all(|literal| required.excludes(*literal, &mut derived)))
}

impl Required<'_> {
    /// Requires a condition; returns whether that is possible so far.
    fn condition(&mut self, condition: usize, holds: bool) -> bool {
        match self.of_conditions.insert(condition, holds) {
            Some(before) => before == holds,
            None => {
                let conditions = self.conditions;
                self.formula(&conditions[condition], holds)
            }
        }
    }

    fn formula(&mut self, formula: &Formula, holds: bool) -> bool {
        match formula {
            Formula::Atom(atom) => self.of_atoms.insert(*atom, holds).is_none_or(|before| before == holds),
            Formula::Condition(condition) => self.condition(*condition, holds),
            Formula::Not(operand) => self.formula(operand, !holds),
            Formula::And(operands) if holds => operands.iter().all(|operand| self.formula(operand, true)),
            Formula::Or(operands) if !holds => operands.iter().all(|operand| self.formula(operand, false)),
            Formula::And(_) | Formula::Or(_) => true,
            // CloudFormation refuses it, so no values satisfy it.
            Formula::Undecidable => false,
        }
    }

    /// Returns what the requirements make of a formula; `None` if they leave it open.
    ///
    /// A part that CloudFormation refuses has neither value, which contradicts a requirement, too.
    fn derive(&self, formula: &Formula, derived: &mut FxHashMap<usize, Option<bool>>) -> Option<bool> {
        match formula {
            Formula::Atom(atom) => self.of_atoms.get(atom).copied(),
            Formula::Condition(condition) => self.derive_condition(*condition, derived),
            Formula::Not(operand) => self.derive(operand, derived).map(|holds| !holds),
            Formula::And(operands) => self.settle(operands, false, derived),
            Formula::Or(operands) => self.settle(operands, true, derived),
            Formula::Undecidable => None,
        }
    }

    fn derive_condition(&self, condition: usize, derived: &mut FxHashMap<usize, Option<bool>>) -> Option<bool> {
        if let Some(holds) = self.of_conditions.get(&condition) {
            return Some(*holds);
        }
        if let Some(holds) = derived.get(&condition) {
            return *holds;
        }
        derived.insert(condition, IN_PROGRESS);
        let holds = self.derive(&self.conditions[condition], derived);
        derived.insert(condition, holds);
        holds
    }

    /// Returns `decisive` if one operand has it, its opposite if all have that, and `None` otherwise.
    fn settle(&self, operands: &[Formula], decisive: bool, derived: &mut FxHashMap<usize, Option<bool>>) -> Option<bool> {
        let mut is_open = false;
        for operand in operands {
            match self.derive(operand, derived) {
                Some(holds) if holds == decisive => return Some(decisive),
                Some(_) => {}
                None => is_open = true,
            }
        }
        (!is_open).then_some(!decisive)
    }

    fn excludes(&self, literal: Literal, derived: &mut FxHashMap<usize, Option<bool>>) -> bool {
        match literal {
            Literal::Condition(condition, holds) => self.derive_condition(condition, derived) == Some(!holds),
            Literal::Value(..) | Literal::NotValue(..) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ATOMS: usize = 4;

    /// Returns a formula over the atoms and the conditions before it.
    fn formula(conditions: usize) -> BoxedStrategy<Formula> {
        let leaf = prop_oneof![
            4 => (0..ATOMS).prop_map(Formula::Atom),
            3 => (0..conditions.max(1)).prop_map(move |index| if conditions == 0 { Formula::Atom(0) } else { Formula::Condition(index) }),
            1 => Just(()).prop_map(|()| Formula::Undecidable),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|operand| Formula::Not(Box::new(operand))),
                prop::collection::vec(inner.clone(), 1..4).prop_map(Formula::And),
                prop::collection::vec(inner, 1..4).prop_map(Formula::Or),
            ]
        })
        .boxed()
    }

    fn conditions() -> impl Strategy<Value = Vec<Formula>> {
        (formula(0), formula(1), formula(2), formula(3), formula(4)).prop_map(|(a, b, c, d, e)| vec![a, b, c, d, e])
    }

    /// Evaluates as CloudFormation does; `None` if it refuses the formula.
    fn holds(formula: &Formula, conditions: &[Formula], atoms: usize) -> Option<bool> {
        let settle = |operands: &[Formula], decisive: bool| {
            for operand in operands {
                if holds(operand, conditions, atoms)? == decisive {
                    return Some(decisive);
                }
            }
            Some(!decisive)
        };
        match formula {
            Formula::Atom(atom) => Some(atoms >> atom & 1 == 1),
            Formula::Condition(condition) => holds(&conditions[*condition], conditions, atoms),
            Formula::Not(operand) => holds(operand, conditions, atoms).map(|holds| !holds),
            Formula::And(operands) => settle(operands, false),
            Formula::Or(operands) => settle(operands, true),
            Formula::Undecidable => None,
        }
    }

    proptest! {
        #[test]
        fn clauses_that_can_be_satisfied_do_not_contradict_each_other(
            conditions in conditions(),
            clauses in prop::collection::vec(prop::collection::vec((0..5_usize, any::<bool>()), 1..3), 1..5),
        ) {
            let is_satisfied = |atoms: usize| {
                clauses.iter().all(|clause| clause.iter().any(|(index, wanted)| holds(&conditions[*index], &conditions, atoms) == Some(*wanted)))
            };
            let literals = |clause: &Vec<(usize, bool)>| clause.iter().map(|(index, wanted)| Literal::Condition(*index, *wanted)).collect();
            let as_literals: Vec<Clause> = clauses.iter().map(literals).collect();
            if contradicts(&conditions, &as_literals) {
                prop_assert!(!(0..1 << ATOMS).any(is_satisfied));
            }
        }
    }

    #[test]
    fn a_condition_contradicts_the_denial_of_what_it_implies() {
        let (private, high) = (Formula::Atom(0), Formula::Atom(1));
        let both = Formula::And(vec![Formula::Condition(0), Formula::Condition(1)]);
        let either = Formula::Or(vec![Formula::Condition(0), Formula::Condition(1)]);
        let conditions = [private, high, both, either];
        let is_refused = |literals: &[(usize, bool)]| {
            let clauses: Vec<Clause> = literals.iter().map(|(index, holds)| vec![Literal::Condition(*index, *holds)]).collect();
            contradicts(&conditions, &clauses)
        };
        assert!(is_refused(&[(2, true), (3, false)]) && is_refused(&[(2, true), (0, false)]));
        assert!(is_refused(&[(0, true), (1, true), (2, false)]));
        assert!(!is_refused(&[(0, true), (2, false)]) && !is_refused(&[(3, true), (2, false)]));
    }
}
