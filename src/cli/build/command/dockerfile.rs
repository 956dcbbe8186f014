//! What about the Dockerfile keeps the cache from being of use, said beside the command.

use std::path::Path;

use crate::build::BuildRequest;
use crate::build::cache::Backend;
use crate::build::dockerfile::{CacheMounts, Context as Given, Dockerfile, warnings};
use crate::build::engine::{Engine, EngineFacts};
use crate::cli::{Context, ExitCode, Failure};
use crate::template::{Diagnostics, Source};

/// Looks at the Dockerfile where it is here; warnings are shown.
///
/// # Errors
///
/// Returns what makes the build fail, such as a target that is not there.
pub fn check(request: &BuildRequest, facts: &EngineFacts, context: &mut Context<'_>) -> Result<(), Failure> {
    let path = request.dockerfile.clone().map_or_else(|| Path::new(&request.context).join("Dockerfile"), Into::into);
    // The command may be for another machine, where the app is.
    if !path.is_file() {
        return Ok(());
    }
    let dockerfile = Dockerfile::read(&Source::read(&path)?)?;
    let secrets: Vec<&str> = request.secrets.iter().map(|secret| secret.id.as_str()).collect();
    let cache = request.cache.as_ref();
    let keeps_mounts = cache.is_some_and(|cache| cache.mounts || cache.backend == Some(Backend::Mounts));
    let given = Given {
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
    let problems = Diagnostics(warnings(&dockerfile, &given).into_iter().map(|finding| finding.diagnostic).collect());
    if problems.has_errors() {
        return Err(Failure::Problems(problems, ExitCode::Data));
    }
    context.warn(&problems);
    Ok(())
}
