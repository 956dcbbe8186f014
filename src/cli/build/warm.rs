//! `rackform build cache warm`: a build that only fills the cache.

use clap::FromArgMatches as _;

use super::command::rack::{self, RackArg};
use super::image::{execute, print_notes};
use super::image_key::build_arg;
use crate::build::cache::Mode;
use crate::build::command::plan;
use crate::build::engine::{Programs, Version, detect};
use crate::build::exec::Stdout;
use crate::build::image::parse_secret;
use crate::build::registry::is_loopback;
use crate::build::request::{CacheRequest, Output};
use crate::build::{BuildRequest, Engine, EngineFacts};
use crate::cli::{Context, ExitCode, Failure};

/// Builds an app only to fill its cache: no image comes out of it
///
/// What is cached already is taken from there, so warming a warm cache is quick. With `--in-rack` the rack's build task does it: what
/// follows `--` is for `rackform build run`, without `--push`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build cache warm . --service web\n  rackform build cache warm . --engine buildah --repository 127.0.0.1:5000/cache\n  rackform build cache warm --in-rack -- --app web --url s3://source/web.tgz\n\nExit codes: as the build's; 0 the cache is warm."
)]
pub struct Args {
    /// The app's directory
    #[arg(default_value = ".")]
    directory: String,
    /// The cache repository [default: the rack's own]
    #[arg(long, value_name = "HOST/NAME", conflicts_with = "in_rack")]
    repository: Option<String>,
    /// The service, which the cache is called after
    #[arg(long, value_name = "NAME", default_value = "app")]
    service: String,
    /// The branch, which has a cache of its own
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// How much of the build is kept: min is the layers of the result, max those of every stage
    #[arg(long, value_name = "MODE", default_value = "max")]
    mode: Mode,
    /// The Dockerfile [default: the one in the directory]
    #[arg(long, value_name = "PATH")]
    dockerfile: Option<String>,
    /// The stage to build [default: the last]
    #[arg(long, value_name = "STAGE")]
    target: Option<String>,
    /// A build argument; a bare name has the environment's value
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]")]
    build_args: Vec<String>,
    /// A secret: `id=ID,src=FILE`, `id=ID,env=NAME`, or the name of a variable
    #[arg(long = "secret", value_name = "SECRET")]
    secrets: Vec<String>,
    /// A platform such as linux/arm64
    #[arg(long = "platform", value_name = "PLATFORM")]
    platforms: Vec<String>,
    /// Take nothing from the cache, and write all of it anew
    #[arg(long)]
    no_cache: bool,
    /// Speak to the registry without TLS; with this machine that is so anyway
    #[arg(long)]
    insecure: bool,
    /// The engine: docker, buildx, buildctl, buildctl-daemonless, kaniko or buildah
    #[arg(long, value_name = "ENGINE", default_value = "buildx")]
    engine: Engine,
    /// The engine's version [default: it is asked]
    #[arg(long, value_name = "VERSION")]
    engine_version: Option<Version>,
    /// Let the rack's build task do it
    #[arg(long)]
    in_rack: bool,
    /// Flags of `rackform build run`
    #[arg(last = true, requires = "in_rack")]
    run: Vec<String>,
}

/// Runs the command.
///
/// # Errors
///
/// Returns problems of the flags, or that the build failed.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    if args.in_rack {
        return in_rack(args, context);
    }
    let secrets = args.secrets.iter().map(|text| parse_secret(text)).collect::<Result<Vec<_>, _>>();
    let secrets = secrets.map_err(|problem| Failure::new(ExitCode::Usage, format!("`--secret` is not understood: {problem}")))?;
    let repository = match &args.repository {
        Some(repository) => repository.clone(),
        None => racks_own(context)?,
    };
    let host = repository.split('/').next().unwrap_or_default();
    let mut request = BuildRequest {
        context: args.directory.clone(),
        dockerfile: args.dockerfile.clone(),
        target: args.target.clone(),
        build_args: args.build_args.iter().map(|text| build_arg(text)).collect::<Result<_, _>>()?,
        secrets,
        platforms: args.platforms.clone(),
        output: Output::CacheOnly,
        no_cache: args.no_cache,
        service: args.service.clone(),
        insecure_registry: args.insecure || is_loopback(host),
        cache: Some(CacheRequest { branch: args.branch.clone(), mode: args.mode, strict: true, ..CacheRequest::in_registry(&repository) }),
        ..BuildRequest::default()
    };
    request.resolve_build_args(args.engine, &|name| std::env::var(name).ok());
    let given = EngineFacts { version: args.engine_version.clone(), ..EngineFacts::unknown(args.engine) };
    let detected = detect(&given, &Programs::default());
    for warning in &detected.warnings {
        context.detail(warning);
    }
    let invocation = plan(&request, &detected.facts)
        .map_err(|problems| Failure::Problems(crate::ui::build::hints::diagnostics(&problems), ExitCode::Usage))?;
    print_notes(context, &invocation);
    super::command::dockerfile::check(&request, &detected.facts, false, context)?;
    if invocation.cache_to.is_empty() {
        return Err(Failure::new(
            ExitCode::Failed,
            format!("{} cannot write a cache to {repository}, so there is nothing to warm", args.engine),
        )
        .hinted("the notes above say what it lacks; `--engine` names another"));
    }
    execute(context, &invocation, Stdout::Stderr)?;
    context.status(&format!("the cache in {repository} is warm"));
    Ok(ExitCode::Done)
}

/// Returns the repository of the rack's cache.
fn racks_own(context: &mut Context<'_>) -> Result<String, Failure> {
    let named = "`--repository HOST/NAME` names the cache repository";
    let Some(rack) = rack::read(RackArg::Auto, context)? else {
        return Err(Failure::new(ExitCode::Usage, "there is no rack here whose cache could be warmed").hinted(named));
    };
    if !rack.has_cache {
        let message = format!("the rack has no build cache ({})", rack.source_name);
        return Err(Failure::new(ExitCode::Failed, message)
            .hinted(format!("`rackform set BuildCache=Yes` gives it one; {named} that is elsewhere")));
    }
    let untold = || Failure::new(ExitCode::Usage, format!("{} does not tell the cache repository", rack.source_name)).hinted(named);
    rack.repository.clone().ok_or_else(untold)
}

/// Starts the rack's build task, which fills the rack's cache.
fn in_rack(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    if args.run.iter().any(|word| word == "--push" || word.starts_with("--push=")) {
        return Err(Failure::new(ExitCode::Usage, "warming a cache pushes no image: leave out `--push`"));
    }
    let command = <super::run::Args as clap::Args>::augment_args(clap::Command::new("run").no_binary_name(true));
    let read = command.try_get_matches_from(&args.run).and_then(|matches| super::run::Args::from_arg_matches(&matches));
    let read = read.map_err(|error| {
        let said = error.to_string();
        // What is missing stands in lines of its own.
        let first: Vec<&str> = said.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
        let first = first.join(" ").trim_start_matches("error: ").to_owned();
        Failure::new(ExitCode::Usage, format!("`rackform build run` does not take this: {first}"))
            .hinted("`rackform build run --help` has its flags")
    })?;
    super::run::run(&read, context)
}
