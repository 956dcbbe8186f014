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
mod output;
mod problem;
mod render;
mod secret_args;

pub use check::request as check_request;
pub use invocation::{Invocation, Need, Note, SecretArg, Step};
pub use output::style_of;
pub use problem::{CacheSetting, CommandHint, Problem, Problems};
pub use render::{RenderError, environment_file, shell, shell_word, step};
pub use secret_args::is_secret_arg;

use super::engine::{Buildx, Driver, Engine, EngineFacts, buildkit_in_docker};
use super::request::{BuildRequest, Output};

/// Returns the steps that build `request` with the engine that `facts` describe.
///
/// # Errors
///
/// Returns an error with all problems if the request is invalid or the engine does not support it.
pub fn plan(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Problems> {
    let native_platform = request.native_platform.clone().or_else(|| facts.platform.clone()).or_else(|| facts.host_platform.clone());
    let mut request = BuildRequest { native_platform, ..request.clone() };
    let mut problems = check::request(&request, facts.engine);
    let secret_args = secret_args::take(&mut request, facts.engine);
    let request = &request;
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
            secret_args::add(secret_args, &mut invocation);
            unknown_versions(facts, &mut invocation);
            if request.output == Output::Push && invocation.optional_steps.is_empty() {
                invocation.unset_tags.clone_from(&request.optional_tags);
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

/// Adds a note for each program that reports a placeholder instead of its version, with what is assumed.
fn unknown_versions(facts: &EngineFacts, invocation: &mut Invocation) {
    let plugin = match &facts.buildx {
        Buildx::Present(version) => version.as_ref(),
        Buildx::Unknown | Buildx::Missing => None,
    };
    let engine = match facts.engine {
        Engine::Docker | Engine::Buildx => "the Docker Engine",
        Engine::Buildctl => "buildctl",
        Engine::BuildctlDaemonless => "buildctl-daemonless",
        Engine::Kaniko => "kaniko",
        Engine::Buildah => "buildah",
    };
    let reported = [(engine, facts.version.as_ref()), ("the docker command", facts.client.as_ref()), ("buildx", plugin)];
    for (program, version) in reported {
        if let Some(version) = version.filter(|version| version.is_placeholder()) {
            let message = format!("{program} reports the version `{version}`, which says nothing: assuming a current one");
            invocation.note(Note::new("unknown-version", message).hinted(CommandHint::SetEngineVersion { minimum: None }));
        }
    }
    let is_same = facts.buildkit == facts.version;
    if let Some(version) = facts.buildkit.as_ref().filter(|version| version.is_placeholder() && !is_same) {
        let of_docker = facts.version.as_ref().filter(|_| facts.driver.is_none_or(|driver| driver == Driver::Docker));
        let assumed = match of_docker.and_then(|docker| Some((docker, buildkit_in_docker(docker)?))) {
            Some((docker, buildkit)) => format!("Docker Engine {docker} contains {buildkit}"),
            None => "assuming a current one".to_owned(),
        };
        let message = format!("BuildKit reports the version `{version}`, which says nothing: {assumed}");
        let hint = CommandHint::SetBuildKitVersion { minimum_for_ecr: "0.12" };
        invocation.note(Note::new("unknown-version", message).hinted(hint));
    }
}
