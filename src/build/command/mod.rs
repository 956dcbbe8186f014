//! The steps of a build: what is to be built, in the words of the engine at hand.
//!
//! Takes a [`BuildRequest`] and [`EngineFacts`], gives an [`Invocation`] or every problem at once. Pure: nothing is asked or run, so the
//! same request and facts give the same argument vectors wherever this is called.

mod arguments;
mod buildah;
mod buildctl;
mod builder;
mod caches;
mod check;
mod docker;
mod invocation;
mod kaniko;
mod legacy;
mod render;

pub use invocation::{Invocation, Need, Note, Step};
pub use render::{RenderError, environment_file, shell, shell_word, step};

use crate::diagnostic::Diagnostics;

use super::engine::{Engine, EngineFacts};
use super::request::BuildRequest;

/// Returns the steps that build `request` with the engine that `facts` are about.
///
/// # Errors
///
/// Returns every problem of the request, and what this engine cannot do of it.
pub fn plan(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Diagnostics> {
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
                invocation.note(Note::new("image-format", "BuildKit chooses the image's media types by what is in it"));
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
