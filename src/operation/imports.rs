//! Imports: existing resources that an operation of its own imports into the stack before the change.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::deployed::DeployedStack;
use super::error::OperationError;
use super::input::{evaluate_template, read_template};
use super::note::Note;
use super::request::ExistingResources;
use super::ssm_parameters::ResolvedState;
use crate::diagnostic::Source;
use crate::evaluate::{Evaluation, State, evaluate};
use crate::plan::{ImportProblem, ImportStep, ResourceImport, import_step, resolve_imports};
use crate::template::{Arena, Template};
use crate::verify::{ActualState, Inspector, inspect_resource};

/// Returns the import that comes first, with the template that it uses; `None` if nothing is left to import.
///
/// `after` is the desired template evaluated in the deployed stack.
///
/// # Errors
///
/// Returns every reason why a resource cannot be imported.
pub fn prepare_imports(
    request: Option<ExistingResources<'_>>,
    deployed: Option<&Template<'_>>,
    after: &Evaluation<'_>,
    notes: &mut dyn FnMut(Note),
) -> Result<Option<ImportStep>, OperationError> {
    let Some(request) = request.filter(|request| !request.resources.is_empty()) else { return Ok(None) };
    let found = resolve_imports(request.resources, after)?;
    for import in &found.already_imported {
        notes(Note::AlreadyImported { logical_id: import.logical_resource_id.clone(), identifier: import.identifier() });
    }
    if found.imports.is_empty() {
        return Ok(None);
    }
    let mut imports = found.imports;
    let actual = inspect(request.inspector, &mut imports, after)?;
    Ok(Some(import_step(imports, &actual, after, deployed)?))
}

/// Inspects each resource in the account; returns the properties that differ from the template.
fn inspect(
    inspector: &dyn Inspector,
    imports: &mut [ResourceImport],
    after: &Evaluation<'_>,
) -> Result<Vec<IndexMap<String, Option<Json>>>, OperationError> {
    let mut problems = Vec::new();
    let mut actual = Vec::new();
    for import in imports {
        let (mut known, mut unknown) = (IndexMap::new(), Vec::new());
        let properties = after.resources.get(import.logical_resource_id.as_str()).and_then(|resource| resource.properties.members());
        for (name, value) in properties.unwrap_or_default() {
            if value.is_known() {
                known.insert((*name).to_owned(), value.to_json());
            } else {
                unknown.push(*name);
            }
        }
        let state = match import.physical_id() {
            Some(id) => inspect_resource(inspector, &import.resource_type, id, &known, &unknown),
            None => ActualState::Unsupported,
        };
        let differing = match state {
            ActualState::Differs(differing) => {
                import.compared = true;
                differing
            }
            ActualState::Missing => {
                let reason = format!("{} does not exist in {}", import.identifier(), inspector.description());
                let hint = Some("check that it is in the region and account of the stack".to_owned());
                problems.push(ImportProblem::new(&import.logical_resource_id, reason, hint));
                IndexMap::new()
            }
            ActualState::Refused(refusal) => {
                import.not_compared_because = Some(refusal.to_string());
                IndexMap::new()
            }
            ActualState::Unsupported => {
                import.not_compared_because = Some(format!("comparing {} is not supported", import.resource_type));
                IndexMap::new()
            }
        };
        actual.push(differing);
    }
    if problems.is_empty() { Ok(actual) } else { Err(problems.into()) }
}

/// Evaluates the stack in its state between the import and the change, and the desired template after both.
///
/// # Errors
///
/// Returns every error of either template.
pub fn evaluate_with_imports<'a>(
    step: &ImportStep,
    stack: &str,
    deployed: Option<&DeployedStack<'a>>,
    resolved: &ResolvedState<'a>,
    after: &Evaluation<'a>,
    arena: &'a Arena,
    notes: &mut dyn FnMut(Note),
) -> Result<(Evaluation<'a>, Evaluation<'a>), OperationError> {
    let with_ids = |state: &State| -> &'a State {
        let mut state = state.clone();
        let imported = step.resources.iter();
        state.physical_ids.extend(imported.filter_map(|one| Some((one.logical_resource_id.clone(), one.physical_id()?.to_owned()))));
        arena.bump().alloc(state)
    };
    let before_state = resolved.before.or(deployed.map(|deployed| deployed.state)).unwrap_or(resolved.after);
    let template = read_template(arena, Source::new(format!("{stack} (with its imports)"), step.template.clone()))?;
    let parameters = deployed.map(|deployed| deployed.parameters.clone()).unwrap_or_default();
    let before = evaluate_template(arena, template, &parameters, with_ids(before_state), notes)?;
    let after = evaluate(after.template, after.parameters, with_ids(resolved.after), arena)?;
    Ok((before, after))
}
