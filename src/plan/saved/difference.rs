//! The fields in which two JSON values differ.

use std::fmt;

use serde_json::Value as Json;

/// Most fields that are reported.
const MOST_FIELDS: usize = 8;

/// Longest path of a field in a message, in characters: a forged key can have any length.
const LONGEST_PATH: usize = 120;

/// A field of a saved plan that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The path, such as `plan.Risks[0].Kind`.
    pub field: String,
    /// The kind of problem.
    pub kind: FieldProblemKind,
}

/// How a field differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldProblemKind {
    /// The field must exist.
    Missing,
    /// The field must not exist.
    Unexpected,
    /// The field has another value.
    Differs,
    /// The list has another length.
    Length {
        /// Items in the file.
        found: usize,
        /// Items that are expected.
        expected: usize,
    },
    /// Further fields that are not listed.
    More {
        /// How many.
        count: usize,
    },
}

impl fmt::Display for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = &self.field;
        match self.kind {
            FieldProblemKind::Missing => write!(f, "`{field}` is missing"),
            FieldProblemKind::Unexpected => write!(f, "`{field}` is not expected"),
            FieldProblemKind::Differs => write!(f, "`{field}` has another value"),
            FieldProblemKind::Length { found, expected } => {
                let items = if found == 1 { "item" } else { "items" };
                write!(f, "`{field}` has {found} {items} instead of {expected}")
            }
            FieldProblemKind::More { count: 1 } => f.write_str("and 1 more field"),
            FieldProblemKind::More { count } => write!(f, "and {count} more fields"),
        }
    }
}

/// Returns the fields in which `found` differs from `expected`, with paths below `path`. Order of keys does not count.
///
/// No value is part of the result: it may come from a forged file, or be a secret. After the first fields comes the number of the others.
pub fn differing_fields(path: &str, expected: &Json, found: &Json) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    collect(path, expected, found, &mut problems);
    if problems.len() > MOST_FIELDS {
        let count = problems.len() - MOST_FIELDS;
        problems.truncate(MOST_FIELDS);
        problems.push(FieldProblem { field: String::new(), kind: FieldProblemKind::More { count } });
    }
    problems
}

fn collect(path: &str, expected: &Json, found: &Json, problems: &mut Vec<FieldProblem>) {
    let mut push = |path: String, kind| problems.push(FieldProblem { field: shown(&path), kind });
    match (expected, found) {
        (Json::Object(wanted), Json::Object(members)) => {
            let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            for (key, value) in wanted {
                match members.get(key) {
                    Some(found) => collect(&below(key), value, found, problems),
                    None => problems.push(FieldProblem { field: shown(&below(key)), kind: FieldProblemKind::Missing }),
                }
            }
            for key in members.keys().filter(|key| !wanted.contains_key(*key)) {
                problems.push(FieldProblem { field: shown(&below(key)), kind: FieldProblemKind::Unexpected });
            }
        }
        (Json::Array(wanted), Json::Array(items)) if wanted.len() == items.len() => {
            for (index, (wanted, item)) in wanted.iter().zip(items).enumerate() {
                collect(&format!("{path}[{index}]"), wanted, item, problems);
            }
        }
        (Json::Array(wanted), Json::Array(items)) => {
            push(path.to_owned(), FieldProblemKind::Length { found: items.len(), expected: wanted.len() });
        }
        _ if expected == found => {}
        _ => push(path.to_owned(), FieldProblemKind::Differs),
    }
}

/// Returns a path for a message: without control characters, and not longer than a line.
fn shown(path: &str) -> String {
    let mut text: String = path.chars().take(LONGEST_PATH).collect::<String>().escape_debug().collect();
    if path.chars().count() > LONGEST_PATH {
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::differing_fields;

    #[test]
    fn fields_are_named_by_their_path_without_their_values() {
        let expected = json!({"a": {"b": 1, "c": [1, 2]}, "d": null, "e": "x"});
        let found = json!({"a": {"b": 2, "c": [1]}, "e": "x", "f\n": "secret"});
        let texts: Vec<String> = differing_fields("plan", &expected, &found).iter().map(ToString::to_string).collect();
        let wanted =
            ["`plan.a.b` has another value", "`plan.a.c` has 1 item instead of 2", "`plan.d` is missing", "`plan.f\\n` is not expected"];
        assert_eq!(texts, wanted);
        assert!(differing_fields("", &expected, &expected).is_empty());
    }
}
