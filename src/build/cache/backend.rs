//! The kinds of place that a cache is kept in.

use std::fmt;
use std::str::FromStr;

/// The kind of place that a cache is kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// An image of its own in a registry; for kaniko and buildah a repository of layers.
    Registry,
    /// Objects in an S3 bucket.
    S3,
    /// A directory: an OCI layout; for kaniko one of layers.
    Local,
    /// Inside the image itself.
    Inline,
    /// GitHub Actions' own cache.
    Gha,
    /// Nothing but the directories of `RUN --mount=type=cache`, on a file system that outlives the builder.
    Mounts,
    /// An earlier image of the same build, pulled first: what docker did before BuildKit.
    Image,
}

impl Backend {
    /// Every backend, in the order of help.
    pub const ALL: [Self; 7] = [Self::Registry, Self::S3, Self::Local, Self::Inline, Self::Gha, Self::Mounts, Self::Image];

    /// Returns its name, which is BuildKit's `type` where BuildKit has it.
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

/// How much of a build the cache holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Layers of the result only: quick to push, of no help to earlier stages.
    Min,
    /// Every layer of every stage.
    #[default]
    Max,
}

impl Mode {
    /// Returns its name.
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
    /// What every registry and engine takes.
    Gzip,
    /// gzip that can be read in pieces.
    Estargz,
    /// Quicker and smaller; kaniko has it for images too.
    Zstd,
    /// Not at all.
    Uncompressed,
}

impl Compression {
    /// Every compression.
    pub const ALL: [Self; 4] = [Self::Gzip, Self::Estargz, Self::Zstd, Self::Uncompressed];

    /// Returns its name, as BuildKit has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Estargz => "estargz",
            Self::Zstd => "zstd",
            Self::Uncompressed => "uncompressed",
        }
    }

    /// Tells whether only OCI media types have a word for it.
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
