//! Plans the commands of a build for an engine.
//!
//! Takes a [`BuildRequest`] and [`EngineFacts`]; returns an [`Invocation`], or all [`Problems`] at once. Planning is pure: it runs no
//! program and reads no environment, so the same request and facts result in the same argument vectors. Hints are data
//! ([`CommandHint`]), which `ui` words.

mod arguments;
mod buildah;
mod buildctl;
mod builder;
mod caches;
mod check;
mod container;
mod docker;
mod docker_options;
mod invocation;
mod kaniko;
mod legacy;
mod problem;
mod render;

pub use invocation::{Invocation, Need, Note, Step};
pub use problem::{CacheSetting, CommandHint, Problem, Problems};
pub use render::{RenderError, environment_file, shell, shell_word, step};

use super::engine::{Engine, EngineFacts};
use super::request::BuildRequest;

/// Returns the steps that build `request` with the engine that `facts` describe.
///
/// # Errors
///
/// Returns an error with all problems if the request is invalid or the engine does not support it.
pub fn plan(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Problems> {
    let mut problems = check::request(request, facts.engine);
    let planned = match facts.engine {
        Engine::Docker | Engine::Buildx => docker::plan(request, facts),
        Engine::Buildctl | Engine::BuildctlDaemonless => buildctl::plan(request, facts),
        Engine::Kaniko => kaniko::plan(request, facts),
        Engine::Buildah => buildah::plan(request, facts),
    };
    let invocation = match planned {
        Ok(mut invocation) => {
            if request.image_format.is_some() && facts.engine.is_buildkit() {
                invocation
                    .note(Note::new("image-format", "BuildKit ignores the image format: it chooses media types by the image's content"));
            }
            invocation
        }
        Err(found) => {
            problems.0.extend(found.0);
            return Err(problems);
        }
    };
    problems.into_result(invocation)
}
