//! Chooses docker's builder: its own, an existing one, or one that is created first.

use super::super::cache::{Attributes, Backend, ImageRef};
use super::super::engine::{BuildKit, BuilderState, Driver, Engine, EngineFacts, FoundBuilder, ImageStore, Version, buildkit_in_docker};
use super::super::request::{BuildRequest, BuilderRequest, CreateBuilder};
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
    /// The version of Go that its BuildKit is compiled with, if known.
    pub(super) go: Option<Version>,
    /// The steps that create it.
    pub(super) create: Vec<Step>,
    /// Why it was chosen, and what it does not support.
    pub(super) notes: Vec<Note>,
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
    let reported = facts.buildkit.clone().filter(|version| !version.is_placeholder());
    let in_docker = reported.or_else(|| facts.version.as_ref().and_then(buildkit_in_docker));
    let buildkit = match driver {
        Driver::Docker => BuildKit(in_docker),
        _ => BuildKit(facts.buildkit.clone()),
    };
    // An unknown image store counts as the classic one: a separate builder works with both.
    let has_containerd = facts.image_store == Some(ImageStore::Containerd);
    let limits = if driver == Driver::Docker { docker_driver_limits(request, &buildkit, has_containerd) } else { Vec::new() };
    let needs_new = request.builder.create == CreateBuilder::Always || is_new || !limits.is_empty();
    if needs_new && request.builder.create != CreateBuilder::Never {
        return separate(request, facts, &limits);
    }
    let is_docker_driver = driver == Driver::Docker;
    let mut notes = Vec::new();
    if !limits.is_empty() {
        let message = format!("building without a cache and with the docker driver's limits: {}", limits.join("; "));
        let hint = CommandHint::CreateBuilder { name: request.builder.name.clone() };
        notes.push(Note::new("builder-missing", message).hinted(hint));
    }
    if let Some(found) = facts.found.as_ref().filter(|_| !is_docker_driver) {
        let name = facts.builder.clone().unwrap_or_else(|| "the current builder".to_owned());
        notes.extend(about_builder(&name, found, &builder_limits(request, &buildkit)));
    }
    Builder {
        buildkit,
        go: facts.go.clone().filter(|_| is_docker_driver),
        is_docker_driver,
        name: facts.builder.clone(),
        create: Vec::new(),
        supports_cache: limits.is_empty(),
        builds_several_platforms: !is_docker_driver || has_containerd,
        loads_several_platforms: is_docker_driver && has_containerd,
        notes,
    }
}

/// Returns a builder beside docker's own: the existing one of that name if it is fit for the request, otherwise a new one.
fn separate(request: &BuildRequest, facts: &EngineFacts, limits: &[String]) -> Builder {
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
    // A new builder runs the image of its options; buildx's default image is a current one.
    let image = request.builder.options.iter().flat_map(|option| option.split(',')).find_map(|option| option.strip_prefix("image="));
    let of_image = BuildKit(image.and_then(Version::of_image));
    let probe = vec![program.clone(), "buildx".to_owned(), "inspect".to_owned(), name.clone()];
    let create = Step::new("create the builder", argv.0).without_environment();
    let reason = if limits.is_empty() { "the build uses a separate builder".to_owned() } else { limits.join("; ") };
    let mut builder = Builder {
        buildkit: of_image.clone(),
        go: None,
        is_docker_driver: false,
        notes: Vec::new(),
        create: vec![create.clone().unless(probe)],
        name: Some(name.clone()),
        supports_cache: true,
        builds_several_platforms: true,
        loads_several_platforms: false,
    };
    let existing = match &facts.own {
        Some(BuilderState::Found(found)) => found,
        Some(BuilderState::Missing) | None => {
            let message = format!("{reason}: the builder `{name}` is created unless it exists");
            builder.notes.push(Note::new("builder", message));
            return builder;
        }
    };
    let buildkit = BuildKit(existing.buildkit.clone());
    let unfit = builder_limits(request, &buildkit);
    // Only the builder of rackform's own name is replaced: another one may be used for other purposes.
    let is_own = facts.builder.is_none() && request.builder.name == BuilderRequest::DEFAULT_NAME;
    let why = existing.problem.clone().or_else(|| (!unfit.is_empty()).then(|| unfit.join("; ")));
    if let Some(why) = why.filter(|_| is_own && builder_limits(request, &of_image).is_empty()) {
        let remove = Step::new("remove the builder", vec![program, "buildx".to_owned(), "rm".to_owned(), name.clone()]);
        builder.create = vec![remove.without_environment().allow_failure(), create];
        builder.notes.push(Note::new("builder-recreated", format!("{reason}: the builder `{name}` is created again: {why}")));
        return builder;
    }
    builder.buildkit = buildkit;
    builder.notes.push(Note::new("builder", format!("{reason}: the build uses the builder `{name}`")));
    builder.notes.extend(about_builder(&name, existing, &unfit));
    builder
}

/// Returns notes about an existing builder that is used as it is.
fn about_builder(name: &str, found: &FoundBuilder, limits: &[String]) -> Vec<Note> {
    let recreate = || CommandHint::RecreateBuilder { name: name.to_owned() };
    let mut notes = Vec::new();
    if let Some(problem) = &found.problem {
        notes.push(Note::new("builder-broken", format!("the builder `{name}` cannot build: {problem}")).hinted(recreate()));
    } else if !found.is_running && found.buildkit.is_none() {
        let message = format!("the builder `{name}` is not running, so the version of its BuildKit is unknown: assuming a current one");
        notes.push(Note::new("builder-inactive", message).hinted(CommandHint::StartBuilder { name: name.to_owned() }));
    }
    if !limits.is_empty() {
        notes.push(Note::new("builder-too-old", format!("the builder `{name}` is too old: {}", limits.join("; "))).hinted(recreate()));
    }
    notes
}

/// Returns what the request needs and the BuildKit of a separate builder does not support.
fn builder_limits(request: &BuildRequest, buildkit: &BuildKit) -> Vec<String> {
    let kinds = cache_kinds(request);
    let has = |kind: &str| kinds.iter().any(|other| other == kind);
    let mut limits = Vec::new();
    if exports_to_ecr(request) && !buildkit.has_image_manifest() {
        limits.push(format!("{} cannot write a cache to ECR, which requires 0.12", buildkit.description()));
    }
    if has("s3") && !buildkit.has_s3() {
        limits.push(format!("{} does not support caches in S3, which require 0.11", buildkit.description()));
    }
    if has("gha") && !buildkit.has_gha_v2() {
        limits.push(format!("{} does not support the current service of GitHub's cache, which requires 0.20", buildkit.description()));
    }
    let is_strict = request.cache.as_ref().is_some_and(|cache| cache.strict || !cache.to.is_empty());
    if !kinds.is_empty() && !is_strict && !buildkit.has_ignore_error() {
        limits.push(format!("{} fails the build if the cache cannot be written; ignoring that requires 0.11", buildkit.description()));
    }
    limits
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
        let references = cache.references(&request.service, &request.dimensions()).unwrap_or_default();
        return cache.backend == Some(Backend::Registry) && references.iter().any(ImageRef::is_ecr);
    }
    let reference = |text: &String| Attributes::parse(text).ok()?.get("ref")?.parse::<ImageRef>().ok();
    cache.to.iter().filter_map(reference).any(|reference| reference.is_ecr())
}
