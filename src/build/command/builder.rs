//! Chooses docker's builder: its own, an existing one, or one that is created first.

use super::super::cache::{Attributes, Backend, ImageRef};
use super::super::engine::{BuildKit, Driver, Engine, EngineFacts, ImageStore, buildkit_in_docker};
use super::super::request::{BuildRequest, CreateBuilder};
use super::arguments::Arguments;
use super::invocation::{Note, Step};
use super::problem::CommandHint;

/// The builder that runs a build.
#[derive(Clone, Debug)]
pub(super) struct Builder {
    /// The BuildKit of the builder.
    pub(super) buildkit: BuildKit,
    /// Whether it is the builder inside the Docker Engine, whose images are in docker's image store.
    pub(super) is_docker_driver: bool,
    /// Its name, if the command has to specify it.
    pub(super) name: Option<String>,
    /// The step that creates it.
    pub(super) create: Option<Step>,
    /// Why it was chosen, or what it does not support.
    pub(super) note: Option<Note>,
    /// Whether it supports the cache of the request.
    pub(super) supports_cache: bool,
    /// Whether it builds images for several platforms.
    pub(super) builds_several_platforms: bool,
    /// Whether its images for several platforms can be loaded into docker's image store.
    pub(super) loads_several_platforms: bool,
}

/// Chooses the builder.
///
/// Source for the limits of the docker driver: <https://docs.docker.com/build/cache/backends/>
pub(super) fn choose(request: &BuildRequest, facts: &EngineFacts) -> Builder {
    // Without `--builder`, `docker build` uses docker's own builder, even if another one is selected.
    let is_unnamed =
        facts.engine == Engine::Docker && facts.builder.is_none() && facts.driver.is_some_and(|driver| driver != Driver::Docker);
    let is_new = is_unnamed || (facts.builder.is_some() && facts.driver.is_none());
    let driver = facts.driver.unwrap_or(Driver::Docker);
    let in_docker = facts.buildkit.clone().or_else(|| facts.version.as_ref().and_then(buildkit_in_docker));
    let buildkit = match driver {
        Driver::Docker => BuildKit(in_docker),
        _ => BuildKit(facts.buildkit.clone()),
    };
    // An unknown image store counts as the classic one: a separate builder works with both.
    let has_containerd = facts.image_store == Some(ImageStore::Containerd);
    let limits = if driver == Driver::Docker { docker_driver_limits(request, &buildkit, has_containerd) } else { Vec::new() };
    let needs_new = request.builder.create == CreateBuilder::Always || is_new || !limits.is_empty();
    if needs_new && request.builder.create != CreateBuilder::Never {
        return created(request, facts, &limits);
    }
    let is_docker_driver = driver == Driver::Docker;
    let note = (!limits.is_empty()).then(|| {
        Note::new("builder-missing", format!("building without a cache and with the docker driver's limits: {}", limits.join("; ")))
            .hinted(CommandHint::CreateBuilder { name: request.builder.name.clone() })
    });
    Builder {
        buildkit,
        is_docker_driver,
        name: facts.builder.clone(),
        create: None,
        supports_cache: limits.is_empty(),
        builds_several_platforms: !is_docker_driver || has_containerd,
        loads_several_platforms: is_docker_driver && has_containerd,
        note,
    }
}

fn created(request: &BuildRequest, facts: &EngineFacts, limits: &[String]) -> Builder {
    let name = facts.builder.clone().unwrap_or_else(|| request.builder.name.clone());
    let program = facts.program();
    let mut argv = Arguments::new([program.as_str(), "buildx", "create"]);
    argv.argument(format!("--name={name}"));
    argv.argument("--bootstrap");
    if request.builder.select {
        argv.argument("--use");
    }
    argv.argument(format!("--driver={}", request.builder.driver));
    for option in &request.builder.options {
        argv.argument(format!("--driver-opt={option}"));
    }
    let probe = vec![program, "buildx".to_owned(), "inspect".to_owned(), name.clone()];
    let reason = if limits.is_empty() { "the build uses a separate builder".to_owned() } else { limits.join("; ") };
    Builder {
        buildkit: BuildKit(None),
        is_docker_driver: false,
        note: Some(Note::new("builder", format!("{reason}: the builder `{name}` is created unless it exists"))),
        create: Some(Step::new("create the builder", argv.0).without_environment().unless(probe)),
        name: Some(name),
        supports_cache: true,
        builds_several_platforms: true,
        loads_several_platforms: false,
    }
}

/// Returns what the request needs and the docker driver does not support.
fn docker_driver_limits(request: &BuildRequest, buildkit: &BuildKit, has_containerd: bool) -> Vec<String> {
    let mut limits: Vec<String> = Vec::new();
    let mut add = |limit: String| {
        if !limits.contains(&limit) {
            limits.push(limit);
        }
    };
    let store = if has_containerd { "the containerd image store" } else { "the graph-driver image store" };
    for kind in cache_kinds(request) {
        match kind.as_str() {
            "inline" => {}
            "registry" | "local" | "gha" if has_containerd => {}
            _ if has_containerd => add(format!("the docker driver does not support {kind} caches")),
            _ => add(format!("the docker driver with {store} exports only inline caches")),
        }
    }
    if has_containerd && !buildkit.has_image_manifest() && exports_to_ecr(request) {
        add(format!("{} in the docker driver cannot write a cache to ECR", buildkit.description()));
    }
    if request.platforms.len() > 1 && !has_containerd {
        add(format!("the docker driver with {store} builds for one platform at a time"));
    }
    limits
}

/// Returns the kinds of cache that the driver must support: those of exports, and those of imports except from registries.
fn cache_kinds(request: &BuildRequest) -> Vec<String> {
    let Some(cache) = &request.cache else { return Vec::new() };
    if cache.to.is_empty() && cache.from.is_empty() {
        return match cache.backend {
            None | Some(Backend::Mounts | Backend::Image) => Vec::new(),
            Some(backend) => vec![backend.name().to_owned()],
        };
    }
    let kind = |text: &String| Attributes::parse(text).ok().and_then(|attributes| Some(attributes.get("type")?.to_owned()));
    let imports = cache.from.iter().filter_map(kind).filter(|kind| kind != "registry");
    cache.to.iter().filter_map(kind).chain(imports).collect()
}

fn exports_to_ecr(request: &BuildRequest) -> bool {
    let Some(cache) = &request.cache else { return false };
    if cache.to.is_empty() && cache.from.is_empty() {
        let references = cache.references(&request.service).unwrap_or_default();
        return cache.backend == Some(Backend::Registry) && references.iter().any(ImageRef::is_ecr);
    }
    let reference = |text: &String| Attributes::parse(text).ok()?.get("ref")?.parse::<ImageRef>().ok();
    cache.to.iter().filter_map(reference).any(|reference| reference.is_ecr())
}
