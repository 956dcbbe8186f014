//! The texts of one pattern, divided by which other patterns match them.
//!
//! The search walks the automata of all patterns at once, as in the textbook construction of a deterministic automaton. What makes it exact
//! in the presence of unknown parts is its alphabet. A letter is a character that some pattern names, any other character, an unknown
//! part as a whole, or a "fresh" text that occurs in no unknown part. Each pattern has two automata. The strict one matches an unknown
//! part only by itself or by `*`; what it accepts is matched for every value of the unknown parts. The loose one lets an unknown part be
//! any text; what it rejects is matched for no value.

use rustc_hash::FxHashMap;

use super::budget::{Budget, Exhausted};
use super::pattern::{Pattern, Symbol};
use super::truth::Truth;

/// A letter of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Letter {
    Char(char),
    /// A character that no pattern names.
    Other,
    /// A long text that occurs in no unknown part and in no pattern.
    Fresh,
    /// The value of an unknown part.
    Atom(u32),
}

/// The automaton of a pattern.
struct Automaton<'p> {
    symbols: &'p [Symbol],
    fold: bool,
    /// From which position on an unknown part is any text; a strict automaton has none.
    loose_from: usize,
    /// The number of this automaton's first state.
    offset: u32,
}

impl<'p> Automaton<'p> {
    fn new(pattern: &'p Pattern, loose_from: usize, offset: u32) -> Self {
        Self { symbols: &pattern.symbols, fold: pattern.fold, loose_from, offset }
    }

    fn end(&self) -> u32 {
        self.symbols.len() as u32
    }

    /// Adds a position, and those that it reaches without a letter.
    fn add(&self, mut position: u32, found: &mut Vec<u32>) {
        loop {
            found.push(position);
            let skips = match self.symbols.get(position as usize) {
                Some(Symbol::Star | Symbol::StarInSegment) => true,
                Some(Symbol::Atom(_)) => position as usize >= self.loose_from,
                _ => false,
            };
            if !skips {
                return;
            }
            position += 1;
        }
    }

    fn step(&self, position: u32, letter: Letter, found: &mut Vec<u32>) {
        let index = position as usize;
        let is_loose = index >= self.loose_from;
        if is_loose && matches!(letter, Letter::Atom(_)) {
            found.extend(position..=self.end());
            return;
        }
        let Some(symbol) = self.symbols.get(index) else { return };
        match (*symbol, letter) {
            (Symbol::Star, _) => self.add(position, found),
            (Symbol::StarInSegment, Letter::Char(c)) if c != ':' => self.add(position, found),
            (Symbol::StarInSegment, Letter::Other | Letter::Fresh) => self.add(position, found),
            (Symbol::Char(own), Letter::Char(c)) if own == c || self.fold && own.eq_ignore_ascii_case(&c) => self.add(position + 1, found),
            (Symbol::One, Letter::Char(_) | Letter::Other) => self.add(position + 1, found),
            (Symbol::OneInSegment, Letter::Char(c)) if c != ':' => self.add(position + 1, found),
            (Symbol::OneInSegment, Letter::Other) => self.add(position + 1, found),
            (Symbol::Atom(_), Letter::Char(_) | Letter::Other) if is_loose => self.add(position, found),
            (Symbol::Atom(own), Letter::Atom(atom)) if own == atom => self.add(position + 1, found),
            _ => {}
        }
    }

    /// Appends the positions after a letter in ascending order. Positions before the last reached `*` are dropped: it reaches everything
    /// that they do.
    fn advance(&self, positions: &[u32], letter: Letter, scratch: &mut Vec<u32>, next: &mut Vec<u32>) {
        scratch.clear();
        for position in positions {
            self.step(position - self.offset, letter, scratch);
        }
        self.append(scratch, next);
    }

    fn append(&self, scratch: &mut Vec<u32>, next: &mut Vec<u32>) {
        scratch.sort_unstable();
        scratch.dedup();
        let is_star = |position: &&u32| self.symbols.get(**position as usize) == Some(&Symbol::Star);
        let last_star = scratch.iter().rfind(is_star).copied().unwrap_or(0);
        next.extend(scratch.iter().filter(|position| **position >= last_star).map(|position| position + self.offset));
    }
}

/// The texts of a pattern that the tracked patterns match in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class {
    /// For each tracked pattern, whether it matches.
    pub(super) matches: Vec<Truth>,
    /// The shortest such text.
    pub(super) example: String,
}

/// Returns the classes of the texts that `base` matches for every value of its unknown parts.
///
/// # Errors
///
/// Returns an error if the budget is used up.
pub(super) fn classes(base: &Pattern, tracked: &[&Pattern], budget: &Budget) -> Result<Vec<Class>, Exhausted> {
    budget.spend(tracked.len() + 1)?;
    let relevant: Vec<usize> = (0..tracked.len()).filter(|index| !base.begins_differently(tracked[*index])).collect();
    let mut walk = Walk::new(base, relevant.iter().map(|index| tracked[*index]));
    let mut found: FxHashMap<Vec<Truth>, usize> = FxHashMap::default();
    let mut classes = Vec::new();
    let mut at = 0;
    while at < walk.states.len() {
        if let Some(matches) = walk.matches(at) {
            let mut all = vec![Truth::No; tracked.len()];
            for (index, truth) in relevant.iter().zip(&matches) {
                all[*index] = *truth;
            }
            if !found.contains_key(&all) {
                found.insert(all.clone(), classes.len());
                classes.push(Class { matches: all, example: walk.example(at) });
                budget.spend(tracked.len())?;
            }
        }
        walk.expand(at, budget)?;
        at += 1;
    }
    Ok(classes)
}

struct State {
    positions: Vec<u32>,
    parent: usize,
    letter: Letter,
}

struct Walk<'p> {
    base: Automaton<'p>,
    /// For each relevant pattern its strict automaton, and the loose one if unknown parts occur.
    tracked: Vec<(Automaton<'p>, Option<Automaton<'p>>)>,
    states: Vec<State>,
    known: FxHashMap<Vec<u32>, usize>,
    has_atoms: bool,
    /// Whether some patterns ignore case and others do not.
    mixes_case: bool,
}

impl<'p> Walk<'p> {
    fn new(base: &'p Pattern, tracked: impl Iterator<Item = &'p Pattern>) -> Self {
        let patterns: Vec<&Pattern> = tracked.collect();
        let has_atoms = base.has_atoms_from(0) || patterns.iter().any(|pattern| pattern.has_atoms_from(0));
        let mixes_case = patterns.iter().any(|pattern| pattern.fold != base.fold);
        let mut offset = 0;
        let mut automaton = |pattern: &'p Pattern, loose_from| {
            let automaton = Automaton::new(pattern, loose_from, offset);
            offset += automaton.end() + 1;
            automaton
        };
        let own = automaton(base, usize::MAX);
        let both = |pattern: &'p Pattern| {
            let strict = automaton(pattern, usize::MAX);
            // What both patterns begin with has the same length for every value, so it can only match itself.
            let shared = base.shared_beginning(pattern);
            let is_loose = [base, pattern].iter().any(|pattern| pattern.has_atoms_from(shared));
            let loose = is_loose.then(|| automaton(pattern, shared));
            (strict, loose)
        };
        let tracked = patterns.into_iter().map(both).collect();
        let mut walk = Self { base: own, tracked, states: Vec::new(), known: FxHashMap::default(), has_atoms, mixes_case };
        let (mut positions, mut scratch) = (Vec::new(), Vec::new());
        for automaton in walk.automata() {
            scratch.clear();
            automaton.add(0, &mut scratch);
            automaton.append(&mut scratch, &mut positions);
        }
        walk.known.insert(positions.clone(), 0);
        walk.states.push(State { positions, parent: 0, letter: Letter::Other });
        walk
    }

    fn automata(&self) -> impl Iterator<Item = &Automaton<'p>> {
        std::iter::once(&self.base).chain(self.tracked.iter().flat_map(|(strict, loose)| std::iter::once(strict).chain(loose)))
    }

    fn accepts(automaton: &Automaton<'_>, positions: &[u32]) -> bool {
        positions.binary_search(&(automaton.offset + automaton.end())).is_ok()
    }

    /// Returns how the tracked patterns match the texts that lead to a state, if the base matches them.
    fn matches(&self, state: usize) -> Option<Vec<Truth>> {
        let positions = &self.states[state].positions;
        Self::accepts(&self.base, positions).then(|| {
            let truth = |(strict, loose): &(Automaton<'_>, Option<Automaton<'_>>)| match loose {
                _ if Self::accepts(strict, positions) => Truth::Yes,
                Some(loose) if Self::accepts(loose, positions) => Truth::Maybe,
                _ => Truth::No,
            };
            self.tracked.iter().map(truth).collect()
        })
    }

    fn example(&self, mut state: usize) -> String {
        let mut letters = Vec::new();
        while state != 0 {
            letters.push(self.states[state].letter);
            state = self.states[state].parent;
        }
        let shown = |letter: &Letter| match letter {
            Letter::Char(c) => *c,
            Letter::Other | Letter::Fresh => 'x',
            Letter::Atom(_) => '_',
        };
        letters.iter().rev().map(shown).collect()
    }

    /// Adds the states that follow a state.
    fn expand(&mut self, at: usize, budget: &Budget) -> Result<(), Exhausted> {
        let positions = std::mem::take(&mut self.states[at].positions);
        let (mut next, mut scratch) = (Vec::new(), Vec::new());
        for letter in self.letters(&positions) {
            budget.spend(positions.len() + 2)?;
            next.clear();
            let mut rest = positions.as_slice();
            for (index, automaton) in self.automata().enumerate() {
                let end = automaton.offset + automaton.end();
                let (own, others) = rest.split_at(rest.partition_point(|position| *position <= end));
                rest = others;
                if !own.is_empty() {
                    automaton.advance(own, letter, &mut scratch, &mut next);
                }
                if index == 0 && next.is_empty() {
                    break;
                }
            }
            if !next.is_empty() && !self.known.contains_key(&next) {
                self.known.insert(next.clone(), self.states.len());
                self.states.push(State { positions: next.clone(), parent: at, letter });
            }
        }
        Ok(())
    }

    /// Returns the letters that lead to different states.
    fn letters(&self, positions: &[u32]) -> Vec<Letter> {
        let mut letters = vec![Letter::Other];
        if self.has_atoms {
            letters.push(Letter::Fresh);
        }
        let mut rest = positions;
        for (index, automaton) in self.automata().enumerate() {
            let end = automaton.offset + automaton.end();
            let (own, others) = rest.split_at(rest.partition_point(|position| *position <= end));
            rest = others;
            let mut is_fixed = true;
            for position in own {
                match automaton.symbols.get((position - automaton.offset) as usize) {
                    Some(Symbol::Char(c)) if self.mixes_case => {
                        letters.extend([Letter::Char(c.to_ascii_lowercase()), Letter::Char(c.to_ascii_uppercase())]);
                    }
                    Some(Symbol::Char(c)) => letters.push(Letter::Char(*c)),
                    Some(Symbol::Atom(atom)) => letters.push(Letter::Atom(*atom)),
                    Some(Symbol::OneInSegment | Symbol::StarInSegment) => {
                        letters.push(Letter::Char(':'));
                        is_fixed = false;
                    }
                    Some(Symbol::One | Symbol::Star) => is_fixed = false,
                    None => {}
                }
            }
            // Where the base has no wildcard, only its own letters continue it.
            if index == 0 && is_fixed {
                break;
            }
        }
        letters.sort_unstable();
        letters.dedup();
        letters
    }
}
