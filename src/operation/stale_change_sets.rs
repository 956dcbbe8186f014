//! Stale change sets: what an interrupted dry run left in the account.

use crate::apply;
use crate::backend::{Backend, BackendError};

/// The change sets that interrupted dry runs left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleChangeSets {
    /// Their names, at least one.
    pub names: Vec<String>,
    /// Whether the stack exists only because of them.
    pub is_only_content: bool,
}

/// Finds the change sets that interrupted dry runs left; `None` if none exist. Only dry runs on AWS leave change sets.
///
/// # Errors
///
/// Returns an error if the change sets cannot be listed.
pub fn find_stale_change_sets(backend: &dyn Backend, stack: &str) -> Result<Option<StaleChangeSets>, BackendError> {
    if !backend.capabilities().confirms_plans {
        return Ok(None);
    }
    let names = apply::stale_change_sets(backend, stack)?;
    if names.is_empty() {
        return Ok(None);
    }
    let is_review = backend.describe_stack(stack).ok().flatten().is_some_and(|found| found.status.is_review());
    let is_only_content = is_review && backend.list_change_sets(stack).is_ok_and(|all| all.iter().all(|name| names.contains(name)));
    Ok(Some(StaleChangeSets { names, is_only_content }))
}
