//! Content-addressed images: the same inputs have the same key, and an image that has the key need not be built again.
//!
//! Takes a Dockerfile, what it is built with, and files that [`files`] finds by globs; gives a [`Key`], which is the tag that the image
//! gets, the [`Place`] in a registry where it goes, and the words in which a CI system is told of it ([`export`]). Nothing here asks a
//! registry or starts an engine: the command does, with [`registry`](super::registry) and [`command`](super::command).
//!
//! What goes into a key, byte by byte, is written down in `docs/design/image-key.md`.

pub mod export;
pub mod files;
mod json_part;
mod key;
mod pattern;
mod place;
mod words;
mod wrapper;

pub use files::{CacheFile, Problem};
pub use key::{Ingredients, KEY_PREFIX, Key, architecture, build_args};
pub use place::{DEFAULT_MAX_AGE_DAYS, Place, PlaceError, Provider, default_name, is_by_age_alone, lifecycle_policy, parse_tags};
pub use words::{expand, secret};
pub use wrapper::{Wrapper, WrapperFile};
