//! The outcome of an operation.

use indexmap::IndexMap;
use serde::Serialize;

use super::history::RootCause;
use crate::cloudformation::{StackEvent, StackStatus};

/// The outcome of an operation.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "Outcome", rename_all = "kebab-case", rename_all_fields = "PascalCase")]
pub enum Outcome {
    /// There were no changes.
    Unchanged {
        /// The stack's status, if the stack exists.
        status: Option<StackStatus>,
    },
    /// The operation succeeded.
    Complete {
        /// The stack's status.
        status: StackStatus,
        /// Its outputs.
        outputs: IndexMap<String, String>,
        /// Resources that should have been deleted and could not be: they stay in the account, outside the stack.
        left_behind: Vec<StackEvent>,
        /// Resources that left the stack and were kept because of their policies.
        retained: Vec<StackEvent>,
    },
    /// The operation failed, and the stack was rolled back; after a creation, it contains nothing.
    RolledBack {
        /// The stack's status.
        status: StackStatus,
        /// The first failure.
        root_cause: Option<RootCause>,
    },
    /// The operation failed, and was not rolled back or the rollback failed.
    Failed {
        /// The stack's status.
        status: StackStatus,
        /// The first failure.
        root_cause: Option<RootCause>,
        /// The first failure during the rollback, if that failed too.
        rollback_cause: Option<Box<RootCause>>,
    },
    /// The stack was deleted.
    Deleted {
        /// Resources that were kept because of their policies.
        retained: Vec<StackEvent>,
    },
    /// Following was interrupted.
    Interrupted {
        /// The stack's status.
        status: StackStatus,
        /// Whether the operation continues without this process.
        continues: bool,
    },
}

impl Outcome {
    /// Returns whether the stack is now in the desired state.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Unchanged { .. } | Self::Complete { .. } | Self::Deleted { .. })
    }
}
