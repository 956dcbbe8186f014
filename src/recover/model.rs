//! A stack's snapshot, and its recovery options.

use serde::Serialize;

use crate::apply::RootCause;
use crate::backend::{StackDescription, StackName, StackResource};
use crate::cloudformation::{ResourceStatus, StackEvent, StackStatus};

/// A stack with its events and resources.
#[derive(Clone, Copy, Debug)]
pub struct StackSnapshot<'s> {
    /// The stack.
    pub stack: &'s StackDescription,
    /// Its events, oldest first; those of its last operations are enough.
    pub events: &'s [StackEvent],
    /// Its resources.
    pub resources: &'s [StackResource],
}

/// Why a stack is stuck, and its recovery options.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recovery {
    /// The stack.
    pub stack_name: StackName,
    /// Its status.
    pub status: StackStatus,
    /// The first failure of the operation that led to the status.
    pub root_cause: Option<RootCause>,
    /// The resources because of which the stack is stuck.
    pub blockers: Vec<Blocker>,
    /// The recovery options, the best first; empty if the stack is not stuck.
    pub options: Vec<RecoveryOption>,
}

/// A resource because of which a stack is stuck.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Blocker {
    /// The logical ID.
    pub logical_id: String,
    /// The physical ID; empty if it has none.
    pub physical_id: String,
    /// The type.
    pub resource_type: String,
    /// The status.
    pub status: ResourceStatus,
    /// Why it failed, if known.
    pub reason: Option<String>,
}

/// A recovery option.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecoveryOption {
    /// The action.
    pub action: RecoveryAction,
    /// When to choose it.
    pub why: String,
    /// Its effect.
    pub does: String,
    /// What is lost or left behind, if anything.
    pub loses: Option<String>,
    /// Logical IDs of the resources whose data is lost, each of which the user has to approve.
    pub data_loss: Vec<String>,
}

/// How to recover a stuck stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum RecoveryAction {
    /// Wait for the operation in progress.
    Wait,
    /// Cancel the update in progress, which rolls it back.
    Cancel,
    /// Continue the failed rollback of an update.
    Continue {
        /// Logical IDs of the resources to skip.
        skip: Vec<String>,
    },
    /// Roll back a failed update that was not rolled back.
    Rollback,
    /// Delete the stack.
    Delete {
        /// Logical IDs of the resources to retain in the account, whose deletion failed.
        retain: Vec<String>,
    },
    /// Delete the stack even if resources cannot be deleted.
    ForceDelete,
}

impl RecoveryAction {
    /// Returns its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Cancel => "cancel",
            Self::Continue { .. } => "continue",
            Self::Rollback => "rollback",
            Self::Delete { .. } => "delete",
            Self::ForceDelete => "force-delete",
        }
    }
}
