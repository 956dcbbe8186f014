//! `docs/migrating.md`: what becomes of each resource, parameter and output of a Convox rack.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use rackform::diagnostic::Source;
use rackform::model::rack::left_out::{LEFT_OUT, LeftOut, Section};
use rackform::model::rack::rack;
use rackform::operation::fill_missing;
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::render::{RenderOptions, render};
use rackform::template::{Arena, Template};
use serde_json::Value as Json;

use super::{code, codes, compare, table};
use crate::program::Bench;
use crate::support::shared_data;

/// The explanation before the tables.
const INTRODUCTION: &str = include_str!("migrating.md");

/// The goals, in percent of the entries with the same name.
const RESOURCES_GOAL: usize = 85;
const PARAMETERS_GOAL: usize = 90;

/// Names with types, and parameters with defaults, in the order of the Convox template.
struct Convox(Json);

impl Convox {
    fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/convox-rack/names.json");
        Self(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
    }

    fn resources(&self) -> Vec<(&str, &str)> {
        pairs(&self.0["resources"])
    }

    fn parameters(&self) -> Vec<(&str, &str)> {
        let parameters = self.0["parameters"].as_object().unwrap();
        parameters.iter().map(|(name, body)| (name.as_str(), body["Type"].as_str().unwrap())).collect()
    }

    fn outputs(&self) -> Vec<(&str, &str)> {
        self.0["outputs"].as_array().unwrap().iter().map(|name| (name.as_str().unwrap(), "")).collect()
    }
}

fn pairs(map: &Json) -> Vec<(&str, &str)> {
    map.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect()
}

/// What becomes of an entry.
enum Outcome {
    Same,
    Explained(&'static LeftOut),
    /// Nothing explains why it is not here.
    Unexplained,
}

/// An entry of a Convox rack: name, type and what becomes of it.
struct Row<'c> {
    name: &'c str,
    kind: &'c str,
    outcome: Outcome,
}

fn rows<'c>(section: Section, entries: Vec<(&'c str, &'c str)>) -> Vec<Row<'c>> {
    let here = rack();
    let is_same = |name: &str, kind: &str| match section {
        Section::Resource => here.resources.get(name).is_some_and(|body| body["Type"] == kind),
        Section::Parameter => here.parameters.contains_key(name),
        Section::Output => here.outputs.contains_key(name),
    };
    let outcome = |name: &str, kind: &str| match LEFT_OUT.iter().find(|one| one.section == section && one.name == name) {
        Some(explained) => Outcome::Explained(explained),
        None if is_same(name, kind) => Outcome::Same,
        None => Outcome::Unexplained,
    };
    entries.into_iter().map(|(name, kind)| Row { name, kind, outcome: outcome(name, kind) }).collect()
}

impl Row<'_> {
    fn text(&self) -> String {
        match self.outcome {
            Outcome::Same => "same".to_owned(),
            Outcome::Unexplained => "left out".to_owned(),
            Outcome::Explained(LeftOut { replaced_by: [], because, .. }) => format!("left out: {}", lowered(because)),
            Outcome::Explained(LeftOut { replaced_by, because, .. }) => {
                format!("replaced by {}: {}", codes(replaced_by.iter().copied()), lowered(because))
            }
        }
    }
}

/// Returns a sentence to follow a colon: without its capital letter, unless it starts with a name, and without its period.
fn lowered(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let (first, rest) = sentence.split_at(1);
    let is_name = rest.starts_with(|letter: char| letter.is_uppercase()) || first.starts_with('`');
    if is_name { sentence.to_owned() } else { first.to_lowercase() + rest }
}

/// Returns how a parameter of the same name differs: its type, its default, and whether it accepts the default of the Convox rack.
fn differences(convox: &Convox) -> BTreeMap<String, String> {
    let source = Source::new("rack.json", render(&RenderOptions::default()).unwrap());
    let arena = Arena::new();
    let template = Template::read(&source, &arena).unwrap();
    let here = rack();
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let shown = |value: &str| if value.is_empty() { "blank".to_owned() } else { code(value) };
    let mut differences = BTreeMap::new();
    for (name, theirs) in convox.0["parameters"].as_object().unwrap() {
        let Some(ours) = here.parameters.get(name) else { continue };
        let mut found = Vec::new();
        if ours["Type"] != theirs["Type"] {
            found.push(format!("type {}", text(&ours["Type"])));
        }
        if let (Some(our), Some(their)) = (ours.get("Default").map(text), theirs.get("Default").map(text)) {
            if our != their {
                found.push(format!("default {} instead of {}", shown(&our), shown(&their)));
            }
            let mut overrides = ParameterOverrides::new();
            overrides.add_flags(&[format!("{name}={their}")]).unwrap();
            fill_missing(&template, &mut overrides);
            if ParameterSet::resolve(&template, &overrides).is_err() {
                found.push(format!("**give a value**, since {} is not allowed", shown(&their)));
            }
        }
        if !found.is_empty() {
            differences.insert(name.clone(), found.join("; "));
        }
    }
    differences
}

fn count(rows: &[Row<'_>], what: impl Fn(&Outcome) -> bool) -> usize {
    rows.iter().filter(|row| what(&row.outcome)).count()
}

fn summary(name: &str, rows: &[Row<'_>]) -> [String; 5] {
    let same = count(rows, |outcome| matches!(outcome, Outcome::Same));
    let replaced = count(rows, |outcome| matches!(outcome, Outcome::Explained(one) if !one.replaced_by.is_empty()));
    let total = rows.len();
    [
        name.to_owned(),
        total.to_string(),
        format!("{same} ({} %)", same * 100 / total),
        replaced.to_string(),
        (total - same - replaced).to_string(),
    ]
}

/// Returns a line for each row, those that differ first.
fn sorted<const N: usize>(
    rows: &[Row<'_>],
    differs: &dyn Fn(&Row<'_>) -> bool,
    line: &dyn Fn(&Row<'_>) -> [String; N],
) -> Vec<[String; N]> {
    let (different, same): (Vec<&Row<'_>>, Vec<&Row<'_>>) = rows.iter().partition(|row| differs(row));
    different.into_iter().chain(same).map(line).collect()
}

fn page() -> String {
    let convox = Convox::read();
    let resources = rows(Section::Resource, convox.resources());
    let parameters = rows(Section::Parameter, convox.parameters());
    let outputs = rows(Section::Output, convox.outputs());
    let counts = table(
        ["entries", "of Convox", "same", "replaced", "left out"],
        [summary("resources", &resources), summary("parameters", &parameters), summary("outputs", &outputs)],
    );
    let differences = differences(&convox);
    let parameter = |row: &Row<'_>| match differences.get(row.name) {
        Some(difference) => format!("{}; {difference}", row.text()),
        None => row.text(),
    };
    let here = rack();
    let own = |section: &rackform::model::sections::Entries, theirs: &[Row<'_>]| {
        codes(section.keys().map(String::as_str).filter(|name| !theirs.iter().any(|row| row.name == *name)))
    };
    // What differs comes first: it needs a decision.
    let is_explained = |row: &Row<'_>| !matches!(row.outcome, Outcome::Same);
    let of_parameter = |row: &Row<'_>| is_explained(row) || differences.contains_key(row.name);
    let more = format!(
        "Resources: {}.\n\nParameters: {}.\n\nOutputs: {}.\n",
        own(&here.resources, &resources),
        own(&here.parameters, &parameters),
        own(&here.outputs, &outputs)
    );
    format!(
        "{}\n## Resources\n\n{}\n## Parameters\n\n{}\n## Outputs\n\n{}\n## What only this rack has\n\n{more}",
        INTRODUCTION.replace("{{counts}}", counts.trim_end()),
        table(["resource", "type", "here"], sorted(&resources, &is_explained, &|row| [code(row.name), row.kind.to_owned(), row.text()])),
        table(
            ["parameter", "type", "here"],
            sorted(&parameters, &of_parameter, &|row| [code(row.name), row.kind.to_owned(), parameter(row)])
        ),
        table(["output", "here"], sorted(&outputs, &is_explained, &|row| [code(row.name), row.text()])),
    )
}

#[test]
fn the_page_about_migrating_is_up_to_date() {
    compare("migrating.md", &page());
}

#[test]
fn every_entry_of_a_convox_rack_is_the_same_or_explained() {
    let convox = Convox::read();
    let here = rack();
    for (section, entries) in
        [(Section::Resource, convox.resources()), (Section::Parameter, convox.parameters()), (Section::Output, convox.outputs())]
    {
        let rows = rows(section, entries);
        let unexplained: Vec<&str> = rows.iter().filter(|row| matches!(row.outcome, Outcome::Unexplained)).map(|row| row.name).collect();
        assert!(unexplained.is_empty(), "model/rack/left_out.rs explains no {section:?} {unexplained:?}");
        for row in rows.iter().filter(|row| matches!(row.outcome, Outcome::Explained(_))) {
            let is_here = match section {
                Section::Resource => here.resources.contains_key(row.name),
                Section::Parameter => here.parameters.contains_key(row.name),
                Section::Output => here.outputs.contains_key(row.name),
            };
            assert!(!is_here, "{section:?} {} is here and in model/rack/left_out.rs", row.name);
        }
        let same = count(&rows, |outcome| matches!(outcome, Outcome::Same)) * 100;
        let goal = match section {
            Section::Resource => RESOURCES_GOAL,
            Section::Parameter => PARAMETERS_GOAL,
            Section::Output => 0,
        };
        assert!(same >= goal * rows.len(), "{section:?}: {same} of {} are the same", rows.len() * 100);
    }
}

#[test]
fn the_reasons_are_about_entries_that_exist() {
    let convox = Convox::read();
    let here = rack();
    let mut seen = BTreeMap::new();
    for one in LEFT_OUT {
        let LeftOut { section, name, replaced_by, because } = one;
        assert_eq!(seen.insert((*section, *name), because), None, "{section:?} {name} has two reasons");
        let (theirs, ours) = match section {
            Section::Resource => (convox.resources(), &here.resources),
            Section::Parameter => (convox.parameters(), &here.parameters),
            Section::Output => (convox.outputs(), &here.outputs),
        };
        assert!(theirs.iter().any(|(own, _)| own == name), "no Convox rack has the {section:?} {name}");
        let is_here =
            |name: &&&str| [&here.resources, &here.parameters, &here.outputs, ours].iter().any(|entries| entries.contains_key(**name));
        let absent: Vec<_> = replaced_by.iter().filter(|name| !is_here(name)).collect();
        assert!(absent.is_empty(), "{section:?} {name} is replaced by {absent:?}, which do not exist");
        assert!(because.ends_with('.') && because.len() > 10, "{section:?} {name}: {because}");
    }
}

/// The fixture has the names of the real template, where that is available.
#[test]
fn the_names_are_those_of_the_real_template() {
    let Some(folder) = shared_data() else { return };
    let text = std::fs::read_to_string(folder.join("convox-rack-20260421.json")).unwrap();
    let real: Json = serde_json::from_str(&text).unwrap();
    let types = |section: &str| -> Json {
        real[section]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, body)| (name.clone(), body["Type"].clone()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let names = Convox::read().0;
    assert_eq!(names["resources"], types("Resources"));
    for (name, body) in names["parameters"].as_object().unwrap() {
        assert_eq!((&body["Type"], &body["Default"]), (&real["Parameters"][name]["Type"], &real["Parameters"][name]["Default"]), "{name}");
    }
    assert_eq!(names["parameters"].as_object().unwrap().len(), real["Parameters"].as_object().unwrap().len());
    assert_eq!(names["outputs"], Json::from(real["Outputs"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()));
}

/// A move under default parameters: whatever holds data stays.
#[test]
fn moving_a_convox_rack_removes_and_replaces_nothing_that_holds_data() {
    let Some(folder) = shared_data() else { return };
    let bench = Bench::new();
    bench.file("convox.json", std::fs::read(folder.join("convox-rack-20260421.json")).unwrap());
    assert_eq!(bench.run("render -o rack.json -q").code, 0);
    let here = rack();
    let mut arguments = "diff convox.json rack.json --region us-east-1 --format json".to_owned();
    for (name, value) in [("Password", "hunter2hunter2"), ("Version", "20260421000000")] {
        let option = if here.parameters.contains_key(name) { "-p" } else { "--before-parameter" };
        write!(arguments, " {option} {name}={value}").unwrap();
    }
    let run = bench.run(&arguments);
    assert!(matches!(run.code, 0 | 2), "{run}");
    let plan = run.json();
    let lost: Vec<&Json> = plan["Risks"].as_array().unwrap().iter().filter(|risk| risk["Kind"] == "data-loss").collect();
    assert!(lost.is_empty(), "{lost:#?}");
}
