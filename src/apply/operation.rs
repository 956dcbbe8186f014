//! Follows one operation by its ID.

use std::collections::HashSet;
use std::sync::atomic::AtomicBool;

use super::ApplyError;
use super::connection::Connection;
use super::observer::Observer;
use crate::backend::{Backend, BackendError, EventQuery, EventsUnavailable, OperationState, Operations, StackDescription};
use crate::cloudformation::{EventType, OperationEvent, OperationStatus};
use crate::polling::{PollResult, PollSchedule};

/// Polls of a stack without an operation in progress before an operation counts as ended: its last events may be late.
const LATE_EVENTS: u32 = 3;

/// Follows an operation by its ID until it ends, and passes each of its events to the observer once; `known` were passed already.
///
/// Returns the operation's status; `None` if its events do not show one, or if it was interrupted.
///
/// # Errors
///
/// Returns the backend's error, unless it is transient.
pub fn follow_operation(
    backend: &dyn Backend,
    stack: &StackDescription,
    operation: &str,
    known: &[OperationEvent],
    observer: &mut dyn Observer,
    interrupted: &AtomicBool,
) -> Result<Option<OperationStatus>, ApplyError> {
    let query = EventQuery { stack: &stack.id, operations: Operations::Operation(operation), failed_only: false };
    let mut seen: HashSet<String> = known.iter().map(|event| event.event.id.clone()).collect();
    let (mut connection, mut schedule) = (Connection::new(backend, observer, interrupted), PollSchedule::of(&stack.id));
    let (mut idle, mut status) = (0, final_status(known));
    loop {
        if status.is_some() || idle > LATE_EVENTS {
            return Ok(status);
        }
        let result = match poll(backend, &query) {
            Ok((events, state)) => {
                connection.reached();
                let new: Vec<&OperationEvent> = events.iter().filter(|event| seen.insert(event.event.id.clone())).collect();
                new.iter().for_each(|event| connection.observer.operation_event(event));
                status = final_status(&events);
                idle = if state == OperationState::Done { idle + 1 } else { 0 };
                if new.is_empty() { PollResult::Unchanged } else { PollResult::Changed }
            }
            Err(error) => connection.handle_error(error, None)?,
        };
        if status.is_none() && connection.pause(schedule.next(result)) {
            return Ok(None);
        }
    }
}

/// Returns the operation's events, and whether the stack has an operation in progress.
fn poll(backend: &dyn Backend, query: &EventQuery<'_>) -> Result<(Vec<OperationEvent>, OperationState), BackendError> {
    // In this order, so that an operation that ends in between is not taken for one whose last events are missing.
    let state = backend.advance(query.stack)?;
    let found = backend.operation_events(query)?;
    match found.unavailable {
        // The stack's events have other IDs: taking them for this poll only would show events twice.
        Some(EventsUnavailable::Failed(error)) if error.is_transient() => Err(error),
        _ => Ok((found.events, state)),
    }
}

/// Returns the final status that the operation's own events show.
fn final_status(events: &[OperationEvent]) -> Option<OperationStatus> {
    let own = events.iter().rev().filter(|event| event.event_type == EventType::Stack);
    own.filter_map(|event| event.operation_status).find(|status| status.is_final())
}
