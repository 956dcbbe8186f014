//! `rackform build`: the build half, one file per subcommand.

mod agent;
mod check;
mod command;
mod image_key;
mod recipe;
mod run;
mod stop;

use super::{Context, ExitCode, Failure};

/// Builds images with a cache that the next, fresh builder finds: the engine's exact command
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build command . --engine buildx --repository 123456789012.dkr.ecr.us-east-1.amazonaws.com/rack-build-cache --service web\n  rackform build command . --engine kaniko --tag registry.example.com/web:1 --push"
)]
pub struct Args {
    #[command(subcommand)]
    part: Part,
}

#[derive(Debug, clap::Subcommand)]
enum Part {
    Command(Box<command::Args>),
    ImageKey(image_key::Args),
    Check(check::Args),
    Run(Box<run::Args>),
    Stop(stop::Args),
    Recipe(recipe::Args),
    Agent(Box<agent::Args>),
}

/// Runs the command.
///
/// # Errors
///
/// Returns the subcommand's failure.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    match &args.part {
        Part::Command(args) => command::run(args, context),
        Part::ImageKey(args) => image_key::run(args, context),
        Part::Check(args) => check::run(args, context),
        Part::Run(args) => run::run(args, context),
        Part::Stop(args) => stop::run(args, context),
        Part::Recipe(args) => recipe::run(args, context),
        Part::Agent(args) => agent::run(args, context),
    }
}
