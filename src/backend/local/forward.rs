//! Creates, updates and replaces resources, towards the target of an operation or, in a rollback, back to the previous state.

use super::compare::{Difference, compare};
use super::conflict::conflict;
use super::desired::DesiredResource;
use super::identity::{self, NewResource};
use super::record::{InFlight, Leftover, Operation, OperationKind, OutputRecord, Phase, ResourceAction, ResourceRecord, StackRecord};
use super::store::Table;
use super::work::{Prepared, Work};
use super::{FailAction, leftovers};
use crate::backend::BackendError;
use crate::backend::policy::StackPolicy;
use crate::cloudformation::{Action, Change, OnFailure, Replacement, ResourceChange, ResourceStatus, StackStatus};

/// CloudFormation's event reason for a replacement.
const REPLACING: &str = "Requested update requires the creation of a new physical resource; hence creating one.";

impl Work<'_, '_, '_> {
    /// Executes the next step of a phase that creates and updates resources.
    pub(super) fn advance_resources(&mut self, mut operation: Operation) -> Result<Option<Operation>, BackendError> {
        if let Some(in_flight) = operation.in_flight.take() {
            return self.finish(operation, &in_flight);
        }
        let order = self.prepare(&operation, None)?.order.clone();
        for name in order {
            if operation.finished.contains(&name) {
                continue;
            }
            let prepared = self.prepare(&operation, Some(&name))?;
            let Some(desired) = prepared.desired.resources.get(&name) else { continue };
            let current = self.resource(&name)?;
            let action = self.required_action(&operation, desired, current.as_ref())?;
            let Some(action) = action else {
                if let Some(mut resource) = current {
                    self.set_unconditionally(&mut resource, desired, &prepared);
                    self.put_resource(&resource)?;
                }
                operation.finished.insert(name);
                continue;
            };
            operation.before.entry(name.clone()).or_insert_with(|| current.clone());
            let mut resource = current.unwrap_or_else(|| ResourceRecord::not_created(&name, &desired.resource_type));
            resource.status = match action {
                ResourceAction::Create => ResourceStatus::CreateInProgress,
                ResourceAction::Import => ResourceStatus::ImportInProgress,
                _ => ResourceStatus::UpdateInProgress,
            };
            self.put_resource(&resource)?;
            self.resource_event(&resource, (action == ResourceAction::Replace).then_some(REPLACING))?;
            operation.in_flight = Some(InFlight { logical_id: name, action });
            return Ok(Some(operation));
        }
        self.finish_phase(operation)
    }

    /// Returns the action that a resource requires, or `None`.
    fn required_action(
        &self,
        operation: &Operation,
        desired: &DesiredResource,
        current: Option<&ResourceRecord>,
    ) -> Result<Option<ResourceAction>, BackendError> {
        let Some(current) = current.filter(|current| current.physical_id.is_some()) else {
            return Ok(Some(if operation.kind == OperationKind::Import { ResourceAction::Import } else { ResourceAction::Create }));
        };
        if operation.phase == Phase::Rollback
            && let Some(Some(old)) = operation.before.get(&current.logical_id)
            && old.physical_id != current.physical_id
            && self.is_in_account(old)?
        {
            return Ok(Some(ResourceAction::Restore));
        }
        if current.resource_type != desired.resource_type {
            return Ok(Some(ResourceAction::Replace));
        }
        // Unknown properties fail when the resource is updated.
        let Ok(properties) = &desired.properties else { return Ok(Some(ResourceAction::Update)) };
        Ok(match compare(&current.resource_type, &current.properties, properties) {
            Difference::None if current.status.is_complete() => None,
            Difference::None | Difference::InPlace => Some(ResourceAction::Update),
            Difference::Replacement => Some(ResourceAction::Replace),
        })
    }

    /// Sets what requires no action: policies, metadata, dependencies, attributes.
    fn set_unconditionally(&self, resource: &mut ResourceRecord, desired: &DesiredResource, prepared: &Prepared) {
        resource.secrets.clone_from(&desired.secrets);
        resource.metadata.clone_from(&desired.metadata);
        resource.deletion_policy.clone_from(&desired.deletion_policy);
        resource.update_replace_policy.clone_from(&desired.update_replace_policy);
        resource.depends_on = prepared.dependencies.resources.get(&resource.logical_id).cloned().unwrap_or_default();
        resource.attributes = self.attributes(resource, &prepared.dependencies);
    }

    /// Finishes the resource in progress, successfully or with a failure.
    fn finish(&mut self, mut operation: Operation, in_flight: &InFlight) -> Result<Option<Operation>, BackendError> {
        let name = &in_flight.logical_id;
        let prepared = self.prepare(&operation, Some(name))?;
        let (Some(desired), Some(mut resource)) = (prepared.desired.resources.get(name), self.resource(name)?) else {
            operation.finished.insert(name.clone());
            return Ok(Some(operation));
        };
        let deletes_first = crate::schema::resource_type(&resource.resource_type).is_some_and(|facts| facts.delete_then_create());
        let fail_actions: &[FailAction] = match in_flight.action {
            _ if operation.phase != Phase::Forward => &[FailAction::Rollback],
            ResourceAction::Create | ResourceAction::Import => &[FailAction::Create],
            // A replacement creates a resource; the old one is deleted first, or in the clean-up.
            ResourceAction::Replace if deletes_first => &[FailAction::Update, FailAction::Create, FailAction::Delete],
            ResourceAction::Replace => &[FailAction::Update, FailAction::Create],
            _ => &[FailAction::Update],
        };
        if operation.fail_on.iter().any(|fail_on| fail_actions.iter().any(|action| fail_on.hits(name, *action))) {
            return self.fail(operation, resource, in_flight.action, super::INJECTED);
        }
        if let Some(reason) = self.denied_by_policy(&operation, &resource, in_flight.action)? {
            return self.fail(operation, resource, in_flight.action, &reason);
        }
        let properties = match &desired.properties {
            Ok(properties) => properties.clone(),
            Err(reason) => return self.fail(operation, resource, in_flight.action, reason),
        };
        let old_secrets = std::mem::replace(&mut resource.secrets, desired.secrets.clone());
        resource.secrets.id |= old_secrets.id;
        let complete = match in_flight.action {
            ResourceAction::Create => ResourceStatus::CreateComplete,
            ResourceAction::Import => ResourceStatus::ImportComplete,
            _ => ResourceStatus::UpdateComplete,
        };
        match in_flight.action {
            ResourceAction::Create | ResourceAction::Replace => {
                let old = ResourceRecord { secrets: old_secrets, ..resource.clone() };
                if in_flight.action == ResourceAction::Replace && !deletes_first {
                    let custom = identity::custom_name(&desired.resource_type, &properties);
                    if let Some(custom) =
                        custom.filter(|custom| identity::custom_name(&old.resource_type, &old.properties) == Some(*custom))
                    {
                        let reason = format!(
                            "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {} and update the stack again.",
                            desired.secrets.shown_id(custom)
                        );
                        return self.fail(operation, resource, in_flight.action, &reason);
                    }
                }
                if deletes_first {
                    self.remove_account(&old)?;
                }
                if let Some(reason) = conflict(self.transaction, &desired.resource_type, &properties, &desired.secrets)? {
                    return self.fail(operation, resource, in_flight.action, &reason);
                }
                if in_flight.action == ResourceAction::Replace && !deletes_first {
                    let keep = old.update_replace_policy.as_deref() == Some("Retain");
                    operation.leftovers.push(Leftover { resource: old, keep });
                }
                resource.resource_type.clone_from(&desired.resource_type);
                resource.properties = properties;
                resource.generation = 1;
                resource.physical_id = Some(self.new_physical_id(&resource)?);
                self.put_account(&resource, false)?;
                self.resource_event(&resource, Some("Resource creation Initiated"))?;
            }
            ResourceAction::Import => {
                resource.properties = properties;
                if let Err(reason) = self.import_resource(&operation, &mut resource)? {
                    return self.fail(operation, resource, in_flight.action, &reason);
                }
            }
            ResourceAction::Restore => {
                if let Some(Some(old)) = operation.before.get(name) {
                    operation.leftovers.push(Leftover { resource: resource.clone(), keep: false });
                    resource = old.clone();
                }
                resource.properties = properties;
                self.put_account(&resource, false)?;
            }
            ResourceAction::Update | ResourceAction::Delete => {
                resource.properties = properties;
                resource.generation += 1;
                self.put_account(&resource, false)?;
            }
        }
        resource.status = complete;
        self.set_unconditionally(&mut resource, desired, &prepared);
        self.put_resource(&resource)?;
        self.resource_event(&resource, None)?;
        operation.finished.insert(name.clone());
        Ok(Some(operation))
    }

    fn new_physical_id(&mut self, resource: &ResourceRecord) -> Result<String, BackendError> {
        let revision = if resource.resource_type == "AWS::ECS::TaskDefinition" {
            let family = identity::family(&self.stack.name, &resource.logical_id, &resource.properties);
            self.transaction.next(&format!("task-definition/{family}"))?
        } else {
            0
        };
        let serial = self.transaction.next("resource")?;
        Ok(identity::physical_id(&NewResource {
            location: &self.backend.location,
            stack_name: &self.stack.name,
            logical_id: &resource.logical_id,
            resource_type: &resource.resource_type,
            properties: &resource.properties,
            serial,
            revision,
        }))
    }

    /// Marks the resource in progress as failed, and handles the failure.
    fn fail(
        &mut self,
        operation: Operation,
        mut resource: ResourceRecord,
        action: ResourceAction,
        reason: &str,
    ) -> Result<Option<Operation>, BackendError> {
        let creates = action == ResourceAction::Create && operation.phase == Phase::Forward;
        let (status, verb) = match action {
            ResourceAction::Import => (ResourceStatus::ImportFailed, "import"),
            _ if creates => (ResourceStatus::CreateFailed, "create"),
            _ => (ResourceStatus::UpdateFailed, "update"),
        };
        resource.status = status;
        self.put_resource(&resource)?;
        self.resource_event(&resource, Some(reason))?;
        let failed = format!("The following resource(s) failed to {verb}: [{}].", resource.logical_id);
        if operation.phase == Phase::Rollback {
            self.stack_status(StackStatus::UpdateRollbackFailed, Some(&failed))?;
            self.stack.stuck = Some(operation);
            return Ok(None);
        }
        self.handle_failure(operation, &failed)
    }

    /// Handles a failure according to the failure options: roll back, do nothing, or delete.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html>
    fn handle_failure(&mut self, operation: Operation, reason: &str) -> Result<Option<Operation>, BackendError> {
        let is_creation = operation.kind == OperationKind::Create;
        if operation.kind == OperationKind::Import {
            return self.roll_back_import(operation, reason);
        }
        match operation.on_failure {
            Some(OnFailure::DoNothing) => {
                self.stack_status(if is_creation { StackStatus::CreateFailed } else { StackStatus::UpdateFailed }, Some(reason))?;
                self.stack.stuck = Some(Operation { in_flight: None, ..operation });
                Ok(None)
            }
            Some(OnFailure::Delete) if is_creation => {
                self.stack_status(StackStatus::DeleteInProgress, Some(reason))?;
                let leftovers = leftovers::of_failed_creation(self.resources()?);
                Ok(Some(Operation { kind: OperationKind::Delete, phase: Phase::Cleanup, in_flight: None, leftovers, ..operation }))
            }
            _ => self.roll_back(operation, reason),
        }
    }

    /// Returns why the current stack policy denies an action on a resource.
    fn denied_by_policy(
        &self,
        operation: &Operation,
        current: &ResourceRecord,
        action: ResourceAction,
    ) -> Result<Option<String>, BackendError> {
        let Some(policy) = self.stack.policy.as_ref().filter(|_| operation.phase == Phase::Forward) else { return Ok(None) };
        let (change_action, replacement) = match action {
            ResourceAction::Update => (Action::Modify, Some(Replacement::False)),
            ResourceAction::Replace => (Action::Modify, Some(Replacement::True)),
            ResourceAction::Delete => (Action::Remove, None),
            ResourceAction::Create | ResourceAction::Import | ResourceAction::Restore => return Ok(None),
        };
        let policy = StackPolicy::parse(policy).map_err(|message| BackendError::Validation { message })?;
        let change = ResourceChange { replacement, ..ResourceChange::new(change_action, &current.logical_id, &current.resource_type) };
        let denied = policy.denied(&[Change::resource(change)]);
        Ok((!denied.is_empty()).then(|| format!("Action denied by stack policy: {}", denied.join("; "))))
    }

    /// Ends the phase after all resources are done: sets the outputs, then starts the clean-up.
    fn finish_phase(&mut self, mut operation: Operation) -> Result<Option<Operation>, BackendError> {
        let prepared = self.prepare(&operation, None)?;
        if operation.phase == Phase::Forward {
            let outputs = match self.outputs(&prepared)? {
                Ok(outputs) => outputs,
                Err(reason) => return self.handle_failure(operation, &reason),
            };
            for resource in self.resources()?.iter().filter(|resource| !prepared.desired.resources.contains_key(&resource.logical_id)) {
                if let Some(reason) = self.denied_by_policy(&operation, resource, ResourceAction::Delete)? {
                    return self.handle_failure(operation, &reason);
                }
            }
            self.stack.outputs = outputs;
            self.stack.imports.clone_from(&prepared.dependencies.imports);
            self.stack.deployed.clone_from(&operation.target);
        }
        if matches!(operation.kind, OperationKind::Create | OperationKind::Import) {
            let status = if operation.kind == OperationKind::Create { StackStatus::CreateComplete } else { StackStatus::ImportComplete };
            self.stack_status(status, None)?;
            return Ok(None);
        }
        let unwanted = self.resources()?.into_iter().filter(|resource| !prepared.desired.resources.contains_key(&resource.logical_id));
        let mut all = std::mem::take(&mut operation.leftovers);
        all.extend(unwanted.map(leftovers::leftover));
        operation.leftovers = leftovers::in_deletion_order(all);
        if operation.phase == Phase::Forward {
            operation.phase = Phase::Cleanup;
            self.stack_status(StackStatus::UpdateCompleteCleanupInProgress, None)?;
        } else {
            operation.phase = Phase::RollbackCleanup;
            self.stack_status(StackStatus::UpdateRollbackCompleteCleanupInProgress, None)?;
        }
        Ok(Some(operation))
    }

    /// Returns the outputs, or why they fail.
    fn outputs(&self, prepared: &Prepared) -> Result<Result<indexmap::IndexMap<String, OutputRecord>, String>, BackendError> {
        let mut outputs = indexmap::IndexMap::new();
        for (name, output) in &prepared.desired.outputs {
            let export = match &output.export {
                Some(Err(reason)) => return Ok(Err(format!("Output {name}: {reason}."))),
                Some(Ok(export)) => Some(export.clone()),
                None => None,
            };
            match &output.value {
                Ok(value) => drop(outputs.insert(
                    name.clone(),
                    OutputRecord { value: value.clone(), export, is_secret: output.is_secret, has_secret_export: output.has_secret_export },
                )),
                Err(reason) => return Ok(Err(format!("Output {name}: {reason}."))),
            }
        }
        let others: Vec<StackRecord> = self.transaction.all(Table::STACKS, "")?;
        let exports = |outputs: &indexmap::IndexMap<String, OutputRecord>| -> Vec<(String, String)> {
            outputs.values().filter_map(|output| Some((output.export.clone()?, output.value.clone()))).collect()
        };
        let desired = exports(&outputs);
        let shown = |outputs: &indexmap::IndexMap<String, OutputRecord>, export: &str| {
            let secret = outputs.values().any(|output| output.has_secret_export && output.export.as_deref() == Some(export));
            super::secrets::shown(secret, export.to_owned())
        };
        for other in others.iter().filter(|other| other.id != self.stack.id) {
            if let Some((export, _)) = desired.iter().find(|(export, _)| exports(&other.outputs).iter().any(|(theirs, _)| theirs == export))
            {
                return Ok(Err(format!("Export with name {} is already exported by stack {}.", shown(&outputs, export), other.name)));
            }
        }
        for (export, value) in exports(&self.stack.outputs) {
            let users: Vec<&str> = others.iter().filter(|other| other.imports.contains(&export)).map(|other| other.name.as_str()).collect();
            match desired.iter().find(|(name, _)| *name == export) {
                _ if users.is_empty() => {}
                None => {
                    return Ok(Err(format!(
                        "Export {} cannot be deleted as it is in use by {}.",
                        shown(&self.stack.outputs, &export),
                        users.join(", ")
                    )));
                }
                Some((_, new)) if *new != value => {
                    return Ok(Err(format!(
                        "Export {} cannot be updated as it is in use by {}.",
                        shown(&self.stack.outputs, &export),
                        users.join(", ")
                    )));
                }
                Some(_) => {}
            }
        }
        Ok(Ok(outputs))
    }
}
