//! Which builder docker uses: its own, one that is there, or one that is created first.

use super::super::cache::{Attributes, Backend, ImageRef};
use super::super::engine::{BuildKit, Driver, Engine, EngineFacts, ImageStore, buildkit_in_docker};
use super::super::request::{BuildRequest, CreateBuilder};
use super::arguments::Arguments;
use super::invocation::{Note, Step};

/// The builder that a build goes to.
#[derive(Clone, Debug)]
pub(super) struct Builder {
    /// What does the work there.
    pub(super) buildkit: BuildKit,
    /// Whether it is the one inside the Docker Engine, whose images are docker's own.
    pub(super) is_own: bool,
    /// Its name, where it has to be said.
    pub(super) name: Option<String>,
    /// What creates it.
    pub(super) create: Option<Step>,
    /// Why, or what is missing.
    pub(super) note: Option<Note>,
    /// Whether it can do what the request wants of a cache.
    pub(super) takes_cache: bool,
    /// Whether it makes images of several platforms.
    pub(super) takes_platforms: bool,
    /// Whether its images of several platforms can be loaded.
    pub(super) loads_platforms: bool,
}

/// Chooses the builder.
///
/// Source of what the docker driver can do: <https://docs.docker.com/build/cache/backends/>
pub(super) fn choose(request: &BuildRequest, facts: &EngineFacts) -> Builder {
    // `docker build` goes to docker's own builder unless another is named, whichever is in use.
    let is_unnamed =
        facts.engine == Engine::Docker && facts.builder.is_none() && facts.driver.is_some_and(|driver| driver != Driver::Docker);
    let is_new = is_unnamed || (facts.builder.is_some() && facts.driver.is_none());
    let driver = facts.driver.unwrap_or(Driver::Docker);
    let own = facts.buildkit.clone().or_else(|| facts.version.as_ref().and_then(buildkit_in_docker));
    let buildkit = match driver {
        Driver::Docker => BuildKit(own),
        _ => BuildKit(facts.buildkit.clone()),
    };
    // A store that nobody asked about is the classic one: a builder of its own is right with both.
    let has_containerd = facts.image_store == Some(ImageStore::Containerd);
    let whys = if driver == Driver::Docker { shortcomings(request, &buildkit, has_containerd) } else { Vec::new() };
    let wants_new = request.builder.create == CreateBuilder::Always || is_new || !whys.is_empty();
    if wants_new && request.builder.create != CreateBuilder::Never {
        return created(request, facts, &whys);
    }
    let is_own = driver == Driver::Docker;
    let note = (!whys.is_empty()).then(|| {
        let hint = format!(
            "create a builder with `docker buildx create --driver docker-container --name {}`, or leave `--create-builder never` out",
            request.builder.name
        );
        Note::new("builder-missing", format!("the build is a plain one: {}", whys.join("; "))).hinted(hint)
    });
    Builder {
        buildkit,
        is_own,
        name: facts.builder.clone(),
        create: None,
        takes_cache: whys.is_empty(),
        takes_platforms: !is_own || has_containerd,
        loads_platforms: is_own && has_containerd,
        note,
    }
}

fn created(request: &BuildRequest, facts: &EngineFacts, whys: &[String]) -> Builder {
    let name = facts.builder.clone().unwrap_or_else(|| request.builder.name.clone());
    let program = facts.program();
    let mut argv = Arguments::new([program.as_str(), "buildx", "create"]);
    argv.word(format!("--name={name}"));
    argv.word("--bootstrap");
    if request.builder.select {
        argv.word("--use");
    }
    argv.word(format!("--driver={}", request.builder.driver));
    for option in &request.builder.options {
        argv.word(format!("--driver-opt={option}"));
    }
    let probe = vec![program, "buildx".to_owned(), "inspect".to_owned(), name.clone()];
    let because = if whys.is_empty() { "the build goes to a builder of its own".to_owned() } else { whys.join("; ") };
    Builder {
        buildkit: BuildKit(None),
        is_own: false,
        note: Some(Note::new("builder", format!("{because}: the builder `{name}` is created where it is not there yet"))),
        create: Some(Step::new("create the builder", argv.0).bare().unless(probe)),
        name: Some(name),
        takes_cache: true,
        takes_platforms: true,
        loads_platforms: false,
    }
}

/// Returns what the docker driver cannot do of a request.
fn shortcomings(request: &BuildRequest, buildkit: &BuildKit, has_containerd: bool) -> Vec<String> {
    let mut whys: Vec<String> = Vec::new();
    let mut add = |why: String| {
        if !whys.contains(&why) {
            whys.push(why);
        }
    };
    let store = if has_containerd { "the containerd image store" } else { "the graph-driver image store" };
    for kind in kinds(request) {
        match kind.as_str() {
            "inline" => {}
            "registry" | "local" | "gha" if has_containerd => {}
            _ if has_containerd => add(format!("the docker driver keeps no {kind} cache")),
            _ => add(format!("the docker driver with {store} exports inline caches only")),
        }
    }
    if has_containerd && !buildkit.has_image_manifest() && writes_to_ecr(request) {
        add(format!("{} in the docker driver cannot write a cache that ECR takes", buildkit.words()));
    }
    if request.platforms.len() > 1 && !has_containerd {
        add(format!("the docker driver with {store} builds for one platform at a time"));
    }
    whys
}

/// Returns the kinds of cache that the driver has to be able to use: every export, and imports that are not from a registry.
fn kinds(request: &BuildRequest) -> Vec<String> {
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

fn writes_to_ecr(request: &BuildRequest) -> bool {
    let Some(cache) = &request.cache else { return false };
    if cache.to.is_empty() && cache.from.is_empty() {
        let references = cache.references(&request.service).unwrap_or_default();
        return cache.backend == Some(Backend::Registry) && references.iter().any(ImageRef::is_ecr);
    }
    let reference = |text: &String| Attributes::parse(text).ok()?.get("ref")?.parse::<ImageRef>().ok();
    cache.to.iter().filter_map(reference).any(|reference| reference.is_ecr())
}
