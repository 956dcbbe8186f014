//! Repositories and keys.

use serde_json::Value as Json;

use super::Checker;
use crate::verify::names::{KEY_ENABLED, REPOSITORY_LIFECYCLE, REPOSITORY_PRESENT, REPOSITORY_TAGS};
use crate::verify::verdict::{Of, State, Verdict};

pub(super) fn repositories(checker: &mut Checker<'_>) {
    let (expected, observed) = (checker.expected, checker.observed);
    for expected in &expected.repositories {
        let Some(name) = expected.physical_id.as_deref() else { continue };
        let of = Of::resource(&expected.logical_id, Some(name));
        let remedy = "it was deleted by hand: turn the cache off and on again, or create it under this name";
        let Some(found) = checker.found(observed.repositories.get(name), &REPOSITORY_PRESENT, of, "a repository", remedy) else { continue };
        checker.verdicts.push(Verdict::new(&REPOSITORY_PRESENT, of, State::Passed, "a repository", "there is one"));
        if let Some(wanted) = &expected.tag_mutability {
            let texts = (wanted.clone(), found.tag_mutability.clone());
            let remedy = format!(
                "`aws ecr put-image-tag-mutability --repository-name {name} --image-tag-mutability {wanted}`; a cache is pushed under the same tags again and again"
            );
            checker.compare(&REPOSITORY_TAGS, of, *wanted == found.tag_mutability, texts, &remedy);
        }
        let Some(wanted) = &expected.lifecycle_policy else { continue };
        match &found.lifecycle_policy {
            Ok(got) => {
                let texts = (shown(wanted.as_deref()), shown(got.as_deref()));
                let is_same = policy(wanted.as_deref()) == policy(got.as_deref());
                let remedy = "without it layers pile up and are billed, with another one they go too early: put the template's rule back";
                checker.compare(&REPOSITORY_LIFECYCLE, of, is_same, texts, remedy);
            }
            Err(refusal) => checker.refused(&REPOSITORY_LIFECYCLE, of, &shown(wanted.as_deref()), refusal),
        }
    }
}

/// Returns a policy as JSON, rules in the order of their priority; a text that is no JSON stays a text.
fn policy(text: Option<&str>) -> Option<Json> {
    let mut policy: Json = serde_json::from_str(text?).unwrap_or_else(|_| text.map_or(Json::Null, Json::from));
    if let Some(rules) = policy.get_mut("rules").and_then(Json::as_array_mut) {
        rules.sort_by_key(|rule| rule.get("rulePriority").and_then(Json::as_i64));
    }
    Some(policy)
}

fn shown(text: Option<&str>) -> String {
    policy(text).map_or_else(|| "no rule".to_owned(), |policy| policy.to_string())
}

pub(super) fn keys(checker: &mut Checker<'_>) {
    let (expected, observed) = (checker.expected, checker.observed);
    for (logical_id, id) in &expected.keys {
        let Some(id) = id.as_deref() else { continue };
        let of = Of::resource(logical_id, Some(id));
        let remedy =
            "what it encrypts cannot be read: `aws kms enable-key`, or `aws kms cancel-key-deletion` where its deletion is scheduled";
        let Some(found) = checker.found(observed.keys.get(id), &KEY_ENABLED, of, "Enabled", remedy) else { continue };
        checker.compare(&KEY_ENABLED, of, found.state == "Enabled", ("Enabled".to_owned(), found.state.clone()), remedy);
    }
}
