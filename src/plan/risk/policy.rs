//! Policy documents in properties, and what they grant to everyone.
//!
//! A policy document is recognized by its shape in any property: an object, or JSON text, whose `Statement` has an `Effect`.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use serde_json::{Value as Json, json};

use crate::evaluate::{Residual, Resource, Value, ValueKind};

/// Returns the policy documents of a resource with their paths.
pub(super) fn documents(resource: &Resource<'_>) -> Vec<(String, Json)> {
    let mut found = Vec::new();
    collect(&resource.properties, &mut String::from("/Properties"), &mut found);
    found
}

fn collect(value: &Value<'_>, path: &mut String, found: &mut Vec<(String, Json)>) {
    let start = path.len();
    match value.kind {
        ValueKind::Map(members) => {
            if members.iter().any(|(key, _)| *key == "Statement") {
                let document = value.to_json();
                if is_document(&document) {
                    return found.push((path.clone(), document));
                }
            }
            for (key, value) in members {
                path.push('/');
                path.push_str(key);
                collect(value, path, found);
                path.truncate(start);
            }
        }
        ValueKind::List(items) => {
            for (index, value) in items.iter().enumerate() {
                path.push('/');
                path.push_str(&index.to_string());
                collect(value, path, found);
                path.truncate(start);
            }
        }
        ValueKind::String(text) if text.trim_start().starts_with('{') && text.contains("\"Statement\"") => {
            let document = serde_json::from_str::<Json>(text).ok().filter(is_document);
            found.extend(document.map(|document| (path.clone(), document)));
        }
        ValueKind::Unknown(Residual::Concat(parts)) => {
            found.extend(joined(parts).filter(is_document).map(|document| (path.clone(), document)));
        }
        ValueKind::Unknown(Residual::Function("Fn::ToJsonString", document)) => collect(document, path, found),
        _ => {}
    }
}

/// Stands for an unknown part in JSON text, between its number and itself.
const UNKNOWN: char = '\u{f8ff}';

/// Returns the document in JSON text with unknown parts, which become intrinsic functions.
fn joined(parts: &[Value<'_>]) -> Option<Json> {
    let is_json = parts.first().and_then(Value::text).is_some_and(|text| text.trim_start().starts_with('{') && !text.contains(UNKNOWN));
    if !is_json {
        return None;
    }
    let text = |(index, part): (usize, &Value<'_>)| part.text().map_or_else(|| format!("{UNKNOWN}{index}{UNKNOWN}"), str::to_owned);
    let text: String = parts.iter().enumerate().map(text).collect();
    Some(with_functions(serde_json::from_str(&text).ok()?, parts))
}

fn with_functions(json: Json, parts: &[Value<'_>]) -> Json {
    match json {
        Json::String(text) if text.contains(UNKNOWN) => {
            let part = |(index, piece): (usize, &str)| match piece.parse::<usize>().ok().filter(|_| index % 2 == 1) {
                Some(number) => parts.get(number).map_or(Json::Null, Value::to_json),
                None => Json::from(piece),
            };
            let pieces: Vec<Json> = text.split(UNKNOWN).enumerate().map(part).collect();
            json!({ "Fn::Join": ["", pieces] })
        }
        Json::Array(items) => Json::Array(items.into_iter().map(|item| with_functions(item, parts)).collect()),
        Json::Object(members) => Json::Object(members.into_iter().map(|(key, value)| (key, with_functions(value, parts))).collect()),
        other => other,
    }
}

fn is_document(json: &Json) -> bool {
    json.get("Statement").is_some_and(|statements| items(statements).iter().any(|statement| statement.get("Effect").is_some()))
}

/// Returns the items of a list; any other value counts as a list of one item.
fn items(json: &Json) -> &[Json] {
    match json {
        Json::Array(items) => items,
        other => std::slice::from_ref(other),
    }
}

fn statements<'j>(document: &'j Json, effect: &'static str) -> impl Iterator<Item = &'j Json> {
    let all = document.get("Statement").map(items).unwrap_or_default();
    all.iter().filter(move |statement| statement.get("Effect").and_then(Json::as_str) == Some(effect))
}

/// Returns the values of a statement's key; for `Principal`, the values of every kind of principal.
fn values<'j>(statement: &'j Json, key: &str) -> Vec<&'j Json> {
    match statement.get(key) {
        Some(Json::Object(kinds)) if key == "Principal" && !is_expression(&Json::Object(kinds.clone())) => {
            kinds.values().flat_map(items).collect()
        }
        Some(value) => items(value).iter().collect(),
        None => Vec::new(),
    }
}

/// Returns whether JSON is an intrinsic function without a known value, such as `{"Ref": "Role"}`.
fn is_expression(json: &Json) -> bool {
    matches!(json, Json::Object(members) if members.len() == 1 && members.keys().all(|key| key == "Ref" || key.starts_with("Fn::")))
}

fn is_star(value: &Json) -> bool {
    value.as_str() == Some("*")
}

fn has_condition(statement: &Json) -> bool {
    statement.get("Condition").is_some_and(|condition| condition.as_object().is_none_or(|members| !members.is_empty()))
}

/// Returns a document's grants to everyone, and of every action on every resource, as the object of a sentence.
pub(super) fn open_to_all(document: &Json) -> Option<String> {
    let (mut everyone, mut everything) = (false, false);
    for statement in statements(document, "Allow") {
        let star = |key| values(statement, key).into_iter().any(is_star);
        everyone |= star("Principal") && !has_condition(statement);
        let acts = star("Action") || values(statement, "Action").into_iter().any(|action| action.as_str() == Some("*:*"));
        everything |= acts && star("Resource") && statement.get("Principal").is_none();
    }
    let grants = [
        everyone.then_some("everyone, because a principal is `*` and there is no condition"),
        everything.then_some("every action on every resource"),
    ];
    let grants: Vec<&str> = grants.into_iter().flatten().collect();
    (!grants.is_empty()).then(|| grants.join(", and "))
}

/// Returns whether a document belongs to a resource: a statement names principals.
pub(super) fn names_principals(document: &Json) -> bool {
    let all = document.get("Statement").map(items).unwrap_or_default();
    all.iter().any(|statement| statement.get("Principal").or(statement.get("NotPrincipal")).is_some())
}
