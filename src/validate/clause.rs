//! What must hold: clauses of literals about conditions and parameters.

/// A literal: one requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Literal {
    /// A condition, by its index, is true or false.
    Condition(usize, bool),
    /// A parameter, by its index, has this candidate.
    Value(usize, usize),
    /// A parameter does not have this candidate.
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

/// Literals of which at least one must be true.
pub(super) type Clause = Vec<Literal>;
