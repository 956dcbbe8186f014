//! Which cache directories a build has in use, so that the next one can tell what a killed build left behind.
//!
//! kaniko moves a directory away for the `RUN` that mounts it and moves it back afterwards. A build that is killed in between leaves the
//! target's own files in its place, or half a copy. What nobody has touched since the build began is as it was: its inode and the time of
//! its last change are those that were written down. Everything else cannot be told from half a copy, and is lost.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// What a build has in use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    /// The app.
    pub app: String,
    /// The build's ID.
    pub build: String,
    /// Since when, RFC 3339, UTC.
    pub since: String,
    /// The cache directories as they were, by name.
    pub directories: BTreeMap<String, Fingerprint>,
}

/// What changes about a directory when it is moved, replaced or written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    inode: u64,
    changed_seconds: i64,
    changed_nanoseconds: i64,
}

/// What was made of directories that a killed build had in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveredDirectories {
    /// The build that was killed.
    pub build: String,
    /// Directories that it had not touched.
    pub kept: Vec<String>,
    /// Directories that it had, or may have had, moved away; they are gone.
    pub lost: Vec<String>,
}

impl Journal {
    /// Writes it, so that it is there whole or not at all.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let next = path.with_extension("next");
        let mut file = File::create(&next)?;
        file.write_all(serde_json::to_string(self)?.as_bytes())?;
        file.sync_all()?;
        fs::rename(next, path)
    }

    /// Reads it; `None` when there is none. One that cannot be read knows nothing.
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        match fs::read_to_string(path) {
            Ok(text) => Ok(Some(serde_json::from_str(&text).unwrap_or_default())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes away what cannot be trusted.
    pub fn settle(&self, place: &Path) -> io::Result<RecoveredDirectories> {
        let mut settled = RecoveredDirectories { build: self.build.clone(), ..RecoveredDirectories::default() };
        let found = directories(place)?;
        for (name, fingerprint) in &found {
            if self.directories.get(name) == Some(fingerprint) {
                settled.kept.push(name.clone());
            } else {
                discard(place, name)?;
                settled.lost.push(name.clone());
            }
        }
        settled.lost.extend(self.directories.keys().filter(|name| !found.contains_key(*name)).cloned());
        settled.lost.sort();
        Ok(settled)
    }
}

/// Returns the cache directories in a place, by name; what starts with a dot is no cache directory.
pub(super) fn directories(place: &Path) -> io::Result<BTreeMap<String, Fingerprint>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') {
            continue;
        }
        let about = entry.path().symlink_metadata()?;
        let fingerprint = Fingerprint { inode: about.ino(), changed_seconds: about.ctime(), changed_nanoseconds: about.ctime_nsec() };
        found.insert(name, fingerprint);
    }
    Ok(found)
}

/// Takes something away in two steps, so that it is never half there under its own name.
pub(super) fn discard(place: &Path, name: &str) -> io::Result<()> {
    let aside = place.join(format!(".lost-{}", crate::unique::unique_token()));
    fs::rename(place.join(name), &aside)?;
    remove(&aside)
}

/// Takes away what an earlier removal did not get to.
pub(super) fn sweep(place: &Path) -> io::Result<()> {
    for entry in fs::read_dir(place)? {
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
