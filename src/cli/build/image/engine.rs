//! Pulls or builds the image with the engine.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Args;
use crate::build::cache_report::{CacheReport, Expected};
use crate::build::detected_plan::plan_detected;
use crate::build::exec::{self, Observed, Stdout};
use crate::build::image::{architecture, expand_variables, parse_secret};
use crate::build::registry::{Repository, is_loopback};
use crate::build::request::{Output, Secret, SecretSource};
use crate::build::{BuildRequest, Engine, Invocation, Step};
use crate::cli::build::cache_report::CacheWatch;
use crate::cli::build::command::{absolute, failed};
use crate::cli::build::inputs::{Problems, secret_file};
use crate::cli::build::key_inputs::{ImageKey, build_arg};
use crate::cli::build::registry::client;
use crate::cli::shared::interrupt;
use crate::cli::{Context, ExitCode, Failure};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ui::build::hints;
use crate::ui::build::image::ImageSource;

/// The tag of the image that was built last.
const LATEST: &str = "latest";

/// Pulls an existing image, if the engine has an image store.
pub(super) fn pull(args: &Args, context: &mut Context<'_>, repository: &Repository, image: &str) -> Result<ImageSource, Failure> {
    let engine = args.engine();
    let mut argv = match engine {
        Engine::Docker | Engine::Buildx => vec!["docker", "pull"],
        Engine::Buildah => vec!["buildah", "pull"],
        Engine::Buildctl | Engine::BuildctlDaemonless | Engine::Kaniko => {
            context.status(&format!("{image} exists; not pulling it, because {engine} has no image store"));
            return Ok(ImageSource::Found);
        }
    };
    if engine == Engine::Buildah && is_insecure(args, repository) {
        argv.push("--tls-verify=false");
    }
    argv.push(image);
    let mut invocation = Invocation::new(engine);
    invocation.steps.push(Step::new("pull the image", argv.into_iter().map(ToOwned::to_owned).collect()));
    execute(context, &invocation, Stdout::Stderr)?;
    Ok(ImageSource::Pulled)
}

/// Builds an image and pushes it with its key as a tag, and with `latest` if the repository allows moving that tag.
///
/// `exists` returns whether the registry has the image. Returns the report of the build.
pub(super) fn build(
    args: &Args,
    context: &mut Context<'_>,
    image_key: &ImageKey,
    secrets: Vec<Secret>,
    repository: &Repository,
    exists: &dyn Fn() -> bool,
) -> Result<Option<CacheReport>, Failure> {
    // The temporary file must exist until the engine has read it.
    let mut inline = None;
    let dockerfile = match (&image_key.dockerfile, &args.key.dockerfile_inline) {
        (Some(path), _) => path.clone(),
        (None, text) => inline_file(text.as_deref().unwrap_or_default(), &mut inline)?,
    };
    let default_context = match &image_key.dockerfile {
        Some(path) => path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned(),
        None => args.key.base().to_owned(),
    };
    let build_context = args.build.context.as_ref().map_or(default_context, |path| args.key.resolve(path));
    let mut request = BuildRequest {
        context: path_text(&build_context)?,
        dockerfile: Some(path_text(&dockerfile)?),
        target: args.key.target.clone(),
        build_args: args.key.build_args.iter().map(|text| build_arg(text)).collect::<Result<_, _>>()?,
        secrets,
        platforms: args.key.architecture.as_deref().map(|name| format!("linux/{}", architecture(name))).into_iter().collect(),
        tags: vec![repository.image(image_key.key.as_str())],
        optional_tags: vec![repository.image(LATEST)],
        output: Output::Push,
        insecure_registry: is_insecure(args, repository),
        builder: args.engine.builder(),
        buildkit_image: args.engine.buildkit_image.clone(),
        extra: expand_variables(&args.key.extra()?, |name| std::env::var(name).ok()),
        ..BuildRequest::default()
    };
    if args.engine.buildkit_image.is_some() {
        let mut problems = Diagnostics::default();
        absolute(&mut request, &mut problems);
        if problems.has_errors() {
            return Err(Failure::Problems(problems, ExitCode::Usage));
        }
    }
    request.resolve_build_args(args.engine(), &|name| std::env::var(name).ok());
    let detected = plan_detected(&request, &args.engine.facts(args.engine()), args.engine.detection(true), &args.engine.programs());
    for problem in &detected.warnings {
        context.detail(problem);
    }
    let invocation = detected.invocation.map_err(|problems| Failure::Problems(hints::diagnostics(&problems), ExitCode::Usage))?;
    print_notes(context, &invocation);
    let image = repository.image(image_key.key.as_str());
    let expected = image.parse().ok().map(|reference| Expected::of_image(invocation.engine, &reference));
    let watch = CacheWatch::start(expected, request.insecure_registry, false)?;
    let report = match execute(context, &invocation, Stdout::Stderr) {
        Ok(observed) => watch.finish(&observed, context),
        // In a repository with immutable tags, the slower one of two builds cannot push its image.
        Err(failure) if is_interrupted() || !exists() => return Err(failure),
        Err(_) => {
            context.status(&format!("note: another build pushed {image} in the meantime"));
            None
        }
    };
    if report.as_ref().is_some_and(CacheReport::has_failed) {
        return Err(Failure::new(ExitCode::Failed, format!("{image} does not exist after the build"))
            .hinted("the engine reported success; its output may show why the push was lost"));
    }
    set_latest(args, context, &invocation, image_key, repository);
    Ok(report)
}

/// Moves `latest` to the image. It is no part of the result, so a note reports why it could not be moved.
fn set_latest(args: &Args, context: &mut Context<'_>, invocation: &Invocation, image_key: &ImageKey, repository: &Repository) {
    let mut problem = None;
    for step in &invocation.optional_steps {
        let push = Invocation { steps: vec![step.clone()], optional_steps: Vec::new(), notes: Vec::new(), ..invocation.clone() };
        if execute(context, &push, Stdout::Stderr).is_err() && !is_interrupted() {
            problem = Some("the engine could not push it".to_owned());
        }
    }
    if !invocation.unset_tags.is_empty() && !is_interrupted() {
        let client = client(context, &repository.host, args.repository.insecure, &args.repository.trust_token_server);
        match client.map(|client| client.tag(&repository.name, image_key.key.as_str(), LATEST)) {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => problem = Some("the registry does not have the image yet".to_owned()),
            Ok(Err(error)) => problem = Some(error.to_string()),
            Err(_) => problem = Some("the registry cannot be reached with these credentials".to_owned()),
        }
    }
    if let Some(problem) = problem {
        let image = repository.image(LATEST);
        context.status(&format!("note: {image} is not set, such as in a repository with immutable tags: {problem}"));
    }
}

fn is_interrupted() -> bool {
    interrupt::flag().load(std::sync::atomic::Ordering::SeqCst)
}

/// Writes an inline Dockerfile to a temporary file for the engine.
fn inline_file(text: &str, file: &mut Option<tempfile::NamedTempFile>) -> Result<PathBuf, Failure> {
    let failed =
        |error: std::io::Error| Failure::new(ExitCode::CannotWrite, "cannot write the Dockerfile for the engine").caused_by(&error);
    let mut temporary = tempfile::Builder::new().prefix("rackform-").suffix(".Dockerfile").tempfile().map_err(failed)?;
    temporary.write_all(text.as_bytes()).map_err(failed)?;
    let path = temporary.path().to_owned();
    *file = Some(temporary);
    Ok(path)
}

/// Parses a `--secret` flag, resolves the path of its file, and adds what is wrong with it.
pub(super) fn read_secret(args: &Args, text: &str, problems: &mut Problems) -> Option<Secret> {
    // The text is not printed: it may be the secret value, passed by mistake.
    let mut secret = match parse_secret(text) {
        Ok(secret) => secret,
        Err(problem) => {
            let hint = "use `--secret id=npmrc,src=.npmrc`, `--secret id=token,env=TOKEN` or `--secret TOKEN`";
            problems.usage.push(Diagnostic::error("secret", format!("invalid `--secret`: {problem}")).hinted(hint));
            return None;
        }
    };
    if let SecretSource::File(path) = &secret.source {
        match path_text(&args.key.resolve(Path::new(path))) {
            Ok(path) => secret.source = SecretSource::File(path),
            Err(Failure::Expected(failure)) => problems.usage.push(Diagnostic::error("secret", failure.message)),
            Err(_) => {}
        }
        secret_file(&secret, problems);
    }
    Some(secret)
}

/// Returns whether to connect to the registry without TLS.
fn is_insecure(args: &Args, repository: &Repository) -> bool {
    args.repository.insecure || is_loopback(&repository.host)
}

/// Returns a path as text.
fn path_text(path: &Path) -> Result<String, Failure> {
    path.to_str()
        .map(ToOwned::to_owned)
        .ok_or_else(|| Failure::new(ExitCode::Usage, format!("the path `{}` is not valid UTF-8", path.display())))
}

/// Prints the notes of an invocation.
pub(in crate::cli::build) fn print_notes(context: &mut Context<'_>, invocation: &Invocation) {
    for note in &invocation.notes {
        let hint = note.hint.as_ref().map(|hint| format!("; {}", hints::command(hint))).unwrap_or_default();
        context.status(&format!("note: {}{hint}", note.message));
    }
}

/// Runs an invocation and prints each step before it starts. Returns what the engine reported.
fn execute(context: &mut Context<'_>, invocation: &Invocation, stdout: Stdout) -> Result<Observed, Failure> {
    let mut print_step = |step: &Step| context.status(&format!("{}: {}", step.purpose, crate::build::command::step(invocation, step)));
    let mut observed = Observed::default();
    let result = exec::run(invocation, stdout, interrupt::flag(), &mut observed, &mut print_step);
    result.map_err(|error| failed(&error, &observed))?;
    Ok(observed)
}
