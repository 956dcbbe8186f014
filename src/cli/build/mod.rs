//! `rackform build`: the build half, one file per subcommand.

mod agent;
mod builder;
mod cache;
mod check;
mod command;
mod image;
mod image_key;
mod recipe;
mod registry;
mod run;
mod service;
mod stop;
mod warm;
mod wrapper;

use super::{Context, ExitCode, Failure};

/// Builds images with a cache that the next, fresh builder finds: here, in CI, or in the rack
///
/// `command` shows, or runs, the exact command of the engine at hand; `recipe` is that as a step of a CI provider; `run` has the rack
/// build.
/// `check` says what about a Dockerfile keeps a cache from being of use. `image` keeps a build image under a key of all that it is made of,
/// and `cache` looks into a cache, prices it and clears it up. docs/build.md is the guide.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build check app --engine buildx            what keeps the cache from being of use\n  rackform build command app --engine buildx --service web --tag registry.example.com/web:1 --push --exec\n  rackform build recipe github-actions --service web -o .github/workflows/build.yml\n  rackform build run --app web --url s3://source/web.tgz\n  rackform build image --cache-on package-lock.json --name build-cache/acme/web\n  rackform build cache gc --older-than 30d --dry-run"
)]
pub struct Args {
    #[command(subcommand)]
    part: Part,
}

#[derive(Debug, clap::Subcommand)]
enum Part {
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
/// Returns the subcommand's failure.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    match &args.part {
        Part::Command(args) => command::run(args, context),
        Part::ImageKey(args) => image_key::run(args, context),
        Part::Image(args) => image::run(args, context),
        Part::Cache(args) => cache::run(args, context),
        Part::Wrapper(args) => wrapper::run(args, context),
        Part::Check(args) => check::run(args, context),
        Part::Run(args) => run::run(args, context),
        Part::Stop(args) => stop::run(args, context),
        Part::Recipe(args) => recipe::run(args, context),
        Part::Agent(args) => agent::run(args, context),
        Part::Builder(args) => builder::run(args, context),
    }
}
