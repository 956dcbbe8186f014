//! The build request, independent of the engine.

use super::cache::{Backend, Compression, Dimensions, ImageRef, Mode, branch_cache_tag, cache_tag, normalize_platform};
use super::engine::{Driver, Engine};

/// A build request, independent of the engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildRequest {
    /// The build context: the app's directory.
    pub context: String,
    /// The path of the Dockerfile relative to the working directory, as in `docker build --file`. `None` is the one in the context.
    pub dockerfile: Option<String>,
    /// The stage to build; `None` is the last one.
    pub target: Option<String>,
    /// Build arguments, in order.
    pub build_args: Vec<BuildArg>,
    /// Secrets, by the source of their values. The values are never read.
    pub secrets: Vec<Secret>,
    /// SSH agents and keys as in `docker build --ssh`, such as `default`.
    pub ssh: Vec<String>,
    /// Platforms such as `linux/arm64`.
    pub platforms: Vec<String>,
    /// The platform that the engine builds for if [`platforms`](Self::platforms) is empty, if known. The planner sets it.
    pub native_platform: Option<String>,
    /// The labels of the image.
    pub labels: Vec<(String, String)>,
    /// The image references of the result.
    pub tags: Vec<String>,
    /// Further references that a push may fail to set, such as `latest` in a repository with immutable tags.
    pub optional_tags: Vec<String>,
    /// The destination of the image.
    pub output: Output,
    /// Whether to ignore the cache. The cache is still exported.
    pub no_cache: bool,
    /// Whether to pull newer base images.
    pub pull: bool,
    /// The progress output of a BuildKit engine; `None` is `plain`, and `auto` lets the engine choose.
    pub progress: Option<String>,
    /// The service, whose name the cache gets.
    pub service: String,
    /// The cache; `None` is a build without a cache.
    pub cache: Option<CacheRequest>,
    /// Whether to allow registries without TLS or with an untrusted certificate.
    pub insecure_registry: bool,
    /// The builder that docker uses or creates if its default one lacks a requested feature.
    pub builder: BuilderRequest,
    /// The image with `buildctl-daemonless.sh`, which docker runs; `None` runs the script directly.
    pub buildkit_image: Option<String>,
    /// The directory of docker's configuration and credentials, which is mounted in that container.
    pub docker_config: Option<String>,
    /// The media types of the image's manifest; `None` is the engine's default.
    pub image_format: Option<ImageFormat>,
    /// Additional arguments for the engine, inserted unchanged before the context.
    pub extra: Vec<String>,
}

impl BuildRequest {
    /// The platform whose cache has no platform in its name if the request names none: that of most builders, and of the caches that
    /// versions of rackform without platforms in names wrote.
    const DEFAULT_PLATFORM: &str = "linux/amd64";

    /// Returns what distinguishes the cache of this build from those of other builds of the service.
    pub fn dimensions(&self) -> Dimensions {
        let native = self.native_platform.iter().filter(|native| !Self::is_default_platform(native));
        let platforms = if self.platforms.is_empty() { native.cloned().collect() } else { self.platforms.clone() };
        Dimensions::new(&platforms, self.target.as_deref())
    }

    /// Returns whether the name of this build's cache depends on the platform that the engine builds for by default.
    pub fn names_cache_by_platform(&self, engine: Engine) -> bool {
        let Some(cache) = self.cache.as_ref().filter(|_| self.platforms.is_empty()) else { return false };
        let is_named = cache.to.is_empty() && cache.from.is_empty();
        is_named
            && match cache.backend {
                Some(Backend::Registry) => engine.is_buildkit() && cache.reference.is_none(),
                Some(Backend::Local) => engine.is_buildkit() || engine == Engine::Kaniko,
                Some(Backend::S3 | Backend::Gha) => engine.is_buildkit(),
                Some(Backend::Inline | Backend::Mounts | Backend::Image) | None => false,
            }
    }

    /// Returns whether a platform is not in the name of the cache of a build that names none.
    pub fn is_default_platform(platform: &str) -> bool {
        normalize_platform(platform) == Self::DEFAULT_PLATFORM
    }

    /// Sets build arguments without a value from the environment, for engines that do not do this themselves. Arguments without a variable
    /// are removed, as docker does.
    pub fn resolve_build_args(&mut self, engine: Engine, variable: &dyn Fn(&str) -> Option<String>) {
        self.build_args.retain_mut(|arg| {
            if arg.value.is_some() || !matches!(engine, Engine::Buildctl | Engine::BuildctlDaemonless | Engine::Kaniko) {
                return true;
            }
            let value = variable(&arg.name);
            let is_set = value.is_some();
            // kaniko reads the variable itself, but treats a missing one as empty.
            if engine != Engine::Kaniko {
                arg.value = value;
            }
            is_set
        });
    }
}

/// The buildx builder to create for docker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuilderRequest {
    /// When to create it.
    pub create: CreateBuilder,
    /// The name.
    pub name: String,
    /// The driver.
    pub driver: Driver,
    /// The options of the driver, `name=value`.
    pub options: Vec<String>,
    /// Whether to select it as the current builder, instead of passing its name to the build.
    pub select: bool,
}

impl BuilderRequest {
    /// The default name of a created builder.
    pub const DEFAULT_NAME: &'static str = "rackform";

    /// Returns whether buildx accepts a text as the name of a builder.
    ///
    /// Source: <https://docs.docker.com/reference/cli/docker/buildx/create/#name>
    pub fn is_name(text: &str) -> bool {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
    }
}

impl Default for BuilderRequest {
    fn default() -> Self {
        Self {
            create: CreateBuilder::WhenNeeded,
            name: Self::DEFAULT_NAME.to_owned(),
            driver: Driver::DockerContainer,
            options: Vec::new(),
            select: false,
        }
    }
}

/// When to create a builder for docker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CreateBuilder {
    /// When the existing one lacks a requested feature.
    #[default]
    WhenNeeded,
    /// Always.
    Always,
    /// Never: the missing features are reported and not used.
    Never,
}

/// A build argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildArg {
    /// Its name.
    pub name: String,
    /// The value; `None` is the value of the environment variable of that name.
    pub value: Option<String>,
}

/// A secret that a build can mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// The ID in `RUN --mount=type=secret,id=...`.
    pub id: String,
    /// The source of its value.
    pub source: SecretSource,
}

/// The source of a secret's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable.
    Environment(String),
    /// A file.
    File(String),
}

/// The media types of an image's manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageFormat {
    /// OCI's.
    Oci,
    /// Docker's, schema 2.
    Docker,
}

impl ImageFormat {
    /// Returns the name in kaniko and buildah.
    pub fn name(self) -> &'static str {
        match self {
            Self::Oci => "oci",
            Self::Docker => "docker",
        }
    }
}

impl std::str::FromStr for ImageFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Oci, Self::Docker].into_iter().find(|format| format.name() == text).ok_or_else(|| "expected oci or docker".to_owned())
    }
}

/// The destination of the image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// The engine's default.
    #[default]
    Default,
    /// The engine's image store.
    Load,
    /// The registry.
    Push,
    /// A tar archive for `docker load`.
    Archive(String),
    /// No image: the build only exports the cache.
    CacheOnly,
}

/// The location and format of the cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheRequest {
    /// The backend; `None` if [`to`](Self::to) and [`from`](Self::from) specify the cache.
    pub backend: Option<Backend>,
    /// The cache repository, without a tag.
    pub repository: Option<String>,
    /// The complete reference of the cache, instead of `{repository}:{service}.buildcache`.
    pub reference: Option<String>,
    /// The branch of this build. It exports its own cache, and imports it before the main branch's cache.
    pub branch: Option<String>,
    /// The main branch, whose cache is the service's; `None` is `main`.
    pub main_branch: Option<String>,
    /// Which layers it contains.
    pub mode: Mode,
    /// The compression of the layers; `None` is the engine's default, gzip.
    pub compression: Option<Compression>,
    /// Whether to recompress existing layers.
    pub force_compression: bool,
    /// Whether a failed export fails the build.
    pub strict: bool,
    /// The directory of a local cache.
    pub directory: Option<String>,
    /// The location in S3.
    pub s3: S3Cache,
    /// The maximum age of a layer, as a Go duration such as `336h`; for kaniko and buildah.
    pub ttl: Option<String>,
    /// Whether directories of `RUN --mount=type=cache` are persistent, such as on EFS at `/kaniko/caches`.
    pub mounts: bool,
    /// Stages that are built, pushed and pulled as images, for [`Backend::Image`].
    pub stages: Vec<String>,
    /// Exports in BuildKit's syntax, instead of the generated ones.
    pub to: Vec<String>,
    /// Imports in BuildKit's syntax, instead of the generated ones.
    pub from: Vec<String>,
}

impl CacheRequest {
    /// Returns a registry cache in a repository.
    pub fn in_registry(repository: impl Into<String>) -> Self {
        Self { backend: Some(Backend::Registry), repository: Some(repository.into()), ..Self::default() }
    }

    /// Returns the names of a service's cache, used as tag, directory or scope: first the exported one, then others to import.
    pub fn names(&self, service: &str, dimensions: &Dimensions) -> Vec<String> {
        let main = self.main_branch.as_deref().unwrap_or("main");
        let branch = self.branch.as_deref().filter(|branch| *branch != main).map(|branch| branch_cache_tag(service, branch));
        let bases: Vec<String> = branch.into_iter().chain([cache_tag(service)]).collect();
        let sources = dimensions.sources();
        sources.iter().flat_map(|source| bases.iter().map(|base| source.tag(base))).collect()
    }

    /// Returns the references of a service's cache in a registry, in the order of [`names`](Self::names). A complete reference is used
    /// unchanged.
    ///
    /// # Errors
    ///
    /// Returns an error if the repository or the reference is invalid or missing.
    pub fn references(&self, service: &str, dimensions: &Dimensions) -> Result<Vec<ImageRef>, String> {
        if let Some(reference) = &self.reference {
            let reference: ImageRef = reference.parse()?;
            return match reference.digest {
                Some(_) => Err(format!("cache reference `{reference}` has a digest; use a tag")),
                None => Ok(vec![reference]),
            };
        }
        let Some(repository) = &self.repository else { return Err("a registry cache requires a repository".to_owned()) };
        let repository: ImageRef = repository.parse()?;
        if repository.tag.is_some() || repository.digest.is_some() {
            return Err(format!("cache repository `{repository}` must not have a tag or digest; the tag is derived from the service"));
        }
        Ok(self.names(service, dimensions).iter().map(|name| repository.tagged(name)).collect())
    }
}

/// The location of a cache in S3.
///
/// Source: <https://docs.docker.com/build/cache/backends/s3/>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct S3Cache {
    /// The region.
    pub region: Option<String>,
    /// The bucket.
    pub bucket: Option<String>,
    /// The prefix of all keys.
    pub prefix: Option<String>,
    /// The additional prefix of layer keys.
    pub blobs_prefix: Option<String>,
    /// The additional prefix of manifest keys.
    pub manifests_prefix: Option<String>,
    /// The endpoint of an S3-compatible service.
    pub endpoint_url: Option<String>,
    /// Whether requests have the bucket in the path instead of the host name; `None` is what the endpoint needs.
    pub use_path_style: Option<bool>,
    /// The number of parallel layer uploads.
    pub upload_parallelism: Option<u32>,
    /// The interval for marking unchanged layers as used, as a Go duration.
    pub touch_refresh: Option<String>,
}
