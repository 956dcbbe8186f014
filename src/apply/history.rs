//! A stack's operations, reconstructed from its events: where each started, how it ended, and what failed first.

use crate::cloudformation::{HookProgress, HookResult, OperationEvent, ResourceStatus, StackEvent, StackStatus};
use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RootCause {
    /// The first failure.
    #[serde(flatten)]
    pub event: StackEvent,
    /// If that is a nested stack: the first failure inside it, and so on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nested: Vec<StackEvent>,
    /// Every other error of the resource that failed, and those with more details than the event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<OperationEvent>,
    /// The hook that refused the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook: Option<HookProgress>,
    /// The result of the hook that refused it, with its findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook_result: Option<HookResult>,
    /// Where the template declares the resource, if the template is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The number of other resources that failed or were cancelled after it.
    pub followers: usize,
}

/// A place in the template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The template's name: a path for a file.
    pub template: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// For the rendered rack: what produces the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// Returns a failure of which nothing else is known.
pub(super) fn cause_of(event: StackEvent) -> RootCause {
    RootCause { event, nested: Vec::new(), errors: Vec::new(), hook: None, hook_result: None, place: None, followers: 0 }
}

impl RootCause {
    /// Returns the failure that caused all others: the innermost nested stack's, if there are nested stacks.
    pub fn innermost(&self) -> &StackEvent {
        self.nested.last().unwrap_or(&self.event)
    }
}

/// Returns a stack's events by operation, oldest first.
///
/// An operation starts with the stack's own event that a creation, update, deletion or rollback is in progress, after an event with a final
/// status. The reason does not identify a start: cancelling an update and continuing a rollback are `User Initiated` too.
pub fn operations(events: &[StackEvent]) -> Vec<&[StackEvent]> {
    let mut starts = Vec::new();
    let mut is_idle = true;
    for (index, event) in events.iter().enumerate().filter(|(_, event)| event.is_of_stack()) {
        let deletes = event.status == ResourceStatus::DeleteInProgress && event.is_user_initiated();
        if event.status.is_in_progress() && (is_idle || deletes) {
            starts.push(index);
        }
        is_idle = !event.status.is_in_progress();
    }
    let ends = starts.iter().skip(1).copied().chain([events.len()]);
    starts.iter().zip(ends).filter_map(|(start, end)| events.get(*start..end)).collect()
}

/// Returns why an operation failed, from its events alone; `None` if nothing failed.
pub fn root_cause(operation: &[StackEvent]) -> Option<RootCause> {
    let mut history = History::default();
    operation.iter().for_each(|event| history.add(event));
    history.root_cause()
}

/// The parts of an operation's events that determine its outcome.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The stack's first status, which identifies the operation.
    began: Option<StackStatus>,
    /// The stack's last status.
    status: Option<StackStatus>,
    first_failure: Option<StackEvent>,
    /// The first failure during the rollback.
    rollback_failure: Option<StackEvent>,
    /// A cancellation, which is the cause only if nothing else failed.
    cancelled: Option<StackEvent>,
    /// The stack's own event that started the rollback: the cause if no resource failed.
    rollback_start: Option<StackEvent>,
    /// Resources that failed or were cancelled before the rollback.
    failed: IndexSet<String>,
    /// Resources that failed during the rollback.
    rollback_failed: IndexSet<String>,
    /// Hooks that refused a resource, by resource.
    hooks: IndexMap<String, HookProgress>,
    undeleted: Vec<StackEvent>,
    retained: Vec<StackEvent>,
}

impl History {
    /// Adds the next event.
    pub fn add(&mut self, event: &StackEvent) {
        if event.is_of_stack() {
            let status = event.status.as_stack_status();
            if self.began.is_none() && status.is_in_progress() {
                self.began = Some(status);
            }
            // An operation that starts with a rollback continues an earlier one.
            let continues = self.began == Some(status);
            if status.is_rolling_back() && self.rollback_start.is_none() && !continues {
                self.rollback_start = Some(event.clone());
            }
            self.status = Some(status);
            return;
        }
        // A hook that only warns stops nothing.
        let stops = |hook: &&HookProgress| hook.status.is_failed() && hook.failure_mode.as_deref() != Some("WARN");
        if let Some(hook) = event.hook.as_ref().filter(stops) {
            self.hooks.insert(event.logical_id.clone(), hook.clone());
        }
        let of_same = |other: &StackEvent| other.logical_id == event.logical_id && other.physical_id == event.physical_id;
        match event.status {
            ResourceStatus::DeleteFailed if !self.undeleted.iter().any(of_same) => self.undeleted.push(event.clone()),
            // The clean-up retries failed deletions.
            ResourceStatus::DeleteComplete => self.undeleted.retain(|other| !of_same(other)),
            ResourceStatus::DeleteSkipped => self.retained.push(event.clone()),
            _ => {}
        }
        if !event.status.is_failed() {
            return;
        }
        let failed = if self.rollback_start.is_some() && !event.is_cancellation() { &mut self.rollback_failed } else { &mut self.failed };
        failed.insert(event.logical_id.clone());
        let slot = if event.is_cancellation() {
            &mut self.cancelled
        } else if self.rollback_start.is_some() {
            &mut self.rollback_failure
        } else {
            &mut self.first_failure
        };
        // Events with equal times come in any order, and later pages may contain earlier events.
        if slot.as_ref().is_none_or(|first| event.is_before(first)) {
            *slot = Some(event.clone());
        }
    }

    /// Returns the stack's status according to its last event.
    pub fn status(&self) -> Option<StackStatus> {
        self.status
    }

    /// Returns whether the operation has ended, according to the stack's own events.
    pub fn is_over(&self) -> bool {
        self.began.is_some() && self.status.is_some_and(|status| !status.is_in_progress())
    }

    /// Returns whether the operation is a requested deletion, and not the deletion after a failed creation.
    pub fn is_deletion(&self) -> bool {
        self.began.is_none_or(|began| began == StackStatus::DeleteInProgress)
    }

    /// Returns the resources that could not be deleted.
    pub fn undeleted(&self) -> &[StackEvent] {
        &self.undeleted
    }

    /// Returns the resources that left the stack and were kept.
    pub fn retained(&self) -> &[StackEvent] {
        &self.retained
    }

    /// Returns why the operation failed.
    pub fn root_cause(&self) -> Option<RootCause> {
        let cancelled_by_user = self.rollback_start.as_ref().filter(|event| event.is_user_initiated());
        let first = self.first_failure.as_ref().or(cancelled_by_user).or(self.rollback_failure.as_ref());
        Some(self.cause(first.or(self.cancelled.as_ref()).or(self.rollback_start.as_ref())?, &self.failed))
    }

    /// Returns why the rollback failed, if that is not the root cause itself.
    pub fn rollback_cause(&self) -> Option<RootCause> {
        let failure = self.rollback_failure.as_ref().filter(|_| self.first_failure.is_some() || self.rollback_start.is_some())?;
        Some(self.cause(failure, &self.rollback_failed)).filter(|cause| Some(cause) != self.root_cause().as_ref())
    }

    fn cause(&self, event: &StackEvent, failed: &IndexSet<String>) -> RootCause {
        let mut event = event.clone();
        if let Some(hook) = self.hooks.get(&event.logical_id) {
            let reason = event.status_reason.take().map(|reason| format!("{reason}; ")).unwrap_or_default();
            let of_hook = hook.reason.as_deref().unwrap_or("no reason given");
            event.status_reason = Some(format!("{reason}hook {}: {of_hook}", hook.hook_type));
        }
        let hook = self.hooks.get(&event.logical_id).or(event.hook.as_ref()).cloned();
        let followers = failed.iter().filter(|name| **name != event.logical_id).count();
        RootCause { hook, followers, ..cause_of(event) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudformation::HookStatus;

    fn event(id: usize, logical_id: &str, status: &str, reason: &str) -> StackEvent {
        let own = logical_id == "rack";
        StackEvent {
            id: id.to_string(),
            timestamp: format!("2026-01-02T03:04:{:02}.000Z", id.min(59)),
            logical_id: logical_id.to_owned(),
            physical_id: own.then(|| "arn:aws:cloudformation:us-east-1:1:stack/rack/1".to_owned()),
            resource_type: if own { crate::cloudformation::STACK_TYPE } else { "AWS::SQS::Queue" }.to_owned(),
            status: status.into(),
            status_reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
            ..StackEvent::default()
        }
    }

    fn events(lines: &[(&str, &str, &str)]) -> Vec<StackEvent> {
        lines.iter().enumerate().map(|(id, (name, status, reason))| event(id, name, status, reason)).collect()
    }

    #[test]
    fn an_operation_starts_after_a_final_status() {
        let all = events(&[
            ("rack", "REVIEW_IN_PROGRESS", "User Initiated"),
            ("rack", "CREATE_IN_PROGRESS", "User Initiated"),
            ("A", "CREATE_COMPLETE", ""),
            ("rack", "CREATE_COMPLETE", ""),
            ("rack", "UPDATE_IN_PROGRESS", "User Initiated"),
            ("rack", "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated"),
            ("A", "UPDATE_FAILED", "no"),
            ("rack", "UPDATE_ROLLBACK_FAILED", ""),
            ("rack", "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated"),
            ("rack", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", ""),
            ("rack", "UPDATE_ROLLBACK_COMPLETE", ""),
        ]);
        let first: Vec<&str> = operations(&all).iter().map(|operation| operation[0].id.as_str()).collect();
        assert_eq!(first, ["1", "4", "8"], "a cancelled update is one operation, continuing its rollback is another");
    }

    #[test]
    fn cancelled_resources_are_counted_as_followers_of_the_failure() {
        let all = events(&[
            ("rack", "CREATE_IN_PROGRESS", "User Initiated"),
            ("B", "CREATE_FAILED", "Resource creation cancelled"),
            ("C", "CREATE_FAILED", "Resource creation cancelled"),
            ("A", "CREATE_FAILED", "quota exceeded"),
            ("rack", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [B, C, A]."),
        ]);
        let cause = root_cause(&all);
        assert_eq!(cause.as_ref().map(|cause| (cause.event.logical_id.as_str(), cause.followers)), Some(("A", 2)), "{cause:?}");
    }

    #[test]
    fn the_earlier_of_two_failures_is_the_cause_in_any_order() {
        let mut all = events(&[("rack", "UPDATE_IN_PROGRESS", ""), ("A", "UPDATE_FAILED", "first"), ("B", "UPDATE_FAILED", "second")]);
        all.swap(1, 2);
        assert_eq!(root_cause(&all).and_then(|cause| cause.event.status_reason), Some("first".to_owned()));
    }

    #[test]
    fn a_rollback_failure_is_reported_in_addition_to_the_root_cause() {
        let all = events(&[
            ("rack", "UPDATE_IN_PROGRESS", "User Initiated"),
            ("A", "UPDATE_FAILED", "quota"),
            ("rack", "UPDATE_ROLLBACK_IN_PROGRESS", ""),
            ("B", "UPDATE_FAILED", "deleted outside CloudFormation"),
            ("rack", "UPDATE_ROLLBACK_FAILED", ""),
        ]);
        let mut history = History::default();
        all.iter().for_each(|event| history.add(event));
        let name = |cause: Option<RootCause>| cause.map(|cause| cause.event.logical_id);
        assert_eq!((name(history.root_cause()), name(history.rollback_cause())), (Some("A".to_owned()), Some("B".to_owned())));
        assert_eq!(
            history.root_cause().map(|cause| cause.followers),
            Some(0),
            "a failure during the rollback is not a follower of the root cause"
        );
        assert!(history.is_over());
    }

    #[test]
    fn the_cause_of_a_cancelled_update_is_the_cancellation() {
        let all = events(&[
            ("rack", "UPDATE_IN_PROGRESS", "User Initiated"),
            ("A", "UPDATE_IN_PROGRESS", ""),
            ("rack", "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated"),
            ("A", "UPDATE_FAILED", "Resource update cancelled"),
            ("rack", "UPDATE_ROLLBACK_COMPLETE", ""),
        ]);
        let cause = root_cause(&all);
        assert!(cause.as_ref().is_some_and(|cause| cause.event.is_of_stack() && cause.event.is_user_initiated()), "{cause:?}");
    }

    #[test]
    fn the_reason_of_a_failed_hook_is_part_of_the_cause() {
        let mut all = events(&[
            ("rack", "CREATE_IN_PROGRESS", ""),
            ("A", "CREATE_IN_PROGRESS", ""),
            ("A", "CREATE_FAILED", "The following hook(s) failed: [Acme::Guard]"),
        ]);
        all[1].hook = Some(HookProgress {
            hook_type: "Acme::Guard".to_owned(),
            status: HookStatus::CompleteFailed,
            reason: Some("buckets are encrypted here".to_owned()),
            failure_mode: Some("FAIL".to_owned()),
            invocation_id: None,
        });
        let reason = root_cause(&all).and_then(|cause| cause.event.status_reason);
        assert!(reason.as_ref().is_some_and(|reason| reason.ends_with("hook Acme::Guard: buckets are encrypted here")), "{reason:?}");
    }

    #[test]
    fn resources_that_a_retry_deleted_are_not_left_behind() {
        let all = events(&[
            ("rack", "UPDATE_IN_PROGRESS", ""),
            ("rack", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ""),
            ("A", "DELETE_FAILED", "in use"),
            ("A", "DELETE_COMPLETE", ""),
            ("B", "DELETE_FAILED", "in use"),
            ("B", "DELETE_FAILED", "in use"),
        ]);
        let mut history = History::default();
        all.iter().for_each(|event| history.add(event));
        assert_eq!(history.undeleted().iter().map(|event| event.logical_id.as_str()).collect::<Vec<_>>(), ["B"]);
    }
}
