//! `buildah build`, then `buildah push`.
//!
//! Source: <https://github.com/containers/buildah/blob/main/docs/buildah-build.1.md>

use crate::diagnostic::{Diagnostic, Diagnostics};

use super::super::cache::Backend;
use super::super::engine::EngineFacts;
use super::super::request::{BuildRequest, CacheRequest, Output};
use super::arguments::{self, Arguments};
use super::docker;
use super::{Invocation, Note, Step};

pub(super) fn plan(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut invocation = Invocation::new(facts.engine);
    arguments::add_needs(request, &mut invocation);
    let program = facts.program();
    let mut argv = Arguments::new([program.as_str(), "build"]);
    if let Some(cache) = &request.cache {
        layers(request, cache, facts, &mut argv, &mut invocation, &mut problems);
    }
    if request.no_cache {
        argv.word("--no-cache");
    }
    if request.pull {
        argv.word("--pull=always");
    }
    if request.insecure_registry {
        argv.word("--tls-verify=false");
    }
    if let Some(format) = request.image_format {
        argv.word(format!("--format={}", format.name()));
    }
    // One name is a list of manifests where there are several platforms.
    let list = (request.platforms.len() > 1).then(|| request.tags.first().cloned()).flatten();
    match &list {
        Some(list) => argv.flag("--manifest", list),
        None => request.tags.iter().for_each(|tag| argv.flag("--tag", tag)),
    }
    if request.platforms.len() > 1 && list.is_none() {
        problems.push(Diagnostic::error("platform", "an image of several platforms needs a name").hinted("`--tag` names it"));
    }
    docker::inputs(request, &mut argv);
    for secret in &request.secrets {
        // Taken apart at commas, without a word for quotes.
        let text = arguments::secret(secret);
        if text.contains('"') {
            problems.push(
                Diagnostic::error("secret", format!("buildah takes no comma or quote in the secret `{}`", secret.id.escape_debug()))
                    .hinted("give the file a plainer path"),
            );
        }
        argv.flag("--secret", text);
    }
    for ssh in &request.ssh {
        argv.flag("--ssh", ssh);
    }
    argv.0.extend(request.extra.iter().cloned());
    argv.word(arguments::path(&request.context));
    invocation.steps.push(Step::new("build the image", argv.0));
    finish(request, list.as_deref(), &program, &mut invocation, &mut problems);
    problems.into_result(invocation)
}

fn layers(
    request: &BuildRequest,
    cache: &CacheRequest,
    facts: &EngineFacts,
    argv: &mut Arguments,
    invocation: &mut Invocation,
    problems: &mut Diagnostics,
) {
    match cache.backend {
        Some(Backend::Registry) => {}
        Some(Backend::Mounts) => {
            let message = "buildah keeps directories of `RUN --mount=type=cache` below the temporary directory of whoever builds";
            return invocation.note(Note::new("cache-mounts", message).hinted("`TMPDIR` moves it to where it outlives the builder"));
        }
        None => return,
        Some(backend) => {
            return problems.push(
                Diagnostic::error("cache-backend", format!("buildah has no {backend} cache"))
                    .hinted("it keeps layers in a registry: `--cache registry`"),
            );
        }
    }
    // Each layer has a tag of its own there, and a tag is refused.
    let repository = match arguments::layer_repository(cache) {
        Ok(repository) => repository.to_string(),
        Err(wrong) => {
            let problem = Diagnostic::error("cache-repository", wrong);
            return problems.push(problem.hinted("`--repository HOST/REPOSITORY` says where layers go"));
        }
    };
    if !facts.version.as_ref().is_some_and(|version| version.at_least(1, 28, 0)) {
        let which =
            facts.version.as_ref().map_or_else(|| "a buildah of unknown version".to_owned(), |version| format!("buildah {version}"));
        let message = format!("{which} keeps no layers in a registry, which came with 1.28: the build is a plain one");
        return invocation.note(Note::new("buildah-too-old", message).hinted("`--engine-version` says which it is"));
    }
    argv.word("--layers");
    if !request.no_cache {
        argv.flag("--cache-from", &repository);
        invocation.cache_from.push(repository.clone());
    }
    argv.flag("--cache-to", &repository);
    if let Some(ttl) = cache.ttl.as_ref().filter(|_| !request.no_cache) {
        argv.word(format!("--cache-ttl={ttl}"));
    }
    invocation.cache_to.push(repository);
    if request.no_cache {
        invocation.note(Note::new("no-cache", "nothing is taken from the cache; it is written anew for the next build"));
    }
    let others = [("--compression", cache.compression.is_some()), ("--force-compression", cache.force_compression)];
    arguments::unheeded(request, cache, &others, invocation);
    if !cache.strict {
        invocation
            .note(Note::new("cache-must-be-writable", "buildah has no `ignore-error`: a cache that cannot be written fails the build"));
    }
}

fn finish(request: &BuildRequest, list: Option<&str>, program: &str, invocation: &mut Invocation, problems: &mut Diagnostics) {
    let tls = request.insecure_registry.then(|| "--tls-verify=false".to_owned());
    match &request.output {
        Output::Push => {
            for tag in &request.tags {
                let mut argv = match list {
                    Some(_) => Arguments::new([program, "manifest", "push", "--all"]),
                    None => Arguments::new([program, "push"]),
                };
                argv.0.extend(tls.clone());
                if let Some(format) = request.image_format {
                    let format = if format.name() == "docker" { "v2s2" } else { "oci" };
                    argv.word(format!("--format={format}"));
                }
                argv.word(list.unwrap_or(tag));
                argv.word(format!("docker://{tag}"));
                invocation.steps.push(Step::new("push the image", argv.0));
            }
        }
        Output::Archive(path) => match request.tags.first() {
            Some(tag) if !path.contains(':') => {
                let argv = vec![program.to_owned(), "push".to_owned(), tag.clone(), format!("docker-archive:{path}:{tag}")];
                invocation.steps.push(Step::new("write the archive", argv));
            }
            Some(_) => {
                problems.push(Diagnostic::error("archive", "buildah takes no colon in an archive's path").hinted("give it another name"))
            }
            None => problems.push(Diagnostic::error("archive", "an image without a tag has no archive").hinted("`--tag` names it")),
        },
        Output::Default | Output::Load | Output::CacheOnly => {}
    }
}
