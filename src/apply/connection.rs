//! The connection to a backend while an operation is followed: pauses between polls, and times without a response.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::ApplyError;
use super::observer::Observer;
use crate::backend::{Backend, BackendError};
use crate::cloudformation::StackStatus;
use crate::polling::PollResult;

/// How often, between two polls, Ctrl-C is checked and [`Observer::waiting`] is called.
const TICK: Duration = Duration::from_millis(100);

/// How long the backend may be unreachable before that is reported.
const REPORT_AFTER: Duration = Duration::from_secs(10);

/// How often it is reported again.
const REPORT_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// The connection of a follower to its backend.
pub(super) struct Connection<'f> {
    in_background: bool,
    pub(super) observer: &'f mut dyn Observer,
    interrupted: &'f AtomicBool,
    /// Since when the backend does not respond, and when that was last reported.
    unreachable: Option<(Instant, Option<Instant>)>,
}

impl<'f> Connection<'f> {
    pub(super) fn new(backend: &dyn Backend, observer: &'f mut dyn Observer, interrupted: &'f AtomicBool) -> Self {
        Self { in_background: backend.capabilities().runs_in_background, observer, interrupted, unreachable: None }
    }

    /// Waits; returns whether it was interrupted.
    pub(super) fn pause(&mut self, pause: Duration) -> bool {
        let end = Instant::now() + pause;
        loop {
            if self.interrupted.load(Ordering::SeqCst) {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || !self.in_background {
                return false;
            }
            self.observer.waiting();
            std::thread::sleep(left.min(TICK));
        }
    }

    /// Records that the backend did not respond. An error that is not transient ends following; `status` is the stack's last known one.
    pub(super) fn handle_error(&mut self, error: BackendError, status: Option<StackStatus>) -> Result<PollResult, ApplyError> {
        if !error.is_transient() {
            return Err(if self.in_background { ApplyError::FollowFailed { status, source: error } } else { error.into() });
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

    pub(super) fn reached(&mut self) {
        if let Some((_, Some(_))) = self.unreachable.take() {
            self.observer.reachable();
        }
    }
}
