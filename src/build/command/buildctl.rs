//! Plans `buildctl build` and `buildctl-daemonless.sh build`, on this machine or in a container of BuildKit's image.
//!
//! Source: <https://github.com/moby/buildkit/blob/master/docs/reference/buildctl.md>

use super::super::cache::{Attributes, Backend};
use super::super::engine::{BuildKit, Engine, EngineFacts, Version};
use super::super::request::{BuildRequest, Output};
use super::arguments::{self, Arguments};
use super::container::Paths;
use super::problem::{CommandHint, Problem, Problems};
use super::{Invocation, Note, Step, caches};

pub(super) fn plan(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Problems> {
    let mut problems = Problems::default();
    let mut invocation = Invocation::new(facts.engine);
    arguments::add_needs(request, &mut invocation);
    // An engine in a container is the one of the image, not an installed one.
    let in_image = request.buildkit_image.as_deref().and_then(Version::of_image);
    let buildkit = BuildKit(facts.buildkit.clone().or_else(|| facts.version.clone()).or(in_image));
    if buildkit.0.as_ref().is_none_or(Version::is_placeholder) && facts.buildkit.is_none() && request.cache.is_some() {
        let message = "the version of BuildKit is unknown: assuming a current one";
        let hint = CommandHint::SetBuildKitVersion { minimum_for_ecr: "0.12" };
        invocation.note(Note::new("buildkit-version", message).hinted(hint));
    }
    if let Some(cache) = &request.cache {
        match cache.backend {
            Some(Backend::Image) => problems.push(
                Problem::new("cache-backend", format!("{} cannot use earlier images as a cache", facts.engine))
                    .hinted(CommandHint::UseRegistryCache),
            ),
            Some(Backend::Mounts) => invocation.note(mounts(facts.engine)),
            _ if cache.mounts => invocation.note(mounts(facts.engine)),
            _ => {}
        }
        caches::add(request, cache, &buildkit, None, facts.engine, &mut invocation);
    }
    for arg in request.build_args.iter().filter(|arg| arg.value.is_none()) {
        problems.push(
            Problem::new(
                "build-arg",
                format!(
                    "the build argument `{}` has no value, and buildctl does not read it from the environment",
                    arg.name.escape_debug()
                ),
            )
            .hinted("set the variable in rackform's environment, or write NAME=VALUE"),
        );
    }
    let mut paths = Paths::new(request, facts, &mut problems);
    let mut argv = Arguments::new(["build", "--frontend", "dockerfile.v0"]);
    argv.flag("--local", format!("context={}", paths.context));
    argv.flag("--local", format!("dockerfile={}", paths.dockerfile));
    if let Some(name) = &paths.filename {
        argv.flag("--opt", format!("filename={name}"));
    }
    if let Some(target) = &request.target {
        argv.flag("--opt", format!("target={target}"));
    }
    for arg in &request.build_args {
        argv.flag("--opt", format!("build-arg:{}", arguments::build_arg(arg)));
    }
    for (name, value) in &request.labels {
        argv.flag("--opt", format!("label:{name}={value}"));
    }
    if !request.platforms.is_empty() {
        argv.flag("--opt", format!("platform={}", request.platforms.join(",")));
    }
    if request.pull {
        argv.flag("--opt", "image-resolve-mode=pull");
    }
    if request.no_cache {
        argv.argument("--no-cache");
    }
    for secret in &request.secrets {
        let secret = paths.secret(secret);
        argv.flag("--secret", arguments::secret(&secret));
    }
    for ssh in &request.ssh {
        argv.flag("--ssh", ssh);
    }
    if let Some(output) = output(request, &mut problems, &mut invocation) {
        argv.flag("--output", output);
    }
    for to in &invocation.cache_to {
        argv.flag("--export-cache", paths.cache(to, "dest"));
    }
    for from in &invocation.cache_from {
        argv.flag("--import-cache", paths.cache(from, "src"));
    }
    match request.progress.as_deref() {
        None | Some("auto") => {}
        Some(progress) => argv.argument(format!("--progress={progress}")),
    }
    argv.0.extend(request.extra.iter().cloned());
    let mut all = paths.command;
    all.0.extend(argv.0);
    invocation.steps.push(Step::new("build the image", all.0));
    problems.into_result(invocation)
}

fn mounts(engine: Engine) -> Note {
    let message = match engine {
        Engine::BuildctlDaemonless => "directories of `RUN --mount=type=cache` are deleted with the daemon when the build ends",
        _ => "directories of `RUN --mount=type=cache` are in the state of buildkitd",
    };
    Note::new("cache-mounts", message)
}

fn output(request: &BuildRequest, problems: &mut Problems, invocation: &mut Invocation) -> Option<String> {
    let names = (!request.tags.is_empty()).then(|| request.tags.join(","));
    let image = |kind: &str| Attributes::of_type(kind).with_some("name", names.clone());
    match &request.output {
        Output::Push => {
            let output = image("image").with("push", "true");
            Some(output.with_if(request.insecure_registry, "registry.insecure", "true").to_string())
        }
        Output::Archive(path) => Some(image("docker").with("dest", path).to_string()),
        Output::Load => {
            problems
                .push(Problem::new("load", "buildctl has no image store to load the image into").hinted(CommandHint::ArchiveForDockerLoad));
            None
        }
        Output::Default if names.is_some() => {
            let message = "the image is only in the state of buildkitd";
            invocation.note(Note::new("no-output", message).hinted(CommandHint::PushOrArchive));
            Some(image("image").to_string())
        }
        Output::Default | Output::CacheOnly => None,
    }
}
