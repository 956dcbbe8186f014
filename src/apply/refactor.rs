//! Executes one stack refactoring, follows it, and checks that every resource is still the same one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::connection::Connection;
use super::observer::Observer;
use super::{ApplyError, Target};
use crate::backend::{Backend, BackendError, RefactorAction, RefactorDescription, RefactorRequest};
use crate::cloudformation::{ResourceLocation, StackRefactorExecutionStatus, StackRefactorStatus};
use crate::polling::{PollResult, PollSchedule};

/// A stack refactoring that leaves no choices.
#[derive(Clone, Debug)]
pub struct RefactorTarget {
    /// The request.
    pub request: RefactorRequest,
    /// The revisions of the existing stacks that the plan was made for.
    pub revisions: Vec<(String, String)>,
    /// The physical ID of each resource of these stacks afterwards.
    pub physical_ids: BTreeMap<ResourceLocation, String>,
}

/// The outcome of a stack refactoring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "Outcome", rename_all = "kebab-case", rename_all_fields = "PascalCase")]
pub enum RefactorOutcome {
    /// It succeeded, and every resource has its physical ID.
    Complete {
        /// How many resources were compared.
        compared: usize,
    },
    /// It ended, but a resource does not have the expected physical ID.
    Different {
        /// The differences, in words.
        differences: Vec<String>,
    },
    /// It failed.
    Failed {
        /// The status.
        status: StackRefactorExecutionStatus,
        /// The reason.
        reason: Option<String>,
    },
    /// Following was interrupted.
    Interrupted {
        /// Its ID.
        id: String,
        /// Whether it continues without this process.
        continues: bool,
    },
}

/// Executes a stack refactoring and follows it to its end.
///
/// What the backend would do is compared with the request first. `interrupted` is checked between steps: before it was executed, nothing
/// has changed.
///
/// # Errors
///
/// Returns [`ApplyError::StackChanged`] if a stack changed since the plan was made, [`ApplyError::RefactorFailed`] if the backend refuses
/// it, [`ApplyError::RefactorExceedsPlan`], or the backend's error.
pub fn refactor(
    backend: &dyn Backend,
    target: &RefactorTarget,
    observer: &mut dyn Observer,
    interrupted: &AtomicBool,
) -> Result<RefactorOutcome, ApplyError> {
    check_revisions(backend, target)?;
    let id = backend.create_refactor(&target.request)?;
    let is_created = |found: &RefactorDescription| found.status != StackRefactorStatus::CreateInProgress;
    let created = wait(backend, &id, observer, interrupted, is_created).map_err(|error| match error {
        // Nothing continues: it is not executed yet.
        ApplyError::FollowFailed { source, .. } => source.into(),
        error => error,
    })?;
    let stack = target.request.stacks.first().map(|stack| stack.name.clone()).unwrap_or_default();
    let Some(created) = created else { return Err(ApplyError::Interrupted { stack }) };
    if created.status != StackRefactorStatus::CreateComplete {
        let reason = created.status_reason.unwrap_or_else(|| created.status.to_string());
        return Err(ApplyError::RefactorFailed { reason });
    }
    let excess = unapproved(&backend.refactor_actions(&id)?, &target.request);
    if !excess.is_empty() {
        return Err(ApplyError::RefactorExceedsPlan { excess });
    }
    // Another user may have changed a stack since the first check.
    check_revisions(backend, target)?;
    if interrupted.load(Ordering::SeqCst) {
        return Err(ApplyError::Interrupted { stack });
    }
    backend.execute_refactor(&id)?;
    let is_final = |found: &RefactorDescription| {
        let status = found.execution_status;
        // A failed execution is rolled back.
        status.is_started() && !status.is_in_progress()
    };
    let Some(ended) = wait(backend, &id, observer, interrupted, is_final)? else {
        return Ok(RefactorOutcome::Interrupted { id, continues: backend.capabilities().runs_in_background });
    };
    if ended.execution_status != StackRefactorExecutionStatus::ExecuteComplete {
        return Ok(RefactorOutcome::Failed { status: ended.execution_status, reason: ended.execution_status_reason });
    }
    compare(backend, target)
}

fn check_revisions(backend: &dyn Backend, target: &RefactorTarget) -> Result<(), ApplyError> {
    let known = target.revisions.iter().map(|(stack, revision)| (stack, Some(revision.clone())));
    let new = target.request.stacks.iter().filter(|stack| stack.is_new).map(|stack| (&stack.name, None));
    for (stack, revision) in known.chain(new) {
        super::check_revision(backend, &Target { stack: stack.clone(), revision, ..Target::default() })?;
    }
    Ok(())
}

/// Polls until `is_done`; returns `None` if it was interrupted.
fn wait(
    backend: &dyn Backend,
    id: &str,
    observer: &mut dyn Observer,
    interrupted: &AtomicBool,
    is_done: impl Fn(&RefactorDescription) -> bool,
) -> Result<Option<RefactorDescription>, ApplyError> {
    let (mut connection, mut schedule) = (Connection::new(backend, observer, interrupted), PollSchedule::of(id));
    loop {
        let result = match backend.describe_refactor(id) {
            Ok(found) => {
                connection.reached();
                if is_done(&found) {
                    return Ok(Some(found));
                }
                PollResult::Unchanged
            }
            Err(error) => connection.handle_error(error, None)?,
        };
        if connection.pause(schedule.next(result)) {
            return Ok(None);
        }
    }
}

/// Returns what the backend would do beyond the request.
fn unapproved(actions: &[RefactorAction], request: &RefactorRequest) -> Vec<String> {
    let excess = |action: &RefactorAction| match action {
        RefactorAction::CreateStack(name) => {
            // The name may be missing.
            let is_wanted = request.stacks.iter().any(|stack| stack.is_new && (name.is_empty() || stack.name == *name));
            (!is_wanted).then(|| format!("it would create stack `{name}`"))
        }
        RefactorAction::Move(mapping) => {
            let is_wanted = request.mappings.contains(mapping);
            (!is_wanted).then(|| format!("it would move `{}` to `{}`", mapping.source, mapping.destination))
        }
        RefactorAction::Other(text) => Some(text.clone()),
    };
    actions.iter().filter_map(excess).collect()
}

/// Compares the physical IDs with the expected ones.
fn compare(backend: &dyn Backend, target: &RefactorTarget) -> Result<RefactorOutcome, ApplyError> {
    let mut found = BTreeMap::new();
    for stack in &target.request.stacks {
        let resources = backend.list_resources(&stack.name).map_err(|source: BackendError| ApplyError::RefactorUnverified { source })?;
        for resource in resources {
            found.insert(ResourceLocation::new(&stack.name, resource.logical_id), resource.physical_id);
        }
    }
    let mut differences: Vec<String> = Vec::new();
    for (location, expected) in &target.physical_ids {
        match found.get(location) {
            Some(actual) if actual == expected => {}
            Some(actual) => differences.push(format!("`{location}` is {actual}, not {expected}")),
            None => differences.push(format!("`{location}` does not exist; it was {expected}")),
        }
    }
    let added = found.keys().filter(|location| !target.physical_ids.contains_key(location));
    differences.extend(added.map(|location| format!("`{location}` is an additional resource")));
    Ok(match differences.is_empty() {
        true => RefactorOutcome::Complete { compared: target.physical_ids.len() },
        false => RefactorOutcome::Different { differences },
    })
}
