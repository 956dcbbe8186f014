//! Comparison of predicted and reported values; unknown and masked values are equal to everything.

use serde::Serialize;
use serde_json::Value as Json;

use crate::cloudformation::KNOWN_AFTER_APPLY;
use crate::secret::MASKED;

/// Returns an enum value as CloudFormation spells it.
pub(super) fn wire_name(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Returns whether two values are equal; an unknown or masked value equals everything.
pub(super) fn is_same_text(expected: &str, reported: &str) -> bool {
    if expected == reported || [expected, reported].iter().any(|text| text.contains(KNOWN_AFTER_APPLY) || text.contains(MASKED)) {
        return true;
    }
    // Noise: a JSON document is a value of type text, so its members may be in any order.
    match (serde_json::from_str::<Json>(expected), serde_json::from_str::<Json>(reported)) {
        (Ok(expected), Ok(reported)) => is_same(&expected, &reported),
        _ => false,
    }
}

fn is_same(expected: &Json, reported: &Json) -> bool {
    let mut differences = Vec::new();
    contexts(expected, reported, &mut String::new(), &mut differences);
    differences.is_empty()
}

/// Collects the differences of two documents below `path`: the path, the predicted and the reported value.
pub(super) fn contexts(expected: &Json, reported: &Json, path: &mut String, found: &mut Vec<(String, Option<String>, Option<String>)>) {
    let length = path.len();
    match (expected, reported) {
        (Json::Object(old), Json::Object(new)) => {
            let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
            for name in names {
                path.push('/');
                path.push_str(name);
                match (old.get(name), new.get(name)) {
                    (Some(old), Some(new)) => contexts(old, new, path, found),
                    (old, new) => found.push((path.clone(), old.map(shown), new.map(shown))),
                }
                path.truncate(length);
            }
        }
        (Json::Array(old), Json::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                path.push_str(&format!("/{index}"));
                contexts(old, new, path, found);
                path.truncate(length);
            }
        }
        (Json::Object(_) | Json::Array(_), Json::Object(_) | Json::Array(_)) => {
            found.push((path.clone(), Some(shown(expected)), Some(shown(reported))));
        }
        _ => {
            // Noise: every scalar is a string in a context, but not always in a document.
            let (old, new) = (shown(expected), shown(reported));
            let is_open = [&old, &new].iter().any(|text| text.contains(KNOWN_AFTER_APPLY) || text.contains(MASKED));
            if old != new && !is_open {
                found.push((path.clone(), Some(old), Some(new)));
            }
        }
    }
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
