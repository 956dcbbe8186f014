//! Shows a build task while it is followed: its log is the answer, everything else the conversation.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::build::task::{BuildEnvironment, LogEvent, LogStream, Outcome, Task, TaskObserver};
use crate::cli::{Context, Failure, Format};
use crate::secret::Mask;
use crate::ui;

/// How long nothing may be written, so that a CI job's log does not look dead.
const SILENCE: Duration = Duration::from_secs(60);

/// A line of `--format json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Line<'l> {
    Started(Started<'l>),
    Status(&'l Task),
    Log(&'l LogEvent),
    Notice(&'l str),
    Outcome(&'l Outcome),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Started<'l> {
    task_arn: &'l str,
    cluster: &'l str,
    build: &'l str,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_group: Option<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_stream: Option<&'l str>,
}

/// Shows what happens to a task.
pub struct Watch<'c, 'a> {
    context: &'c mut Context<'a>,
    format: Format,
    mask: Mask,
    status: String,
    written: Instant,
    /// A closed pipe must not stop what is under way; it is told in the end.
    failure: Option<Failure>,
}

impl<'c, 'a> Watch<'c, 'a> {
    /// Returns a watch that hides secrets.
    pub fn new(context: &'c mut Context<'a>, format: Format, mask: Mask) -> Self {
        Self { context, format, mask, status: String::new(), written: Instant::now(), failure: None }
    }

    /// Ends it.
    ///
    /// # Errors
    ///
    /// Returns that the answer could not be written.
    pub fn finish(self) -> Result<(), Failure> {
        self.failure.map_or(Ok(()), Err)
    }

    fn line(&mut self, line: &Line<'_>) {
        if self.failure.is_none() {
            let text = ui::json_line(line).map_err(Failure::from);
            self.failure = text.and_then(|text| self.context.answer(&text)).err();
        }
        self.written = Instant::now();
    }

    fn say(&mut self, text: &str) {
        self.context.status(text);
        self.written = Instant::now();
    }
}

impl TaskObserver for Watch<'_, '_> {
    fn status(&mut self, task: &Task) {
        self.status.clone_from(&task.last_status);
        let shown = masked(task, &self.mask);
        match self.format {
            Format::Json => self.line(&Line::Status(&shown)),
            Format::Human => {
                let zone = shown.availability_zone.as_ref().map(|zone| format!(" in {zone}")).unwrap_or_default();
                self.say(&format!("task {} is {}{zone}", shown.id(), shown.last_status));
            }
        }
    }

    fn log(&mut self, event: &LogEvent) {
        let event = LogEvent { timestamp: event.timestamp, message: self.mask.text(&event.message) };
        if self.format == Format::Json {
            return self.line(&Line::Log(&event));
        }
        if self.failure.is_none() {
            self.failure = self.context.answer(&format!("{}\n", event.message.trim_end_matches('\n'))).err();
        }
        self.written = Instant::now();
    }

    fn waiting(&mut self) {
        if self.format == Format::Human && self.written.elapsed() >= SILENCE && !self.status.is_empty() {
            self.say(&format!("task is {}, and nothing new for {} s", self.status, SILENCE.as_secs()));
        }
    }

    fn notice(&mut self, text: &str) {
        let text = self.mask.text(text);
        match self.format {
            Format::Json => self.line(&Line::Notice(&text)),
            Format::Human => self.say(&text),
        }
    }
}

/// Tells that a task was started.
///
/// # Errors
///
/// Returns that it cannot be written.
pub fn started(
    context: &mut Context<'_>,
    format: Format,
    task: &str,
    site: &BuildEnvironment,
    build: &str,
    stream: Option<&LogStream>,
) -> Result<(), Failure> {
    if format == Format::Json {
        let started = Started {
            task_arn: task,
            cluster: &site.cluster,
            build,
            log_group: stream.map(|stream| stream.group.as_str()),
            log_stream: stream.map(|stream| stream.name.as_str()),
        };
        return context.answer(&ui::json_line(&Line::Started(started))?);
    }
    context.status(&format!("started build {build} as {task}"));
    if let Some(stream) = stream {
        context.detail(&format!("its log is `{}` in `{}`", stream.name, stream.group));
    }
    Ok(())
}

/// Tells how a task ended.
///
/// # Errors
///
/// Returns that it cannot be written.
pub fn outcome(context: &mut Context<'_>, format: Format, outcome: &Outcome, mask: &Mask) -> Result<(), Failure> {
    let outcome = Outcome { task: masked(&outcome.task, mask), ..outcome.clone() };
    if format == Format::Json {
        return context.answer(&ui::json_line(&Line::Outcome(&outcome))?);
    }
    if outcome.succeeded {
        context.status("built");
        return Ok(());
    }
    let message = match outcome.exit_code {
        Some(0) => "the build was stopped".to_owned(),
        Some(code) => format!("the build failed with exit code {code}"),
        None => "the build never ran".to_owned(),
    };
    let mut causes = outcome.reasons();
    causes.extend(outcome.explanation.iter().map(|explanation| explanation.cause.clone()));
    let fix = outcome.explanation.as_ref().map(|explanation| explanation.fix.as_str());
    let layout = context.stderr_layout();
    context.warn(ui::failure(&message, &causes, fix, layout).trim_end());
    Ok(())
}

fn masked(task: &Task, mask: &Mask) -> Task {
    let mut task = task.clone();
    let reasons = task.containers.iter_mut().map(|container| &mut container.reason).chain([&mut task.stopped_reason]);
    reasons.flatten().for_each(|reason| *reason = mask.text(&**reason));
    task
}
