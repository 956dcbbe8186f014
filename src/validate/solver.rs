//! Finds parameter values under which given things hold together, or shows that among the values that matter there are none.
//!
//! Exact over the candidates of [`Variables`](super::variables::Variables): parameters are chosen one at a time, only those that the
//! question still hangs on, and a choice that settles it either way ends the branch. The first candidate of each is the value in
//! force, so that an answer strays from it only where it must.

use rustc_hash::FxHashMap;

use super::formula::{Formula, Formulas};

/// One thing that must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Literal {
    /// A condition, by its number, is true or false.
    Condition(usize, bool),
    /// A parameter, by its number, has this one of its candidates.
    Value(usize, usize),
    /// A parameter does not have this one.
    NotValue(usize, usize),
}

impl Literal {
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Condition(condition, holds) => Self::Condition(condition, !holds),
            Self::Value(variable, candidate) => Self::NotValue(variable, candidate),
            Self::NotValue(variable, candidate) => Self::Value(variable, candidate),
        }
    }
}

/// Things of which at least one must hold.
pub(super) type Clause = Vec<Literal>;

/// Parameters by number, with the number of the candidate chosen for each.
pub(super) type Assignment = Vec<(usize, usize)>;

/// Which values may be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Freedom {
    /// Parameters keep the value in force; what has none is free.
    InForce,
    /// Any value that the template allows.
    Any,
}

/// Choices tried before a question is given up, as not answered.
const MAX_CHOICES: usize = 20_000;

/// An answer that strays from this many values in force is not made any nearer.
const MOST_CHANGES: usize = 5;

/// Choices tried for one template; a real rack takes a few thousand.
const MAX_CHOICES_IN_ALL: usize = 400_000;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Truth {
    True,
    False,
    /// Hangs on this variable.
    Open(usize),
    /// AWS would reject the template under these values for another reason.
    Broken,
}

/// Answers questions about a template's conditions and remembers the answers.
#[derive(Debug)]
pub(super) struct Solver<'a> {
    pub(super) formulas: Formulas<'a>,
    /// For each atom, by the candidates of its variables: not asked yet, false, true, broken.
    tables: Vec<Vec<u8>>,
    /// What each condition came to, and at which step of a search.
    known: Vec<(usize, Truth)>,
    step: usize,
    /// Choices that may still be tried.
    left: usize,
    answers: FxHashMap<(Vec<Clause>, Freedom), Answer>,
    /// Whether a question was given up.
    pub(super) gave_up: bool,
}

/// What a question comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// These values do it.
    Found(Assignment),
    /// None do.
    Never,
    /// Too many would have to be tried.
    GaveUp,
}

impl Answer {
    /// Returns the values that were found.
    pub(super) fn found(self) -> Option<Assignment> {
        match self {
            Self::Found(assignment) => Some(assignment),
            Self::Never | Self::GaveUp => None,
        }
    }
}

impl<'a> Solver<'a> {
    pub(super) fn new(formulas: Formulas<'a>) -> Self {
        let size =
            |variables: &[usize]| variables.iter().map(|variable| formulas.variables.all[*variable].candidates.len()).product::<usize>();
        let tables =
            formulas.atoms.iter().map(|atom| vec![0; Some(size(&atom.variables)).filter(|size| *size <= 1 << 16).unwrap_or(0)]).collect();
        let known = vec![(0, Truth::Broken); formulas.conditions.len()];
        Self { formulas, tables, known, step: 0, left: MAX_CHOICES_IN_ALL, answers: FxHashMap::default(), gave_up: false }
    }

    /// Returns values under which every clause and, unless they are those in force, every rule of the template holds.
    pub(super) fn satisfy(&mut self, mut clauses: Vec<Clause>, freedom: Freedom) -> Answer {
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
        let answer = self.ask(&key.0, freedom, usize::MAX);
        self.gave_up |= answer == Answer::GaveUp;
        self.answers.insert(key, answer.clone());
        answer
    }

    /// Returns the values that stray least from those in force, for clauses that some values make hold.
    pub(super) fn nearest(&mut self, clauses: &[Clause], found: Assignment) -> Assignment {
        let changed = found.iter().filter(|choice| self.strays(**choice)).count();
        let fewer = (1..changed.min(MOST_CHANGES)).find_map(|changes| self.ask(clauses, Freedom::Any, changes).found());
        fewer.unwrap_or(found)
    }

    /// Tells whether a choice is another value than the one in force.
    fn strays(&self, (variable, candidate): (usize, usize)) -> bool {
        candidate != 0 || !self.formulas.variables.all[variable].in_force
    }

    fn ask(&mut self, clauses: &[Clause], freedom: Freedom, changes: usize) -> Answer {
        let allowed = MAX_CHOICES.min(self.left);
        let chosen = vec![None; self.formulas.variables.all.len()];
        let mut search = Search { chosen, order: Vec::new(), left: allowed, changes, gave_up: false };
        let is_found = self.search(clauses, freedom, &mut search);
        self.left -= allowed - search.left;
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
        self.step += 1;
        let Self { formulas, tables, known, step, .. } = self;
        let mut decide = Decide { formulas, tables, known, step: *step, chosen: &search.chosen };
        let rules = if freedom == Freedom::Any { decide.rules() } else { Truth::True };
        let (variable, matters) = match (decide.clauses(clauses), rules) {
            (Truth::False | Truth::Broken, _) | (_, Truth::False) => return false,
            (Truth::Open(variable), _) => (variable, true),
            // What a rule hangs on is told only where its value in force will not do.
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
            if search.left == 0 {
                search.gave_up = true;
                break;
            }
            search.left -= 1;
            search.changes -= strays;
            search.chosen[variable] = Some(candidate);
            if self.search(clauses, freedom, search) {
                return true;
            }
            search.changes += strays;
        }
        search.chosen[variable] = None;
        search.order.pop();
        false
    }
}

/// Decides formulas under the candidates chosen so far.
struct Decide<'s, 'a> {
    formulas: &'s Formulas<'a>,
    tables: &'s mut [Vec<u8>],
    known: &'s mut [(usize, Truth)],
    step: usize,
    chosen: &'s [Option<usize>],
}

impl Decide<'_, '_> {
    fn clauses(&mut self, clauses: &[Clause]) -> Truth {
        all(clauses, |clause| any(clause, |literal| self.literal(*literal)))
    }

    /// Decides whether the template's rules let this pass; one that cannot be decided here does.
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
        if self.known[condition].0 == self.step {
            return self.known[condition].1;
        }
        // A condition that comes back to itself is broken, as AWS has it.
        self.known[condition] = (self.step, Truth::Broken);
        let formulas = self.formulas;
        let truth = self.formula(&formulas.conditions[condition]);
        self.known[condition].1 = truth;
        truth
    }

    fn formula(&mut self, formula: &Formula) -> Truth {
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
        let value = if known > 0 { known } else { self.formulas.holds(atom, self.chosen).map_or(3, |holds| 1 + u8::from(holds)) };
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
    /// Parameters in the order they were chosen, and whether the question itself hangs on them.
    order: Vec<(usize, bool)>,
    left: usize,
    /// How many more parameters may stray from the value in force.
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

/// Returns `settles` if one operand does, else what it hangs on, else `otherwise`.
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
