//! Whether a stack holds what its template promised.

use serde::Serialize;
use serde_json::Value as Json;

use super::{ApplyError, Target};
use crate::backend::{Backend, BackendError, ParameterInput, deployed_state};
use crate::evaluate::{self, Value, ValueKind};
use crate::parameters::{GivenParameters, GivenValue, ParameterSet, Provenance};
use crate::template::{Arena, Source, Template};

/// A promise that the stack does not keep.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Finding {
    /// The resource.
    pub logical_resource_id: String,
    /// What is wrong with it.
    pub kind: FindingKind,
    /// The property's path, where one differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// What is wrong with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// It was promised and is not there.
    Missing,
    /// It is there and was not promised.
    Unexpected,
    /// A property is not what was promised.
    Different,
}

/// Compares what a target promises with the resources that a backend describes.
///
/// What is secret, or known to the backend alone, is passed over.
///
/// # Errors
///
/// Returns that the backend cannot be asked, or the template cannot be evaluated.
pub fn verify(backend: &dyn Backend, target: &Target) -> Result<Vec<Finding>, ApplyError> {
    let Some(stack) = backend.describe_stack(&target.stack)? else {
        return Err(BackendError::StackNotFound { stack: target.stack.clone() }.into());
    };
    let resources = backend.list_resources(&target.stack)?;
    let state = deployed_state(backend, &stack)?;
    let (source, arena) = (Source::new("template", target.template.clone()), Arena::new());
    let template = Template::read(&source, &arena).map_err(BackendError::Template)?;
    let mut given = GivenParameters::default();
    for (name, input) in &target.parameters {
        let text = match input {
            ParameterInput::Value(text) => Some(text.clone()),
            ParameterInput::UsePrevious => stack.parameters.get(name).cloned().flatten(),
        };
        given.values.insert(name.clone(), GivenValue { text, provenance: Provenance::Deployed, place: None });
    }
    let parameters = ParameterSet::resolve(&template, &given).map_err(BackendError::Template)?;
    let promised = evaluate::evaluate(&template, &parameters, &state, &arena).map_err(BackendError::Template)?;
    let finding = |name: &str, kind, path| Finding { logical_resource_id: name.to_owned(), kind, path };
    let mut findings = Vec::new();
    for (name, resource) in &promised.resources {
        match resources.iter().find(|present| present.logical_id == *name) {
            None if resource.condition.is_some_and(|(_, value)| value == evaluate::ConditionValue::Unknown) => {}
            None => findings.push(finding(name, FindingKind::Missing, None)),
            // AWS tells that a resource is there and keeps its properties to itself.
            Some(present) if present.properties.is_null() => {}
            Some(present) => {
                let mut path = String::from("/Properties");
                if let Err(path) = kept(&resource.properties, &present.properties, &mut path) {
                    findings.push(finding(name, FindingKind::Different, Some(path)));
                }
            }
        }
    }
    let unexpected = resources.iter().filter(|present| !promised.resources.contains_key(present.logical_id.as_str()));
    findings.extend(unexpected.map(|present| finding(&present.logical_id, FindingKind::Unexpected, None)));
    Ok(findings)
}

/// Compares a promised value with the present one; returns the path of the first difference.
fn kept(promised: &Value<'_>, present: &Json, path: &mut String) -> Result<(), String> {
    let length = path.len();
    match (&promised.kind, present) {
        (ValueKind::Unknown(_), _) => {}
        (_, Json::String(text)) if text.contains("****") => {}
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
        (ValueKind::Bool(promised), Json::Bool(present)) if promised == present => {}
        (ValueKind::String(promised), Json::String(present)) if promised == present => {}
        (ValueKind::Number(promised), Json::Number(present))
            if *promised == present.to_string() || promised.parse::<f64>().ok() == present.as_f64() => {}
        _ => return Err(path.clone()),
    }
    Ok(())
}
