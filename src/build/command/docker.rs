//! `docker build` and `docker buildx build`.
//!
//! Sources: <https://docs.docker.com/reference/cli/docker/buildx/build/>, and for what `docker build` is where
//! <https://docs.docker.com/build/builders/#difference-between-docker-build-and-docker-buildx-build>

use crate::diagnostic::{Diagnostic, Diagnostics};

use super::super::cache::{Attributes, Backend};
use super::super::engine::{BuildKit, Buildx, Driver, Engine, EngineFacts};
use super::super::request::{BuildRequest, Output};
use super::arguments::{self, Arguments};
use super::builder::{self, Builder};
use super::{Invocation, Note, Step, caches, legacy};

pub(super) fn plan(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Diagnostics> {
    if request.cache.as_ref().is_some_and(|cache| cache.backend == Some(Backend::Image)) {
        return legacy::from_images(request, facts);
    }
    let is_old = facts.version.as_ref().is_some_and(|version| !version.at_least(23, 0, 0));
    match facts.engine {
        Engine::Buildx if facts.buildx == Buildx::Missing => {
            Err(Diagnostic::error("buildx-missing", "docker has no buildx plugin: `docker: unknown command: docker buildx`")
                .hinted(
                    "install the package docker-buildx-plugin (docker-buildx on some systems); `--engine docker` builds plainly without it",
                )
                .into())
        }
        // Since 23.0 the docker command has no BuildKit of its own: without the plugin it refuses `DOCKER_BUILDKIT=1`.
        Engine::Docker if facts.buildx == Buildx::Missing && !is_old => legacy::plain(request, facts),
        Engine::Docker if is_old || facts.version.is_none() => integrated(request, facts),
        Engine::Buildx if is_old && facts.driver.is_none_or(|driver| driver == Driver::Docker) => integrated(request, facts),
        _ => with_plugin(request, facts),
    }
}

/// A docker below 23, or one of which nothing is known: BuildKit without caches.
fn integrated(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut invocation = Invocation::new(facts.engine);
    arguments::add_needs(request, &mut invocation);
    if request.cache.is_some() {
        invocation.note(match &facts.version {
            Some(version) => Note::new(
                "docker-too-old",
                format!("Docker {version} takes no cache flags, which came with 23.0: the build is a plain one"),
            )
            .hinted("a Docker Engine of 25.0 or later keeps caches in every registry, ECR too"),
            None => Note::new("docker-version", "the Docker Engine's version is not known, so the build is a plain one")
                .hinted("`--engine-version` says it"),
        });
    }
    if request.platforms.len() > 1 {
        problems.push(
            Diagnostic::error("platform", "docker without buildx builds for one platform at a time")
                .hinted("`--engine buildx` on Docker 23 or later builds for several"),
        );
    }
    let own = Builder {
        buildkit: BuildKit(None),
        is_own: true,
        name: None,
        create: None,
        note: None,
        takes_cache: false,
        takes_platforms: false,
        loads_platforms: false,
    };
    build(request, facts, &own, &mut invocation, &mut problems);
    problems.into_result(invocation)
}

fn with_plugin(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut invocation = Invocation::new(facts.engine);
    arguments::add_needs(request, &mut invocation);
    let builder = builder::choose(request, facts);
    if let Some(note) = builder.note.clone() {
        invocation.note(note);
    }
    if let Some(step) = builder.create.clone() {
        invocation.steps.push(step);
    }
    if let Some(cache) = &request.cache {
        if cache.backend == Some(Backend::Mounts) || cache.mounts {
            invocation.note(Note::new("cache-mounts", "directories of `RUN --mount=type=cache` live in the builder and go with it"));
        }
        if builder.takes_cache {
            caches::add(request, cache, &builder.buildkit, facts.engine, &mut invocation);
        }
    }
    if request.platforms.len() > 1 {
        if !builder.takes_platforms {
            problems.push(
                Diagnostic::error("platform", "this builder makes images for one platform at a time")
                    .hinted("a docker-container builder makes several"),
            );
        }
        let loads = matches!(request.output, Output::Load) || (facts.engine == Engine::Docker && request.output == Output::Default);
        if loads && !builder.loads_platforms {
            problems.push(
                Diagnostic::error("platform", "an image of several platforms cannot be loaded into the graph-driver image store")
                    .hinted("`--push` it, build for one platform, or use the containerd image store"),
            );
        }
    }
    if request.insecure_registry {
        let whose = if builder.is_own { "`insecure-registries` of the Docker daemon" } else { "the builder's buildkitd.toml" };
        invocation.note(Note::new("insecure-registry", format!("which registries may do without TLS is said in {whose}, not by a flag")));
    }
    build(request, facts, &builder, &mut invocation, &mut problems);
    problems.into_result(invocation)
}

fn build(request: &BuildRequest, facts: &EngineFacts, builder: &Builder, invocation: &mut Invocation, problems: &mut Diagnostics) {
    let program = facts.program();
    let mut argv = Arguments::new([program.as_str()]);
    if facts.engine == Engine::Buildx {
        argv.word("buildx");
    } else {
        invocation.environment.insert("DOCKER_BUILDKIT".to_owned(), "1".to_owned());
    }
    argv.word("build");
    if let Some(name) = &builder.name {
        argv.word(format!("--builder={name}"));
    }
    for from in &invocation.cache_from {
        argv.flag("--cache-from", from);
    }
    for to in &invocation.cache_to {
        argv.flag("--cache-to", to);
    }
    if request.no_cache {
        argv.word("--no-cache");
    }
    if request.pull {
        argv.word("--pull");
    }
    match request.progress.as_deref() {
        Some("auto") => {}
        progress => argv.word(format!("--progress={}", progress.unwrap_or("plain"))),
    }
    common(request, &mut argv);
    for secret in &request.secrets {
        argv.flag("--secret", arguments::secret(secret));
    }
    for ssh in &request.ssh {
        argv.flag("--ssh", ssh);
    }
    let is_docker = facts.engine == Engine::Docker;
    match &request.output {
        Output::Push if is_docker && builder.is_own => {}
        Output::Push => argv.word("--push"),
        Output::Load if !(is_docker && builder.is_own) => argv.word("--load"),
        // `docker build` always leaves the image in docker's store; a builder of its own does so when told.
        Output::Default if is_docker && !builder.is_own => argv.word("--load"),
        Output::Default if !builder.is_own && !request.tags.is_empty() => invocation
            .note(Note::new("no-output", "the image stays in the builder's cache").hinted("`--push` or `--load` gets it out of there")),
        Output::Archive(path) if !builder.is_own => {
            argv.flag("--output", Attributes::of_type("docker").with("dest", path).to_string());
        }
        Output::CacheOnly => argv.flag("--output", "type=cacheonly"),
        Output::Load | Output::Default | Output::Archive(_) => {}
    }
    argv.0.extend(request.extra.iter().cloned());
    argv.word(arguments::path(&request.context));
    invocation.steps.push(Step::new("build the image", argv.0));
    if builder.is_own {
        finish(request, is_docker, &program, invocation, problems);
    }
}

/// Adds what is done with an image that is in docker's own store.
pub(super) fn finish(request: &BuildRequest, pushes: bool, program: &str, invocation: &mut Invocation, problems: &mut Diagnostics) {
    match &request.output {
        Output::Push if pushes => {
            for tag in &request.tags {
                invocation.steps.push(Step::new("push the image", vec![program.to_owned(), "push".to_owned(), tag.clone()]).bare());
            }
        }
        Output::Archive(_) if request.tags.is_empty() => {
            problems.push(Diagnostic::error("archive", "an image without a tag cannot be saved").hinted("`--tag` names it"));
        }
        Output::Archive(path) => {
            let mut argv = Arguments::new([program, "save"]);
            argv.word(format!("--output={path}"));
            argv.0.extend(request.tags.iter().cloned());
            invocation.steps.push(Step::new("save the image", argv.0).bare());
        }
        _ => {}
    }
}

/// Adds the flags that every docker has.
pub(super) fn common(request: &BuildRequest, argv: &mut Arguments) {
    for tag in &request.tags {
        argv.flag("-t", tag);
    }
    inputs(request, argv);
}

/// Adds what decides what is built, which buildah spells as docker does.
pub(super) fn inputs(request: &BuildRequest, argv: &mut Arguments) {
    argv.flag_if_some("--file", request.dockerfile.as_deref());
    argv.flag_if_some("--target", request.target.as_deref());
    for arg in &request.build_args {
        argv.flag("--build-arg", arguments::build_arg(arg));
    }
    for (name, value) in &request.labels {
        argv.flag("--label", format!("{name}={value}"));
    }
    if !request.platforms.is_empty() {
        argv.flag("--platform", request.platforms.join(","));
    }
}
