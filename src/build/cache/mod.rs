//! The build cache: its backend, its reference in a registry, and its attributes for BuildKit.
//!
//! Takes a backend, a repository and a service; returns references for a registry and attributes for BuildKit. Leaves the capabilities of
//! engines to [`engine`](super::engine).

mod attributes;
mod backend;
mod reference;
mod spec;

pub use attributes::{Attributes, MalformedAttributes};
pub use backend::{Backend, Compression, Mode};
pub use reference::{ImageRef, TAG_LIMIT, branch_cache_tag, cache_tag};
pub use spec::{Direction, attributes_of, check_spec};
