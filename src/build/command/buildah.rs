//! Plans `buildah build` and `buildah push`.
//!
//! Source: <https://github.com/containers/buildah/blob/main/docs/buildah-build.1.md>. `--cache-to`, `--cache-from` and `--cache-ttl` are in
//! v1.27.0: <https://github.com/containers/buildah/blob/v1.27.0/pkg/cli/common.go>

use super::super::cache::Backend;
use super::super::engine::EngineFacts;
use super::super::request::{BuildRequest, CacheRequest, Output};
use super::arguments::{self, Arguments};
use super::problem::{CacheSetting, CommandHint, Problem, Problems};
use super::{Invocation, Note, Step, docker_options};

pub(super) fn plan(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Problems> {
    let mut problems = Problems::default();
    let mut invocation = Invocation::new(facts.engine);
    arguments::add_needs(request, &mut invocation);
    let program = facts.program();
    let mut argv = Arguments::new([program.as_str(), "build"]);
    if let Some(cache) = &request.cache {
        layers(request, cache, facts, &mut argv, &mut invocation, &mut problems);
    }
    if request.no_cache {
        argv.argument("--no-cache");
    }
    if request.pull {
        argv.argument("--pull=always");
    }
    if request.insecure_registry {
        argv.argument("--tls-verify=false");
    }
    if let Some(format) = request.image_format {
        argv.argument(format!("--format={}", format.name()));
    }
    // With several platforms, the first tag names a manifest list.
    let list = (request.platforms.len() > 1).then(|| request.tags.first().cloned()).flatten();
    match &list {
        Some(list) => argv.flag("--manifest", list),
        None => request.tags.iter().chain(&request.optional_tags).for_each(|tag| argv.flag("--tag", tag)),
    }
    if request.platforms.len() > 1 && list.is_none() {
        problems.push(Problem::new("platform", "an image for several platforms requires a tag").hinted(CommandHint::NameImage));
    }
    docker_options::inputs(request, &mut argv);
    for secret in &request.secrets {
        // buildah splits the value at commas and does not support quotes.
        let text = arguments::secret(secret);
        if text.contains('"') {
            let message = format!("buildah does not support commas or quotes in the secret `{}`", secret.id.escape_debug());
            problems.push(Problem::new("secret", message).hinted("rename the file"));
        }
        argv.flag("--secret", text);
    }
    for ssh in &request.ssh {
        argv.flag("--ssh", ssh);
    }
    argv.0.extend(request.extra.iter().cloned());
    argv.argument(arguments::path(&request.context));
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
    problems: &mut Problems,
) {
    match cache.backend {
        Some(Backend::Registry) => {}
        Some(Backend::Mounts) => {
            let message = "buildah stores directories of `RUN --mount=type=cache` in the user's temporary directory";
            return invocation.note(Note::new("cache-mounts", message).hinted("set `TMPDIR` to a directory that outlives the builder"));
        }
        None => return,
        Some(backend) => {
            return problems.push(
                Problem::new("cache-backend", format!("buildah does not support {backend} caches, only layers in a registry"))
                    .hinted(CommandHint::UseRegistryCache),
            );
        }
    }
    // buildah tags each layer itself, and rejects a repository with a tag.
    let repository = match arguments::layer_repository(cache) {
        Ok(repository) => repository.to_string(),
        Err(message) => return problems.push(Problem::new("cache-repository", message).hinted(CommandHint::SetLayerRepository)),
    };
    if !facts.version.as_ref().is_some_and(|version| version.at_least(1, 27, 0)) {
        let version =
            facts.version.as_ref().map_or_else(|| "buildah of unknown version".to_owned(), |version| format!("buildah {version}"));
        let message = format!("{version} cannot cache layers in a registry, which requires 1.27: building without a cache");
        return invocation.note(Note::new("buildah-too-old", message).hinted(CommandHint::SetEngineVersion { minimum: None }));
    }
    argv.argument("--layers");
    if !request.no_cache {
        argv.flag("--cache-from", &repository);
        invocation.cache_from.push(repository.clone());
    }
    argv.flag("--cache-to", &repository);
    if let Some(ttl) = cache.ttl.as_ref().filter(|_| !request.no_cache) {
        argv.argument(format!("--cache-ttl={ttl}"));
    }
    invocation.cache_to.push(repository);
    if request.no_cache {
        invocation.note(Note::new("no-cache", "the build does not read the cache, but writes it for the next build"));
    }
    let others = [(CacheSetting::Compression, cache.compression.is_some()), (CacheSetting::ForceCompression, cache.force_compression)];
    arguments::note_ignored_settings(request, cache, &others, invocation);
    if !cache.strict {
        let message = "buildah has no `ignore-error`: the build fails if the cache cannot be written";
        invocation.note(Note::new("cache-must-be-writable", message));
    }
}

fn finish(request: &BuildRequest, list: Option<&str>, program: &str, invocation: &mut Invocation, problems: &mut Problems) {
    let tls = request.insecure_registry.then(|| "--tls-verify=false".to_owned());
    match &request.output {
        Output::Push => {
            let push = |tag: &String| {
                let mut argv = match list {
                    Some(_) => Arguments::new([program, "manifest", "push", "--all"]),
                    None => Arguments::new([program, "push"]),
                };
                argv.0.extend(tls.clone());
                if let Some(format) = request.image_format {
                    let format = if format.name() == "docker" { "v2s2" } else { "oci" };
                    argv.argument(format!("--format={format}"));
                }
                argv.argument(list.unwrap_or(tag));
                argv.argument(format!("docker://{tag}"));
                Step::new("push the image", argv.0)
            };
            invocation.steps.extend(request.tags.iter().map(push));
            invocation.optional_steps.extend(request.optional_tags.iter().map(push));
        }
        Output::Archive(path) => match request.tags.first() {
            Some(tag) if !path.contains(':') => {
                let argv = vec![program.to_owned(), "push".to_owned(), tag.clone(), format!("docker-archive:{path}:{tag}")];
                invocation.steps.push(Step::new("write the archive", argv));
            }
            Some(_) => {
                let message = "buildah does not support a colon in the path of an archive";
                problems.push(Problem::new("archive", message).hinted("rename the file"));
            }
            None => problems.push(Problem::new("archive", "an archive requires an image with a tag").hinted(CommandHint::NameImage)),
        },
        Output::Default | Output::Load | Output::CacheOnly => {}
    }
}
