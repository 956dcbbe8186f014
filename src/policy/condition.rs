//! Condition blocks as constraints on the keys of a request.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::hash::{Hash, Hasher};

use ipnet::IpNet;
use serde_json::Value as Json;

use super::budget::{Budget, Exhausted};
use super::pattern::Pattern;
use super::set::TextSet;
use super::words::{Atoms, Reading, Wildcards, items, read};

/// The key for the account of the principal, in lower case.
pub(super) const PRINCIPAL_ACCOUNT: &str = "aws:principalaccount";

/// The key of KMS for the same account.
///
/// Source: <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account>
const CALLER_ACCOUNT: &str = "kms:calleraccount";

/// What an operator does with a multivalued key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Quantifier {
    /// The key has one value.
    One,
    /// `ForAllValues`
    All,
    /// `ForAnyValue`
    Any,
}

/// How a number or point in time is compared with the values of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ordering {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A number or a point in time in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number(pub(super) f64);

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0.total_cmp(&other.0).is_eq()
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// What a constraint requires of one value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Test {
    /// A text in a set; of a Boolean key, `true` or `false`.
    Text { set: TextSet, is_boolean: bool },
    /// A comparison with one of some numbers or points in time; further values are unknown.
    Order { ordering: Ordering, numbers: Vec<Number>, unknown: Vec<String> },
    /// An address in one of some networks; further networks are unknown.
    Address { networks: Vec<IpNet>, unknown: Vec<String> },
    /// Whether the key is absent.
    Absent(bool),
    /// Something that is not understood: an unknown operator.
    Unknown(String),
}

/// A constraint on the value of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Constraint {
    pub(super) test: Test,
    pub(super) negated: bool,
    pub(super) quantifier: Quantifier,
    pub(super) if_exists: bool,
}

/// The constraints on one key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The name in lower case, since names ignore case.
    pub(super) name: String,
    /// The name as written.
    pub(super) shown: String,
    pub(super) constraints: Vec<Constraint>,
}

/// Returns the keys of a `Condition` element with their constraints, sorted by name.
pub(super) fn keys(json: Option<&Json>, variables: bool, atoms: &mut Atoms) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    let mut add = |shown: &str, constraint: Constraint| {
        let mut name = shown.to_ascii_lowercase();
        if name == CALLER_ACCOUNT {
            PRINCIPAL_ACCOUNT.clone_into(&mut name);
        }
        match keys.iter_mut().find(|key| key.name == name) {
            Some(key) => key.constraints.push(constraint),
            None => keys.push(Key { name, shown: shown.to_owned(), constraints: vec![constraint] }),
        }
    };
    match json {
        None | Some(Json::Null) => {}
        Some(Json::Object(operators)) => {
            for (operator, tested) in operators {
                match tested {
                    Json::Object(tested) => {
                        for (name, values) in tested {
                            add(name, constraint(operator, values, variables, atoms));
                        }
                    }
                    other => add("", unknown(operator, other)),
                }
            }
        }
        Some(other) => add("", unknown("", other)),
    }
    keys.sort_by(|a, b| a.name.cmp(&b.name));
    keys
}

fn unknown(operator: &str, values: &Json) -> Constraint {
    let test = Test::Unknown(format!("{operator} {values}"));
    Constraint { test, negated: false, quantifier: Quantifier::One, if_exists: false }
}

fn constraint(operator: &str, values: &Json, variables: bool, atoms: &mut Atoms) -> Constraint {
    let lower = operator.to_ascii_lowercase();
    let (quantifier, rest) = match lower.split_once(':') {
        Some(("forallvalues", rest)) => (Quantifier::All, rest),
        Some(("foranyvalue", rest)) => (Quantifier::Any, rest),
        Some(_) => return unknown(operator, values),
        None => (Quantifier::One, lower.as_str()),
    };
    let (rest, if_exists) = rest.strip_suffix("ifexists").map_or((rest, false), |rest| (rest, true));
    let values_list = items(values);
    let mut texts = |wildcards, fold| {
        let reading = Reading { wildcards, variables, fold };
        let patterns: Option<Vec<_>> = values_list.iter().map(|value| read(value, reading, atoms)).collect();
        patterns.map(|patterns| Test::Text { set: TextSet::of(false, patterns), is_boolean: false })
    };
    let (test, negated) = match rest {
        "stringequals" | "binaryequals" => (texts(Wildcards::None, false), false),
        "stringnotequals" => (texts(Wildcards::None, false), true),
        "stringequalsignorecase" => (texts(Wildcards::None, true), false),
        "stringnotequalsignorecase" => (texts(Wildcards::None, true), true),
        "stringlike" => (texts(Wildcards::Any, false), false),
        "stringnotlike" => (texts(Wildcards::Any, false), true),
        "arnequals" | "arnlike" => (texts(Wildcards::Arn, false), false),
        "arnnotequals" | "arnnotlike" => (texts(Wildcards::Arn, false), true),
        "bool" => {
            let set = texts(Wildcards::None, true).map(|test| match test {
                Test::Text { set, .. } => Test::Text { set: booleans(set), is_boolean: true },
                other => other,
            });
            (set, false)
        }
        "null" => (absent(values_list), false),
        "ipaddress" => (addresses(values_list), false),
        "notipaddress" => (addresses(values_list), true),
        other => match ordering(other) {
            Some((ordering, is_date, negated)) => (numbers(values_list, ordering, is_date), negated),
            None => (None, false),
        },
    };
    let quantifier = if values_list.is_empty() && test.is_none() { Quantifier::One } else { quantifier };
    match test {
        Some(test) => Constraint { test, negated, quantifier, if_exists },
        None => unknown(operator, values),
    }
}

/// Returns Boolean values in the form in which requests have them, which is lower case.
fn booleans(set: TextSet) -> TextSet {
    TextSet::of(set.negated, set.patterns.into_iter().map(|pattern| Pattern { fold: false, ..pattern }).collect())
}

fn absent(values: &[Json]) -> Option<Test> {
    let [value] = values else { return None };
    let text = value.as_str().map(str::to_ascii_lowercase);
    match (value.as_bool(), text.as_deref()) {
        (Some(value), _) => Some(Test::Absent(value)),
        (_, Some("true")) => Some(Test::Absent(true)),
        (_, Some("false")) => Some(Test::Absent(false)),
        _ => None,
    }
}

fn addresses(values: &[Json]) -> Option<Test> {
    let (mut networks, mut unknown) = (Vec::new(), Vec::new());
    for value in values {
        match value.as_str().and_then(network) {
            Some(network) => networks.push(network),
            None => unknown.push(value.to_string()),
        }
    }
    Some(Test::Address { networks, unknown })
}

/// Reads a network, or an address as the network that contains only it.
pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().map(|network| network.trunc()).or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from)).ok()
}

fn ordering(operator: &str) -> Option<(Ordering, bool, bool)> {
    let (rest, is_date) = match operator.strip_prefix("numeric") {
        Some(rest) => (rest, false),
        None => (operator.strip_prefix("date")?, true),
    };
    let (ordering, negated) = match rest {
        "equals" => (Ordering::Equal, false),
        "notequals" => (Ordering::Equal, true),
        "lessthan" => (Ordering::Less, false),
        "lessthanequals" => (Ordering::LessOrEqual, false),
        "greaterthan" => (Ordering::Greater, false),
        "greaterthanequals" => (Ordering::GreaterOrEqual, false),
        _ => return None,
    };
    Some((ordering, is_date, negated))
}

fn numbers(values: &[Json], ordering: Ordering, is_date: bool) -> Option<Test> {
    let (mut numbers, mut unknown) = (Vec::new(), Vec::new());
    for value in values {
        let text = match value {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        let number = if is_date { seconds(&text) } else { text.trim().parse::<f64>().ok() };
        match number.filter(|number| number.is_finite()) {
            Some(number) => numbers.push(Number(number)),
            None => unknown.push(value.to_string()),
        }
    }
    Some(Test::Order { ordering, numbers, unknown })
}

/// Reads a point in time: a date, a date with a time, or seconds since 1970.
fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return Some(number);
    }
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(timestamp.as_second() as f64);
    }
    let date = text.parse::<jiff::civil::DateTime>().ok()?;
    Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second() as f64)
}

impl Test {
    /// Returns whether each value that passes this test certainly passes another.
    fn implies(&self, other: &Self, budget: &Budget) -> Result<bool, Exhausted> {
        Ok(match (self, other) {
            (Self::Text { set, .. }, Self::Text { set: other, .. }) => other.contains(set, budget)?,
            (
                Self::Order { ordering, numbers, unknown },
                Self::Order { ordering: other_ordering, numbers: other_numbers, unknown: other_unknown },
            ) => {
                ordering == other_ordering
                    && numbers.iter().all(|number| other_numbers.contains(number))
                    && unknown.iter().all(|value| other_unknown.contains(value))
            }
            (Self::Address { networks, unknown }, Self::Address { networks: others, unknown: other_unknown }) => {
                networks.iter().all(|network| others.iter().any(|other| other.contains(network)))
                    && unknown.iter().all(|value| other_unknown.contains(value))
            }
            _ => self == other,
        })
    }
}

impl Constraint {
    /// Returns the constraint that a key has one value, in a set.
    pub(super) fn is_in(set: TextSet) -> Self {
        Self { test: Test::Text { set, is_boolean: false }, negated: false, quantifier: Quantifier::One, if_exists: false }
    }

    /// Returns the texts of which the key must have one.
    pub(super) fn required(&self) -> Option<&TextSet> {
        match &self.test {
            Test::Text { set, .. } if !self.negated && !self.if_exists && self.quantifier == Quantifier::One => Some(set),
            _ => None,
        }
    }

    /// Returns whether each request that satisfies this constraint certainly satisfies another on the same key.
    pub(super) fn implies(&self, other: &Self, budget: &Budget) -> Result<bool, Exhausted> {
        if self == other {
            return Ok(true);
        }
        if self.negated != other.negated || self.quantifier != other.quantifier || self.if_exists && !other.if_exists {
            return Ok(false);
        }
        if self.negated { other.test.implies(&self.test, budget) } else { self.test.implies(&other.test, budget) }
    }
}

/// Returns whether constraints on a key certainly imply others.
pub(super) fn all_implied(given: &[Constraint], wanted: &[Constraint], budget: &Budget) -> Result<bool, Exhausted> {
    for constraint in wanted {
        let mut is_implied = false;
        for own in given {
            is_implied = is_implied || own.implies(constraint, budget)?;
        }
        if !is_implied {
            return Ok(false);
        }
    }
    Ok(true)
}
