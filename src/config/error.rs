//! Why the configuration cannot be used.

use crate::diagnostic::{Diagnostics, SourceError};

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The file has errors, each with its position.
    #[error("the configuration has errors")]
    Invalid(#[source] Diagnostics),
}

impl From<Diagnostics> for ConfigError {
    fn from(problems: Diagnostics) -> Self {
        Self::Invalid(problems)
    }
}
