//! Build engines: the supported ones, the detection of the installed one, and its capabilities.
//!
//! Takes the output of an engine's commands or a user's flags; returns [`EngineFacts`]. Only [`detect`](fn@detect) runs commands.

mod buildkit;
mod command_runner;
mod detect;
mod facts;
mod host;
mod kaniko;
mod parse;
mod version;

pub use buildkit::{BuildKit, buildkit_in_docker};
pub use command_runner::{CommandOutput, CommandRunner, Programs};
pub use detect::{Detected, Start, detect, inspect_builder};
pub use facts::{BuilderState, Buildx, Driver, EngineFacts, FoundBuilder, ImageStore};
pub use host::EngineHost;
pub use kaniko::{Kaniko, Support};
pub use version::Version;

use std::fmt;
use std::str::FromStr;

/// A program that builds images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Engine {
    /// `docker build`, then `docker push`.
    Docker,
    /// `docker buildx build`.
    Buildx,
    /// `buildctl build`, which requires a running buildkitd.
    Buildctl,
    /// `buildctl-daemonless.sh build`, which starts its own buildkitd.
    BuildctlDaemonless,
    /// `/kaniko/executor` of osscontainertools' fork.
    Kaniko,
    /// `buildah build`.
    Buildah,
}

impl Engine {
    /// All engines, in the order of `--help`.
    pub const ALL: [Self; 6] = [Self::Docker, Self::Buildx, Self::Buildctl, Self::BuildctlDaemonless, Self::Kaniko, Self::Buildah];

    /// Returns the name in flags and documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Buildx => "buildx",
            Self::Buildctl => "buildctl",
            Self::BuildctlDaemonless => "buildctl-daemonless",
            Self::Kaniko => "kaniko",
            Self::Buildah => "buildah",
        }
    }

    /// Returns the default program.
    pub fn program(self) -> &'static str {
        match self {
            Self::Docker | Self::Buildx => "docker",
            Self::Buildctl => "buildctl",
            Self::BuildctlDaemonless => "buildctl-daemonless.sh",
            Self::Kaniko => "/kaniko/executor",
            Self::Buildah => "buildah",
        }
    }

    /// Returns whether the engine uses BuildKit and therefore supports BuildKit's cache attributes.
    pub fn is_buildkit(self) -> bool {
        matches!(self, Self::Docker | Self::Buildx | Self::Buildctl | Self::BuildctlDaemonless)
    }
}

impl serde::Serialize for Engine {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Engine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|engine| engine.name() == text).ok_or_else(|| {
            let near = crate::text::did_you_mean(text, Self::ALL.map(Self::name));
            near.unwrap_or_else(|| format!("expected one of {}", Self::ALL.map(Self::name).join(", ")))
        })
    }
}
