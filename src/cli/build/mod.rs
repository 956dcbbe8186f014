//! `rackform build`: the build half, one file per subcommand.

mod check;
mod command;
mod image_key;

use super::{Context, ExitCode, Failure};

/// Builds images with a cache that the next, fresh builder finds: the engine's exact command
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build command . --engine buildx --repository 123456789012.dkr.ecr.us-east-1.amazonaws.com/rack-build-cache --service web\n  rackform build command . --engine kaniko --tag registry.example.com/web:1 --push"
)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Command(command::Args),
    ImageKey(image_key::Args),
    Check(check::Args),
}

/// Runs the command.
///
/// # Errors
///
/// Returns the subcommand's failure.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    match &args.command {
        Command::Command(args) => command::run(args, context),
        Command::ImageKey(args) => image_key::run(args, context),
        Command::Check(args) => check::run(args, context),
    }
}
