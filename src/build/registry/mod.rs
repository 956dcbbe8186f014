//! A client of image registries: the OCI distribution API over HTTP, without an SDK and without an engine.
//!
//! Takes a [`Repository`] and [`Credentials`] ([`credentials`] reads those of container engines); returns tags, manifests and blobs and
//! deletes manifests, or returns a [`RegistryError`] with a hint. Retries temporary failures within limits, and connects without TLS only
//! to this machine and to registries for which the caller allows it.
//!
//! Leaves the meaning of tags to [`image`](super::image) and [`cache_maintenance`](super::cache_maintenance), and pulling and pushing
//! images to the engines.
//!
//! Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>

mod challenge;
mod client;
pub mod credentials;
pub mod ecr;
mod error;
mod error_body;
mod manifest;
mod name;
mod transport;

pub use client::Client;
pub use credentials::Credentials;
pub use error::{RegistryError, RegistryHint};
pub use manifest::{Blob, Manifest};
pub use name::{EcrHost, NameError, Repository, is_loopback};
pub use transport::Options;
