//! Implements [`Backend`] with the store.

use indexmap::IndexMap;

use super::record::{AccountRecord, ChangeSetRecord, OperationKind, Phase, ResourceRecord, StackRecord};
use super::store::Table;
use super::work::Work;
use super::{EVENTS_PER_PAGE, LocalBackend, change_sets, event_key, find, recovery, refactor, resource_key, secrets};
use crate::aws::Identity;
use crate::backend::policy::StackPolicy;
use crate::backend::{
    Backend, BackendError, ChangeSetDescription, ChangeSetRequest, DeleteOptions, EventPage, OperationState, RefactorAction,
    RefactorDescription, RefactorRequest, ResourceDrift, RollbackOptions, StackDescription, StackResource, StackSummary,
};
use crate::cloudformation::{ResourceDriftStatus, StackEvent};

impl Backend for LocalBackend {
    fn name(&self) -> &'static str {
        "local"
    }

    fn region(&self) -> String {
        self.location.region.clone()
    }

    fn identity(&self) -> Result<Identity, BackendError> {
        let account = self.location.account.clone();
        Ok(Identity { arn: self.location.global_arn("iam", "root"), account })
    }

    fn list_stacks(&self) -> Result<Vec<StackSummary>, BackendError> {
        let stacks: Vec<StackRecord> = self.store.transaction(|transaction| transaction.all(Table::STACKS, ""))?;
        let summary = |stack: StackRecord| StackSummary {
            name: stack.name,
            id: stack.id,
            status: stack.status,
            updated: stack.updated.unwrap_or(stack.created),
        };
        Ok(stacks.into_iter().map(summary).collect())
    }

    fn describe_stack(&self, stack: &str) -> Result<Option<StackDescription>, BackendError> {
        self.store.transaction(|transaction| {
            let Some(stack) = find(transaction, stack)? else { return Ok(None) };
            let work = Work { backend: self, transaction, stack };
            let (stack, mask) = (&work.stack, work.mask());
            let deployed = stack.deployed.as_ref();
            let parameter = |(name, value): (&String, &String)| {
                let secret = deployed.is_some_and(|deployed| deployed.no_echo.contains(name));
                (name.clone(), (!secret).then(|| value.clone()))
            };
            Ok(Some(StackDescription {
                name: stack.name.clone(),
                id: stack.id.clone(),
                status: stack.status,
                status_reason: stack.status_reason.clone(),
                parameters: deployed.map(|deployed| deployed.parameters.iter().map(parameter).collect()).unwrap_or_default(),
                ssm: IndexMap::new(),
                outputs: stack.outputs.iter().map(|(name, output)| (name.clone(), output.shown(&mask))).collect(),
                tags: deployed.map(|deployed| deployed.tags.clone()).unwrap_or_default(),
                template: deployed.map(|deployed| work.template(deployed)).transpose()?.unwrap_or_default(),
                revision: stack.event_id(stack.events),
                created: stack.created.clone(),
                updated: stack.updated.clone(),
                termination_protection: stack.termination_protection,
                drift: None,
                role_arn: None,
                notification_topics: Vec::new(),
                rollback_alarms: Vec::new(),
                rollback_monitoring_minutes: None,
            }))
        })
    }

    fn list_resources(&self, stack: &str) -> Result<Vec<StackResource>, BackendError> {
        self.with_stack(stack, |work| {
            let mask = work.mask();
            let describe = |resource: ResourceRecord| StackResource {
                attributes: resource.shown_attributes(&mask),
                properties: mask.json(resource.secrets.mask(resource.properties)),
                logical_id: resource.logical_id,
                physical_id: mask.text(secrets::shown(resource.secrets.id, resource.physical_id.unwrap_or_default())),
                resource_type: resource.resource_type,
                status: resource.status,
            };
            Ok(work.resources()?.into_iter().map(describe).collect())
        })
    }

    fn stackless_resources(&self) -> Result<Vec<StackResource>, BackendError> {
        let records: Vec<AccountRecord> = self.store.transaction(|transaction| transaction.all(Table::ACCOUNT, ""))?;
        let describe = |record: AccountRecord| StackResource {
            logical_id: record.logical_id,
            physical_id: record.physical_id,
            resource_type: record.resource_type,
            status: "DELETE_SKIPPED".into(),
            properties: record.properties,
            attributes: IndexMap::new(),
        };
        Ok(records.into_iter().filter(|record| record.retained).map(describe).collect())
    }

    fn list_exports(&self) -> Result<IndexMap<String, String>, BackendError> {
        let stacks: Vec<StackRecord> = self.store.transaction(|transaction| transaction.all(Table::STACKS, ""))?;
        let exports = stacks.into_iter().flat_map(|stack| {
            let mask = stack.mask();
            stack.outputs.into_values().filter_map(move |output| Some((output.shown_export()?, output.shown(&mask))))
        });
        Ok(exports.collect())
    }

    fn create_change_set(&self, request: &ChangeSetRequest) -> Result<String, BackendError> {
        self.store.transaction(|transaction| change_sets::create(self, transaction, request))
    }

    fn list_change_sets(&self, stack: &str) -> Result<Vec<String>, BackendError> {
        self.store.transaction(|transaction| {
            let Some(stack) = find(transaction, stack)? else { return Ok(Vec::new()) };
            let all: Vec<ChangeSetRecord> = transaction.all(Table::CHANGE_SETS, &resource_key(&stack.id, ""))?;
            Ok(all.into_iter().map(|record| record.name).collect())
        })
    }

    fn stack_policy(&self, stack: &str) -> Result<Option<String>, BackendError> {
        self.with_stack(stack, |work| Ok(work.stack.policy.clone()))
    }

    fn set_stack_policy(&self, stack: &str, policy: &str) -> Result<(), BackendError> {
        StackPolicy::parse(policy).map_err(|message| BackendError::Validation { message })?;
        self.with_stack(stack, |work| {
            work.stack.policy = Some(policy.to_owned());
            work.save()
        })
    }

    fn describe_change_set(&self, stack: &str, change_set: &str) -> Result<ChangeSetDescription, BackendError> {
        self.with_stack(stack, |work| change_sets::describe(work, change_set))
    }

    fn execute_change_set(&self, stack: &str, change_set: &str) -> Result<(), BackendError> {
        self.with_stack(stack, |work| change_sets::execute(work, change_set))
    }

    fn delete_change_set(&self, stack: &str, change_set: &str) -> Result<(), BackendError> {
        self.with_stack(stack, |work| change_sets::delete(work, change_set))
    }

    fn delete_stack(&self, stack: &str, options: &DeleteOptions) -> Result<(), BackendError> {
        self.with_stack(stack, |work| recovery::delete(work, options))
    }

    fn continue_update_rollback(&self, stack: &str, options: &RollbackOptions) -> Result<(), BackendError> {
        self.with_stack(stack, |work| recovery::continue_rollback(work, &options.skip))
    }

    fn rollback_stack(&self, stack: &str, _: &RollbackOptions) -> Result<(), BackendError> {
        self.with_stack(stack, recovery::roll_back)
    }

    fn create_refactor(&self, request: &RefactorRequest) -> Result<String, BackendError> {
        self.store.transaction(|transaction| refactor::create(transaction, request))
    }

    fn describe_refactor(&self, id: &str) -> Result<RefactorDescription, BackendError> {
        self.store.transaction(|transaction| refactor::describe(transaction, id))
    }

    fn refactor_actions(&self, id: &str) -> Result<Vec<RefactorAction>, BackendError> {
        self.store.transaction(|transaction| refactor::actions(transaction, id))
    }

    fn execute_refactor(&self, id: &str) -> Result<(), BackendError> {
        self.store.transaction(|transaction| refactor::execute(self, transaction, id))
    }

    fn detect_drift(&self, stack: &str) -> Result<Vec<ResourceDrift>, BackendError> {
        // Only this backend changes its resources, so they cannot drift.
        let resources = self.list_resources(stack)?.into_iter();
        Ok(resources
            .map(|resource| ResourceDrift {
                logical_resource_id: resource.logical_id,
                physical_resource_id: resource.physical_id,
                resource_type: resource.resource_type,
                status: ResourceDriftStatus::InSync,
                status_reason: None,
                differences: Vec::new(),
            })
            .collect())
    }

    fn cancel_update(&self, stack: &str) -> Result<(), BackendError> {
        self.with_stack(stack, |work| match work.stack.operation.take() {
            Some(operation) if operation.kind == OperationKind::Update && operation.phase == Phase::Forward => {
                work.stack.operation = Some(operation.clone());
                work.stack.operation = work.roll_back(operation, "User Initiated")?;
                work.save()
            }
            _ => Err(BackendError::WrongStatus {
                stack: work.stack.name.clone(),
                status: work.stack.status,
                operation: "cancel the update of",
            }),
        })
    }

    fn set_termination_protection(&self, stack: &str, on: bool) -> Result<(), BackendError> {
        self.with_stack(stack, |work| {
            work.stack.termination_protection = on;
            work.save()
        })
    }

    fn advance(&self, stack: &str) -> Result<OperationState, BackendError> {
        if let Some(delay) = self.step_delay {
            std::thread::sleep(delay);
        }
        self.store.transaction(|transaction| {
            let Some(stack) = find(transaction, stack)? else { return Ok(OperationState::Done) };
            let Some(operation) = stack.operation.clone() else { return Ok(OperationState::Done) };
            let mut work = Work { backend: self, transaction, stack };
            // The record keeps the operation during the step, because its target's secrets have to be masked.
            work.stack.operation = work.step(operation)?;
            work.save()?;
            Ok(if work.stack.operation.is_some() { OperationState::Running } else { OperationState::Done })
        })
    }

    fn list_events(&self, stack: &str, after: Option<&str>) -> Result<EventPage, BackendError> {
        self.store.transaction(|transaction| {
            let id = match find(transaction, stack)? {
                Some(found) => found.id,
                // A deleted stack is found only by its ID.
                None if stack.starts_with("arn:") => stack.to_owned(),
                None => return Err(BackendError::StackNotFound { stack: stack.to_owned() }),
            };
            let after = after.map(|after| event_key(&id, after)).unwrap_or_default();
            let mut events: Vec<StackEvent> = transaction.scan(Table::EVENTS, &event_key(&id, ""), &after, EVENTS_PER_PAGE + 1)?;
            let more = events.len() > EVENTS_PER_PAGE;
            events.truncate(EVENTS_PER_PAGE);
            Ok(EventPage { events, more })
        })
    }
}
