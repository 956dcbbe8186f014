//! Compares nodes of a template with the values that the build cache needs.

use serde_json::{Map, Value};

use crate::diagnostic::Span;
use crate::template::{Kind, Node};

/// One difference between a node of the template and the value that the cache needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// The path below the entry, such as `Properties.Encrypted`.
    pub path: String,
    /// The span of the node that differs; the span of its parent if the node is missing.
    pub span: Span,
    /// The template's value, shortened, or `nothing`.
    pub found: String,
    /// The cache's value, shortened, or `nothing`.
    pub wanted: String,
}

/// Returns a node as a plain value.
pub(super) fn value_of(node: &Node<'_>) -> Value {
    match node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(value) => Value::Bool(value),
        Kind::Number(text) => text.parse().map_or_else(|_| Value::String(text.to_owned()), Value::Number),
        Kind::String(text) => Value::String(text.to_owned()),
        Kind::Array(items) => Value::Array(items.iter().map(value_of).collect()),
        Kind::Object(members) => {
            Value::Object(members.iter().map(|member| (member.key.to_owned(), value_of(&member.value))).collect::<Map<_, _>>())
        }
    }
}

/// Returns whether a node equals `wanted`. The order of keys does not matter, and scalars compare as CloudFormation reads them: `"30"`
/// equals `30`.
pub(super) fn same(node: &Node<'_>, wanted: &Value) -> bool {
    differences(node, wanted, &[]).is_empty()
}

/// Returns the differences between a node and `wanted`, except in the entry's own members that `free` lists.
pub(super) fn differences(node: &Node<'_>, wanted: &Value, free: &[&str]) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(node, wanted, "", free, &mut found);
    found
}

fn compare(node: &Node<'_>, wanted: &Value, path: &str, free: &[&str], found: &mut Vec<Difference>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (node.kind, wanted) {
        (Kind::Object(members), Value::Object(wanted_members)) if is_function(wanted) == is_function_node(node) => {
            for member in members.iter().filter(|member| !free.contains(&member.key)) {
                match wanted_members.get(member.key) {
                    Some(wanted) => compare(&member.value, wanted, &below(member.key), &[], found),
                    None => found.push(difference(below(member.key), member.key_span, short_of(&member.value), "nothing".to_owned())),
                }
            }
            for (key, wanted) in wanted_members.iter().filter(|(key, _)| !free.contains(&key.as_str())) {
                if node.get(key).is_none() {
                    found.push(difference(below(key), node.span, "nothing".to_owned(), short(wanted)));
                }
            }
        }
        (Kind::Array(items), Value::Array(wanted_items)) if path == "AllowedValues" && items.len() == wanted_items.len() => {
            for wanted in wanted_items {
                if !items.iter().any(|item| same(item, wanted)) {
                    found.push(difference(path.to_owned(), node.span, short_of(node), short(&Value::Array(wanted_items.clone()))));
                    return;
                }
            }
        }
        (Kind::Array(items), Value::Array(wanted_items)) if items.len() == wanted_items.len() => {
            for (index, (item, wanted)) in items.iter().zip(wanted_items).enumerate() {
                compare(item, wanted, &below(&index.to_string()), &[], found);
            }
        }
        _ if node.scalar().is_some() && node.scalar().map(str::to_owned) == scalar(wanted) => {}
        (Kind::Null, Value::Null) => {}
        _ => found.push(difference(path.to_owned(), node.span, short_of(node), short(wanted))),
    }
}

fn difference(path: String, span: Span, found: String, wanted: String) -> Difference {
    Difference { path, span, found, wanted }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// Returns the name of the intrinsic function that a value is. Different functions are reported as one difference, not as one missing
/// `Fn::If` and one unexpected `Ref`.
fn is_function(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.keys().next().map(String::as_str).filter(|key| *key == "Ref" || key.starts_with("Fn::"))
}

fn is_function_node<'a>(node: &Node<'a>) -> Option<&'a str> {
    match node.kind {
        Kind::Object([member]) if member.key == "Ref" || member.key.starts_with("Fn::") => Some(member.key),
        _ => None,
    }
}

/// Returns a node on one line, truncated if it is long.
pub(super) fn short_of(node: &Node<'_>) -> String {
    short(&value_of(node))
}

/// Returns a value on one line, truncated if it is long.
pub(super) fn short(value: &Value) -> String {
    const LONGEST: usize = 90;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}...`", &text[..end]),
        None => format!("`{text}`"),
    }
}
