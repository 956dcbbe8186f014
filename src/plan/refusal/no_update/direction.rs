//! Whether a change goes in the direction that a service refuses.

use std::cmp::Ordering;

use crate::evaluate::{Value, ValueKind};
use crate::plan::compare::{ChangeCertainty, Comparison};
use crate::plan::values::{member, scalar_text};
use crate::schema::{NoUpdate, RefusedChange};

/// What the service does with a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// It accepts the change.
    Allowed,
    /// It may refuse the change: a value is unknown.
    Unknown,
    /// It refuses the change.
    Refused,
}

impl Direction {
    fn refused_if(is_refused: bool) -> Self {
        if is_refused { Self::Refused } else { Self::Allowed }
    }
}

/// Returns what the service does if a property changes from one value to another; `None` is a property that is not set.
pub(super) fn direction<'a>(
    comparison: Comparison<'_, '_, 'a>,
    row: &NoUpdate,
    before: Option<&Value<'a>>,
    after: Option<&Value<'a>>,
) -> Direction {
    let text = |value: Option<&Value<'a>>| value.map_or(Some(row.default), |value| scalar_text(value.kind).map(Some));
    // `Some(None)` is a value that the service chooses, `None` one that only the update knows.
    let (old, new) = (text(before), text(after));
    match row.change {
        RefusedChange::Any => match (old, new) {
            (Some(Some(old)), Some(Some(new))) if old == new => Direction::Allowed,
            (_, Some(None)) => Direction::Unknown,
            _ => Direction::Refused,
        },
        RefusedChange::OnceSet => Direction::refused_if(before.is_some()),
        RefusedChange::TurnOff => match (old, new) {
            (Some(Some("true")), Some(new)) => Direction::refused_if(new != Some("true")),
            (Some(_), _) | (_, Some(Some("true"))) => Direction::Allowed,
            _ => Direction::Unknown,
        },
        RefusedChange::From(from, to) => match (old, new) {
            (Some(Some(old)), Some(Some(new))) => Direction::refused_if(old == from && (to == "*" || to == new)),
            (Some(old), _) if old != Some(from) => Direction::Allowed,
            (_, Some(Some(new))) if to != "*" && to != new => Direction::Allowed,
            _ => Direction::Unknown,
        },
        RefusedChange::Decrease => known(before, after, |old, new| Some(new.parse::<f64>().ok()? < old.parse::<f64>().ok()?)),
        RefusedChange::MoreThanDouble => known(before, after, |old, new| {
            let (old, new) = (old.parse::<f64>().ok()?, new.parse::<f64>().ok()?);
            Some(new > 2.0 * old || new < old / 2.0)
        }),
        RefusedChange::Downgrade => known(before, after, |old, new| Some(compare_versions(new, old) == Some(Ordering::Less))),
        RefusedChange::SkipsMinor => known(before, after, |old, new| {
            let minor = |version: &str| version.split('.').nth(1)?.parse::<u64>().ok();
            Some(compare_versions(new, old) == Some(Ordering::Greater) && minor(new)? > minor(old)? + 1)
        }),
        RefusedChange::ItemsOnceSet(key) => items(comparison, key, before, after),
    }
}

/// Decides by two texts, if both are known. A property that is not set says nothing.
fn known<'a>(before: Option<&Value<'a>>, after: Option<&Value<'a>>, is_refused: impl Fn(&str, &str) -> Option<bool>) -> Direction {
    let (Some(before), Some(after)) = (before, after) else { return Direction::Allowed };
    match (scalar_text(before.kind), scalar_text(after.kind)) {
        (Some(old), Some(new)) => is_refused(old, new).map_or(Direction::Unknown, Direction::refused_if),
        _ => Direction::Unknown,
    }
}

/// Compares two versions by their numbers, such as `8.0.mysql_aurora.3.04.0`; a version that is the beginning of the other is equal.
///
/// Returns `None` if the versions differ in a word.
fn compare_versions(one: &str, other: &str) -> Option<Ordering> {
    for (one, other) in one.split(['.', '_', '-']).zip(other.split(['.', '_', '-'])) {
        match (one.parse::<u64>(), other.parse::<u64>()) {
            (Ok(one), Ok(other)) if one == other => {}
            (Ok(one), Ok(other)) => return Some(one.cmp(&other)),
            _ if one == other => {}
            _ => return None,
        }
    }
    Some(Ordering::Equal)
}

/// Decides for a list whose items stay as they are.
fn items<'a>(comparison: Comparison<'_, '_, 'a>, key: &str, before: Option<&Value<'a>>, after: Option<&Value<'a>>) -> Direction {
    let list = |value: Option<&Value<'a>>| match value.map(|value| value.kind) {
        None => Some([].as_slice()),
        Some(ValueKind::List(items)) => Some(items),
        _ => None,
    };
    let (Some(old), Some(new)) = (list(before), list(after)) else { return Direction::Unknown };
    let mut found = Direction::Allowed;
    for item in old {
        let Some(name) = member(item, key).and_then(|name| scalar_text(name.kind)) else {
            found = Direction::Unknown;
            continue;
        };
        let peer = new.iter().find(|peer| member(peer, key).and_then(|name| scalar_text(name.kind)) == Some(name));
        match peer.map(|peer| comparison.compare(item, peer).actual) {
            Some(ChangeCertainty::Unchanged) => {}
            Some(ChangeCertainty::Possible) => found = Direction::Unknown,
            Some(ChangeCertainty::Certain) | None => return Direction::Refused,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::compare_versions;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (one, other, expected) in [
            ("8.0.28", "8.0.33", Some(Ordering::Less)),
            ("9.6", "13.4", Some(Ordering::Less)),
            ("8.0", "8.0.33", Some(Ordering::Equal)),
            ("5.7.mysql_aurora.2.11.1", "8.0.mysql_aurora.3.04.0", Some(Ordering::Less)),
            ("OpenSearch_2.5", "OpenSearch_1.3", Some(Ordering::Greater)),
            ("Elasticsearch_7.10", "OpenSearch_1.3", None),
            ("19.0.0.0.ru-2023-01.rur-2023-01.r1", "19.0.0.0.ru-2023-04.rur-2023-04.r1", Some(Ordering::Less)),
        ] {
            assert_eq!(compare_versions(one, other), expected, "{one} {other}");
        }
    }
}
