//! Starts deletions, and recovers failed rollbacks and deletions.

use super::leftovers;
use super::record::{Leftover, OperationKind, StackRecord};
use super::store::Table;
use super::work::Work;
use crate::backend::{BackendError, DeleteOptions};
use crate::cloudformation::{ResourceStatus, StackStatus};

/// Starts to delete a stack; first removes the resources to retain from it.
///
/// As in AWS, a stack can be deleted during its creation, but not during an update.
pub(super) fn delete(work: &mut Work<'_, '_, '_>, options: &DeleteOptions) -> Result<(), BackendError> {
    let refused = |work: &Work<'_, '_, '_>, operation| {
        Err(BackendError::WrongStatus { stack: work.stack.name.clone(), status: work.stack.status, operation })
    };
    if work.stack.operation.as_ref().is_some_and(|operation| operation.kind != OperationKind::Create) {
        return refused(work, "delete");
    }
    if work.stack.termination_protection {
        return Err(BackendError::TerminationProtection { stack: work.stack.name.clone() });
    }
    // Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html>, RetainResources.
    if !options.retain.is_empty() && work.stack.status != StackStatus::DeleteFailed {
        return refused(work, "retain resources of");
    }
    if options.force && work.stack.status != StackStatus::DeleteFailed {
        return refused(work, "force the deletion of");
    }
    let others: Vec<StackRecord> = work.transaction.all(Table::STACKS, "")?;
    for export in work.stack.outputs.values().filter_map(|output| output.export.as_ref()) {
        let importers: Vec<String> = others.iter().filter(|other| other.imports.contains(export)).map(|other| other.name.clone()).collect();
        if !importers.is_empty() {
            return Err(BackendError::ExportInUse { export: export.clone(), importers });
        }
    }
    if options.force {
        // What could not be deleted stays in the account.
        for mut resource in work.resources()?.into_iter().filter(|resource| resource.status == ResourceStatus::DeleteFailed) {
            resource.deletion_policy = Some("Retain".to_owned());
            work.put_resource(&resource)?;
        }
    }
    for name in &options.retain {
        let found = work.resource(name)?.filter(|resource| resource.status == ResourceStatus::DeleteFailed);
        let Some(mut resource) = found else {
            let message = format!("Resource {name} cannot be retained: its status is not DELETE_FAILED");
            return Err(BackendError::Validation { message });
        };
        // A resource whose policy retains it is handled by the deletion.
        resource.deletion_policy = Some("Retain".to_owned());
        work.put_resource(&resource)?;
    }
    // Resources that a failed rollback did not clean up yet belong to the stack, too.
    let mut also: Vec<Leftover> = Vec::new();
    if let Some(stuck) = work.stack.stuck.take() {
        also = stuck.leftovers;
        for old in stuck.before.into_values().flatten() {
            let is_current = work.resource(&old.logical_id)?.is_some_and(|current| current.physical_id == old.physical_id);
            let is_known = also.iter().any(|leftover| leftover.resource.physical_id == old.physical_id);
            if !is_current && !is_known && work.is_in_account(&old)? {
                also.push(leftovers::leftover(old));
            }
        }
    }
    work.stack.operation = None;
    work.backend.begin(work, OperationKind::Delete, None)?;
    if let Some(operation) = &mut work.stack.operation {
        operation.leftovers.extend(also);
    }
    work.save()
}

/// Continues the failed rollback of an update.
pub(super) fn continue_rollback(work: &mut Work<'_, '_, '_>, skip: &[String]) -> Result<(), BackendError> {
    if work.stack.status == StackStatus::ImportRollbackFailed
        && let Some(mut operation) = work.stack.stuck.take()
    {
        operation.fail_on.clone_from(&work.backend.fail_on);
        work.roll_back_import(operation, "User Initiated")?;
        return work.save();
    }
    let Some(mut operation) = work.stack.stuck.take().filter(|_| work.stack.status == StackStatus::UpdateRollbackFailed) else {
        return Err(BackendError::WrongStatus {
            stack: work.stack.name.clone(),
            status: work.stack.status,
            operation: "continue the rollback of",
        });
    };
    operation.fail_on.clone_from(&work.backend.fail_on);
    work.stack_status(StackStatus::UpdateRollbackInProgress, Some("User Initiated"))?;
    for name in skip {
        let Some(mut resource) = work.resource(name)?.filter(|resource| resource.status == ResourceStatus::UpdateFailed) else {
            let message = format!("Resource {name} cannot be skipped: its status is not UPDATE_FAILED");
            return Err(BackendError::Validation { message });
        };
        // Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html>, ResourcesToSkip.
        resource.status = ResourceStatus::UpdateComplete;
        work.put_resource(&resource)?;
        work.resource_event(&resource, None)?;
        operation.finished.insert(name.clone());
    }
    work.stack.operation = Some(operation);
    work.save()
}

/// Rolls back a failed operation that was not rolled back: an update to the previous deployment, a creation to an empty stack.
///
/// A stack without a last known stable state is deleted.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackStack.html>
pub(super) fn roll_back(work: &mut Work<'_, '_, '_>) -> Result<(), BackendError> {
    let status = work.stack.status;
    if status == StackStatus::CreateFailed {
        return delete(work, &DeleteOptions::default());
    }
    let Some(mut operation) = work.stack.stuck.take().filter(|_| status == StackStatus::UpdateFailed) else {
        return Err(BackendError::WrongStatus { stack: work.stack.name.clone(), status, operation: "roll back" });
    };
    operation.fail_on.clone_from(&work.backend.fail_on);
    work.stack.operation = work.roll_back(operation, "User Initiated")?;
    work.save()
}
