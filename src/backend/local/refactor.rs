//! Stack refactoring: gives resources other logical IDs or stacks in one transaction, and keeps the physical resources.
//!
//! As in CloudFormation, nothing may be created, deleted or configured: the new templates must describe the resources as they are.

use std::collections::BTreeMap;

use super::compare::{Difference, compare};
use super::desired::deployment;
use super::identity::{digits, uuid};
use super::record::{Deployment, RefactorRecord, ResourceRecord, StackRecord};
use super::store::{Table, Transaction};
use super::work::Work;
use super::{LocalBackend, change_sets, find};
use crate::backend::{BackendError, RefactorAction, RefactorDescription, RefactorRequest, StackDefinition};
use crate::cloudformation::{StackRefactorExecutionStatus, StackRefactorStatus, StackStatus};
use crate::parameters::{ParameterOverride, ParameterOverrides, Provenance};

/// Records a refactoring for the current revision of its stacks.
pub(super) fn create(transaction: &mut Transaction<'_>, request: &RefactorRequest) -> Result<String, BackendError> {
    let mut events = BTreeMap::new();
    for definition in &request.stacks {
        match find(transaction, &definition.name)? {
            Some(stack) => {
                check_stack(&stack)?;
                events.insert(stack.name.clone(), stack.events);
            }
            None if definition.is_new => {}
            None => return Err(BackendError::StackNotFound { stack: definition.name.clone() }),
        }
    }
    let id = uuid(&format!("refactor/{}", transaction.next("refactor")?));
    let record = RefactorRecord {
        stacks: request.stacks.clone(),
        mappings: request.mappings.clone(),
        events,
        execution_status: StackRefactorExecutionStatus::Available,
    };
    transaction.put(Table::REFACTORS, &id, &record)?;
    Ok(id)
}

/// Source of the rule about policies: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-refactoring.html>
fn check_stack(stack: &StackRecord) -> Result<(), BackendError> {
    if stack.operation.is_some() || !stack.status.is_updatable() {
        return Err(BackendError::WrongStatus { stack: stack.name.clone(), status: stack.status, operation: "refactor" });
    }
    if stack.policy.is_some() {
        let message = format!("stack {} has a stack policy, with which stack refactoring is not supported", stack.name);
        return Err(BackendError::Validation { message });
    }
    Ok(())
}

fn lookup(transaction: &Transaction<'_>, id: &str) -> Result<RefactorRecord, BackendError> {
    let record = transaction.get(Table::REFACTORS, id)?;
    record.ok_or_else(|| BackendError::Validation { message: format!("stack refactoring {id} does not exist") })
}

/// Describes a refactoring.
pub(super) fn describe(transaction: &Transaction<'_>, id: &str) -> Result<RefactorDescription, BackendError> {
    let record = lookup(transaction, id)?;
    Ok(RefactorDescription {
        id: id.to_owned(),
        status: StackRefactorStatus::CreateComplete,
        status_reason: None,
        execution_status: record.execution_status,
        execution_status_reason: None,
    })
}

/// Returns what a refactoring does.
pub(super) fn actions(transaction: &Transaction<'_>, id: &str) -> Result<Vec<RefactorAction>, BackendError> {
    let record = lookup(transaction, id)?;
    let new = record.stacks.into_iter().filter(|stack| stack.is_new).map(|stack| RefactorAction::CreateStack(stack.name));
    Ok(new.chain(record.mappings.into_iter().map(RefactorAction::Move)).collect())
}

/// Executes a refactoring.
pub(super) fn execute(backend: &LocalBackend, transaction: &mut Transaction<'_>, id: &str) -> Result<(), BackendError> {
    let mut record = lookup(transaction, id)?;
    if record.execution_status != StackRefactorExecutionStatus::Available {
        let message = format!("stack refactoring {id} cannot be executed in {}", record.execution_status);
        return Err(BackendError::Validation { message });
    }
    let mut stacks = Vec::new();
    for definition in &record.stacks {
        let stack = match find(transaction, &definition.name)? {
            Some(stack) => {
                check_stack(&stack)?;
                if record.events.get(&stack.name) != Some(&stack.events) {
                    return Err(BackendError::RefactorObsolete { stack: stack.name });
                }
                stack
            }
            None => change_sets::new_stack(backend, transaction, &definition.name)?,
        };
        stacks.push(stack);
    }
    let moved = take_resources(backend, transaction, &stacks, &record)?;
    for (stack, definition) in stacks.into_iter().zip(&record.stacks) {
        let arriving = moved.iter().filter(|(name, _)| *name == stack.name).map(|(_, resource)| resource.clone()).collect();
        finish(&mut Work { backend, transaction, stack }, definition, arriving)?;
    }
    record.execution_status = StackRefactorExecutionStatus::ExecuteComplete;
    transaction.put(Table::REFACTORS, id, &record)
}

/// Removes the moved resources from their stacks; returns them with their new logical IDs and stacks.
fn take_resources(
    backend: &LocalBackend,
    transaction: &mut Transaction<'_>,
    stacks: &[StackRecord],
    record: &RefactorRecord,
) -> Result<Vec<(String, ResourceRecord)>, BackendError> {
    let mut moved = Vec::new();
    for mapping in &record.mappings {
        let name = &mapping.source.logical_resource_id;
        let stack = stacks.iter().find(|stack| stack.name == mapping.source.stack_name).cloned();
        let Some(stack) = stack else { return Err(BackendError::StackNotFound { stack: mapping.source.stack_name.clone() }) };
        let mut work = Work { backend, transaction: &mut *transaction, stack };
        let Some(mut resource) = work.resource(name)? else {
            return Err(BackendError::Validation { message: format!("stack {} has no resource {name}", mapping.source.stack_name) });
        };
        work.remove_resource(name)?;
        resource.logical_id.clone_from(&mapping.destination.logical_resource_id);
        moved.push((mapping.destination.stack_name.clone(), resource));
    }
    Ok(moved)
}

/// Gives a stack its new template and resources.
fn finish(work: &mut Work<'_, '_, '_>, definition: &StackDefinition, arriving: Vec<ResourceRecord>) -> Result<(), BackendError> {
    let is_new = work.stack.deployed.is_none();
    for resource in &arriving {
        work.put_resource(resource)?;
        work.put_account(resource, false)?;
    }
    let deployed = new_deployment(&definition.template, work.stack.deployed.as_ref())?;
    work.transaction.put(Table::TEMPLATES, &deployed.template, &definition.template)?;
    let dependencies = work.dependencies(&definition.template, &deployed)?;
    work.stack.deployed = Some(deployed.clone());
    work.stack.imports.clone_from(&dependencies.imports);
    for mut resource in work.resources()? {
        resource.depends_on = dependencies.resources.get(&resource.logical_id).cloned().unwrap_or_default();
        resource.attributes = work.attributes(&resource, &dependencies);
        work.put_resource(&resource)?;
    }
    check_unchanged(work, &definition.template, &deployed)?;
    let (begin, end) = if is_new {
        (StackStatus::CreateInProgress, StackStatus::CreateComplete)
    } else {
        (StackStatus::UpdateInProgress, StackStatus::UpdateComplete)
    };
    work.stack_status(begin, Some("Stack refactoring"))?;
    for resource in &arriving {
        work.resource_event(resource, Some("Stack refactoring"))?;
    }
    work.stack_status(end, Some("Stack refactoring"))?;
    work.save()
}

/// Returns a deployment with the parameter values and tags of the current one.
fn new_deployment(template: &str, current: Option<&Deployment>) -> Result<Deployment, BackendError> {
    let mut given = ParameterOverrides::default();
    for (name, text) in current.into_iter().flat_map(|current| &current.parameters) {
        let value = ParameterOverride { text: Some(text.clone()), provenance: Provenance::Deployed, span: None };
        given.values.insert(name.clone(), value);
    }
    let tags = current.map(|current| current.tags.clone()).unwrap_or_default();
    deployment(template, &given, digits(template, 64), tags)
}

/// Refuses a template that does not describe the resources as they are.
fn check_unchanged(work: &Work<'_, '_, '_>, template: &str, deployed: &Deployment) -> Result<(), BackendError> {
    let (desired, _) = work.desired_now(template, deployed)?;
    let current = work.resources()?;
    let changes = |name: &str| BackendError::Validation {
        message: format!("stack refactoring would create, delete or change resource {name} of stack {}", work.stack.name),
    };
    if let Some(name) = desired.resources.keys().find(|name| !current.iter().any(|resource| resource.logical_id == **name)) {
        return Err(changes(name));
    }
    for resource in &current {
        let is_same = desired.resources.get(&resource.logical_id).is_some_and(|desired| {
            let properties = desired.properties.as_ref();
            desired.resource_type == resource.resource_type
                && properties.is_ok_and(|properties| compare(&resource.resource_type, &resource.properties, properties) == Difference::None)
        });
        if !is_same {
            return Err(changes(&resource.logical_id));
        }
    }
    Ok(())
}
