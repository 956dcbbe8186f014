//! The command line: arguments, dispatch, prompts, output and exit codes; one file per command.
//!
//! Takes the process's arguments; returns the exit code. Calls the other modules, formats their results with [`ui`](crate::ui) and prints
//! them; no other module prints. A command is a file with `Args` (including its help) and
//! `run(&Args, &mut Context) -> Result<ExitCode, Failure>`, and one line in `commands!`.

#[cfg(feature = "build")]
mod build;
#[cfg(not(feature = "build"))]
mod no_build;
mod rack;
pub mod reference;
mod shared;

pub use shared::context::Context;
pub use shared::exit_codes::ExitCode;
pub use shared::failure::{ExpectedFailure, Failure};
pub use shared::multi_rack::MergedOutput;
pub use shared::screen::Screen;

use std::path::{Path, PathBuf};

use clap::{CommandFactory as _, FromArgMatches as _, Parser as _};

use crate::config::BackendChoice;
use crate::template::Arena;
#[cfg(not(feature = "build"))]
use no_build as build;
use rack::{
    apply, completions, delete, diff, drift, evaluate, events, init, local, params, patch, permissions, plan, recover, refactor, render,
    set, status, validate, verify,
};
use shared::{bug, multi_rack, stack_args};

/// Provision AWS racks: render, patch, evaluate, plan and apply CloudFormation templates with a persistent build cache
#[derive(Debug, clap::Parser)]
#[command(
    name = "rackform",
    version,
    max_term_width = 100,
    propagate_version = false,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Examples:\n  rackform init                            create a commented rack.yaml\n  rackform set BuildCache=Yes              show the plan, confirm, apply\n  rackform diff old.json new.json          show what an update would change\n\nResults go to standard output, messages to standard error. Exit codes: docs/exit-codes.md."
)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

/// Options of all commands.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Configuration file; diff, plan, status and verify accept several [default: rack.yaml, if it exists]
    #[arg(short, long = "file", global = true, value_name = "FILE", env = "RACKFORM_FILE", hide_env_values = true)]
    pub files: Vec<PathBuf>,
    /// AWS region [default: `region` in rack.yaml, else us-east-1; with the aws backend, the region of the environment or profile]
    #[arg(long, global = true, value_name = "REGION", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub region: Option<String>,
    /// AWS profile in ~/.aws/config [default: `profile` in rack.yaml]
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// IAM role to assume for all requests to AWS [default: `role_arn` in rack.yaml]
    #[arg(long, global = true, value_name = "ARN", value_parser = stack_args::parse_arn)]
    pub role_arn: Option<String>,
    /// Service role that CloudFormation assumes for stack operations [default: `cloudformation_role_arn` in rack.yaml, else the
    /// stack's current role]
    #[arg(long, global = true, value_name = "ARN", value_parser = stack_args::parse_arn)]
    pub cloudformation_role_arn: Option<String>,
    /// Stack name [default: `name` in rack.yaml, else the template's file name without extension]
    #[arg(long, global = true, value_name = "NAME", value_parser = stack_args::parse_stack_name)]
    pub stack_name: Option<String>,
    /// Backend to deploy to: local, local:DIRECTORY or aws [default: `backend` in rack.yaml, else local:.rackform]
    #[arg(long, global = true, value_name = "BACKEND", env = "RACKFORM_BACKEND", hide_env_values = true)]
    pub backend: Option<BackendChoice>,
    /// Allow paths in rack.yaml, and links at output files, that lead out of the project: the working directory or, if rack.yaml is
    /// not below it, the directory of rack.yaml
    #[arg(long, global = true, env = "RACKFORM_ALLOW_OUTSIDE_PROJECT", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub allow_outside_project: bool,
    /// Print only errors to standard error
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print more details to standard error
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// When to use color [default: auto, which respects NO_COLOR, CLICOLOR and the terminal]
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t, hide_default_value = true)]
    pub color: ColorArg,
}

impl GlobalArgs {
    /// Returns the first `--file`, if any.
    pub fn file(&self) -> Option<&Path> {
        self.files.first().map(PathBuf::as_path)
    }
}

/// When to use color.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub enum ColorArg {
    /// Use color on a terminal, unless the environment disables it
    #[default]
    Auto,
    /// Always use color
    Always,
    /// Never use color
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

/// The format of a command's output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Human-readable text
    #[default]
    Human,
    /// JSON for programs; starts with `format_version`
    Json,
}

impl Format {
    /// Returns how the results of several racks are merged in this format.
    pub fn merged_output(self) -> MergedOutput {
        match self {
            Self::Human => MergedOutput::Human,
            Self::Json => MergedOutput::Json,
        }
    }
}

/// Declares the commands as `Variant module`, in the order of `--help`.
macro_rules! commands {
    ($($variant:ident $module:ident),* $(,)?) => {
        #[derive(Debug, clap::Subcommand)]
        enum Command {
            $($variant($module::Args),)*
        }

        impl Command {
            /// Returns a command with only its own arguments.
            fn named(name: &str) -> Option<clap::Command> {
                match name {
                    $(stringify!($module) => Some(<$module::Args as clap::Args>::augment_args(clap::Command::new(stringify!($module)))),)*
                    _ => None,
                }
            }

            fn run(&self, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
                match self {
                    $(Self::$variant(args) => $module::run(args, context),)*
                }
            }
        }
    };
}

commands! {
    Init init,
    Render render,
    Patch patch,
    Params params,
    Validate validate,
    Evaluate evaluate,
    Diff diff,
    Plan plan,
    Apply apply,
    Set set,
    Refactor refactor,
    Verify verify,
    Permissions permissions,
    Status status,
    Events events,
    Drift drift,
    Recover recover,
    Delete delete,
    Build build,
    Local local,
    Completions completions,
}

impl Command {
    /// Returns how the command merges the results of several racks; `None` if it supports only one rack.
    fn merged_output(&self) -> Option<MergedOutput> {
        match self {
            Self::Diff(args) => Some(args.merged_output()),
            Self::Plan(args) => args.merged_output(),
            Self::Status(args) => Some(args.merged_output()),
            Self::Verify(args) => Some(args.merged_output()),
            _ => None,
        }
    }

    /// Returns whether the command writes its JSON into a file, which is possible for one rack only.
    fn has_json_file(&self) -> bool {
        match self {
            Self::Diff(args) => args.has_json_file(),
            Self::Plan(args) => args.has_json_file(),
            _ => false,
        }
    }

    /// Returns whether the command imports resources, which is possible for one rack only.
    fn is_importing(&self) -> bool {
        match self {
            Self::Diff(args) => args.is_importing(),
            Self::Plan(args) => args.is_importing(),
            _ => false,
        }
    }
}

impl Cli {
    /// Parses the command line.
    ///
    /// Building the arguments of all commands takes longer than parsing a template. A command line that starts with a command is first
    /// parsed with that command's arguments alone. If that fails, the full tree parses it again, and reports errors or prints help.
    fn parse_arguments(arguments: &[std::ffi::OsString]) -> Result<Self, clap::Error> {
        let first = arguments.get(1).and_then(|argument| argument.to_str()).unwrap_or_default();
        let partial = clap::Command::new("rackform").version(env!("CARGO_PKG_VERSION")).disable_help_subcommand(true);
        let mut partial = match Command::named(first) {
            Some(command) => <GlobalArgs as clap::Args>::augment_args(partial).subcommand(command),
            None if matches!(first, "--version" | "-V") => partial,
            None => return Self::try_parse_from(arguments),
        };
        match partial.try_get_matches_from_mut(arguments).and_then(|matches| Self::from_arg_matches(&matches)) {
            Err(error) if error.kind() != clap::error::ErrorKind::DisplayVersion => Self::try_parse_from(arguments),
            parsed => parsed,
        }
    }
}

/// Runs the program with the process's arguments.
pub fn main() -> std::process::ExitCode {
    bug::install_panic_hook();
    let arguments: Vec<_> = std::env::args_os().collect();
    let cli = match Cli::parse_arguments(&arguments) {
        Ok(cli) => cli,
        Err(error) => return print_usage(&error).into(),
    };
    let arena = Arena::new();
    let mut context = Context::new(&arena, &cli.global, Screen::process(cli.global.color.choice()));
    let done = match cli.global.files.as_slice() {
        files if count_file_flags(&arguments) > files.len() => {
            Err(Failure::new(ExitCode::Usage, "`--file` is used both before and after the command")
                .hinted("put every `--file` after the command"))
        }
        [] | [_] => cli.command.run(&mut context),
        _ => multi_rack::run(&cli.command, &mut context),
    };
    finish(done, &mut context).into()
}

/// Counts `--file` on the command line: clap ignores those before a command if there is one after it.
fn count_file_flags(arguments: &[std::ffi::OsString]) -> usize {
    let flags = arguments.iter().skip(1).map(|argument| argument.to_string_lossy()).take_while(|word| word != "--");
    flags.filter(|word| word == "--file" || word.starts_with("--file=") || (word.starts_with("-f") && !word.starts_with("--"))).count()
}

/// Prints the failure of a command, and returns the exit code.
fn finish(done: Result<ExitCode, Failure>, context: &mut Context<'_>) -> ExitCode {
    if let Some(error) = context.failed_copy.take() {
        let cause = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
        context.warn(&format!(
            "warning: the change is stored, but not the copy of the local store for `rackform local repair`, which is older now: {error}{cause}"
        ));
    }
    done.unwrap_or_else(|failure| {
        context.show_failure(&failure);
        failure.exit_code()
    })
}

/// Returns all commands, for completions and the command reference.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Prints help or the error of the command line, and returns the exit code.
fn print_usage(error: &clap::Error) -> ExitCode {
    let mut screen = Screen::process(ColorArg::Auto.choice());
    let text = crate::ui::marked(&error.render().ansi().to_string());
    if error.use_stderr() {
        screen.status(&text);
        return ExitCode::Usage;
    }
    let Err(failure) = screen.answer(&text) else { return ExitCode::Done };
    let (arena, global) = (Arena::new(), GlobalArgs::default());
    Context::new(&arena, &global, screen).show_failure(&failure);
    failure.exit_code()
}
