//! Where the cache directories of apps and builds are, and how they get to the place where kaniko looks for them.
//!
//! ```text
//! apps/{app}/caches                       the app's cache directories while no build has them
//! apps/{app}/builds/{name}/journal.json   a build that has them, under a name that no other build has
//! apps/{app}/builds/{name}/caches         its cache directories
//! apps/{app}/lock
//! ```
//!
//! All directories of a build change hands with one rename: from the app to the build, from a killed build to the next one, and back to the
//! app. A build whose lock was given to another build therefore finds nothing at its own paths, and has no path to anything of its
//! successor. For the same reason, an agent deletes or replaces nothing at a path that another build could have: it moves it to its own
//! directory, which fails if it no longer has that.
//!
//! If the file system is mounted at kaniko's own directory ("flat"), `apps`, `builds` and `lock` are in `.rackform`, and the directories of
//! the one running build are in kaniko's directory, among whatever else is there.

use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use sha2::Digest as _;

use super::super::cache::normalize_platform;
use super::lock_error::{CacheLockError, io};
use super::storage::{Disk, Storage};
use crate::text::hex;

/// The prefix of a name in `builds` that is being deleted.
const DISCARDED: &str = ".lost-";

/// Returns kaniko's cache directory: `${KANIKO_DIR}/caches`.
///
/// # Errors
///
/// Returns an error if the variable would make kaniko delete the cache.
///
/// Source: <https://github.com/osscontainertools/kaniko/blob/main/cmd/executor/cmd/root.go>: if the directory is not `/kaniko`, kaniko
/// copies `/kaniko` there and then deletes it.
pub fn kaniko_caches_directory(kaniko_dir: Option<&str>, mount: &Path) -> Result<PathBuf, CacheLockError> {
    let directory = kaniko_dir.filter(|directory| !directory.is_empty()).unwrap_or("/kaniko");
    if directory != "/kaniko" && mount.starts_with("/kaniko") {
        return Err(CacheLockError::KanikoDir { directory: directory.to_owned() });
    }
    Ok(Path::new(directory).join("caches"))
}

/// Returns the name under which an app's cache directories are kept for builds on an architecture, as Rust names it.
///
/// Directories of cache mounts contain compiled files, which another processor cannot run. Those for amd64 have the app's name alone, as
/// earlier versions of rackform wrote them. No app has a name with parentheses.
pub fn caches_name(app: &str, architecture: &str) -> String {
    let platform = normalize_platform(&format!("linux/{architecture}"));
    if platform == "linux/amd64" { app.to_owned() } else { format!("{app} ({platform})") }
}

/// The paths of an app's cache directories and of the builds that use them.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(super) storage: Rc<dyn Storage>,
    pub(super) app: String,
    /// The mount point of the file system.
    mount: PathBuf,
    /// The directory with the directories of apps.
    root: PathBuf,
    /// kaniko's own cache directory.
    pub(super) kaniko_directory: PathBuf,
    /// The directory of the builds that have cache directories, or had them when they were killed.
    pub(super) builds: PathBuf,
    pub(super) lock: PathBuf,
    pub(super) is_flat: bool,
}

impl Layout {
    /// Returns the layout for a file system mounted at `mount` and kaniko's cache directory.
    ///
    /// If the two paths differ, or kaniko's directory is a link, each app has a directory and a lock, and kaniko's directory becomes a link
    /// to the directories of a build. If the file system is mounted at kaniko's directory itself, an app's directories are renamed into it
    /// for the build, so all apps share one lock.
    pub fn new(mount: &Path, kaniko_directory: &Path, app: &str) -> Self {
        let mount = &mount.canonicalize().unwrap_or_else(|_| mount.to_owned());
        let is_link = kaniko_directory.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        let is_flat = !is_link && (mount == kaniko_directory || kaniko_directory.canonicalize().is_ok_and(|path| path == *mount));
        Self::on(Rc::new(Disk::default()), mount, kaniko_directory, app, is_flat)
    }

    /// Returns the layout on a file system.
    pub(super) fn on(storage: Rc<dyn Storage>, mount: &Path, kaniko_directory: &Path, app: &str, is_flat: bool) -> Self {
        let root = if is_flat { mount.join(".rackform") } else { mount.to_owned() };
        let shared = if is_flat { root.clone() } else { own_directory(&root, app) };
        Self {
            storage,
            app: app.to_owned(),
            mount: mount.to_owned(),
            kaniko_directory: kaniko_directory.to_owned(),
            builds: shared.join("builds"),
            lock: shared.join("lock"),
            root,
            is_flat,
        }
    }

    /// Returns whether all apps share one lock.
    pub fn is_flat(&self) -> bool {
        self.is_flat
    }

    /// Returns the path of an app's cache directories while no build has them.
    pub(super) fn store(&self, app: &str) -> PathBuf {
        own_directory(&self.root, app).join("caches")
    }

    /// Returns the names of kaniko's cache directories in a directory. Nothing else in it is of any concern here: if the file system is
    /// mounted at kaniko's own directory, it may contain other files.
    pub(super) fn cache_names(&self, directory: &Path) -> Result<Vec<String>, CacheLockError> {
        let entries = self.storage.entries(directory).map_err(io("read", directory))?;
        Ok(entries.into_iter().map(|entry| entry.name).filter(|name| is_cache_name(name)).collect())
    }

    /// Returns the cache directories of an ended build to the app. What the app has already is not replaced.
    pub(super) fn return_to(&self, app: &str, caches: &Path) -> Result<(), CacheLockError> {
        let is_occupied = |error: &io::Error| matches!(error.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists);
        let store = self.store(app);
        if let Some(own) = store.parent() {
            self.storage.create_directories(own).map_err(io("create", own))?;
        }
        match self.storage.rename(caches, &store) {
            Err(error) if is_occupied(&error) => {
                for name in self.cache_names(caches)? {
                    let path = caches.join(&name);
                    match self.storage.rename(&path, &store.join(&name)) {
                        Err(error) if is_occupied(&error) => {}
                        moved => moved.map_err(io("move", &path))?,
                    }
                }
                Ok(())
            }
            returned => returned.map_err(io("move", caches)),
        }
    }

    /// Renames the directory of a build and then deletes it, so that it never exists in part under its own name. The next build deletes
    /// what remains if this one is killed.
    pub(super) fn discard(&self, path: &Path) -> Result<(), CacheLockError> {
        let trash = self.builds.join(format!("{DISCARDED}{}", self.storage.unique_name()));
        self.storage.rename(path, &trash).map_err(io("clear", path))?;
        // The next build tries again.
        let _ = self.storage.remove(&trash);
        Ok(())
    }

    /// Returns the names of the builds that have cache directories, and deletes what was being deleted.
    pub(super) fn build_names(&self) -> Result<Vec<String>, CacheLockError> {
        let mut names = Vec::new();
        for entry in self.storage.entries(&self.builds).map_err(io("read", &self.builds))? {
            if entry.name.starts_with(DISCARDED) {
                let _ = self.storage.remove(&self.builds.join(entry.name));
            } else {
                names.push(entry.name);
            }
        }
        Ok(names)
    }

    /// Makes kaniko's directory a link.
    pub(super) fn link(&self, target: &Path) -> Result<(), CacheLockError> {
        let path = &self.kaniko_directory;
        match self.storage.is_link(path).map_err(io("read", path))? {
            None => {
                if let Some(parent) = path.parent() {
                    self.storage.create_directories(parent).map_err(io("create", parent))?;
                }
            }
            Some(true) => self.storage.remove(path).map_err(io("remove", path))?,
            // Fails unless the directory is empty: the agent must not delete files that it did not create.
            Some(false) => self.storage.remove_empty(path).map_err(|_| CacheLockError::NotEmpty { path: path.clone() })?,
        }
        self.storage.link(target, path).map_err(io("create a link at", path))
    }

    /// Makes kaniko's directory a link to the file system again, which contains nothing that kaniko would read.
    pub(super) fn link_to_mount(&self) -> Result<(), CacheLockError> {
        self.link(&self.mount)
    }

    /// Removes the link of an earlier build, so that this build uses a private cache in the container that starts empty.
    ///
    /// # Errors
    ///
    /// Returns an error if the link cannot be removed.
    pub fn unlink(&self) -> Result<(), CacheLockError> {
        let path = &self.kaniko_directory;
        if self.storage.is_link(path).map_err(io("read", path))? == Some(true) {
            self.storage.remove(path).map_err(io("remove", path))?;
        }
        Ok(())
    }

    /// Returns whether kaniko stopped between the parts of a move: what it moves is then in this directory.
    ///
    /// Source: `swapDir` in <https://github.com/osscontainertools/kaniko/blob/main/pkg/commands/run.go>.
    pub(super) fn is_moving(&self) -> bool {
        let path = self.kaniko_directory.parent().map(|directory| directory.join("swap/tmp"));
        path.is_some_and(|path| !matches!(self.storage.is_link(&path), Ok(None)))
    }
}

/// Returns whether kaniko gives cache directories such a name: a SHA-256 in hexadecimal digits.
fn is_cache_name(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn own_directory(root: &Path, app: &str) -> PathBuf {
    root.join("apps").join(directory_name(app))
}

/// Returns the name of an app's directory: the app's name if it is plain, otherwise a digest of it. No two apps share a name.
fn directory_name(app: &str) -> String {
    let is_plain = !app.is_empty()
        && app.len() <= 100
        && app.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte))
        && !app.starts_with(['.', '-']);
    if is_plain {
        return app.to_owned();
    }
    let digest = sha2::Sha256::digest(app);
    // A plain name never starts with a dash.
    format!("-{}", hex(&digest[..16]))
}

#[cfg(test)]
mod tests {
    use super::{caches_name, directory_name};

    #[test]
    fn cache_directories_of_another_architecture_are_others() {
        assert_eq!(caches_name("web", "x86_64"), "web");
        let arm = caches_name("web", "aarch64");
        assert_eq!(arm, "web (linux/arm64)");
        assert_ne!(directory_name(&arm), directory_name("web"));
    }
}
