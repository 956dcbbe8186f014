//! What is to be built, in no engine's words.

use super::cache::{Backend, Mode};

/// What is to be built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildRequest {
    /// The app's directory, which is the build's context.
    pub context: String,
    /// The Dockerfile, a path as `docker build --file` takes it: from the working directory. `None` is the one in the directory.
    pub dockerfile: Option<String>,
    /// The stage to build; `None` is the last.
    pub target: Option<String>,
    /// Build arguments, in order.
    pub build_args: Vec<BuildArg>,
    /// Secrets, by where their values are; the values themselves never come here.
    pub secrets: Vec<Secret>,
    /// SSH agents and keys, as `docker build --ssh` takes them, such as `default`.
    pub ssh: Vec<String>,
    /// Platforms such as `linux/arm64`.
    pub platforms: Vec<String>,
    /// Labels of the image.
    pub labels: Vec<(String, String)>,
    /// What the image is called: references.
    pub tags: Vec<String>,
    /// What becomes of the image.
    pub output: Output,
    /// Whether nothing is taken from a cache; the cache is written all the same.
    pub no_cache: bool,
    /// Whether base images are looked up anew.
    pub pull: bool,
    /// How the engine tells of its progress; `None` is as it likes.
    pub progress: Option<String>,
    /// The service, which is what its cache is called after.
    pub service: String,
    /// Where the cache is; `None` is a plain build.
    pub cache: Option<CacheRequest>,
    /// Whether registries are spoken to without TLS, or with a certificate that nobody vouches for.
    pub insecure_registry: bool,
    /// Further arguments for the engine, put in front of the context as they are.
    pub extra: Vec<String>,
}

/// A build argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildArg {
    /// Its name.
    pub name: String,
    /// Its value; `None` is what the environment has under that name.
    pub value: Option<String>,
}

/// A secret that a build may mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// What `RUN --mount=type=secret,id=...` calls it.
    pub id: String,
    /// Where its value is.
    pub source: SecretSource,
}

/// Where a secret's value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// In a variable of the environment.
    Environment(String),
    /// In a file.
    File(String),
}

/// What becomes of the image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// What the engine does with it unless told otherwise.
    #[default]
    Default,
    /// It goes into the engine's image store.
    Load,
    /// It goes to its registry.
    Push,
    /// It goes into a tar archive, which `docker load` takes.
    Archive(String),
    /// Nothing: only the cache is filled.
    CacheOnly,
}

/// Where the cache is, and how it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheRequest {
    /// The kind of place; `None` where [`to`](Self::to) and [`from`](Self::from) say all.
    pub backend: Option<Backend>,
    /// The cache repository, without a tag.
    pub repository: Option<String>,
    /// The whole reference of the cache, instead of `{repository}:{service}.buildcache`.
    pub reference: Option<String>,
    /// How much of the build it holds.
    pub mode: Mode,
    /// Exports in BuildKit's own words, in place of what would be made.
    pub to: Vec<String>,
    /// Imports in BuildKit's own words, in place of what would be made.
    pub from: Vec<String>,
}
