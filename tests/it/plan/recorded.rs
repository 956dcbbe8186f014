//! Predictions compared with recorded change sets, field by field.

use std::collections::BTreeMap;

use rackform::diagnostic::Source;
use rackform::evaluate::{State, evaluate};
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::plan::{self, Effect, Plan};
use rackform::template::{Arena, Template};
use serde_json::{Value as Json, json};

use crate::support::shared_data;

/// Evaluates both sides of a recording and plans.
fn planned(recording: &Json) -> Plan {
    let side = |name: &str| {
        let text = serde_json::to_string(&recording[name]["template"]).unwrap();
        let mut given = ParameterOverrides::new();
        for (key, value) in recording[name]["parameters"].as_object().into_iter().flatten() {
            given.add_flag(&format!("{key}={}", value.as_str().unwrap())).unwrap();
        }
        (Source::new(name, text), given)
    };
    let mut pseudo = recording["pseudo"].clone();
    pseudo.as_object_mut().unwrap().remove("recorded_as");
    let state = recording.get("state").cloned().unwrap_or_else(|| json!({}));
    let state: State = serde_json::from_value(json!({"pseudo": pseudo, "physical_ids": state["physical_ids"]})).unwrap();
    let arena = Arena::new();
    let (before, after) = (side("before"), side("after"));
    let (old, new) = (Template::read(&before.0, &arena).unwrap(), Template::read(&after.0, &arena).unwrap());
    let (old_set, new_set) = (ParameterSet::resolve(&old, &before.1).unwrap(), ParameterSet::resolve(&new, &after.1).unwrap());
    let old = evaluate(&old, &old_set, &state, &arena).unwrap();
    let new = evaluate(&new, &new_set, &state, &arena).unwrap();
    plan::plan(&old, &new).unwrap()
}

/// Replaces names that the recordings scrubbed, so that `us-east-1` equals `<region>`.
fn scrubbed(recording: &Json, text: &str) -> String {
    let recorded_as = recording["pseudo"]["recorded_as"].as_object();
    recorded_as.into_iter().flatten().fold(text.to_owned(), |text, (from, to)| text.replace(from.as_str(), to.as_str().unwrap()))
}

/// Sorts details and scopes, which AWS lists in any order.
fn ordered(change: &Json) -> Json {
    let mut change = change.clone();
    for key in ["Details", "Scope"] {
        if let Some(list) = change[key].as_array_mut() {
            list.sort_by_key(Json::to_string);
        }
    }
    change.sort_all_objects();
    if let Some(list) = change["Details"].as_array_mut() {
        list.sort_by_key(Json::to_string);
    }
    change
}

#[derive(Default)]
struct Score {
    fields: BTreeMap<String, (usize, usize)>,
    misses: Vec<String>,
}

impl Score {
    fn field(&mut self, recording: &str, field: &str, expected: &Json, found: &Json) -> bool {
        let (hits, all) = self.fields.entry(field.to_owned()).or_default();
        *all += 1;
        *hits += usize::from(expected == found);
        if expected != found {
            self.misses.push(format!("{recording}: {field}\n    AWS: {expected}\n   ours: {found}"));
        }
        expected == found
    }
}

fn compare(score: &mut Score, id: &str, list: &str, recording: &Json, expected: &Json, found: &Json) -> bool {
    let found: Json = serde_json::from_str(&scrubbed(recording, &found.to_string())).unwrap();
    let by_id = |list: &Json, unwrap: bool| -> BTreeMap<String, Json> {
        let changes = list.as_array().into_iter().flatten().map(|change| if unwrap { &change["ResourceChange"] } else { change });
        changes.map(|change| (change["LogicalResourceId"].as_str().unwrap().to_owned(), ordered(change))).collect()
    };
    let (expected, found) = (by_id(expected, false), by_id(&found["Changes"], true));
    let names = |map: &BTreeMap<String, Json>| Json::from(map.keys().cloned().collect::<Vec<_>>());
    let mut clean = score.field(id, &format!("{list} resources"), &names(&expected), &names(&found));
    for (name, expected) in &expected {
        let Some(found) = found.get(name) else { continue };
        let keys: std::collections::BTreeSet<&String> =
            expected.as_object().unwrap().keys().chain(found.as_object().unwrap().keys()).collect();
        for key in keys {
            clean &= score.field(&format!("{id} {name}"), &format!("{list} {key}"), &expected[key], &found[key]);
        }
    }
    clean
}

#[test]
fn predictions_match_recorded_change_sets() {
    let Some(folder) = shared_data() else { return };
    let mut score = Score::default();
    let (mut clean, mut all) = (0, 0);
    let mut unpredicted = Vec::new();
    let mut overpredicted = Vec::new();
    let mut files: Vec<_> =
        std::fs::read_dir(folder.join("aws-recordings/change-sets")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let recording: Json = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let id = recording["id"].as_str().unwrap();
        let plan = planned(&recording);
        let recorded = &recording["recorded"];
        let is_bare = |changes: &Json| {
            changes.as_array().into_iter().flatten().all(|change| change.get("BeforeContext").or(change.get("AfterContext")).is_none())
        };
        let with_values = serde_json::to_value(&plan.change_set).unwrap();
        let without = serde_json::to_value(&plan.change_set_without_values).unwrap();
        let main = if is_bare(&recorded["changes"]) { &without } else { &with_values };
        let mut is_clean = compare(&mut score, id, "with values:", &recording, &recorded["changes"], main);
        is_clean &= compare(&mut score, id, "without:", &recording, &recorded["changes_no_values"], &without);
        is_clean &= score.field(id, "Status", &recorded["status"], &main["Status"]);
        is_clean &= score.field(id, "StatusReason", &recorded["status_reason"], &main["StatusReason"]);
        all += 1;
        clean += usize::from(is_clean);
        for (name, executed) in recorded["executed"].as_object().into_iter().flatten() {
            let effect = plan.effects.iter().find(|effect| effect.logical_resource_id == *name);
            let found = effect.map_or(Effect::Untouched, |effect| effect.effect);
            let predicted = match found {
                Effect::UpdatedInPlace | Effect::UpdatedWithInterruption => "updated-in-place",
                Effect::Replaced => "replaced",
                _ => "untouched-or-created-or-deleted",
            };
            let recorded = executed["effect"].as_str().unwrap();
            if recorded != predicted {
                let possible = effect.is_some_and(|effect| effect.possible);
                let line = format!("{id} {name}: executed {recorded}, predicted {predicted} (possible: {possible})");
                if found == Effect::Untouched || !possible { unpredicted.push(line) } else { overpredicted.push(line) }
            }
        }
    }
    for miss in &score.misses {
        eprintln!("{miss}");
    }
    for (field, (hits, all)) in &score.fields {
        eprintln!("{field:40} {hits:4} of {all}");
    }
    eprintln!("clean {clean} of {all}; executed otherwise: {unpredicted:?}; only possible: {overpredicted:?}");
    assert_eq!(clean, all, "every recording is predicted in every field");
    assert!(unpredicted.is_empty(), "{unpredicted:#?}");
    assert!(overpredicted.is_empty(), "{overpredicted:#?}");
}
