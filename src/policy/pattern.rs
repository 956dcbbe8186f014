//! Patterns with wildcards and unknown parts.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>

use std::hash::{Hash, Hasher};

/// One symbol of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Symbol {
    /// This character.
    Char(char),
    /// `?`: one character.
    One,
    /// `?` in one of the first five parts of an ARN operator's value: one character other than a colon.
    OneInSegment,
    /// `*`: any text.
    Star,
    /// `*` in one of the first five parts of an ARN operator's value: any text without a colon.
    StarInSegment,
    /// A text that is not known: an intrinsic function or a policy variable, by its number.
    Atom(u32),
}

/// A pattern, with the text that is shown for it.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) symbols: Vec<Symbol>,
    /// Whether case is ignored.
    pub(super) fold: bool,
    pub(super) text: String,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.fold == other.fold && self.symbols == other.symbols
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.symbols.hash(state);
        self.fold.hash(state);
    }
}

impl Pattern {
    /// Returns a pattern in normal form: without repeated `*`, with `?` before `*`, in lower case if case is ignored.
    pub(super) fn new(symbols: Vec<Symbol>, fold: bool, text: String) -> Self {
        let mut normal: Vec<Symbol> = Vec::with_capacity(symbols.len());
        for symbol in symbols {
            match (normal.last(), symbol) {
                (Some(Symbol::Star), Symbol::Star) | (Some(Symbol::StarInSegment), Symbol::StarInSegment) => {}
                (Some(Symbol::Star), Symbol::One) | (Some(Symbol::StarInSegment), Symbol::OneInSegment) => {
                    normal.insert(normal.len() - 1, symbol);
                }
                (_, Symbol::Char(c)) if fold => normal.push(Symbol::Char(c.to_ascii_lowercase())),
                _ => normal.push(symbol),
            }
        }
        Self { symbols: normal, fold, text }
    }

    /// Returns the pattern that matches every text.
    pub(super) fn any() -> Self {
        Self { symbols: vec![Symbol::Star], fold: false, text: "*".to_owned() }
    }

    pub(super) fn is_any(&self) -> bool {
        self.symbols == [Symbol::Star]
    }

    /// Returns whether there are unknown parts from a position on.
    pub(super) fn has_atoms_from(&self, start: usize) -> bool {
        self.symbols[start..].iter().any(|symbol| matches!(symbol, Symbol::Atom(_)))
    }

    /// Returns the length of the beginning without wildcards that both patterns share.
    pub(super) fn shared_beginning(&self, other: &Self) -> usize {
        let is_fixed = |symbol: &Symbol| matches!(symbol, Symbol::Char(_) | Symbol::Atom(_));
        let pairs = self.symbols.iter().zip(&other.symbols);
        if self.fold != other.fold { 0 } else { pairs.take_while(|(own, other)| own == other && is_fixed(own)).count() }
    }

    /// Returns whether the patterns have no text in common, because they begin with different characters.
    pub(super) fn begins_differently(&self, other: &Self) -> bool {
        let ignores_case = self.fold || other.fold;
        let shared = self.shared_beginning(other);
        let mut rest = self.symbols[shared..].iter().zip(&other.symbols[shared..]);
        rest.find_map(|pair| match pair {
            (Symbol::Char(own), Symbol::Char(other)) => {
                let is_same = if ignores_case { own.eq_ignore_ascii_case(other) } else { own == other };
                (!is_same).then_some(true)
            }
            _ => Some(false),
        })
        .unwrap_or(false)
    }
}
