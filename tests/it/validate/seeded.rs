//! Seeded defects: each one, inserted into a valid template, causes the expected findings and no others.
//!
//! `seeded.json` lists them: the text to replace in `valid/small.json` and its replacement, the rule with its severity, and further rules
//! that the defect violates indirectly.

use std::collections::BTreeSet;

use rackform::diagnostic::{Severity, Source};
use rackform::template::{Arena, Template};
use rackform::validate::{Finding, Options, RULES, validate};
use serde_json::Value;

const VALID: &str = include_str!("valid/small.json");

fn findings(text: &str) -> Vec<Finding> {
    let source = Source::new("small.json", text.to_owned());
    let arena = Arena::new();
    let template = Template::read(&source, &arena).unwrap();
    validate(&template, Options::default())
}

#[test]
fn the_valid_template_has_no_findings() {
    let found = findings(VALID);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_seeded_defect_has_exactly_the_expected_findings() {
    let table: Vec<Value> = serde_json::from_str(include_str!("seeded.json")).unwrap();
    assert!(table.len() >= 130, "{} defects", table.len());
    let mut missed = Vec::new();
    for defect in &table {
        let text = |name: &str| defect[name].as_str().unwrap();
        assert!(VALID.contains(text("find")), "{defect}");
        let found = findings(&VALID.replacen(text("find"), text("replace"), 1));
        let severity = if text("severity") == "error" { Severity::Error } else { Severity::Warning };
        let is_reported = found.iter().any(|finding| finding.diagnostic.rule == text("rule") && finding.diagnostic.severity == severity);
        let mut expected: BTreeSet<&str> = defect["also"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        expected.insert(text("rule"));
        let rules: BTreeSet<&str> = found.iter().map(|finding| finding.diagnostic.rule).collect();
        if !is_reported || rules != expected {
            missed.push(format!("{defect}\n  {rules:?}"));
        }
        for Finding { diagnostic, .. } in &found {
            assert!(diagnostic.hint.is_some() && !diagnostic.labels.is_empty(), "finding without a position or a hint: {diagnostic:?}");
            assert!(RULES.iter().any(|rule| rule.name == diagnostic.rule), "{} is not listed", diagnostic.rule);
        }
    }
    assert!(missed.is_empty(), "{} of {}:\n{}", missed.len(), table.len(), missed.join("\n"));
}
