//! What a stack's events say of its operations: where each began, how it ended, and what failed first.

use crate::cloudformation::{ResourceStatus, StackEvent, StackStatus};
use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

/// What an operation failed for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RootCause {
    /// The first failure.
    #[serde(flatten)]
    pub event: StackEvent,
    /// Where that is a nested stack: its own first failure, that one's, and so on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nested: Vec<StackEvent>,
    /// How many other resources failed or were cancelled after it.
    pub followers: usize,
}

impl RootCause {
    /// Returns the failure behind all others: the innermost nested stack's, where there are nested stacks.
    pub fn innermost(&self) -> &StackEvent {
        self.nested.last().unwrap_or(&self.event)
    }
}

/// Returns a stack's events by operation, oldest first.
///
/// An operation begins with the stack's own event that it is being created, updated, deleted or turned back, after one that said it was at
/// rest. Reasons do not tell: cancelling an update and going on with a rollback are `User Initiated` as well.
pub fn operations(events: &[StackEvent]) -> Vec<&[StackEvent]> {
    let mut starts = Vec::new();
    let mut at_rest = true;
    for (index, event) in events.iter().enumerate().filter(|(_, event)| event.is_of_stack()) {
        let deletes = event.status == ResourceStatus::DeleteInProgress && event.is_user_initiated();
        if event.status.is_in_progress() && (at_rest || deletes) {
            starts.push(index);
        }
        at_rest = !event.status.is_in_progress();
    }
    let ends = starts.iter().skip(1).copied().chain([events.len()]);
    starts.iter().zip(ends).filter_map(|(start, end)| events.get(*start..end)).collect()
}

/// Returns what an operation failed for, from its events alone; `None` when nothing failed.
pub fn root_cause(operation: &[StackEvent]) -> Option<RootCause> {
    let mut history = History::default();
    operation.iter().for_each(|event| history.take(event));
    history.root_cause()
}

/// What of an operation's events decides its outcome.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The stack's first status: what is being done.
    began: Option<StackStatus>,
    /// The stack's last status.
    status: Option<StackStatus>,
    first_failure: Option<StackEvent>,
    /// The first failure on the way back.
    rollback_failure: Option<StackEvent>,
    /// A cancellation, which is nobody's cause unless nothing else failed.
    cancelled: Option<StackEvent>,
    /// The stack's own event that began the way back: the cause when no resource failed.
    turned_back: Option<StackEvent>,
    /// Resources that failed or were cancelled on the way there.
    failed: IndexSet<String>,
    /// Resources that failed on the way back.
    rollback_failed: IndexSet<String>,
    /// Failed hooks by resource.
    hooks: IndexMap<String, String>,
    undeleted: Vec<StackEvent>,
    retained: Vec<StackEvent>,
}

impl History {
    /// Takes the next event in.
    pub fn take(&mut self, event: &StackEvent) {
        if event.is_of_stack() {
            let status = event.status.as_stack_status();
            if self.began.is_none() && status.is_in_progress() {
                self.began = Some(status);
            }
            // Turning back from the start is going on with a rollback, and no news.
            let goes_on = self.began == Some(status);
            if status.is_rolling_back() && self.turned_back.is_none() && !goes_on {
                self.turned_back = Some(event.clone());
            }
            self.status = Some(status);
            return;
        }
        if let Some(hook) = event.hook.as_ref().filter(|hook| hook.status.is_failed()) {
            let reason = hook.reason.as_deref().unwrap_or("no reason given");
            self.hooks.insert(event.logical_id.clone(), format!("hook {}: {reason}", hook.hook_type));
        }
        let of_same = |other: &StackEvent| other.logical_id == event.logical_id && other.physical_id == event.physical_id;
        match event.status {
            ResourceStatus::DeleteFailed if !self.undeleted.iter().any(of_same) => self.undeleted.push(event.clone()),
            // The clean-up tries again what it could not delete.
            ResourceStatus::DeleteComplete => self.undeleted.retain(|other| !of_same(other)),
            ResourceStatus::DeleteSkipped => self.retained.push(event.clone()),
            _ => {}
        }
        if !event.status.is_failed() {
            return;
        }
        let failed = if self.turned_back.is_some() && !event.is_cancellation() { &mut self.rollback_failed } else { &mut self.failed };
        failed.insert(event.logical_id.clone());
        let slot = if event.is_cancellation() {
            &mut self.cancelled
        } else if self.turned_back.is_some() {
            &mut self.rollback_failure
        } else {
            &mut self.first_failure
        };
        // Events of one moment come in any order, and later pages may bring earlier ones.
        if slot.as_ref().is_none_or(|first| event.is_before(first)) {
            *slot = Some(event.clone());
        }
    }

    /// Returns the stack's status as its own last event says it.
    pub fn status(&self) -> Option<StackStatus> {
        self.status
    }

    /// Tells whether the operation came to its end, by the stack's own events.
    pub fn is_over(&self) -> bool {
        self.began.is_some() && self.status.is_some_and(|status| !status.is_in_progress())
    }

    /// Tells whether the stack is being deleted because somebody wanted that, and not because its creation failed.
    pub fn is_deletion(&self) -> bool {
        self.began.is_none_or(|began| began == StackStatus::DeleteInProgress)
    }

    /// Returns resources that could not be deleted.
    pub fn undeleted(&self) -> &[StackEvent] {
        &self.undeleted
    }

    /// Returns resources that left the stack and stay.
    pub fn retained(&self) -> &[StackEvent] {
        &self.retained
    }

    /// Returns what the operation failed for.
    pub fn root_cause(&self) -> Option<RootCause> {
        let cancelled_by_hand = self.turned_back.as_ref().filter(|event| event.is_user_initiated());
        let first = self.first_failure.as_ref().or(cancelled_by_hand).or(self.rollback_failure.as_ref());
        Some(self.cause(first.or(self.cancelled.as_ref()).or(self.turned_back.as_ref())?, &self.failed))
    }

    /// Returns what the way back failed for, where that is not the root cause itself.
    pub fn rollback_cause(&self) -> Option<RootCause> {
        let failure = self.rollback_failure.as_ref().filter(|_| self.first_failure.is_some() || self.turned_back.is_some())?;
        Some(self.cause(failure, &self.rollback_failed)).filter(|cause| Some(cause) != self.root_cause().as_ref())
    }

    fn cause(&self, event: &StackEvent, failed: &IndexSet<String>) -> RootCause {
        let mut event = event.clone();
        if let Some(hook) = self.hooks.get(&event.logical_id) {
            let reason = event.status_reason.take().map(|reason| format!("{reason}; ")).unwrap_or_default();
            event.status_reason = Some(format!("{reason}{hook}"));
        }
        let followers = failed.iter().filter(|name| **name != event.logical_id).count();
        RootCause { event, nested: Vec::new(), followers }
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
    fn operations_part_where_the_stack_was_at_rest() {
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
        assert_eq!(first, ["1", "4", "8"], "a cancelled update is one operation, and going on with its rollback another");
    }

    #[test]
    fn cancellations_fold_into_the_failure_they_follow_from() {
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
    fn of_two_failures_the_earlier_one_is_the_cause_in_whichever_order_they_come() {
        let mut all = events(&[("rack", "UPDATE_IN_PROGRESS", ""), ("A", "UPDATE_FAILED", "first"), ("B", "UPDATE_FAILED", "second")]);
        all.swap(1, 2);
        assert_eq!(root_cause(&all).and_then(|cause| cause.event.status_reason), Some("first".to_owned()));
    }

    #[test]
    fn a_failure_on_the_way_back_is_told_beside_the_root_cause() {
        let all = events(&[
            ("rack", "UPDATE_IN_PROGRESS", "User Initiated"),
            ("A", "UPDATE_FAILED", "quota"),
            ("rack", "UPDATE_ROLLBACK_IN_PROGRESS", ""),
            ("B", "UPDATE_FAILED", "somebody deleted it"),
            ("rack", "UPDATE_ROLLBACK_FAILED", ""),
        ]);
        let mut history = History::default();
        all.iter().for_each(|event| history.take(event));
        let name = |cause: Option<RootCause>| cause.map(|cause| cause.event.logical_id);
        assert_eq!((name(history.root_cause()), name(history.rollback_cause())), (Some("A".to_owned()), Some("B".to_owned())));
        assert_eq!(history.root_cause().map(|cause| cause.followers), Some(0), "what failed on the way back did not follow from it");
        assert!(history.is_over());
    }

    #[test]
    fn a_cancelled_update_has_nobody_else_to_blame() {
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
    fn a_hook_says_why_in_its_own_words() {
        let mut all = events(&[
            ("rack", "CREATE_IN_PROGRESS", ""),
            ("A", "CREATE_IN_PROGRESS", ""),
            ("A", "CREATE_FAILED", "The following hook(s) failed: [Acme::Guard]"),
        ]);
        all[1].hook = Some(crate::cloudformation::HookProgress {
            hook_type: "Acme::Guard".to_owned(),
            status: HookStatus::CompleteFailed,
            reason: Some("buckets are encrypted here".to_owned()),
            failure_mode: Some("FAIL".to_owned()),
        });
        let reason = root_cause(&all).and_then(|cause| cause.event.status_reason);
        assert!(reason.as_ref().is_some_and(|reason| reason.ends_with("hook Acme::Guard: buckets are encrypted here")), "{reason:?}");
    }

    #[test]
    fn what_a_later_try_deleted_is_not_left_behind() {
        let all = events(&[
            ("rack", "UPDATE_IN_PROGRESS", ""),
            ("rack", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ""),
            ("A", "DELETE_FAILED", "in use"),
            ("A", "DELETE_COMPLETE", ""),
            ("B", "DELETE_FAILED", "in use"),
            ("B", "DELETE_FAILED", "in use"),
        ]);
        let mut history = History::default();
        all.iter().for_each(|event| history.take(event));
        assert_eq!(history.undeleted().iter().map(|event| event.logical_id.as_str()).collect::<Vec<_>>(), ["B"]);
    }
}
