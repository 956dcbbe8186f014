//! What the store holds. None of it is `Debug`: it knows secrets.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::FailOn;
use crate::cloudformation::{Change, ChangeSetStatus, OnFailure, ResourceStatus, StackStatus};
use crate::plan::ResourceImport;

/// A template with the values it is deployed with.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Deployment {
    /// The template's SHA-256, under which its text is kept.
    pub(super) template: String,
    /// Every declared parameter's value, defaults too.
    pub(super) parameters: IndexMap<String, String>,
    /// Which parameters are `NoEcho`.
    pub(super) no_echo: BTreeSet<String>,
    /// The stack's tags.
    pub(super) tags: IndexMap<String, String>,
}

/// A stack.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct StackRecord {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) status: StackStatus,
    pub(super) status_reason: Option<String>,
    /// What it is, or what it goes back to when the operation fails; `None` while only a change set exists.
    pub(super) deployed: Option<Deployment>,
    pub(super) outputs: IndexMap<String, OutputRecord>,
    /// Exports of other stacks that it uses.
    pub(super) imports: BTreeSet<String>,
    pub(super) created: String,
    pub(super) updated: Option<String>,
    pub(super) termination_protection: bool,
    /// The text of its policy.
    #[serde(default)]
    pub(super) policy: Option<String>,
    /// How many events there are.
    pub(super) events: u64,
    /// What is being done to it.
    pub(super) operation: Option<Operation>,
    /// The rollback of an update that failed, or an operation that was left where it failed, as far as it got.
    #[serde(default)]
    pub(super) stuck: Option<Operation>,
}

/// An output.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct OutputRecord {
    pub(super) value: String,
    pub(super) export: Option<String>,
}

/// A resource of a stack.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ResourceRecord {
    pub(super) logical_id: String,
    pub(super) physical_id: Option<String>,
    pub(super) resource_type: String,
    pub(super) status: ResourceStatus,
    pub(super) properties: Value,
    pub(super) metadata: Option<Value>,
    pub(super) attributes: IndexMap<String, Value>,
    pub(super) deletion_policy: Option<String>,
    pub(super) update_replace_policy: Option<String>,
    /// Resources of the stack that must be there before it, and go after it.
    pub(super) depends_on: BTreeSet<String>,
    /// How often it was created or updated: a launch template's version.
    pub(super) generation: u32,
}

/// A physical resource, whoever looks after it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct AccountRecord {
    pub(super) resource_type: String,
    pub(super) physical_id: String,
    pub(super) stack_id: String,
    pub(super) logical_id: String,
    /// The name that no second one of its type may have.
    pub(super) name: Option<String>,
    pub(super) properties: Value,
    /// Whether its stack let it go.
    pub(super) retained: bool,
}

/// A change set.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ChangeSetRecord {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) target: Deployment,
    pub(super) status: ChangeSetStatus,
    pub(super) status_reason: Option<String>,
    pub(super) changes: Vec<Change>,
    /// How many events the stack had when it was made.
    pub(super) events: u64,
    /// What becomes of the operation when something fails.
    #[serde(default)]
    pub(super) on_failure: Option<OnFailure>,
    /// What it takes into the stack.
    #[serde(default)]
    pub(super) imports: Vec<ResourceImport>,
}

/// What is being done to a stack, as far as it got.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Operation {
    /// Its number in the store.
    pub(super) serial: u64,
    pub(super) kind: OperationKind,
    pub(super) phase: Phase,
    /// What the stack is to be; what it was, in a rollback.
    pub(super) target: Option<Deployment>,
    /// The resource at hand.
    pub(super) in_flight: Option<InFlight>,
    /// Resources that are in this phase's final state.
    pub(super) settled: BTreeSet<String>,
    /// Resources that this operation touched, as they were; `None` for those it made.
    pub(super) before: IndexMap<String, Option<ResourceRecord>>,
    /// Physical resources that the clean-up deletes or lets go, in that order.
    pub(super) leftovers: Vec<Leftover>,
    pub(super) fail_on: Vec<FailOn>,
    /// Resources that failed to be deleted.
    pub(super) undeleted: Vec<String>,
    /// What becomes of it when something fails; `None` is to roll back.
    #[serde(default)]
    pub(super) on_failure: Option<OnFailure>,
    /// What it takes into the stack.
    #[serde(default)]
    pub(super) imports: Vec<ResourceImport>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum OperationKind {
    Create,
    Update,
    /// Existing resources are taken in, and nothing else is done.
    Import,
    Delete,
}

/// Which part of an operation is at hand.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Phase {
    /// Towards the target.
    Forward,
    /// What was replaced or is no longer wanted goes.
    Cleanup,
    /// Back to what was.
    Rollback,
    /// What the failed operation made goes.
    RollbackCleanup,
}

/// The resource at hand and what is being done to it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct InFlight {
    pub(super) logical_id: String,
    pub(super) doing: Doing,
}

/// What is being done to a resource.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Doing {
    Create,
    /// What is there is taken in.
    Import,
    Update,
    /// A new physical resource is made in place of the old one.
    Replace,
    /// The old physical resource takes its place again, in a rollback.
    Restore,
    Delete,
}

/// A physical resource that is no longer wanted.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Leftover {
    pub(super) resource: ResourceRecord,
    /// Whether its policy lets it go instead of deleting it.
    pub(super) keep: bool,
}
