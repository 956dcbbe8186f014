//! The requests of one statement that other statements do not match.

use super::budget::{Budget, Exhausted};
use super::condition::Constraint;
use super::key;
use super::set::{Part, TextSet};
use super::statement::Requests;
use super::truth::Truth;

/// The condition keys that every request has, in lower case.
///
/// Source: "Availability" of <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
const ALWAYS_PRESENT: [&str; 7] = [
    "aws:currenttime",
    "aws:epochtime",
    "aws:principalaccount",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:useragent",
];

/// What a statement means for the request that is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The old policy allows its requests.
    OldAllow,
    /// The old policy denies its requests.
    OldDeny,
    /// The new policy denies its requests.
    NewDeny,
}

/// The parts of the requests that are newly allowed.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) is_certain: bool,
    /// The actions, resources and principals, as they are shown.
    pub(super) texts: [Vec<String>; 3],
    /// The statement of the old policy that denied them, by its index among the others, if it allowed them apart from that.
    pub(super) was_denied_by: Option<usize>,
    /// The old statements that differ only in the conditions, by their index among the others.
    pub(super) differs_in_keys: Vec<usize>,
}

/// One of the dimensions in which statements differ, with the others that match only a part of it.
struct Dimension {
    parts: Vec<Part>,
    /// The indices of the other statements that the members of each part belong to.
    divided: Vec<usize>,
    texts: Vec<Vec<String>>,
}

/// Returns requests of `base` that are allowed now and were not before, preferring certain ones.
///
/// # Errors
///
/// Returns an error if the budget is used up.
pub(super) fn newly_allowed(base: &Requests, others: &[(&Requests, Role)], budget: &Budget) -> Result<Option<Found>, Exhausted> {
    let mut relevant = Vec::new();
    for (index, (other, _)) in others.iter().enumerate() {
        budget.spend(1)?;
        if other.unknown.is_some() || !base.is_disjoint(other, budget)? {
            relevant.push(index);
        }
    }
    let sets = |requests: &'_ Requests| -> [TextSet; 3] { requests.sets().map(Clone::clone) };
    let mut dimensions = Vec::new();
    for (number, own) in sets(base).iter().enumerate() {
        let other = |index: usize| others[index].0.sets()[number];
        let mut divided = Vec::new();
        for index in &relevant {
            if !other(*index).contains(own, budget)? {
                divided.push(*index);
            }
        }
        let sets: Vec<&TextSet> = divided.iter().map(|index| other(*index)).collect();
        dimensions.push(Dimension::new(own.parts(&sets, budget)?, divided));
    }
    if let Some(actions) = dimensions.first_mut() {
        actions.put_best_witness_first();
    }
    let mut names: Vec<&str> = Vec::new();
    for requests in relevant.iter().map(|index| others[*index].0).chain([base]) {
        names.extend(requests.keys.iter().map(|key| key.name.as_str()));
    }
    names.sort_unstable();
    names.dedup();
    for name in names {
        let own = base.given(name);
        let mut divided = Vec::new();
        for index in &relevant {
            if !super::condition::all_implied(&own, others[*index].0.constraints(name), budget)? {
                divided.push(*index);
            }
        }
        let constraints: Vec<&[Constraint]> = divided.iter().map(|index| others[*index].0.constraints(name)).collect();
        let may_lack = !name.starts_with(super::statement::CONDITION) && !ALWAYS_PRESENT.contains(&name);
        dimensions.push(Dimension::new(key::parts(&own, &constraints, may_lack, budget)?, divided));
    }
    let mut search = Search { base, others, relevant: &relevant, dimensions: &dimensions, budget, found: None };
    search.visit(0, &mut Vec::new())?;
    Ok(search.found)
}

impl Dimension {
    /// Joins parts whose members belong to the same sets.
    fn new(parts: Vec<Part>, divided: Vec<usize>) -> Self {
        let mut joined = Self { parts: Vec::new(), divided, texts: Vec::new() };
        for part in parts {
            let is_same = |other: &Part| other.own == part.own && other.members == part.members;
            match joined.parts.iter().position(is_same) {
                Some(index) => {
                    if !joined.texts[index].contains(&part.text) {
                        joined.texts[index].push(part.text);
                    }
                }
                None => {
                    joined.texts.push(vec![part.text.clone()]);
                    joined.parts.push(part);
                }
            }
        }
        joined
    }

    /// Puts the parts first that say most as a witness: the one that hands over a role's permissions, then those with the most actions.
    fn put_best_witness_first(&mut self) {
        let hands_over = |texts: &[String]| texts.iter().any(|text| text.eq_ignore_ascii_case("iam:PassRole"));
        let mut order: Vec<usize> = (0..self.parts.len()).collect();
        order.sort_by_key(|part| std::cmp::Reverse((hands_over(&self.texts[*part]), self.texts[*part].len())));
        self.parts = order.iter().map(|part| self.parts[*part].clone()).collect();
        self.texts = order.iter().map(|part| std::mem::take(&mut self.texts[*part])).collect();
    }

    fn truth(&self, part: usize, other: usize) -> Truth {
        let at = self.divided.iter().position(|index| *index == other);
        at.map_or(Truth::Yes, |at| self.parts[part].members[at])
    }
}

struct Search<'s> {
    base: &'s Requests,
    others: &'s [(&'s Requests, Role)],
    relevant: &'s [usize],
    dimensions: &'s [Dimension],
    budget: &'s Budget,
    found: Option<Found>,
}

impl Search<'_> {
    /// Visits every combination of parts until a certain one is found.
    fn visit(&mut self, depth: usize, chosen: &mut Vec<usize>) -> Result<(), Exhausted> {
        if self.found.as_ref().is_some_and(|found| found.is_certain) {
            return Ok(());
        }
        if depth == self.dimensions.len() {
            return self.judge(chosen);
        }
        for part in 0..self.dimensions[depth].parts.len() {
            chosen.push(part);
            self.visit(depth + 1, chosen)?;
            chosen.pop();
        }
        Ok(())
    }

    fn judge(&mut self, chosen: &[usize]) -> Result<(), Exhausted> {
        self.budget.spend(self.relevant.len() * chosen.len() + 1)?;
        let dimensions = self.dimensions;
        let matches = |index: usize| {
            let truth = Truth::all(dimensions.iter().zip(chosen).map(|(dimension, part)| dimension.truth(*part, index)));
            if self.others[index].0.unknown.is_some() { truth.min(Truth::Maybe) } else { truth }
        };
        let (mut allowed, mut denied, mut denied_now) = (Truth::No, Truth::No, Truth::No);
        let mut was_denied_by = None;
        for index in self.relevant {
            let truth = matches(*index);
            match self.others[*index].1 {
                Role::OldAllow => allowed = allowed.max(truth),
                Role::OldDeny => {
                    if truth > denied {
                        (denied, was_denied_by) = (truth, Some(*index));
                    }
                }
                Role::NewDeny => denied_now = denied_now.max(truth),
            }
        }
        let own = Truth::all(dimensions.iter().zip(chosen).map(|(dimension, part)| dimension.parts[*part].own));
        let own = if self.base.unknown.is_some() { own.min(Truth::Maybe) } else { own };
        let was_not_allowed = allowed.not().max(denied);
        let truth = own.min(denied_now.not()).min(was_not_allowed);
        if truth == Truth::No || self.found.is_some() && truth != Truth::Yes {
            return Ok(());
        }
        let differs_in_keys = |index: &usize| {
            let sets = Truth::all(dimensions[..3].iter().zip(chosen).map(|(dimension, part)| dimension.truth(*part, *index)));
            self.others[*index].1 == Role::OldAllow && sets != Truth::No
        };
        let text = |number: usize| dimensions[number].texts[chosen[number]].clone();
        self.found = Some(Found {
            is_certain: truth == Truth::Yes,
            texts: [text(0), text(1), text(2)],
            was_denied_by: was_denied_by.filter(|_| allowed != Truth::No),
            differs_in_keys: self.relevant.iter().copied().filter(differs_in_keys).collect(),
        });
        Ok(())
    }
}
