//! Reports what a build did with its cache: what it read, how many steps came from it, and whether it was written.
//!
//! Takes the requested caches ([`Expected`]), what the engine's output said ([`Observed`](super::exec::Observed)) and what a registry or
//! directory contains ([`Witness`]). Returns a [`CacheReport`]. A failed write is reported even if the engine ignores it and exits with 0;
//! what nobody said is unknown.
//!
//! Leaves the words to `ui`, and the exit code to `cli`.

mod combine;
mod expected;
mod witness;

pub use combine::report;
pub use expected::{CacheKind, CacheLocation, Expected};
pub use witness::{Lookup, Witness};

use serde::Serialize;

use super::progress::Steps;

/// What a build did with its cache.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CacheReport {
    /// The steps of the Dockerfile; `None` if the engine's output does not show them.
    pub steps: Option<Steps>,
    /// The caches that the build should have read.
    pub imports: Vec<Import>,
    /// The caches that the build should have written.
    pub exports: Vec<Export>,
}

/// A cache that a build should have read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Import {
    /// The cache.
    pub from: String,
    /// What happened.
    #[serde(flatten)]
    pub outcome: ImportOutcome,
}

/// What happened to a cache that a build should have read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", content = "reason", rename_all = "snake_case")]
pub enum ImportOutcome {
    /// The engine read it.
    Read,
    /// It does not exist, as before the first build.
    Missing,
    /// It was not read, for this reason.
    Failed(String),
    /// It contained nothing that this build could use.
    NoMatch,
    /// The engine's output does not show it.
    Unknown,
}

/// A cache that a build should have written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Export {
    /// The cache.
    pub to: String,
    /// What happened.
    #[serde(flatten)]
    pub outcome: ExportOutcome,
    /// The digest of the manifest that the engine wrote, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Whether the registry or directory has that manifest now; `None` if it was not asked or did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_confirmed: Option<bool>,
}

/// What happened to a cache that a build should have written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", content = "reason", rename_all = "snake_case")]
pub enum ExportOutcome {
    /// It was written.
    Written,
    /// It contained every layer of the build already.
    UpToDate,
    /// The build has no step whose result can be cached.
    NothingToWrite,
    /// It was not written, for this reason.
    NotWritten(String),
    /// It is not known, for this reason.
    Unknown(String),
}

impl CacheReport {
    /// Returns whether every cache that the build should have written is known to contain its layers.
    pub fn is_written(&self) -> bool {
        use ExportOutcome::{NothingToWrite, UpToDate, Written};
        self.exports.iter().all(|export| matches!(export.outcome, Written | UpToDate | NothingToWrite))
    }

    /// Returns whether a cache is known not to be written.
    pub fn has_failed(&self) -> bool {
        self.exports.iter().any(|export| matches!(export.outcome, ExportOutcome::NotWritten(_)))
    }
}
