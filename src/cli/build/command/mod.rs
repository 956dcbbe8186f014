//! `rackform build command`: prints the command that builds an app with its cache, or runs it with `--exec`.

pub(super) mod cache;
pub(super) mod engine;
pub(super) mod image;
pub(super) mod rack;

use std::path::PathBuf;

use crate::build::cache::Backend;
use crate::build::cache_report::{CacheReport, Expected};
use crate::build::command::{Need, Step, environment_file, shell};
use crate::build::detected_plan::{DetectedPlan, plan_detected};
use crate::build::engine::{Engine, EngineFacts};
use crate::build::exec::{Observed, Stdout};
use crate::build::request::CacheRequest;
use crate::build::{BuildRequest, Invocation, Note, exec};
use crate::cli::build::cache_report::{CacheWatch, export_failure, require_written};
use crate::cli::build::defaults::Defaults;
use crate::cli::build::ignored;
use crate::cli::build::inputs::{self, Problems, Usage};
use crate::cli::shared::interrupt;
use crate::cli::{Context, ExitCode, Failure};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ui::build::cache_report::BuildView;
use crate::ui::build::{command as view, hints};
use crate::validate::Finding;

use cache::{CacheArgs, CacheChoice};
use engine::EngineArgs;
use image::ImageArgs;
use rack::{Rack, RackArg};

/// Print, or run, the exact command that builds an app with a cache that later builds on a new machine can use
///
/// The engine's capabilities are detected or set by flags: its version, driver and image store determine the cache flags of the command.
/// Unsupported options are reported on standard error. docs/build.md is the guide; docs/design/build-engines.md explains how the flags are
/// chosen.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build command . --service web --tag 123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1 --push\n  rackform build command app --engine buildx --repository registry.example.com/cache --service web --cache-branch \"$BRANCH\" --exec\n  rackform build command . --engine kaniko --engine-version 1.27.5 --repository registry.example.com/cache --format json\n  rackform build command . --engine buildx --s3-bucket my-cache --s3-region us-west-2 --s3-prefix buildx/web/\n  rackform build command . --engine docker --cache-to type=registry,ref=registry.example.com/cache:web,mode=max\n\nExit codes: 0 done, 1 the build failed, 7 the cache was not written (--require-cache), 64 unsupported by the engine, 66 missing file, 130 interrupted."
)]
pub struct Args {
    /// The app's directory [default: `build.directory` in rack.yaml, otherwise .]
    #[arg(value_name = "DIRECTORY")]
    directory: Option<String>,
    #[command(flatten)]
    image: ImageArgs,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    engine: EngineArgs,
    /// Where to read the rack's settings: the cache repository, the engine, and whether the build cache is enabled
    #[arg(long, value_enum, default_value_t, value_name = "WHERE", help_heading = "Cache")]
    rack: RackArg,
    /// Run the command, without a shell; a line at the end says what was read from the cache and whether it was written. With
    /// `--format json`, that report goes to standard output, and the engine's output to standard error
    #[arg(long, conflicts_with = "output")]
    exec: bool,
    /// With --exec, exit with code 7 if the build succeeds but its cache is not known to be written
    #[arg(long, requires = "exec")]
    require_cache: bool,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: CommandFormat,
    /// Write the command to a file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum CommandFormat {
    /// A command line for a POSIX shell, quoted where necessary
    #[default]
    #[value(alias = "human")]
    Shell,
    /// JSON: argument vectors, environment, caches and notes; starts with `format_version`
    Json,
    /// NAME=VALUE lines, for `docker run --env-file` and `$GITHUB_ENV`
    Env,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error with every invalid or unsupported flag, or an error if the build fails.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let mut notes = Vec::new();
    let given = args;
    let mut args = args.clone();
    let mut defaults = Defaults::new(&context.rack_file()?.build);
    args.apply_defaults(&mut defaults);
    let mut problems = Problems::default();
    let (mut request, engine) = args.request(context, &mut notes, &mut problems.usage)?;
    ignored::engine(&given.engine, engine, &mut problems.usage);
    ignored::input(&given.image.input, engine, &mut problems.usage);
    ignored::default_platform(&given.engine, &given.image.input, &mut problems.usage);
    let backend = match &request.cache {
        Some(cache) => cache.backend.map(CacheChoice::Backend),
        None => given.cache.cache,
    };
    ignored::cache(&given.cache, backend, engine, &mut problems.usage);
    if args.exec && args.format == CommandFormat::Env {
        problems.usage.push(
            Diagnostic::error("format", "`--format env` describes a command, which `--exec` runs instead")
                .hinted("use `--format json` for a report of the build, or omit `--exec`"),
        );
    }
    let usage = Usage {
        is_elsewhere: !args.exec && args.engine.is_of_another_machine(),
        is_run: args.exec,
        version: args.engine.engine_version.as_ref(),
    };
    let inputs = inputs::check(&request, engine, usage, &defaults, &mut problems, context);
    problems.into_result()?;
    request
        .resolve_build_args(if args.exec || engine != Engine::Kaniko { engine } else { Engine::Docker }, &|name| std::env::var(name).ok());
    let DetectedPlan { invocation: planned, facts, warnings } =
        plan_detected(&request, &args.engine.facts(engine), args.engine.detection(args.exec), &args.engine.programs());
    for warning in &warnings {
        context.status(&format!("note: {warning}"));
    }
    let mut invocation = planned.map_err(|found| Failure::Problems(hints::diagnostics(&found), ExitCode::Usage))?;
    invocation.notes.splice(0..0, notes);
    args.engine.note_platform(&request, &facts, &mut invocation);
    if !context.global.quiet {
        let text = view::notes(&invocation.notes, context.stderr_layout());
        if !text.is_empty() {
            context.status(text.trim_end_matches('\n'));
        }
    }
    let findings = inputs.findings(&request, facts.engine, facts.version.as_ref());
    inputs::show_findings(&findings, context)?;
    match args.exec {
        true => args.execute(&request, &invocation, &findings, context),
        false => args.show(&request, &facts, &invocation, &findings, context),
    }
}

/// Runs an invocation, prints each step before it starts, and reports at the end what the build did with its cache.
///
/// # Errors
///
/// Returns an error if a step fails, or if the cache has to be written and the build does not write one.
pub(super) fn run_observed(
    context: &mut Context<'_>,
    request: Option<&BuildRequest>,
    invocation: &Invocation,
    stdout: Stdout,
    is_required: bool,
) -> Result<Option<CacheReport>, Failure> {
    let expected = request.and_then(|request| Expected::new(request, invocation));
    let watch = CacheWatch::start(expected, request.is_some_and(|request| request.insecure_registry), is_required)?;
    let mut observed = Observed::default();
    let mut print_step = |step: &Step| context.status(&format!("{}: {}", step.purpose, crate::build::command::step(invocation, step)));
    let result = exec::run(invocation, stdout, interrupt::flag(), &mut observed, &mut print_step);
    result.map_err(|error| failed(&error, &observed))?;
    Ok(watch.finish(&observed, context))
}

/// Converts an error of a build to a failure with a hint.
pub(super) fn failed(error: &exec::ExecError, observed: &Observed) -> Failure {
    match error {
        exec::ExecError::Interrupted => Failure::new(ExitCode::Interrupted, "interrupted: the build was stopped"),
        exec::ExecError::NotSet { .. } => Failure::new(ExitCode::NoInput, error.to_string())
            .hinted("export the variable, or select another with `--secret id=ID,env=NAME`"),
        exec::ExecError::Start { .. } => Failure::new(ExitCode::Unavailable, "the build cannot start")
            .caused_by(error)
            .hinted("check that the engine is installed and on PATH, or select another with `--engine`"),
        exec::ExecError::Failed { .. } => {
            let mut failure = Failure::new(ExitCode::Failed, "the build failed").caused_by(error);
            if let (Failure::Expected(failure), Some(reason)) = (&mut failure, export_failure(observed)) {
                failure.causes.push(format!("the cache cannot be written: {reason}"));
            }
            failure
        }
    }
}

impl Args {
    fn execute(
        &self,
        request: &BuildRequest,
        invocation: &Invocation,
        findings: &[Finding],
        context: &mut Context<'_>,
    ) -> Result<ExitCode, Failure> {
        let is_set = |need: &Need| need.any_of.iter().any(|name| std::env::var_os(name).is_some());
        for need in invocation.needs.iter().filter(|need| !need.required && !is_set(need)) {
            let names = need.any_of.join(" or ");
            context.status(&format!("note: the environment variable {names} is not set; required by {}", need.purpose));
        }
        let is_json = self.format == CommandFormat::Json;
        let stdout = if is_json { Stdout::Stderr } else { Stdout::Inherited };
        let report = run_observed(context, Some(request), invocation, stdout, self.require_cache)?;
        if is_json {
            context.answer(&crate::ui::json(&BuildView::new(invocation.engine, report.as_ref(), findings))?)?;
        }
        if self.require_cache {
            require_written(report.as_ref())?;
        }
        Ok(ExitCode::Done)
    }

    fn show(
        &self,
        request: &BuildRequest,
        facts: &EngineFacts,
        invocation: &Invocation,
        findings: &[Finding],
        context: &mut Context<'_>,
    ) -> Result<ExitCode, Failure> {
        let cannot_format = |error: &crate::build::command::RenderError| {
            Failure::new(ExitCode::Usage, "cannot format the command")
                .caused_by(error)
                .hinted("use `--format json`, which can represent any text")
        };
        let text = match self.format {
            CommandFormat::Shell => shell(invocation).map_err(|error| cannot_format(&error))?,
            CommandFormat::Json => crate::ui::json(&view::Answer::new(facts, invocation, findings))?,
            CommandFormat::Env => {
                let repository = request.cache.as_ref().and_then(|cache| cache.repository.as_deref());
                environment_file(invocation, repository).map_err(|error| cannot_format(&error))?
            }
        };
        context.document_to(self.output.as_deref(), &text)?;
        Ok(ExitCode::Done)
    }

    /// Fills in settings from `rack.yaml` for flags that are not set.
    fn apply_defaults(&mut self, defaults: &mut Defaults<'_>) {
        self.directory = Some(defaults.directory(self.directory.as_ref()));
        defaults.cache(&mut self.cache);
        defaults.engine(&mut self.engine);
        defaults.input(&mut self.image.input);
    }

    /// Returns the build request and the engine.
    fn request(
        &self,
        context: &mut Context<'_>,
        notes: &mut Vec<Note>,
        problems: &mut Diagnostics,
    ) -> Result<(BuildRequest, Engine), Failure> {
        let mut request = BuildRequest {
            context: self.directory.clone().unwrap_or_default(),
            service: self.cache.service.clone().unwrap_or_default(),
            builder: self.engine.builder(),
            buildkit_image: self.engine.buildkit_image.clone(),
            ..BuildRequest::default()
        };
        self.image.apply_to(&mut request, problems);
        let rack = self.rack(context)?;
        let engine = self.engine.engine.unwrap_or_else(|| rack.as_ref().map_or(Engine::Docker, Rack::engine));
        request.cache = self.cache_request(rack.as_ref(), engine, context, notes, problems)?;
        if self.engine.buildkit_image.is_some() {
            absolute(&mut request, problems);
        }
        Ok((request, engine))
    }

    /// Reads the rack's settings, unless the flags set everything.
    fn rack(&self, context: &mut Context<'_>) -> Result<Option<Rack>, Failure> {
        let is_set = self.cache.backend().is_some_and(|choice| match choice {
            CacheChoice::Backend(Backend::Registry) => self.cache.repository.is_some() || self.cache.cache_ref.is_some(),
            _ => true,
        }) || !self.cache.to.is_empty()
            || !self.cache.from.is_empty();
        if self.rack == RackArg::Auto && is_set && self.engine.engine.is_some() {
            return Ok(None);
        }
        rack::read(self.rack, context)
    }

    fn cache_request(
        &self,
        rack: Option<&Rack>,
        engine: Engine,
        context: &mut Context<'_>,
        notes: &mut Vec<Note>,
        problems: &mut Diagnostics,
    ) -> Result<Option<CacheRequest>, Failure> {
        let mut cache = self.cache.request();
        if !cache.to.is_empty() || !cache.from.is_empty() {
            if self.cache.cache.is_some() {
                problems.push(
                    Diagnostic::error("cache-attributes", "`--cache-to` and `--cache-from` cannot be combined with other cache flags")
                        .hinted("omit `--cache`, `--repository` and the other cache flags, or omit these two"),
                );
            }
            return Ok(Some(cache));
        }
        let choice = match (self.cache.backend(), rack) {
            (Some(choice), _) => choice,
            (None, Some(rack)) if rack.has_cache => {
                cache.mounts |= rack.has_mounts && engine == Engine::Kaniko;
                CacheChoice::Backend(Backend::Registry)
            }
            (None, Some(rack)) => {
                let message = format!("the rack has no build cache ({}); building without a cache", rack.source_name);
                notes.push(
                    Note::new("no-cache-in-rack", message)
                        .hinted("enable it with `rackform set BuildCache=Yes`, or set another cache repository with `--repository`"),
                );
                CacheChoice::None
            }
            (None, None) => {
                notes.push(
                    Note::new("no-cache-named", "no cache is configured; building without a cache")
                        .hinted("set a registry cache with `--repository HOST/NAME`, or another backend with `--cache`"),
                );
                CacheChoice::None
            }
        };
        let CacheChoice::Backend(backend) = choice else { return Ok(None) };
        cache.backend = Some(backend);
        if matches!(backend, Backend::Registry | Backend::Image) && cache.repository.is_none() && cache.reference.is_none() {
            match rack {
                Some(rack) if rack.repository.is_some() => cache.repository.clone_from(&rack.repository),
                Some(rack) => {
                    problems.push(
                        Diagnostic::error("cache-repository", format!("{} does not specify the cache repository", rack.source_name))
                            .hinted("set `account:` in rack.yaml, deploy the stack, or set `--repository HOST/NAME`"),
                    );
                    return Ok(None);
                }
                // The planner reports the missing repository.
                None => {}
            }
        }
        if backend == Backend::S3 && cache.s3.region.is_none() {
            cache.s3.region = context.settings()?.configured_region().map(str::to_owned);
        }
        Ok(Some(cache))
    }
}

/// Makes paths absolute, as mounts into a container require, and finds docker's credentials.
pub(super) fn absolute(request: &mut BuildRequest, problems: &mut Diagnostics) {
    let mut absolute =
        |path: &mut String| match std::path::absolute(&*path).map(PathBuf::into_os_string).map(std::ffi::OsString::into_string) {
            Ok(Ok(text)) => *path = text,
            _ => problems.push(Diagnostic::error("path", format!("cannot make the path `{}` absolute", path.escape_debug()))),
        };
    absolute(&mut request.context);
    if let Some(dockerfile) = &mut request.dockerfile {
        absolute(dockerfile);
    }
    if let Some(directory) = request.cache.as_mut().and_then(|cache| cache.directory.as_mut()) {
        absolute(directory);
    }
    for secret in &mut request.secrets {
        if let crate::build::request::SecretSource::File(path) = &mut secret.source {
            absolute(path);
        }
    }
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".docker"));
    let config = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from).or_else(home);
    request.docker_config = config.and_then(|path| path.into_os_string().into_string().ok());
}
