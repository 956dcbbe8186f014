//! Problems of a build request, and hints as data.

use std::borrow::Cow;
use std::fmt;

use crate::diagnostic::Diagnostics;

/// What the user can do about a [`Problem`] or a [`Note`](super::Note). `ui` words it, because only `cli` and `ui` know rackform's options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandHint {
    /// A text that names no option of rackform.
    Text(Cow<'static, str>),
    /// Install the buildx plugin, or let docker build without a cache.
    InstallBuildxOrUseDocker,
    /// Install the buildx plugin and use another cache than earlier images.
    InstallBuildxAndOmitImageCache,
    /// Specify the engine's version.
    SetEngineVersion {
        /// The oldest version that supports the request.
        minimum: Option<&'static str>,
    },
    /// Specify BuildKit's version; ECR requires this one.
    SetBuildKitVersion {
        /// The oldest version that can write a cache to ECR.
        minimum_for_ecr: &'static str,
    },
    /// Use buildx, which builds for several platforms.
    UseBuildx,
    /// Use docker, or a registry cache.
    UseDockerOrRegistryCache,
    /// Use a registry cache, which contains more than earlier images do.
    UseRegistryCache,
    /// Use the engine `buildctl-daemonless`.
    UseDaemonless,
    /// Use the cache options that every engine supports.
    UseCommonCacheOptions,
    /// Give the image a name.
    NameImage,
    /// Push the image, build for one platform, or use the containerd image store.
    PushOrBuildOnePlatform,
    /// Push or load the image to export it.
    PushOrLoad,
    /// Push the image or write an archive to export it.
    PushOrArchive,
    /// Write an archive for `docker load`, or push the image.
    ArchiveForDockerLoad,
    /// Push the image, or run BuildKit without a container.
    PushOrOmitBuildKitImage,
    /// Run BuildKit without a container.
    OmitBuildKitImage,
    /// Push the image, or do not request the OCI format.
    PushOrOmitOciFormat,
    /// Push the image, or do not compress it with zstd.
    PushOrOmitZstd,
    /// Pass a secret instead of a build argument.
    UseSecret {
        /// The name of the build argument.
        name: String,
    },
    /// These settings have no effect; use one repository for each service or branch.
    IgnoredCacheSettings(Vec<CacheSetting>),
    /// Create a builder, or allow its creation.
    CreateBuilder {
        /// The name of the builder.
        name: String,
    },
    /// Set the repository of the cached layers.
    SetLayerRepository,
    /// Set the repository of the cached layers, or a directory for them.
    SetLayerRepositoryOrDirectory,
    /// Set the repository or the reference of the cache.
    SetRepositoryOrReference,
    /// Set the directory of the cache.
    SetCacheDirectory,
    /// Set the S3 bucket of the cache.
    SetS3Bucket,
    /// Set the region of the S3 bucket.
    SetS3Region,
    /// Export the cache as an image manifest.
    AddImageManifest,
    /// Request S3 objects with the bucket in the path.
    UsePathStyle,
    /// Request S3 objects with the bucket in the host name.
    DisablePathStyle,
    /// Create the builder again, which is too old or cannot be started.
    RecreateBuilder {
        /// The name of the builder.
        name: String,
    },
    /// Start the builder to know its version.
    StartBuilder {
        /// The name of the builder.
        name: String,
    },
}

impl From<&'static str> for CommandHint {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for CommandHint {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

/// A setting of a cache that has no effect with some engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheSetting {
    /// The service.
    Service,
    /// The branch.
    Branch,
    /// The mode `min`.
    ModeMin,
    /// The compression.
    Compression,
    /// Whether compressed layers are compressed again.
    ForceCompression,
}

/// A part of a request that is invalid, or that the engine does not support.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The stable name of the violated rule, in kebab case.
    pub rule: &'static str,
    /// What is wrong, a lowercase fragment.
    pub message: String,
    /// How to fix it.
    pub hint: Option<CommandHint>,
}

impl Problem {
    pub(super) fn new(rule: &'static str, message: impl Into<String>) -> Self {
        Self { rule, message: message.into(), hint: None }
    }

    pub(super) fn hinted(mut self, hint: impl Into<CommandHint>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// All problems of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    pub(super) fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    pub(super) fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl From<Diagnostics> for Problems {
    fn from(diagnostics: Diagnostics) -> Self {
        let problem = |found: crate::diagnostic::Diagnostic| Problem {
            rule: found.rule,
            message: found.message,
            hint: found.hint.map(CommandHint::from),
        };
        Self(diagnostics.0.into_iter().map(problem).collect())
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
