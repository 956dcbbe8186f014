//! Follows a build task and its log until the task stops.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::log::LogTail;
use super::observer::{TaskObserver, sleep};
use super::outcome::Outcome;
use super::service::{BuildService, LogStream};
use crate::aws::RequestError;
use crate::polling::{PollResult, PollSchedule};

/// How long ECS or CloudWatch Logs may be unreachable before a notice.
const NOTICE_AFTER: Duration = Duration::from_secs(10);
/// How often the notice is repeated.
const NOTICE_AGAIN_AFTER: Duration = Duration::from_secs(60);
/// How many times to poll the log without new lines after the task has stopped: its last lines arrive late.
const LATE_POLLS: u32 = 3;
/// The pause between those polls.
const LATE_PAUSE: Duration = Duration::from_secs(1);
/// How many times ECS may not know a task that was just started: ECS is eventually consistent.
const UNKNOWN_POLLS: u32 = 10;

/// How following a task ended.
#[derive(Debug)]
pub enum Ended {
    /// The task has stopped.
    Stopped(Box<Outcome>),
    /// The user interrupted; the task continues.
    Interrupted,
    /// ECS does not know the task, or not any more.
    Unknown,
}

/// Follows a task until it stops. Throttled and failed requests delay following but do not end it.
///
/// # Errors
///
/// Returns an error if ECS refuses the request for the task.
pub fn follow(
    service: &dyn BuildService,
    cluster: &str,
    task: &str,
    container: &str,
    stream: Option<&LogStream>,
    observer: &mut dyn TaskObserver,
    interrupted: &AtomicBool,
) -> Result<Ended, RequestError> {
    let mut follower = Follower { service, stream, observer, tail: LogTail::default(), is_log_unreadable: false, failing: None };
    let mut schedule = PollSchedule::of(task);
    let (mut status, mut unknown) = (String::new(), 0);
    loop {
        let result = match service.describe_task(cluster, task) {
            Ok(Some(found)) => {
                follower.request_succeeded();
                unknown = 0;
                let is_changed = found.last_status != status;
                if is_changed {
                    status.clone_from(&found.last_status);
                    follower.observer.status(&found);
                }
                let has_lines = follower.log();
                if found.is_stopped() {
                    follower.read_late_lines(interrupted);
                    return Ok(Ended::Stopped(Box::new(Outcome::of(found, container))));
                }
                if is_changed || has_lines { PollResult::Changed } else { PollResult::Unchanged }
            }
            Ok(None) if unknown < UNKNOWN_POLLS && (status.is_empty() || unknown < 3) => {
                unknown += 1;
                PollResult::Unchanged
            }
            Ok(None) => return Ok(Ended::Unknown),
            Err(error) if error.is_transient() => {
                follower.request_failed(&error);
                PollResult::Failed
            }
            Err(error) => return Err(error),
        };
        if sleep(schedule.next(result), follower.observer, interrupted) {
            return Ok(Ended::Interrupted);
        }
    }
}

struct Follower<'f> {
    service: &'f dyn BuildService,
    stream: Option<&'f LogStream>,
    observer: &'f mut dyn TaskObserver,
    tail: LogTail,
    /// Whether the log could not be read, which was reported once; the task is followed anyway.
    is_log_unreadable: bool,
    /// Since when requests fail, and when that was last reported.
    failing: Option<(Instant, Option<Instant>)>,
}

impl Follower<'_> {
    /// Reads new lines of the log; returns whether there were any.
    fn log(&mut self) -> bool {
        let mut has_any = false;
        while let Some(stream) = self.stream.filter(|_| !self.is_log_unreadable) {
            let (events, more) = match self.tail.read(self.service, stream) {
                Ok(read) => read,
                Err(error) => {
                    if !error.is_transient() {
                        self.is_log_unreadable = true;
                        self.observer.notice(&format!("cannot read the log stream `{}` of `{}`: {error}", stream.name, stream.group));
                    }
                    break;
                }
            };
            has_any |= !events.is_empty();
            events.iter().for_each(|event| self.observer.log(event));
            if !more || events.is_empty() {
                break;
            }
        }
        has_any
    }

    /// Waits for the last lines, which reach CloudWatch Logs after ECS reports the task as stopped.
    fn read_late_lines(&mut self, interrupted: &AtomicBool) {
        let mut quiet = 0;
        while self.stream.is_some() && !self.is_log_unreadable && quiet < LATE_POLLS && !sleep(LATE_PAUSE, self.observer, interrupted) {
            quiet = if self.log() { 0 } else { quiet + 1 };
        }
    }

    fn request_failed(&mut self, error: &RequestError) {
        let now = Instant::now();
        let (since, reported) = self.failing.get_or_insert((now, None));
        let since = now.duration_since(*since);
        if since >= NOTICE_AFTER && reported.is_none_or(|reported| now.duration_since(reported) >= NOTICE_AGAIN_AFTER) {
            *reported = Some(now);
            self.observer.notice(&format!("no response for {} s; retrying (the build continues): {error}", since.as_secs()));
        }
    }

    fn request_succeeded(&mut self) {
        if let Some((_, Some(_))) = self.failing.take() {
            self.observer.notice("requests succeed again");
        }
    }
}
