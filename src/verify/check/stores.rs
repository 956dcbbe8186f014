//! Repositories and keys.

use serde_json::Value as Json;

use super::Checker;
use crate::verify::names::{KEY_ENABLED, REPOSITORY_LIFECYCLE, REPOSITORY_PRESENT, REPOSITORY_TAGS};
use crate::verify::verdict::{About, State, Verdict};

pub(super) fn repositories(checker: &mut Checker<'_>) {
    let (expected, observed) = (checker.expected, checker.observed);
    for expected in &expected.repositories {
        let Some(name) = expected.physical_id.as_deref() else { continue };
        let about = About::resource(&expected.logical_id, Some(name));
        let remedy = "it was deleted outside CloudFormation: disable and enable the cache, or create a repository with this name";
        let Some(found) = checker.found(observed.repositories.get(name), &REPOSITORY_PRESENT, about, "a repository", remedy) else {
            continue;
        };
        checker.verdicts.push(Verdict::new(&REPOSITORY_PRESENT, about, State::Passed, "a repository", "exists"));
        if let Some(wanted) = &expected.tag_mutability {
            let texts = (wanted.clone(), found.tag_mutability.clone());
            let remedy = format!(
                "`aws ecr put-image-tag-mutability --repository-name {name} --image-tag-mutability {wanted}`; a cache repository requires \
                    mutable tags"
            );
            checker.compare(&REPOSITORY_TAGS, about, *wanted == found.tag_mutability, texts, &remedy);
        }
        let Some(wanted) = &expected.lifecycle_policy else { continue };
        match &found.lifecycle_policy {
            Ok(got) => {
                let texts = (shown(wanted.as_deref()), shown(got.as_deref()));
                let is_same = policy(wanted.as_deref()) == policy(got.as_deref());
                let remedy = "restore the lifecycle policy of the template: without it layers accumulate costs, and a different one may \
                    delete them too early";
                checker.compare(&REPOSITORY_LIFECYCLE, about, is_same, texts, remedy);
            }
            Err(error) => checker.refused(&REPOSITORY_LIFECYCLE, about, &shown(wanted.as_deref()), error),
        }
    }
}

/// Returns a policy as JSON with its rules sorted by priority; a text that is not JSON as a string.
fn policy(text: Option<&str>) -> Option<Json> {
    let mut policy: Json = serde_json::from_str(text?).unwrap_or_else(|_| text.map_or(Json::Null, Json::from));
    if let Some(rules) = policy.get_mut("rules").and_then(Json::as_array_mut) {
        rules.sort_by_key(|rule| rule.get("rulePriority").and_then(Json::as_i64));
    }
    Some(policy)
}

fn shown(text: Option<&str>) -> String {
    policy(text).map_or_else(|| "no policy".to_owned(), |policy| policy.to_string())
}

pub(super) fn keys(checker: &mut Checker<'_>) {
    let (expected, observed) = (checker.expected, checker.observed);
    for (logical_id, id) in &expected.keys {
        let Some(id) = id.as_deref() else { continue };
        let about = About::resource(logical_id, Some(id));
        let remedy =
            "encrypted data cannot be read: run `aws kms enable-key`, or `aws kms cancel-key-deletion` if its deletion is scheduled";
        let Some(found) = checker.found(observed.keys.get(id), &KEY_ENABLED, about, "Enabled", remedy) else { continue };
        checker.compare(&KEY_ENABLED, about, found.state == "Enabled", ("Enabled".to_owned(), found.state.clone()), remedy);
    }
}
