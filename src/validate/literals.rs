//! Checks a literal value against the facts of its property.

use super::patterns::Patterns;
use crate::schema::{PropertyFacts, Types};
use crate::template::{Kind, Node};

/// A violation: the rule and the message.
pub(super) type Violation = (&'static str, String);

/// Returns whether a value has one of the types. CloudFormation converts strings to other scalar types.
pub(super) fn has_type(types: Types, node: &Node<'_>) -> bool {
    if types.is_any() {
        return true;
    }
    match node.kind {
        Kind::Null => false,
        Kind::Array(_) => types.has(Types::ARRAY),
        Kind::Object(_) => types.has(Types::OBJECT),
        Kind::Bool(_) => types.has(Types::STRING.or(Types::BOOLEAN)),
        Kind::Number(text) => types.has(Types::STRING.or(Types::NUMBER)) || (types.has(Types::INTEGER) && is_whole(text)),
        Kind::String(text) => {
            types.has(Types::STRING)
                || (is_dynamic(text) && types.has(Types::NUMBER.or(Types::INTEGER).or(Types::BOOLEAN)))
                || (types.has(Types::NUMBER) && text.trim().parse::<f64>().is_ok())
                || (types.has(Types::INTEGER) && is_whole(text))
                || (types.has(Types::BOOLEAN) && (text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")))
        }
    }
}

fn is_whole(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok_and(|number| number.fract() == 0.0)
}

/// Returns whether a string is or contains a dynamic reference, whose value is unknown before the deployment.
fn is_dynamic(text: &str) -> bool {
    text.contains("{{resolve:")
}

/// Returns the violation of a scalar of the right type.
pub(super) fn scalar(facts: &PropertyFacts, node: &Node<'_>, patterns: &mut Patterns) -> Option<Violation> {
    let text = node.scalar()?;
    if is_dynamic(text) {
        return None;
    }
    if facts.allowed_values().len() > 0 && !is_allowed(facts, text) {
        let mut names: Vec<&str> = facts.allowed_values().collect();
        let more = names.len().saturating_sub(12);
        names.truncate(12);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        return Some(("value-not-allowed", format!("has value `{}`; allowed values: {}{more}", short(text), names.join(", "))));
    }
    let numeric =
        facts.types.has(Types::NUMBER.or(Types::INTEGER)) && (!facts.types.has(Types::STRING) || matches!(node.kind, Kind::Number(_)));
    if numeric && let Ok(number) = text.trim().parse::<f64>() {
        let (minimum, maximum) = facts.range();
        if number < minimum {
            return Some(("value-out-of-range", format!("has value {text}; the minimum is {minimum}")));
        }
        if number > maximum {
            return Some(("value-out-of-range", format!("has value {text}; the maximum is {maximum}")));
        }
    }
    // A number for a property that is only text becomes text, so that the length and the pattern apply to it, too.
    let is_text = matches!(node.kind, Kind::String(_))
        || matches!(node.kind, Kind::Number(_)) && !facts.types.has(Types::NUMBER.or(Types::INTEGER)) && !facts.types.is_any();
    if facts.types.has(Types::STRING) && is_text {
        let (minimum, maximum) = facts.length();
        let length = if minimum > 0 || maximum.is_some() { text.chars().count() as u64 } else { 0 };
        if length < u64::from(minimum) {
            return Some(("length-out-of-range", format!("has {length} characters; the minimum is {minimum}")));
        }
        if let Some(maximum) = maximum.filter(|maximum| length > u64::from(*maximum)) {
            return Some(("length-out-of-range", format!("has {length} characters; the maximum is {maximum}")));
        }
        if let Some(pattern) = facts.pattern().filter(|pattern| patterns.breaks(pattern, text)) {
            return Some((
                "pattern-mismatch",
                format!("has value `{}`, which does not match the pattern `{}`", short(text), short(pattern)),
            ));
        }
    }
    None
}

fn is_allowed(facts: &PropertyFacts, text: &str) -> bool {
    let any_case = facts.ignores_case() || facts.types.has(Types::BOOLEAN);
    facts.allowed_values().any(|value| {
        value == text
            || (any_case && value.eq_ignore_ascii_case(text))
            || (!facts.types.has(Types::STRING) && matches!((value.parse::<f64>(), text.trim().parse::<f64>()), (Ok(a), Ok(b)) if a == b))
    })
}

/// Shortens a long value for a message.
pub(super) fn short(text: &str) -> String {
    let cut: String = text.chars().take(80).collect();
    if cut.len() < text.len() { format!("{cut}...") } else { cut }
}
