//! What policy documents allow, and what one allows that another did not.

use crate::evaluate::{Resource, Value, ValueKind};
use crate::plan::values::{at, items, member, same, scalar_text, text_at};

/// Properties that hold a policy document: at the top, or in each item of a list.
const DOCUMENTS: &[&str] =
    &["PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy", "RepositoryPolicyText", "ResourcePolicy", "FileSystemPolicy", "Policy"];

/// Returns the policy documents of a resource with their paths.
pub(super) fn documents<'a>(resource: &Resource<'a>) -> Vec<(String, Value<'a>)> {
    let mut found = Vec::new();
    for name in DOCUMENTS {
        found.extend(member(&resource.properties, name).map(|document| (format!("/Properties/{name}"), document)));
    }
    if let Some(policies) = member(&resource.properties, "Policies") {
        for (index, policy) in items(&policies).iter().enumerate() {
            found.extend(
                member(policy, "PolicyDocument").map(|document| (format!("/Properties/Policies/{index}/PolicyDocument"), document)),
            );
        }
    }
    found.retain(|(_, document)| matches!(document.kind, ValueKind::Map(_)));
    found
}

fn allows<'a>(document: &Value<'a>) -> Vec<Value<'a>> {
    let statements = member(document, "Statement");
    let all = statements.iter().flat_map(items).copied();
    all.filter(|statement| text_at(statement, &["Effect"]) == Some("Allow")).collect()
}

/// Returns the values under a key of a statement, `Principal`'s one level deeper.
fn values<'a>(statement: &Value<'a>, key: &str) -> Vec<Value<'a>> {
    let Some(value) = member(statement, key) else { return Vec::new() };
    match value.kind {
        ValueKind::Map(kinds) if key == "Principal" => kinds.iter().flat_map(|(_, value)| items(value).to_vec()).collect(),
        _ => items(&value).to_vec(),
    }
}

fn is_star(value: &Value<'_>) -> bool {
    scalar_text(value.kind) == Some("*")
}

fn words(value: &Value<'_>) -> String {
    scalar_text(value.kind).map_or_else(|| "something known after apply".to_owned(), |text| format!("`{text}`"))
}

/// Returns what a document allows to anyone, or of everything on everything.
pub(super) fn open_to_all(document: &Value<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for statement in allows(document) {
        let star = |key| values(&statement, key).iter().any(is_star);
        if star("Principal") && at(&statement, &["Condition"]).is_none() {
            found.push("anyone, since a principal is `*` and there is no condition".to_owned());
        }
        if star("Action") && star("Resource") && member(&statement, "Principal").is_none() {
            found.push("every action on every resource".to_owned());
        }
    }
    found
}

/// Returns what `document` allows and none of `old` did: principals, actions, and `*` for resources.
pub(super) fn new_grants(old: &[Value<'_>], document: &Value<'_>) -> Vec<String> {
    let before: Vec<Value<'_>> = old.iter().flat_map(allows).collect();
    let mut found: Vec<String> = Vec::new();
    for statement in allows(document).iter().filter(|statement| !before.iter().any(|old| same(old, statement))) {
        for (key, noun) in [("Principal", "the principal"), ("Action", "the action"), ("Resource", "the resource")] {
            let known: Vec<Value<'_>> = before.iter().flat_map(|old| values(old, key)).collect();
            for value in values(statement, key) {
                let is_covered = known.iter().any(|known| covers(known, &value));
                let is_told = key != "Resource" || is_star(&value);
                if !is_covered && is_told {
                    let text = format!("{noun} {}", words(&value));
                    if !found.contains(&text) {
                        found.push(text);
                    }
                }
            }
        }
    }
    found
}

/// Tells whether a pattern such as `s3:*` holds a value.
fn covers(pattern: &Value<'_>, value: &Value<'_>) -> bool {
    match (scalar_text(pattern.kind), scalar_text(value.kind)) {
        (Some(pattern), Some(value)) => match pattern.strip_suffix('*') {
            Some(start) => value.starts_with(start),
            None => pattern == value,
        },
        _ => same(pattern, value),
    }
}
