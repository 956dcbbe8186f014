//! Prepares a change, step by step.

use super::deployed::{DeployedStack, known_state, stack_state};
use super::drift;
use super::error::OperationError;
use super::imports::{evaluate_with_imports, prepare_imports};
use super::input::{check_protected, evaluate_template, read_template, read_unless_equal};
use super::note::Note;
use super::request::{ChangeRequest, Desired};
use super::ssm_parameters::{ResolvedState, resolve_ssm_parameters};
use super::target::PreparedChange;
use super::template_errors::refuse_errors;
use crate::apply::Target;
use crate::backend::{Backend, BackendError, ResourceDrift};
use crate::cloudformation::ChangeSetOptions;
use crate::diagnostic::{Diagnostics, Source};
use crate::evaluate::Evaluation;
use crate::parameters::ParameterOverrides;
use crate::plan::redact::Secrets;
use crate::plan::{ImportStep, Plan, plan, plan_first, plan_reverting_drift, required_capabilities, without_import_metadata};
use crate::template::{Arena, Style, Template, write_json};

/// Prepares the change of a stack.
///
/// The precedence of parameter values, highest first: overrides, the rack's values, deployed values, defaults.
///
/// # Errors
///
/// Returns every error of the template, its parameters and the imports, or an error if the stack cannot be updated or the backend fails.
pub fn prepare_change<'a>(
    request: &ChangeRequest<'_>,
    backend: &dyn Backend,
    arena: &'a Arena,
    notes: &mut dyn FnMut(Note),
) -> Result<PreparedChange<'a>, OperationError> {
    let deployed = DeployedStack::load(backend, request.stack, arena)?;
    prepare_loaded(request, deployed.as_ref(), backend, arena, notes)
}

/// Prepares the change of a stack that was loaded already.
///
/// # Errors
///
/// As [`prepare_change`].
pub(super) fn prepare_loaded<'a>(
    request: &ChangeRequest<'_>,
    deployed: Option<&DeployedStack<'a>>,
    backend: &dyn Backend,
    arena: &'a Arena,
    notes: &mut dyn FnMut(Note),
) -> Result<PreparedChange<'a>, OperationError> {
    check_updatable(request.stack, deployed)?;
    let template = desired_template(request, deployed, arena)?;
    let overrides = merge_parameters(request, deployed);
    let state = known_state(backend, template, deployed, &request.offline_state, arena, notes)?;
    let resolved = resolve_ssm_parameters(backend, template, &overrides, state, arena, notes)?;
    let after = evaluate_template(arena, template, &overrides, resolved.after, notes)?;
    if !after.warnings.0.is_empty() {
        notes(Note::Warnings(after.warnings.clone()));
    }
    let import = prepare_imports(request.import, deployed.map(|deployed| deployed.template), &after, notes)?;
    let (before, after) = evaluate_both(request.stack, deployed, import.as_ref(), &resolved, after, arena, notes)?;
    let drift = drift::detect(request.baseline, backend, deployed, notes)?;
    let mut plan = make_plan(before.as_ref(), &after, import.as_ref(), drift.as_deref())?;
    refuse_errors(&mut plan, before.as_ref(), &after, notes);
    let target = build_target(request, deployed, template, &after, &plan, import, notes);
    Ok(PreparedChange {
        secrets: Secrets::of(before.as_ref(), &after),
        logical_ids: logical_ids(before.as_ref(), &after),
        declared: declared(before.as_ref(), &after),
        // What an import changes is known only once it is done.
        deployed: if target.import.is_none() { resource_types(before.as_ref()) } else { Vec::new() },
        present: deployed.map(|deployed| stack_state(&deployed.description)),
        before: deployed.map(DeployedStack::before),
        after,
        plan,
        target,
        drift,
    })
}

fn check_updatable(stack: &str, deployed: Option<&DeployedStack<'_>>) -> Result<(), OperationError> {
    match deployed.map(|deployed| deployed.description.status) {
        Some(status) if !status.is_updatable() => {
            Err(BackendError::WrongStatus { stack: stack.to_owned(), status, operation: "update" }.into())
        }
        _ => Ok(()),
    }
}

/// Reads the desired template.
pub(super) fn desired_template<'a>(
    request: &ChangeRequest<'_>,
    deployed: Option<&DeployedStack<'a>>,
    arena: &'a Arena,
) -> Result<&'a Template<'a>, OperationError> {
    match (&request.desired, deployed) {
        (Desired::Rack(rack), _) => {
            let template = read_unless_equal(arena, rack.source.clone(), deployed.map(|deployed| deployed.template), read_template)?;
            check_protected(&rack.protected, template, deployed.map(|deployed| deployed.template))?;
            Ok(template)
        }
        (Desired::Template(source), _) => {
            read_unless_equal(arena, source.clone(), deployed.map(|deployed| deployed.template), read_template)
        }
        (Desired::Unchanged, Some(deployed)) => match without_import_metadata(deployed.template) {
            // An operation that stopped between its import and its update left the template of the import.
            Some(text) => read_template(arena, Source::new(format!("{} (deployed, before its import)", request.stack), text)),
            None => Ok(deployed.template),
        },
        (Desired::Unchanged, None) => Err(OperationError::StackNotFound { stack: request.stack.to_owned() }),
    }
}

/// Merges parameter values, the strongest last.
pub(super) fn merge_parameters(request: &ChangeRequest<'_>, deployed: Option<&DeployedStack<'_>>) -> ParameterOverrides {
    let mut merged = deployed.map(|deployed| deployed.parameters.clone()).unwrap_or_default();
    if let Desired::Rack(rack) = &request.desired {
        for (name, value) in &rack.parameters.values {
            merged.add(name.clone(), value.clone());
        }
    }
    for (name, value) in &request.overrides.values {
        merged.add(name.clone(), value.clone());
    }
    merged
}

/// Evaluates what the change starts from, and the desired template again if an import comes first.
fn evaluate_both<'a>(
    stack: &str,
    deployed: Option<&DeployedStack<'a>>,
    import: Option<&ImportStep>,
    resolved: &ResolvedState<'a>,
    after: Evaluation<'a>,
    arena: &'a Arena,
    notes: &mut dyn FnMut(Note),
) -> Result<(Option<Evaluation<'a>>, Evaluation<'a>), OperationError> {
    match (import, deployed) {
        (Some(step), deployed) => {
            let (before, after) = evaluate_with_imports(step, stack, deployed, resolved, &after, arena, notes)?;
            Ok((Some(before), after))
        }
        (None, Some(deployed)) => {
            let state = resolved.before.unwrap_or(deployed.state);
            let before = evaluate_template(arena, deployed.template, &deployed.parameters, state, notes)?;
            Ok((Some(before), after))
        }
        (None, None) => Ok((None, after)),
    }
}

fn make_plan(
    before: Option<&Evaluation<'_>>,
    after: &Evaluation<'_>,
    import: Option<&ImportStep>,
    drift: Option<&[ResourceDrift]>,
) -> Result<Plan, Diagnostics> {
    let Some(before) = before else { return plan_first(after) };
    let plan = match drift {
        Some(drift) => plan_reverting_drift(before, after, &drift::actual_resources(drift))?,
        None => plan(before, after)?,
    };
    Ok(match import {
        Some(step) => plan.with_imports(step),
        None => plan,
    })
}

fn build_target(
    request: &ChangeRequest<'_>,
    deployed: Option<&DeployedStack<'_>>,
    template: &Template<'_>,
    after: &Evaluation<'_>,
    plan: &Plan,
    import: Option<ImportStep>,
    notes: &mut dyn FnMut(Note),
) -> Target {
    let tags = match &request.desired {
        Desired::Rack(rack) => rack.tags.clone(),
        _ => deployed.map(|deployed| deployed.description.tags.clone()).unwrap_or_default(),
    };
    Target {
        stack: request.stack.to_owned(),
        revision: deployed.map(|deployed| deployed.description.revision.clone()),
        template: template_text(template, notes),
        source: Some(template.source.clone()),
        parameters: Target::inputs(after.parameters),
        tags,
        options: ChangeSetOptions {
            capabilities: required_capabilities(template),
            role_arn: request.cloudformation_role_arn.clone(),
            deployment_mode: plan.deployment_mode,
            ..ChangeSetOptions::default()
        },
        approved: Some(plan.clone()),
        import,
        ..Target::default()
    }
}

/// Returns the text to send: CloudFormation supports neither YAML aliases nor merge keys, so a template with them is sent as JSON.
fn template_text(template: &Template<'_>, notes: &mut dyn FnMut(Note)) -> String {
    if template.alias.is_none() {
        return template.source.text().to_owned();
    }
    notes(Note::AliasesExpanded);
    write_json(template.root, &Style::pretty())
}

fn logical_ids(before: Option<&Evaluation<'_>>, after: &Evaluation<'_>) -> Vec<String> {
    let removed = before.into_iter().flat_map(|before| before.resources.keys()).filter(|name| !after.resources.contains_key(*name));
    after.resources.keys().chain(removed).map(|name| (*name).to_owned()).collect()
}

/// Returns the logical IDs that both templates declare, and those that loops make.
fn declared(before: Option<&Evaluation<'_>>, after: &Evaluation<'_>) -> Vec<String> {
    let evaluations = || before.into_iter().chain([after]);
    let sections = evaluations().flat_map(|evaluation| evaluation.sections().resources.iter().map(|entry| entry.name));
    sections.chain(evaluations().flat_map(|evaluation| evaluation.resources.keys().copied())).map(str::to_owned).collect()
}

fn resource_types(before: Option<&Evaluation<'_>>) -> Vec<(String, String)> {
    let resources = before.into_iter().flat_map(|before| &before.resources);
    resources.map(|(name, resource)| ((*name).to_owned(), resource.resource_type.to_owned())).collect()
}
