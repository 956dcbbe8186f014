//! `docker build` and `docker buildx build`.

use crate::template::Diagnostics;

use super::super::cache::Attributes;
use super::super::engine::{Engine, EngineFacts};
use super::super::request::{BuildRequest, Output, SecretSource};
use super::{Invocation, Note, Step, cache_reference};

pub(super) fn plan(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Diagnostics> {
    let mut invocation = Invocation::new(facts.engine);
    let takes_cache = facts.version.as_ref().is_some_and(|version| version.at_least(23, 0, 0));
    let mut argv = vec![facts.program()];
    match facts.engine {
        Engine::Buildx => argv.extend(["buildx".to_owned(), "build".to_owned()]),
        _ => argv.push("build".to_owned()),
    }
    invocation.environment.insert("DOCKER_BUILDKIT".to_owned(), "1".to_owned());
    if let Some(cache) = &request.cache {
        if takes_cache {
            let reference = cache_reference(request, cache)?.to_string();
            let to = Attributes::new()
                .with("type", "registry")
                .with("ref", &reference)
                .with("mode", cache.mode.name())
                .with("image-manifest", "true")
                .with("oci-mediatypes", "true")
                .with("ignore-error", "true");
            let from = Attributes::new().with("type", "registry").with("ref", &reference).with("ignore-error", "true");
            if !request.no_cache {
                invocation.cache_from.push(from.to_string());
            }
            invocation.cache_to.push(to.to_string());
        } else {
            invocation.notes.push(Note::new("docker-too-old", "this docker takes no cache flags: the build is a plain one"));
        }
    }
    for from in &invocation.cache_from {
        argv.extend(["--cache-from".to_owned(), from.clone()]);
    }
    for to in &invocation.cache_to {
        argv.extend(["--cache-to".to_owned(), to.clone()]);
    }
    if request.no_cache {
        argv.push("--no-cache".to_owned());
    }
    argv.push(format!("--progress={}", request.progress.as_deref().unwrap_or("plain")));
    for tag in &request.tags {
        argv.extend(["--tag".to_owned(), tag.clone()]);
    }
    if let Some(dockerfile) = &request.dockerfile {
        argv.extend(["--file".to_owned(), dockerfile.clone()]);
    }
    if let Some(target) = &request.target {
        argv.extend(["--target".to_owned(), target.clone()]);
    }
    for arg in &request.build_args {
        let value = arg.value.as_ref().map_or_else(|| arg.name.clone(), |value| format!("{}={value}", arg.name));
        argv.extend(["--build-arg".to_owned(), value]);
    }
    for secret in &request.secrets {
        let attributes = Attributes::new().with("id", &secret.id);
        let attributes = match &secret.source {
            SecretSource::Environment(name) => attributes.with("env", name),
            SecretSource::File(path) => attributes.with("src", path),
        };
        argv.extend(["--secret".to_owned(), attributes.to_string()]);
    }
    if facts.engine == Engine::Buildx && request.output == Output::Push {
        argv.push("--push".to_owned());
    }
    argv.push(request.context.clone());
    invocation.steps.push(Step::new("build", argv));
    if facts.engine == Engine::Docker && request.output == Output::Push {
        for tag in &request.tags {
            invocation.steps.push(Step::new("push", vec![facts.program(), "push".to_owned(), tag.clone()]));
        }
    }
    Ok(invocation)
}
