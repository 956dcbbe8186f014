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

/// Choices tried for one template; a real rack takes a few thousand.
const MAX_CHOICES_IN_ALL: usize = 400_000;

#[derive(Clone, Copy, PartialEq)]
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
    /// Choices that may still be tried.
    left: usize,
    answers: FxHashMap<(Vec<Clause>, Freedom), Option<Assignment>>,
}

impl<'a> Solver<'a> {
    pub(super) fn new(formulas: Formulas<'a>) -> Self {
        let size =
            |variables: &[usize]| variables.iter().map(|variable| formulas.variables.all[*variable].candidates.len()).product::<usize>();
        let tables =
            formulas.atoms.iter().map(|atom| vec![0; Some(size(&atom.variables)).filter(|size| *size <= 1 << 16).unwrap_or(0)]).collect();
        Self { formulas, tables, left: MAX_CHOICES_IN_ALL, answers: FxHashMap::default() }
    }

    /// Returns values under which every clause holds, or `None` when there are none.
    pub(super) fn satisfy(&mut self, mut clauses: Vec<Clause>, freedom: Freedom) -> Option<Assignment> {
        for clause in &mut clauses {
            clause.sort_unstable();
            clause.dedup();
        }
        clauses.sort_unstable();
        clauses.dedup();
        let contradiction = |clause: &Clause| matches!(clause.as_slice(), [only] if clauses.contains(&vec![only.negated()]));
        if clauses.iter().any(|clause| clause.is_empty() || contradiction(clause)) {
            return None;
        }
        if clauses.is_empty() {
            return Some(Assignment::new());
        }
        let key = (clauses, freedom);
        if let Some(answer) = self.answers.get(&key) {
            return answer.clone();
        }
        let mut search =
            Search { chosen: vec![None; self.formulas.variables.all.len()], order: Vec::new(), left: MAX_CHOICES.min(self.left) };
        let allowed = search.left;
        let answer = self
            .search(&key.0, freedom, &mut search)
            .then(|| search.order.iter().filter_map(|variable| Some((*variable, search.chosen[*variable]?))).collect::<Assignment>());
        self.left -= allowed - search.left;
        self.answers.insert(key, answer.clone());
        answer
    }

    fn search(&mut self, clauses: &[Clause], freedom: Freedom, search: &mut Search) -> bool {
        let mut decide = Decide { formulas: &self.formulas, tables: &mut self.tables, chosen: &search.chosen };
        let variable = match decide.clauses(clauses) {
            Truth::True => return true,
            Truth::False | Truth::Broken => return false,
            Truth::Open(variable) => variable,
        };
        let kept = freedom == Freedom::InForce && self.formulas.variables.all[variable].in_force;
        let candidates = if kept { 1 } else { self.formulas.variables.all[variable].candidates.len() };
        search.order.push(variable);
        for candidate in 0..candidates {
            if search.left == 0 {
                break;
            }
            search.left -= 1;
            search.chosen[variable] = Some(candidate);
            if self.search(clauses, freedom, search) {
                return true;
            }
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
    chosen: &'s [Option<usize>],
}

impl Decide<'_, '_> {
    fn clauses(&mut self, clauses: &[Clause]) -> Truth {
        all(clauses, |clause| any(clause, |literal| self.literal(*literal)))
    }

    fn literal(&mut self, literal: Literal) -> Truth {
        let chosen = |variable: usize, wanted: bool, candidate: usize| {
            self.chosen[variable].map_or(Truth::Open(variable), |chosen| truth((chosen == candidate) == wanted))
        };
        match literal {
            Literal::Condition(condition, true) => self.condition(condition, 0),
            Literal::Condition(condition, false) => not(self.condition(condition, 0)),
            Literal::Value(variable, candidate) => chosen(variable, true, candidate),
            Literal::NotValue(variable, candidate) => chosen(variable, false, candidate),
        }
    }

    fn condition(&mut self, condition: usize, depth: usize) -> Truth {
        // A condition that refers to itself is broken, as AWS has it.
        if depth > self.formulas.conditions.len() {
            return Truth::Broken;
        }
        let formulas = self.formulas;
        self.formula(&formulas.conditions[condition], depth)
    }

    fn formula(&mut self, formula: &Formula, depth: usize) -> Truth {
        match formula {
            Formula::Atom(atom) => self.atom(*atom),
            Formula::Condition(condition) => self.condition(*condition, depth + 1),
            Formula::Not(operand) => not(self.formula(operand, depth)),
            Formula::And(operands) => all(operands, |operand| self.formula(operand, depth)),
            Formula::Or(operands) => any(operands, |operand| self.formula(operand, depth)),
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
    order: Vec<usize>,
    left: usize,
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
