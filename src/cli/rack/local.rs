//! `rackform local`: inspects or resets the local backend.

use serde::Serialize;

use crate::backend::Backend as _;
use crate::backend::local::LocalBackend;
use crate::cli::shared::backend::{self, Access, BackendArgs};
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::config::BackendChoice;
use crate::ui;

/// Inspect or reset the local backend: stacks, resources, events
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform local stacks\n  rackform local resources --format json\n  rackform local resources --retained\n  rackform local reset --yes"
)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the stacks
    Stacks {
        /// Output format
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// List a stack's resources with their physical IDs, or the retained resources of all stacks
    Resources {
        /// List resources that their DeletionPolicy or UpdateReplacePolicy retained
        #[arg(long)]
        retained: bool,
        /// Output format; json includes properties and attributes
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// List a stack's events
    Events(crate::cli::rack::events::Args),
    /// Delete every stack, event and resource
    Reset {
        /// Do not ask for confirmation
        #[arg(short, long)]
        yes: bool,
    },
}

#[derive(Serialize)]
struct Stacks<T: Serialize> {
    stacks: T,
}

#[derive(Serialize)]
struct Resources<T: Serialize> {
    resources: T,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if the stack does not exist or the backend fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let no_args = BackendArgs::default();
    match &args.command {
        Command::Stacks { format } => {
            let stacks = backend::open_local(context, Access::Read, &no_args)?.list_stacks()?;
            let text = match format {
                Format::Json => ui::json(&Stacks { stacks })?,
                Format::Human => ui::stack::stacks(&stacks, context.layout()),
            };
            context.answer(&text)?;
        }
        Command::Resources { retained: true, format } => {
            let resources = backend::open_local(context, Access::Read, &no_args)?.retained_resources()?;
            let text = match format {
                Format::Json => ui::json(&Resources { resources })?,
                Format::Human => ui::stack::retained(&resources),
            };
            context.answer(&text)?;
        }
        Command::Resources { retained: false, format } => {
            let stack = context.stack_name(None)?;
            let backend = backend::open_local(context, Access::Read, &no_args)?;
            if backend.describe_stack(&stack)?.is_none() {
                return Err(backend::stack_not_found(&stack));
            }
            let resources = backend.list_resources(&stack)?;
            let text = match format {
                Format::Json => ui::json(&Resources { resources })?,
                Format::Human => ui::stack::resources(&resources, context.layout()),
            };
            context.answer(&text)?;
        }
        Command::Events(args) => return crate::cli::rack::events::run(args, context),
        Command::Reset { yes } => {
            if !*yes {
                context.confirm("Delete every stack of the local backend?", "nothing was changed")?;
            }
            let reset = backend::open_local(context, Access::Read, &no_args).and_then(|backend| Ok(backend.reset()?));
            match (reset, context.settings()?.backend()) {
                // A corrupt store can still be deleted.
                (Err(failure), BackendChoice::Local { directory }) if failure.exit_code() == ExitCode::Unavailable => {
                    LocalBackend::discard(&directory)?;
                }
                (reset, _) => reset?,
            }
            context.status("deleted every stack of the local backend");
        }
    }
    Ok(ExitCode::Done)
}
