//! Where a build's cache is kept, and how an engine is told.
//!
//! Takes a choice of backend, repository and service; gives references that a registry takes and attributes that BuildKit takes. Leaves
//! what an engine is able to do to [`engine`](super::engine).

mod attributes;
mod backend;
mod reference;
mod spec;

pub use attributes::{Attributes, MalformedAttributes};
pub use backend::{Backend, Compression, Mode};
pub use reference::{ImageRef, TAG_LIMIT, branch_cache_tag, cache_tag};
pub use spec::{Direction, attributes_of, check_spec};
