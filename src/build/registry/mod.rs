//! A registry of images, asked by the OCI distribution API over HTTP; no SDK, no engine.
//!
//! Takes a [`Repository`], credentials that somebody found ([`credentials`] looks where container engines keep them); gives tags,
//! manifests, blobs and deletions, or a [`RegistryError`] that says what was asked, what came back and what to do. Retries what may pass
//! by itself, waits no longer than its limits, and speaks HTTP without TLS with loopback and named hosts only.
//!
//! Leaves to [`image`](super::image) and [`cache_maintenance`](super::cache_maintenance) what tags mean, and to engines the pulling and
//! pushing of images.
//!
//! Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>

mod answer;
mod auth;
mod client;
pub mod credentials;
pub mod ecr;
mod error;
mod manifest;
mod name;

pub use client::{Client, Options};
pub use credentials::Credentials;
pub use error::RegistryError;
pub use manifest::{Blob, Manifest};
pub use name::{EcrHost, NameError, Repository, is_loopback};
