//! `rackform events`: what happened to the stack.

use super::backend::{self, Access, BackendArgs};
use super::{Context, ExitCode, Failure, Format};
use crate::backend::BackendError;
use crate::ui;

/// Lists what happened to the stack, oldest first
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform events\n  rackform events --failed\n  rackform events --format json | jq .status\n\nExit codes: 0 done, 66 no such stack, 75 busy."
)]
pub struct Args {
    /// Only failures
    #[arg(long)]
    failed: bool,
    /// Only the last so many
    #[arg(short = 'n', long, value_name = "COUNT")]
    last: Option<usize>,
    /// How to show them; json is one event a line
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
///
/// # Errors
///
/// Returns that there is no stack, or that the backend cannot be asked.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let stack = context.stack_name(None)?;
    let backend = backend::open(context, Access::Look, &BackendArgs::default())?;
    let mut events = match backend.events_since(&stack, None) {
        Err(BackendError::StackNotFound { stack }) => {
            let hint = "`--stack-name` names another; the events of a deleted stack are under its ID, which `rackform delete` told";
            return Err(backend::no_stack(&stack).hinted(hint));
        }
        events => events?,
    };
    events.retain(|event| !args.failed || event.status.is_failure());
    let first = args.last.map_or(0, |last| events.len().saturating_sub(last));
    let mut text = String::new();
    for event in &events[first..] {
        match args.format {
            Format::Json => text.push_str(&ui::json_line(event)?),
            Format::Human => {
                text.push_str(&ui::event_line(event, context.layout()));
                text.push('\n');
            }
        }
    }
    if events.is_empty() {
        context.say(if args.failed { "nothing failed" } else { "no events" });
    }
    context.answer(&text)?;
    Ok(ExitCode::Done)
}
