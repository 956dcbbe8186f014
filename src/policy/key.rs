//! The values of a condition key, divided by the constraints that they satisfy.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::budget::{Budget, Exhausted};
use super::classes::classes;
use super::condition::{Constraint, Number, Ordering, Quantifier, Test};
use super::pattern::{Pattern, Symbol};
use super::set::Part;
use super::truth::Truth;

/// One value, or values that all constraints treat in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Value {
    /// For each constraint, whether the value passes its test or, if the constraint is negated, fails it.
    passes: Vec<Truth>,
    /// Whether the value certainly occurs: a fraction may not.
    occurs: bool,
}

/// Divides what the constraints `own` allow by the other lists of constraints on the same key.
///
/// # Errors
///
/// Returns an error if the budget is used up.
pub(super) fn parts(own: &[Constraint], others: &[&[Constraint]], may_lack: bool, budget: &Budget) -> Result<Vec<Part>, Exhausted> {
    let constraints: Vec<&Constraint> = own.iter().chain(others.iter().copied().flatten()).collect();
    let values = values(&constraints, own.len(), budget)?;
    let mut parts: Vec<Part> = Vec::new();
    let mut add = |truths: Vec<Truth>, occurs: bool| -> Result<(), Exhausted> {
        budget.spend(truths.len() + others.len())?;
        let certainty = if occurs { Truth::Yes } else { Truth::Maybe };
        let mut rest = truths.as_slice();
        let mut next = |count: usize| {
            let (taken, following) = rest.split_at(count);
            rest = following;
            Truth::all(taken.iter().copied())
        };
        let holds = next(own.len());
        let members: Vec<Truth> = others.iter().map(|other| next(other.len())).collect();
        let own = holds.min(certainty);
        if holds != Truth::No && !parts.iter().any(|part| part.own == own && part.members == members) {
            parts.push(Part { own, members, text: String::new() });
        }
        Ok(())
    };
    if may_lack {
        add(constraints.iter().map(|constraint| constraint.if_absent()).collect(), true)?;
    }
    for value in &values {
        add(constraints.iter().zip(&value.passes).map(|(constraint, passes)| constraint.of_one(*passes)).collect(), value.occurs)?;
    }
    if constraints.iter().any(|constraint| constraint.quantifier != Quantifier::One) {
        // A constraint is decided by one value of a set, so sets need no more values than there are constraints.
        let mut sets: Vec<Vec<usize>> = (0..values.len()).map(|index| vec![index]).collect();
        for _ in 1..constraints.len().min(values.len()) {
            let mut larger = Vec::new();
            for set in &sets {
                for index in set.last().map_or(0, |last| last + 1)..values.len() {
                    budget.spend(set.len() + constraints.len())?;
                    larger.push(set.iter().copied().chain([index]).collect::<Vec<_>>());
                }
            }
            for set in &larger {
                let of_all = |index: usize| constraints[index].of_many(set.iter().map(|value| values[*value].passes[index]));
                add((0..constraints.len()).map(of_all).collect(), set.iter().all(|value| values[*value].occurs))?;
            }
            sets = larger;
        }
    }
    Ok(parts)
}

impl Constraint {
    fn if_absent(&self) -> Truth {
        match (&self.test, self.quantifier) {
            (Test::Unknown(_), _) => Truth::Maybe,
            (Test::Absent(wanted), _) => Truth::known(*wanted),
            (_, Quantifier::All) => Truth::Yes,
            (_, Quantifier::Any) => {
                if self.if_exists {
                    Truth::Maybe
                } else {
                    Truth::No
                }
            }
            (_, Quantifier::One) => Truth::known(self.negated || self.if_exists),
        }
    }

    fn of_one(&self, passes: Truth) -> Truth {
        match &self.test {
            Test::Unknown(_) => Truth::Maybe,
            Test::Absent(wanted) => Truth::known(!wanted),
            _ => passes,
        }
    }

    fn of_many(&self, passes: impl Iterator<Item = Truth>) -> Truth {
        match (&self.test, self.quantifier) {
            (Test::Unknown(_), _) => Truth::Maybe,
            (Test::Absent(wanted), _) => Truth::known(!wanted),
            (_, Quantifier::All) => Truth::all(passes),
            (_, Quantifier::Any) => Truth::any(passes),
            // The result of such an operator for a key with several values is not documented.
            (_, Quantifier::One) => Truth::Maybe,
        }
    }
}

/// Returns the values of a key, divided by the tests of the constraints; the first `own` of them restrict the values.
fn values(constraints: &[&Constraint], own: usize, budget: &Budget) -> Result<Vec<Value>, Exhausted> {
    let kind = constraints.iter().find(|constraint| !matches!(constraint.test, Test::Absent(_) | Test::Unknown(_)));
    let mut values = match kind.map(|constraint| &constraint.test) {
        Some(Test::Text { .. }) => texts(constraints, own, budget)?,
        Some(Test::Order { .. }) => numbers(constraints, budget)?,
        Some(Test::Address { .. }) => addresses(constraints, budget)?,
        _ => vec![Value { passes: vec![Truth::Maybe; constraints.len()], occurs: true }],
    };
    for value in &mut values {
        for (passes, constraint) in value.passes.iter_mut().zip(constraints) {
            *passes = passes.not_if(constraint.negated);
        }
    }
    let mut distinct: Vec<Value> = Vec::new();
    for value in values {
        budget.spend(constraints.len())?;
        match distinct.iter_mut().find(|known| known.passes == value.passes) {
            Some(known) => known.occurs |= value.occurs,
            None => distinct.push(value),
        }
    }
    Ok(distinct)
}

fn texts(constraints: &[&Constraint], own: usize, budget: &Budget) -> Result<Vec<Value>, Exhausted> {
    let patterns_of = |constraint: &'_ &Constraint| match &constraint.test {
        Test::Text { set, .. } => (set.negated, set.patterns.clone()),
        _ => (false, Vec::new()),
    };
    let sets: Vec<(bool, Vec<Pattern>)> = constraints.iter().map(patterns_of).collect();
    let tracked: Vec<&Pattern> = sets.iter().flat_map(|(_, patterns)| patterns).collect();
    let is_required = |constraint: &&&Constraint| {
        let Constraint { test, negated, quantifier, if_exists } = **constraint;
        matches!(test, Test::Text { set, .. } if !set.negated) && !negated && !if_exists && *quantifier == Quantifier::One
    };
    let has_sets = constraints.iter().any(|constraint| constraint.quantifier != Quantifier::One);
    let is_boolean = constraints.iter().any(|constraint| matches!(constraint.test, Test::Text { is_boolean: true, .. }));
    let word = |text: &str| Pattern::new(text.chars().map(Symbol::Char).collect(), false, text.to_owned());
    let bases = match constraints[..own].iter().find(is_required) {
        Some(constraint) if !has_sets => patterns_of(constraint).1,
        _ if is_boolean => vec![word("true"), word("false")],
        _ => vec![Pattern::any()],
    };
    let mut values = Vec::new();
    for base in &bases {
        for class in classes(base, &tracked, budget)? {
            let mut rest = class.matches.as_slice();
            let mut passes = Vec::with_capacity(constraints.len());
            for (constraint, (negated, patterns)) in constraints.iter().zip(&sets) {
                let (matches, following) = rest.split_at(patterns.len());
                rest = following;
                let is_text = matches!(constraint.test, Test::Text { .. });
                passes.push(if is_text { Truth::any(matches.iter().copied()).not_if(*negated) } else { Truth::Maybe });
            }
            values.push(Value { passes, occurs: true });
        }
    }
    Ok(values)
}

fn numbers(constraints: &[&Constraint], budget: &Budget) -> Result<Vec<Value>, Exhausted> {
    let mut limits: Vec<f64> = Vec::new();
    for constraint in constraints {
        if let Test::Order { numbers, .. } = &constraint.test {
            limits.extend(numbers.iter().map(|Number(number)| *number));
        }
    }
    limits.sort_by(f64::total_cmp);
    limits.dedup();
    let mut candidates: Vec<(f64, bool)> = Vec::new();
    for (index, limit) in limits.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| limits[before]);
        let between = before.map_or(limit - 1.0, |before| f64::midpoint(before, *limit));
        // Many keys are whole numbers, so a fraction may not occur.
        let occurs = before.is_none_or(|before| limit - before > 1.0 || limit.fract() != 0.0 || before.fract() != 0.0);
        candidates.extend([(between, occurs), (*limit, true)]);
    }
    candidates.push((limits.last().map_or(0.0, |last| last + 1.0), true));
    let mut values = Vec::new();
    for (candidate, occurs) in candidates {
        budget.spend(limits.len() + 1)?;
        let passes = |constraint: &&Constraint| match &constraint.test {
            Test::Order { ordering, numbers, unknown } => {
                let holds = numbers.iter().any(|Number(number)| match ordering {
                    Ordering::Equal => candidate == *number,
                    Ordering::Less => candidate < *number,
                    Ordering::LessOrEqual => candidate <= *number,
                    Ordering::Greater => candidate > *number,
                    Ordering::GreaterOrEqual => candidate >= *number,
                });
                known_or_maybe(holds, !unknown.is_empty())
            }
            _ => Truth::Maybe,
        };
        values.push(Value { passes: constraints.iter().map(passes).collect(), occurs });
    }
    Ok(values)
}

fn known_or_maybe(holds: bool, has_unknown: bool) -> Truth {
    if holds {
        Truth::Yes
    } else if has_unknown {
        Truth::Maybe
    } else {
        Truth::No
    }
}

fn addresses(constraints: &[&Constraint], budget: &Budget) -> Result<Vec<Value>, Exhausted> {
    let mut networks: Vec<IpNet> = Vec::new();
    for constraint in constraints {
        if let Test::Address { networks: own, .. } = &constraint.test {
            networks.extend(own);
        }
    }
    networks.sort();
    networks.dedup();
    let mut values = Vec::new();
    for address in starts(&networks) {
        budget.spend(networks.len() + constraints.len())?;
        let passes = |constraint: &&Constraint| match &constraint.test {
            Test::Address { networks, unknown } => {
                known_or_maybe(networks.iter().any(|network| network.contains(&address)), !unknown.is_empty())
            }
            _ => Truth::Maybe,
        };
        values.push(Value { passes: constraints.iter().map(passes).collect(), occurs: true });
    }
    Ok(values)
}

/// Returns one address of each range that the borders of the networks delimit, in both address families.
pub(super) fn starts(networks: &[IpNet]) -> Vec<IpAddr> {
    let mut starts = vec![IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)];
    for network in networks {
        starts.push(network.network());
        match network.broadcast() {
            IpAddr::V4(last) => starts.extend(u32::from(last).checked_add(1).map(|next| IpAddr::V4(Ipv4Addr::from(next)))),
            IpAddr::V6(last) => starts.extend(u128::from(last).checked_add(1).map(|next| IpAddr::V6(Ipv6Addr::from(next)))),
        }
    }
    starts.sort();
    starts.dedup();
    starts
}
