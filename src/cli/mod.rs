//! Arguments, dispatch and exit codes; one file per command.
//!
//! Takes the process's arguments, calls rooms, hands their answers to [`ui`](crate::ui) and writes what comes back. Only this room
//! prints. A command is a file with `Args` (its help included) and `run(&Args, &mut Context) -> Result<ExitCode, Failure>`, one line
//! in [`Command`] and one in `dispatch`.

mod apply;
mod backend;
mod bug;
mod carry_out;
mod completions;
mod context;
mod delete;
mod deployed;
mod diff;
mod evaluate;
mod events;
mod exit_codes;
mod failure;
mod files;
mod gates;
mod init;
mod local;
mod params;
mod patch;
mod plan;
mod rackfile;
pub mod reference;
mod render;
mod set;
mod side;
mod status;
mod validate;

pub use context::{BackendChoice, Context};
pub use exit_codes::ExitCode;
pub use failure::{ExpectedFailure, Failure};
pub use rackfile::RackFile;

use std::path::PathBuf;

use clap::{CommandFactory as _, Parser as _};

use crate::template::Arena;

/// Provisions AWS racks: renders, patches, evaluates, plans and applies CloudFormation templates with a persistent build cache
#[derive(Debug, clap::Parser)]
#[command(
    name = "rackform",
    version,
    max_term_width = 100,
    propagate_version = false,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Examples:\n  rackform init                            write a commented rack.yaml\n  rackform set BuildCache=Yes              plan, confirm, apply\n  rackform diff old.json new.json          what an update would change\n\nStandard output is the answer, standard error the conversation. Exit codes: docs/exit-codes.md."
)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

/// Flags that every command takes.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// The rack's file [default: rack.yaml, when there is one]
    #[arg(short, long, global = true, value_name = "FILE", env = "RACKFORM_FILE", hide_env_values = true)]
    pub file: Option<PathBuf>,
    /// AWS region [default: `region` in rack.yaml, else us-east-1]
    #[arg(long, global = true, value_name = "REGION", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub region: Option<String>,
    /// AWS profile, by name in ~/.aws/config [default: `profile` in rack.yaml]
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Stack name [default: `name` in rack.yaml, else the template file's name without its ending]
    #[arg(long, global = true, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub stack_name: Option<String>,
    /// Where plans are carried out: local, local:DIRECTORY or aws [default: `backend` in rack.yaml, else local:.rackform]
    #[arg(long, global = true, value_name = "BACKEND", env = "RACKFORM_BACKEND", hide_env_values = true)]
    pub backend: Option<BackendChoice>,
    /// Say nothing on standard error but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more on standard error
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// When to colour [default: auto, which heeds NO_COLOR, CLICOLOR and the terminal]
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t, hide_default_value = true)]
    pub color: ColorArg,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub enum ColorArg {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl ColorArg {
    fn choice(self) -> anstream::ColorChoice {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
    }
}

/// How to show an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a person
    #[default]
    Human,
    /// For a program; starts with `format_version`
    Json,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Init(init::Args),
    Render(render::Args),
    Patch(patch::Args),
    Params(params::Args),
    Validate(validate::Args),
    Evaluate(evaluate::Args),
    Diff(diff::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Set(set::Args),
    Status(status::Args),
    Events(events::Args),
    Delete(delete::Args),
    Local(local::Args),
    Completions(completions::Args),
}

fn dispatch(command: &Command, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    match command {
        Command::Init(args) => init::run(args, context),
        Command::Render(args) => render::run(args, context),
        Command::Patch(args) => patch::run(args, context),
        Command::Params(args) => params::run(args, context),
        Command::Validate(args) => validate::run(args, context),
        Command::Evaluate(args) => evaluate::run(args, context),
        Command::Diff(args) => diff::run(args, context),
        Command::Plan(args) => plan::run(args, context),
        Command::Apply(args) => apply::run(args, context),
        Command::Set(args) => set::run(args, context),
        Command::Status(args) => status::run(args, context),
        Command::Events(args) => events::run(args, context),
        Command::Delete(args) => delete::run(args, context),
        Command::Local(args) => local::run(args, context),
        Command::Completions(args) => completions::run(args, context),
    }
}

/// Runs the program with the process's own arguments.
pub fn main() -> std::process::ExitCode {
    bug::install_panic_hook();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error).into(),
    };
    let arena = Arena::new();
    let mut context = Context::new(&arena, &cli.global);
    let exit_code = dispatch(&cli.command, &mut context).unwrap_or_else(|failure| {
        context.show_failure(&failure);
        failure.exit_code()
    });
    exit_code.into()
}

/// Returns the whole command tree, for completions and the command reference.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Prints help or what is wrong with the command line.
fn usage(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    if error.use_stderr() {
        ExitCode::Usage
    } else if printed.is_err() {
        ExitCode::PipeClosed
    } else {
        ExitCode::Done
    }
}
