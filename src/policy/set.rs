//! Sets of texts: a union of patterns, or everything except one.

use rustc_hash::FxHashSet;

use super::budget::{Budget, Exhausted};
use super::classes::classes;
use super::pattern::Pattern;
use super::truth::Truth;

/// The number of patterns from which a table of them is quicker than comparing each.
const FEW: usize = 16;

/// A set of texts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct TextSet {
    /// Whether the set is everything except the patterns.
    pub(super) negated: bool,
    pub(super) patterns: Vec<Pattern>,
}

/// The members of a set that other sets contain in the same way.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Whether they are in the set itself: for a set of exceptions with unknown parts, perhaps.
    pub(super) own: Truth,
    /// For each other set, whether it contains them.
    pub(super) members: Vec<Truth>,
    /// What is shown for them.
    pub(super) text: String,
}

impl TextSet {
    /// Returns the set of every text.
    pub(super) fn all() -> Self {
        Self { negated: true, patterns: Vec::new() }
    }

    pub(super) fn of(negated: bool, mut patterns: Vec<Pattern>) -> Self {
        patterns.sort_by(|a, b| a.symbols.cmp(&b.symbols));
        patterns.dedup();
        if !negated && patterns.iter().any(Pattern::is_any) {
            return Self::all();
        }
        Self { negated, patterns }
    }

    pub(super) fn is_all(&self) -> bool {
        self.negated && self.patterns.is_empty()
    }

    /// Returns whether this set certainly contains another.
    pub(super) fn contains(&self, other: &Self, budget: &Budget) -> Result<bool, Exhausted> {
        if self.is_all() || self == other {
            return Ok(true);
        }
        match (self.negated, other.negated) {
            (false, false) => all_covered(&other.patterns, &self.patterns, budget),
            (true, false) => Ok(!some_meet(&self.patterns, &other.patterns, budget)?),
            (true, true) => all_covered(&self.patterns, &other.patterns, budget),
            (false, true) => {
                let both: Vec<&Pattern> = self.patterns.iter().chain(&other.patterns).collect();
                is_covered(&Pattern::any(), &both, budget)
            }
        }
    }

    /// Returns whether this set and another certainly have no common member.
    pub(super) fn is_disjoint(&self, other: &Self, budget: &Budget) -> Result<bool, Exhausted> {
        match (self.negated, other.negated) {
            (false, false) => Ok(!some_meet(&self.patterns, &other.patterns, budget)?),
            (false, true) => all_covered(&self.patterns, &other.patterns, budget),
            (true, false) => all_covered(&other.patterns, &self.patterns, budget),
            (true, true) => Ok(false),
        }
    }

    /// Divides this set by the other sets that contain its members.
    pub(super) fn parts(&self, others: &[&Self], budget: &Budget) -> Result<Vec<Part>, Exhausted> {
        let any = [Pattern::any()];
        let bases = if self.negated { &any } else { self.patterns.as_slice() };
        let own = if self.negated { self.patterns.as_slice() } else { &[] };
        let tracked: Vec<&Pattern> = own.iter().chain(others.iter().flat_map(|other| &other.patterns)).collect();
        let mut parts = Vec::new();
        for base in bases {
            for class in classes(base, &tracked, budget)? {
                let (excluded, mut rest) = class.matches.split_at(own.len());
                let own = Truth::any(excluded.iter().copied()).not();
                if own == Truth::No {
                    continue;
                }
                let mut members = Vec::with_capacity(others.len());
                for other in others {
                    let (matches, following) = rest.split_at(other.patterns.len());
                    rest = following;
                    members.push(Truth::any(matches.iter().copied()).not_if(other.negated));
                }
                parts.push(Part { own, members, text: if self.negated { class.example } else { base.text.clone() } });
            }
        }
        Ok(parts)
    }
}

/// Returns whether a union of patterns certainly matches everything that a pattern matches.
pub(super) fn is_covered(pattern: &Pattern, union: &[&Pattern], budget: &Budget) -> Result<bool, Exhausted> {
    budget.spend(union.len())?;
    if union.iter().any(|other| *other == pattern || other.is_any()) {
        return Ok(true);
    }
    Ok(classes(pattern, union, budget)?.iter().all(|class| class.matches.contains(&Truth::Yes)))
}

fn all_covered(patterns: &[Pattern], union: &[Pattern], budget: &Budget) -> Result<bool, Exhausted> {
    let known: FxHashSet<&Pattern> = if union.len() > FEW { union.iter().collect() } else { FxHashSet::default() };
    let union: Vec<&Pattern> = union.iter().collect();
    for pattern in patterns {
        budget.spend(1)?;
        if !known.contains(pattern) && !is_covered(pattern, &union, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns whether some text may match a pattern of both lists.
fn some_meet(a: &[Pattern], b: &[Pattern], budget: &Budget) -> Result<bool, Exhausted> {
    for pattern in a {
        for other in b {
            budget.spend(1)?;
            if pattern == other {
                return Ok(true);
            }
            if pattern.begins_differently(other) {
                continue;
            }
            if classes(pattern, &[other], budget)?.iter().any(|class| class.matches[0] != Truth::No) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
