//! The build cache: its backend, its reference in a registry, and its attributes for BuildKit.
//!
//! Takes a backend, a repository and a service; returns references for a registry and attributes for BuildKit. Leaves the capabilities of
//! engines to [`engine`](super::engine).

mod attributes;
mod backend;
mod dimensions;
mod reference;
mod spec;
mod values;

pub use attributes::{Attributes, Direction, MalformedAttributes};
pub use backend::{Backend, Compression, Mode};
pub use dimensions::{Dimensions, has_base, normalize as normalize_platform, split_dimensions};
pub use reference::{ImageRef, TAG_LIMIT, branch_cache_tag, cache_tag};
pub use spec::{attributes_of, check_spec};
pub use values::{ignored_values, is_duration, needs_path_style, parse_bool};
