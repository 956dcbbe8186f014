//! Recovery options for a stuck stack.
//!
//! Takes a [`StackSnapshot`] (a stack's status, events and resources); returns a [`Recovery`]: why the stack is stuck, and recovery
//! options, the best first, each with its effects and losses. Nothing here calls a backend: `rackform recover` reads the snapshot, words
//! the command for an option, and executes it.
//!
//! Source of what each status allows: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html> and
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html>.

mod choose;
mod model;
mod options;

pub use choose::{RecoveryError, RequestedPart, RequestedRecovery, choose};
pub use model::{Blocker, Recovery, RecoveryAction, RecoveryOption, StackSnapshot};

use crate::apply::history;
use crate::backend::StackResource;
use crate::cloudformation::{ResourceStatus, StackEvent, StackStatus};

/// Returns why a stack is stuck, and its recovery options.
pub fn recovery(snapshot: StackSnapshot<'_>) -> Recovery {
    let StackSnapshot { stack, events, resources } = snapshot;
    let operations = history::operations(events);
    // A continued rollback is not the operation that failed first.
    let is_continued = |operation: &&[StackEvent]| operation.first().is_some_and(|event| event.status.as_stack_status().is_rollback());
    let failed = operations.iter().rev().find(|operation| !is_continued(operation)).or(operations.last());
    let blockers = blockers(stack.status, operations.last().copied().unwrap_or(events), resources);
    Recovery {
        stack_name: stack.name.clone(),
        status: stack.status,
        root_cause: failed.and_then(|operation| history::root_cause(operation)),
        options: options::options(snapshot, operations.last().copied().unwrap_or_default(), &blockers),
        blockers,
    }
}

/// Returns the resources because of which a stack is stuck.
fn blockers(status: StackStatus, operation: &[StackEvent], resources: &[StackResource]) -> Vec<Blocker> {
    let blocking_status = match status {
        StackStatus::UpdateRollbackFailed => ResourceStatus::UpdateFailed,
        StackStatus::ImportRollbackFailed => ResourceStatus::ImportRollbackFailed,
        StackStatus::DeleteFailed | StackStatus::RollbackFailed => ResourceStatus::DeleteFailed,
        _ => return Vec::new(),
    };
    let is_rollback_start = |event: &StackEvent| event.is_of_stack() && event.status.as_stack_status().is_rolling_back();
    let rollback_start = operation.iter().position(is_rollback_start).unwrap_or(0);
    let is_failure = |event: &&StackEvent| event.status == blocking_status && !event.is_cancellation();
    let failures: Vec<&StackEvent> = operation.iter().skip(rollback_start).filter(is_failure).collect();
    let last = |resource: &StackResource| failures.iter().rfind(|event| event.logical_id == resource.logical_id);
    let all: Vec<&StackResource> = resources.iter().filter(|resource| resource.status == blocking_status).collect();
    // A resource whose update failed before the rollback started does not block the rollback.
    let in_rollback: Vec<&StackResource> = all.iter().copied().filter(|resource| last(resource).is_some()).collect();
    let blocking = if in_rollback.is_empty() { all } else { in_rollback };
    let blocker = |resource: &StackResource| Blocker {
        logical_id: resource.logical_id.clone(),
        physical_id: resource.physical_id.clone(),
        resource_type: resource.resource_type.clone(),
        status: resource.status,
        reason: last(resource).and_then(|event| event.status_reason.clone()),
    };
    blocking.into_iter().map(blocker).collect()
}
