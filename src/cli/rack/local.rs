//! `rackform local`: inspects or resets the local backend.

use serde::Serialize;

use crate::backend::Backend as _;
use crate::backend::local::{LocalBackend, StoreState};
use crate::cli::shared::backend::{self, Access, BackendArgs};
use crate::cli::{Context, ExitCode, Failure, Format};
use crate::ui;

/// Inspect or reset the local backend: stacks, resources, events
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform local stacks\n  rackform local resources --format json\n  rackform local resources --retained\n  rackform local repair\n  rackform local reset --yes"
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
    /// Restore a damaged store from its last good copy
    ///
    /// The copy was made at the end of the last command that changed the store. Later changes are lost, and the damaged file is kept as
    /// damaged.redb. A sound store is not changed.
    Repair {
        /// Do not ask for confirmation
        #[arg(short, long)]
        yes: bool,
    },
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
        Command::Repair { yes } => repair(*yes, context)?,
        Command::Reset { yes } => {
            if !*yes {
                context.confirm("Delete every stack of the local backend?", "nothing was changed")?;
            }
            let (directory, trusted) = backend::local_directory(context)?;
            LocalBackend::discard(&directory, trusted.as_deref())?;
            context.status("deleted every stack of the local backend");
        }
    }
    Ok(ExitCode::Done)
}

/// Restores a damaged store.
fn repair(yes: bool, context: &mut Context<'_>) -> Result<(), Failure> {
    let (directory, trusted) = backend::local_directory(context)?;
    let place = directory.display();
    match LocalBackend::repair(&directory, trusted.as_deref(), false)? {
        StoreState::Missing => Err(Failure::new(ExitCode::NoInput, format!("`{place}` contains no store"))
            .hinted("select the directory with `--backend local:DIRECTORY`, or run this beside rack.yaml")),
        StoreState::Sound => {
            context.status(&format!("the store in `{place}` is sound; it was not changed"));
            Ok(())
        }
        StoreState::Lost { problem, copy_problem } => {
            let copy = copy_problem.map_or("it has no copy".to_owned(), |problem| format!("its copy is damaged, too: {problem}"));
            Err(Failure::new(ExitCode::Unavailable, format!("cannot repair the store in `{place}`: {problem}; {copy}"))
                .hinted("restore `state.redb` from a backup of your own, or delete every stack with `rackform local reset`"))
        }
        StoreState::Repairable { problem, copy } => {
            let made = copy.made.map(|time| format!(" of {}", time.strftime("%Y-%m-%d %H:%M:%S UTC"))).unwrap_or_default();
            let stacks: Vec<String> = copy.stacks.iter().map(|(name, status)| format!("{name} ({status})")).collect();
            let stacks = if stacks.is_empty() { "an empty account".to_owned() } else { stacks.join(", ") };
            let lost = if copy.may_lack_changes {
                "a command was killed since then: its changes are lost"
            } else {
                "no command is known to have changed the store since then"
            };
            context.warn(&format!("the store in `{place}` is damaged: {problem}\nthe last good copy{made} has {stacks}; {lost}"));
            if !yes {
                context.confirm("Restore the copy?", "the store was not changed")?;
            }
            match LocalBackend::repair(&directory, trusted.as_deref(), true)? {
                StoreState::Repairable { .. } => context.status("restored the copy; the damaged file is `damaged.redb`"),
                _ => context.status("another command repaired or changed the store meanwhile"),
            }
            Ok(())
        }
    }
}
