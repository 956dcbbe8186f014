//! Executes one step of an operation, in the phase that the operation is in.

use super::record::{Operation, Phase};
use super::work::Work;
use crate::backend::BackendError;

impl Work<'_, '_, '_> {
    /// Executes the next step; returns the rest of the operation.
    pub(super) fn step(&mut self, operation: Operation) -> Result<Option<Operation>, BackendError> {
        match operation.phase {
            Phase::Forward | Phase::Rollback => self.advance_resources(operation),
            Phase::Cleanup | Phase::RollbackCleanup => self.clean_up(operation),
        }
    }
}
