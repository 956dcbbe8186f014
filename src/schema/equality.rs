//! Tells noise from change: values that are written differently and mean the same to the resource.
//!
//! AWS's own change sets compare literally; this is for what really happens.

use serde_json::Value as Json;

use super::property::{PropertyFacts, Types};
use crate::evaluate::{Value, ValueKind};

/// Decides about two values of which one is not known; usually whether what is left of their expressions is the same.
pub type SameUnknown<'f> = &'f dyn Fn(&Value<'_>, &Value<'_>) -> bool;

/// Tells whether two values of a property mean the same.
///
/// Numbers and booleans equal their text (`2049` and `"2049"`, and by value where the schema wants a number); a JSON document equals its
/// text; lists without an order compare as bags, tags among them; the members of an object have no order. Without facts, values
/// compare as written, scalars by their text.
pub fn values_equal(facts: Option<PropertyFacts>, a: &Value<'_>, b: &Value<'_>, unknown: SameUnknown<'_>) -> bool {
    match (a.kind, b.kind) {
        (ValueKind::Unknown(_), _) | (_, ValueKind::Unknown(_)) => unknown(a, b),
        (ValueKind::List(a), ValueKind::List(b)) => {
            let items = facts.and_then(|facts| facts.items());
            let same = |a: &Value<'_>, b: &Value<'_>| values_equal(items, a, b, unknown);
            let unordered = facts.is_some_and(|facts| facts.is_unordered()) || (a.iter().all(is_tag) && b.iter().all(is_tag));
            if unordered { same_bag(a, b, same) } else { a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)) }
        }
        (ValueKind::Map(a), ValueKind::Map(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, value)| {
                    let other = b.iter().find(|(other, _)| other == name);
                    other.is_some_and(|(_, other)| values_equal(facts.and_then(|facts| facts.member(name)), value, other, unknown))
                })
        }
        (ValueKind::Null, ValueKind::Null) => true,
        (ValueKind::String(text), ValueKind::Map(_) | ValueKind::List(_)) => holds_json(facts) && same_as_text(b, text),
        (ValueKind::Map(_) | ValueKind::List(_), ValueKind::String(text)) => holds_json(facts) && same_as_text(a, text),
        _ => match (scalar(a), scalar(b)) {
            (Some(a), Some(b)) => same_scalars(facts, a, b),
            _ => false,
        },
    }
}

fn scalar<'v>(value: &Value<'v>) -> Option<&'v str> {
    match value.kind {
        ValueKind::String(text) | ValueKind::Number(text) => Some(text),
        ValueKind::Bool(true) => Some("true"),
        ValueKind::Bool(false) => Some("false"),
        _ => None,
    }
}

fn same_scalars(facts: Option<PropertyFacts>, a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let Some(facts) = facts else { return false };
    let numbers = facts.types.has(Types::NUMBER.or(Types::INTEGER));
    let same_number = || numbers && matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a == b);
    let same_boolean = || facts.types.has(Types::BOOLEAN) && a.eq_ignore_ascii_case(b);
    let same_word = || facts.ignores_case() && a.eq_ignore_ascii_case(b);
    let same_document = || {
        let parsed = |text: &str| text.trim_start().starts_with(['{', '[']).then(|| serde_json::from_str::<Json>(text).ok()).flatten();
        holds_json(Some(facts)) && parsed(a).is_some_and(|a| parsed(b).is_some_and(|b| a == b))
    };
    same_number() || same_boolean() || same_word() || same_document()
}

fn holds_json(facts: Option<PropertyFacts>) -> bool {
    facts.is_some_and(|facts| facts.is_json())
}

/// Tells whether a list's item is a tag, whose order among others means nothing whatever the schema says.
fn is_tag(item: &Value<'_>) -> bool {
    let ValueKind::Map(members) = item.kind else { return false };
    members.iter().any(|(name, _)| *name == "Key") && members.iter().all(|(name, _)| matches!(*name, "Key" | "Value" | "PropagateAtLaunch"))
}

/// Tells whether two lists hold the same items, each as often.
fn same_bag(a: &[Value<'_>], b: &[Value<'_>], same: impl Fn(&Value<'_>, &Value<'_>) -> bool) -> bool {
    let mut taken = vec![false; b.len()];
    a.len() == b.len()
        && a.iter().all(|item| {
            let found = b.iter().zip(&taken).position(|(other, taken)| !taken && same(item, other));
            found.map(|index| taken[index] = true).is_some()
        })
}

/// Tells whether a value is what a text holds as JSON.
fn same_as_text(value: &Value<'_>, text: &str) -> bool {
    serde_json::from_str::<Json>(text).is_ok_and(|json| same_as_json(value, &json))
}

fn same_as_json(value: &Value<'_>, json: &Json) -> bool {
    match (value.kind, json) {
        (ValueKind::Null, Json::Null) => true,
        (ValueKind::Bool(value), Json::Bool(json)) => value == *json,
        (ValueKind::List(items), Json::Array(json)) => {
            items.len() == json.len() && items.iter().zip(json).all(|(item, json)| same_as_json(item, json))
        }
        (ValueKind::Map(members), Json::Object(json)) => {
            members.len() == json.len() && members.iter().all(|(name, value)| json.get(*name).is_some_and(|json| same_as_json(value, json)))
        }
        (_, Json::String(json)) => scalar(value) == Some(json),
        (ValueKind::Number(_) | ValueKind::String(_), Json::Number(json)) => scalar(value) == Some(&json.to_string()),
        (ValueKind::String(text), Json::Bool(json)) => text == if *json { "true" } else { "false" },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::resource_type;
    use super::*;
    use crate::template::{Arena, Document, Kind, Node, Source};

    /// Turns a literal into the value it evaluates to.
    fn value<'a>(arena: &'a Arena, node: &'a Node<'a>) -> Value<'a> {
        let kind = match node.kind {
            Kind::Null => ValueKind::Null,
            Kind::Bool(value) => ValueKind::Bool(value),
            Kind::Number(text) => ValueKind::Number(text),
            Kind::String(text) => ValueKind::String(text),
            Kind::Array(items) => ValueKind::List(arena.slice(&items.iter().map(|item| value(arena, item)).collect::<Vec<_>>())),
            Kind::Object(members) => {
                ValueKind::Map(arena.slice(&members.iter().map(|member| (member.key, value(arena, &member.value))).collect::<Vec<_>>()))
            }
        };
        Value { kind, origin: node }
    }

    fn equal(name: &str, property: &str, a: &str, b: &str) -> Option<bool> {
        let arena = Arena::new();
        let source = Source::new("both", format!("[{a}, {b}]"));
        let document = Document::read(&source, &arena).ok()?;
        let [a, b] = document.root.items() else { return None };
        let facts = resource_type(name).and_then(|facts| facts.property(&[property]));
        Some(values_equal(facts, &value(&arena, a), &value(&arena, b), &|_, _| false))
    }

    #[test]
    fn values_that_mean_the_same_are_equal() {
        for (name, property, a, b) in [
            ("AWS::EC2::SecurityGroupIngress", "FromPort", "2049", r#""2049""#),
            ("AWS::EFS::FileSystem", "Encrypted", "true", r#""true""#),
            ("AWS::EFS::FileSystem", "ProvisionedThroughputInMibps", "1.0", "1"),
            ("AWS::EFS::MountTarget", "SecurityGroups", r#"["a", "b"]"#, r#"["b", "a"]"#),
            (
                "AWS::EC2::VPC",
                "Tags",
                r#"[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]"#,
                r#"[{"Value": "2", "Key": "b"}, {"Key": "a", "Value": "1"}]"#,
            ),
            ("AWS::SQS::QueuePolicy", "PolicyDocument", r#""{\"a\": 1}""#, r#""{ \"a\":1 }""#),
            (
                "AWS::IAM::Role",
                "AssumeRolePolicyDocument",
                r#"{"Version": "2012-10-17", "Statement": []}"#,
                r#""{\"Statement\":[],\"Version\":\"2012-10-17\"}""#,
            ),
            ("Custom::Thing", "Port", "80", r#""80""#),
        ] {
            assert_eq!(equal(name, property, a, b), Some(true), "{name} {property}: {a} and {b}");
        }
    }

    #[test]
    fn values_that_mean_something_else_are_not() {
        for (name, property, a, b) in [
            ("AWS::EC2::SecurityGroupIngress", "FromPort", "2049", r#""2050""#),
            ("AWS::EFS::MountTarget", "SecurityGroups", r#"["a", "a"]"#, r#"["a", "b"]"#),
            ("AWS::EFS::MountTarget", "SubnetId", r#""1.0""#, r#""1""#),
            ("AWS::ECS::TaskDefinition", "Family", r#""a""#, r#""A""#),
            ("Custom::Thing", "List", r#"["a", "b"]"#, r#"["b", "a"]"#),
            ("AWS::EC2::VPC", "Tags", r#"[{"Key": "a", "Value": "1"}]"#, r#"[{"Key": "a", "Value": "2"}]"#),
        ] {
            assert_eq!(equal(name, property, a, b), Some(false), "{name} {property}: {a} and {b}");
        }
    }
}
