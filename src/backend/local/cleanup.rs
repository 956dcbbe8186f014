//! Deletes physical resources that are no longer required: after an update, after a rollback, and with a stack.

use std::collections::BTreeSet;

use super::FailAction;
use super::record::{InFlight, Operation, OperationKind, Phase, ResourceAction, ResourceRecord};
use super::work::Work;
use crate::backend::BackendError;
use crate::cloudformation::{ResourceStatus, StackStatus};

impl Work<'_, '_, '_> {
    /// Executes the next step of a phase that deletes resources.
    pub(super) fn clean_up(&mut self, mut operation: Operation) -> Result<Option<Operation>, BackendError> {
        if operation.in_flight.take().is_some() && !operation.leftovers.is_empty() {
            let leftover = operation.leftovers.remove(0);
            return self.delete(operation, leftover.resource);
        }
        let Some(leftover) = operation.leftovers.first() else { return self.finish_cleanup(&operation) };
        let mut resource = leftover.resource.clone();
        if resource.physical_id.is_none() || leftover.keep {
            resource.status = if leftover.keep && resource.physical_id.is_some() {
                ResourceStatus::DeleteSkipped
            } else {
                ResourceStatus::DeleteComplete
            };
            self.resource_event(&resource, None)?;
            self.put_account(&resource, true)?;
            self.forget(&resource)?;
            operation.leftovers.remove(0);
        } else {
            resource.status = ResourceStatus::DeleteInProgress;
            self.resource_event(&resource, None)?;
            operation.in_flight = Some(InFlight { logical_id: resource.logical_id, action: ResourceAction::Delete });
        }
        Ok(Some(operation))
    }

    fn delete(&mut self, mut operation: Operation, mut resource: ResourceRecord) -> Result<Option<Operation>, BackendError> {
        let action = if operation.phase == Phase::Cleanup { FailAction::Delete } else { FailAction::Rollback };
        let fails = operation.fail_on.iter().any(|fail_on| fail_on.hits(&resource.logical_id, action))
            // A resource that the update created and its rollback cannot delete does not make the rollback fail.
            && (operation.phase == Phase::Cleanup || operation.kind == OperationKind::Create);
        if !fails {
            resource.status = ResourceStatus::DeleteComplete;
            self.resource_event(&resource, None)?;
            self.remove_account(&resource)?;
            self.forget(&resource)?;
            return Ok(Some(operation));
        }
        resource.status = ResourceStatus::DeleteFailed;
        self.resource_event(&resource, Some(super::INJECTED))?;
        if operation.kind != OperationKind::Update {
            // The resources that it depends on have to be kept, too.
            let mut kept = BTreeSet::from([resource.logical_id.clone()]);
            let mut pending = vec![resource.depends_on.clone()];
            while let Some(names) = pending.pop() {
                for name in names {
                    if let Some(leftover) = operation.leftovers.iter().find(|leftover| leftover.resource.logical_id == name)
                        && kept.insert(name)
                    {
                        pending.push(leftover.resource.depends_on.clone());
                    }
                }
            }
            operation.leftovers.retain(|leftover| !kept.contains(&leftover.resource.logical_id));
            operation.undeleted.push(resource.logical_id.clone());
            self.put_resource(&resource)?;
        } else {
            // The update completes nevertheless; the resource stays in the account, outside the stack.
            self.put_account(&resource, true)?;
            self.forget(&resource)?;
        }
        Ok(Some(operation))
    }

    /// Removes a resource from the stack, unless its logical ID has another physical resource now.
    fn forget(&mut self, resource: &ResourceRecord) -> Result<(), BackendError> {
        if self.resource(&resource.logical_id)?.is_some_and(|current| current.physical_id == resource.physical_id) {
            self.remove_resource(&resource.logical_id)?;
        }
        Ok(())
    }

    fn finish_cleanup(&mut self, operation: &Operation) -> Result<Option<Operation>, BackendError> {
        match (operation.kind, operation.phase) {
            (OperationKind::Delete, _) if operation.undeleted.is_empty() => self.stack_status(StackStatus::DeleteComplete, None)?,
            (OperationKind::Delete, _) => {
                let reason = format!("The following resource(s) failed to delete: [{}].", operation.undeleted.join(", "));
                self.stack_status(StackStatus::DeleteFailed, Some(&reason))?;
            }
            (OperationKind::Create, _) if operation.undeleted.is_empty() => self.stack_status(StackStatus::RollbackComplete, None)?,
            (OperationKind::Create, _) => {
                let reason = format!("The following resource(s) failed to delete: [{}].", operation.undeleted.join(", "));
                self.stack_status(StackStatus::RollbackFailed, Some(&reason))?;
            }
            (OperationKind::Update, Phase::Cleanup | Phase::Forward) => self.stack_status(StackStatus::UpdateComplete, None)?,
            // An import has nothing to clean up.
            (OperationKind::Import, _) => self.stack_status(StackStatus::ImportComplete, None)?,
            (OperationKind::Update, Phase::Rollback | Phase::RollbackCleanup) => {
                self.stack_status(StackStatus::UpdateRollbackComplete, None)?
            }
        }
        Ok(None)
    }
}
