//! Property tests: the comparison against a brute-force oracle on small universes.

#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::budget::Budget;
use super::classes::classes;
use super::pattern::Pattern;
use super::set::is_covered;
use super::truth::Truth;
use super::words::{Atoms, Reading, Wildcards, read};
use super::{Document, Kind, compare};

fn pattern(text: &str) -> Pattern {
    let reading = Reading { wildcards: Wildcards::Any, variables: true, fold: false };
    read(&json!(text), reading, &mut Atoms::default()).unwrap()
}

/// Matches by definition: `*` is any text, `?` any character.
fn matches(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|count| matches(rest, &text[count..])),
        Some(('?', rest)) => text.split_first().is_some_and(|(_, following)| matches(rest, following)),
        Some((c, rest)) => text.split_first().is_some_and(|(first, following)| first == c && matches(rest, following)),
    }
}

fn is_match(pattern: &str, text: &str) -> bool {
    matches(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
}

/// Returns every text of at most `length` characters of an alphabet.
fn texts(alphabet: &str, length: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..length {
        last = last.iter().flat_map(|text| alphabet.chars().map(move |c| format!("{text}{c}"))).collect();
        all.extend(last.clone());
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn patterns_are_covered_exactly_if_every_text_is(base in "[ab?*]{0,4}", union in prop::collection::vec("[ab?*]{0,4}", 0..4)) {
        // `c` stands for every other character. Texts of this length show every difference between patterns of this length.
        let by_definition = texts("abc", 7).iter().filter(|text| is_match(&base, text)).all(|text| union.iter().any(|other| is_match(other, text)));
        let patterns: Vec<Pattern> = union.iter().map(|text| pattern(text)).collect();
        let found = is_covered(&pattern(&base), &patterns.iter().collect::<Vec<_>>(), &Budget::new(1_000_000)).unwrap();
        prop_assert_eq!(found, by_definition, "{} in {:?}", base, union);
    }

    #[test]
    fn unknown_parts_are_certain_only_if_every_value_agrees(base in "[abX*]{0,4}", other in "[abXY*]{0,4}") {
        let unknown = |text: &str| text.replace('X', "${x}").replace('Y', "${y}");
        let mut atoms = Atoms::default();
        let reading = Reading { wildcards: Wildcards::Any, variables: true, fold: false };
        let [own, tracked] = [&base, &other].map(|text| read(&json!(unknown(text)), reading, &mut atoms).unwrap());
        let found = classes(&own, &[&tracked], &Budget::new(1_000_000)).unwrap();
        let is_contained = found.iter().all(|class| class.matches[0] == Truth::Yes);
        let is_certain = found.iter().any(|class| class.matches[0] == Truth::No);
        let values = texts("ab", 1);
        for x in &values {
            for y in &values {
                let set = |text: &str| text.replace('X', x).replace('Y', y);
                let (own, tracked) = (set(&base), set(&other));
                let actual = texts("abc", 5).iter().filter(|text| is_match(&own, text)).all(|text| is_match(&tracked, text));
                if is_contained {
                    prop_assert!(actual, "{} in {} with {} {}", base, other, x, y);
                }
                // A text of five characters may be too short to show the difference, so only short patterns are checked.
                if is_certain && own.len() + tracked.len() < 5 {
                    prop_assert!(!actual, "{} not in {} with {} {}", base, other, x, y);
                }
            }
        }
    }

    #[test]
    fn policies_agree_with_every_request_of_a_small_universe(old in statements(), new in statements()) {
        let requests = requests();
        let is_new = requests.iter().any(|request| allows(&new, request) && !allows(&old, request));
        let document = |statements: &[Json]| Document::Policy(json!({"Version": "2012-10-17", "Statement": statements}));
        let found = compare(Kind::Identity, &[document(&old)], &[document(&new)]);
        let is_certain = found.iter().any(|access| access.is_certain);
        // A lost denial of something that no known policy allows is possible new access.
        prop_assert_eq!(is_certain, is_new, "{:?} -> {:?}: {:?}", old, new, found);
    }
}

/// A request: action, resource, principal, and the values of two keys.
type Request = (&'static str, &'static str, &'static str, Option<&'static str>, Vec<&'static str>);

/// Returns requests with every combination of values that the statements distinguish.
fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for action in ["s:a", "s:b", "s:c", "s:cc", "t:a", "u:x"] {
        for resource in ["a", "b", "ab", "ac", "cb", "c"] {
            for principal in ["A", "B", "C"] {
                for key in [None, Some("1"), Some("2"), Some("12"), Some("13"), Some("32"), Some("3")] {
                    for tags in [vec![], vec!["p"], vec!["q"], vec!["r"], vec!["p", "q"], vec!["p", "r"], vec!["q", "r"]] {
                        requests.push((action, resource, principal, key, tags));
                    }
                }
            }
        }
    }
    requests
}

fn list(json: &Json) -> Vec<&str> {
    match json {
        Json::Array(items) => items.iter().filter_map(Json::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    }
}

fn is_in(statement: &Json, own: &str, except: &str, text: &str) -> bool {
    match (statement.get(own), statement.get(except)) {
        (Some(own), _) => list(own).iter().any(|pattern| is_match(pattern, text)),
        (_, Some(except)) => !list(except).iter().any(|pattern| is_match(pattern, text)),
        _ => true,
    }
}

fn principals(json: &Json) -> Json {
    json.get("Service").cloned().unwrap_or_else(|| json.clone())
}

fn applies(statement: &Json, (action, resource, principal, key, tags): &Request) -> bool {
    let named = json!({"P": statement.get("Principal").map(principals).unwrap_or(json!("*")),});
    let condition = statement.get("Condition").cloned().unwrap_or(json!({}));
    let holds = |(operator, keys): (&String, &Json)| {
        let (base, if_exists) = operator.strip_suffix("IfExists").map_or((operator.as_str(), false), |base| (base, true));
        keys.as_object().unwrap().values().all(|values| {
            let values = list(values);
            let any = |text: &str| values.contains(&text);
            let like = |text: &str| values.iter().any(|pattern| is_match(pattern, text));
            match base {
                "StringEquals" => key.map_or(if_exists, any),
                "StringNotEquals" => key.is_none_or(|key| !any(key)),
                "StringLike" => key.map_or(if_exists, like),
                "Null" => key.is_none() == (values == ["true"]),
                "ForAllValues:StringEquals" => tags.iter().all(|tag| any(tag)),
                "ForAnyValue:StringEquals" => tags.iter().any(|tag| any(tag)),
                "ForAllValues:StringNotEquals" => tags.iter().all(|tag| !any(tag)),
                other => panic!("{other}"),
            }
        })
    };
    is_in(statement, "Action", "NotAction", action)
        && is_in(statement, "Resource", "NotResource", resource)
        && is_in(&named, "P", "", principal)
        && condition.as_object().unwrap().iter().all(holds)
}

fn allows(statements: &[Json], request: &Request) -> bool {
    let of = |effect: &str| statements.iter().any(|statement| statement["Effect"] == effect && applies(statement, request));
    of("Allow") && !of("Deny")
}

fn some(values: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(values, 1..3)
}

fn statements() -> impl Strategy<Value = Vec<Json>> {
    let actions = some(&["s:a", "s:b", "s:*", "t:a", "*", "s:?"]);
    let resources = some(&["a", "b", "a*", "*b", "a*b", "*"]);
    let condition = prop_oneof![
        4 => Just(json!({})),
        1 => some(&["1", "2"]).prop_map(|values| json!({"StringEquals": {"k": values}})),
        1 => some(&["1", "2"]).prop_map(|values| json!({"StringEqualsIfExists": {"k": values}})),
        1 => some(&["1", "2"]).prop_map(|values| json!({"StringNotEquals": {"K": values}})),
        1 => some(&["1*", "*2"]).prop_map(|values| json!({"StringLike": {"k": values}})),
        1 => some(&["p", "q"]).prop_map(|values| json!({"ForAllValues:StringEquals": {"t": values}})),
        1 => some(&["p", "q"]).prop_map(|values| json!({"ForAnyValue:StringEquals": {"t": values}})),
        1 => some(&["p", "q"]).prop_map(|values| json!({"ForAllValues:StringNotEquals": {"t": values}})),
        1 => Just(json!({"Null": {"k": "false"}})),
    ];
    let principal = prop_oneof![3 => Just(json!("*")), 1 => some(&["A", "B"]).prop_map(|names| json!({"Service": names}))];
    let statement = (
        any::<bool>(),
        prop::bool::weighted(0.7),
        actions,
        prop::bool::weighted(0.8),
        resources,
        prop::bool::weighted(0.8),
        condition,
        principal,
    );
    let statement = statement.prop_map(|(_, allows, actions, is_action, resources, is_resource, condition, principal)| {
        json!({
            "Effect": if allows { "Allow" } else { "Deny" },
            (if is_action { "Action" } else { "NotAction" }): actions,
            (if is_resource { "Resource" } else { "NotResource" }): resources,
            "Principal": principal,
            "Condition": condition,
        })
    });
    prop::collection::vec(statement, 0..4)
}
