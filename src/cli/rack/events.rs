//! `rackform events`: lists the stack's events, and follows an operation in progress.

use crate::apply::{self, Observer, Outcome, history, progress};
use crate::backend::{Backend, BackendError};
use crate::cli::shared::backend::{self, Access, BackendArgs};
use crate::cli::shared::interrupt;
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::cloudformation::StackEvent;
use crate::ui;

/// List the stack's events, oldest first
///
/// With --failed, list the root cause of the last failed operation first (in a nested stack, the innermost failure first), then the
/// other failures of that operation, and count the resources that were cancelled as a result.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform events\n  rackform events --failed\n  rackform events --follow\n  rackform events --last-operation\n  rackform events --since 2h --format json | jq .status\n\nExit codes: 0 done, 1 the followed operation failed, 66 no such stack, 69 no response, 75 busy, 130 interrupted."
)]
pub struct Args {
    /// Show only failures of the last failed operation, root cause first
    #[arg(long, conflicts_with = "follow")]
    failed: bool,
    /// Follow the current operation until it ends
    #[arg(long)]
    follow: bool,
    /// Show only events of the last operation
    #[arg(long)]
    last_operation: bool,
    /// Show only events since a time, such as 2026-01-31T08:00:00Z, or within a duration: 90s, 30m, 2h, 1d
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    since: Option<Since>,
    /// Show only the last COUNT events
    #[arg(short = 'n', long, value_name = "COUNT")]
    last: Option<usize>,
    /// Output format; json is one event per line
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The start of the listed events.
#[derive(Clone, Copy, Debug)]
enum Since {
    At(jiff::Timestamp),
    Ago(std::time::Duration),
}

fn parse_since(text: &str) -> Result<Since, String> {
    if let Ok(at) = text.parse() {
        return Ok(Since::At(at));
    }
    let unit = text.chars().last().and_then(|unit| [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)].into_iter().find(|(u, _)| *u == unit));
    let ago = unit.and_then(|(unit, seconds)| text.strip_suffix(unit)?.parse::<u64>().ok()?.checked_mul(seconds));
    let ago = ago.map(|seconds| Since::Ago(std::time::Duration::from_secs(seconds)));
    ago.ok_or_else(|| "expected a time such as 2026-01-31T08:00:00Z, or a duration such as 90s, 30m, 2h, 1d".to_owned())
}

impl Since {
    fn start(self) -> Option<jiff::Timestamp> {
        match self {
            Self::At(at) => Some(at),
            Self::Ago(ago) => jiff::Timestamp::now().checked_sub(ago).ok(),
        }
    }
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if the stack does not exist or the backend fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let stack = context.stack_name(None)?;
    let backend = backend::open(context, Access::Read, &BackendArgs::default())?;
    // Described before the events are listed, so that no event is missed in between.
    let described = if args.follow { backend.describe_stack(&stack)? } else { None };
    let mut events = match backend.events_since(&stack, None) {
        Err(BackendError::StackNotFound { stack }) => {
            let hint = "select another stack with `--stack-name`; the events of a deleted stack are available under its ID";
            return Err(backend::stack_not_found(&stack).hinted(hint));
        }
        events => events?,
    };
    let all = events.clone();
    if args.failed {
        events = failures(context, backend.as_ref(), &events);
    } else if args.last_operation {
        events = history::operations(&events).last().map(|operation| operation.to_vec()).unwrap_or_default();
    }
    if let Some(start) = args.since.and_then(Since::start) {
        events.retain(|event| event.at().is_some_and(|at| at >= start));
    }
    let first = args.last.map_or(0, |last| events.len().saturating_sub(last));
    let shown = events.get(if args.failed { 0 } else { first }..).unwrap_or_default();
    let shown = if args.failed { shown.get(..args.last.unwrap_or(shown.len()).min(shown.len())).unwrap_or_default() } else { shown };
    let mut printer = EventPrinter { format: args.format, context, failure: None };
    shown.iter().for_each(|event| printer.event(event));
    printer.failure.map_or(Ok(()), Err)?;
    if shown.is_empty() && !args.follow {
        context.status(if args.failed { "nothing failed" } else { "no events" });
    }
    let Some(description) = described else { return Ok(ExitCode::Done) };
    if !description.status.is_in_progress() {
        context.status(&format!("{stack} is {}; no operation is in progress", description.status));
        return Ok(ExitCode::Done);
    }
    if !backend.capabilities().runs_in_background {
        context.status(&format!(
            "{stack} is {}, but its operation is not running: the local backend runs operations only during a command",
            description.status
        ));
        context.status("resume it with `rackform apply`");
        return Ok(ExitCode::Done);
    }
    let mut printer = EventPrinter { format: args.format, context, failure: None };
    let outcome = apply::watch(backend.as_ref(), &description, all, &mut printer, interrupt::flag())?;
    printer.failure.map_or(Ok(()), Err)?;
    let text = ui::outcome(&outcome, &stack, ui::ResumedBy::Apply, context.stderr_layout());
    if outcome.is_success() {
        context.status(&text)
    } else {
        context.warn(&text)
    }
    Ok(match outcome {
        Outcome::Interrupted { .. } => ExitCode::Interrupted,
        outcome if outcome.is_success() => ExitCode::Done,
        _ => ExitCode::Failed,
    })
}

/// Returns the failures of the last failed operation: the root cause with its nested causes, innermost first, then the others by time.
fn failures(context: &mut Context<'_>, backend: &dyn Backend, events: &[StackEvent]) -> Vec<StackEvent> {
    let operations = history::operations(events);
    let mut failed = operations.iter().rev().filter_map(|operation| Some((operation, history::root_cause(operation)?)));
    let Some((operation, mut cause)) = failed.next() else { return Vec::new() };
    let earlier = failed.count();
    apply::find_nested_causes(backend, &mut cause);
    let is_other = |event: &&StackEvent| event.status.is_failed() && !event.is_of_stack() && event.id != cause.event.id;
    let (cancelled, others): (Vec<&StackEvent>, Vec<&StackEvent>) =
        operation.iter().filter(is_other).partition(|event| event.is_cancellation());
    if !cancelled.is_empty() {
        context.status(&format!("{} more cancelled as a result: {}", cancelled.len(), names(&cancelled)));
    }
    if earlier > 0 {
        context.status(&format!("earlier failed operations: {earlier}; `rackform events` lists all events"));
    }
    let innermost_first = cause.nested.into_iter().rev().chain([cause.event]);
    innermost_first.chain(others.into_iter().cloned()).collect()
}

fn names(events: &[&StackEvent]) -> String {
    let names: Vec<&str> = events.iter().map(|event| event.logical_id.as_str()).collect();
    match names.as_slice() {
        [first, second, third, rest @ ..] if !rest.is_empty() => format!("{first}, {second}, {third} and {} more", rest.len()),
        names => names.join(", "),
    }
}

/// Prints events to standard output.
struct EventPrinter<'c, 'a> {
    format: Format,
    context: &'c mut Context<'a>,
    failure: Option<Failure>,
}

impl Observer for EventPrinter<'_, '_> {
    fn event(&mut self, event: &StackEvent) {
        if self.failure.is_some() {
            return;
        }
        let line = match self.format {
            Format::Json => ui::json_line(event).map_err(Failure::from),
            Format::Human => Ok(format!("{}\n", ui::event_line(event, self.context.layout()))),
        };
        self.failure = line.and_then(|line| self.context.answer(&line)).err();
    }

    fn unreachable(&mut self, error: &BackendError, since: std::time::Duration) {
        self.context.status(&format!("no response for {}; retrying: {error}", progress::format_duration(since)));
    }

    fn reachable(&mut self) {
        self.context.status("the connection is restored");
    }
}
