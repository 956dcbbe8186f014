//! A stack in a transaction: what every phase of an operation shares.

use std::rc::Rc;

use serde_json::Value;

use super::attributes::{AttributeSource, attribute};
use super::clock::stamp;
use super::desired::{Desired, desired};
use super::identity::uuid;
use super::record::{AccountRecord, Deployment, Operation, Phase, ResourceRecord, StackRecord};
use super::store::{Table, Transaction};
use super::{LocalBackend, event_key, order, resource_key};
use crate::backend::BackendError;
use crate::cloudformation::{ResourceStatus, STACK_TYPE, StackEvent, StackStatus};
use crate::evaluate::State;
use crate::secret::{MASKED, Mask};

/// The evaluated deployment of an operation, cached between steps.
pub(super) struct Prepared {
    serial: u64,
    phase: Phase,
    /// The number of finished resources, whose values were known, at the evaluation.
    finished: usize,
    pub(super) desired: Desired,
    /// The resources, each after those that it depends on.
    pub(super) order: Vec<String>,
    /// The references in the template, from an evaluation without any known resource.
    pub(super) dependencies: Rc<Dependencies>,
}

/// The references in a template.
pub(super) struct Dependencies {
    pub(super) resources: std::collections::BTreeMap<String, std::collections::BTreeSet<String>>,
    pub(super) attributes: std::collections::BTreeMap<String, std::collections::BTreeSet<String>>,
    pub(super) imports: std::collections::BTreeSet<String>,
}

/// A stack in a transaction.
pub(super) struct Work<'b, 't, 's> {
    pub(super) backend: &'b LocalBackend,
    pub(super) transaction: &'t mut Transaction<'s>,
    pub(super) stack: StackRecord,
}

impl Work<'_, '_, '_> {
    /// Sets the stack's status and writes its event.
    pub(super) fn stack_status(&mut self, status: StackStatus, reason: Option<&str>) -> Result<(), BackendError> {
        self.stack.status = status;
        self.stack.status_reason = reason.map(|reason| self.mask().text(reason));
        if status.as_str().starts_with("UPDATE_") {
            self.stack.updated = Some(stamp(&*self.backend.clock));
        }
        // As on AWS, an automatic rollback is an operation of its own, and a clean-up is not.
        if status.is_in_progress() && !status.as_str().contains("COMPLETE") {
            self.stack.operation_id = Some(uuid(&format!("{}/{}", self.stack.id, self.stack.events)));
        }
        let (name, id) = (self.stack.name.clone(), self.stack.id.clone());
        self.event(&name, Some(&id), STACK_TYPE, ResourceStatus::of_stack(status), reason)
    }

    /// Writes a resource's event.
    pub(super) fn resource_event(&mut self, resource: &ResourceRecord, reason: Option<&str>) -> Result<(), BackendError> {
        let physical_id = resource.physical_id.as_deref().map(|id| if resource.secrets.id { MASKED } else { id });
        self.event(&resource.logical_id, physical_id, &resource.resource_type, resource.status, reason)
    }

    fn event(
        &mut self,
        logical_id: &str,
        physical_id: Option<&str>,
        resource_type: &str,
        status: ResourceStatus,
        reason: Option<&str>,
    ) -> Result<(), BackendError> {
        self.stack.events += 1;
        let mask = self.mask();
        let event = StackEvent {
            id: self.stack.event_id(self.stack.events),
            timestamp: stamp(&*self.backend.clock),
            logical_id: logical_id.to_owned(),
            physical_id: physical_id.map(|id| mask.text(id)),
            resource_type: resource_type.to_owned(),
            status,
            status_reason: reason.map(|reason| mask.text(reason)),
            operation_id: self.stack.operation_id.clone(),
            ..StackEvent::default()
        };
        self.transaction.put(Table::EVENTS, &event_key(&self.stack.id, &event.id), &event)
    }

    pub(super) fn mask(&self) -> Mask {
        self.stack.mask()
    }

    pub(super) fn resource(&self, logical_id: &str) -> Result<Option<ResourceRecord>, BackendError> {
        self.transaction.get(Table::RESOURCES, &resource_key(&self.stack.id, logical_id))
    }

    pub(super) fn resources(&self) -> Result<Vec<ResourceRecord>, BackendError> {
        self.transaction.all(Table::RESOURCES, &resource_key(&self.stack.id, ""))
    }

    pub(super) fn put_resource(&mut self, resource: &ResourceRecord) -> Result<(), BackendError> {
        self.transaction.put(Table::RESOURCES, &resource_key(&self.stack.id, &resource.logical_id), resource)
    }

    pub(super) fn remove_resource(&mut self, logical_id: &str) -> Result<(), BackendError> {
        self.transaction.remove(Table::RESOURCES, &resource_key(&self.stack.id, logical_id))
    }

    /// Writes a physical resource into the account.
    pub(super) fn put_account(&mut self, resource: &ResourceRecord, retained: bool) -> Result<(), BackendError> {
        let Some(physical_id) = &resource.physical_id else { return Ok(()) };
        let record = AccountRecord {
            resource_type: resource.resource_type.clone(),
            physical_id: physical_id.clone(),
            stack_id: self.stack.id.clone(),
            logical_id: resource.logical_id.clone(),
            name: super::identity::custom_name(&resource.resource_type, &resource.properties).map(str::to_owned),
            properties: resource.properties.clone(),
            retained,
            has_secret_id: resource.secrets.id,
        };
        self.transaction.put(Table::ACCOUNT, &account_key(resource), &record)
    }

    pub(super) fn remove_account(&mut self, resource: &ResourceRecord) -> Result<(), BackendError> {
        self.transaction.remove(Table::ACCOUNT, &account_key(resource))
    }

    /// Returns whether a physical resource still exists.
    pub(super) fn is_in_account(&self, resource: &ResourceRecord) -> Result<bool, BackendError> {
        Ok(self.transaction.get::<AccountRecord>(Table::ACCOUNT, &account_key(resource))?.is_some())
    }

    /// Returns the evaluator's state, with the finished resources.
    fn state(&self, finished: impl Iterator<Item = ResourceRecord>) -> Result<State, BackendError> {
        let mut state = self.backend.pseudo_state(self.transaction, &self.stack)?;
        for resource in finished {
            if let Some(physical_id) = resource.physical_id {
                state.physical_ids.insert(resource.logical_id.clone(), physical_id);
                state.attributes.insert(resource.logical_id, resource.attributes);
            }
        }
        Ok(state)
    }

    /// Returns the evaluated deployment of the operation, with the properties of the resource `logical_id` if they are known.
    pub(super) fn prepare(&self, operation: &Operation, logical_id: Option<&str>) -> Result<Rc<Prepared>, BackendError> {
        let known = self
            .backend
            .prepared
            .borrow()
            .clone()
            .filter(|prepared| prepared.serial == operation.serial && prepared.phase == operation.phase);
        if let Some(prepared) = &known {
            let enough = match logical_id {
                Some(name) => prepared.desired.resources.get(name).is_some_and(|resource| resource.properties.is_ok()),
                None => false,
            };
            if enough || prepared.finished == operation.finished.len() {
                return Ok(prepared.clone());
            }
        }
        let Some(target) = &operation.target else {
            return Err(BackendError::Validation { message: "the operation has no target to evaluate".to_owned() });
        };
        let text = self.template(target)?;
        let dependencies = match known {
            Some(prepared) => prepared.dependencies.clone(),
            None => Rc::new(self.dependencies(&text, target)?),
        };
        let finished = operation.finished.iter().filter_map(|name| self.resource(name).transpose()).collect::<Result<Vec<_>, _>>()?;
        let desired = desired(&text, target, self.state(finished.into_iter())?)?;
        let order = ordered(&desired, &dependencies)?;
        let prepared = Rc::new(Prepared {
            serial: operation.serial,
            phase: operation.phase,
            finished: operation.finished.len(),
            desired,
            order,
            dependencies,
        });
        self.backend.prepared.replace(Some(prepared.clone()));
        Ok(prepared)
    }

    /// Returns the references of a deployment; only an evaluation without any known resource has all of them.
    pub(super) fn dependencies(&self, text: &str, deployment: &Deployment) -> Result<Dependencies, BackendError> {
        let mut state = self.backend.pseudo_state(self.transaction, &self.stack)?;
        state.exports.clear();
        let first = desired(text, deployment, state)?;
        Ok(Dependencies {
            resources: first.resources.into_iter().map(|(name, resource)| (name, resource.depends_on)).collect(),
            attributes: first.attributes,
            imports: first.imports,
        })
    }

    /// Evaluates a deployment with the stack's current resources.
    pub(super) fn desired_now(&self, text: &str, deployment: &Deployment) -> Result<(Desired, Vec<String>), BackendError> {
        let dependencies = self.dependencies(text, deployment)?;
        let mut resources = self.resources()?;
        for resource in &mut resources {
            resource.attributes = self.attributes(resource, &dependencies);
        }
        let desired = desired(text, deployment, self.state(resources.into_iter())?)?;
        let order = ordered(&desired, &dependencies)?;
        Ok((desired, order))
    }

    /// Returns a template's text.
    pub(super) fn template(&self, deployment: &Deployment) -> Result<String, BackendError> {
        let text = self.transaction.get::<String>(Table::TEMPLATES, &deployment.template)?;
        text.ok_or_else(|| BackendError::Validation { message: format!("template {} is missing in the store", deployment.template) })
    }

    /// Returns the attributes of a resource that the template refers to.
    pub(super) fn attributes(&self, resource: &ResourceRecord, dependencies: &Dependencies) -> indexmap::IndexMap<String, Value> {
        let Some(physical_id) = resource.physical_id.as_deref() else { return indexmap::IndexMap::new() };
        let source = AttributeSource {
            location: &self.backend.location,
            resource_type: &resource.resource_type,
            physical_id,
            properties: &resource.properties,
            generation: resource.generation,
        };
        let names = dependencies.attributes.get(&resource.logical_id);
        names.into_iter().flatten().map(|name| (name.clone(), attribute(&source, name))).collect()
    }
}

fn account_key(resource: &ResourceRecord) -> String {
    format!("{}/{}", resource.resource_type, resource.physical_id.as_deref().unwrap_or_default())
}

/// Returns the resources of a deployment in the order of their dependencies.
fn ordered(desired: &Desired, dependencies: &Dependencies) -> Result<Vec<String>, BackendError> {
    let empty = std::collections::BTreeSet::new();
    let map = desired.resources.keys().map(|name| (name.as_str(), dependencies.resources.get(name).unwrap_or(&empty))).collect();
    order::by_dependency(&map)
        .map_err(|cycle| BackendError::Validation { message: format!("Circular dependency between resources: [{}]", cycle.join(", ")) })
}
