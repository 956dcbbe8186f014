//! Tests that no malformed text crashes a reader, and that every error has a position and a reason.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use rackform::diagnostic::{Diagnostics, MAX_SOURCE_BYTES, Source, SourceError};
use rackform::template::{Arena, Document, Functions, Node, Template, write_yaml};

use crate::support;

/// Reads a text as JSON or YAML and as a template, and checks the diagnostics.
fn refusals(name: &str, text: &str) -> Diagnostics {
    let source = Source::new(name, text);
    let arena = Arena::new();
    let problems = match Document::read(&source, &arena) {
        Ok(document) => Template::from_document(&document).map(|_| ()).err().unwrap_or_default(),
        Err(problems) => problems,
    };
    for problem in &problems.0 {
        assert!(!problem.message.is_empty() && !problem.labels.is_empty(), "{problem:?} of {text:?}");
        for label in &problem.labels {
            assert!(text.get(label.span.range()).is_some(), "a label of `{}` is outside {text:?}", problem.message);
        }
    }
    problems
}

#[test]
fn excessive_nesting_is_refused_quickly() {
    let many = 300_000;
    for (name, text) in [
        ("t.json", "[".repeat(many)),
        ("t.json", "{\"a\":".repeat(many)),
        ("t.json", format!("{}{}", "[".repeat(many), "]".repeat(many))),
        ("t.yaml", "- ".repeat(many)),
        ("t.yaml", "? ".repeat(many)),
        ("t.yaml", format!("a: {}", "[".repeat(many))),
        ("t.yaml", format!("a: {}", "{a: ".repeat(many))),
        ("t.yaml", format!("a: {}", "!Join [".repeat(many))),
        ("t.yaml", (0..300).map(|level| format!("{}a:\n", " ".repeat(level))).collect()),
    ] {
        let problems = refusals(name, &text).to_string();
        assert!(problems.contains("deep") || problems.contains("a key must be text"), "{problems}");
    }
}

#[test]
fn the_deepest_allowed_nesting_is_read_checked_and_written() {
    let deepest =
        format!("{{\"Resources\":{{\"A\":{{\"Type\":\"T\",\"Properties\":{{\"P\":{}1{}}}}}}}}}", "[".repeat(124), "]".repeat(124));
    assert_eq!(refusals("t.json", &deepest).to_string(), "");
    let source = Source::new("t.json", deepest);
    let arena = Arena::new();
    let document = Document::read(&source, &arena).unwrap();
    let yaml = Source::new("t.yaml", write_yaml(document.root, Functions::Long));
    assert!(document.root.same(Document::read(&yaml, &Arena::new()).unwrap().root));
}

#[test]
fn reported_duplicate_keys_are_limited() {
    let members: Vec<String> = (0..50_000).map(|_| "\"a\": 1".to_owned()).collect();
    assert_eq!(refusals("t.json", &format!("{{{}}}", members.join(",\n"))).0.len(), 100);
}

#[test]
fn a_truncated_template_is_reported_with_its_last_line() {
    let Some(data) = support::shared_data() else { return };
    let whole = std::fs::read_to_string(data.join("convox-rack-20260421.json")).unwrap();
    let body = whole.trim_end();
    for end in (1..body.len()).step_by(997) {
        let cut = &body[..end];
        let problems = refusals("t.json", cut);
        let problem = problems.0.last().unwrap();
        let last_line = 1 + cut.trim_end().matches('\n').count();
        assert_eq!(problem.labels[0].start().line, last_line, "{problem:?} of the first {end} bytes");
    }
    let source = Source::new("t.json", whole);
    let arena = Arena::new();
    let yaml = write_yaml(Document::read(&source, &arena).unwrap().root, Functions::Short);
    for end in (1..yaml.len()).step_by(9973) {
        refusals("t.yaml", yaml.get(..end).unwrap_or_default());
    }
}

#[test]
fn a_binary_or_too_large_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.json");
    std::fs::write(&path, b"{\n  \"a\": \"\xff\"\n}").unwrap();
    assert!(matches!(Source::read(&path).unwrap_err(), SourceError::NotUtf8 { offset: 10, line: 2, .. }));
    std::fs::File::create(&path).unwrap().set_len(MAX_SOURCE_BYTES as u64 + 1).unwrap();
    assert!(matches!(Source::read(&path).unwrap_err(), SourceError::TooLarge { .. }));
    assert!(matches!(Source::read(folder.path()).unwrap_err(), SourceError::Read { .. }));
}

/// Generates valid and slightly invalid JSON.
fn jsonish() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(
        &[
            "{}",
            "[]",
            "\"\"",
            "\"a\"",
            "\"é\\u00e9\\ud83d\\ude00\"",
            "\"\\n\\/\"",
            "\"\\x\"",
            "\"\\ud800\"",
            "'a'",
            "0",
            "-1",
            "01",
            "-",
            "12",
            "+1",
            "1.",
            "true",
            "tru",
            "null",
            "nul",
            "\"\t\"",
        ][..],
    );
    let tree = piece.prop_map(str::to_owned).prop_recursive(4, 24, 4, |inner| {
        let separator = || proptest::sample::select(&[",", ", ", ",\n ", ",", " ", ",,"][..]);
        prop_oneof![
            (proptest::collection::vec(inner.clone(), 0..4), separator()).prop_map(|(items, comma)| format!("[{}]", items.join(comma))),
            (proptest::collection::vec((inner.clone(), "[a-c]"), 0..4), separator()).prop_map(|(members, comma)| {
                let members: Vec<String> = members.iter().map(|(value, key)| format!("\"{key}\" : {value}")).collect();
                format!("{{{}}}", members.join(comma))
            }),
            (inner, "[ \\]}\",:x]").prop_map(|(value, tail)| format!("[{value}{tail}]")),
        ]
    });
    tree.prop_filter("the first character distinguishes JSON from YAML", |text| text.starts_with(['[', '{']))
}

/// Generates text from fragments that are difficult for readers.
fn broken() -> impl Strategy<Value = String> {
    let pieces = proptest::sample::select(
        &[
            "a",
            "b: ",
            "- ",
            "\n",
            "\n  ",
            "\n    ",
            "[",
            "]",
            "{",
            "}",
            ",",
            "'",
            "\"",
            "|",
            "|-",
            "|2\n",
            "> \n",
            "#",
            " # c",
            "!Ref ",
            "!GetAtt a.b",
            "!",
            "!<x>",
            "&a ",
            "*a",
            "? ",
            ": ",
            "<<: ",
            "\t",
            "\r\n",
            "%YAML 1.2\n",
            "---",
            "...",
            "\u{feff}",
            "é",
            "\u{85}",
            "\u{2028}",
            "@",
            "~",
            "\\",
            "\\u12",
            "\\ud800",
            "\0",
            "!!str ",
            "- - ",
            "{a: ",
            "\"a\":",
            "1.5e",
            "-",
            "012",
            "null",
            "true",
            "Resources:",
            "{\"Resources\":",
            "\"Type\":\"T\"",
            "Fn::Sub: ",
        ][..],
    );
    proptest::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_json_reader_agrees_with_serde_json(text in jsonish()) {
        let source = Source::new("t.json", text.clone());
        let arena = Arena::new();
        let ours = Document::read(&source, &arena).map(|document| document.root);
        match (ours, serde_json::from_str::<serde_json::Value>(&text)) {
            (Ok(root), Ok(value)) => prop_assert!(root.same(&Node::from_json(&value, &arena)), "{} was not read as {}", text, value),
            (Err(problems), Ok(_)) => prop_assert!(problems.0.iter().all(|problem| problem.rule == "duplicate-key"), "{problems} in {text}"),
            (Ok(_), Err(error)) => prop_assert!(false, "{error} in {text}"),
            (Err(_), Err(_)) => {}
        }
    }

    #[test]
    fn no_text_crashes_a_reader(text in prop_oneof![3 => broken(), 1 => any::<String>()], flow in any::<bool>()) {
        refusals("t.yaml", &text);
        refusals("t.json", &text);
        refusals("t.json", &format!("{}{text}", if flow { "{\"a\": [" } else { "a:\n  - " }));
    }
}
