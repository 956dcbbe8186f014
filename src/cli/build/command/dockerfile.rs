//! Checks the Dockerfile of a build command and reports what makes caching ineffective.

use std::path::{Path, PathBuf};

use crate::build::BuildRequest;
use crate::build::cache::Backend;
use crate::build::dockerfile::{CacheMounts, Context as LintContext, Dockerfile, lint};
use crate::build::engine::{Engine, EngineFacts};
use crate::cli::{Context, ExitCode, Failure};
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::text::did_you_mean;

/// Checks the Dockerfile and prints warnings. With `is_elsewhere`, the command is for another machine and missing files are not errors.
///
/// # Errors
///
/// Returns an error if the Dockerfile does not exist or would fail to build, for example because of an unknown target.
pub fn check(request: &BuildRequest, facts: &EngineFacts, is_elsewhere: bool, context: &mut Context<'_>) -> Result<(), Failure> {
    // The engine fetches remote contexts itself.
    if request.context.contains("://") || request.context.starts_with("git@") {
        return Ok(());
    }
    let Some(path) = find(request, facts.engine) else {
        let (what, hint) = match &request.dockerfile {
            _ if !Path::new(&request.context).is_dir() => (format!("directory `{}`", request.context), "set the app's directory"),
            Some(path) => {
                (format!("Dockerfile `{path}`"), "`--dockerfile` is relative to the current directory, not to the app's directory")
            }
            None => (format!("`{}/Dockerfile`", request.context.trim_end_matches('/')), "set its path with `--dockerfile`"),
        };
        if is_elsewhere {
            context.status(&format!("note: {what} does not exist on this machine; skipping the check"));
            return Ok(());
        }
        let message = format!("{what} does not exist");
        return Err(Failure::new(ExitCode::NoInput, message).hinted(hint));
    };
    let dockerfile = Dockerfile::read(&Source::read(&path)?)?;
    let secrets: Vec<&str> = request.secrets.iter().map(|secret| secret.id.as_str()).collect();
    let cache = request.cache.as_ref();
    let keeps_mounts = cache.is_some_and(|cache| cache.mounts || cache.backend == Some(Backend::Mounts));
    let lint_context = LintContext {
        engine: Some(facts.engine),
        version: facts.version.as_ref(),
        backend: cache.and_then(|cache| cache.backend),
        cache_mounts: match (keeps_mounts, facts.engine) {
            (true, Engine::Kaniko) => CacheMounts::Efs,
            (true, _) => CacheMounts::Kept,
            (false, _) => CacheMounts::Fresh,
        },
        target: request.target.as_deref(),
        build_args: &request.build_args,
        secrets: Some(&secrets),
    };
    let mut problems = Diagnostics(lint(&dockerfile, &lint_context));
    for stage in cache.map_or(&[][..], |cache| &cache.stages) {
        if dockerfile.target(Some(stage)).is_none() {
            let message = format!("`--cache-stage`: unknown stage `{}` in `{}`", stage.escape_debug(), path.display());
            let names: Vec<&str> = dockerfile.stage_names().collect();
            let hint = did_you_mean(stage, names.iter().copied()).unwrap_or_else(|| match names.as_slice() {
                [] => "no stage has a name; name one with `FROM ... AS name`".to_owned(),
                names => format!("the stages are {}", names.join(", ")),
            });
            problems.push(Diagnostic::error("unknown-target", message).hinted(hint));
        }
    }
    if problems.has_errors() {
        return Err(Failure::Problems(problems, ExitCode::Data));
    }
    context.show_warnings(&problems);
    Ok(())
}

/// Returns the Dockerfile that the engine would read, if it exists on this machine.
fn find(request: &BuildRequest, engine: Engine) -> Option<PathBuf> {
    let directory = Path::new(&request.context);
    let candidates: Vec<PathBuf> = match (&request.dockerfile, engine) {
        (Some(path), Engine::Kaniko | Engine::Buildah) => vec![path.into(), directory.join(path)],
        (Some(path), _) => vec![path.into()],
        (None, Engine::Buildah) => vec![directory.join("Containerfile"), directory.join("Dockerfile")],
        (None, Engine::Kaniko) => vec![directory.join("Dockerfile")],
        (None, _) => vec![directory.join("Dockerfile"), directory.join("dockerfile")],
    };
    // A named pipe is a file too: `--dockerfile <(...)`.
    candidates.into_iter().find(|path| path.exists() && !path.is_dir())
}
