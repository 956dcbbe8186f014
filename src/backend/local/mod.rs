//! An embedded CloudFormation in a directory, so that a newcomer, a test and a CI job can take the whole road with no account.
//!
//! Takes change sets, gives stacks, events and physical resources that are made up: it imitates CloudFormation's order, words and rules
//! and never claims to be AWS. See `docs/design/local-backend.md` for what it does not do. Every step is one committed transaction of
//! the store, so that the process may die at any moment; [`Backend::advance`] goes on where it stopped.

mod attributes;
mod change_sets;
mod cleanup;
mod clock;
mod compare;
mod conflict;
mod desired;
mod forward;
mod identity;
mod operation;
mod order;
mod record;
mod secrets;
mod store;

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use clock::{Clock, CountingClock, SystemClock};
pub use identity::Location;

use super::{
    Backend, BackendError, ChangeSetDescription, ChangeSetRequest, EventPage, Progress, StackDescription, StackEvent, StackResource,
    StackSummary,
};
use crate::evaluate::State;
use operation::{Prepared, Work};
use record::{AccountRecord, Operation, OperationKind, Phase, ResourceRecord, StackRecord};
use secrets::Secrets;
use store::{Store, Table, Transaction};

/// Why a resource fails that was told to.
const INJECTED: &str = "Resource handler returned message: \"this failure was asked for with --fail-on\"";

/// How many events a page holds, as with AWS.
const EVENTS_A_PAGE: usize = 100;

/// What a resource is to fail at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailAction {
    /// Its creation.
    Create,
    /// Its update or replacement.
    Update,
    /// Its deletion.
    Delete,
}

/// A failure that is asked for: `LOGICAL_ID`, or `LOGICAL_ID:create|update|delete`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailOn {
    /// The resource.
    pub logical_id: String,
    /// At what; `None` is whatever comes first.
    pub action: Option<FailAction>,
}

impl FailOn {
    fn hits(&self, logical_id: &str, action: FailAction) -> bool {
        self.logical_id == logical_id && self.action.is_none_or(|own| own == action)
    }
}

impl std::str::FromStr for FailOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (logical_id, action) = match text.split_once(':') {
            None => (text, None),
            Some((logical_id, "create")) => (logical_id, Some(FailAction::Create)),
            Some((logical_id, "update")) => (logical_id, Some(FailAction::Update)),
            Some((logical_id, "delete")) => (logical_id, Some(FailAction::Delete)),
            Some((_, other)) => return Err(format!("`{other}` is none of create, update, delete")),
        };
        if logical_id.is_empty() {
            Err("a logical ID is missing".to_owned())
        } else {
            Ok(Self { logical_id: logical_id.to_owned(), action })
        }
    }
}

/// How a local backend is opened.
pub struct LocalOptions {
    /// The account and region that ARNs name.
    pub location: Location,
    /// Where time stamps come from.
    pub clock: Box<dyn Clock>,
    /// Failures to put into operations that are started from now on.
    pub fail_on: Vec<FailOn>,
    /// How long each step takes at least: a real operation takes its time, and tests of interruption need some.
    pub step_delay: Option<Duration>,
}

impl LocalOptions {
    /// The account that resources are in unless something else is said: nobody's.
    pub const DEFAULT_ACCOUNT: &'static str = "000000000000";

    /// Returns the options for a region, with the computer's clock.
    pub fn new(region: impl Into<String>) -> Self {
        Self {
            location: Location { account: Self::DEFAULT_ACCOUNT.to_owned(), region: region.into() },
            clock: Box::new(SystemClock),
            fail_on: Vec::new(),
            step_delay: None,
        }
    }
}

/// The embedded CloudFormation.
pub struct LocalBackend {
    store: Store,
    location: Location,
    clock: Box<dyn Clock>,
    fail_on: Vec<FailOn>,
    step_delay: Option<Duration>,
    prepared: RefCell<Option<Rc<Prepared>>>,
}

/// A physical resource that outlived its stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RetainedResource {
    /// The type.
    pub resource_type: String,
    /// The physical ID.
    pub physical_id: String,
    /// What it was called in its stack.
    pub logical_id: String,
    /// The stack's ID.
    pub stack_id: String,
}

impl LocalBackend {
    /// Opens a directory, which is made when it is not there.
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::Locked`] when another process has it open, or that it cannot be read.
    pub fn open(directory: &Path, options: LocalOptions) -> Result<Self, BackendError> {
        Ok(Self::over(Store::open(directory)?, options))
    }

    /// Opens a directory for looking only: when there is nothing, nothing is made.
    ///
    /// # Errors
    ///
    /// As [`LocalBackend::open`].
    pub fn open_existing(directory: &Path, options: LocalOptions) -> Result<Self, BackendError> {
        if Store::exists(directory) { Self::open(directory, options) } else { Ok(Self::over(Store::in_memory(directory)?, options)) }
    }

    /// Returns a backend without a directory, gone with the process.
    ///
    /// # Errors
    ///
    /// Returns an error when the store cannot be made.
    pub fn in_memory(options: LocalOptions) -> Result<Self, BackendError> {
        Ok(Self::over(Store::in_memory(Path::new("(memory)"))?, options))
    }

    fn over(store: Store, options: LocalOptions) -> Self {
        let LocalOptions { location, clock, fail_on, step_delay } = options;
        Self { store, location, clock, fail_on, step_delay, prepared: RefCell::new(None) }
    }

    /// Returns what stacks let go by their policies.
    ///
    /// # Errors
    ///
    /// Returns an error when the store cannot be read.
    pub fn retained_resources(&self) -> Result<Vec<RetainedResource>, BackendError> {
        let records: Vec<AccountRecord> = self.store.transaction(|transaction| transaction.all(Table::ACCOUNT, ""))?;
        let retained = records.into_iter().filter(|record| record.retained);
        Ok(retained
            .map(|record| RetainedResource {
                resource_type: record.resource_type,
                physical_id: record.physical_id,
                logical_id: record.logical_id,
                stack_id: record.stack_id,
            })
            .collect())
    }

    /// Forgets everything: stacks, events, retained resources.
    ///
    /// # Errors
    ///
    /// Returns an error when the store cannot be written.
    pub fn reset(&self) -> Result<(), BackendError> {
        let tables = [Table::STACKS, Table::RESOURCES, Table::EVENTS, Table::CHANGE_SETS, Table::TEMPLATES, Table::ACCOUNT];
        self.store.transaction(|transaction| {
            tables.into_iter().try_for_each(|table| transaction.remove_all(table, ""))?;
            transaction.remove_all(Table::META, "counter/")
        })
    }

    /// Returns what the evaluator may know of a stack before its resources: pseudo parameters and exports.
    fn pseudo_state(&self, transaction: &Transaction<'_>, stack: &StackRecord) -> Result<State, BackendError> {
        let text = |text: &str| Value::String(text.to_owned());
        let pseudo = [
            ("AWS::AccountId", text(&self.location.account)),
            ("AWS::Region", text(&self.location.region)),
            ("AWS::Partition", text(self.location.partition())),
            ("AWS::URLSuffix", text(self.location.url_suffix())),
            ("AWS::StackName", text(&stack.name)),
            ("AWS::StackId", text(&stack.id)),
            ("AWS::NotificationARNs", Value::Array(Vec::new())),
        ];
        let others: Vec<StackRecord> = transaction.all(Table::STACKS, "")?;
        let outputs = others.into_iter().filter(|other| other.id != stack.id).flat_map(|other| other.outputs.into_values());
        Ok(State {
            pseudo: pseudo.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            exports: outputs.filter_map(|output| Some((output.export?, Value::String(output.value)))).collect(),
            ..State::default()
        })
    }

    /// Starts an operation on a stack, which must not have one.
    fn begin(&self, work: &mut Work<'_, '_, '_>, kind: OperationKind, target: Option<record::Deployment>) -> Result<(), BackendError> {
        let leftovers = if kind == OperationKind::Delete {
            cleanup::in_order(work.resources()?.into_iter().map(cleanup::leftover).collect())
        } else {
            Vec::new()
        };
        let operation = Operation {
            serial: work.transaction.next("operation")?,
            kind,
            phase: if kind == OperationKind::Delete { Phase::Cleanup } else { Phase::Forward },
            target,
            in_flight: None,
            settled: std::collections::BTreeSet::new(),
            before: IndexMap::new(),
            leftovers,
            fail_on: self.fail_on.clone(),
            undeleted: Vec::new(),
        };
        work.stack.operation = Some(operation);
        let status = match kind {
            OperationKind::Create => "CREATE_IN_PROGRESS",
            OperationKind::Update => "UPDATE_IN_PROGRESS",
            OperationKind::Delete => "DELETE_IN_PROGRESS",
        };
        work.stack_status(status, Some("User Initiated"))?;
        work.save()
    }

    /// Does something with a stack in one transaction.
    fn with_stack<T>(&self, stack: &str, work: impl FnOnce(&mut Work<'_, '_, '_>) -> Result<T, BackendError>) -> Result<T, BackendError> {
        self.store.transaction(|transaction| {
            let found = find(transaction, stack)?.ok_or_else(|| BackendError::StackNotFound { stack: stack.to_owned() })?;
            work(&mut Work { backend: self, transaction, stack: found })
        })
    }
}

/// Returns a stack by name or ID.
fn find(transaction: &Transaction<'_>, stack: &str) -> Result<Option<StackRecord>, BackendError> {
    let name = if stack.starts_with("arn:") { stack.split('/').nth(1).unwrap_or_default() } else { stack };
    let record: Option<StackRecord> = transaction.get(Table::STACKS, name)?;
    Ok(record.filter(|record| name == stack || record.id == stack))
}

fn resource_key(stack_id: &str, logical_id: &str) -> String {
    format!("{stack_id}/{logical_id}")
}

fn event_key(stack_id: &str, event_id: &str) -> String {
    format!("{stack_id}/{event_id}")
}

impl StackRecord {
    /// Returns the ID of the event with that number.
    fn event_id(&self, number: u64) -> String {
        let uuid = self.id.rsplit('/').next().unwrap_or_default();
        format!("{}-{number:08}", uuid.get(..8).unwrap_or(uuid))
    }

    fn secrets(&self) -> Secrets {
        Secrets::of(self.deployed.iter().chain(self.operation.iter().filter_map(|operation| operation.target.as_ref())))
    }
}

impl ResourceRecord {
    /// Returns the record of a resource that is about to be made.
    fn unborn(logical_id: &str, resource_type: &str) -> Self {
        Self {
            logical_id: logical_id.to_owned(),
            physical_id: None,
            resource_type: resource_type.to_owned(),
            status: "CREATE_IN_PROGRESS".into(),
            properties: Value::Object(serde_json::Map::new()),
            metadata: None,
            attributes: IndexMap::new(),
            deletion_policy: None,
            update_replace_policy: None,
            depends_on: std::collections::BTreeSet::new(),
            generation: 0,
        }
    }
}

impl Backend for LocalBackend {
    fn name(&self) -> &'static str {
        "local"
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
            let (stack, secrets) = (&work.stack, work.secrets());
            let deployed = stack.deployed.as_ref();
            let parameter = |(name, value): (&String, &String)| {
                let secret = deployed.is_some_and(|deployed| deployed.no_echo.contains(name));
                (name.clone(), (!secret).then(|| value.clone()))
            };
            Ok(Some(StackDescription {
                name: stack.name.clone(),
                id: stack.id.clone(),
                status: stack.status.clone(),
                status_reason: stack.status_reason.clone(),
                parameters: deployed.map(|deployed| deployed.parameters.iter().map(parameter).collect()).unwrap_or_default(),
                outputs: stack.outputs.iter().map(|(name, output)| (name.clone(), secrets.mask(&output.value))).collect(),
                tags: deployed.map(|deployed| deployed.tags.clone()).unwrap_or_default(),
                template: deployed.map(|deployed| work.template(deployed)).transpose()?.unwrap_or_default(),
                revision: stack.event_id(stack.events),
                created: stack.created.clone(),
                updated: stack.updated.clone(),
                termination_protection: stack.termination_protection,
            }))
        })
    }

    fn list_resources(&self, stack: &str) -> Result<Vec<StackResource>, BackendError> {
        self.with_stack(stack, |work| {
            let secrets = work.secrets();
            let describe = |resource: ResourceRecord| StackResource {
                logical_id: resource.logical_id,
                physical_id: secrets.mask(&resource.physical_id.unwrap_or_default()),
                resource_type: resource.resource_type,
                status: resource.status,
                properties: secrets.mask_value(&resource.properties),
                attributes: resource.attributes.into_iter().map(|(name, value)| (name, secrets.mask_value(&value))).collect(),
            };
            Ok(work.resources()?.into_iter().map(describe).collect())
        })
    }

    fn list_exports(&self) -> Result<IndexMap<String, String>, BackendError> {
        let stacks: Vec<StackRecord> = self.store.transaction(|transaction| transaction.all(Table::STACKS, ""))?;
        let exports = stacks.into_iter().flat_map(|stack| {
            let secrets = stack.secrets();
            stack.outputs.into_values().filter_map(move |output| Some((output.export?, secrets.mask(&output.value))))
        });
        Ok(exports.collect())
    }

    fn create_change_set(&self, request: &ChangeSetRequest) -> Result<String, BackendError> {
        self.store.transaction(|transaction| change_sets::create(self, transaction, request))
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

    fn delete_stack(&self, stack: &str) -> Result<(), BackendError> {
        self.with_stack(stack, |work| {
            if work.stack.operation.is_some() {
                return Err(BackendError::WrongStatus {
                    stack: work.stack.name.clone(),
                    status: work.stack.status.clone(),
                    wanted: "deleted",
                });
            }
            if work.stack.termination_protection {
                return Err(BackendError::TerminationProtection { stack: work.stack.name.clone() });
            }
            let others: Vec<StackRecord> = work.transaction.all(Table::STACKS, "")?;
            for export in work.stack.outputs.values().filter_map(|output| output.export.as_ref()) {
                let importers: Vec<String> =
                    others.iter().filter(|other| other.imports.contains(export)).map(|other| other.name.clone()).collect();
                if !importers.is_empty() {
                    return Err(BackendError::ExportInUse { export: export.clone(), importers });
                }
            }
            self.begin(work, OperationKind::Delete, None)
        })
    }

    fn cancel_update(&self, stack: &str) -> Result<(), BackendError> {
        self.with_stack(stack, |work| match work.stack.operation.take() {
            Some(operation) if operation.kind == OperationKind::Update && operation.phase == Phase::Forward => {
                work.stack.operation = Some(operation.clone());
                work.stack.operation = work.roll_back(operation, "User Initiated")?;
                work.save()
            }
            _ => Err(BackendError::WrongStatus { stack: work.stack.name.clone(), status: work.stack.status.clone(), wanted: "cancelled" }),
        })
    }

    fn set_termination_protection(&self, stack: &str, on: bool) -> Result<(), BackendError> {
        self.with_stack(stack, |work| {
            work.stack.termination_protection = on;
            work.save()
        })
    }

    fn advance(&self, stack: &str) -> Result<Progress, BackendError> {
        if let Some(delay) = self.step_delay {
            std::thread::sleep(delay);
        }
        self.store.transaction(|transaction| {
            let Some(stack) = find(transaction, stack)? else { return Ok(Progress::Done) };
            let Some(operation) = stack.operation.clone() else { return Ok(Progress::Done) };
            let mut work = Work { backend: self, transaction, stack };
            // The record keeps the operation while it works: its target's secrets have to be masked.
            work.stack.operation = work.step(operation)?;
            work.save()?;
            Ok(if work.stack.operation.is_some() { Progress::Running } else { Progress::Done })
        })
    }

    fn list_events(&self, stack: &str, after: Option<&str>) -> Result<EventPage, BackendError> {
        self.store.transaction(|transaction| {
            let id = match find(transaction, stack)? {
                Some(found) => found.id,
                // A deleted stack is found by its ID.
                None if stack.starts_with("arn:") => stack.to_owned(),
                None => return Err(BackendError::StackNotFound { stack: stack.to_owned() }),
            };
            let after = after.map(|after| event_key(&id, after)).unwrap_or_default();
            let mut events: Vec<StackEvent> = transaction.scan(Table::EVENTS, &event_key(&id, ""), &after, EVENTS_A_PAGE + 1)?;
            let more = events.len() > EVENTS_A_PAGE;
            events.truncate(EVENTS_A_PAGE);
            Ok(EventPage { events, more })
        })
    }
}

impl Work<'_, '_, '_> {
    /// Writes the stack back; a deleted one is taken out, its events stay.
    fn save(&mut self) -> Result<(), BackendError> {
        if self.stack.status.as_str() != "DELETE_COMPLETE" {
            return self.transaction.put(Table::STACKS, &self.stack.name, &self.stack);
        }
        self.transaction.remove(Table::STACKS, &self.stack.name)?;
        self.transaction.remove_all(Table::CHANGE_SETS, &resource_key(&self.stack.id, ""))?;
        self.transaction.remove_all(Table::RESOURCES, &resource_key(&self.stack.id, ""))
    }
}
