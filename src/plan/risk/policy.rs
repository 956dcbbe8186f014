//! The grants and denials of policy documents, and which of them are new or lost.
//!
//! A policy document is recognized by its shape in any property: an object, or JSON text, whose `Statement` has an `Effect`.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use serde_json::Value as Json;

use crate::evaluate::{Resource, Value, ValueKind};

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
        _ => {}
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

fn display(value: &Json) -> String {
    value.as_str().map_or_else(|| "a value known after apply".to_owned(), |text| format!("`{text}`"))
}

fn has_condition(statement: &Json) -> bool {
    statement.get("Condition").is_some_and(|condition| condition.as_object().is_none_or(|members| !members.is_empty()))
}

/// Returns a document's grants to everyone, and of every action on every resource.
pub(super) fn open_to_all(document: &Json) -> Vec<String> {
    let mut found = Vec::new();
    for statement in statements(document, "Allow") {
        let star = |key| values(statement, key).into_iter().any(is_star);
        if star("Principal") && !has_condition(statement) {
            found.push("everyone, because a principal is `*` and there is no condition".to_owned());
        }
        if star("Action") && star("Resource") && statement.get("Principal").is_none() {
            found.push("every action on every resource".to_owned());
        }
    }
    found
}

/// Returns the grants of `document` that no document of `old` contains: principals, actions, wider resources, `Not` elements, and removed
/// conditions.
pub(super) fn new_grants(old: &[Json], document: &Json) -> Vec<String> {
    let before: Vec<&Json> = old.iter().flat_map(|old| statements(old, "Allow")).collect();
    let mut found: Vec<String> = Vec::new();
    let mut note = |text: String| {
        if !found.contains(&text) {
            found.push(text);
        }
    };
    for statement in statements(document, "Allow").filter(|statement| !before.contains(statement)) {
        if let Some(actions) = without_condition(&before, statement) {
            note(format!("{actions} without the previous condition"));
        }
        for (key, noun) in [("Principal", "the principal"), ("Action", "the action"), ("Resource", "the resource")] {
            let known: Vec<&Json> = before.iter().flat_map(|old| values(old, key)).collect();
            for value in values(statement, key) {
                let is_covered = known.iter().any(|known| covers(known, value));
                let is_wider = key != "Resource" || is_star(value) || known.iter().any(|known| covers(value, known));
                if !is_covered && is_wider {
                    note(format!("{noun} {}", display(value)));
                }
            }
        }
        for (key, noun) in [("NotPrincipal", "principal"), ("NotAction", "action"), ("NotResource", "resource")] {
            let is_known = before.iter().any(|old| old.get(key) == statement.get(key));
            if let (Some(value), false) = (statement.get(key), is_known) {
                let excluded: Vec<String> = items(value).iter().map(display).collect();
                note(format!("every {noun} except {}", excluded.join(", ")));
            }
        }
    }
    found
}

/// Returns a statement's actions if it differs from an old one only by its removed condition.
fn without_condition(before: &[&Json], statement: &Json) -> Option<String> {
    let rest = |statement: &Json| {
        let members = statement.as_object()?;
        let kept = members.iter().filter(|(key, _)| !matches!(key.as_str(), "Condition" | "Sid"));
        Some(kept.map(|(key, value)| (key.clone(), value.clone())).collect::<serde_json::Map<_, _>>())
    };
    let lost_condition = !has_condition(statement) && before.iter().any(|old| has_condition(old) && rest(old) == rest(statement));
    let actions = || values(statement, "Action").into_iter().map(display).collect::<Vec<_>>().join(", ");
    lost_condition.then(|| if statement.get("Action").is_some() { actions() } else { "its actions".to_owned() })
}

/// Returns the actions that an old document denied and no new document denies.
pub(super) fn lost_denials(old: &[Json], new: &[Json]) -> Vec<String> {
    let present: Vec<&Json> = new.iter().flat_map(|document| statements(document, "Deny")).collect();
    let mut found = Vec::new();
    for statement in old.iter().flat_map(|document| statements(document, "Deny")).filter(|statement| !present.contains(statement)) {
        let is_kept = |action: &&Json| present.iter().any(|other| values(other, "Action").iter().any(|known| covers(known, action)));
        let lost: Vec<String> = values(statement, "Action").into_iter().filter(|action| !is_kept(action)).map(display).collect();
        if !lost.is_empty() {
            found.push(lost.join(", "));
        }
    }
    found
}

/// Returns whether a pattern such as `s3:Get*` matches a value.
fn covers(pattern: &Json, value: &Json) -> bool {
    match (pattern.as_str(), value.as_str()) {
        (Some(pattern), Some(value)) => matches(pattern.as_bytes(), value.as_bytes()),
        _ => pattern == value,
    }
}

/// Matches a pattern with `*` and `?`, ignoring case. It backtracks only to the last `*`, so the worst case is quadratic.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut read, mut last_star) = (0, 0, None);
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                last_star = Some((at, read));
                at += 1;
            }
            Some(byte) if *byte == b'?' || byte.eq_ignore_ascii_case(&text[read]) => {
                at += 1;
                read += 1;
            }
            _ => match last_star {
                Some((star, from)) => {
                    last_star = Some((star, from + 1));
                    at = star + 1;
                    read = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn wildcards_match_like_iam_patterns() {
        let is = |pattern: &str, text: &str| matches(pattern.as_bytes(), text.as_bytes());
        assert!(is("*", "") && is("s3:Get*", "s3:getObject") && is("s3:*Acl", "s3:PutBucketAcl") && is("a?c*e", "abcdde"));
        assert!(!is("s3:Get*", "s3:PutObject") && !is("s3:Get", "s3:GetObject") && !is("s3:*Acl", "s3:PutBucketAclX"));
    }
}
