//! Errors of the operating system about exhausted space.

use std::io::{Error, ErrorKind};

/// Returns whether an error means that nothing more can be written: the disk is full, a quota is exhausted, or the process may not write
/// files of that size.
pub fn is_full(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
}
