//! The machine-readable output of `validate`: JSON that follows its schema, and SARIF; `--select` and `--ignore`.

use std::collections::HashSet;

use rackform::diagnostic::Source;
use rackform::template::{Arena, Template};
use rackform::ui::findings;
use rackform::validate::{Finding, Options, RULES, validate};
use serde_json::Value as Json;

use crate::program::Bench;

/// Returns the findings of every seeded defect at once: some with assignments, some with several places.
fn seeded() -> Vec<Finding> {
    let table: Vec<Json> = serde_json::from_str(include_str!("seeded.json")).unwrap();
    let mut all = Vec::new();
    for defect in &table {
        let text = include_str!("valid/small.json").replacen(defect["find"].as_str().unwrap(), defect["replace"].as_str().unwrap(), 1);
        let source = Source::new("folder/my template.json", text);
        let arena = Arena::new();
        all.extend(validate(&Template::read(&source, &arena).unwrap(), Options::default()));
    }
    all
}

#[test]
fn json_follows_its_schema() {
    let schema: Json = serde_json::from_str(include_str!("../../../docs/findings.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for findings in [seeded(), Vec::new()] {
        let answer: Json = serde_json::from_str(&findings::json(&findings).unwrap()).unwrap();
        let problems: Vec<String> =
            validator.iter_errors(&answer).map(|problem| format!("{}: {problem}", problem.instance_path())).collect();
        assert_eq!(problems, [""; 0]);
        assert_eq!(answer["findings"].as_array().unwrap().len(), findings.len());
    }
}

#[test]
fn sarif_contains_rules_and_locations() {
    let findings = seeded();
    let sarif: Json = serde_json::from_str(&findings::sarif(&findings, RULES).unwrap()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let names: HashSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(names.len(), RULES.len());
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), findings.len());
    for result in results {
        assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
        assert!(matches!(result["level"].as_str(), Some("error" | "warning")));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let related = result["relatedLocations"].as_array().cloned().unwrap_or_default();
        for location in result["locations"].as_array().unwrap().iter().chain(&related) {
            assert_eq!(location["physicalLocation"]["artifactLocation"]["uri"], "folder/my%20template.json");
            let number = |name: &str| location["physicalLocation"]["region"][name].as_u64().unwrap();
            assert!(number("startLine") >= 1 && number("startColumn") >= 1);
            assert!((number("startLine"), number("startColumn")) <= (number("endLine"), number("endColumn")), "{location}");
        }
    }
    assert!(results.iter().any(|result| result["properties"]["assignment"]["Cache"] == "Yes"));
    assert!(results.iter().any(|result| result["relatedLocations"][0]["message"]["text"] == "first here"));
}

#[test]
fn rules_can_be_selected_and_ignored() {
    let bench = Bench::new();
    bench.file(
        "bad.json",
        r#"{"Parameters": {"P": {"Type": "String"}}, "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicNam": "a"}}}}"#,
    );
    let rules = |arguments: &str| -> Vec<String> {
        let answer = bench.run(&format!("validate bad.json --format json {arguments}")).json();
        answer["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(rules(""), ["unused-parameter", "unknown-property"]);
    assert_eq!(rules("--ignore unused-parameter"), ["unknown-property"]);
    assert_eq!(rules("--select unused-parameter,unused-mapping"), ["unused-parameter"]);
    assert_eq!(bench.run("validate bad.json --ignore unknown-property").code, 0);
    assert_eq!(bench.run("validate bad.json --ignore unknown-property --strict").code, 65);
    let run = bench.run("validate bad.json --ignore unknown-propperty");
    assert_eq!(run.code, 64);
    assert!(run.stderr.contains("did you mean `unknown-property`?"), "{run}");
}

#[test]
fn an_error_in_one_section_does_not_hide_findings_in_others() {
    let bench = Bench::new();
    bench.file("bad.json", r#"{"Outputz": {}, "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicNam": "a"}}, "U": {}}}"#);
    let answer = bench.run("validate bad.json --format json").json();
    let rules: Vec<&str> = answer["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["unknown-section", "unknown-property", "resource-type"]);
}

#[test]
fn an_unknown_region_points_to_rack_yaml() {
    let bench = Bench::new();
    bench.file("rack.yaml", "name: a\nregion: mars-1\n");
    let run = bench.run("validate rack");
    assert_eq!(run.code, 65);
    assert!(run.stdout.contains("rack.yaml:2:9"), "{run}");
    assert!(run.stdout.contains("check the region name, or add the region to the mapping"), "{run}");
    assert_eq!(run.stdout.matches("has no key `mars-1`").count(), 1, "once per mapping\n{run}");
    let run = bench.run("validate rack --region mars-2");
    assert_eq!((run.stdout.matches("has no key `mars-2`").count(), run.stdout.contains("rack.yaml")), (1, false), "{run}");
}

#[test]
fn the_built_in_rack_has_no_findings_in_any_region() {
    let bench = Bench::new();
    for region in ["us-east-1", "us-west-1", "eu-central-1", "ap-northeast-3", "us-gov-west-1"] {
        for values in ["", "-p BuildMethod=fargate", "-p BuildCache=Yes", "-p BuildMethod=fargate -p BuildCache=Yes"] {
            let run = bench.run(&format!("validate rack --strict --region {region} {values}"));
            assert_eq!((run.stdout.as_str(), run.code), ("no problems found\n", 0), "{region} {values}\n{run}");
        }
    }
}
