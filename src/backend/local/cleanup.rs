//! Physical resources that are no longer wanted go: after an update, after a rollback, with a stack.

use std::collections::{BTreeSet, HashMap};

use super::operation::Work;
use super::record::{Doing, InFlight, Leftover, Operation, OperationKind, Phase, ResourceRecord};
use super::{FailAction, order};
use crate::backend::BackendError;
use crate::cloudformation::{ResourceStatus, StackStatus};

/// Returns what becomes of a resource that leaves its stack.
pub(super) fn leftover(resource: ResourceRecord) -> Leftover {
    let keep = resource.deletion_policy.as_deref() == Some("Retain") || resource.deletion_policy.as_deref() == Some("RetainExceptOnCreate");
    Leftover { resource, keep }
}

/// Returns what a failed creation leaves over, in the order in which it goes.
pub(super) fn leftovers(resources: Vec<ResourceRecord>) -> Vec<Leftover> {
    let of_creation = |resource: ResourceRecord| Leftover { keep: resource.deletion_policy.as_deref() == Some("Retain"), resource };
    in_order(resources.into_iter().map(of_creation).collect())
}

/// Returns leftovers so that each goes before what it depends on.
pub(super) fn in_order(leftovers: Vec<Leftover>) -> Vec<Leftover> {
    let map = leftovers.iter().map(|leftover| (leftover.resource.logical_id.as_str(), &leftover.resource.depends_on)).collect();
    // Records of templates that were ordered once have no cycles; a mix of old and new ones may, and then any order serves.
    let Ok(order) = order::by_dependency(&map) else { return leftovers };
    let places: HashMap<String, usize> = order.into_iter().enumerate().map(|(place, name)| (name, place)).collect();
    let mut leftovers = leftovers;
    leftovers.sort_by_key(|leftover| std::cmp::Reverse(places.get(&leftover.resource.logical_id).copied()));
    leftovers
}

impl Work<'_, '_, '_> {
    /// Does the next step of a phase that deletes resources.
    pub(super) fn clean_up(&mut self, mut operation: Operation) -> Result<Option<Operation>, BackendError> {
        if operation.in_flight.take().is_some() && !operation.leftovers.is_empty() {
            let leftover = operation.leftovers.remove(0);
            return self.delete(operation, leftover.resource);
        }
        let Some(leftover) = operation.leftovers.first() else { return self.cleaned_up(&operation) };
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
            operation.in_flight = Some(InFlight { logical_id: resource.logical_id, doing: Doing::Delete });
        }
        Ok(Some(operation))
    }

    fn delete(&mut self, mut operation: Operation, mut resource: ResourceRecord) -> Result<Option<Operation>, BackendError> {
        let action = if operation.phase == Phase::Cleanup { FailAction::Delete } else { FailAction::Rollback };
        let fails = operation.fail_on.iter().any(|fail_on| fail_on.hits(&resource.logical_id, action))
            // What an update made and its rollback cannot delete does not keep the rollback from completing.
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
            // What it depends on has to stay as long as it does.
            let mut stay = BTreeSet::from([resource.logical_id.clone()]);
            let mut waiting = vec![resource.depends_on.clone()];
            while let Some(names) = waiting.pop() {
                for name in names {
                    if let Some(leftover) = operation.leftovers.iter().find(|leftover| leftover.resource.logical_id == name)
                        && stay.insert(name)
                    {
                        waiting.push(leftover.resource.depends_on.clone());
                    }
                }
            }
            operation.leftovers.retain(|leftover| !stay.contains(&leftover.resource.logical_id));
            operation.undeleted.push(resource.logical_id.clone());
            self.put_resource(&resource)?;
        } else {
            // An update is complete all the same; the resource stays in the account, out of the stack's care.
            self.put_account(&resource, true)?;
            self.forget(&resource)?;
        }
        Ok(Some(operation))
    }

    /// Takes a resource out of the stack, unless its logical ID has another physical resource by now.
    fn forget(&mut self, resource: &ResourceRecord) -> Result<(), BackendError> {
        if self.resource(&resource.logical_id)?.is_some_and(|current| current.physical_id == resource.physical_id) {
            self.remove_resource(&resource.logical_id)?;
        }
        Ok(())
    }

    fn cleaned_up(&mut self, operation: &Operation) -> Result<Option<Operation>, BackendError> {
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
            // An import leaves nothing to clean up.
            (OperationKind::Import, _) => self.stack_status(StackStatus::ImportComplete, None)?,
            (OperationKind::Update, Phase::Rollback | Phase::RollbackCleanup) => {
                self.stack_status(StackStatus::UpdateRollbackComplete, None)?
            }
        }
        Ok(None)
    }
}
