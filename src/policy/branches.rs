//! Statements with an `Fn::If` whose condition is not known: one version for each value of the condition.

use serde_json::{Map, Value as Json};

/// A statement that applies if conditions of the template have these values.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) conditions: Vec<(String, bool)>,
    pub(super) json: Json,
}

/// More conditions than this in one statement are treated as unknown parts.
const MOST_CONDITIONS: usize = 3;

/// Returns the versions of a value; those without a value are omitted.
pub(super) fn branches(json: &Json) -> Vec<Branch> {
    let mut done = Vec::new();
    let mut open = vec![Branch { conditions: Vec::new(), json: json.clone() }];
    while let Some(branch) = open.pop() {
        let condition = first_condition(&branch.json).filter(|_| branch.conditions.len() < MOST_CONDITIONS);
        let Some(name) = condition else {
            if !is_no_value(&branch.json) {
                done.push(branch);
            }
            continue;
        };
        for value in [false, true] {
            let mut conditions = branch.conditions.clone();
            conditions.push((name.clone(), value));
            open.push(Branch { conditions, json: resolved(&branch.json, &name, value) });
        }
    }
    done
}

fn is_no_value(json: &Json) -> bool {
    json.as_object().is_some_and(|members| members.len() == 1) && json.get("Ref").and_then(Json::as_str) == Some("AWS::NoValue")
}

fn operands(json: &Json) -> Option<(&str, &Json, &Json)> {
    let members = json.as_object().filter(|members| members.len() == 1)?;
    match members.get("Fn::If")?.as_array()?.as_slice() {
        [Json::String(name), yes, no] => Some((name, yes, no)),
        _ => None,
    }
}

fn first_condition(json: &Json) -> Option<String> {
    if let Some((name, ..)) = operands(json) {
        return Some(name.to_owned());
    }
    match json {
        Json::Array(items) => items.iter().find_map(first_condition),
        Json::Object(members) => members.values().find_map(first_condition),
        _ => None,
    }
}

fn resolved(json: &Json, name: &str, value: bool) -> Json {
    if let Some((condition, yes, no)) = operands(json)
        && condition == name
    {
        return resolved(if value { yes } else { no }, name, value);
    }
    match json {
        Json::Array(items) => Json::Array(items.iter().map(|item| resolved(item, name, value)).filter(|item| !is_no_value(item)).collect()),
        Json::Object(members) => {
            let members = members.iter().map(|(key, member)| (key.clone(), resolved(member, name, value)));
            Json::Object(members.filter(|(_, member)| !is_no_value(member)).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}
