//! Content-addressed images: the same inputs have the same key, and an image that has the key need not be built again.
//!
//! Takes a Dockerfile, what it is built with, and files that [`files`] finds by globs; gives a [`Key`], which is the tag that the image
//! gets, the [`Destination`] in a registry where it goes, and the words in which a CI system is told of it ([`export`]). Nothing here asks a
//! registry or starts an engine: the command does, with [`registry`](super::registry) and [`command`](super::command).
//!
//! What goes into a key, byte by byte, is written down in `docs/design/image-key.md`.

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
pub use files::{InputFile, Problem};
pub use key::{KEY_PREFIX, Key, KeyInputs, architecture, build_args};
pub use wrapper::{Wrapper, WrapperFile};
