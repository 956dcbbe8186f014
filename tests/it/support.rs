//! What several tests share.
#![allow(clippy::print_stderr)]

use std::path::PathBuf;

/// Returns the folder of shared recordings and real templates, or `None` (and says so) where there is none.
///
/// `RACKFORM_SHARED_DATA`, else `shared/data` beside this repository.
pub fn shared_data() -> Option<PathBuf> {
    let folder = std::env::var_os("RACKFORM_SHARED_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no shared data at {} (set RACKFORM_SHARED_DATA)", folder.display());
    None
}
