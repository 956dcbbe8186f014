//! The records in the store. They do not implement `Debug`, because they contain secrets.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::FailOn;
use super::secrets::{SecretParts, shown};
use crate::backend::StackDefinition;
use crate::cloudformation::{
    Change, ChangeSetStatus, OnFailure, ResourceMapping, ResourceStatus, StackRefactorExecutionStatus, StackStatus,
};
use crate::plan::ResourceImport;
use crate::secret::{MASKED, Mask};

/// A template with its parameter values.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Deployment {
    /// The template's SHA-256, the key of its text.
    pub(super) template: String,
    /// The values of all declared parameters, including defaults.
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
    /// The deployment, to which a failed operation rolls back; `None` while only a change set exists.
    pub(super) deployed: Option<Deployment>,
    pub(super) outputs: IndexMap<String, OutputRecord>,
    /// Imported exports of other stacks.
    pub(super) imports: BTreeSet<String>,
    pub(super) created: String,
    pub(super) updated: Option<String>,
    pub(super) termination_protection: bool,
    /// The text of its policy.
    #[serde(default)]
    pub(super) policy: Option<String>,
    /// The number of events.
    pub(super) events: u64,
    /// The ID of the last operation, which its events have.
    #[serde(default)]
    pub(super) operation_id: Option<String>,
    /// The operation in progress.
    pub(super) operation: Option<Operation>,
    /// A failed rollback, or a failed operation that was not rolled back, with its progress.
    #[serde(default)]
    pub(super) stuck: Option<Operation>,
}

/// An output.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct OutputRecord {
    pub(super) value: String,
    pub(super) export: Option<String>,
    /// Whether the value depends on a secret.
    #[serde(default)]
    pub(super) is_secret: bool,
    /// Whether the name of the export does.
    #[serde(default)]
    pub(super) has_secret_export: bool,
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
    /// Logical IDs that it depends on.
    pub(super) depends_on: BTreeSet<String>,
    /// The number of creations and updates: a launch template's version.
    pub(super) generation: u32,
    /// Which properties depend on a secret, and whether the physical ID may contain one.
    #[serde(default)]
    pub(super) secrets: SecretParts,
}

impl ResourceRecord {
    /// Returns the physical ID for a view.
    pub(super) fn shown_id(&self) -> Option<String> {
        self.physical_id.clone().map(|id| shown(self.secrets.id, id))
    }

    /// Returns the attributes for a view.
    pub(super) fn shown_attributes(&self, mask: &Mask) -> IndexMap<String, Value> {
        let attribute = |(name, value): (&String, &Value)| {
            let is_secret = self.secrets.has_attribute(&self.resource_type, name);
            (name.clone(), if is_secret { Value::String(MASKED.to_owned()) } else { mask.json(value.clone()) })
        };
        self.attributes.iter().map(attribute).collect()
    }
}

impl OutputRecord {
    /// Returns the value for a view.
    pub(super) fn shown(&self, mask: &Mask) -> String {
        if self.is_secret { MASKED.to_owned() } else { mask.text(&self.value) }
    }

    /// Returns the name of the export for a view.
    pub(super) fn shown_export(&self) -> Option<String> {
        self.export.clone().map(|export| shown(self.has_secret_export, export))
    }
}

/// A physical resource in the account, inside or outside a stack.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct AccountRecord {
    pub(super) resource_type: String,
    pub(super) physical_id: String,
    pub(super) stack_id: String,
    pub(super) logical_id: String,
    /// The name, which must be unique for its type.
    pub(super) name: Option<String>,
    pub(super) properties: Value,
    /// Whether its stack retained it.
    pub(super) retained: bool,
    /// Whether the physical ID may contain a secret.
    #[serde(default)]
    pub(super) has_secret_id: bool,
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
    /// The stack's number of events at its creation.
    pub(super) events: u64,
    /// What to do when the operation fails.
    #[serde(default)]
    pub(super) on_failure: Option<OnFailure>,
    /// The resources to import.
    #[serde(default)]
    pub(super) imports: Vec<ResourceImport>,
}

/// A stack refactoring.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct RefactorRecord {
    pub(super) stacks: Vec<StackDefinition>,
    pub(super) mappings: Vec<ResourceMapping>,
    /// The number of events of each existing stack at its creation.
    pub(super) events: BTreeMap<String, u64>,
    pub(super) execution_status: StackRefactorExecutionStatus,
}

/// An operation on a stack, with its progress.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Operation {
    /// Its number in the store.
    pub(super) serial: u64,
    pub(super) kind: OperationKind,
    pub(super) phase: Phase,
    /// The target deployment; in a rollback, the previous one.
    pub(super) target: Option<Deployment>,
    /// The resource in progress.
    pub(super) in_flight: Option<InFlight>,
    /// Resources that are finished in this phase.
    #[serde(alias = "settled")]
    pub(super) finished: BTreeSet<String>,
    /// The previous state of the resources that this operation changed; `None` for created ones.
    pub(super) before: IndexMap<String, Option<ResourceRecord>>,
    /// Physical resources that the clean-up deletes or retains, in this order.
    pub(super) leftovers: Vec<Leftover>,
    pub(super) fail_on: Vec<FailOn>,
    /// Resources whose deletion failed.
    pub(super) undeleted: Vec<String>,
    /// What to do when it fails; `None` is to roll back.
    #[serde(default)]
    pub(super) on_failure: Option<OnFailure>,
    /// The resources to import.
    #[serde(default)]
    pub(super) imports: Vec<ResourceImport>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum OperationKind {
    Create,
    Update,
    /// Imports existing resources, and does nothing else.
    Import,
    Delete,
}

/// The phase of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Phase {
    /// Creates, updates and replaces resources.
    Forward,
    /// Deletes replaced and removed resources.
    Cleanup,
    /// Restores the previous state.
    Rollback,
    /// Deletes resources that the failed operation created.
    RollbackCleanup,
}

/// The resource in progress and the action on it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct InFlight {
    pub(super) logical_id: String,
    #[serde(alias = "doing")]
    pub(super) action: ResourceAction,
}

/// An action on a resource.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ResourceAction {
    Create,
    /// Imports an existing resource.
    Import,
    Update,
    /// Creates a new physical resource that replaces the old one.
    Replace,
    /// Restores the old physical resource, in a rollback.
    Restore,
    Delete,
}

/// A physical resource that is no longer required.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Leftover {
    pub(super) resource: ResourceRecord,
    /// Whether its policy retains it.
    pub(super) keep: bool,
}
