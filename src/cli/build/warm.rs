//! `rackform build cache warm`: runs a build that only writes the cache.

use clap::FromArgMatches as _;

use super::command::rack::{self, RackArg};
use super::image::{execute, print_notes};
use super::image_key::build_arg;
use super::options::BuildOptions;
use crate::build::cache::Mode;
use crate::build::command::plan;
use crate::build::engine::{Programs, Version, detect};
use crate::build::exec::Stdout;
use crate::build::image::parse_secret;
use crate::build::registry::is_loopback;
use crate::build::request::{CacheRequest, Output};
use crate::build::{BuildRequest, Engine, EngineFacts};
use crate::cli::{Context, ExitCode, Failure};

/// The service, where none is given.
const DEFAULT_SERVICE: &str = "app";

/// Build an app to fill its cache, without producing an image
///
/// The build reads layers that are already cached, so warming a warm cache is quick. With `--in-rack`, the rack's build task does the
/// build, and the arguments after `--` are options of `rackform build run`; `--push` is not allowed. `--service` defaults to `app`, and
/// `--dockerfile` is relative to the current directory.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build cache warm . --service web\n  rackform build cache warm . --engine buildah --repository 127.0.0.1:5000/cache\n  rackform build cache warm --in-rack -- --app web --url s3://source/web.tgz\n\nExit codes: 0 the cache is warm, otherwise the exit code of the build."
)]
pub struct Args {
    /// The app's directory, which is the build context
    #[arg(default_value = ".")]
    directory: String,
    /// The cache repository [default: the rack's]
    #[arg(long, value_name = "HOST/NAME", conflicts_with = "in_rack")]
    repository: Option<String>,
    #[command(flatten)]
    options: BuildOptions,
    /// The branch; each branch has its own cache
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Which layers to cache: min caches those of the result, max those of every stage
    #[arg(long, value_name = "MODE", default_value = "max")]
    mode: Mode,
    /// A secret to mount: `id=ID,src=FILE`, `id=ID,env=NAME`, or the name of an environment variable
    #[arg(long = "secret", value_name = "SECRET")]
    secrets: Vec<String>,
    /// A platform to build for, such as linux/arm64
    #[arg(long = "platform", value_name = "PLATFORM")]
    platforms: Vec<String>,
    /// Connect to the registry without TLS; always the case for a registry on this machine
    #[arg(long)]
    insecure: bool,
    /// The engine: docker, buildx, buildctl, buildctl-daemonless, kaniko or buildah
    #[arg(long, value_name = "ENGINE", default_value = "buildx")]
    engine: Engine,
    /// The engine's version [default: detected from the engine]
    #[arg(long, value_name = "VERSION")]
    engine_version: Option<Version>,
    /// Run the build in the rack's build task
    #[arg(long)]
    in_rack: bool,
    /// Options of `rackform build run`
    #[arg(last = true, requires = "in_rack")]
    run: Vec<String>,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if an option is invalid, or if the build fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    if args.in_rack {
        return in_rack(args, context);
    }
    let secrets = args.secrets.iter().map(|text| parse_secret(text)).collect::<Result<Vec<_>, _>>();
    let secrets = secrets.map_err(|problem| Failure::new(ExitCode::Usage, format!("invalid `--secret`: {problem}")))?;
    let repository = match &args.repository {
        Some(repository) => repository.clone(),
        None => rack_repository(context)?,
    };
    let host = repository.split('/').next().unwrap_or_default();
    let mut request = BuildRequest {
        context: args.directory.clone(),
        dockerfile: args.options.dockerfile.clone(),
        target: args.options.target.clone(),
        build_args: args.options.build_args.iter().map(|text| build_arg(text)).collect::<Result<_, _>>()?,
        secrets,
        platforms: args.platforms.clone(),
        output: Output::CacheOnly,
        no_cache: args.options.no_cache,
        service: args.options.service.clone().unwrap_or_else(|| DEFAULT_SERVICE.to_owned()),
        insecure_registry: args.insecure || is_loopback(host),
        cache: Some(CacheRequest { branch: args.branch.clone(), mode: args.mode, strict: true, ..CacheRequest::in_registry(&repository) }),
        ..BuildRequest::default()
    };
    request.resolve_build_args(args.engine, &|name| std::env::var(name).ok());
    let facts = EngineFacts { version: args.engine_version.clone(), ..EngineFacts::unknown(args.engine) };
    let detected = detect(&facts, &Programs::default());
    for warning in &detected.warnings {
        context.detail(warning);
    }
    let invocation = plan(&request, &detected.facts)
        .map_err(|problems| Failure::Problems(crate::ui::build::hints::diagnostics(&problems), ExitCode::Usage))?;
    print_notes(context, &invocation);
    super::command::dockerfile::check(&request, &detected.facts, false, context)?;
    if invocation.cache_to.is_empty() {
        return Err(Failure::new(ExitCode::Failed, format!("{} cannot write a cache to {repository}", args.engine))
            .hinted("the notes above list the reasons; choose another engine with `--engine`"));
    }
    execute(context, &invocation, Stdout::Stderr)?;
    context.status(&format!("the cache in {repository} is warm"));
    Ok(ExitCode::Done)
}

/// Returns the repository of the rack's cache.
fn rack_repository(context: &mut Context<'_>) -> Result<String, Failure> {
    let hint = "specify the cache repository with `--repository HOST/NAME`";
    let Some(rack) = rack::read(RackArg::Auto, context)? else {
        return Err(Failure::new(ExitCode::Usage, "no rack found, so the cache repository is unknown").hinted(hint));
    };
    if !rack.has_cache {
        let message = format!("the rack has no build cache ({})", rack.source_name);
        return Err(Failure::new(ExitCode::Failed, message).hinted(format!("enable it with `rackform set BuildCache=Yes`, or {hint}")));
    }
    let unknown = || Failure::new(ExitCode::Usage, format!("{} does not specify the cache repository", rack.source_name)).hinted(hint);
    rack.repository.clone().ok_or_else(unknown)
}

/// Runs the build in the rack's build task, which writes the rack's cache.
fn in_rack(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    if args.run.iter().any(|word| word == "--push" || word.starts_with("--push=")) {
        return Err(Failure::new(ExitCode::Usage, "`--push` is not allowed, because warming a cache produces no image"));
    }
    let command = <super::run::Args as clap::Args>::augment_args(clap::Command::new("run").no_binary_name(true));
    let parsed = command.try_get_matches_from(&args.run).and_then(|matches| super::run::Args::from_arg_matches(&matches));
    let parsed = parsed.map_err(|error| {
        let text = error.to_string();
        // clap lists missing options on separate lines.
        let first: Vec<&str> = text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
        let first = first.join(" ").trim_start_matches("error: ").to_owned();
        Failure::new(ExitCode::Usage, format!("invalid options for `rackform build run`: {first}"))
            .hinted("see `rackform build run --help`")
    })?;
    super::run::run(&parsed, context)
}
