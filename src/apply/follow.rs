//! Follows what is being done to a stack to its end.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{ApplyError, Outcome};
use crate::backend::{Backend, Progress, STACK_TYPE, StackDescription, StackEvent};

/// Is told what happens while it happens.
pub trait Observer {
    /// Takes the next event.
    fn event(&mut self, event: &StackEvent);
}

/// Takes up an operation that an earlier run left unfinished and follows it to its end.
///
/// # Errors
///
/// Returns that the backend cannot be asked.
pub fn resume(
    backend: &dyn Backend,
    stack: &StackDescription,
    observer: &mut dyn Observer,
    interrupted: &AtomicBool,
) -> Result<Outcome, ApplyError> {
    // What already happened of this operation decides its outcome too, but is no news.
    let events = backend.events_since(&stack.id, None)?;
    let start = events.iter().rposition(|event| is_of_stack(event) && event.status_reason.as_deref() == Some("User Initiated"));
    let earlier = events.get(start.unwrap_or(0)..).unwrap_or_default();
    let mut history = History::default();
    earlier.iter().for_each(|event| history.take(event));
    go_on(backend, &stack.id, Some(stack.revision.clone()), history, observer, interrupted)
}

pub(super) fn follow(
    backend: &dyn Backend,
    stack_id: &str,
    after: Option<String>,
    observer: &mut dyn Observer,
    interrupted: &AtomicBool,
) -> Result<Outcome, ApplyError> {
    go_on(backend, stack_id, after, History::default(), observer, interrupted)
}

fn go_on(
    backend: &dyn Backend,
    stack_id: &str,
    mut after: Option<String>,
    mut history: History,
    observer: &mut dyn Observer,
    interrupted: &AtomicBool,
) -> Result<Outcome, ApplyError> {
    loop {
        let progress = backend.advance(stack_id)?;
        for event in backend.events_since(stack_id, after.as_deref())? {
            observer.event(&event);
            history.take(&event);
            after = Some(event.id);
        }
        if progress == Progress::Done {
            break;
        }
        if interrupted.load(Ordering::SeqCst) {
            let Some(stack) = backend.describe_stack(stack_id)? else { break };
            return Ok(Outcome::Interrupted { status: stack.status });
        }
    }
    let Some(stack) = backend.describe_stack(stack_id)? else { return Ok(Outcome::Deleted { retained: history.retained }) };
    let status = stack.status;
    Ok(if status.is_failure() {
        Outcome::Failed { status, root_cause: history.root_cause() }
    } else if status.is_rollback() {
        Outcome::RolledBack { status, root_cause: history.root_cause() }
    } else {
        Outcome::Complete { status, outputs: stack.outputs, left_behind: history.undeleted }
    })
}

fn is_of_stack(event: &StackEvent) -> bool {
    event.resource_type == STACK_TYPE && event.physical_id.as_deref().is_some_and(|id| id.contains(&format!("stack/{}/", event.logical_id)))
}

/// What of an operation's events decides its outcome.
#[derive(Default)]
struct History {
    first_failure: Option<StackEvent>,
    /// The stack's own event that began the way back: the cause when no resource failed.
    turned_back: Option<StackEvent>,
    undeleted: Vec<StackEvent>,
    retained: Vec<StackEvent>,
}

impl History {
    fn take(&mut self, event: &StackEvent) {
        if is_of_stack(event) {
            if event.status.is_rollback() && event.status.is_in_progress() && self.turned_back.is_none() {
                self.turned_back = Some(event.clone());
            }
            return;
        }
        match event.status.as_str() {
            "DELETE_FAILED" => self.undeleted.push(event.clone()),
            "DELETE_SKIPPED" => self.retained.push(event.clone()),
            _ => {}
        }
        if event.status.is_failure() && self.first_failure.is_none() {
            self.first_failure = Some(event.clone());
        }
    }

    fn root_cause(self) -> Option<StackEvent> {
        self.first_failure.or(self.turned_back)
    }
}
