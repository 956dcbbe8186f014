//! Upgrades: hundreds of small changes to a template, planned in both directions.
//!
//! Every change has a plan, which lists every resource whose resolved value changed and no resource without a changed dependency.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

use std::collections::BTreeSet;

use rackform::diagnostic::Source;
use rackform::evaluate::{Evaluation, Resource, State, evaluate};
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::plan::{Effect, Plan, plan};
use rackform::template::{Arena, Template};
use serde_json::{Map, Value as Json, json};

use crate::support::shared_data;

/// A deterministic pseudorandom number generator.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn key(&mut self, members: &Map<String, Json>) -> String {
        members.keys().nth(self.below(members.len())).unwrap().clone()
    }
}

/// A change to a template and its expected effect.
struct Mutation {
    description: String,
    /// Whether the plan must be empty.
    is_no_op: bool,
}

fn change(description: String) -> Option<Mutation> {
    Some(Mutation { description, is_no_op: false })
}

fn no_op(description: String) -> Option<Mutation> {
    Some(Mutation { description, is_no_op: true })
}

fn is_intrinsic(members: &Map<String, Json>) -> bool {
    members.len() == 1 && members.keys().all(|key| key == "Ref" || key.starts_with("Fn::") || key == "Condition")
}

/// Returns the pointers of every scalar below a value, except inside intrinsic functions.
fn scalars(value: &Json, path: &str, found: &mut Vec<String>) {
    match value {
        Json::Object(members) if is_intrinsic(members) => {}
        Json::Object(members) => {
            for (key, value) in members {
                scalars(value, &format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Json::Array(items) => items.iter().enumerate().for_each(|(index, item)| scalars(item, &format!("{path}/{index}"), found)),
        Json::Null => {}
        _ => found.push(path.to_owned()),
    }
}

/// Replaces references to `from` with `to`.
fn rename(value: &mut Json, from: &str, to: &str) {
    match value {
        Json::Object(members) => {
            for (key, value) in members.iter_mut() {
                match (key.as_str(), &*value) {
                    ("Ref" | "DependsOn", Json::String(text)) if text == from => *value = json!(to),
                    ("DependsOn", Json::Array(_)) => {
                        value.as_array_mut().unwrap().iter_mut().filter(|item| *item == from).for_each(|item| *item = json!(to));
                    }
                    ("Fn::GetAtt", Json::Array(items)) if items[0] == from => value[0] = json!(to),
                    ("Fn::GetAtt", Json::String(text)) if text.starts_with(&format!("{from}.")) => {
                        *value = json!(text.replacen(from, to, 1));
                    }
                    ("Fn::Sub", Json::String(text)) => {
                        *value = json!(
                            text.replace(&format!("${{{from}}}"), &format!("${{{to}}}"))
                                .replace(&format!("${{{from}."), &format!("${{{to}."))
                        );
                    }
                    _ => rename(value, from, to),
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| rename(item, from, to)),
        _ => {}
    }
}

/// Makes a random change; returns `None` if the chosen change does not apply.
fn mutate(template: &mut Json, random: &mut Random) -> Option<Mutation> {
    let resources = template["Resources"].as_object().unwrap();
    let id = random.key(resources);
    match random.below(14) {
        0 => {
            template["Resources"].as_object_mut().unwrap().remove(&id);
            change(format!("drop {id}"))
        }
        1 => {
            template["Resources"]["Newcomer"] =
                json!({"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "AWS::StackName"}}});
            change("add Newcomer".to_owned())
        }
        2 => {
            let body = template["Resources"].as_object_mut().unwrap().remove(&id).unwrap();
            template["Resources"]["Renamed"] = body;
            rename(template, &id, "Renamed");
            change(format!("rename {id}"))
        }
        3..=6 => {
            let mut found = Vec::new();
            scalars(resources[&id].get("Properties")?, "", &mut found);
            if found.is_empty() {
                return None;
            }
            let path = found.swap_remove(random.below(found.len()));
            let value = template["Resources"][&id]["Properties"].pointer_mut(&path).unwrap();
            *value = match &*value {
                Json::String(text) => json!(format!("{text}x")),
                Json::Number(number) => json!(number.as_i64().unwrap_or(0) + 1),
                Json::Bool(flag) => json!(!flag),
                _ => unreachable!(),
            };
            change(format!("change {id}{path}"))
        }
        7 => {
            let properties = template["Resources"][&id].get_mut("Properties")?.as_object_mut()?;
            if properties.is_empty() {
                return None;
            }
            let name = random.key(properties);
            properties.remove(&name);
            change(format!("drop {id}/{name}"))
        }
        8 => {
            let properties = template["Resources"][&id].get_mut("Properties")?.as_object_mut()?;
            let mut members: Vec<(String, Json)> = std::mem::take(properties).into_iter().collect();
            members.reverse();
            properties.extend(members);
            no_op(format!("reverse the properties of {id}"))
        }
        9 => {
            let parameters = template.get_mut("Parameters")?.as_object_mut()?;
            let name = random.key(parameters);
            let parameter = &mut parameters[&name];
            let default = parameter.get("Default")?.clone();
            let allowed = parameter.get("AllowedValues").and_then(Json::as_array).cloned().unwrap_or_default();
            let other = allowed.into_iter().find(|value| *value != default);
            parameter["Default"] = match (other, default.as_str()) {
                (Some(other), _) => other,
                (None, Some(text)) => json!(format!("{text}1")),
                (None, None) => json!(default.as_i64()? + 1),
            };
            change(format!("change the default of {name}"))
        }
        10 => {
            let conditions = template.get_mut("Conditions")?.as_object_mut()?;
            let name = random.key(conditions);
            let body = conditions[&name].take();
            conditions[&name] = json!({"Fn::Not": [body]});
            change(format!("negate condition {name}"))
        }
        11 => {
            let mut found = Vec::new();
            scalars(resources[&id].get("Properties")?, "", &mut found);
            let numbers: Vec<String> = found
                .into_iter()
                .filter(|path| resources[&id]["Properties"].pointer(path).is_some_and(|value| value.is_number() || value.is_boolean()))
                .collect();
            if numbers.is_empty() {
                return None;
            }
            let path = &numbers[random.below(numbers.len())];
            let value = template["Resources"][&id]["Properties"].pointer_mut(path).unwrap();
            *value = json!(value.to_string());
            no_op(format!("write {id}{path} as text"))
        }
        12 => {
            template["Resources"][&id]["Metadata"] = json!({"Note": random.below(1000)});
            change(format!("change the metadata of {id}"))
        }
        _ => {
            template["Resources"]["Lonely"] = json!({"Type": "AWS::SNS::Topic"});
            template["Resources"]["Lonely"]["DependsOn"] = json!([id]);
            change(format!("add Lonely, which depends on {id}"))
        }
    }
}

/// Returns the resolved value of a resource, every scalar as text.
fn resolved(resource: &Resource<'_>) -> Json {
    fn text(json: Json) -> Json {
        match json {
            Json::Number(number) => json!(number.to_string()),
            Json::Bool(flag) => json!(flag.to_string()),
            Json::Array(items) => items.into_iter().map(text).collect(),
            Json::Object(members) => Json::Object(members.into_iter().map(|(key, value)| (key, text(value))).collect()),
            other => other,
        }
    }
    let part = |value: &Option<rackform::evaluate::Value<'_>>| value.as_ref().map(|value| text(value.to_json()));
    json!([
        resource.resource_type,
        text(resource.properties.to_json()),
        part(&resource.metadata),
        part(&resource.creation_policy),
        part(&resource.update_policy),
        part(&resource.deletion_policy),
        part(&resource.update_replace_policy)
    ])
}

/// Returns the resources that exist in one template only or whose resolved value differs.
fn differing(old: &Evaluation<'_>, new: &Evaluation<'_>) -> BTreeSet<String> {
    let ids = old.resources.keys().chain(new.resources.keys());
    let differs = |id: &&&str| old.resources.get(**id).map(resolved) != new.resources.get(**id).map(resolved);
    ids.filter(differs).map(|id| (*id).to_owned()).collect()
}

/// Returns whether a resource refers, directly or indirectly, to one that differs.
fn is_reached(id: &str, differing: &BTreeSet<String>, sides: [&Evaluation<'_>; 2]) -> bool {
    let mut open = vec![id.to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if differing.contains(&id) {
            return true;
        }
        if seen.insert(id.clone()) {
            open.extend(sides.iter().flat_map(|side| side.needs(&id)).map(str::to_owned));
        }
    }
    false
}

fn check(description: &str, made: &Plan, differing: &BTreeSet<String>, sides: [&Evaluation<'_>; 2]) {
    let touched: BTreeSet<&str> =
        made.effects.iter().filter(|effect| effect.effect != Effect::Untouched).map(|effect| effect.logical_resource_id.as_str()).collect();
    for id in differing {
        assert!(touched.contains(id.as_str()), "{description}: `{id}` differs, but the plan does not list it");
    }
    for id in &touched {
        assert!(is_reached(id, differing, sides), "{description}: the plan lists `{id}`, which has no changed dependency");
    }
    let listed = made.change_set.changes.iter().map(|change| change.resource_change.logical_resource_id.as_str());
    for id in listed {
        assert!(made.effects.iter().any(|effect| effect.logical_resource_id == id), "{description}: `{id}` is listed without an effect");
    }
    // Every resource is created before its dependents, and deleted after them.
    let place = |id: &str, effect: Effect| made.effects.iter().position(|one| one.logical_resource_id == id && one.effect == effect);
    for effect in made.effects.iter().filter(|effect| effect.effect == Effect::Created) {
        for needed in sides[1].needs(&effect.logical_resource_id) {
            let (own, before) = (place(&effect.logical_resource_id, Effect::Created), place(needed, Effect::Created));
            assert!(before.is_none() || before < own, "{description}: {} before {needed}", effect.logical_resource_id);
        }
    }
}

/// Changes a template repeatedly, and returns how many of the changed templates have a plan.
fn upgrade(text: &str, flags: &[&str], state: &State, rounds: u64) -> usize {
    let base: Json = serde_json::from_str(text).unwrap();
    let mut given = ParameterOverrides::new();
    flags.iter().for_each(|flag| given.add_flag(flag).unwrap());
    let mut planned = 0;
    for round in 0..rounds {
        let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ (round + 1).wrapping_mul(0xD134_2543_DE82_EF95));
        let mut changed = base.clone();
        let count = 1 + random.below(3);
        let mutations: Vec<Mutation> = (0..count).filter_map(|_| mutate(&mut changed, &mut random)).collect();
        let description =
            format!("round {round}: {}", mutations.iter().map(|mutation| mutation.description.as_str()).collect::<Vec<_>>().join(", "));
        let sources = [Source::new("old.json", text), Source::new("new.json", changed.to_string())];
        let arena = Arena::new();
        let old = Template::read(&sources[0], &arena).unwrap();
        // A template that lost a required part is refused with reasons and has no plan.
        let Ok(new) = Template::read(&sources[1], &arena) else { continue };
        let old_set = ParameterSet::resolve(&old, &given).unwrap();
        let Ok(new_set) = ParameterSet::resolve(&new, &given) else { continue };
        let old = evaluate(&old, &old_set, state, &arena).unwrap();
        let Ok(new) = evaluate(&new, &new_set, state, &arena) else { continue };
        let differing = differing(&old, &new);
        for (from, to) in [(&old, &new), (&new, &old)] {
            let made = plan(from, to).unwrap();
            check(&description, &made, &differing, [from, to]);
            if mutations.iter().all(|mutation| mutation.is_no_op) {
                assert!(!made.has_changes(), "{description}");
            }
            assert!(!plan(to, to).unwrap().has_changes(), "{description}: compared with itself");
        }
        planned += 1;
    }
    planned
}

#[test]
fn plans_of_random_changes_to_the_real_rack_list_every_difference() {
    let Some(folder) = shared_data() else { return };
    let text = std::fs::read_to_string(folder.join("convox-rack-20260421.json")).unwrap();
    let pseudo = json!({"pseudo": {"AWS::Region": "us-east-1", "AWS::AccountId": "111111111111", "AWS::StackName": "rack", "AWS::Partition": "aws"}});
    let state: State = serde_json::from_value(pseudo).unwrap();
    let planned = upgrade(&text, &["Password=hunter2hunter2", "Version=1", "BuildMethod=fargate"], &state, 120);
    eprintln!("{planned} of 120 changed racks have a plan");
    assert!(planned > 60, "{planned}");
}

#[test]
fn plans_of_random_changes_to_a_small_rack_list_every_difference() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/patch-small-rack/rack.json")).unwrap();
    let planned = upgrade(&text, &[], &State::default(), 400);
    assert!(planned > 200, "{planned}");
}
