//! Why the cache directories cannot be used.

use std::io;
use std::path::{Path, PathBuf};

/// Why the cache directories cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheLockError {
    /// A file-system operation failed.
    #[error("cannot {attempt} `{}`", path.display())]
    Io {
        /// The operation, as a verb.
        attempt: &'static str,
        /// The path.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// kaniko's cache directory contains files that the agent did not create.
    #[error("cannot replace `{}` with a link to the cache: the directory is not empty", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// kaniko would copy the mounted file system and delete the original.
    #[error("KANIKO_DIR is `{directory}` while the cache is mounted in /kaniko: kaniko would copy the cache there and delete the original")]
    KanikoDir {
        /// The value of the variable.
        directory: String,
    },
}

impl CacheLockError {
    /// Returns whether a path did not exist that did: another build got the lock and took over the directories.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

pub(super) fn io(attempt: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CacheLockError {
    let path = path.to_owned();
    move |source| CacheLockError::Io { attempt, path, source }
}
