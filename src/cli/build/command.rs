//! `rackform build command`: the argument vector that builds an app with its cache; with `--exec`, the build itself.

use crate::build::cache::{Backend, Mode};
use crate::build::command::{plan, shell};
use crate::build::engine::Version;
use crate::build::request::{BuildArg, CacheRequest, Output};
use crate::build::{BuildRequest, Engine, EngineFacts, exec};
use crate::cli::{Context, ExitCode, Failure};

/// Prints the exact command that builds an app with its cache, or runs it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build command . --engine buildx --engine-version 25.0.3 --repository registry.example.com/cache --service web\n  rackform build command . --engine kaniko --repository registry.example.com/cache --tag registry.example.com/web:1 --push --exec"
)]
pub struct Args {
    /// The app's directory
    #[arg(default_value = ".")]
    directory: String,
    /// The engine: docker, buildx, buildctl, buildctl-daemonless, kaniko or buildah
    #[arg(long, value_name = "ENGINE")]
    engine: Engine,
    /// The engine's version
    #[arg(long, value_name = "VERSION")]
    engine_version: Option<Version>,
    /// The cache repository
    #[arg(long, value_name = "REPOSITORY")]
    repository: Option<String>,
    /// The service, after which its cache is called
    #[arg(long, value_name = "NAME", default_value = "app")]
    service: String,
    /// The Dockerfile
    #[arg(long, value_name = "PATH")]
    dockerfile: Option<String>,
    /// The stage to build
    #[arg(long, value_name = "STAGE")]
    target: Option<String>,
    /// A build argument; without a value, the environment's
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]")]
    build_args: Vec<String>,
    /// What the image is called
    #[arg(short, long = "tag", value_name = "REFERENCE")]
    tags: Vec<String>,
    /// Push the image
    #[arg(long)]
    push: bool,
    /// Take nothing from the cache; it is written all the same
    #[arg(long)]
    no_cache: bool,
    /// Run it
    #[arg(long)]
    exec: bool,
}

/// Runs the command.
///
/// # Errors
///
/// Returns every problem of the flags, or that the build failed.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let cache = args.repository.clone().map(|repository| CacheRequest {
        backend: Some(Backend::Registry),
        repository: Some(repository),
        mode: Mode::Max,
        ..CacheRequest::default()
    });
    let build_args = args.build_args.iter().map(|text| match text.split_once('=') {
        Some((name, value)) => BuildArg { name: name.to_owned(), value: Some(value.to_owned()) },
        None => BuildArg { name: text.clone(), value: None },
    });
    let request = BuildRequest {
        context: args.directory.clone(),
        dockerfile: args.dockerfile.clone(),
        target: args.target.clone(),
        build_args: build_args.collect(),
        tags: args.tags.clone(),
        output: if args.push { Output::Push } else { Output::Default },
        no_cache: args.no_cache,
        service: args.service.clone(),
        cache,
        ..BuildRequest::default()
    };
    let facts = EngineFacts { version: args.engine_version.clone(), ..EngineFacts::unknown(args.engine) };
    let invocation = plan(&request, &facts).map_err(|problems| Failure::Problems(problems, ExitCode::Usage))?;
    for note in &invocation.notes {
        context.say(&format!("note: {}", note.message));
    }
    if args.exec {
        let failed = |error: &exec::ExecError| Failure::new(ExitCode::Failed, "the build failed").caused_by(error);
        exec::run(&invocation, crate::cli::interrupt::flag(), &mut |_| {}).map_err(|error| failed(&error))?;
        return Ok(ExitCode::Done);
    }
    let text = shell(&invocation).map_err(|error| Failure::new(ExitCode::Usage, "cannot write the command").caused_by(&error))?;
    context.answer(&text)?;
    Ok(ExitCode::Done)
}
