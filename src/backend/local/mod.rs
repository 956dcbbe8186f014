//! An embedded CloudFormation in a directory, so that a newcomer, a test and a CI job can take the whole road with no account.
//!
//! Takes change sets, gives stacks, events and physical resources that are made up: it imitates CloudFormation's order, words and rules
//! and never claims to be AWS. See `docs/design/local-backend.md` for what it does not do. Every step is one committed transaction of
//! the store, so that the process may die at any moment; [`Backend::advance`](super::Backend::advance) goes on where it stopped.

mod attributes;
mod change_sets;
mod cleanup;
mod clock;
mod cloudformation;
mod compare;
mod conflict;
mod desired;
mod forward;
mod identity;
mod import;
mod operation;
mod order;
mod record;
mod recovery;
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

use super::BackendError;
use crate::cloudformation::{ResourceStatus, StackStatus};
use crate::evaluate::State;
use crate::secret::Mask;
use operation::{Prepared, Work};
use record::{AccountRecord, Operation, OperationKind, Phase, ResourceRecord, StackRecord};
use store::{Store, Table, Transaction};

/// Why a resource fails that was told to.
const INJECTED: &str = "Resource handler returned message: \"this failure was requested for a test\"";

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
    /// Its way back, once something else failed.
    Rollback,
}

/// A failure that is asked for: `LOGICAL_ID`, or `LOGICAL_ID:create|update|delete|rollback`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailOn {
    /// The resource.
    pub logical_id: String,
    /// At what; `None` is whatever comes first, the way back aside.
    pub action: Option<FailAction>,
}

impl FailOn {
    fn hits(&self, logical_id: &str, action: FailAction) -> bool {
        self.logical_id == logical_id && self.action.map_or(action != FailAction::Rollback, |own| own == action)
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
            Some((logical_id, "rollback")) => (logical_id, Some(FailAction::Rollback)),
            Some((_, other)) => return Err(format!("`{other}` is none of create, update, delete, rollback")),
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
        if Store::exists(directory)? { Self::open(directory, options) } else { Ok(Self::over(Store::in_memory(directory)?, options)) }
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

    /// Forgets everything in a directory whose store cannot be read any more.
    ///
    /// # Errors
    ///
    /// Returns that the store's file cannot be taken away.
    pub fn discard(directory: &Path) -> Result<(), BackendError> {
        Store::discard(directory)
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
            on_failure: None,
            imports: Vec::new(),
        };
        work.stack.stuck = None;
        work.stack.operation = Some(operation);
        let status = match kind {
            OperationKind::Create => StackStatus::CreateInProgress,
            OperationKind::Update => StackStatus::UpdateInProgress,
            OperationKind::Import => StackStatus::ImportInProgress,
            OperationKind::Delete => StackStatus::DeleteInProgress,
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

    /// Returns a mask for the `NoEcho` values that the stack has or is about to have.
    fn mask(&self) -> Mask {
        let deployments = self.deployed.iter().chain(self.operation.iter().filter_map(|operation| operation.target.as_ref()));
        deployments.flat_map(|deployment| deployment.no_echo.iter().filter_map(|name| deployment.parameters.get(name))).collect()
    }
}

impl ResourceRecord {
    /// Returns the record of a resource that is about to be made.
    fn unborn(logical_id: &str, resource_type: &str) -> Self {
        Self {
            logical_id: logical_id.to_owned(),
            physical_id: None,
            resource_type: resource_type.to_owned(),
            status: ResourceStatus::CreateInProgress,
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

impl Work<'_, '_, '_> {
    /// Writes the stack back; a deleted one is taken out, its events stay.
    fn save(&mut self) -> Result<(), BackendError> {
        if self.stack.status != StackStatus::DeleteComplete {
            return self.transaction.put(Table::STACKS, &self.stack.name, &self.stack);
        }
        self.transaction.remove(Table::STACKS, &self.stack.name)?;
        self.transaction.remove_all(Table::CHANGE_SETS, &resource_key(&self.stack.id, ""))?;
        self.transaction.remove_all(Table::RESOURCES, &resource_key(&self.stack.id, ""))
    }
}
