//! How carrying a plan out ended.

use indexmap::IndexMap;
use serde::Serialize;

use super::history::RootCause;
use crate::cloudformation::{StackEvent, StackStatus};

/// How carrying a plan out ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "Outcome", rename_all = "kebab-case", rename_all_fields = "PascalCase")]
pub enum Outcome {
    /// There was nothing to do.
    Unchanged {
        /// The stack's status, where there is a stack.
        status: Option<StackStatus>,
    },
    /// It is done.
    Complete {
        /// The stack's status.
        status: StackStatus,
        /// Its outputs.
        outputs: IndexMap<String, String>,
        /// Resources that are no longer wanted and could not be deleted: they are in the account, out of the stack's care.
        left_behind: Vec<StackEvent>,
    },
    /// It failed, and the stack is what it was before; or, after a creation, nothing.
    RolledBack {
        /// The stack's status.
        status: StackStatus,
        /// The first failure.
        root_cause: Option<RootCause>,
    },
    /// It failed, and so did the way back.
    Failed {
        /// The stack's status.
        status: StackStatus,
        /// The first failure.
        root_cause: Option<RootCause>,
        /// The first failure on the way back, where that failed too.
        rollback_cause: Option<Box<RootCause>>,
    },
    /// The stack is gone.
    Deleted {
        /// Resources that stay in the account, as their policies say.
        retained: Vec<StackEvent>,
    },
    /// Following it was interrupted; the operation is where it was.
    Interrupted {
        /// The stack's status.
        status: StackStatus,
        /// Whether it goes on all the same, with nobody looking.
        goes_on: bool,
    },
}

impl Outcome {
    /// Tells whether the stack is now what it was meant to be.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Unchanged { .. } | Self::Complete { .. } | Self::Deleted { .. })
    }
}
