//! The observer of a task, which is informed while the program waits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::service::{LogEvent, Task};

/// How often to check for Ctrl-C while sleeping.
const TICK: Duration = Duration::from_millis(100);

/// Receives what happens to a task while it is followed.
pub trait TaskObserver {
    /// Called with the task after each change of its status.
    fn status(&mut self, task: &Task);

    /// Called with each line of its log.
    fn log(&mut self, event: &LogEvent);

    /// Called a few times a second while waiting.
    fn waiting(&mut self) {}

    /// Called with a remark.
    fn notice(&mut self, text: &str);
}

/// Sleeps; returns whether the user interrupted.
pub(super) fn sleep(pause: Duration, observer: &mut dyn TaskObserver, interrupted: &AtomicBool) -> bool {
    let end = Instant::now() + pause;
    loop {
        if interrupted.load(Ordering::SeqCst) {
            return true;
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        observer.waiting();
        std::thread::sleep(left.min(TICK));
    }
}
