//! `rackform build agent`: runs a build inside the builder image.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cache_report::{CacheWatch, export_failure, require_written};
use super::command::engine::EngineArgs;
use super::ignored;
use super::options::BuildOptions;
use crate::build::agent::{
    AGENT_PATH, Access, CacheLock, CacheLockError, Credentials, CredentialsError, Layout, RecoveredDirectories, Released, Settings,
    caches_name, kaniko_caches_directory, run_steps, supervise,
};
use crate::build::cache_report::{CacheReport, Expected};
use crate::build::command::{shell, shell_word};
use crate::build::detected_plan::plan_detected;
use crate::build::exec::{End, ExecError, Observed};
use crate::build::task::variables as name;
use crate::build::{Engine, Invocation};
use crate::cli::{Context, ExitCode, Failure};
use crate::ui::build::hints;

/// How long to wait for another build of the same app before building with empty cache directories.
const LOCK_WAIT: Duration = Duration::from_secs(60);
/// How long to wait if the file system has one lock for all apps, so that the build fails without it.
const FLAT_LOCK_WAIT: Duration = Duration::from_secs(900);

/// Run a build inside the builder image, as configured by the environment of the build task
///
/// An environment variable that is set and not empty takes precedence over its option. `--service`, `--dockerfile`, `--target`,
/// `--build-arg` and `--no-cache` have the variables BUILD_SERVICE (default: the app), BUILD_DOCKERFILE, BUILD_TARGET, BUILD_ARGS (a JSON
/// list) and BUILD_NO_CACHE.
///
/// The engine runs with the arguments that `rackform build command` prints. It receives SIGTERM when the task is stopped. The exit code of
/// the engine is the exit code of this command. With kaniko, each app has its own cache directories, which one build at a time uses.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rackform build agent                                in a build task, configured by the environment\n  BUILD_APP=web BUILD_CACHE=true BUILD_CACHE_REPO=r.example/cache rackform build agent --dry-run\n\nExit codes: those of the engine; 7 the cache was not written (--require-cache); 75 another build uses the cache, and this build cannot run without it."
)]
pub struct Args {
    /// The app, which names the cache directory [env: BUILD_APP]
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// The build's ID, which is part of the image's tag [env: BUILD_ID]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    options: BuildOptions,
    /// The source: a directory, or a URL that the engine supports, such as s3:// for kaniko [env: BUILD_URL; default: .]
    #[arg(value_name = "SOURCE")]
    source: Option<String>,
    /// The repository to push to with the tag {service}.{id}, or a complete image reference [env: BUILD_PUSH]
    #[arg(long, value_name = "REPOSITORY")]
    push: Option<String>,
    /// Use the cache [env: BUILD_CACHE]
    #[arg(long)]
    cache: bool,
    /// The repository of the layer cache [env: BUILD_CACHE_REPO]
    #[arg(long, value_name = "REPOSITORY")]
    cache_repo: Option<String>,
    /// The mount point of the cache file system [env: BUILD_CACHE_DIR; default: /build-cache if it exists]
    #[arg(long, value_name = "DIRECTORY")]
    cache_dir: Option<String>,
    /// How many seconds to wait for another build of the same app [env: BUILD_CACHE_WAIT; default: 60]
    #[arg(long, value_name = "SECONDS")]
    cache_wait: Option<u64>,
    /// Exit with code 7 if the build succeeds but its cache is not known to be written [env: BUILD_REQUIRE_CACHE]
    #[arg(long)]
    require_cache: bool,
    #[command(flatten)]
    engine: EngineArgs,
    /// Print the command without running it
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error for each invalid option or variable, or if the engine cannot be started.
pub fn run(args: &Args, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    let mut settings = args.settings().with_environment(&variable).map_err(usage)?;
    let mut problems = crate::diagnostic::Diagnostics::default();
    ignored::engine(&args.engine, settings.engine(), &mut problems);
    if !args.cache && variable(name::CACHE).is_none() {
        let of_cache = [
            ("--cache-repo", args.cache_repo.is_some()),
            ("--cache-dir", args.cache_dir.is_some()),
            ("--cache-wait", args.cache_wait.is_some()),
        ];
        ignored::add(&of_cache, "without `--cache` or BUILD_CACHE", "add `--cache`, or omit it", &mut problems);
    }
    if problems.has_errors() {
        return Err(usage(problems));
    }
    if settings.cache && settings.cache_directory.is_none() && Path::new(AGENT_PATH).is_dir() {
        settings.cache_directory = Some(AGENT_PATH.to_owned());
    }
    let mut request = settings.request();
    request.builder = args.engine.builder();
    request.resolve_build_args(settings.engine(), &variable);
    let facts = args.engine.facts(settings.engine());
    let detected = plan_detected(&request, &facts, args.engine.detection(!args.dry_run), &args.engine.programs());
    let invocation = detected.invocation.map_err(|problems| usage(hints::diagnostics(&problems)))?;
    for warning in &detected.warnings {
        context.status(&format!("note: {warning}"));
    }
    for note in invocation.notes.iter().filter(|note| note.rule == "secret-build-arg") {
        context.status(&format!("note: {}", note.message));
    }
    if args.dry_run {
        let text = shell(&invocation).map_err(|error| Failure::new(ExitCode::Usage, error.to_string()))?;
        context.document(&text)?;
        return Ok(ExitCode::Done);
    }
    supervise::forward_signals()
        .map_err(|error| Failure::new(ExitCode::Failed, "cannot forward signals to the engine").caused_by(&error))?;
    let environment = credentials(&variable, settings.engine())?;
    let watch = CacheWatch::start(Expected::new(&request, &invocation), request.insecure_registry, settings.require_cache)?;
    let lock = lock_cache(&settings, context)?;
    let report = run_engine(&invocation, &environment, lock, watch, context)?;
    if settings.require_cache {
        require_written(report.as_ref())?;
    }
    Ok(ExitCode::Done)
}

impl Args {
    fn settings(&self) -> Settings {
        Settings {
            app: self.app.clone(),
            id: self.id.clone(),
            service: self.options.service.clone(),
            source: self.source.clone(),
            dockerfile: self.options.dockerfile.clone(),
            target: self.options.target.clone(),
            build_args: self.options.build_args.clone(),
            push: self.push.clone(),
            no_cache: self.options.no_cache,
            cache: self.cache,
            cache_repository: self.cache_repo.clone(),
            cache_directory: self.cache_dir.clone(),
            cache_wait_seconds: self.cache_wait,
            require_cache: self.require_cache,
            engine: self.engine.engine,
        }
    }
}

fn usage(problems: crate::diagnostic::Diagnostics) -> Failure {
    Failure::Problems(problems, ExitCode::Usage)
}

/// Runs the engine, releases the cache, and reports what the build did with it; exits with the engine's exit code if that is not 0.
fn run_engine(
    invocation: &Invocation,
    environment: &[(String, String)],
    lock: Option<CacheLock>,
    watch: CacheWatch,
    context: &mut Context<'_>,
) -> Result<Option<CacheReport>, Failure> {
    let mut observed = Observed::default();
    let end = run_steps(invocation, environment, &mut observed, &mut |step| {
        let arguments: Vec<String> = step.argv.iter().map(|argument| shell_word(argument).unwrap_or_default()).collect();
        context.status(&format!("to {}: {}", step.purpose, arguments.join(" ")));
    });
    // An engine that never started has moved no directory. One that received a signal may have been moving one, even if it exited with 0.
    let ended_by_itself = match &end {
        Ok(End::Code(code)) => *code < 128 && !supervise::is_interrupted(),
        Ok(End::Signal(_)) => false,
        Err(_) => true,
    };
    if let Some(lock) = lock {
        match lock.release(ended_by_itself) {
            Ok(Released::Kept) => {}
            Ok(Released::Recovered(recovered)) => warn_of_recovery("the engine ended", &recovered, context),
            Ok(Released::TakenOver) => context.warn(
                "note: the file system lost contact with this build for too long, and another build took over the cache directories; what \
                    this build changed in them is not kept",
            ),
            // The image is built, and the next build recovers the cache.
            Err(error) => context.warn(&format!("note: cannot release the cache directories: {}", with_cause(&error))),
        }
    }
    let end = end.map_err(|error| {
        let code = if matches!(error, ExecError::Start { .. }) { ExitCode::Unavailable } else { ExitCode::Usage };
        let failure = Failure::new(code, error.to_string());
        match std::error::Error::source(&error) {
            Some(source) => {
                failure.caused_by(source).hinted("specify the engine's program with `--program`, or another engine with `--engine`")
            }
            None => failure,
        }
    })?;
    match end.code() {
        0 => Ok(watch.finish(&observed, context)),
        code => {
            if let Some(reason) = export_failure(&observed) {
                context.warn(&format!("the cache cannot be written: {reason}"));
            }
            context.warn(&match end {
                End::Code(code) => format!("the engine failed with exit code {code}"),
                End::Signal(signal) => format!("the engine was terminated by signal {signal}"),
            });
            std::process::exit(code)
        }
    }
}

/// Locks the app's cache directories, if the build has any.
fn lock_cache(settings: &Settings, context: &mut Context<'_>) -> Result<Option<CacheLock>, Failure> {
    let Some(mount) = settings.cache_directory.as_ref().filter(|_| settings.cache && settings.engine() == Engine::Kaniko) else {
        return Ok(None);
    };
    // The task definition may name kaniko's own directory, which is a symbolic link to the mount point in the builder image.
    let is_in_image = Path::new(mount) == Path::new("/kaniko/caches") && Path::new(AGENT_PATH).is_dir();
    let mount = PathBuf::from(if is_in_image { AGENT_PATH } else { mount });
    if !mount.is_dir() {
        context.warn(&format!("note: the directory `{}` does not exist, so cache mounts are not kept", mount.display()));
        return Ok(None);
    }
    let failed = |error: CacheLockError| {
        let hint = "allow the build's task role to write to the file system, or build without the cache: BUILD_CACHE=false";
        Failure::new(ExitCode::Failed, "cannot use the cache directories").caused_by(&error).hinted(hint)
    };
    let kaniko_directory = kaniko_caches_directory(std::env::var("KANIKO_DIR").ok().as_deref(), &mount).map_err(failed)?;
    let app = caches_name(settings.app.as_deref().unwrap_or("app"), std::env::consts::ARCH);
    let layout = Layout::new(&mount, &kaniko_directory, &app);
    let wait = settings.cache_wait_seconds.map_or(if layout.is_flat() { FLAT_LOCK_WAIT } else { LOCK_WAIT }, Duration::from_secs);
    let build = settings.id.clone().unwrap_or_else(|| "without an ID".to_owned());
    match layout.acquire(&build, wait, &mut |text| context.status(text)).map_err(failed)? {
        Access::Shared(lock, recovered) => {
            if let Some(recovered) = recovered {
                let build = Some(&recovered.build).filter(|build| !build.is_empty());
                let subject = build.map_or_else(|| "an earlier build was killed".to_owned(), |build| format!("build {build} was killed"));
                warn_of_recovery(&subject, &recovered, context);
            }
            Ok(Some(*lock))
        }
        Access::Busy(owner) if layout.is_flat() => {
            let message = format!("the cache file system is in use by {owner}");
            let hint = format!(
                "it is mounted at kaniko's own directory, which all builds share; use an image of `rackform build builder`, which mounts it at \
                    {AGENT_PATH}; or wait longer with {}, or build without the cache with {}=false",
                name::CACHE_WAIT,
                name::CACHE
            );
            Err(Failure::new(ExitCode::TryAgain, message).hinted(hint))
        }
        Access::Busy(owner) => {
            layout.unlink().map_err(failed)?;
            context
                .warn(&format!("note: the app's cache directories are in use by {owner}; this build uses empty ones, which are not kept"));
            Ok(None)
        }
    }
}

/// Warns that a build ended while it used the cache.
fn warn_of_recovery(subject: &str, recovered: &RecoveredDirectories, context: &mut Context<'_>) {
    let (kept, lost) = (recovered.kept.len(), recovered.lost.len());
    context.warn(&format!(
        "note: {subject} while it used the cache: kept {kept} directories that it had not used, deleted {lost} that it may have changed"
    ));
}

/// Writes the registry credentials for the engine; returns the variable that names their directory.
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
    // kaniko adds files outside its own directory to the image.
    let default = || match engine {
        Engine::Kaniko => Some(PathBuf::from("/kaniko/.docker")),
        _ => variable("HOME").map(|home| Path::new(&home).join(".docker")),
    };
    let directory = variable("DOCKER_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from).or_else(default);
    let directory = directory.unwrap_or_else(|| PathBuf::from("/root/.docker"));
    credentials.write(&directory).map_err(failed)?;
    Ok(vec![("DOCKER_CONFIG".to_owned(), directory.display().to_string())])
}

/// Returns the message with its cause.
fn with_cause(error: &CacheLockError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
