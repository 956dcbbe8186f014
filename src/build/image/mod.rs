//! Content-addressed images: the same inputs have the same key, so an image with that key does not have to be built again.
//!
//! Takes a Dockerfile, the build options, and the files that [`files`] finds by glob patterns. Returns a [`Key`], which is the image's tag,
//! the [`Destination`] that the image is pushed to, and the variables that a CI system reads ([`export`]). Sends no request to a registry
//! and starts no engine: the command does that, with [`registry`](super::registry) and [`command`](super::command).
//!
//! `docs/design/image-key.md` specifies the input of a key byte by byte.

mod arguments;
mod destination;
pub mod export;
pub mod files;
mod json_part;
mod key;
mod pattern;
mod wrapper;

pub use arguments::{expand_variables, parse_secret};
pub use destination::{
    DEFAULT_MAX_AGE_DAYS, Destination, DestinationError, Provider, default_name, is_max_age_policy, lifecycle_policy, parse_tags,
};
pub use files::{FileProblem, InputFile};
pub use key::{KEY_PREFIX, Key, KeyInputs, architecture, build_args};
pub use wrapper::{Wrapper, WrapperFile};
