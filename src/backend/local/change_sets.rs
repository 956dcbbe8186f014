//! Change sets: created for a stack's current revision, and executed only on that revision.

use std::collections::BTreeSet;

use super::compare::{Difference, compare};
use super::desired::{Desired, deployment};
use super::identity::{digits, uuid};
use super::record::{ChangeSetRecord, Deployment, OperationKind, ResourceRecord, StackRecord};
use super::store::{Table, Transaction};
use super::work::Work;
use super::{LocalBackend, find, import, resource_key};
use crate::backend::policy::StackPolicy;
use crate::backend::{BackendError, ChangeSetDescription, ChangeSetRequest, ParameterInput};
use crate::cloudformation::{
    Action, Attribute, Change, ChangeSetStatus, ExecutionStatus, PolicyAction, Replacement, ResourceChange, StackStatus,
};
use crate::parameters::{ParameterOverride, ParameterOverrides, Provenance};

/// CloudFormation's message for a change set without changes.
const NO_CHANGES: &str = "The submitted information didn't contain changes. Submit different information to create a change set.";

/// Creates a change set, and the stack if it does not exist.
pub(super) fn create(
    backend: &LocalBackend,
    transaction: &mut Transaction<'_>,
    request: &ChangeSetRequest,
) -> Result<String, BackendError> {
    let found = find(transaction, &request.stack)?;
    let is_new = found.is_none();
    let stack = match found {
        Some(stack) if stack.operation.is_none() && (stack.status.is_updatable() || stack.status.is_review()) => stack,
        Some(stack) => return Err(BackendError::WrongStatus { stack: stack.name, status: stack.status, operation: "update" }),
        None => new_stack(backend, transaction, &request.stack)?,
    };
    let mut work = Work { backend, transaction, stack };
    let digest = digits(&request.template, 64);
    let deployed_tags = work.stack.deployed.as_ref().map(|deployed| deployed.tags.clone()).filter(|_| !request.imports.is_empty());
    let tags = deployed_tags.unwrap_or_else(|| request.tags.clone());
    let target = deployment(&request.template, &given(request, work.stack.deployed.as_ref())?, digest, tags)?;
    let resources = work.resources()?;
    let (desired, order) = work.desired_now(&request.template, &target)?;
    let mut changes = changes(&desired, &order, &resources)?;
    let outputs_differ = || {
        desired.outputs.len() != work.stack.outputs.len()
            || desired.outputs.iter().any(|(name, output)| {
                let export = output.export.as_ref().map(|export| export.as_ref().ok());
                work.stack
                    .outputs
                    .get(name)
                    .is_none_or(|old| output.value.as_ref() != Ok(&old.value) || export != old.export.as_ref().map(Some))
            })
    };
    if !request.imports.is_empty() {
        let outputs_differ = !desired.outputs.is_empty() && outputs_differ();
        changes = import::changes(&work, &request.imports, &desired, &changes, outputs_differ)?;
    }
    let tags_differ = work.stack.deployed.as_ref().is_some_and(|deployed| deployed.tags != target.tags);
    let is_empty = changes.is_empty() && !tags_differ && work.stack.deployed.is_some() && !outputs_differ();
    let key = resource_key(&work.stack.id, &request.name);
    if work.transaction.get::<ChangeSetRecord>(Table::CHANGE_SETS, &key)?.is_some() {
        return Err(BackendError::Validation { message: format!("ChangeSet {} already exists", request.name) });
    }
    if is_new {
        work.stack_status(StackStatus::ReviewInProgress, Some("User Initiated"))?;
        work.save()?;
    }
    work.transaction.put(Table::TEMPLATES, &target.template, &request.template)?;
    let id = backend.location.arn("cloudformation", &format!("changeSet/{}/{}", request.name, uuid(&key)));
    let record = ChangeSetRecord {
        name: request.name.clone(),
        id: id.clone(),
        target,
        status: if is_empty { ChangeSetStatus::Failed } else { ChangeSetStatus::CreateComplete },
        status_reason: is_empty.then(|| NO_CHANGES.to_owned()),
        changes,
        events: work.stack.events,
        on_failure: request.options.on_failure,
        imports: request.imports.clone(),
    };
    work.transaction.put(Table::CHANGE_SETS, &key, &record)?;
    Ok(id)
}

/// Returns the record of a stack that does not exist yet.
pub(super) fn new_stack(backend: &LocalBackend, transaction: &mut Transaction<'_>, name: &str) -> Result<StackRecord, BackendError> {
    // Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
    let valid = name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !valid {
        return Err(BackendError::Validation {
            message: format!(
                "1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
            ),
        });
    }
    let number = transaction.next("stack")?;
    Ok(StackRecord {
        name: name.to_owned(),
        id: backend.location.arn("cloudformation", &format!("stack/{name}/{}", uuid(&format!("stack/{name}/{number}")))),
        status: StackStatus::ReviewInProgress,
        status_reason: None,
        deployed: None,
        outputs: indexmap::IndexMap::new(),
        imports: BTreeSet::new(),
        created: super::clock::stamp(&*backend.clock),
        updated: None,
        termination_protection: false,
        policy: None,
        events: 0,
        operation: None,
        operation_id: None,
        stuck: None,
    })
}

/// Returns a request's parameter values, including previous ones.
fn given(request: &ChangeSetRequest, deployed: Option<&Deployment>) -> Result<ParameterOverrides, BackendError> {
    let mut given = ParameterOverrides::default();
    for (name, input) in &request.parameters {
        let text = match input {
            ParameterInput::Value(text) => text.clone(),
            ParameterInput::UsePrevious => match deployed.and_then(|deployed| deployed.parameters.get(name)) {
                Some(text) => text.clone(),
                None => {
                    let message = format!(
                        "Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a parameter key not in the previous template"
                    );
                    return Err(BackendError::Validation { message });
                }
            },
        };
        given.values.insert(name.clone(), ParameterOverride { text: Some(text), provenance: Provenance::Flag, span: None });
    }
    Ok(given)
}

/// Returns the differences between a stack's resources and the desired ones, in logical ID order.
fn changes(desired: &Desired, order: &[String], resources: &[ResourceRecord]) -> Result<Vec<Change>, BackendError> {
    let mut changes = Vec::new();
    let mut retyped = Vec::new();
    for name in order {
        let Some(desired) = desired.resources.get(name) else { continue };
        let Some(current) = resources.iter().find(|resource| resource.logical_id == *name) else {
            changes.push(change(name, &desired.resource_type, Action::Add));
            continue;
        };
        if current.resource_type != desired.resource_type {
            retyped.push(name.as_str());
        }
        // Unknown properties depend on a resource that is created or replaced during the operation.
        let difference = desired
            .properties
            .as_ref()
            .map_or(Difference::InPlace, |properties| compare(&current.resource_type, &current.properties, properties));
        let metadata = current.metadata != desired.metadata;
        let deletion_policy = current.deletion_policy != desired.deletion_policy;
        let update_replace_policy = current.update_replace_policy != desired.update_replace_policy;
        if difference == Difference::None && !metadata && !deletion_policy && !update_replace_policy {
            continue;
        }
        let mut change = change(name, &current.resource_type, Action::Modify);
        let replaced = difference == Difference::Replacement;
        change.resource_change.physical_resource_id = current.shown_id();
        change.resource_change.replacement = Some(if replaced { Replacement::True } else { Replacement::False });
        change.resource_change.policy_action = replaced.then_some(match desired.update_replace_policy.as_deref() {
            Some("Retain") => PolicyAction::ReplaceAndRetain,
            Some("Snapshot") => PolicyAction::ReplaceAndSnapshot,
            _ => PolicyAction::ReplaceAndDelete,
        });
        let scope = [
            (difference != Difference::None, Attribute::Properties),
            (metadata, Attribute::Metadata),
            (deletion_policy, Attribute::DeletionPolicy),
            (update_replace_policy, Attribute::UpdateReplacePolicy),
        ];
        change.resource_change.scope = scope.into_iter().filter(|(differs, _)| *differs).map(|(_, attribute)| attribute).collect();
        changes.push(change);
    }
    if !retyped.is_empty() {
        // CloudFormation's message.
        let message = format!(
            "Update of resource type is not permitted. The new template modifies resource type of the following resources: [{}]",
            retyped.join(", ")
        );
        return Err(BackendError::Validation { message });
    }
    for resource in resources.iter().filter(|resource| !desired.resources.contains_key(&resource.logical_id)) {
        let mut change = change(&resource.logical_id, &resource.resource_type, Action::Remove);
        change.resource_change.physical_resource_id = resource.shown_id();
        change.resource_change.policy_action = Some(match resource.deletion_policy.as_deref() {
            Some("Retain" | "RetainExceptOnCreate") => PolicyAction::Retain,
            Some("Snapshot") => PolicyAction::Snapshot,
            _ => PolicyAction::Delete,
        });
        changes.push(change);
    }
    changes.sort_by(|a, b| a.resource_change.logical_resource_id.cmp(&b.resource_change.logical_resource_id));
    Ok(changes)
}

fn change(logical_id: &str, resource_type: &str, action: Action) -> Change {
    Change::resource(ResourceChange::new(action, logical_id, resource_type))
}

/// Returns a change set by name or ID.
fn lookup(work: &Work<'_, '_, '_>, change_set: &str) -> Result<ChangeSetRecord, BackendError> {
    let all: Vec<ChangeSetRecord> = work.transaction.all(Table::CHANGE_SETS, &resource_key(&work.stack.id, ""))?;
    all.into_iter()
        .find(|record| record.name == change_set || record.id == change_set)
        .ok_or_else(|| BackendError::ChangeSetNotFound { stack: work.stack.name.clone(), change_set: change_set.to_owned() })
}

/// Describes a change set.
pub(super) fn describe(work: &Work<'_, '_, '_>, change_set: &str) -> Result<ChangeSetDescription, BackendError> {
    let record = lookup(work, change_set)?;
    Ok(ChangeSetDescription {
        name: record.name,
        id: record.id,
        execution_status: if record.status.is_failed() { ExecutionStatus::Unavailable } else { ExecutionStatus::Available },
        status: record.status,
        status_reason: record.status_reason,
        changes: record.changes,
    })
}

/// Starts to execute a change set; as in AWS, the stack's other change sets are deleted.
pub(super) fn execute(work: &mut Work<'_, '_, '_>, change_set: &str) -> Result<(), BackendError> {
    let record = lookup(work, change_set)?;
    if record.status != ChangeSetStatus::CreateComplete {
        let message = format!("ChangeSet [{}] cannot be executed in its current status of [{}]", record.id, record.status);
        return Err(BackendError::Validation { message });
    }
    if record.events != work.stack.events || work.stack.operation.is_some() {
        return Err(BackendError::ChangeSetObsolete { stack: work.stack.name.clone(), change_set: record.name });
    }
    if let Some(policy) = &work.stack.policy {
        let policy = StackPolicy::parse(policy).map_err(|message| BackendError::Validation { message })?;
        let denied = policy.denied(&record.changes);
        if !denied.is_empty() {
            return Err(BackendError::Validation { message: format!("Action denied by stack policy: {}", denied.join("; ")) });
        }
    }
    work.transaction.remove_all(Table::CHANGE_SETS, &resource_key(&work.stack.id, ""))?;
    let is_new = work.stack.deployed.is_none();
    let kind = match is_new {
        _ if !record.imports.is_empty() => OperationKind::Import,
        true => OperationKind::Create,
        false => OperationKind::Update,
    };
    if is_new {
        work.stack.deployed = Some(record.target.clone());
    }
    work.backend.begin(work, kind, Some(record.target))?;
    if let Some(operation) = &mut work.stack.operation {
        operation.on_failure = record.on_failure;
        operation.imports = record.imports;
    }
    work.save()
}

/// Deletes a change set, and the stack if it was created only for it.
pub(super) fn delete(work: &mut Work<'_, '_, '_>, change_set: &str) -> Result<(), BackendError> {
    let record = lookup(work, change_set)?;
    let all = resource_key(&work.stack.id, "");
    work.transaction.remove(Table::CHANGE_SETS, &resource_key(&work.stack.id, &record.name))?;
    if work.stack.status.is_review() && work.transaction.all::<ChangeSetRecord>(Table::CHANGE_SETS, &all)?.is_empty() {
        work.transaction.remove(Table::STACKS, &work.stack.name)?;
        work.transaction.remove_all(Table::EVENTS, &all)?;
    }
    Ok(())
}
