//! Confirms a prediction with the backend's own change set, which is deleted again.

use std::sync::atomic::AtomicBool;

use super::error::OperationError;
use super::note::Note;
use super::target::PreparedChange;
use crate::apply;
use crate::backend::{Backend, ChangeSetDescription};
use crate::diagnostic::Diagnostics;
use crate::plan::Plan;

/// The backend's own change set for a prepared change.
pub struct ConfirmedChangeSet {
    /// The plan that the change set should agree with: the one of the import, if an import comes first.
    pub approved: Plan,
    /// The change set.
    pub change_set: ChangeSetDescription,
    /// What CloudFormation's checks warn about.
    pub warnings: Diagnostics,
}

/// Creates a change set for a prepared change, describes it and deletes it again. If an import comes first, only the import is confirmed.
///
/// # Errors
///
/// Returns an error if the backend cannot confirm plans, refuses the change, or cannot delete the change set.
pub fn confirm_change(
    change: &PreparedChange<'_>,
    backend: &dyn Backend,
    interrupted: &AtomicBool,
    notes: &mut dyn FnMut(Note),
) -> Result<ConfirmedChangeSet, OperationError> {
    if !backend.capabilities().confirms_plans {
        return Err(OperationError::CannotConfirm { backend: backend.name().to_owned() });
    }
    notes(Note::CreatingChangeSet);
    let first = change.target.first();
    if first.is_some() {
        notes(Note::OnlyImportConfirmed);
    }
    let target = first.as_ref().unwrap_or(&change.target);
    let (change_set, mut validations) = apply::confirm(backend, target, interrupted)?;
    for problem in &mut validations.problems.0 {
        problem.message = change.secrets.text(std::mem::take(&mut problem.message));
    }
    if let Some(why) = validations.unavailable {
        notes(Note::ValidationsUnknown { why });
    }
    if change_set.status.is_failed() && !change_set.is_empty_update() {
        let reason = change_set.status_reason.unwrap_or_else(|| "no reason given".to_owned());
        return Err(OperationError::ChangeRefused { reason: change.secrets.text(reason), problems: validations.problems });
    }
    if !validations.problems.0.is_empty() {
        notes(Note::Warnings(validations.problems.clone()));
    }
    let approved = target.approved.clone().unwrap_or_else(|| change.plan.clone());
    Ok(ConfirmedChangeSet { approved, change_set, warnings: validations.problems })
}
