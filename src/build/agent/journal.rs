//! The journal of the cache directories that a build uses. The next build reads it to recover the directories of a killed build.
//!
//! kaniko moves a cache directory to the mount target for a `RUN` and moves it back afterwards. If the build is killed in between, the
//! original path contains the target's own files or a partial copy. A directory whose inode and change time still match the journal was
//! not touched and is kept. Any other directory could be a partial copy and is deleted.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::files::{self, Location, NewMode};

/// The largest journal, in bytes.
const LIMIT_BYTES: u64 = 16 << 20;

/// The cache directories that a build uses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    /// The app.
    pub app: String,
    /// The build's ID.
    pub build: String,
    /// When the build acquired the directories: RFC 3339, UTC.
    pub since: String,
    /// The state of the cache directories at that time, by name.
    pub directories: BTreeMap<String, Fingerprint>,
}

/// Metadata that changes when a directory is moved, replaced or modified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    inode: u64,
    changed_seconds: i64,
    changed_nanoseconds: i64,
}

/// The result of recovering the cache directories of a killed build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveredDirectories {
    /// The build that was killed.
    pub build: String,
    /// Directories that it had not touched; they are kept.
    pub kept: Vec<String>,
    /// Directories that it had moved, or might have moved; they are deleted.
    pub lost: Vec<String>,
}

impl Journal {
    /// Writes the journal atomically.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let text = serde_json::to_string(self)?;
        let location = path.parent().map(Location::of).transpose()?;
        files::write(path, text.as_bytes(), NewMode::Default, location.as_ref()).map_err(io::Error::other)
    }

    /// Reads the journal. Returns `None` if the file does not exist, and an empty journal if its content is invalid.
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        match files::read(path, LIMIT_BYTES) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text).unwrap_or_default())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// Deletes the directories that do not match the journal.
    pub fn recover(&self, parent: &Path) -> io::Result<RecoveredDirectories> {
        let mut recovered = RecoveredDirectories { build: self.build.clone(), ..RecoveredDirectories::default() };
        let found = directories(parent)?;
        for (name, fingerprint) in &found {
            if self.directories.get(name) == Some(fingerprint) {
                recovered.kept.push(name.clone());
            } else {
                discard(parent, name)?;
                recovered.lost.push(name.clone());
            }
        }
        recovered.lost.extend(self.directories.keys().filter(|name| !found.contains_key(*name)).cloned());
        recovered.lost.sort();
        Ok(recovered)
    }
}

/// Returns the cache directories in `parent`, by name. Names that start with a dot are ignored.
pub(super) fn directories(parent: &Path) -> io::Result<BTreeMap<String, Fingerprint>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') {
            continue;
        }
        let metadata = entry.path().symlink_metadata()?;
        let fingerprint =
            Fingerprint { inode: metadata.ino(), changed_seconds: metadata.ctime(), changed_nanoseconds: metadata.ctime_nsec() };
        found.insert(name, fingerprint);
    }
    Ok(found)
}

/// Renames an entry and then deletes it, so that it never exists in part under its own name.
pub(super) fn discard(parent: &Path, name: &str) -> io::Result<()> {
    let trash = parent.join(format!(".lost-{}", crate::unique::unique_token()));
    fs::rename(parent.join(name), &trash)?;
    remove(&trash)
}

/// Deletes what an interrupted [`discard`] left.
pub(super) fn remove_discarded(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(".lost-") {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    if path.symlink_metadata()?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}
