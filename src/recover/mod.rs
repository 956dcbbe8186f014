//! Ways out of a state that a stack is stuck in.
//!
//! Takes what a backend tells of a stack (its status, events and resources), gives a [`Recovery`]: why it is stuck, and proposals, the best
//! first, each with what it does and what it loses. Nothing here asks a backend or carries anything out: `rackform recover` does.
//!
//! Source of what each status allows: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html> and
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html>.

mod choose;
mod ways;

use serde::Serialize;

pub use choose::{Problem, Wish, choose};

use crate::apply::{RootCause, history};
use crate::backend::{StackDescription, StackName, StackResource};
use crate::cloudformation::{ResourceStatus, StackEvent, StackStatus};

/// What a backend tells of a stack.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'s> {
    /// The stack.
    pub stack: &'s StackDescription,
    /// Its events, oldest first; those of its last operations will do.
    pub events: &'s [StackEvent],
    /// Its resources.
    pub resources: &'s [StackResource],
}

/// Why a stack is stuck, and the ways out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recovery {
    /// The stack.
    pub stack_name: StackName,
    /// Its status.
    pub status: StackStatus,
    /// What the operation that led here failed for first.
    pub root_cause: Option<RootCause>,
    /// Resources that keep the stack where it is.
    pub blockers: Vec<Blocker>,
    /// The ways out, the best first; none when the stack is not stuck.
    pub proposals: Vec<Proposal>,
}

/// A resource that keeps a stack where it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Blocker {
    /// The logical ID.
    pub logical_id: String,
    /// The physical ID, where there is one.
    pub physical_id: String,
    /// The type.
    pub resource_type: String,
    /// The status.
    pub status: ResourceStatus,
    /// Why it failed, where that is known.
    pub reason: Option<String>,
}

/// A way out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    /// What to do.
    pub way: Way,
    /// Why that helps.
    pub why: String,
    /// What it does.
    pub does: String,
    /// What it loses or leaves behind, where it does.
    pub loses: Option<String>,
    /// The command that does it without asking.
    pub command: String,
}

/// What to do about a stuck stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Way {
    /// Follow what is under way to its end.
    Wait,
    /// Cancel the update that is under way, which undoes it.
    Cancel,
    /// Go on with the rollback of an update, taking some resources for rolled back as they are.
    Continue {
        /// The logical IDs of those.
        skip: Vec<String>,
    },
    /// Roll back an update that was left where it failed.
    Rollback,
    /// Delete the stack, letting some resources go that could not be deleted.
    Delete {
        /// The logical IDs of those.
        retain: Vec<String>,
    },
}

impl Way {
    /// Returns its name, as `--choose` takes it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Cancel => "cancel",
            Self::Continue { .. } => "continue",
            Self::Rollback => "rollback",
            Self::Delete { .. } => "delete",
        }
    }
}

/// Returns why a stack is stuck, and the ways out.
pub fn propose(situation: Situation<'_>) -> Recovery {
    let Situation { stack, events, resources } = situation;
    let operations = history::operations(events);
    // Going on with a rollback is not what failed first.
    let is_second_try = |operation: &&[StackEvent]| operation.first().is_some_and(|event| event.status.as_stack_status().is_rollback());
    let led_here = operations.iter().rev().find(|operation| !is_second_try(operation)).or(operations.last());
    let blockers = blockers(stack.status, operations.last().copied().unwrap_or(events), resources);
    Recovery {
        stack_name: stack.name.clone(),
        status: stack.status.clone(),
        root_cause: led_here.and_then(|operation| history::root_cause(operation)),
        proposals: ways::out(situation, operations.last().copied().unwrap_or_default(), &blockers),
        blockers,
    }
}

/// Returns the resources that keep a stack in its status.
fn blockers(status: StackStatus, operation: &[StackEvent], resources: &[StackResource]) -> Vec<Blocker> {
    let wanted = match status {
        StackStatus::UpdateRollbackFailed => ResourceStatus::UpdateFailed,
        StackStatus::ImportRollbackFailed => ResourceStatus::ImportRollbackFailed,
        StackStatus::DeleteFailed | StackStatus::RollbackFailed => ResourceStatus::DeleteFailed,
        _ => return Vec::new(),
    };
    let turned_back =
        operation.iter().position(|event| event.is_of_stack() && event.status.as_stack_status().is_rolling_back()).unwrap_or(0);
    let failures: Vec<&StackEvent> =
        operation.iter().skip(turned_back).filter(|event| event.status == wanted && !event.is_cancellation()).collect();
    let last = |resource: &StackResource| failures.iter().rfind(|event| event.logical_id == resource.logical_id);
    let all: Vec<&StackResource> = resources.iter().filter(|resource| resource.status == wanted).collect();
    // A resource whose update failed before the way back is not one that the way back failed at.
    let told: Vec<&StackResource> = all.iter().copied().filter(|resource| last(resource).is_some()).collect();
    let blocking = if told.is_empty() { all } else { told };
    let blocker = |resource: &StackResource| Blocker {
        logical_id: resource.logical_id.clone(),
        physical_id: resource.physical_id.clone(),
        resource_type: resource.resource_type.clone(),
        status: resource.status.clone(),
        reason: last(resource).and_then(|event| event.status_reason.clone()),
    };
    blocking.into_iter().map(blocker).collect()
}
