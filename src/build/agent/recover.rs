//! Recovers the cache directories of builds that ended without returning them.
//!
//! Every step can be repeated, because a build can be killed here as well.

use super::journal::{Journal, State};
use super::layout::Layout;
use super::lock_error::{CacheLockError, io};

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

/// Recovers the directories of the named builds, which had the lock before this one.
///
/// Returns what became of those of a build whose engine was running.
pub(super) fn recover_all(layout: &Layout, names: &[String]) -> Result<Option<RecoveredDirectories>, CacheLockError> {
    let mut recovered = None;
    for name in names {
        match recover(layout, name) {
            // It returned its directories in the meantime.
            Err(error) if error.is_missing() => {}
            result => recovered = result?.or(recovered),
        }
    }
    Ok(recovered)
}

/// Recovers the directories of a build.
pub(super) fn recover(layout: &Layout, name: &str) -> Result<Option<RecoveredDirectories>, CacheLockError> {
    let storage = &*layout.storage;
    // From now on, the build itself finds nothing under its name, if it still runs and another build got its lock.
    let left = layout.builds.join(storage.unique_name());
    storage.rename(&layout.builds.join(name), &left).map_err(io("move", &layout.builds.join(name)))?;
    let journal_path = left.join("journal.json");
    let (journal, written) = match Journal::read(storage, &journal_path).map_err(io("read", &journal_path)) {
        // It was killed before it had any directories.
        Err(error) if error.is_missing() => return layout.discard(&left).map(|()| None),
        read => read?,
    };
    let caches = left.join("caches");
    let mut lost = Vec::new();
    let is_running = journal.state == State::Running;
    if layout.is_flat {
        storage.create_directory(&caches).map_err(io("create", &caches))?;
        for name in layout.cache_names(&layout.kaniko_directory)? {
            let path = layout.kaniko_directory.join(&name);
            if is_running && !journal.is_untouched(storage, &path, &name, written, false).map_err(io("read", &path))? {
                storage.rename(&path, &left.join(storage.unique_name())).map_err(io("move", &path))?;
                lost.push(name);
            } else {
                storage.rename(&path, &caches.join(&name)).map_err(io("move", &path))?;
            }
        }
    }
    let mut kept = match layout.cache_names(&caches) {
        Err(error) if error.is_missing() => Vec::new(),
        names => names?,
    };
    if is_running {
        for name in std::mem::take(&mut kept) {
            let path = caches.join(&name);
            if journal.is_untouched(storage, &path, &name, written, layout.is_flat).map_err(io("read", &path))? {
                kept.push(name);
            } else {
                storage.rename(&path, &left.join(storage.unique_name())).map_err(io("move", &path))?;
                lost.push(name);
            }
        }
    }
    if !kept.is_empty() {
        layout.return_to(&journal.app, &caches)?;
    }
    layout.discard(&left)?;
    let is_lost = |name: &&String| !kept.contains(name) && !lost.contains(name);
    let gone: Vec<String> = journal.directories.keys().filter(is_lost).cloned().collect();
    lost.extend(gone);
    lost.sort();
    Ok(is_running.then_some(RecoveredDirectories { build: journal.build, kept, lost }))
}
