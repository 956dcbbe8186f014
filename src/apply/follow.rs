//! Follows an operation on a stack to its end.

use std::sync::atomic::AtomicBool;

use super::connection::Connection;
use super::history::{self, History};
use super::observer::Observer;
use super::{ApplyError, Outcome, failures};
use crate::backend::{Backend, BackendError, EventTail, OperationState, StackDescription};
use crate::cloudformation::{StackEvent, StackStatus};
use crate::polling::{PollResult, PollSchedule};

/// After how many polls without new events the stack's own status is requested.
const ASK_EVERY: u32 = 4;

/// Polls of a stack with a final status whose events do not show it yet: they may be late, or missing.
const LATE_EVENTS: u32 = 10;

/// Resumes an operation in progress, such as one that an earlier run left unfinished, and follows it to its end.
///
/// # Errors
///
/// Returns the backend's error, unless it is transient.
pub fn resume(
    backend: &dyn Backend,
    stack: &StackDescription,
    observer: &mut dyn Observer,
    interrupted: &AtomicBool,
) -> Result<Outcome, ApplyError> {
    let events = backend.recent_events(&stack.id)?;
    watch(backend, stack, events, observer, interrupted)
}

/// Follows an operation in progress, of which `events` were reported already.
///
/// # Errors
///
/// Returns the backend's error, unless it is transient.
pub fn watch(
    backend: &dyn Backend,
    stack: &StackDescription,
    events: Vec<StackEvent>,
    observer: &mut dyn Observer,
    interrupted: &AtomicBool,
) -> Result<Outcome, ApplyError> {
    let mut follower = Follower::new(backend, &stack.id, None, observer, interrupted);
    // Earlier events of this operation determine its outcome too.
    let operation = history::operations(&events).last().copied().unwrap_or(&events);
    for event in operation {
        follower.connection.observer.earlier(event);
        follower.history.add(event);
    }
    follower.tail.add(events);
    follower.run()
}

/// Follows an operation that was just started: the events after the one with the ID `after`.
///
/// # Errors
///
/// Returns the backend's error, unless it is transient.
pub fn follow(
    backend: &dyn Backend,
    stack_id: &str,
    after: Option<String>,
    observer: &mut dyn Observer,
    interrupted: &AtomicBool,
) -> Result<Outcome, ApplyError> {
    Follower::new(backend, stack_id, after, observer, interrupted).run()
}

/// Follows one operation.
struct Follower<'f> {
    backend: &'f dyn Backend,
    stack_id: &'f str,
    tail: EventTail,
    history: History,
    connection: Connection<'f>,
    /// Consecutive polls without new events.
    quiet: u32,
    /// Consecutive polls of a stack with a final status whose events do not show it yet.
    early: u32,
}

impl<'f> Follower<'f> {
    fn new(
        backend: &'f dyn Backend,
        stack_id: &'f str,
        after: Option<String>,
        observer: &'f mut dyn Observer,
        interrupted: &'f AtomicBool,
    ) -> Self {
        let (tail, history) = (EventTail::after(after), History::default());
        Self { backend, stack_id, tail, history, connection: Connection::new(backend, observer, interrupted), quiet: 0, early: 0 }
    }

    fn run(mut self) -> Result<Outcome, ApplyError> {
        let mut schedule = PollSchedule::of(self.stack_id);
        loop {
            let result = match self.poll() {
                Ok(true) => {
                    if let Some(outcome) = self.outcome(&mut schedule)? {
                        return Ok(outcome);
                    }
                    return self.interruption();
                }
                Ok(false) if self.quiet == 0 => PollResult::Changed,
                Ok(false) => PollResult::Unchanged,
                Err(error) => self.connection.handle_error(error, self.history.status())?,
            };
            if self.connection.pause(schedule.next(result)) {
                return self.interruption();
            }
        }
    }

    /// Polls once; returns whether the operation has ended.
    fn poll(&mut self) -> Result<bool, BackendError> {
        let in_background = self.backend.capabilities().runs_in_background;
        // A backend that does not run in the background is advanced first.
        let mut state = if in_background { None } else { Some(self.backend.advance(self.stack_id)?) };
        let events = self.backend.new_events(self.stack_id, &mut self.tail)?;
        self.quiet = if events.is_empty() { self.quiet + 1 } else { 0 };
        for event in &events {
            self.connection.observer.event(event);
            self.history.add(event);
        }
        if state.is_none() && (self.history.is_over() || self.quiet % ASK_EVERY == ASK_EVERY - 1 || self.early > 0) {
            state = Some(self.backend.advance(self.stack_id)?);
        }
        self.connection.reached();
        if state != Some(OperationState::Done) {
            self.early = 0;
            return Ok(false);
        }
        if in_background && !self.history.is_over() {
            // An operation that just started may not be visible yet, and the last events may come after the stack's final status.
            self.early += 1;
            return Ok(self.early > LATE_EVENTS);
        }
        Ok(true)
    }

    /// Returns the outcome, with retries until the backend responds; `None` if interrupted.
    fn outcome(&mut self, schedule: &mut PollSchedule) -> Result<Option<Outcome>, ApplyError> {
        loop {
            match self.backend.describe_stack(self.stack_id) {
                Ok(stack) => {
                    self.connection.reached();
                    return Ok(Some(self.ended(stack)));
                }
                Err(error) => {
                    let result = self.connection.handle_error(error, self.history.status())?;
                    if self.connection.pause(schedule.next(result)) {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Completes a root cause with what the operation's own events contain.
    fn explained(&mut self, cause: Option<history::RootCause>) -> Option<history::RootCause> {
        let mut cause = cause?;
        let unavailable = failures::explain_failure(self.backend, self.stack_id, &mut cause);
        if let Some(unavailable) = unavailable.filter(|unavailable| !unavailable.is_unsupported()) {
            self.connection.observer.events_unavailable(&unavailable);
        }
        Some(cause)
    }

    fn root_cause(&mut self) -> Option<history::RootCause> {
        self.explained(self.history.root_cause())
    }

    fn ended(&mut self, stack: Option<StackDescription>) -> Outcome {
        let Some(stack) = stack.filter(|stack| stack.status != StackStatus::DeleteComplete) else {
            if self.history.is_deletion() {
                return Outcome::Deleted { retained: self.history.retained().to_vec() };
            }
            // Its creation failed, and the failure option was to delete the stack.
            return Outcome::RolledBack { status: StackStatus::DeleteComplete, root_cause: self.root_cause() };
        };
        let status = stack.status;
        if status.is_failed() {
            let root_cause = self.root_cause();
            Outcome::Failed { status, root_cause, rollback_cause: self.explained(self.history.rollback_cause()).map(Box::new) }
        } else if status.is_rollback() {
            Outcome::RolledBack { status, root_cause: self.root_cause() }
        } else {
            let (left_behind, retained) = (self.history.undeleted().to_vec(), self.history.retained().to_vec());
            Outcome::Complete { status, outputs: stack.outputs, left_behind, retained }
        }
    }

    fn interruption(&mut self) -> Result<Outcome, ApplyError> {
        let continues = self.backend.capabilities().runs_in_background;
        let status = match self.history.status() {
            Some(status) => status,
            // No event was received yet.
            None => match self.backend.describe_stack(self.stack_id)? {
                Some(stack) => stack.status,
                None => return Ok(self.ended(None)),
            },
        };
        Ok(Outcome::Interrupted { status, continues })
    }
}
