//! Follows what is being done to a stack to its end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::history::{self, History};
use super::{ApplyError, Outcome, nested};
use crate::backend::{Backend, BackendError, EventTail, Progress, StackDescription};
use crate::cloudformation::{StackEvent, StackStatus};
use crate::polling::{PollResult, PollSchedule};

/// How often Ctrl-C is looked for, and [`Observer::waiting`] called, between two looks.
const TICK: Duration = Duration::from_millis(100);

/// How long the backend may be out of reach before that is told.
const UNTOLD: Duration = Duration::from_secs(10);

/// How often it is told again.
const TOLD_AGAIN: Duration = Duration::from_secs(60);

/// Every how many looks without news the stack itself is asked whether it is at rest.
const ASK_EVERY: u32 = 4;

/// How many times a stack at rest is looked at whose events do not say so: they may come late, and may not come at all.
const LATE_EVENTS: u32 = 10;

/// Is told what happens while it happens.
pub trait Observer {
    /// Takes the next event.
    fn event(&mut self, event: &StackEvent);

    /// Takes an event of the operation from before it was followed, which is no news.
    fn earlier(&mut self, _event: &StackEvent) {}

    /// Is called a few times a second while nothing happens.
    fn waiting(&mut self) {}

    /// Is told that the backend has not been reached for so long; it is asked again until it answers.
    fn out_of_reach(&mut self, _error: &BackendError, _since: Duration) {}

    /// Is told that the backend answers again, after it was told that it does not.
    fn in_reach(&mut self) {}

    /// Takes a remark on what is about to happen.
    fn notice(&mut self, _text: &str) {}
}

/// Takes up an operation that is under way, such as one that an earlier run left unfinished, and follows it to its end.
///
/// # Errors
///
/// Returns that the backend refuses to be asked.
pub fn resume(
    backend: &dyn Backend,
    stack: &StackDescription,
    observer: &mut dyn Observer,
    interrupted: &AtomicBool,
) -> Result<Outcome, ApplyError> {
    let events = backend.recent_events(&stack.id)?;
    watch(backend, stack, events, observer, interrupted)
}

/// Follows an operation that is under way, `events` of which were told already.
///
/// # Errors
///
/// Returns that the backend refuses to be asked.
pub fn watch(
    backend: &dyn Backend,
    stack: &StackDescription,
    events: Vec<StackEvent>,
    observer: &mut dyn Observer,
    interrupted: &AtomicBool,
) -> Result<Outcome, ApplyError> {
    let mut follower = Follower::new(backend, &stack.id, None, observer, interrupted);
    // What already happened of this operation decides its outcome too, but is no news.
    let operation = history::operations(&events).last().copied().unwrap_or(&events);
    for event in operation {
        follower.observer.earlier(event);
        follower.history.take(event);
    }
    follower.tail.take(events);
    follower.run()
}

/// Follows what was just begun: the events after the one with the ID `after`.
///
/// # Errors
///
/// Returns that the backend refuses to be asked.
pub fn follow(
    backend: &dyn Backend,
    stack_id: &str,
    after: Option<String>,
    observer: &mut dyn Observer,
    interrupted: &AtomicBool,
) -> Result<Outcome, ApplyError> {
    Follower::new(backend, stack_id, after, observer, interrupted).run()
}

/// One operation that is followed.
struct Follower<'f> {
    backend: &'f dyn Backend,
    stack_id: &'f str,
    tail: EventTail,
    history: History,
    observer: &'f mut dyn Observer,
    interrupted: &'f AtomicBool,
    /// Looks without news, one after the other.
    quiet: u32,
    /// Looks at a stack at rest whose events do not say so.
    early: u32,
    /// Since when the backend is out of reach, and when that was last told.
    trouble: Option<(Instant, Option<Instant>)>,
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
        Self { backend, stack_id, tail, history, observer, interrupted, quiet: 0, early: 0, trouble: None }
    }

    fn run(mut self) -> Result<Outcome, ApplyError> {
        let mut schedule = PollSchedule::of(self.stack_id);
        loop {
            let look = match self.look() {
                Ok(true) => {
                    if let Some(outcome) = self.outcome(&mut schedule)? {
                        return Ok(outcome);
                    }
                    return self.interruption();
                }
                Ok(false) if self.quiet == 0 => PollResult::Changed,
                Ok(false) => PollResult::Unchanged,
                Err(error) => self.out_of_reach(error)?,
            };
            if self.pause(schedule.next(look)) {
                return self.interruption();
            }
        }
    }

    /// Looks once; tells whether the operation is over.
    fn look(&mut self) -> Result<bool, BackendError> {
        let by_itself = self.backend.works_by_itself();
        // One that does nothing unasked is asked first.
        let mut progress = if by_itself { None } else { Some(self.backend.advance(self.stack_id)?) };
        let events = self.backend.new_events(self.stack_id, &mut self.tail)?;
        self.quiet = if events.is_empty() { self.quiet + 1 } else { 0 };
        for event in &events {
            self.observer.event(event);
            self.history.take(event);
        }
        if progress.is_none() && (self.history.is_over() || self.quiet % ASK_EVERY == ASK_EVERY - 1 || self.early > 0) {
            progress = Some(self.backend.advance(self.stack_id)?);
        }
        self.reached();
        if progress != Some(Progress::Done) {
            self.early = 0;
            return Ok(false);
        }
        if by_itself && !self.history.is_over() {
            // What was just begun may not show yet, and the last events may come after the stack's own status.
            self.early += 1;
            return Ok(self.early > LATE_EVENTS);
        }
        Ok(true)
    }

    /// Returns how it ended, asking until the backend answers; `None` when interrupted meanwhile.
    fn outcome(&mut self, schedule: &mut PollSchedule) -> Result<Option<Outcome>, ApplyError> {
        loop {
            match self.backend.describe_stack(self.stack_id) {
                Ok(stack) => {
                    self.reached();
                    return Ok(Some(self.ended(stack)));
                }
                Err(error) => {
                    let look = self.out_of_reach(error)?;
                    if self.pause(schedule.next(look)) {
                        return Ok(None);
                    }
                }
            }
        }
    }

    fn ended(&self, stack: Option<StackDescription>) -> Outcome {
        let cause = |cause: Option<history::RootCause>| {
            cause.map(|mut cause| {
                nested::look_inside(self.backend, &mut cause);
                cause
            })
        };
        let root_cause = || cause(self.history.root_cause());
        let Some(stack) = stack.filter(|stack| stack.status != StackStatus::DeleteComplete) else {
            if self.history.is_deletion() {
                return Outcome::Deleted { retained: self.history.retained().to_vec() };
            }
            // Its creation failed, and it was to be deleted then.
            return Outcome::RolledBack { status: StackStatus::DeleteComplete, root_cause: root_cause() };
        };
        let status = stack.status;
        if status.is_failed() {
            Outcome::Failed { status, root_cause: root_cause(), rollback_cause: cause(self.history.rollback_cause()).map(Box::new) }
        } else if status.is_rollback() {
            Outcome::RolledBack { status, root_cause: root_cause() }
        } else {
            Outcome::Complete { status, outputs: stack.outputs, left_behind: self.history.undeleted().to_vec() }
        }
    }

    /// Waits; tells whether it was interrupted.
    fn pause(&mut self, pause: Duration) -> bool {
        let end = Instant::now() + pause;
        loop {
            if self.interrupted.load(Ordering::SeqCst) {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || !self.backend.works_by_itself() {
                return false;
            }
            self.observer.waiting();
            std::thread::sleep(left.min(TICK));
        }
    }

    fn interruption(&self) -> Result<Outcome, ApplyError> {
        let goes_on = self.backend.works_by_itself();
        let status = match self.history.status() {
            Some(status) => status.clone(),
            // Nothing of it showed yet.
            None => match self.backend.describe_stack(self.stack_id)? {
                Some(stack) => stack.status,
                None => return Ok(self.ended(None)),
            },
        };
        Ok(Outcome::Interrupted { status, goes_on })
    }

    /// Takes note that the backend was not reached; an error that does not pass ends the follow.
    fn out_of_reach(&mut self, error: BackendError) -> Result<PollResult, ApplyError> {
        if !error.is_passing() {
            let status = self.history.status();
            return Err(if self.backend.works_by_itself() { ApplyError::LostSight { status, source: error } } else { error.into() });
        }
        let now = Instant::now();
        let (since, told) = self.trouble.get_or_insert((now, None));
        let since = now.duration_since(*since);
        if since >= UNTOLD && told.is_none_or(|told| now.duration_since(told) >= TOLD_AGAIN) {
            *told = Some(now);
            self.observer.out_of_reach(&error, since);
        }
        Ok(PollResult::Failed)
    }

    fn reached(&mut self) {
        if let Some((_, Some(_))) = self.trouble.take() {
            self.observer.in_reach();
        }
    }
}
