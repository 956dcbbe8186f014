//! Whether one written value fits the facts of its property.

use std::collections::HashMap;

use crate::schema::{PropertyFacts, Types};
use crate::template::{Kind, Node};

/// What is wrong with a value: the rule and the words.
pub(super) type Violation = (&'static str, String);

/// Regular expressions that were needed, each built once.
#[derive(Debug, Default)]
pub(super) struct Patterns(HashMap<&'static str, Pattern>);

/// A regular expression: by the engine that is built in no time, else by the one that knows look-around and Unicode classes.
#[derive(Debug)]
enum Pattern {
    Plain(regex_lite::Regex),
    Fancy(fancy_regex::Regex),
    Unreadable,
}

impl Pattern {
    fn new(pattern: &str) -> Self {
        if let Ok(regex) = regex_lite::Regex::new(pattern) {
            return Self::Plain(regex);
        }
        fancy_regex::Regex::new(pattern).map_or(Self::Unreadable, Self::Fancy)
    }
}

impl Patterns {
    /// Tells whether a text certainly breaks a pattern; one that this engine cannot read breaks nothing.
    fn breaks(&mut self, pattern: &'static str, text: &str) -> bool {
        if matches!(pattern, ".*" | "^.*$" | ".+" | "[\\s\\S]*" | "^[\\s\\S]*$") {
            return false;
        }
        match self.0.entry(pattern).or_insert_with(|| Pattern::new(pattern)) {
            Pattern::Plain(regex) => !regex.is_match(text),
            Pattern::Fancy(regex) => matches!(regex.is_match(text), Ok(false)),
            Pattern::Unreadable => false,
        }
    }
}

/// Tells whether a value has one of the types; a scalar may be written as text, as CloudFormation converts it.
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

/// Tells whether a text is, or holds, a dynamic reference, whose value only the deployment knows.
fn is_dynamic(text: &str) -> bool {
    text.contains("{{resolve:")
}

/// Returns what is wrong with a scalar of the right type.
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
        return Some(("value-not-allowed", format!("is `{}`, which is not one of {}{more}", short(text), names.join(", "))));
    }
    let numeric =
        facts.types.has(Types::NUMBER.or(Types::INTEGER)) && (!facts.types.has(Types::STRING) || matches!(node.kind, Kind::Number(_)));
    if numeric && let Ok(number) = text.trim().parse::<f64>() {
        let (least, most) = facts.range();
        if number < least {
            return Some(("value-out-of-range", format!("is {text}, below the least, {least}")));
        }
        if number > most {
            return Some(("value-out-of-range", format!("is {text}, above the most, {most}")));
        }
    }
    if facts.types.has(Types::STRING) && matches!(node.kind, Kind::String(_)) {
        let (least, most) = facts.length();
        let length = if least > 0 || most.is_some() { text.chars().count() as u64 } else { 0 };
        if length < u64::from(least) {
            return Some(("length-out-of-range", format!("has {length} characters; it needs {least}")));
        }
        if let Some(most) = most.filter(|most| length > u64::from(*most)) {
            return Some(("length-out-of-range", format!("has {length} characters; it may have {most}")));
        }
        if let Some(pattern) = facts.pattern().filter(|pattern| patterns.breaks(pattern, text)) {
            return Some(("pattern-mismatch", format!("is `{}`, which does not match `{}`", short(text), short(pattern))));
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

/// Cuts a long value, so that a message stays one line.
pub(super) fn short(text: &str) -> String {
    let cut: String = text.chars().take(80).collect();
    if cut.len() < text.len() { format!("{cut}...") } else { cut }
}
