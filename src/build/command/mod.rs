//! The steps of a build: what is to be built, in the words of the engine at hand.
//!
//! Takes a [`BuildRequest`] and [`EngineFacts`], gives an [`Invocation`] or every problem at once. Pure: nothing is asked or run, so the
//! same request and facts give the same argument vectors wherever this is called.

mod docker;
mod invocation;
mod kaniko;

pub use invocation::{Invocation, Note, Step};

use crate::template::{Diagnostic, Diagnostics};

use super::cache::{ImageRef, cache_tag};
use super::engine::{Engine, EngineFacts};
use super::request::{BuildRequest, CacheRequest};

/// Returns the steps that build `request` with the engine that `facts` are about.
///
/// # Errors
///
/// Returns every problem of the request, and what this engine cannot do of it.
pub fn plan(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Diagnostics> {
    match facts.engine {
        Engine::Docker | Engine::Buildx => docker::plan(request, facts),
        Engine::Kaniko => kaniko::plan(request, facts),
        engine => Err(Diagnostic::error("engine", format!("{engine} builds are not written out yet")).into()),
    }
}

/// Returns the reference of a service's cache: `{repository}:{service}.buildcache`, unless the request names it.
fn cache_reference(request: &BuildRequest, cache: &CacheRequest) -> Result<ImageRef, Diagnostics> {
    let wrong = |error: String| Diagnostics::from(Diagnostic::error("cache-reference", error));
    if let Some(reference) = &cache.reference {
        return reference.parse().map_err(wrong);
    }
    let Some(repository) = &cache.repository else {
        return Err(Diagnostic::error("cache-repository", "no cache repository is known").into());
    };
    Ok(repository.parse::<ImageRef>().map_err(wrong)?.tagged(&cache_tag(&request.service)))
}
