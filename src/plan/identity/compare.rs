//! Comparison of what two resources claim: the values of the properties of one identity.

use ipnet::IpNet;

use crate::evaluate::{Value, ValueKind};
use crate::plan::compare::{ChangeCertainty, Comparison};
use crate::plan::values::{member, scalar_text};
use crate::schema::{Identity, Match};

/// The values of each part of an identity; a part with `*` has one for each item, an absent part none.
pub(super) type Claim<'a> = Vec<Vec<Value<'a>>>;

/// Returns what a resource with these properties claims, or `None` if it lacks a required part.
pub(super) fn claim<'a>(identity: &Identity, properties: &Value<'a>) -> Option<Claim<'a>> {
    let of_part = |part: &crate::schema::Part| {
        let mut values = Vec::new();
        collect(*properties, &mut part.path.split('/'), &mut values);
        (part.is_optional || !values.is_empty()).then_some(values)
    };
    identity.parts.iter().map(of_part).collect()
}

fn collect<'a>(value: Value<'a>, path: &mut dyn Iterator<Item = &'static str>, found: &mut Vec<Value<'a>>) {
    match path.next() {
        None => found.push(value),
        Some("*") => {
            let rest: Vec<&'static str> = path.collect();
            match value.kind {
                ValueKind::List(items) => items.iter().for_each(|item| collect(*item, &mut rest.iter().copied(), found)),
                // A list that only the update knows.
                ValueKind::Unknown(_) if rest.is_empty() => found.push(value),
                _ => {}
            }
        }
        Some(name) => {
            if let Some(value) = member(&value, name) {
                collect(value, path, found);
            }
        }
    }
}

type SharedParts<'a> = Vec<(&'static str, Option<&'a str>)>;

/// Returns the parts with their values if the two claims are the same, and how certain that is.
pub(super) fn shared<'a>(
    comparison: Comparison<'_, '_, 'a>,
    identity: &Identity,
    old: &Claim<'a>,
    new: &Claim<'a>,
) -> Option<(SharedParts<'a>, ChangeCertainty)> {
    let mut parts = Vec::new();
    let mut certainty = ChangeCertainty::Certain;
    for (part, (old, new)) in identity.parts.iter().zip(old.iter().zip(new)) {
        if old.is_empty() && new.is_empty() {
            continue;
        }
        let pairs = new.iter().flat_map(|new| old.iter().map(move |old| (old, new)));
        let (value, best) = pairs
            .map(|(old, new)| (new, equality(comparison, part.by, old, new)))
            .max_by(|(_, one), (_, other)| one.cmp(other).then(std::cmp::Ordering::Greater))?;
        if best == ChangeCertainty::Unchanged {
            return None;
        }
        certainty = certainty.min(best);
        parts.push((part.path, scalar_text(value.kind)));
    }
    Some((parts, certainty))
}

/// Returns how certain it is that two values are the same after the update; `Unchanged` means that they are not.
fn equality<'a>(comparison: Comparison<'_, '_, 'a>, by: Match, old: &Value<'a>, new: &Value<'a>) -> ChangeCertainty {
    if let (Some(old), Some(new)) = (scalar_text(old.kind), scalar_text(new.kind)) {
        let is_same = match by {
            Match::Text => old == new,
            Match::DomainName => old.strip_suffix('.').unwrap_or(old).eq_ignore_ascii_case(new.strip_suffix('.').unwrap_or(new)),
            Match::Network => old == new || overlaps(old, new),
        };
        return if is_same { ChangeCertainty::Certain } else { ChangeCertainty::Unchanged };
    }
    match comparison.compare(old, new).actual {
        ChangeCertainty::Unchanged => ChangeCertainty::Certain,
        ChangeCertainty::Possible => ChangeCertainty::Possible,
        ChangeCertainty::Certain => ChangeCertainty::Unchanged,
    }
}

fn overlaps(one: &str, other: &str) -> bool {
    match (one.parse::<IpNet>(), other.parse::<IpNet>()) {
        (Ok(one), Ok(other)) => one.contains(&other.network()) || other.contains(&one.network()),
        _ => false,
    }
}
