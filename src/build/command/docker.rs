//! Plans `docker build` and `docker buildx build`.
//!
//! Sources: <https://docs.docker.com/reference/cli/docker/buildx/build/>, and for the difference between both commands
//! <https://docs.docker.com/build/builders/#difference-between-docker-build-and-docker-buildx-build>

use super::super::cache::{Attributes, Backend};
use super::super::engine::{BuildKit, Buildx, Driver, Engine, EngineFacts};
use super::super::request::{BuildRequest, Output};
use super::arguments::{self, Arguments};
use super::builder::{self, Builder};
use super::problem::{CommandHint, Problem, Problems};
use super::{Invocation, Note, Step, caches, docker_options, legacy};

pub(super) fn plan(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Problems> {
    if request.cache.as_ref().is_some_and(|cache| cache.backend == Some(Backend::Image)) {
        return legacy::from_images(request, facts);
    }
    let is_old = facts.version.as_ref().is_some_and(|version| !version.at_least(23, 0, 0));
    // The command's own version determines the options it accepts, and whether BuildKit requires the plugin.
    let has_old_client = facts.client.as_ref().map_or(is_old, |client| !client.at_least(23, 0, 0));
    match facts.engine {
        Engine::Buildx if facts.buildx == Buildx::Missing => {
            Err(Problem::new("buildx-missing", "docker has no buildx plugin: `docker: unknown command: docker buildx`")
                .hinted(CommandHint::InstallBuildxOrUseDocker)
                .into())
        }
        // Since 23.0 the docker command requires the plugin for BuildKit: without it, `DOCKER_BUILDKIT=1` is an error.
        Engine::Docker if facts.buildx == Buildx::Missing && !has_old_client => legacy::without_buildx(request, facts),
        Engine::Docker if is_old || has_old_client || facts.version.is_none() => integrated(request, facts),
        Engine::Buildx if is_old && facts.driver.is_none_or(|driver| driver == Driver::Docker) => integrated(request, facts),
        _ => with_plugin(request, facts),
    }
}

/// Plans a build without a cache, with the BuildKit inside a Docker Engine that is older than 23 or of unknown version.
fn integrated(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Problems> {
    let mut problems = Problems::default();
    let mut invocation = Invocation::new(facts.engine);
    arguments::add_needs(request, &mut invocation);
    if request.cache.is_some() {
        let client = facts.client.as_ref().filter(|client| !client.at_least(23, 0, 0));
        invocation.note(match (&facts.version, client) {
            (Some(version), Some(client)) if version.at_least(23, 0, 0) => {
                let message =
                    format!("the docker command {client} does not support cache options, which require 23.0: building without a cache");
                Note::new("docker-too-old", message).hinted("install a docker command of the version of the Docker Engine")
            }
            (Some(version), _) => {
                let message = format!("Docker {version} does not support cache options, which require 23.0: building without a cache");
                Note::new("docker-too-old", message).hinted("Docker Engine 25.0 or later supports caches in every registry, including ECR")
            }
            (None, _) => Note::new("docker-version", "the version of the Docker Engine is unknown: building without a cache")
                .hinted(CommandHint::SetEngineVersion { minimum: None }),
        });
    }
    if request.platforms.len() > 1 {
        problems.push(Problem::new("platform", "docker without buildx builds for one platform at a time").hinted(CommandHint::UseBuildx));
    }
    let builder = Builder {
        buildkit: BuildKit(None),
        is_docker_driver: true,
        go: None,
        name: None,
        create: Vec::new(),
        notes: Vec::new(),
        supports_cache: false,
        builds_several_platforms: false,
        loads_several_platforms: false,
    };
    build(request, facts, &builder, &mut invocation, &mut problems);
    problems.into_result(invocation)
}

fn with_plugin(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Problems> {
    let mut problems = Problems::default();
    let mut invocation = Invocation::new(facts.engine);
    arguments::add_needs(request, &mut invocation);
    let builder = builder::choose(request, facts);
    builder.notes.iter().cloned().for_each(|note| invocation.note(note));
    invocation.steps.extend(builder.create.iter().cloned());
    if let Some(cache) = &request.cache {
        if cache.backend == Some(Backend::Mounts) || cache.mounts {
            let message = "directories of `RUN --mount=type=cache` are in the builder and are deleted with it";
            invocation.note(Note::new("cache-mounts", message));
        }
        if builder.supports_cache {
            caches::add(request, cache, &builder.buildkit, builder.go.as_ref(), facts.engine, &mut invocation);
        }
    }
    if request.platforms.len() > 1 {
        if !builder.builds_several_platforms {
            problems.push(
                Problem::new("platform", "this builder builds for one platform at a time")
                    .hinted("use a docker-container builder, which builds for several"),
            );
        }
        let loads = matches!(request.output, Output::Load) || (facts.engine == Engine::Docker && request.output == Output::Default);
        if loads && !builder.loads_several_platforms {
            problems.push(
                Problem::new("platform", "cannot load an image for several platforms into the graph-driver image store")
                    .hinted(CommandHint::PushOrBuildOnePlatform),
            );
        }
    }
    if request.insecure_registry {
        let setting = if builder.is_docker_driver { "`insecure-registries` of the Docker daemon" } else { "the builder's buildkitd.toml" };
        let message = format!("docker has no option for registries without TLS: configure them in {setting}");
        invocation.note(Note::new("insecure-registry", message));
    }
    build(request, facts, &builder, &mut invocation, &mut problems);
    problems.into_result(invocation)
}

fn build(request: &BuildRequest, facts: &EngineFacts, builder: &Builder, invocation: &mut Invocation, problems: &mut Problems) {
    let program = facts.program();
    let mut argv = Arguments::new([program.as_str()]);
    if facts.engine == Engine::Buildx {
        argv.argument("buildx");
    } else {
        invocation.environment.insert("DOCKER_BUILDKIT".to_owned(), "1".to_owned());
    }
    argv.argument("build");
    if let Some(name) = &builder.name {
        argv.argument(format!("--builder={name}"));
    }
    for from in &invocation.cache_from {
        argv.flag("--cache-from", from);
    }
    for to in &invocation.cache_to {
        argv.flag("--cache-to", to);
    }
    if request.no_cache {
        argv.argument("--no-cache");
    }
    if request.pull {
        argv.argument("--pull");
    }
    match request.progress.as_deref() {
        Some("auto") => {}
        progress => argv.argument(format!("--progress={}", progress.unwrap_or("plain"))),
    }
    let is_docker = facts.engine == Engine::Docker;
    if is_docker && builder.is_docker_driver {
        request.optional_tags.iter().for_each(|tag| argv.flag("-t", tag));
    }
    docker_options::common(request, &mut argv);
    for secret in &request.secrets {
        argv.flag("--secret", arguments::secret(secret));
    }
    for ssh in &request.ssh {
        argv.flag("--ssh", ssh);
    }
    match &request.output {
        Output::Push if is_docker && builder.is_docker_driver => {}
        Output::Push => argv.argument("--push"),
        Output::Load if !(is_docker && builder.is_docker_driver) => argv.argument("--load"),
        // `docker build` always puts the image into docker's image store; a separate builder requires `--load` for that.
        Output::Default if is_docker && !builder.is_docker_driver => argv.argument("--load"),
        Output::Default if !builder.is_docker_driver && !request.tags.is_empty() => {
            invocation.note(Note::new("no-output", "the image is only in the builder's cache").hinted(CommandHint::PushOrLoad));
        }
        Output::Archive(path) if !builder.is_docker_driver => {
            argv.flag("--output", Attributes::of_type("docker").with("dest", path).to_string());
        }
        Output::CacheOnly => argv.flag("--output", "type=cacheonly"),
        Output::Load | Output::Default | Output::Archive(_) => {}
    }
    argv.0.extend(request.extra.iter().cloned());
    argv.argument(arguments::path(&request.context));
    invocation.steps.push(Step::new("build the image", argv.0));
    if builder.is_docker_driver {
        docker_options::finish(request, is_docker, &program, invocation, problems);
    }
}
