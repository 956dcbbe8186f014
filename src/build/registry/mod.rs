//! A client of image registries: the OCI distribution API over HTTP, without an SDK and without an engine.
//!
//! Takes a [`Repository`] and [`Credentials`] ([`credentials`] reads those of container engines); returns tags, manifests and blobs and
//! deletes manifests, or returns a [`RegistryError`] with a hint. Retries temporary failures within limits, and connects without TLS only
//! to this machine and to registries for which the caller allows it. What a registry answers is not trusted: content must have its digest,
//! every operation is limited in time, requests and bytes, and credentials go only to the registry and to token servers that belong to it.
//!
//! Leaves the meaning of tags to [`image`](super::image) and [`cache_maintenance`](super::cache_maintenance), and pulling and pushing
//! images to the engines.
//!
//! Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>

mod budget;
mod challenge;
mod client;
pub mod credentials;
mod digest;
pub mod ecr;
mod error;
mod error_body;
mod manifest;
mod media_type;
mod name;
mod token_server;
mod transport;

pub use client::Client;
pub use credentials::Credentials;
pub use error::{RegistryError, RegistryHint};
pub use manifest::{Blob, Manifest};
pub use media_type::is_cache_config;
pub use name::{EcrHost, NameError, Repository, is_loopback};
pub use transport::Options;
