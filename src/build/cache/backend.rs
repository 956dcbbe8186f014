//! Cache backends, modes and compressions.

use std::fmt;
use std::str::FromStr;

/// The storage of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// A separate image in a registry; for kaniko and buildah, a repository of layers.
    Registry,
    /// Objects in an S3 bucket.
    S3,
    /// A directory with an OCI layout; for kaniko, a directory of layers.
    Local,
    /// Metadata in the image itself.
    Inline,
    /// The cache service of GitHub Actions.
    Gha,
    /// Only the directories of `RUN --mount=type=cache`, on a persistent file system.
    Mounts,
    /// An earlier image of the same build, which is pulled first: the only cache of docker before BuildKit.
    Image,
}

impl Backend {
    /// All backends, in the order of `--help`.
    pub const ALL: [Self; 7] = [Self::Registry, Self::S3, Self::Local, Self::Inline, Self::Gha, Self::Mounts, Self::Image];

    /// Returns the name: BuildKit's `type` if BuildKit supports the backend.
    pub fn name(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::S3 => "s3",
            Self::Local => "local",
            Self::Inline => "inline",
            Self::Gha => "gha",
            Self::Mounts => "mounts",
            Self::Image => "image",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Backend {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "ecr" => return Ok(Self::Registry),
            "oci" => return Ok(Self::Local),
            _ => {}
        }
        Self::ALL.into_iter().find(|backend| backend.name() == text).ok_or_else(|| {
            let near = crate::text::did_you_mean(text, Self::ALL.map(Self::name));
            near.unwrap_or_else(|| format!("expected one of {}", Self::ALL.map(Self::name).join(", ")))
        })
    }
}

/// Which layers the cache contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Only the layers of the result: fast to push, but earlier stages are not cached.
    Min,
    /// All layers of all stages.
    #[default]
    Max,
}

impl Mode {
    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Min => "min",
            Self::Max => "max",
        }
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "min" => Ok(Self::Min),
            "max" => Ok(Self::Max),
            _ => Err("expected min or max".to_owned()),
        }
    }
}

/// How the layers of a cache are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Supported by all registries and engines.
    Gzip,
    /// gzip with random access.
    Estargz,
    /// Faster and smaller than gzip. kaniko supports it for images too.
    Zstd,
    /// No compression.
    Uncompressed,
}

impl Compression {
    /// All compressions.
    pub const ALL: [Self; 4] = [Self::Gzip, Self::Estargz, Self::Zstd, Self::Uncompressed];

    /// Returns BuildKit's name of the compression.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Estargz => "estargz",
            Self::Zstd => "zstd",
            Self::Uncompressed => "uncompressed",
        }
    }

    /// Returns whether the compression requires OCI media types.
    pub fn needs_oci_media_types(self) -> bool {
        matches!(self, Self::Estargz | Self::Zstd)
    }
}

impl FromStr for Compression {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|compression| compression.name() == text)
            .ok_or_else(|| format!("expected one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}
