//! Errors of the configuration.

use crate::diagnostic::{Diagnostics, SourceError};

/// An error of the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The file has errors, each with its position.
    #[error("the configuration has errors")]
    Invalid(#[source] Diagnostics),
    /// A command changes a stack, but there is no `rack.yaml` and no stack name.
    #[error("no `rack.yaml` in this directory")]
    NoRackFile,
    /// A command changes a stack, but `rack.yaml` does not name one.
    #[error("`{file}` has no `name`")]
    NoStackName {
        /// The path of the file.
        file: String,
    },
}

impl From<Diagnostics> for ConfigError {
    fn from(problems: Diagnostics) -> Self {
        Self::Invalid(problems)
    }
}
