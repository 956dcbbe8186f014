//! The journal of a build: which cache directories it uses, and in which state they are. After the build was killed, the next one reads it.
//!
//! kaniko moves a cache directory to the mount target for a `RUN` and moves it back afterwards, by copying and deleting. If the build is
//! killed in between, the original path contains the target's own files, or a part of the directory. Only a directory that was certainly
//! not touched is kept.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::storage::{FileTime, Fingerprint, Storage};

/// The state of the cache directories that a build has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// The engine has not started: all directories are whole.
    Claimed,
    /// The engine may be using them: a directory may be partial.
    #[default]
    Running,
    /// The engine ended by itself and moved everything back: all directories are whole.
    Complete,
}

/// The cache directories that a build has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Journal {
    /// The app.
    pub app: String,
    /// The build's ID.
    pub build: String,
    /// When the build acquired the directories, by the clock of its host: RFC 3339, UTC.
    pub since: String,
    /// The state of the directories.
    pub state: State,
    /// The cache directories when the engine started, by name.
    pub directories: BTreeMap<String, Fingerprint>,
}

impl Journal {
    /// Writes the journal.
    pub fn write(&self, storage: &dyn Storage, path: &Path) -> io::Result<()> {
        storage.write(path, serde_json::to_string(self)?.as_bytes())
    }

    /// Reads the journal and when it was written. If its content is invalid, it lists no directory.
    pub fn read(storage: &dyn Storage, path: &Path) -> io::Result<(Self, FileTime)> {
        let (text, written) = storage.read(path)?;
        Ok((serde_json::from_slice(&text).unwrap_or_default(), written))
    }

    /// Returns a description of the build.
    pub fn description(&self) -> String {
        if self.build.is_empty() {
            "another build".to_owned()
        } else {
            format!("build {} of {} (since {})", self.build, self.app, self.since)
        }
    }

    /// Returns whether the directory `name`, now at `path`, was not touched since the journal was `written`.
    ///
    /// Deleting a tree changes its topmost directory last, so every directory in the tree counts. File systems may round the time of a
    /// change down, to a second or more: a change in the same tick as the journal could be later than it. `was_renamed` if the agent itself
    /// renamed the directory since.
    pub fn is_untouched(&self, storage: &dyn Storage, path: &Path, name: &str, written: FileTime, was_renamed: bool) -> io::Result<bool> {
        let Some(before) = self.directories.get(name) else { return Ok(false) };
        let is_older = |found: &Fingerprint| found.changed < written;
        let check = || -> io::Result<bool> {
            let found = storage.fingerprint(path)?;
            let is_same = if was_renamed {
                (found.inode, found.modified) == (before.inode, before.modified) && before.modified < written
            } else {
                found == *before && is_older(&found)
            };
            if !is_same {
                return Ok(false);
            }
            let mut left = vec![path.to_owned()];
            while let Some(directory) = left.pop() {
                for entry in storage.entries(&directory)? {
                    if entry.is_directory {
                        let child = directory.join(&entry.name);
                        if !is_older(&storage.fingerprint(&child)?) {
                            return Ok(false);
                        }
                        left.push(child);
                    }
                }
            }
            Ok(true)
        };
        match check() {
            // It changed just now, or a RUN left a link or file in its place.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
            result => result,
        }
    }
}
