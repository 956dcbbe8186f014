//! `rackform build agent`: the program inside the builder image.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::build::agent::{
    AGENT_PATH, Access, CacheLock, CacheLockError, Credentials, CredentialsError, Layout, RecoveredDirectories, Settings,
    kaniko_caches_directory, run_steps, supervise,
};
use crate::build::command::{plan, shell, shell_word};
use crate::build::engine::{Programs, Version, detect};
use crate::build::exec::{End, ExecError};
use crate::build::task::variables as name;
use crate::build::{Engine, EngineFacts, Invocation};
use crate::cli::{Context, ExitCode, Failure};
use crate::ui::build::hints;

/// How long to wait for another build of the same app, before building with an empty cache instead.
const WAIT: Duration = Duration::from_secs(60);
/// How long where the file system has one lock for all apps, and there is no empty cache to build with.
const FLAT_WAIT: Duration = Duration::from_secs(900);

/// Builds as the task's environment says: the program inside the builder image
///
/// A variable that is set and not empty goes over its flag. The engine is run with the arguments that `rackform build command` shows, gets
/// SIGTERM when the task is stopped, and its exit code is this command's. kaniko's cache directories are the app's own, one build at a
/// time.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build agent                                in a build task: everything is in the environment\n  BUILD_APP=web BUILD_CACHE=true BUILD_CACHE_REPO=r.example/cache rackform build agent --dry-run\n\nExit codes: the engine's own; 75 the cache is in use by another build, and nothing can be built beside it."
)]
pub struct Args {
    /// The app, whose cache directory is used [env: BUILD_APP]
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// The build's ID, which is part of the image's tag [env: BUILD_ID]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The service, which its cache is called after [env: BUILD_SERVICE; default: the app]
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// The source: a directory, or an address that the engine fetches, such as s3:// for kaniko [env: BUILD_URL; default: .]
    #[arg(value_name = "SOURCE")]
    source: Option<String>,
    /// The Dockerfile [env: BUILD_DOCKERFILE]
    #[arg(long, value_name = "PATH")]
    dockerfile: Option<String>,
    /// The stage to build [env: BUILD_TARGET]
    #[arg(long, value_name = "STAGE")]
    target: Option<String>,
    /// A build argument; without a value, the environment's [env: BUILD_ARGS, a JSON list]
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]")]
    build_args: Vec<String>,
    /// The repository to push {service}.{id} to, or a whole reference [env: BUILD_PUSH]
    #[arg(long, value_name = "REPOSITORY")]
    push: Option<String>,
    /// Take nothing from the layer cache [env: BUILD_NO_CACHE]
    #[arg(long)]
    no_cache: bool,
    /// Use the cache [env: BUILD_CACHE]
    #[arg(long)]
    cache: bool,
    /// The repository of cached layers [env: BUILD_CACHE_REPO]
    #[arg(long, value_name = "REPOSITORY")]
    cache_repo: Option<String>,
    /// Where the cache's file system is mounted [env: BUILD_CACHE_DIR; default: /build-cache, where it is there]
    #[arg(long, value_name = "DIRECTORY")]
    cache_dir: Option<String>,
    /// How long to wait for another build of the same app, in seconds [env: BUILD_CACHE_WAIT; default: 60]
    #[arg(long, value_name = "SECONDS")]
    cache_wait: Option<u64>,
    /// The engine [env: BUILD_ENGINE; default: kaniko]
    #[arg(long, value_name = "ENGINE")]
    engine: Option<Engine>,
    /// The engine's version [default: the engine is asked]
    #[arg(long, value_name = "VERSION")]
    engine_version: Option<Version>,
    /// The engine's program, where it is not the usual one
    #[arg(long, value_name = "PATH")]
    program: Option<String>,
    /// Print what would be run, and run nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
///
/// # Errors
///
/// Returns every problem of flags and environment, or that the engine cannot be started.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    let mut settings = args.settings().with_environment(&variable).map_err(usage)?;
    if settings.cache && settings.cache_directory.is_none() && Path::new(AGENT_PATH).is_dir() {
        settings.cache_directory = Some(AGENT_PATH.to_owned());
    }
    let facts = EngineFacts { version: args.engine_version.clone(), program: args.program.clone(), ..settings.facts() };
    let detected = detect(&facts, &Programs::default());
    let mut request = settings.request();
    request.resolve_build_args(settings.engine(), &variable);
    let invocation = plan(&request, &detected.facts).map_err(|problems| usage(hints::diagnostics(&problems)))?;
    for trouble in &detected.warnings {
        context.status(&format!("note: {trouble}"));
    }
    if args.dry_run {
        let text = shell(&invocation).map_err(|error| Failure::new(ExitCode::Usage, error.to_string()))?;
        context.answer(&text)?;
        return Ok(ExitCode::Done);
    }
    supervise::forward_signals().map_err(|error| Failure::new(ExitCode::Failed, "signals cannot be passed on").caused_by(&error))?;
    let environment = credentials(&variable, settings.engine())?;
    let lease = leased(&settings, context)?;
    built(&invocation, &environment, lease, context)
}

impl Args {
    fn settings(&self) -> Settings {
        Settings {
            app: self.app.clone(),
            id: self.id.clone(),
            service: self.service.clone(),
            source: self.source.clone(),
            dockerfile: self.dockerfile.clone(),
            target: self.target.clone(),
            build_args: self.build_args.clone(),
            push: self.push.clone(),
            no_cache: self.no_cache,
            cache: self.cache,
            cache_repository: self.cache_repo.clone(),
            cache_directory: self.cache_dir.clone(),
            cache_wait_seconds: self.cache_wait,
            engine: self.engine,
        }
    }
}

fn usage(problems: crate::diagnostic::Diagnostics) -> Failure {
    Failure::Problems(problems, ExitCode::Usage)
}

/// Runs the engine and gives the cache back; ends with the engine's own exit code.
fn built(
    invocation: &Invocation,
    environment: &[(String, String)],
    lease: Option<CacheLock>,
    context: &mut Context<'_>,
) -> Result<ExitCode, Failure> {
    let end = run_steps(invocation, environment, &mut |step| {
        let words: Vec<String> = step.argv.iter().map(|word| shell_word(word).unwrap_or_default()).collect();
        context.status(&format!("to {}: {}", step.purpose, words.join(" ")));
    });
    // One that never started has moved nothing; one that was told to end may have been in the middle of it, whatever it says.
    let ended_by_itself = match &end {
        Ok(End::Code(code)) => *code < 128 && !supervise::is_interrupted(),
        Ok(End::Signal(_)) => false,
        Err(_) => true,
    };
    if let Some(lease) = lease {
        match lease.release(ended_by_itself) {
            Ok(None) => {}
            Ok(Some(settled)) => tell(&settled, context),
            // The image is built all the same, and the next build sorts the cache out.
            Err(error) => context.warn(&format!("note: the cache could not be given back: {}", with_cause(&error))),
        }
    }
    let end = end.map_err(|error| {
        let code = if matches!(error, ExecError::Start { .. }) { ExitCode::Unavailable } else { ExitCode::Usage };
        let failure = Failure::new(code, error.to_string());
        match std::error::Error::source(&error) {
            Some(source) => failure.caused_by(source).hinted("`--program` names the engine's program, `--engine` another engine"),
            None => failure,
        }
    })?;
    match end.code() {
        0 => Ok(ExitCode::Done),
        code => {
            context.warn(&match end {
                End::Code(code) => format!("the engine ended with {code}"),
                End::Signal(signal) => format!("the engine was ended by signal {signal}"),
            });
            std::process::exit(code)
        }
    }
}

/// Takes the app's cache directories, where there are any to be had.
fn leased(settings: &Settings, context: &mut Context<'_>) -> Result<Option<CacheLock>, Failure> {
    let Some(mount) = settings.cache_directory.as_ref().filter(|_| settings.cache && settings.engine() == Engine::Kaniko) else {
        return Ok(None);
    };
    // The task definition may say kaniko's own place, which is a link in the builder image: what is mounted there is at its end.
    let is_in_image = Path::new(mount) == Path::new("/kaniko/caches") && Path::new(AGENT_PATH).is_dir();
    let mount = PathBuf::from(if is_in_image { AGENT_PATH } else { mount });
    if !mount.is_dir() {
        context.warn(&format!("note: there is no directory `{}`, so cache mounts are not kept", mount.display()));
        return Ok(None);
    }
    let failed = |error: CacheLockError| {
        let hint = "the build's role needs to write the file system; BUILD_CACHE=false builds without it";
        Failure::new(ExitCode::Failed, "the cache directories cannot be used").caused_by(&error).hinted(hint)
    };
    let place = kaniko_caches_directory(std::env::var("KANIKO_DIR").ok().as_deref(), &mount).map_err(failed)?;
    let app = settings.app.clone().unwrap_or_else(|| "app".to_owned());
    let layout = Layout::new(&mount, &place, &app);
    let patience = settings.cache_wait_seconds.map_or(if layout.is_flat() { FLAT_WAIT } else { WAIT }, Duration::from_secs);
    let build = settings.id.clone().unwrap_or_else(|| "without an ID".to_owned());
    match layout.acquire(&build, patience, &mut |text| context.status(text)).map_err(failed)? {
        Access::Shared(lease, settled) => {
            if let Some(settled) = settled {
                tell(&settled, context);
            }
            Ok(Some(*lease))
        }
        Access::Busy(who) if layout.is_flat() => {
            let message = format!("the cache's file system is in use by {who}");
            let hint = format!(
                "it is mounted at kaniko's own place, where builds cannot be kept apart: an image of `rackform build builder` has it at \
                    {AGENT_PATH}; {} waits longer, {}=false builds without it",
                name::CACHE_WAIT,
                name::CACHE
            );
            Err(Failure::new(ExitCode::TryAgain, message).hinted(hint))
        }
        Access::Busy(who) => {
            layout.unlink().map_err(failed)?;
            context.warn(&format!("note: the app's cache directories are in use by {who}: this build has empty ones, which are not kept"));
            Ok(None)
        }
    }
}

fn tell(settled: &RecoveredDirectories, context: &mut Context<'_>) {
    let build = if settled.build.is_empty() { "an earlier build".to_owned() } else { format!("build {}", settled.build) };
    let (kept, lost) = (settled.kept.len(), settled.lost.len());
    context.warn(&format!(
        "note: {build} was killed while it had the cache: {kept} directories it had not touched are kept, {lost} it may have moved away \
            are lost"
    ));
}

/// Writes credentials of registries where the engine reads them; returns the variable that says where.
fn credentials(variable: &dyn Fn(&str) -> Option<String>, engine: Engine) -> Result<Vec<(String, String)>, Failure> {
    let text = variable(name::AUTH).unwrap_or_default();
    let failed = |error: CredentialsError| {
        let failure = Failure::new(ExitCode::Data, error.to_string());
        match std::error::Error::source(&error) {
            Some(source) => failure.caused_by(source),
            None => failure,
        }
    };
    let Some(credentials) = Credentials::read(&text).map_err(failed)? else { return Ok(Vec::new()) };
    // What kaniko finds outside of its own directory ends up in the image.
    let usual = || match engine {
        Engine::Kaniko => Some(PathBuf::from("/kaniko/.docker")),
        _ => variable("HOME").map(|home| Path::new(&home).join(".docker")),
    };
    let directory = variable("DOCKER_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from).or_else(usual);
    let directory = directory.unwrap_or_else(|| PathBuf::from("/root/.docker"));
    credentials.write(&directory).map_err(failed)?;
    Ok(vec![("DOCKER_CONFIG".to_owned(), directory.display().to_string())])
}

fn with_cause(error: &CacheLockError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
