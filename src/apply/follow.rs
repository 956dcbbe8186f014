//! Follows an operation on a stack to its end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::history::{self, History};
use super::{ApplyError, Outcome, nested};
use crate::backend::{Backend, BackendError, EventTail, OperationState, StackDescription};
use crate::cloudformation::{StackEvent, StackStatus};
use crate::polling::{PollResult, PollSchedule};

/// How often, between two polls, Ctrl-C is checked and [`Observer::waiting`] is called.
const TICK: Duration = Duration::from_millis(100);

/// How long the backend may be unreachable before that is reported.
const REPORT_AFTER: Duration = Duration::from_secs(10);

/// How often it is reported again.
const REPORT_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// After how many polls without new events the stack's own status is requested.
const ASK_EVERY: u32 = 4;

/// Polls of a stack with a final status whose events do not show it yet: they may be late, or missing.
const LATE_EVENTS: u32 = 10;

/// Receives what happens while an operation is followed.
pub trait Observer {
    /// Receives the next event.
    fn event(&mut self, event: &StackEvent);

    /// Receives an event of the operation from before it was followed.
    fn earlier(&mut self, _event: &StackEvent) {}

    /// Called a few times per second between events.
    fn waiting(&mut self) {}

    /// Reports that the backend has not responded for `since`; polling continues.
    fn unreachable(&mut self, _error: &BackendError, _since: Duration) {}

    /// Reports that the backend responds again, after [`Observer::unreachable`].
    fn reachable(&mut self) {}

    /// Receives a remark about the operation.
    fn notice(&mut self, _text: &str) {}
}

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
        follower.observer.earlier(event);
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
    observer: &'f mut dyn Observer,
    interrupted: &'f AtomicBool,
    /// Consecutive polls without new events.
    quiet: u32,
    /// Consecutive polls of a stack with a final status whose events do not show it yet.
    early: u32,
    /// Since when the backend does not respond, and when that was last reported.
    unreachable: Option<(Instant, Option<Instant>)>,
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
        Self { backend, stack_id, tail, history, observer, interrupted, quiet: 0, early: 0, unreachable: None }
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
                Err(error) => self.handle_error(error)?,
            };
            if self.pause(schedule.next(result)) {
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
            self.observer.event(event);
            self.history.add(event);
        }
        if state.is_none() && (self.history.is_over() || self.quiet % ASK_EVERY == ASK_EVERY - 1 || self.early > 0) {
            state = Some(self.backend.advance(self.stack_id)?);
        }
        self.reached();
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
                    self.reached();
                    return Ok(Some(self.ended(stack)));
                }
                Err(error) => {
                    let result = self.handle_error(error)?;
                    if self.pause(schedule.next(result)) {
                        return Ok(None);
                    }
                }
            }
        }
    }

    fn ended(&self, stack: Option<StackDescription>) -> Outcome {
        let cause = |cause: Option<history::RootCause>| {
            cause.map(|mut cause| {
                nested::find_nested_causes(self.backend, &mut cause);
                cause
            })
        };
        let root_cause = || cause(self.history.root_cause());
        let Some(stack) = stack.filter(|stack| stack.status != StackStatus::DeleteComplete) else {
            if self.history.is_deletion() {
                return Outcome::Deleted { retained: self.history.retained().to_vec() };
            }
            // Its creation failed, and the failure option was to delete the stack.
            return Outcome::RolledBack { status: StackStatus::DeleteComplete, root_cause: root_cause() };
        };
        let status = stack.status;
        if status.is_failed() {
            Outcome::Failed { status, root_cause: root_cause(), rollback_cause: cause(self.history.rollback_cause()).map(Box::new) }
        } else if status.is_rollback() {
            Outcome::RolledBack { status, root_cause: root_cause() }
        } else {
            let (left_behind, retained) = (self.history.undeleted().to_vec(), self.history.retained().to_vec());
            Outcome::Complete { status, outputs: stack.outputs, left_behind, retained }
        }
    }

    /// Waits; returns whether it was interrupted.
    fn pause(&mut self, pause: Duration) -> bool {
        let end = Instant::now() + pause;
        loop {
            if self.interrupted.load(Ordering::SeqCst) {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || !self.backend.capabilities().runs_in_background {
                return false;
            }
            self.observer.waiting();
            std::thread::sleep(left.min(TICK));
        }
    }

    fn interruption(&self) -> Result<Outcome, ApplyError> {
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

    /// Records that the backend did not respond. An error that is not transient ends following.
    fn handle_error(&mut self, error: BackendError) -> Result<PollResult, ApplyError> {
        if !error.is_transient() {
            let status = self.history.status();
            return Err(if self.backend.capabilities().runs_in_background {
                ApplyError::FollowFailed { status, source: error }
            } else {
                error.into()
            });
        }
        let now = Instant::now();
        let (since, reported) = self.unreachable.get_or_insert((now, None));
        let since = now.duration_since(*since);
        if since >= REPORT_AFTER && reported.is_none_or(|reported| now.duration_since(reported) >= REPORT_AGAIN_AFTER) {
            *reported = Some(now);
            self.observer.unreachable(&error, since);
        }
        Ok(PollResult::Failed)
    }

    fn reached(&mut self) {
        if let Some((_, Some(_))) = self.unreachable.take() {
            self.observer.reachable();
        }
    }
}
