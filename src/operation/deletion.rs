//! Deletions: checks whether a stack can be deleted, and plans what is deleted and what is retained.

use super::deployed::DeployedStack;
use super::error::OperationError;
use super::input::{evaluate_template, read_template, read_template_leniently};
use super::note::Note;
use crate::backend::{Backend, BackendError, StackDescription, StackResource};
use crate::cloudformation::{Action, Change, PolicyAction, ResourceChange, ResourceStatus, StackStatus};
use crate::diagnostic::Source;
use crate::parameters::ParameterOverrides;
use crate::plan::{Certainty, Effect, Plan, ResourceEffect, Risk, RiskKind, plan};
use crate::template::{Arena, Entry, Node};

/// A template without any resource that exists. A template needs at least one resource, so it has one under a false condition.
const EMPTY_TEMPLATE: &str = r#"{
    "Conditions": {"Never": {"Fn::Equals": ["no", "yes"]}},
    "Resources": {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle", "Condition": "Never"}}
}"#;

/// How to delete a stack.
#[derive(Clone, Copy, Debug)]
pub struct DeletionRequest<'d> {
    /// Resources to retain; only resources in `DELETE_FAILED` can be retained.
    pub retain: &'d [String],
    /// Whether to turn termination protection off first.
    pub disable_termination_protection: bool,
}

/// A deletion that can be shown and executed.
pub struct PreparedDeletion {
    /// What is deleted; `None` if the stack has no resources.
    pub plan: Option<Plan>,
    /// How many resources the stack has.
    pub resource_count: usize,
    /// The logical IDs of the deployed template and of the resources.
    pub declared: Vec<String>,
}

/// Prepares the deletion of a stack.
///
/// # Errors
///
/// Returns an error if the stack is protected, if a resource cannot be retained, or if the backend fails.
pub fn prepare_deletion(
    request: DeletionRequest<'_>,
    description: &StackDescription,
    backend: &dyn Backend,
    arena: &Arena,
    notes: &mut dyn FnMut(Note),
) -> Result<PreparedDeletion, OperationError> {
    let resources = if description.status.is_review() { Vec::new() } else { list_resources(request, description, backend)? };
    check_deletable(request, description, &resources)?;
    let plan = plan_deletion(request, description, backend, &resources, arena, notes)?;
    Ok(PreparedDeletion { plan, resource_count: resources.len(), declared: declared_resources(description, &resources, arena) })
}

/// Returns the logical IDs of a deployed template, also those under a false condition, and of the stack's resources.
pub fn declared_resources(description: &StackDescription, resources: &[StackResource], arena: &Arena) -> Vec<String> {
    let template = read_template_leniently(arena, Source::new("deployed", description.template.clone())).ok();
    let sections = template.into_iter().flat_map(|template| template.resources.iter().map(|entry| entry.name.to_owned()));
    sections.chain(resources.iter().map(|resource| resource.logical_id.clone())).collect()
}

fn list_resources(
    request: DeletionRequest<'_>,
    description: &StackDescription,
    backend: &dyn Backend,
) -> Result<Vec<StackResource>, OperationError> {
    check_stack(request, description)?;
    Ok(backend.list_resources(&description.id)?)
}

/// Checks what the description alone decides.
fn check_stack(request: DeletionRequest<'_>, description: &StackDescription) -> Result<(), OperationError> {
    let stack = description.name.clone();
    if description.termination_protection && !request.disable_termination_protection {
        return Err(BackendError::TerminationProtection { stack }.into());
    }
    if !request.retain.is_empty() && description.status != StackStatus::DeleteFailed {
        let error = BackendError::WrongStatus { stack, status: description.status, operation: "retain resources of" };
        return Err(OperationError::RetainTooEarly(error));
    }
    Ok(())
}

fn check_deletable(
    request: DeletionRequest<'_>,
    description: &StackDescription,
    resources: &[StackResource],
) -> Result<(), OperationError> {
    check_stack(request, description)?;
    let failed = || resources.iter().filter(|resource| resource.status == ResourceStatus::DeleteFailed);
    match request.retain.iter().find(|name| !failed().any(|resource| resource.logical_id == **name)) {
        Some(name) => Err(OperationError::NotRetainable {
            logical_id: name.clone(),
            failed: failed().map(|resource| resource.logical_id.clone()).collect(),
        }),
        None => Ok(()),
    }
}

fn plan_deletion(
    request: DeletionRequest<'_>,
    description: &StackDescription,
    backend: &dyn Backend,
    resources: &[StackResource],
    arena: &Arena,
    notes: &mut dyn FnMut(Note),
) -> Result<Option<Plan>, OperationError> {
    // A failed creation leaves a stack without resources.
    if description.status == StackStatus::RollbackComplete {
        return Ok(None);
    }
    let Some(deployed) = DeployedStack::load(backend, &description.name, arena)? else { return Ok(None) };
    let empty = read_template(arena, Source::new("nothing", EMPTY_TEMPLATE))?;
    let before = deployed.evaluate(arena, notes)?;
    let after = evaluate_template(arena, empty, &ParameterOverrides::default(), deployed.state, notes)?;
    let keeps = |name: &str| deployed.template.resources.get(name).is_some_and(is_kept_by_policy);
    let retained = |name: &str| request.retain.iter().any(|retain| retain == name);
    let mut plan = plan(&before, &after)?;
    remove_missing(&mut plan, resources);
    add_unplanned(&mut plan, resources, keeps);
    mark_retained(&mut plan, retained);
    // Parameters are deleted with the stack: none of them is a change of its own.
    plan.parameters.clear();
    Ok(Some(plan))
}

/// Returns whether the deletion policy keeps the resource or a snapshot of it.
fn is_kept_by_policy(resource: &Entry<'_>) -> bool {
    let policy = resource.body.get("DeletionPolicy").and_then(Node::scalar);
    matches!(policy, Some("Retain" | "RetainExceptOnCreate" | "Snapshot"))
}

/// Removes resources that no longer exist.
fn remove_missing(plan: &mut Plan, resources: &[StackResource]) {
    let exists = |name: &str| resources.iter().any(|resource| resource.logical_id == name);
    plan.effects.retain(|effect| exists(&effect.logical_resource_id));
    plan.risks.retain(|risk| risk.logical_resource_id.as_deref().is_none_or(exists));
    for list in [&mut plan.change_set, &mut plan.change_set_without_values] {
        list.changes.retain(|change| exists(&change.resource_change.logical_resource_id));
    }
}

/// Adds resources that are not in the deployed template, because an operation was left unfinished.
fn add_unplanned(plan: &mut Plan, resources: &[StackResource], keeps: impl Fn(&str) -> bool) {
    for resource in resources.iter().filter(|resource| !resource.physical_id.is_empty()) {
        let (name, kind) = (&resource.logical_id, &resource.resource_type);
        if plan.effects.iter().any(|effect| effect.logical_resource_id == *name) {
            continue;
        }
        let is_kept = keeps(name);
        let policy_action = Some(if is_kept { PolicyAction::Retain } else { PolicyAction::Delete });
        plan.effects.push(ResourceEffect {
            logical_resource_id: name.clone(),
            resource_type: kind.clone(),
            effect: if is_kept { Effect::Retained } else { Effect::Deleted },
            possible: false,
            policy_action,
            deletes_first: false,
            causes: Vec::new(),
            rolls_instances: false,
            stops_and_starts: false,
            differs_from_list: None,
        });
        for list in [&mut plan.change_set, &mut plan.change_set_without_values] {
            let mut change = ResourceChange::new(Action::Remove, name, kind);
            change.physical_resource_id = Some(resource.physical_id.clone());
            change.policy_action = policy_action;
            list.changes.push(Change::resource(change));
        }
        if let Some(data) = crate::schema::resource_type(kind).and_then(|facts| facts.holds_data()).filter(|_| !is_kept) {
            let reason = format!("`{name}` ({kind}), left by an unfinished operation, is deleted, which loses {data}.");
            plan.risks.insert(
                0,
                Risk {
                    kind: RiskKind::DataLoss,
                    certainty: Certainty::Certain,
                    logical_resource_id: Some(name.clone()),
                    path: None,
                    reason,
                },
            );
        }
    }
}

/// Marks resources that the caller retains.
fn mark_retained(plan: &mut Plan, retained: impl Fn(&str) -> bool) {
    for list in [&mut plan.change_set, &mut plan.change_set_without_values] {
        for change in list.changes.iter_mut().filter(|change| retained(&change.resource_change.logical_resource_id)) {
            change.resource_change.policy_action = Some(PolicyAction::Retain);
        }
    }
    for effect in plan.effects.iter_mut().filter(|effect| retained(&effect.logical_resource_id)) {
        effect.effect = Effect::Retained;
        effect.policy_action = Some(PolicyAction::Retain);
    }
    plan.risks.retain(|risk| !(risk.kind == RiskKind::DataLoss && risk.logical_resource_id.as_deref().is_some_and(&retained)));
}
