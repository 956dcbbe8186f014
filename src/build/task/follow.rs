//! Follows a build task and its log to the end.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::log::LogTail;
use super::mounts::sleep;
use super::outcome::Outcome;
use super::service::{BuildService, LogEvent, LogStream, Task};
use crate::aws::RequestError;
use crate::polling::{PollResult, PollSchedule};

/// How long ECS or CloudWatch Logs may be out of reach before that is told.
const UNTOLD: Duration = Duration::from_secs(10);
/// How often it is told again.
const TOLD_AGAIN: Duration = Duration::from_secs(60);
/// How many looks at the log after the task has stopped: its last lines come late.
const LATE_LOOKS: u32 = 3;
/// How long to wait between those.
const LATE: Duration = Duration::from_secs(1);
/// How many looks a task that was just started may be unknown for: ECS is eventually consistent.
const UNKNOWN_LOOKS: u32 = 10;

/// Is told what happens while it happens.
pub trait TaskObserver {
    /// Takes the task whenever its status changed.
    fn status(&mut self, task: &Task);

    /// Takes a line of its log.
    fn log(&mut self, event: &LogEvent);

    /// Is called a few times a second while nothing happens.
    fn waiting(&mut self) {}

    /// Takes a remark.
    fn notice(&mut self, text: &str);
}

/// How a follow ended.
#[derive(Debug)]
pub enum Ended {
    /// The task has stopped.
    Stopped(Box<Outcome>),
    /// Somebody stopped following; the task goes on.
    Interrupted,
    /// ECS does not know the task, or no more.
    Unknown,
}

/// Follows a task to its end. Throttling and lost answers slow it down and never end it.
///
/// # Errors
///
/// Returns that ECS refuses to be asked.
pub fn follow(
    service: &dyn BuildService,
    cluster: &str,
    task: &str,
    container: &str,
    stream: Option<&LogStream>,
    observer: &mut dyn TaskObserver,
    interrupted: &AtomicBool,
) -> Result<Ended, RequestError> {
    let mut follower = Follower { service, stream, observer, tail: LogTail::default(), log_is_off: false, trouble: None };
    let mut schedule = PollSchedule::of(task);
    let (mut status, mut unknown) = (String::new(), 0);
    loop {
        let look = match service.describe_task(cluster, task) {
            Ok(Some(found)) => {
                follower.reached();
                unknown = 0;
                let is_news = found.last_status != status;
                if is_news {
                    status.clone_from(&found.last_status);
                    follower.observer.status(&found);
                }
                let has_lines = follower.log();
                if found.is_stopped() {
                    follower.late_lines(interrupted);
                    return Ok(Ended::Stopped(Box::new(Outcome::of(found, container))));
                }
                if is_news || has_lines { PollResult::Changed } else { PollResult::Unchanged }
            }
            Ok(None) if unknown < UNKNOWN_LOOKS && (status.is_empty() || unknown < 3) => {
                unknown += 1;
                PollResult::Unchanged
            }
            Ok(None) => return Ok(Ended::Unknown),
            Err(error) if error.is_transient() => {
                follower.unreachable(&error);
                PollResult::Failed
            }
            Err(error) => return Err(error),
        };
        if sleep(schedule.next(look), follower.observer, interrupted) {
            return Ok(Ended::Interrupted);
        }
    }
}

struct Follower<'f> {
    service: &'f dyn BuildService,
    stream: Option<&'f LogStream>,
    observer: &'f mut dyn TaskObserver,
    tail: LogTail,
    /// The log was refused, which was told once; the build is followed all the same.
    log_is_off: bool,
    trouble: Option<(Instant, Option<Instant>)>,
}

impl Follower<'_> {
    /// Reads what is new in the log; tells whether there was anything.
    fn log(&mut self) -> bool {
        let mut has_any = false;
        while let Some(stream) = self.stream.filter(|_| !self.log_is_off) {
            let (events, more) = match self.tail.read(self.service, stream) {
                Ok(read) => read,
                Err(error) => {
                    if !error.is_transient() {
                        self.log_is_off = true;
                        self.observer.notice(&format!("the log `{}` of `{}` cannot be read: {error}", stream.name, stream.group));
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

    /// Waits a little for the last lines, which reach CloudWatch Logs after ECS knows that the task has stopped.
    fn late_lines(&mut self, interrupted: &AtomicBool) {
        let mut quiet = 0;
        while self.stream.is_some() && !self.log_is_off && quiet < LATE_LOOKS && !sleep(LATE, self.observer, interrupted) {
            quiet = if self.log() { 0 } else { quiet + 1 };
        }
    }

    fn unreachable(&mut self, error: &RequestError) {
        let now = Instant::now();
        let (since, told) = self.trouble.get_or_insert((now, None));
        let since = now.duration_since(*since);
        if since >= UNTOLD && told.is_none_or(|told| now.duration_since(told) >= TOLD_AGAIN) {
            *told = Some(now);
            self.observer.notice(&format!("no answer for {} s, asking on (the build goes on meanwhile): {error}", since.as_secs()));
        }
    }

    fn reached(&mut self) {
        if let Some((_, Some(_))) = self.trouble.take() {
            self.observer.notice("there are answers again");
        }
    }
}
