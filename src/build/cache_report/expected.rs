//! The caches that a build should read and write.

use super::super::cache::{Attributes, Backend, ImageRef};
use super::super::command::Invocation;
use super::super::engine::Engine;
use super::super::request::{BuildRequest, Output};

/// The caches that a build should read and write, according to its request and its commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The engine.
    pub engine: Engine,
    /// The caches to read.
    pub imports: Vec<CacheLocation>,
    /// The caches to write.
    pub exports: Vec<CacheLocation>,
    /// The cache of the request and the reason, if the commands do not write it.
    pub dropped: Option<(String, String)>,
    /// Whether the image is pushed, with an inline cache in it.
    pub is_pushed: bool,
}

/// Where a cache is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheLocation {
    /// The kind.
    pub kind: CacheKind,
    /// The name for people.
    pub name: String,
}

/// A kind of cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheKind {
    /// A cache in a registry.
    Registry(ImageRef),
    /// The image itself, which the build pushes.
    Image(ImageRef),
    /// An image layout in a directory.
    Directory(String),
    /// A part of the image itself.
    Inline,
    /// Another backend of BuildKit, by its type.
    Other(String),
    /// A repository or directory with one image for each layer.
    Layers,
}

impl CacheLocation {
    /// Returns BuildKit's type of the cache.
    pub(super) fn kind_name(&self) -> &str {
        match &self.kind {
            CacheKind::Registry(_) => "registry",
            CacheKind::Image(_) => "image",
            CacheKind::Directory(_) => "local",
            CacheKind::Inline => "inline",
            CacheKind::Other(kind) => kind,
            CacheKind::Layers => "layers",
        }
    }
}

/// The notes of a planned build that explain why it has no cache although the request has one.
const REASONS: [&str; 8] = [
    "docker-too-old",
    "docker-version",
    "builder-missing",
    "buildx-missing",
    "buildkit-too-old",
    "buildah-too-old",
    "ecr-cache",
    "cache-mounts",
];

impl Expected {
    /// Returns the caches of an invocation, or `None` if the request has no cache that an engine writes at the end of a build.
    pub fn new(request: &BuildRequest, invocation: &Invocation) -> Option<Self> {
        let cache = request.cache.as_ref()?;
        let is_explicit = !cache.to.is_empty() || !cache.from.is_empty();
        if cache.backend == Some(Backend::Mounts) || (cache.backend.is_none() && !is_explicit) {
            return None;
        }
        let engine = invocation.engine;
        let location = |text: &String| location(engine, text, &request.tags);
        let exports: Vec<CacheLocation> = invocation.cache_to.iter().map(location).collect();
        let reads_only = is_explicit && cache.to.is_empty();
        let dropped = || {
            let note = REASONS.iter().find_map(|rule| invocation.notes.iter().find(|note| note.rule == *rule));
            let reason = note.map_or("the engine does not support it", |note| note.message.as_str());
            let reason = reason.strip_suffix(": building without a cache").unwrap_or(reason).to_owned();
            let reference =
                cache.references(&request.service, &request.dimensions()).ok().and_then(|references| Some(references.first()?.to_string()));
            let other = || cache.backend.map_or_else(|| "the cache".to_owned(), |backend| format!("the {backend} cache"));
            (reference.unwrap_or_else(other), reason)
        };
        Some(Self {
            engine,
            imports: invocation.cache_from.iter().map(location).collect(),
            dropped: (exports.is_empty() && !reads_only).then(dropped),
            exports,
            is_pushed: request.output == Output::Push,
        })
    }

    /// Returns the cache of `build image`: the image with the key as its tag.
    pub fn of_image(engine: Engine, image: &ImageRef) -> Self {
        let location = CacheLocation { kind: CacheKind::Image(image.clone()), name: image.to_string() };
        Self { engine, imports: Vec::new(), exports: vec![location], dropped: None, is_pushed: true }
    }
}

/// Returns the location in the syntax of an engine.
fn location(engine: Engine, text: &str, tags: &[String]) -> CacheLocation {
    if matches!(engine, Engine::Kaniko | Engine::Buildah) {
        return CacheLocation { kind: CacheKind::Layers, name: text.strip_prefix("oci:").unwrap_or(text).to_owned() };
    }
    let other = |kind: &str, name: String| CacheLocation { kind: CacheKind::Other(kind.to_owned()), name };
    let Ok(attributes) = Attributes::parse(text) else { return other("", text.to_owned()) };
    let get = |name: &str| attributes.get(name).unwrap_or_default();
    match get("type") {
        "registry" => match get("ref").parse::<ImageRef>() {
            Ok(reference) => CacheLocation { name: reference.to_string(), kind: CacheKind::Registry(reference) },
            Err(_) => other("registry", get("ref").to_owned()),
        },
        "local" => {
            let path = attributes.get("dest").or(attributes.get("src")).unwrap_or_default().to_owned();
            CacheLocation { name: path.clone(), kind: CacheKind::Directory(path) }
        }
        "inline" => {
            let image = tags.first().map_or_else(|| "the image".to_owned(), |tag| format!("the image {tag}"));
            CacheLocation { kind: CacheKind::Inline, name: image }
        }
        // The key of the manifest: <https://github.com/moby/buildkit/blob/master/cache/remotecache/s3/s3.go>
        "s3" => {
            let manifests = attributes.get("manifests_prefix").unwrap_or("manifests/");
            let name = attributes.get("name").unwrap_or("buildkit");
            other("s3", format!("s3://{}/{}{manifests}{name}", get("bucket"), get("prefix")))
        }
        "gha" => {
            let scope = attributes.get("scope").map(|scope| format!(" (scope {scope})")).unwrap_or_default();
            other("gha", format!("the GitHub Actions cache{scope}"))
        }
        kind => other(kind, format!("the {kind} cache {}", get("name")).trim_end().to_owned()),
    }
}
