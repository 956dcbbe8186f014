//! Whether a stack has the resources that its template promises, as the backend lists them.

use serde_json::Value as Json;

use super::names::{RESOURCE_PRESENT, RESOURCE_PROPERTIES, RESOURCE_UNEXPECTED};
use super::verdict::{Of, State, Verdict};
use crate::backend::StackResource;
use crate::evaluate::{ConditionValue, Evaluation, Value, ValueKind};
use crate::secret::MASKED;

/// Compares what a template promises with the resources that a backend lists.
///
/// What is secret, or known to the backend alone, is passed over; AWS lists no properties, so there it is about observed.
pub fn resources(expected: &Evaluation<'_>, present: &[StackResource]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let (mut found, mut compared) = (0, 0);
    for (name, resource) in &expected.resources {
        match present.iter().find(|present| present.logical_id == *name) {
            None if resource.condition.is_some_and(|(_, value)| value == ConditionValue::Unknown) => {}
            None => verdicts.push(
                Verdict::new(&RESOURCE_PRESENT, Of::resource(name, None), State::Failed, resource.resource_type, "not in the stack")
                    .remedied("`rackform apply` creates it; if it was deleted by hand, `rackform plan` shows nothing and AWS's drift detection does"),
            ),
            Some(present) => {
                found += 1;
                // AWS tells that a resource is there and keeps its properties to itself.
                if present.properties.is_null() {
                    continue;
                }
                compared += 1;
                let mut path = String::from("/Properties");
                if let Err(path) = kept(&resource.properties, &present.properties, &mut path) {
                    let of = Of::resource(name, Some(&present.physical_id));
                    verdicts.push(
                        Verdict::new(&RESOURCE_PROPERTIES, of, State::Failed, "the template's properties", format!("another value at {path}"))
                            .remedied("apply the template again"),
                    );
                }
            }
        }
    }
    for present in present.iter().filter(|present| !expected.resources.contains_key(present.logical_id.as_str())) {
        let of = Of::resource(&present.logical_id, Some(&present.physical_id));
        verdicts.push(
            Verdict::new(&RESOURCE_UNEXPECTED, of, State::Failed, "not in the template", &present.resource_type)
                .remedied("`rackform events` tells why it was not deleted; delete it by hand if nothing needs it"),
        );
    }
    let plural = |count: usize| if count == 1 { "1 resource".to_owned() } else { format!("{count} resources") };
    if found > 0 {
        verdicts.push(Verdict::new(&RESOURCE_PRESENT, Of::default(), State::Passed, plural(found), "in the stack"));
    }
    if compared > 0 && !verdicts.iter().any(|verdict| verdict.check == RESOURCE_PROPERTIES.name) {
        verdicts.push(Verdict::new(&RESOURCE_PROPERTIES, Of::default(), State::Passed, plural(compared), "as the template says"));
    }
    verdicts
}

/// Returns the one verdict about a stack whose creation was undone: no expected of its template is kept, for one reason.
pub fn empty(expected: &Evaluation<'_>) -> Verdict {
    let (count, plural) = (expected.resources.len(), if expected.resources.len() == 1 { "" } else { "s" });
    Verdict::new(
        &RESOURCE_PRESENT,
        Of::default(),
        State::Failed,
        format!("{count} resource{plural}"),
        "none: the stack's creation failed and was undone",
    )
    .remedied("`rackform events --failed` tells why; `rackform recover` deletes the stack and creates it anew")
}

/// Compares a expected value with the present one; returns the path of the first difference.
fn kept(expected: &Value<'_>, present: &Json, path: &mut String) -> Result<(), String> {
    let length = path.len();
    match (&expected.kind, present) {
        (ValueKind::Unknown(_), _) => {}
        (_, Json::String(text)) if text.contains(MASKED) => {}
        (ValueKind::Map(members), Json::Object(present)) if members.len() == present.len() => {
            for (name, value) in *members {
                path.push('/');
                path.push_str(name);
                kept(value, present.get(*name).unwrap_or(&Json::Null), path)?;
                path.truncate(length);
            }
        }
        (ValueKind::List(items), Json::Array(present)) if items.len() == present.len() => {
            for (index, (value, present)) in items.iter().zip(present).enumerate() {
                path.push_str(&format!("/{index}"));
                kept(value, present, path)?;
                path.truncate(length);
            }
        }
        (ValueKind::Null, Json::Null) => {}
        (ValueKind::Bool(expected), Json::Bool(present)) if expected == present => {}
        (ValueKind::String(expected), Json::String(present)) if expected == present => {}
        (ValueKind::Number(expected), Json::Number(present))
            if *expected == present.to_string() || expected.parse::<f64>().ok() == present.as_f64() => {}
        _ => return Err(path.clone()),
    }
    Ok(())
}
