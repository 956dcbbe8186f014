//! The streams and styles in which engines report their progress.

/// A stream of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Stream {
    /// Returns the other stream.
    pub fn other(self) -> Self {
        match self {
            Self::Stdout => Self::Stderr,
            Self::Stderr => Self::Stdout,
        }
    }
}

/// The style of an engine's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// BuildKit's plain progress: `#5 CACHED`.
    BuildKit,
    /// BuildKit's progress as JSON, one object for each line.
    BuildKitJson,
    /// kaniko's log.
    Kaniko,
    /// `STEP 2/5: RUN ...` of buildah.
    Buildah,
    /// `Step 2/5 : RUN ...` of docker without BuildKit.
    ClassicDocker,
}
