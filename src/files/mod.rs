//! Reads and writes files safely.
//!
//! Takes paths and bytes; returns bytes and open files. Everything in the program that opens, reads or replaces a file uses this module,
//! because a checkout may contain a file tree of a stranger: named pipes that never end, files of any length, and links to the user's own
//! files. What the bytes mean is up to the callers, and so are the words for a hint.

mod batch;
mod limit;
mod location;
mod private;
mod read;
mod replace;
mod write;

pub use batch::Batch;
pub use limit::is_full;
pub use location::{Location, OutsideProject};
pub use private::{PrivateDirectory, PrivateError, PrivateHint};
pub use read::{FileKind, ReadError, open, read, read_opened, read_stdin, read_text};
pub use write::{NewMode, WriteError, append, open_lock, open_output, write};
