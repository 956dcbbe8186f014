//! Nothing that is written depends on a secret: with another secret, every output stays the same, byte for byte.
//!
//! That holds for secrets in every shape, also for those that are too short to search for.
#![allow(clippy::unwrap_used)]

mod documents;
mod errors;

use serde_json::json;

use crate::program::Bench;

/// A set of secret values; every view must be the same with another set.
pub struct Planted {
    /// The whole, from which the others are made.
    pub text: &'static str,
    list: &'static str,
    number: &'static str,
    key: &'static str,
    block: &'static str,
    name: &'static str,
}

/// Pairs of secrets in one shape.
pub const SHAPES: [(&str, [Planted; 2]); 5] = [
    (
        "long",
        [
            Planted {
                text: "hunter2-correct-horse",
                list: "hunter2a,hunter2b",
                number: "4711",
                key: "alpha",
                block: "10.11.0.0/16",
                name: "hunter2-name",
            },
            Planted {
                text: "swordfish-battery-staple-long",
                list: "swordfisha,swordfishb,swordfishc",
                number: "815",
                key: "beta",
                block: "10.12.0.0/16",
                name: "swordfish-name",
            },
        ],
    ),
    (
        "one letter",
        [
            Planted { text: "a", list: "a", number: "1", key: "alpha", block: "10.1.0.0/16", name: "a" },
            Planted { text: "s", list: "s,t", number: "2", key: "beta", block: "10.2.0.0/16", name: "s" },
        ],
    ),
    (
        "quotes and lines",
        [
            Planted { text: "x\"y'\\z\nsecond line\n", list: "\"", number: "3.5", key: "alpha", block: "10.3.0.0/16", name: "q" },
            Planted { text: "p`q${r}\n\n\ttabbed", list: "'", number: "3.6", key: "beta", block: "10.4.0.0/16", name: "r" },
        ],
    ),
    (
        "json",
        [
            Planted { text: r#"{"user":"u","password":"p1"}"#, list: "[1]", number: "0", key: "alpha", block: "10.5.0.0/16", name: "j" },
            Planted {
                text: r#"{"user":"v","password":"p2","z":[1]}"#,
                list: "[2]",
                number: "9",
                key: "beta",
                block: "10.6.0.0/16",
                name: "k",
            },
        ],
    ),
    (
        "words of messages",
        [
            Planted { text: "User", list: "User,Initiated", number: "16", key: "alpha", block: "10.7.0.0/16", name: "topic" },
            Planted { text: "CREATE", list: "CREATE,COMPLETE", number: "17", key: "beta", block: "10.8.0.0/16", name: "bucket" },
        ],
    ),
];

/// Returns a template that uses secrets in every function and in many places.
fn template() -> &'static str {
    include_str!("secrets/template.json")
}

/// Returns the parameters of a set, as the AWS CLI writes them.
fn parameters(planted: &Planted) -> String {
    let values = [
        ("Secret", planted.text),
        ("Items", planted.list),
        ("Count", planted.number),
        ("Key", planted.key),
        ("Block", planted.block),
        ("Name", planted.name),
    ];
    let list: Vec<_> = values.iter().map(|(name, value)| json!({"ParameterKey": name, "ParameterValue": value})).collect();
    json!(list).to_string()
}

/// Returns a text without the times and paths that differ between runs.
pub fn stable(bench: &Bench, text: &str) -> String {
    let text = text.replace(bench.path().to_str().unwrap(), "FOLDER");
    // A step that takes long has a duration at the end of its line.
    let duration = fancy_regex::Regex::new(r"(?m)[ (]*\b\d+(\.\d+)? ?m?s\b\)?$").unwrap();
    let text = duration.replace_all(&text, "");
    let time = fancy_regex::Regex::new(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?|\d\d:\d\d:\d\d|rackform-[0-9a-f-]{8,}").unwrap();
    time.replace_all(&text, "TIME").into_owned()
}

/// Runs commands with a set of secrets, and returns all that they write: for each command its output, and at last the files.
fn everything(shape: &str, planted: &Planted, before: &Planted) -> Vec<(String, String)> {
    let bench = Bench::new();
    bench.file("t.json", template());
    bench.file("p.json", parameters(planted)).file("old.json", parameters(before));
    bench.file("rack.yaml", "name: rack\ntemplate: t.json\nbackend: local\nregion: us-east-1\n");
    let commands = [
        "evaluate t.json --parameters p.json",
        "evaluate t.json --parameters p.json --format json",
        "validate t.json",
        "validate t.json --parameters p.json --format json",
        "validate t.json --parameters p.json --format sarif",
        "params t.json --parameters p.json",
        "params t.json --parameters p.json --format json",
        "params t.json --parameters p.json --format yaml",
        "diff t.json t.json --before-parameters old.json --parameters p.json",
        "diff t.json t.json --before-parameters old.json --parameters p.json --format json",
        "diff t.json t.json --before-parameters old.json --parameters p.json --format markdown",
        "diff t.json t.json --before-parameters old.json --parameters p.json --format change-set",
        "plan --parameters old.json",
        "plan --parameters old.json --format json",
        "apply --parameters old.json --yes",
        "status",
        "status --format json",
        "plan --parameters p.json",
        "plan --parameters p.json --format json",
        "plan --parameters p.json --format markdown",
        "permissions --parameters p.json",
        "apply --parameters p.json --yes --format json",
        "status",
        "status --format json",
        "events",
        "events",
        "drift --format json",
        "verify",
        "verify --format json",
        "params deployed --format json",
        "recover",
        "apply --parameters old.json --yes --fail-on Queue:update",
        "events",
        "events --failed",
        "events --failed --format json",
        "recover --format json",
        "plan -p Public=other --output change.plan",
        "apply change.plan --yes",
        "local resources",
        "local resources --format json",
        "local events --format json",
        "delete --yes",
        "local resources --retained --format json",
        "local events",
    ];
    let mut written: Vec<(String, String)> = commands
        .iter()
        .map(|command| {
            let run = bench.run(command);
            assert!(run.code != 64 && run.code != 70, "{shape}: {command}: {run}");
            ((*command).to_owned(), stable(&bench, &run.to_string()))
        })
        .collect();
    if let Ok(plan) = std::fs::read_to_string(bench.path().join("change.plan")) {
        written.push(("change.plan".to_owned(), stable(&bench, &plan)));
    }
    written
}

#[test]
fn no_output_depends_on_a_secret() {
    let common = &SHAPES[0].1[0];
    for (shape, pair) in &SHAPES {
        let before = Planted {
            text: "before-value",
            list: "before,items,three,four",
            number: "5",
            key: "gamma",
            block: "10.99.0.0/16",
            name: "before-name",
        };
        let outputs = pair.iter().map(|planted| everything(shape, planted, &before)).collect::<Vec<_>>();
        let [first, second] = outputs.as_slice() else { unreachable!() };
        for ((command, one), (_, other)) in first.iter().zip(second) {
            let lines = one.lines().zip(other.lines()).find(|(one, other)| one != other);
            assert!(one == other, "{shape}: `{command}` depends on the secret: {lines:#?}\n{one}");
        }
        for (command, text) in first.iter().chain(second) {
            for planted in ["before-value", "literal-in-template"].into_iter().chain((common.text == pair[0].text).then_some(common.text)) {
                let is_template = command.as_str() == "change.plan" && planted == "literal-in-template";
                assert!(is_template || !text.contains(planted), "{shape}: `{command}` shows {planted}: {text}");
            }
        }
    }
}
