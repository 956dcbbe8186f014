//! Searches for parameter values that satisfy a set of clauses, or shows that no candidate values do.
//!
//! The search is exact over the candidates of [`Variables`](super::variables::Variables). It assigns one parameter at a time, only
//! parameters on which the clauses still depend, and ends a branch when the result is decided. The first candidate of each parameter is
//! its current value, so that a solution changes as few current values as possible.

use rustc_hash::FxHashMap;

use super::clause::{Clause, Literal};
use super::formula::{Formula, Formulas};
use super::propagation::contradicts;

/// The index of each assigned parameter with the index of its candidate.
pub(super) type Assignment = Vec<(usize, usize)>;

/// The values that a search can assign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Freedom {
    /// Parameters keep their current values; parameters without one can have any candidate.
    InForce,
    /// Any value that the template allows.
    Any,
}

/// Maximum number of assignments in one search; beyond it the result is unknown.
const MAX_CHOICES: usize = 20_000;

/// A solution that changes more current values than this is not minimized.
const MOST_CHANGES: usize = 5;

/// Maximum number of assignments for one template; a real rack requires a few thousand.
const MAX_CHOICES_IN_ALL: usize = 400_000;

/// Maximum number of expressions that are evaluated for one template; a long chain of conditions requires many for each assignment.
const MAX_STEPS_IN_ALL: usize = 20_000_000;

/// Maximum size of the results of comparisons that are kept, one byte each; others are evaluated again.
const MAX_TABLE_BYTES: usize = 16 * 1024 * 1024;

/// How many evaluations a comparison of two texts counts as.
const STEPS_OF_COMPARISON: usize = 50;

/// Maximum number of clauses of one search.
const MAX_CLAUSES: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Truth {
    True,
    False,
    /// Depends on this variable.
    Open(usize),
    /// CloudFormation would reject the template with these values for another reason.
    Broken,
}

/// A solver for a template's conditions with memoized results.
#[derive(Debug)]
pub(super) struct Solver<'a> {
    pub(super) formulas: Formulas<'a>,
    /// The result of each atom by the candidates of its variables: not evaluated, false, true, invalid.
    tables: Vec<Vec<u8>>,
    /// The result of each condition that was computed from the current assignment.
    known: Vec<Option<Truth>>,
    users: Users,
    /// Remaining assignments.
    left: usize,
    /// Remaining evaluations of an expression.
    steps: usize,
    answers: FxHashMap<(Vec<Clause>, Freedom), Answer>,
    /// Whether a search reached its limit.
    pub(super) gave_up: bool,
}

/// The result of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// These values satisfy the clauses.
    Found(Assignment),
    /// No candidates satisfy the clauses.
    Never,
    /// The search reached its limit.
    GaveUp,
}

impl Answer {
    /// Returns the solution, if there is one.
    pub(super) fn found(self) -> Option<Assignment> {
        match self {
            Self::Found(assignment) => Some(assignment),
            Self::Never | Self::GaveUp => None,
        }
    }
}

impl<'a> Solver<'a> {
    pub(super) fn new(formulas: Formulas<'a>) -> Self {
        let size = |variables: &[usize]| {
            variables.iter().fold(1_usize, |size, variable| size.saturating_mul(formulas.variables.all[*variable].candidates.len()))
        };
        let mut left = MAX_TABLE_BYTES;
        let mut table = |variables: &[usize]| {
            let size = Some(size(variables)).filter(|size| *size <= (1 << 16).min(left)).unwrap_or(0);
            left -= size;
            vec![0; size]
        };
        let tables = formulas.atoms.iter().map(|atom| table(&atom.variables)).collect();
        let known = vec![None; formulas.conditions.len()];
        let users = Users::of(&formulas);
        Self {
            formulas,
            tables,
            known,
            users,
            left: MAX_CHOICES_IN_ALL,
            steps: MAX_STEPS_IN_ALL,
            answers: FxHashMap::default(),
            gave_up: false,
        }
    }

    /// Returns values that satisfy every clause and, unless they are the current values, every rule of the template.
    pub(super) fn satisfy(&mut self, mut clauses: Vec<Clause>, freedom: Freedom) -> Answer {
        if clauses.len() > MAX_CLAUSES {
            self.gave_up = true;
            return Answer::GaveUp;
        }
        for clause in &mut clauses {
            clause.sort_unstable();
            clause.dedup();
        }
        clauses.sort_unstable();
        clauses.dedup();
        let contradiction = |clause: &Clause| matches!(clause.as_slice(), [only] if clauses.contains(&vec![only.negated()]));
        if clauses.iter().any(|clause| clause.is_empty() || contradiction(clause)) {
            return Answer::Never;
        }
        if clauses.is_empty() {
            return Answer::Found(Assignment::new());
        }
        let key = (clauses, freedom);
        if let Some(answer) = self.answers.get(&key) {
            return answer.clone();
        }
        let answer = if contradicts(&self.formulas.conditions, &key.0) { Answer::Never } else { self.ask(&key.0, freedom, usize::MAX) };
        self.gave_up |= answer == Answer::GaveUp;
        self.answers.insert(key, answer.clone());
        answer
    }

    /// Returns the solution that changes the fewest current values.
    pub(super) fn nearest(&mut self, clauses: &[Clause], found: Assignment) -> Assignment {
        let changed = found.iter().filter(|choice| self.strays(**choice)).count();
        let fewer = (1..changed.min(MOST_CHANGES)).find_map(|changes| self.ask(clauses, Freedom::Any, changes).found());
        fewer.unwrap_or(found)
    }

    /// Returns whether a candidate differs from the current value.
    fn strays(&self, (variable, candidate): (usize, usize)) -> bool {
        candidate != 0 || !self.formulas.variables.all[variable].in_force
    }

    fn ask(&mut self, clauses: &[Clause], freedom: Freedom, changes: usize) -> Answer {
        let allowed = if self.steps == 0 { 0 } else { MAX_CHOICES.min(self.left) };
        // Each search looks at every parameter once.
        self.steps = self.steps.saturating_sub(self.formulas.variables.all.len());
        let chosen = vec![None; self.formulas.variables.all.len()];
        let mut search = Search { chosen, order: Vec::new(), left: allowed, changes, gave_up: false };
        let is_found = self.search(clauses, freedom, &mut search);
        self.left -= allowed - search.left;
        for (variable, _) in &search.order {
            self.users.forget(*variable, &mut self.known);
        }
        if is_found {
            let kept = search.order.iter().filter_map(|(variable, matters)| {
                let choice = (*variable, search.chosen[*variable]?);
                (*matters || self.strays(choice)).then_some(choice)
            });
            let mut assignment: Assignment = kept.collect();
            assignment.sort_unstable();
            Answer::Found(assignment)
        } else if search.gave_up {
            Answer::GaveUp
        } else {
            Answer::Never
        }
    }

    fn search(&mut self, clauses: &[Clause], freedom: Freedom, search: &mut Search) -> bool {
        let Self { formulas, tables, known, steps, .. } = self;
        let mut decide = Decide { formulas, tables, known, chosen: &search.chosen, steps };
        let rules = if freedom == Freedom::Any { decide.rules() } else { Truth::True };
        let (variable, matters) = match (decide.clauses(clauses), rules) {
            (Truth::False | Truth::Broken, _) | (_, Truth::False) => return false,
            (Truth::Open(variable), _) => (variable, true),
            // A parameter of a rule is part of the assignment only if its current value violates the rule.
            (Truth::True, Truth::Open(variable)) => (variable, false),
            (Truth::True, _) => return true,
        };
        let kept = freedom == Freedom::InForce && self.formulas.variables.all[variable].in_force;
        let candidates = if kept { 1 } else { self.formulas.variables.all[variable].candidates.len() };
        search.order.push((variable, matters));
        for candidate in 0..candidates {
            let strays = usize::from(self.strays((variable, candidate)));
            if strays > search.changes {
                continue;
            }
            if search.left == 0 || self.steps == 0 {
                search.gave_up = true;
                break;
            }
            search.left -= 1;
            search.changes -= strays;
            self.choose(variable, Some(candidate), search);
            if self.search(clauses, freedom, search) {
                return true;
            }
            search.changes += strays;
        }
        self.choose(variable, None, search);
        search.order.pop();
        false
    }

    fn choose(&mut self, variable: usize, candidate: Option<usize>, search: &mut Search) {
        search.chosen[variable] = candidate;
        self.users.forget(variable, &mut self.known);
    }
}

/// The conditions that use each variable and each condition directly.
///
/// Thousands of searches ask about the same conditions, and each choice changes the result of few of them: the others are kept.
#[derive(Debug)]
struct Users {
    of_variables: Vec<Vec<usize>>,
    of_conditions: Vec<Vec<usize>>,
}

impl Users {
    fn of(formulas: &Formulas<'_>) -> Self {
        let mut users = Self {
            of_variables: vec![Vec::new(); formulas.variables.all.len()],
            of_conditions: vec![Vec::new(); formulas.conditions.len()],
        };
        for (condition, formula) in formulas.conditions.iter().enumerate() {
            let mut parts = vec![formula];
            while let Some(part) = parts.pop() {
                match part {
                    Formula::Atom(atom) => {
                        formulas.atoms[*atom].variables.iter().for_each(|variable| users.of_variables[*variable].push(condition))
                    }
                    Formula::Condition(used) => users.of_conditions[*used].push(condition),
                    Formula::Not(operand) => parts.push(operand),
                    Formula::And(operands) | Formula::Or(operands) => parts.extend(operands),
                    Formula::Undecidable => {}
                }
            }
        }
        users
    }

    /// Forgets the results that were computed from the value of a variable.
    ///
    /// A condition without a result ends the walk: what was computed since does not rest on it.
    fn forget(&self, variable: usize, known: &mut [Option<Truth>]) {
        let mut open: Vec<usize> = Vec::new();
        let mut next = self.of_variables[variable].as_slice();
        loop {
            for condition in next {
                if known[*condition].take().is_some() {
                    open.push(*condition);
                }
            }
            let Some(condition) = open.pop() else { return };
            next = &self.of_conditions[condition];
        }
    }
}

/// Evaluates formulas for a partial assignment.
struct Decide<'s, 'a> {
    formulas: &'s Formulas<'a>,
    tables: &'s mut [Vec<u8>],
    known: &'s mut [Option<Truth>],
    chosen: &'s [Option<usize>],
    /// Remaining evaluations of an expression.
    steps: &'s mut usize,
}

impl Decide<'_, '_> {
    fn clauses(&mut self, clauses: &[Clause]) -> Truth {
        all(clauses, |clause| any(clause, |literal| self.literal(*literal)))
    }

    /// Evaluates the template's rules; a rule that cannot be evaluated counts as satisfied.
    fn rules(&mut self) -> Truth {
        let formulas = self.formulas;
        all(&formulas.rules, |rule| match self.formula(rule) {
            Truth::Broken => Truth::True,
            truth => truth,
        })
    }

    fn literal(&mut self, literal: Literal) -> Truth {
        let chosen = |variable: usize, wanted: bool, candidate: usize| {
            self.chosen[variable].map_or(Truth::Open(variable), |chosen| truth((chosen == candidate) == wanted))
        };
        match literal {
            Literal::Condition(condition, true) => self.condition(condition),
            Literal::Condition(condition, false) => not(self.condition(condition)),
            Literal::Value(variable, candidate) => chosen(variable, true, candidate),
            Literal::NotValue(variable, candidate) => chosen(variable, false, candidate),
        }
    }

    fn condition(&mut self, condition: usize) -> Truth {
        if let Some(truth) = self.known[condition] {
            return truth;
        }
        // CloudFormation rejects a condition in a cycle.
        self.known[condition] = Some(Truth::Broken);
        let formulas = self.formulas;
        let truth = self.formula(&formulas.conditions[condition]);
        self.known[condition] = Some(truth);
        truth
    }

    fn formula(&mut self, formula: &Formula) -> Truth {
        *self.steps = self.steps.saturating_sub(1);
        match formula {
            Formula::Atom(atom) => self.atom(*atom),
            Formula::Condition(condition) => self.condition(*condition),
            Formula::Not(operand) => not(self.formula(operand)),
            Formula::And(operands) => all(operands, |operand| self.formula(operand)),
            Formula::Or(operands) => any(operands, |operand| self.formula(operand)),
            Formula::Undecidable => Truth::Broken,
        }
    }

    fn atom(&mut self, atom: usize) -> Truth {
        let mut place = 0;
        for variable in &self.formulas.atoms[atom].variables {
            let Some(candidate) = self.chosen[*variable] else { return Truth::Open(*variable) };
            place = place * self.formulas.variables.all[*variable].candidates.len() + candidate;
        }
        let known = self.tables[atom].get(place).copied().unwrap_or(0);
        let value = if known > 0 {
            known
        } else {
            *self.steps = self.steps.saturating_sub(STEPS_OF_COMPARISON);
            self.formulas.holds(atom, self.chosen).map_or(3, |holds| 1 + u8::from(holds))
        };
        if let Some(entry) = self.tables[atom].get_mut(place) {
            *entry = value;
        }
        match value {
            1 => Truth::False,
            2 => Truth::True,
            _ => Truth::Broken,
        }
    }
}

struct Search {
    chosen: Vec<Option<usize>>,
    /// The assigned parameters in order, and whether the clauses depend on them.
    order: Vec<(usize, bool)>,
    left: usize,
    /// The number of further parameters whose current value can change.
    changes: usize,
    gave_up: bool,
}

fn truth(holds: bool) -> Truth {
    if holds { Truth::True } else { Truth::False }
}

fn not(truth: Truth) -> Truth {
    match truth {
        Truth::True => Truth::False,
        Truth::False => Truth::True,
        other => other,
    }
}

fn all<T>(operands: &[T], truth: impl FnMut(&T) -> Truth) -> Truth {
    fold(operands, Truth::False, Truth::True, truth)
}

fn any<T>(operands: &[T], truth: impl FnMut(&T) -> Truth) -> Truth {
    fold(operands, Truth::True, Truth::False, truth)
}

/// Returns `settles` if one operand has this result, else a variable on which an operand depends, else `otherwise`.
fn fold<T>(operands: &[T], settles: Truth, otherwise: Truth, mut truth: impl FnMut(&T) -> Truth) -> Truth {
    let mut result = otherwise;
    for operand in operands {
        match truth(operand) {
            truth if truth == settles => return settles,
            Truth::Broken => return Truth::Broken,
            Truth::Open(variable) if result == otherwise => result = Truth::Open(variable),
            _ => {}
        }
    }
    result
}
