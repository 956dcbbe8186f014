//! Functions that several tests share.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

use std::io::Write as _;
use std::path::PathBuf;

/// Reports that the current test is skipped, and why.
///
/// The test runner counts a skipped test as passed. `tests/run` lists the skipped ones, from the file that `RACKFORM_SKIPPED` names.
pub fn skip(why: &str) {
    eprintln!("skipped: {why}");
    let Some(file) = std::env::var_os("RACKFORM_SKIPPED") else { return };
    let thread = std::thread::current();
    let line = format!("{}\t{why}\n", thread.name().unwrap_or("a test"));
    std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap().write_all(line.as_bytes()).unwrap();
}

/// Returns the folder of recordings and real templates: `RACKFORM_SHARED_DATA`, or `../shared/data`.
///
/// If it does not exist, reports the test as skipped and returns `None`.
pub fn shared_data() -> Option<PathBuf> {
    let folder = std::env::var_os("RACKFORM_SHARED_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    skip("no recordings and real templates (RACKFORM_SHARED_DATA names their folder)");
    None
}
