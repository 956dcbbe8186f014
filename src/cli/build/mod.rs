//! `rackform build`: image builds and their caches, one file per subcommand.
//!
//! Takes arguments and returns exit codes. The [`build`](crate::build) module does the work, and [`ui::build`](crate::ui::build) formats
//! the output.

mod agent;
mod builder;
mod cache;
mod cache_report;
mod check;
mod command;
mod defaults;
mod ignored;
mod image;
mod image_key;
mod inputs;
mod key_inputs;
mod options;
mod recipe;
mod registry;
mod run;
mod service;
mod stop;
mod warm;
mod wrapper;

use super::{Context, ExitCode, Failure};

/// Build images with a cache that later builds on a new machine can use: locally, in CI, or in the rack
///
/// `command` prints or runs the exact command of the build engine, `recipe` renders it as a step of a CI provider, and `run` starts a build
/// in the rack. `check` reports what in a Dockerfile makes caching ineffective. `image` stores an image under a key computed from all its
/// inputs. `cache` lists a cache, estimates its cost and deletes old entries. docs/build.md is the guide.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build check app --engine buildx            what makes caching ineffective\n  rackform build command app --engine buildx --service web --tag registry.example.com/web:1 --push --exec\n  rackform build recipe github-actions --service web -o .github/workflows/build.yml\n  rackform build run --app web --url s3://source/web.tgz\n  rackform build image --cache-on package-lock.json --name build-cache/acme/web\n  rackform build cache gc --older-than 30d --dry-run"
)]
pub struct Args {
    #[command(subcommand)]
    command: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
enum Subcommand {
    Command(Box<command::Args>),
    ImageKey(image_key::Args),
    Image(Box<image::Args>),
    Cache(Box<cache::Args>),
    Wrapper(wrapper::Args),
    Check(check::Args),
    Run(Box<run::Args>),
    Stop(stop::Args),
    Recipe(recipe::Args),
    Agent(Box<agent::Args>),
    Builder(builder::Args),
}

/// Runs the command.
///
/// # Errors
///
/// Returns the error of the subcommand.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    match &args.command {
        Subcommand::Command(args) => command::run(args, context),
        Subcommand::ImageKey(args) => image_key::run(args, context),
        Subcommand::Image(args) => image::run(args, context),
        Subcommand::Cache(args) => cache::run(args, context),
        Subcommand::Wrapper(args) => wrapper::run(args, context),
        Subcommand::Check(args) => check::run(args, context),
        Subcommand::Run(args) => run::run(args, context),
        Subcommand::Stop(args) => stop::run(args, context),
        Subcommand::Recipe(args) => recipe::run(args, context),
        Subcommand::Agent(args) => agent::run(args, context),
        Subcommand::Builder(args) => builder::run(args, context),
    }
}
