//! What is to be built, in no engine's words.

use super::cache::{Backend, Compression, ImageRef, Mode, branch_cache_tag, cache_tag};
use super::engine::{Driver, Engine};

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
    /// How a BuildKit engine tells of its progress; `None` is `plain`, and `auto` is whatever the engine likes.
    pub progress: Option<String>,
    /// The service, which is what its cache is called after.
    pub service: String,
    /// Where the cache is; `None` is a plain build.
    pub cache: Option<CacheRequest>,
    /// Whether registries are spoken to without TLS, or with a certificate that nobody vouches for.
    pub insecure_registry: bool,
    /// The builder that docker uses or gets, where its own cannot do what is asked.
    pub builder: BuilderRequest,
    /// The image that brings `buildctl-daemonless.sh`, to be run by docker; `None` runs the script itself.
    pub buildkit_image: Option<String>,
    /// The directory of docker's configuration with its credentials, which that container gets.
    pub docker_config: Option<String>,
    /// The media types of the image's manifest; `None` is the engine's choice.
    pub image_format: Option<ImageFormat>,
    /// Further arguments for the engine, put in front of the context as they are.
    pub extra: Vec<String>,
}

impl BuildRequest {
    /// Takes the values of build arguments that have none from an environment, for engines that do not do so themselves; one that is not
    /// there is left out, which is what docker does.
    pub fn take_build_args(&mut self, engine: Engine, variable: &dyn Fn(&str) -> Option<String>) {
        self.build_args.retain_mut(|arg| {
            if arg.value.is_some() || !matches!(engine, Engine::Buildctl | Engine::BuildctlDaemonless | Engine::Kaniko) {
                return true;
            }
            let value = variable(&arg.name);
            let is_there = value.is_some();
            // kaniko reads it itself, and would take an absent one for an empty one.
            if engine != Engine::Kaniko {
                arg.value = value;
            }
            is_there
        });
    }
}

/// What builder docker gets, where it needs one beside its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuilderRequest {
    /// When one is created.
    pub create: CreateBuilder,
    /// Its name.
    pub name: String,
    /// Its driver.
    pub driver: Driver,
    /// Its driver's options, `name=value`.
    pub options: Vec<String>,
    /// Whether it becomes the current builder, in place of being named to the build.
    pub select: bool,
}

impl BuilderRequest {
    /// The name of a builder that is created where nobody named one.
    pub const DEFAULT_NAME: &'static str = "rackform";
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

/// When docker gets a builder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CreateBuilder {
    /// When the one at hand cannot do what is asked.
    #[default]
    WhenNeeded,
    /// Always.
    Always,
    /// Never: what is missing is said, and the build is a plain one.
    Never,
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

/// The media types of an image's manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageFormat {
    /// OCI's.
    Oci,
    /// Docker's, schema 2.
    Docker,
}

impl ImageFormat {
    /// Returns its name, as kaniko and buildah have it.
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
    /// The branch that is built: it exports a cache of its own, and imports that before the main branch's.
    pub branch: Option<String>,
    /// The main branch, whose cache is the service's; `None` is `main`.
    pub main_branch: Option<String>,
    /// How much of the build it holds.
    pub mode: Mode,
    /// How its layers are compressed; `None` is estargz in a registry where the engine has it, and the engine's own choice elsewhere.
    pub compression: Option<Compression>,
    /// Whether layers that are compressed already are compressed anew.
    pub force_compression: bool,
    /// Whether a failed export fails the build.
    pub strict: bool,
    /// The directory of a local cache.
    pub directory: Option<String>,
    /// Where in S3.
    pub s3: S3Cache,
    /// How old a layer may be, as a Go duration such as `336h`; kaniko and buildah.
    pub ttl: Option<String>,
    /// Whether directories of `RUN --mount=type=cache` outlive the builder, as they do on EFS at `/kaniko/caches`.
    pub mounts: bool,
    /// Stages that are built and pushed as images to pull, for [`Backend::Image`].
    pub stages: Vec<String>,
    /// Exports in BuildKit's own words, in place of what would be made.
    pub to: Vec<String>,
    /// Imports in BuildKit's own words, in place of what would be made.
    pub from: Vec<String>,
}

impl CacheRequest {
    /// Returns a registry cache in a repository.
    pub fn in_registry(repository: impl Into<String>) -> Self {
        Self { backend: Some(Backend::Registry), repository: Some(repository.into()), ..Self::default() }
    }

    /// Returns the names that the cache of a service has, as tag, directory or scope: that which is exported first, then others to import.
    pub fn names(&self, service: &str) -> Vec<String> {
        let main = self.main_branch.as_deref().unwrap_or("main");
        match self.branch.as_deref().filter(|branch| *branch != main) {
            Some(branch) => vec![branch_cache_tag(service, branch), cache_tag(service)],
            None => vec![cache_tag(service)],
        }
    }

    /// Returns the references of a service's cache in a registry, in the order of [`names`](Self::names).
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the repository or the reference, or that there is none.
    pub fn references(&self, service: &str) -> Result<Vec<ImageRef>, String> {
        if let Some(reference) = &self.reference {
            let reference: ImageRef = reference.parse()?;
            return match reference.digest {
                Some(_) => Err(format!("`{reference}` has a digest, and a cache is written under a tag")),
                None => Ok(vec![reference]),
            };
        }
        let Some(repository) = &self.repository else { return Err("a registry cache needs a repository".to_owned()) };
        let repository: ImageRef = repository.parse()?;
        if repository.tag.is_some() || repository.digest.is_some() {
            return Err(format!("`{repository}` is a reference, not a repository: the tag is the service's"));
        }
        Ok(self.names(service).iter().map(|name| repository.tagged(name)).collect())
    }
}

/// Where in S3 a cache is.
///
/// Source: <https://docs.docker.com/build/cache/backends/s3/>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct S3Cache {
    /// The region.
    pub region: Option<String>,
    /// The bucket.
    pub bucket: Option<String>,
    /// What every key starts with.
    pub prefix: Option<String>,
    /// What the key of a layer starts with after that.
    pub blobs_prefix: Option<String>,
    /// What the key of a manifest starts with after that.
    pub manifests_prefix: Option<String>,
    /// Another service that speaks S3.
    pub endpoint_url: Option<String>,
    /// Whether the bucket is in the path, not in the host's name.
    pub use_path_style: bool,
    /// How many layers are uploaded at once.
    pub upload_parallelism: Option<u32>,
    /// After how long an unchanged layer is marked as used, a Go duration.
    pub touch_refresh: Option<String>,
}
