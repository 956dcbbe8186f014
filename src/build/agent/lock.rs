//! The lock on an app's cache directories: one build at a time, across hosts.
//!
//! The lock is `flock` on a file beside the directory. On NFS, including EFS, Linux converts it to a byte-range lock on the server, so it
//! applies to every host that mounts the file system. It is released when the process ends, or some time after the host fails. Sources:
//! <https://man7.org/linux/man-pages/man2/flock.2.html>, <https://docs.aws.amazon.com/efs/latest/ug/nfs4-unsupported-features.html>.
//!
//! `docs/design/shared-cache.md` describes the design.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sha2::Digest as _;

use super::journal::{self, Journal, RecoveredDirectories};
use crate::files;
use crate::text::hex;

/// The time between two attempts to acquire the lock.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// Why the cache directories cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheLockError {
    /// A file-system operation failed.
    #[error("cannot {attempt} `{}`", path.display())]
    Io {
        /// The operation, as a verb.
        attempt: &'static str,
        /// The path.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// kaniko's cache directory contains files that the agent did not create.
    #[error("cannot replace `{}` with a link to the cache: the directory is not empty", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// kaniko would copy the mounted file system and delete the original.
    #[error("KANIKO_DIR is `{directory}` while the cache is mounted in /kaniko: kaniko would copy the cache there and delete the original")]
    KanikoDir {
        /// The value of the variable.
        directory: String,
    },
}

fn io(attempt: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CacheLockError {
    let path = path.to_owned();
    move |source| CacheLockError::Io { attempt, path, source }
}

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

/// The paths of an app's cache directories, their lock and their journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    app: String,
    /// The mount point of the file system.
    mount: PathBuf,
    /// The directory that stores the app's cache directories.
    store: PathBuf,
    /// kaniko's own cache directory.
    kaniko_directory: PathBuf,
    lock: PathBuf,
    journal: PathBuf,
    is_flat: bool,
}

impl Layout {
    /// Returns the layout for a file system mounted at `mount` and kaniko's cache directory.
    ///
    /// If the two paths differ, or kaniko's directory is a link, each app has a directory and a lock, and kaniko's directory becomes a link
    /// to the app's. If the file system is mounted at kaniko's directory itself, an app's directories are renamed into it for the build,
    /// so all apps share one lock.
    pub fn new(mount: &Path, kaniko_directory: &Path, app: &str) -> Self {
        let mount = &mount.canonicalize().unwrap_or_else(|_| mount.to_owned());
        let is_link = kaniko_directory.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        let is_flat = !is_link && (mount == kaniko_directory || kaniko_directory.canonicalize().is_ok_and(|path| path == *mount));
        let root = if is_flat { mount.join(".rackform") } else { mount.to_owned() };
        let own = root.join("apps").join(directory_name(app));
        let shared = if is_flat { &root } else { &own };
        Self {
            app: app.to_owned(),
            mount: mount.clone(),
            store: own.join("caches"),
            kaniko_directory: kaniko_directory.to_owned(),
            lock: shared.join("lock"),
            journal: shared.join("in-use.json"),
            is_flat,
        }
    }

    /// Returns whether all apps share one lock.
    pub fn is_flat(&self) -> bool {
        self.is_flat
    }

    /// Returns the directory that contains the cache directories during a build.
    fn working(&self) -> &Path {
        if self.is_flat { &self.kaniko_directory } else { &self.store }
    }

    /// Acquires the app's cache directories for a build, waiting up to `timeout` for the build that uses them. Calls `on_wait` once if it
    /// has to wait.
    ///
    /// # Errors
    ///
    /// Returns an error if the file system cannot be used.
    pub fn acquire(&self, build: &str, timeout: Duration, on_wait: &mut dyn FnMut(&str)) -> Result<Access, CacheLockError> {
        for directory in [Some(self.store.as_path()), self.lock.parent()].into_iter().flatten() {
            fs::create_dir_all(directory).map_err(io("create", directory))?;
        }
        let lock = files::open_lock(&self.lock).map_err(io("open", &self.lock))?;
        let start = Instant::now();
        let mut has_reported = false;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if start.elapsed() < timeout => {
                    if !has_reported {
                        let holder = Journal::read(&self.journal).ok().flatten().unwrap_or_default();
                        on_wait(&format!("waiting up to {} s for {}", timeout.as_secs(), holder.description()));
                        has_reported = true;
                    }
                    std::thread::sleep(RETRY_INTERVAL.min(timeout.saturating_sub(start.elapsed())));
                }
                Err(TryLockError::WouldBlock) => {
                    let holder = Journal::read(&self.journal).ok().flatten().unwrap_or_default();
                    return Ok(Access::Busy(holder.description()));
                }
                Err(TryLockError::Error(error)) => return Err(io("lock", &self.lock)(error)),
            }
        }
        let recovered = self.recover()?;
        self.attach()?;
        let working = self.working();
        let journal = Journal {
            app: self.app.clone(),
            build: build.to_owned(),
            since: jiff::Timestamp::now().to_string(),
            directories: journal::directories(working).map_err(io("read", working))?,
        };
        journal.write(&self.journal).map_err(io("write", &self.journal))?;
        Ok(Access::Shared(Box::new(CacheLock { layout: self.clone(), _lock: lock }), recovered))
    }

    /// Recovers the cache directories of a killed build.
    fn recover(&self) -> Result<Option<RecoveredDirectories>, CacheLockError> {
        let working = self.working();
        fs::create_dir_all(working).map_err(io("create", working))?;
        journal::remove_discarded(working).map_err(io("clear", working))?;
        let Some(left) = Journal::read(&self.journal).map_err(io("read", &self.journal))? else { return Ok(None) };
        let recovered = left.recover(working).map_err(io("clear", working))?;
        if self.is_flat {
            // The directories belong to the app of the killed build, which can differ from this one.
            Self::new(&self.mount, &self.kaniko_directory, &left.app).detach()?;
        }
        fs::remove_file(&self.journal).map_err(io("remove", &self.journal))?;
        Ok(Some(recovered))
    }

    /// Makes the app's cache directories available in kaniko's cache directory.
    fn attach(&self) -> Result<(), CacheLockError> {
        if self.is_flat {
            return move_directories(&self.store, &self.kaniko_directory);
        }
        let path = &self.kaniko_directory;
        match path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if let Some(parent) = path.parent() {
                    fs::create_dir_all(parent).map_err(io("create", parent))?;
                }
            }
            Err(error) => return Err(io("read", path)(error)),
            Ok(metadata) if metadata.is_symlink() => fs::remove_file(path).map_err(io("remove", path))?,
            // Fails unless the directory is empty: the agent must not delete files that it did not create.
            Ok(_) => fs::remove_dir(path).map_err(|_| CacheLockError::NotEmpty { path: path.clone() })?,
        }
        std::os::unix::fs::symlink(&self.store, path).map_err(io("create a link at", path))
    }

    /// Moves the app's cache directories back to its store if they are in kaniko's cache directory.
    fn detach(&self) -> Result<(), CacheLockError> {
        if self.is_flat {
            fs::create_dir_all(&self.store).map_err(io("create", &self.store))?;
            return move_directories(&self.kaniko_directory, &self.store);
        }
        Ok(())
    }

    /// Removes the link of an earlier build, so that this build uses a private cache in the container that starts empty.
    ///
    /// # Errors
    ///
    /// Returns an error if the link cannot be removed.
    pub fn unlink(&self) -> Result<(), CacheLockError> {
        let path = &self.kaniko_directory;
        if path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
            fs::remove_file(path).map_err(io("remove", path))?;
        }
        Ok(())
    }
}

impl Journal {
    /// Returns a description of the build that holds the lock.
    fn description(&self) -> String {
        if self.build.is_empty() {
            "another build".to_owned()
        } else {
            format!("build {} of {} (since {})", self.build, self.app, self.since)
        }
    }
}

/// The result of acquiring the cache directories.
#[derive(Debug)]
pub enum Access {
    /// The app's cache directories, and the result of recovering those of a killed build.
    Shared(Box<CacheLock>, Option<RecoveredDirectories>),
    /// Another build still holds the lock; its description.
    Busy(String),
}

/// The lock on an app's cache directories. Dropping it releases the lock; only [`CacheLock::release`] also restores the directories.
#[derive(Debug)]
pub struct CacheLock {
    layout: Layout,
    _lock: File,
}

impl CacheLock {
    /// Restores the cache directories and releases the lock. An engine that exited by itself has moved all directories back. If it was
    /// killed, only the directories that it had not touched are kept.
    ///
    /// # Errors
    ///
    /// Returns an error if the file system cannot be used. The journal is then kept, and the next build recovers the directories.
    pub fn release(self, exited: bool) -> Result<Option<RecoveredDirectories>, CacheLockError> {
        let layout = &self.layout;
        let recovered = if exited {
            layout.detach()?;
            fs::remove_file(&layout.journal).map_err(io("remove", &layout.journal))?;
            None
        } else {
            layout.recover()?
        };
        // Another build may use the directories after this, so the link to them must not remain.
        if !layout.is_flat {
            layout.unlink()?;
            std::os::unix::fs::symlink(&layout.mount, &layout.kaniko_directory)
                .map_err(io("create a link at", &layout.kaniko_directory))?;
        }
        Ok(recovered)
    }
}

/// Moves every cache directory from one directory to another on the same file system.
fn move_directories(from: &Path, to: &Path) -> Result<(), CacheLockError> {
    for name in journal::directories(from).map_err(io("read", from))?.keys() {
        let target = to.join(name);
        if target.symlink_metadata().is_ok() {
            journal::discard(to, name).map_err(io("clear", &target))?;
        }
        fs::rename(from.join(name), &target).map_err(io("move to", &target))?;
    }
    Ok(())
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
