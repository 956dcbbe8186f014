//! Follows an operation and prints its events.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::apply::{ApplyError, ChangeSetValidations, Observer, progress};
use crate::backend::{BackendError, EventsUnavailable};
use crate::cli::shared::interrupt;
use crate::cli::shared::json_lines::{self, Heartbeat, Pulse};
use crate::cli::{Context, Failure, Format};
use crate::cloudformation::{OperationEvent, StackEvent};
use crate::ui;

/// A line of `--format json`.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Line<'l> {
    Event(&'l StackEvent),
    #[serde(rename = "event")]
    OperationEvent(&'l OperationEvent),
    Heartbeat(Heartbeat<'l>),
}

/// Runs an operation, prints its events and handles Ctrl-C.
///
/// # Errors
///
/// Returns the error of the operation, or an error if writing fails.
pub fn follow<T>(
    context: &mut Context<'_>,
    format: Format,
    steps: usize,
    operation: impl FnOnce(&mut dyn Observer, &AtomicBool) -> Result<T, ApplyError>,
) -> Result<T, Failure> {
    let draws = format == Format::Human && context.can_draw_progress();
    let layout = context.stderr_layout();
    let progress = Some(ui::Progress::new(steps, draws, layout));
    let mut printer = EventPrinter { format, context, progress, pulse: Pulse::new(steps), began: Instant::now(), failure: None };
    let result = operation(&mut printer, interrupt::flag());
    if let Some(progress) = printer.progress.take() {
        progress.finish();
    }
    let failure = printer.failure;
    let value = result?;
    failure.map_or(Ok(value), Err)
}

/// Reports why the details of a failure are unknown. An endpoint that does not have them is mentioned with `-v` only.
pub fn report_unavailable(context: &mut Context<'_>, why: Option<&EventsUnavailable>) {
    match why {
        Some(why) if why.is_unsupported() => context.detail(&ui::events_unavailable(why)),
        Some(why) => context.status(&ui::events_unavailable(why)),
        None => {}
    }
}

/// Reports why it is unknown what CloudFormation's checks found. An endpoint without checks is mentioned with `-v` only.
pub fn report_validations_unknown(context: &mut Context<'_>, why: &EventsUnavailable) {
    let text = ui::validations_unknown(why);
    if why.is_unsupported() { context.detail(&text) } else { context.status(&text) }
}

/// Prints events.
struct EventPrinter<'c, 'a> {
    format: Format,
    context: &'c mut Context<'a>,
    progress: Option<ui::Progress>,
    pulse: Pulse,
    began: Instant,
    /// An error of an output, which must not stop the operation; returned when it ends.
    failure: Option<Failure>,
}

impl EventPrinter<'_, '_> {
    fn write(&mut self, line: &Line<'_>) {
        if self.failure.is_none() {
            self.failure = json_lines::write(self.context, self.format, line).err();
        }
    }

    fn print(&mut self, text: String) {
        if let Some(text) = self.progress.as_mut().and_then(|progress| progress.remark(text)) {
            self.context.status(&text);
        }
    }
}

impl Observer for EventPrinter<'_, '_> {
    fn event(&mut self, event: &StackEvent) {
        self.write(&Line::Event(event));
        self.pulse.event(event, self.began.elapsed());
        if self.format == Format::Human
            && let Some(line) = self.progress.as_mut().and_then(|progress| progress.event(event))
        {
            self.context.status(&line);
        }
    }

    fn earlier(&mut self, event: &StackEvent) {
        self.pulse.earlier(event);
        if let Some(progress) = &mut self.progress {
            progress.earlier(event);
        }
    }

    fn waiting(&mut self) {
        if self.failure.is_none()
            && let Some(beat) = self.pulse.beat(self.began.elapsed(), format!("{:.3}", jiff::Timestamp::now()))
        {
            self.failure = json_lines::write(self.context, self.format, &Line::Heartbeat(beat)).err();
        }
        if self.format == Format::Human
            && let Some(line) = self.progress.as_mut().and_then(ui::Progress::waiting)
        {
            self.context.status(&line);
        }
    }

    fn unreachable(&mut self, error: &BackendError, since: Duration) {
        self.print(format!("no response for {}; retrying (the operation continues): {error}", progress::format_duration(since)));
    }

    fn notice(&mut self, text: &str) {
        self.print(text.to_owned());
    }

    fn validations(&mut self, found: &ChangeSetValidations) {
        if let Some(why) = &found.unavailable {
            report_validations_unknown(self.context, why);
        }
        self.context.show_warnings(&found.problems);
        for hook in &found.hooks {
            self.context.detail(&format!("hook {} is {}", hook.hook_type, hook.status));
        }
        found.events.iter().for_each(|event| self.write(&Line::OperationEvent(event)));
    }

    fn events_unavailable(&mut self, why: &EventsUnavailable) {
        self.print(ui::events_unavailable(why));
    }

    fn reachable(&mut self) {
        self.print("the connection is restored".to_owned());
    }
}
