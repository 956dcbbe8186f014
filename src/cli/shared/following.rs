//! Shows an operation while it is followed.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::Serialize;

use crate::apply::{ApplyError, Observer, progress};
use crate::backend::BackendError;
use crate::cli::shared::interrupt;
use crate::cli::{Context, Failure, Format};
use crate::cloudformation::StackEvent;
use crate::ui;

/// What an event is on a line of `--format json`.
#[derive(Serialize)]
struct Line<'l> {
    event: &'l StackEvent,
}

/// Does some work while its events are shown and Ctrl-C is heeded.
///
/// # Errors
///
/// Returns what the work returns.
pub fn follow<T>(
    context: &mut Context<'_>,
    format: Format,
    steps: usize,
    work: impl FnOnce(&mut dyn Observer, &AtomicBool) -> Result<T, ApplyError>,
) -> Result<T, Failure> {
    let draws = format == Format::Human && context.can_draw_progress();
    let layout = context.stderr_layout();
    let mut watching = Watching { format, context, progress: Some(ui::Progress::new(steps, draws, layout)), failure: None };
    let done = work(&mut watching, interrupt::flag());
    if let Some(progress) = watching.progress.take() {
        progress.finish();
    }
    let failure = watching.failure;
    let done = done?;
    failure.map_or(Ok(done), Err)
}

/// Writes events as they come.
struct Watching<'c, 'a> {
    format: Format,
    context: &'c mut Context<'a>,
    progress: Option<ui::Progress>,
    /// A closed pipe must not stop what is under way; it is told in the end.
    failure: Option<Failure>,
}

impl Watching<'_, '_> {
    fn remark(&mut self, text: String) {
        if let Some(text) = self.progress.as_mut().and_then(|progress| progress.remark(text)) {
            self.context.status(&text);
        }
    }
}

impl Observer for Watching<'_, '_> {
    fn event(&mut self, event: &StackEvent) {
        if self.format == Format::Json {
            if self.failure.is_none() {
                let line = ui::json_line(&Line { event }).map_err(Failure::from);
                self.failure = line.and_then(|line| self.context.answer(&line)).err();
            }
        } else if let Some(line) = self.progress.as_mut().and_then(|progress| progress.event(event)) {
            self.context.status(&line);
        }
    }

    fn earlier(&mut self, event: &StackEvent) {
        if let Some(progress) = &mut self.progress {
            progress.earlier(event);
        }
    }

    fn waiting(&mut self) {
        if self.format == Format::Human
            && let Some(line) = self.progress.as_mut().and_then(ui::Progress::waiting)
        {
            self.context.status(&line);
        }
    }

    fn unreachable(&mut self, error: &BackendError, since: Duration) {
        self.remark(format!("no answer for {}, asking on (what was begun goes on meanwhile): {error}", progress::format_duration(since)));
    }

    fn notice(&mut self, text: &str) {
        self.remark(text.to_owned());
    }

    fn reachable(&mut self) {
        self.remark("there are answers again".to_owned());
    }
}
