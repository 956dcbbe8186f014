//! Compares the resources of a stack, as the backend lists them, with its template.

use serde_json::Value as Json;

use super::names::{RESOURCE_PRESENT, RESOURCE_PROPERTIES, RESOURCE_UNEXPECTED};
use super::remedy::Remedy;
use super::verdict::{About, State, Verdict};
use crate::backend::StackResource;
use crate::evaluate::{ConditionValue, Evaluation, Value, ValueKind};
use crate::secret::MASKED;

/// Compares an evaluated template with the resources that a backend lists.
///
/// Masked values and values that only the backend knows are skipped. AWS lists no properties, so there only existence is compared.
pub fn resources(expected: &Evaluation<'_>, actual: &[StackResource]) -> Vec<Verdict> {
    const DELETED: &str = "apply the template to create it; a change set does not detect a resource that was deleted outside \
        CloudFormation, drift detection does";
    const NOT_DELETED: &str = "the stack events show why it was not deleted; if nothing needs it, delete it manually";
    let mut verdicts = Vec::new();
    let (mut found, mut compared) = (0, 0);
    for (name, resource) in &expected.resources {
        match actual.iter().find(|actual| actual.logical_id == *name) {
            None if resource.condition.is_some_and(|(_, value)| value == ConditionValue::Unknown) => {}
            None => {
                let about = About::resource(name, None);
                let verdict = Verdict::new(&RESOURCE_PRESENT, about, State::Failed, resource.resource_type, "not in the stack");
                verdicts.push(verdict.with_remedy(DELETED));
            }
            Some(actual) => {
                found += 1;
                // AWS lists the resource without its properties.
                if actual.properties.is_null() {
                    continue;
                }
                compared += 1;
                let mut path = String::from("/Properties");
                if let Err(path) = compare(&resource.properties, &actual.properties, &mut path) {
                    let about = About::resource(name, Some(&actual.physical_id));
                    let found = format!("different value at {path}");
                    let verdict = Verdict::new(&RESOURCE_PROPERTIES, about, State::Failed, "the properties in the template", found);
                    verdicts.push(verdict.with_remedy("apply the template again"));
                }
            }
        }
    }
    for actual in actual.iter().filter(|actual| !expected.resources.contains_key(actual.logical_id.as_str())) {
        let about = About::resource(&actual.logical_id, Some(&actual.physical_id));
        let verdict = Verdict::new(&RESOURCE_UNEXPECTED, about, State::Failed, "not in the template", &actual.resource_type);
        verdicts.push(verdict.with_remedy(NOT_DELETED));
    }
    if found > 0 {
        verdicts.push(Verdict::new(&RESOURCE_PRESENT, About::default(), State::Passed, count(found), "in the stack"));
    }
    if compared > 0 && !verdicts.iter().any(|verdict| verdict.check == RESOURCE_PROPERTIES.name) {
        verdicts.push(Verdict::new(&RESOURCE_PROPERTIES, About::default(), State::Passed, count(compared), "as in the template"));
    }
    verdicts
}

/// Returns the only verdict about a stack whose creation failed and was rolled back: none of its resources exist.
pub fn creation_failed(expected: &Evaluation<'_>) -> Verdict {
    let found = "none: the creation of the stack failed and was rolled back";
    Verdict::new(&RESOURCE_PRESENT, About::default(), State::Failed, count(expected.resources.len()), found)
        .with_remedy(Remedy::RecoverStack)
}

fn count(resources: usize) -> String {
    if resources == 1 { "1 resource".to_owned() } else { format!("{resources} resources") }
}

/// Compares an expected value with the actual value.
///
/// # Errors
///
/// Returns the path of the first difference.
fn compare(expected: &Value<'_>, actual: &Json, path: &mut String) -> Result<(), String> {
    let length = path.len();
    match (&expected.kind, actual) {
        (ValueKind::Unknown(_), _) => {}
        (_, Json::String(text)) if text.contains(MASKED) => {}
        (ValueKind::Map(members), Json::Object(actual)) if members.len() == actual.len() => {
            for (name, value) in *members {
                path.push('/');
                path.push_str(name);
                compare(value, actual.get(*name).unwrap_or(&Json::Null), path)?;
                path.truncate(length);
            }
        }
        (ValueKind::List(items), Json::Array(actual)) if items.len() == actual.len() => {
            for (index, (value, actual)) in items.iter().zip(actual).enumerate() {
                path.push_str(&format!("/{index}"));
                compare(value, actual, path)?;
                path.truncate(length);
            }
        }
        (ValueKind::Null, Json::Null) => {}
        (ValueKind::Bool(expected), Json::Bool(actual)) if expected == actual => {}
        (ValueKind::String(expected), Json::String(actual)) if expected == actual => {}
        (ValueKind::Number(expected), Json::Number(actual))
            if *expected == actual.to_string() || expected.parse::<f64>().ok() == actual.as_f64() => {}
        _ => return Err(path.clone()),
    }
    Ok(())
}
