//! Prints a build task while it is followed: its log to standard output, everything else to standard error.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::build::task::{BuildEnvironment, LogEvent, LogStream, Outcome, Task, TaskObserver};
use crate::cli::{Context, Failure, Format};
use crate::secret::Mask;
use crate::ui;
use crate::ui::build::hints;

/// The time without output after which a status line shows that the build is still running.
const STATUS_INTERVAL: Duration = Duration::from_secs(60);

/// A line of `--format json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Line<'l> {
    Started(Started<'l>),
    Status(&'l Task),
    Log(&'l LogEvent),
    Notice(&'l str),
    Outcome(OutcomeLine<'l>),
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

#[derive(Serialize)]
struct OutcomeLine<'l> {
    #[serde(flatten)]
    outcome: &'l Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'l str>,
}

/// Prints the status changes and the log of a task.
pub struct TaskPrinter<'c, 'a> {
    context: &'c mut Context<'a>,
    format: Format,
    mask: Mask,
    status: String,
    written: Instant,
    /// The first write error. A closed pipe does not stop following; `finish` returns the error.
    failure: Option<Failure>,
}

impl<'c, 'a> TaskPrinter<'c, 'a> {
    /// Returns a printer that masks secrets.
    pub fn new(context: &'c mut Context<'a>, format: Format, mask: Mask) -> Self {
        Self { context, format, mask, status: String::new(), written: Instant::now(), failure: None }
    }

    /// Finishes the output.
    ///
    /// # Errors
    ///
    /// Returns an error if a write failed.
    pub fn finish(self) -> Result<(), Failure> {
        self.failure.map_or(Ok(()), Err)
    }

    fn print_json(&mut self, line: &Line<'_>) {
        if self.failure.is_none() {
            let text = ui::json_line(line).map_err(Failure::from);
            self.failure = text.and_then(|text| self.context.answer(&text)).err();
        }
        self.written = Instant::now();
    }

    fn print_status(&mut self, text: &str) {
        self.context.status(text);
        self.written = Instant::now();
    }
}

impl TaskObserver for TaskPrinter<'_, '_> {
    fn status(&mut self, task: &Task) {
        self.status.clone_from(&task.last_status);
        let shown = masked(task, &self.mask);
        match self.format {
            Format::Json => self.print_json(&Line::Status(&shown)),
            Format::Human => {
                let zone = shown.availability_zone.as_ref().map(|zone| format!(" in {zone}")).unwrap_or_default();
                self.print_status(&format!("task {} is {}{zone}", shown.id(), shown.last_status));
            }
        }
    }

    fn log(&mut self, event: &LogEvent) {
        let event = LogEvent { timestamp: event.timestamp, message: self.mask.text(&event.message) };
        if self.format == Format::Json {
            return self.print_json(&Line::Log(&event));
        }
        if self.failure.is_none() {
            self.failure = self.context.answer(&format!("{}\n", ui::relayed(&event.message))).err();
        }
        self.written = Instant::now();
    }

    fn waiting(&mut self) {
        if self.format == Format::Human && self.written.elapsed() >= STATUS_INTERVAL && !self.status.is_empty() {
            self.print_status(&format!("the task is {}; no new output for {} s", self.status, STATUS_INTERVAL.as_secs()));
        }
    }

    fn notice(&mut self, text: &str) {
        let text = self.mask.text(text);
        match self.format {
            Format::Json => self.print_json(&Line::Notice(&text)),
            Format::Human => self.print_status(&text),
        }
    }
}

/// Reports that a task was started.
///
/// # Errors
///
/// Returns an error if writing fails.
pub fn started(
    context: &mut Context<'_>,
    format: Format,
    task: &str,
    environment: &BuildEnvironment,
    build: &str,
    stream: Option<&LogStream>,
) -> Result<(), Failure> {
    if format == Format::Json {
        let started = Started {
            task_arn: task,
            cluster: &environment.cluster,
            build,
            log_group: stream.map(|stream| stream.group.as_str()),
            log_stream: stream.map(|stream| stream.name.as_str()),
        };
        return context.answer(&ui::json_line(&Line::Started(started))?);
    }
    context.status(&format!("started build {build} as {task}"));
    if let Some(stream) = stream {
        context.detail(&format!("log stream `{}` in the log group `{}`", stream.name, stream.group));
    }
    Ok(())
}

/// Reports the outcome of a task.
///
/// # Errors
///
/// Returns an error if writing fails.
pub fn outcome(context: &mut Context<'_>, format: Format, outcome: &Outcome, mask: &Mask) -> Result<(), Failure> {
    let outcome = Outcome { task: masked(&outcome.task, mask), ..outcome.clone() };
    let fix = outcome.explanation.as_ref().map(|explanation| hints::task(explanation.fix));
    if format == Format::Json {
        return context.answer(&ui::json_line(&Line::Outcome(OutcomeLine { outcome: &outcome, fix }))?);
    }
    if outcome.succeeded {
        context.status("build succeeded");
        return Ok(());
    }
    let message = match outcome.exit_code {
        Some(0) => "the build was stopped".to_owned(),
        Some(code) => format!("the build failed with exit code {code}"),
        None => "the build did not start".to_owned(),
    };
    let mut causes = outcome.reasons();
    causes.extend(outcome.explanation.iter().map(|explanation| explanation.cause.clone()));
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
