//! Imports of existing resources, with CloudFormation's rules and messages.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html>

use super::desired::Desired;
use super::record::{AccountRecord, Operation, ResourceRecord};
use super::store::Table;
use super::work::Work;
use super::{FailAction, INJECTED};
use crate::backend::BackendError;
use crate::cloudformation::{Action, Change, ResourceChange, ResourceStatus, StackStatus};
use crate::plan::ResourceImport;

/// Returns the changes of an import; `changes` are those of an update with its template.
pub(super) fn changes(
    work: &Work<'_, '_, '_>,
    imports: &[ResourceImport],
    desired: &Desired,
    changes: &[Change],
    outputs_differ: bool,
) -> Result<Vec<Change>, BackendError> {
    let refused = |message: String| Err(BackendError::Validation { message });
    let is_imported = |id: &str| imports.iter().any(|import| import.logical_resource_id == id);
    let (mut there, mut unsaid, mut unprotected) = (Vec::new(), Vec::new(), Vec::new());
    for import in imports {
        let id = &import.logical_resource_id;
        if work.resource(id)?.is_some_and(|resource| resource.physical_id.is_some()) {
            there.push(id.as_str());
        }
        match desired.resources.get(id).filter(|desired| desired.resource_type == import.resource_type) {
            None => unsaid.push(id.as_str()),
            Some(desired) if desired.deletion_policy.is_none() => unprotected.push(id.as_str()),
            Some(_) => {}
        }
    }
    if !there.is_empty() {
        return refused(format!(
            "Resources [{}] passed in ResourceToImport are already in a stack and cannot be imported.",
            there.join(", ")
        ));
    }
    if !unsaid.is_empty() {
        return refused(format!("Resources [{}] are passed in ResourceToImport but are not in the template.", unsaid.join(", ")));
    }
    if !unprotected.is_empty() {
        let names = unprotected.join(", ");
        return refused(format!(
            "The following resources to import [{names}] must have DeletionPolicy attribute specified in the template."
        ));
    }
    let others: Vec<&str> =
        changes.iter().map(|change| change.resource_change.logical_resource_id.as_str()).filter(|id| !is_imported(id)).collect();
    if !others.is_empty() {
        return refused(format!(
            "You have modified resources [{}] in your template that are not being imported. Update, create or delete operations cannot be executed \
             during import operations.",
            others.join(", ")
        ));
    }
    if outputs_differ {
        return refused("As part of the import operation, you cannot modify or add [Outputs]".to_owned());
    }
    let mut changes: Vec<Change> = imports
        .iter()
        .map(|import| {
            let mut change = ResourceChange::new(Action::Import, &import.logical_resource_id, &import.resource_type);
            change.physical_resource_id = Some(physical_id(import));
            Change::resource(change)
        })
        .collect();
    changes.sort_by(|a, b| a.resource_change.logical_resource_id.cmp(&b.resource_change.logical_resource_id));
    Ok(changes)
}

/// Returns the physical ID of an imported resource: the values of its identifier, joined.
pub(super) fn physical_id(import: &ResourceImport) -> String {
    import.resource_identifier.values().map(String::as_str).collect::<Vec<_>>().join("|")
}

impl Work<'_, '_, '_> {
    /// Imports a resource, or returns why that is not possible.
    pub(super) fn import_resource(
        &mut self,
        operation: &Operation,
        resource: &mut ResourceRecord,
    ) -> Result<Result<(), String>, BackendError> {
        let Some(import) = operation.imports.iter().find(|import| import.logical_resource_id == resource.logical_id) else {
            return Ok(Err("it is not among the resources to import".to_owned()));
        };
        let physical_id = physical_id(import);
        let key = format!("{}/{physical_id}", import.resource_type);
        if let Some(holder) = self.transaction.get::<AccountRecord>(Table::ACCOUNT, &key)?.filter(|record| !record.retained) {
            return Ok(Err(format!("{physical_id} already exists in stack {}", holder.stack_id)));
        }
        resource.physical_id = Some(physical_id);
        resource.generation = 1;
        self.put_account(resource, false)?;
        Ok(Ok(()))
    }

    /// Rolls an import back: imported resources leave the stack unchanged.
    pub(super) fn roll_back_import(&mut self, operation: Operation, reason: &str) -> Result<Option<Operation>, BackendError> {
        self.stack_status(StackStatus::ImportRollbackInProgress, Some(reason))?;
        let mut stuck = Vec::new();
        let mut is_empty = true;
        for mut resource in self.resources()? {
            let id = resource.logical_id.clone();
            if !operation.imports.iter().any(|import| import.logical_resource_id == id) {
                is_empty = false;
                continue;
            }
            let was_taken_in = resource.physical_id.is_some();
            if was_taken_in && operation.fail_on.iter().any(|fail_on| fail_on.hits(&id, FailAction::Rollback)) {
                resource.status = ResourceStatus::ImportRollbackFailed;
                self.put_resource(&resource)?;
                self.resource_event(&resource, Some(INJECTED))?;
                stuck.push(id);
                continue;
            }
            if was_taken_in {
                for status in [ResourceStatus::ImportRollbackInProgress, ResourceStatus::ImportRollbackComplete] {
                    resource.status = status;
                    self.resource_event(&resource, None)?;
                }
                self.put_account(&resource, true)?;
            }
            self.remove_resource(&id)?;
        }
        if !stuck.is_empty() {
            let reason = format!("The following resource(s) failed to roll back: [{}].", stuck.join(", "));
            self.stack_status(StackStatus::ImportRollbackFailed, Some(&reason))?;
            self.stack.stuck = Some(Operation { in_flight: None, ..operation });
        } else if is_empty {
            // A stack that was created by the import is empty.
            self.stack_status(StackStatus::RollbackComplete, None)?;
        } else {
            self.stack_status(StackStatus::ImportRollbackComplete, None)?;
        }
        Ok(None)
    }
}
