//! `rackform build cache warm`: runs a build that only writes the cache.

use clap::FromArgMatches as _;

use super::cache_report::require_written;
use super::command::cache::{CacheArgs, CacheChoice};
use super::command::engine::EngineArgs;
use super::command::image::InputArgs;
use super::command::rack::{self, RackArg};
use super::command::{absolute, run_observed};
use super::defaults::Defaults;
use super::ignored;
use super::image::print_notes;
use super::inputs::{self, Problems, Usage};
use crate::build::cache::Backend;
use crate::build::detected_plan::plan_detected;
use crate::build::exec::Stdout;
use crate::build::registry::is_loopback;
use crate::build::request::{CacheRequest, Output};
use crate::build::{BuildRequest, Engine};
use crate::cli::{Context, ExitCode, Failure};
use crate::diagnostic::Diagnostics;

/// The service, where none is given.
const DEFAULT_SERVICE: &str = "app";

/// Build an app to fill its cache, without producing an image
///
/// The build reads layers that are already cached, so warming a warm cache is quick. With `--in-rack`, the rack's build task does the
/// build, and the arguments after `--` are options of `rackform build run`; `--push` is not allowed. `--service` defaults to `app`, and
/// `--dockerfile` is relative to the current directory.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build cache warm . --service web\n  rackform build cache warm . --engine buildah --repository 127.0.0.1:5000/cache\n  rackform build cache warm --in-rack -- --app web --url s3://source/web.tgz\n\nExit codes: 0 the cache is warm, 1 the build failed, 7 the build succeeded but the cache was not written."
)]
pub struct Args {
    /// The app's directory, which is the build context [default: `build.directory` in rack.yaml, otherwise .]
    directory: Option<String>,
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    engine: EngineArgs,
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
    let given = args;
    let mut args = args.clone();
    let mut defaults = Defaults::new(&context.rack_file()?.build);
    let directory = defaults.directory(args.directory.as_ref());
    defaults.cache(&mut args.cache);
    defaults.engine(&mut args.engine);
    defaults.input(&mut args.input);
    let engine = args.engine.engine.unwrap_or(Engine::Buildx);
    let mut problems = Problems::default();
    let (mut request, location) = args.request(directory, &mut problems.usage, context)?;
    ignored::engine(&given.engine, engine, &mut problems.usage);
    ignored::input(&given.input, engine, &mut problems.usage);
    ignored::default_platform(&given.engine, &given.input, &mut problems.usage);
    let backend = request.cache.as_ref().and_then(|cache| cache.backend).map(CacheChoice::Backend);
    ignored::cache(&given.cache, backend, engine, &mut problems.usage);
    let usage = Usage { is_elsewhere: false, is_run: true, version: args.engine.engine_version.as_ref() };
    let inputs = inputs::check(&request, engine, usage, &defaults, &mut problems, context);
    problems.into_result()?;
    let facts = args.engine.facts(engine);
    request.resolve_build_args(engine, &|name| std::env::var(name).ok());
    let detected = plan_detected(&request, &facts, args.engine.detection(true), &args.engine.programs());
    for warning in &detected.warnings {
        context.detail(warning);
    }
    let mut invocation =
        detected.invocation.map_err(|problems| Failure::Problems(crate::ui::build::hints::diagnostics(&problems), ExitCode::Usage))?;
    args.engine.note_platform(&request, &detected.facts, &mut invocation);
    print_notes(context, &invocation);
    inputs::show_findings(&inputs.findings(&request, engine, detected.facts.version.as_ref()), context)?;
    if invocation.cache_to.is_empty() {
        return Err(Failure::new(ExitCode::Failed, format!("{engine} cannot write a cache to {location}"))
            .hinted("the notes above list the reasons; choose another engine with `--engine`"));
    }
    let report = run_observed(context, Some(&request), &invocation, Stdout::Stderr, true)?;
    match report {
        Some(report) if report.has_failed() => require_written(Some(&report))?,
        // The line above says that it is unknown.
        Some(report) if !report.is_written() => {}
        _ => context.status(&format!("the cache in {location} is warm")),
    }
    Ok(ExitCode::Done)
}

impl Args {
    /// Returns the request, and the location of its cache for messages.
    fn request(&self, directory: String, problems: &mut Diagnostics, context: &mut Context<'_>) -> Result<(BuildRequest, String), Failure> {
        let mut request = BuildRequest {
            context: directory,
            output: Output::CacheOnly,
            service: self.cache.service.clone().unwrap_or_else(|| DEFAULT_SERVICE.to_owned()),
            builder: self.engine.builder(),
            buildkit_image: self.engine.buildkit_image.clone(),
            ..BuildRequest::default()
        };
        self.input.apply_to(&mut request, problems);
        let mut cache = CacheRequest { strict: true, ..self.cache.request() };
        let is_explicit = !cache.to.is_empty() || !cache.from.is_empty();
        let backend = match self.cache.backend() {
            _ if is_explicit => None,
            Some(CacheChoice::None) => {
                return Err(Failure::new(ExitCode::Usage, "`--cache none` leaves no cache to warm"));
            }
            Some(CacheChoice::Backend(backend)) => Some(backend),
            None => Some(Backend::Registry),
        };
        cache.backend = backend;
        let is_registry = matches!(backend, Some(Backend::Registry | Backend::Image));
        if is_registry && cache.repository.is_none() && cache.reference.is_none() {
            cache.repository = Some(rack_repository(context)?);
        }
        if backend == Some(Backend::S3) && cache.s3.region.is_none() {
            cache.s3.region = context.settings()?.configured_region().map(str::to_owned);
        }
        let location = match (cache.reference.as_ref().or(cache.repository.as_ref()), backend) {
            (Some(repository), _) if is_registry => repository.clone(),
            (_, Some(Backend::S3)) => format!("the bucket {}", cache.s3.bucket.as_deref().unwrap_or("(none)")),
            (_, Some(Backend::Local)) => cache.directory.clone().unwrap_or_default(),
            (_, Some(backend)) => format!("the {backend} cache"),
            (_, None) => cache.to.first().or(cache.from.first()).cloned().unwrap_or_default(),
        };
        request.insecure_registry |= is_registry && is_loopback(location.split('/').next().unwrap_or_default());
        request.cache = Some(cache);
        if self.engine.buildkit_image.is_some() {
            absolute(&mut request, problems);
        }
        Ok((request, location))
    }
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
    let mut problems = Diagnostics::default();
    let mut ignored = vec![("DIRECTORY", args.directory.is_some())];
    ignored.extend(ignored::input_options(&args.input));
    ignored.extend(ignored::cache_options(&args.cache));
    ignored.extend(ignored::engine_options(&args.engine));
    let hint = "omit it, or put an option of `rackform build run` after `--`";
    ignored::add(&ignored, "with `--in-rack`, which builds in the rack's task and writes the rack's cache", hint, &mut problems);
    if problems.has_errors() {
        return Err(Failure::Problems(problems, ExitCode::Usage));
    }
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
