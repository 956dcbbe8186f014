//! Starts rollbacks.

use super::leftovers;
use super::record::{Operation, OperationKind, Phase};
use super::work::Work;
use crate::backend::BackendError;
use crate::cloudformation::StackStatus;

impl Work<'_, '_, '_> {
    /// Starts a rollback: of an update to the previous deployment, of a creation to an empty stack.
    pub(super) fn roll_back(&mut self, mut operation: Operation, reason: &str) -> Result<Option<Operation>, BackendError> {
        operation.in_flight = None;
        operation.finished.clear();
        operation.leftovers.clear();
        if operation.kind == OperationKind::Create {
            operation.phase = Phase::RollbackCleanup;
            let resources = self.resources()?;
            operation.leftovers = leftovers::of_failed_creation(resources);
            self.stack_status(StackStatus::RollbackInProgress, Some(&format!("{reason} Rollback requested by user.")))?;
        } else {
            operation.phase = Phase::Rollback;
            operation.target.clone_from(&self.stack.deployed);
            self.stack_status(StackStatus::UpdateRollbackInProgress, Some(reason))?;
        }
        Ok(Some(operation))
    }
}
