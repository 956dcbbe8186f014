//! `rackform events`: lists the stack's events, and follows an operation in progress.

use serde::Serialize;

use crate::apply::{self, Observer, Outcome, history, progress};
use crate::backend::{Backend, BackendError, EventQuery, EventsUnavailable, Operations};
use crate::cli::shared::backend::{self, Access, BackendArgs};
use crate::cli::shared::{following, interrupt};
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::cloudformation::{HookResult, OperationEvent, OperationStatus, StackEvent};
use crate::ui;

/// List the stack's events, oldest first
///
/// With --failed, list the root cause of the last failed operation first (in a nested stack, the innermost failure first), then every
/// other error of that resource and the other failures of that operation, and count the resources that were cancelled as a result.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform events\n  rackform events --failed\n  rackform events --follow\n  rackform events --last-operation\n  rackform events --operation f558b823-e1e3-4de3-a222-e6b930ddcad4 --follow\n  rackform events --since 2h --format json | jq .status\n\nExit codes: 0 done, 1 the followed operation failed, 66 no such stack, 69 no response, 75 busy, 130 interrupted."
)]
pub struct Args {
    /// Show only failures of the last failed operation, root cause first
    #[arg(long, conflicts_with = "follow")]
    failed: bool,
    /// Show only events of the operation with this ID, with the results of validations and hooks
    #[arg(long, value_name = "ID", conflicts_with = "last_operation")]
    operation: Option<String>,
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
    if let Some(operation) = &args.operation {
        return one_operation(args, context, backend.as_ref(), &stack, operation);
    }
    // Described before the events are listed, so that no event is missed in between.
    let described = if args.follow { backend.describe_stack(&stack)? } else { None };
    let all = backend.events_since(&stack, None).map_err(not_found)?;
    let mut events: Vec<Listed> = if args.failed {
        failures(context, backend.as_ref(), &stack, &all)
    } else if args.last_operation {
        history::operations(&all).last().map(|operation| listed(operation.to_vec())).unwrap_or_default()
    } else {
        listed(all.clone())
    };
    if let Some(start) = args.since.and_then(Since::start) {
        events.retain(|event| event.event().at().is_some_and(|at| at >= start));
    }
    let first = args.last.map_or(0, |last| events.len().saturating_sub(last));
    let shown = events.get(if args.failed { 0 } else { first }..).unwrap_or_default();
    let shown = if args.failed { shown.get(..args.last.unwrap_or(shown.len()).min(shown.len())).unwrap_or_default() } else { shown };
    let mut printer = EventPrinter { format: args.format, context, failure: None };
    shown.iter().for_each(|event| printer.listed(event));
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

/// An event in the list.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Listed {
    /// An event of a stack.
    Stack(Box<StackEvent>),
    /// An event with details that stack events do not have.
    Operation(Box<OperationEvent>),
    /// The result of the hook that refused a resource.
    Hook {
        /// The result.
        hook_result: Box<HookResult>,
        /// The event of the resource.
        #[serde(skip)]
        event: Box<StackEvent>,
    },
}

impl Listed {
    fn of_stack(event: StackEvent) -> Self {
        Self::Stack(Box::new(event))
    }

    fn event(&self) -> &StackEvent {
        match self {
            Self::Stack(event) => event,
            Self::Operation(event) => &event.event,
            Self::Hook { event, .. } => event,
        }
    }
}

fn listed(events: Vec<StackEvent>) -> Vec<Listed> {
    events.into_iter().map(Listed::of_stack).collect()
}

/// Converts an error of a list of events.
fn not_found(error: BackendError) -> Failure {
    match error {
        BackendError::StackNotFound { stack } => backend::stack_not_found(&stack)
            .hinted("select another stack with `--stack-name`; the events of a deleted stack are available under its ID"),
        error => error.into(),
    }
}

/// Lists the events of one operation, and follows it if requested.
fn one_operation(args: &Args, context: &mut Context<'_>, backend: &dyn Backend, stack: &str, operation: &str) -> Result<ExitCode, Failure> {
    let query = EventQuery { stack, operations: Operations::Operation(operation), failed_only: args.failed };
    let found = backend.operation_events(&query).map_err(not_found)?;
    following::report_unavailable(context, found.unavailable.as_ref());
    let start = args.since.and_then(Since::start);
    let is_wanted = |event: &&OperationEvent| start.is_none_or(|start| event.event.at().is_some_and(|at| at >= start));
    let wanted: Vec<&OperationEvent> = found.events.iter().filter(is_wanted).collect();
    let first = args.last.map_or(0, |last| wanted.len().saturating_sub(last));
    let mut printer = EventPrinter { format: args.format, context, failure: None };
    wanted.iter().skip(first).for_each(|event| printer.operation_event(event));
    printer.failure.take().map_or(Ok(()), Err)?;
    if found.events.is_empty() && !args.follow {
        context.status(&format!("no {}events of operation {operation}", if args.failed { "failed " } else { "" }));
    }
    if !args.follow {
        return Ok(ExitCode::Done);
    }
    let Some(description) = backend.describe_stack(stack)? else { return Err(backend::stack_not_found(stack)) };
    let mut printer = EventPrinter { format: args.format, context, failure: None };
    let interrupted = interrupt::flag();
    let status = apply::follow_operation(backend, &description, operation, &found.events, &mut printer, interrupted)?;
    printer.failure.map_or(Ok(()), Err)?;
    let shown = status.map_or("not known from its events", OperationStatus::as_str);
    context.status(&format!("operation {operation} is {shown}"));
    Ok(match status {
        Some(OperationStatus::Failed) => ExitCode::Failed,
        None if interrupted.load(std::sync::atomic::Ordering::SeqCst) => ExitCode::Interrupted,
        _ => ExitCode::Done,
    })
}

/// Returns the failures of the last failed operation: the root cause with its nested causes, innermost first, every other error of that
/// resource, then the others by time.
fn failures(context: &mut Context<'_>, backend: &dyn Backend, stack: &str, events: &[StackEvent]) -> Vec<Listed> {
    let operations = history::operations(events);
    let mut failed = operations.iter().rev().filter_map(|operation| Some((operation, history::root_cause(operation)?)));
    let Some((operation, mut cause)) = failed.next() else { return Vec::new() };
    let earlier = failed.count();
    let unavailable = apply::explain_failure(backend, stack, &mut cause);
    following::report_unavailable(context, unavailable.as_ref());
    let is_other = |event: &&StackEvent| event.status.is_failed() && !event.is_of_stack() && event.id != cause.event.id;
    let (cancelled, others): (Vec<&StackEvent>, Vec<&StackEvent>) =
        operation.iter().filter(is_other).partition(|event| event.is_cancellation());
    if !cancelled.is_empty() {
        context.status(&format!("{} more cancelled as a result: {}", cancelled.len(), names(&cancelled)));
    }
    if earlier > 0 {
        context.status(&format!("earlier failed operations: {earlier}; `rackform events` lists all events"));
    }
    let refused = cause.innermost().clone();
    let hook = cause.hook_result.map(|result| Listed::Hook { hook_result: Box::new(result), event: Box::new(refused) });
    let innermost_first = cause.nested.into_iter().rev().chain([cause.event]).map(Listed::of_stack);
    let errors = cause.errors.into_iter().map(|error| Listed::Operation(Box::new(error)));
    innermost_first.chain(hook).chain(errors).chain(others.into_iter().cloned().map(Listed::of_stack)).collect()
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

impl EventPrinter<'_, '_> {
    fn listed(&mut self, event: &Listed) {
        match event {
            Listed::Stack(event) => self.event(event),
            Listed::Operation(event) => self.operation_event(event),
            Listed::Hook { hook_result, .. } => self.print(event, |_| ui::hook_findings(hook_result).join("\n")),
        }
    }

    fn print<T: Serialize>(&mut self, event: &T, line: impl FnOnce(ui::Layout) -> String) {
        if self.failure.is_some() {
            return;
        }
        let line = match self.format {
            Format::Json => ui::json_line(event).map_err(Failure::from),
            Format::Human => Ok(format!("{}\n", line(self.context.layout()))),
        };
        self.failure = line.and_then(|line| self.context.answer(&line)).err();
    }
}

impl Observer for EventPrinter<'_, '_> {
    fn event(&mut self, event: &StackEvent) {
        self.print(event, |layout| ui::event_line(event, layout));
    }

    fn operation_event(&mut self, event: &OperationEvent) {
        self.print(event, |layout| ui::operation_event_line(event, layout));
    }

    fn unreachable(&mut self, error: &BackendError, since: std::time::Duration) {
        self.context.status(&format!("no response for {}; retrying: {error}", progress::format_duration(since)));
    }

    fn reachable(&mut self) {
        self.context.status("the connection is restored");
    }

    fn events_unavailable(&mut self, why: &EventsUnavailable) {
        self.context.status(&ui::events_unavailable(why));
    }
}
