//! The local backend: an embedded CloudFormation in a directory, which needs no AWS account.
//!
//! Takes change sets; returns stacks, events and invented physical resources. It imitates CloudFormation's order, messages and rules, and
//! `docs/design/local-backend.md` lists what it does not do. Every step is one committed transaction of the store, so that the process may
//! be killed at any moment; [`Backend::advance`](super::Backend::advance) resumes the operation.
//!
//! The methods of `Work`, a stack in a transaction, are spread over several files by subject: `work` (shared), `step` (which phase),
//! `forward`, `cleanup`, `rollback` and `import`. The files refer to each other only through these methods. All of them use types of this
//! file, such as `FailOn` and `LocalBackend`, and this file uses theirs: a module and its parts.

mod attributes;
mod change_sets;
mod check;
mod cleanup;
mod clock;
mod cloudformation;
mod compare;
mod conflict;
mod desired;
mod folder;
mod forward;
mod guard;
mod identity;
mod import;
mod leftovers;
mod memory;
mod order;
mod record;
mod recovery;
mod refactor;
mod repair;
mod rollback;
mod secrets;
mod step;
mod store;
mod table;
mod work;

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use clock::{Clock, CountingClock, SystemClock};
pub use guard::is_guarded;
pub use identity::Location;
pub use repair::{StoreCopy, StoreState};

use super::BackendError;
use crate::cloudformation::{ResourceStatus, StackStatus};
use crate::evaluate::State;
use crate::secret::Mask;
use folder::Place;
use record::{AccountRecord, Operation, OperationKind, Phase, ResourceRecord, StackRecord};
use secrets::SecretParts;
use store::{Store, Table, Transaction};
use work::{Prepared, Work};

/// The failure reason of a resource that was requested to fail.
const INJECTED: &str = "Resource handler returned message: \"this failure was requested for a test\"";

/// Events per page, as in AWS.
const EVENTS_PER_PAGE: usize = 100;

/// The action at which a resource fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailAction {
    /// Its creation, also as a part of its replacement.
    Create,
    /// Its update or replacement.
    Update,
    /// Its deletion, also as a part of its replacement.
    Delete,
    /// Its rollback, after another failure.
    Rollback,
}

/// A requested failure: `LOGICAL_ID`, or `LOGICAL_ID:create|update|delete|rollback`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailOn {
    /// The resource.
    pub logical_id: String,
    /// The action; `None` is the first one, rollbacks excluded.
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
            Some((_, other)) => return Err(format!("invalid action `{other}`; use create, update, delete or rollback")),
        };
        if logical_id.is_empty() {
            Err("the logical ID is missing".to_owned())
        } else {
            Ok(Self { logical_id: logical_id.to_owned(), action })
        }
    }
}

/// Options of a local backend.
pub struct LocalOptions {
    /// The account and region in ARNs.
    pub location: Location,
    /// The source of timestamps.
    pub clock: Box<dyn Clock>,
    /// Failures in operations that are started from now on.
    pub fail_on: Vec<FailOn>,
    /// Minimum duration of each step, for tests of interruptions.
    pub step_delay: Option<Duration>,
    /// Receives the error if the store's last good copy cannot be written.
    pub failed_copy: FailedCopy,
}

/// Why the last good copy of a store could not be written when the store was closed. The change itself is stored.
#[derive(Clone, Debug, Default)]
pub struct FailedCopy(Rc<RefCell<Option<BackendError>>>);

impl FailedCopy {
    /// Returns the error, once.
    pub fn take(&self) -> Option<BackendError> {
        self.0.borrow_mut().take()
    }

    fn set(&self, error: BackendError) {
        *self.0.borrow_mut() = Some(error);
    }
}

impl LocalOptions {
    /// The default account ID, which is not a real account.
    pub const DEFAULT_ACCOUNT: &'static str = "000000000000";

    /// Returns the options for a region, with the system clock.
    pub fn new(region: impl Into<String>) -> Self {
        Self {
            location: Location { account: Self::DEFAULT_ACCOUNT.to_owned(), region: region.into() },
            clock: Box::new(SystemClock),
            fail_on: Vec::new(),
            step_delay: None,
            failed_copy: FailedCopy::default(),
        }
    }
}

/// The local backend.
pub struct LocalBackend {
    store: Store,
    location: Location,
    clock: Box<dyn Clock>,
    fail_on: Vec<FailOn>,
    step_delay: Option<Duration>,
    prepared: RefCell<Option<Rc<Prepared>>>,
}

/// A physical resource that was retained when it left its stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RetainedResource {
    /// The type.
    pub resource_type: String,
    /// The physical ID.
    pub physical_id: String,
    /// Its logical ID in the stack.
    pub logical_id: String,
    /// The stack's ID.
    pub stack_id: String,
}

impl LocalBackend {
    /// Opens a directory, which is created if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::Locked`] if another process has it open, or an error if it cannot be read.
    pub fn open(directory: &Path, options: LocalOptions) -> Result<Self, BackendError> {
        Self::open_below(directory, None, options)
    }

    /// Opens a directory, which is created if it does not exist. No component of it below `trusted` may be a link.
    ///
    /// # Errors
    ///
    /// As [`LocalBackend::open`].
    pub fn open_below(directory: &Path, trusted: Option<&Path>, options: LocalOptions) -> Result<Self, BackendError> {
        Ok(Self::with_store(Store::open(Place { path: directory, trusted })?, options))
    }

    /// Opens a directory for reading: no file is created or changed, and what is written is not stored.
    ///
    /// # Errors
    ///
    /// As [`LocalBackend::open`].
    pub fn open_existing(directory: &Path, options: LocalOptions) -> Result<Self, BackendError> {
        Self::open_existing_below(directory, None, options)
    }

    /// Opens a directory for reading. No component of it below `trusted` may be a link.
    ///
    /// # Errors
    ///
    /// As [`LocalBackend::open`].
    pub fn open_existing_below(directory: &Path, trusted: Option<&Path>, options: LocalOptions) -> Result<Self, BackendError> {
        Ok(Self::with_store(Store::open_existing(Place { path: directory, trusted })?, options))
    }

    /// Returns a backend in memory.
    ///
    /// # Errors
    ///
    /// Returns an error if the store cannot be created.
    pub fn in_memory(options: LocalOptions) -> Result<Self, BackendError> {
        Ok(Self::with_store(Store::in_memory(Path::new("(memory)"))?, options))
    }

    fn with_store(store: Store, options: LocalOptions) -> Self {
        let LocalOptions { location, clock, fail_on, step_delay, failed_copy } = options;
        Self { store: store.reporting_to(failed_copy), location, clock, fail_on, step_delay, prepared: RefCell::new(None) }
    }

    /// Returns the resources that stacks retained because of their policies.
    ///
    /// # Errors
    ///
    /// Returns an error if the store cannot be read.
    pub fn retained_resources(&self) -> Result<Vec<RetainedResource>, BackendError> {
        let records: Vec<AccountRecord> = self.store.transaction(|transaction| transaction.all(Table::ACCOUNT, ""))?;
        let retained = records.into_iter().filter(|record| record.retained);
        Ok(retained
            .map(|record| RetainedResource {
                resource_type: record.resource_type,
                physical_id: secrets::shown(record.has_secret_id, record.physical_id),
                logical_id: record.logical_id,
                stack_id: record.stack_id,
            })
            .collect())
    }

    /// Deletes everything: stacks, events, retained resources, also if the store is damaged.
    ///
    /// # Errors
    ///
    /// Returns an error if another process has the store open, or if its files cannot be deleted.
    pub fn discard(directory: &Path, trusted: Option<&Path>) -> Result<(), BackendError> {
        Store::discard(Place { path: directory, trusted })
    }

    /// Examines a store, and restores a damaged one from its last good copy if `apply`.
    ///
    /// # Errors
    ///
    /// Returns an error if another process has the store open, or if its files cannot be read or written.
    pub fn repair(directory: &Path, trusted: Option<&Path>, apply: bool) -> Result<StoreState, BackendError> {
        repair::repair(Place { path: directory, trusted }, apply)
    }

    /// Returns the evaluator's state of a stack without resources: pseudo parameters and exports.
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
        let outputs = || others.iter().filter(|other| other.id != stack.id).flat_map(|other| other.outputs.values());
        Ok(State {
            secret_exports: outputs().filter(|output| output.is_secret).filter_map(|output| output.export.clone()).collect(),
            pseudo: pseudo.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            exports: outputs().filter_map(|output| Some((output.export.clone()?, Value::String(output.value.clone())))).collect(),
            ..State::default()
        })
    }

    /// Starts an operation on a stack, which must not have one in progress.
    fn begin(&self, work: &mut Work<'_, '_, '_>, kind: OperationKind, target: Option<record::Deployment>) -> Result<(), BackendError> {
        let leftovers = if kind == OperationKind::Delete {
            leftovers::in_deletion_order(work.resources()?.into_iter().map(leftovers::leftover).collect())
        } else {
            Vec::new()
        };
        let operation = Operation {
            serial: work.transaction.next("operation")?,
            kind,
            phase: if kind == OperationKind::Delete { Phase::Cleanup } else { Phase::Forward },
            target,
            in_flight: None,
            finished: std::collections::BTreeSet::new(),
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

    /// Runs `work` on a stack in one transaction.
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

    /// Returns a mask for the `NoEcho` values of the stack and of its operation in progress.
    fn mask(&self) -> Mask {
        let deployments = self.deployed.iter().chain(self.operation.iter().filter_map(|operation| operation.target.as_ref()));
        deployments.flat_map(|deployment| deployment.no_echo.iter().filter_map(|name| deployment.parameters.get(name))).collect()
    }
}

impl ResourceRecord {
    /// Returns the record of a resource that is not created yet.
    fn not_created(logical_id: &str, resource_type: &str) -> Self {
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
            secrets: SecretParts::default(),
        }
    }
}

impl Work<'_, '_, '_> {
    /// Writes the stack; removes a deleted stack, but keeps its events.
    fn save(&mut self) -> Result<(), BackendError> {
        if self.stack.status != StackStatus::DeleteComplete {
            return self.transaction.put(Table::STACKS, &self.stack.name, &self.stack);
        }
        self.transaction.remove(Table::STACKS, &self.stack.name)?;
        self.transaction.remove_all(Table::CHANGE_SETS, &resource_key(&self.stack.id, ""))?;
        self.transaction.remove_all(Table::RESOURCES, &resource_key(&self.stack.id, ""))
    }
}
