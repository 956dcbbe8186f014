//! What the rules of shared cache directories need from a file system: [`Disk`] is the real one, and the model test has another.
//!
//! A client of NFS answers from its own cache, for up to a minute, what a path refers to and when it changed, except for a file or
//! directory that it opens: opening asks the server ("close-to-open consistency"). So nothing here trusts the metadata of a path that is
//! not opened, nor that a name is missing without listing its directory. Source: <https://man7.org/linux/man-pages/man5/nfs.5.html>.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::io::{FdFlags, fcntl_setfd};
use serde::{Deserialize, Serialize};

use crate::files::{self, Location, NewMode};

/// The largest file to read, in bytes.
const LIMIT_BYTES: u64 = 16 << 20;

/// A point in time by the clock of the file system, which is the server's clock on NFS: seconds and nanoseconds since 1970.
pub(super) type FileTime = (i64, i64);

/// Metadata of a directory that changes when it is replaced, or when an entry is added or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    /// The inode number. File systems reuse the number of a deleted directory.
    pub inode: u64,
    /// When the metadata or the entries changed (`ctime`). No program can set it. Renaming the directory changes it too.
    pub changed: FileTime,
    /// When the entries changed (`mtime`). Programs can set it.
    pub modified: FileTime,
}

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// The name.
    pub name: String,
    /// Whether it is a directory, and not a link to one.
    pub is_directory: bool,
}

/// A lock file.
pub(super) trait Lock: fmt::Debug {
    /// Acquires the lock if no other build has it; returns whether it did.
    fn try_lock(&self) -> io::Result<bool>;

    /// Releases the lock.
    fn unlock(&self);
}

/// A shared file system, and the clock and directories of the container that mounts it.
pub(super) trait Storage: fmt::Debug {
    /// Creates a directory and its parents.
    fn create_directories(&self, path: &Path) -> io::Result<()>;

    /// Creates a directory in an existing one. It may exist already.
    fn create_directory(&self, path: &Path) -> io::Result<()>;

    /// Returns the entries of a directory, in order of their names.
    fn entries(&self, directory: &Path) -> io::Result<Vec<Entry>>;

    /// Returns the metadata of a directory.
    fn fingerprint(&self, directory: &Path) -> io::Result<Fingerprint>;

    /// Renames an entry. Fails if the new name is a directory that is not empty.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Deletes a file, a link, or a directory with its content.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Reads a file and when it was written.
    fn read(&self, path: &Path) -> io::Result<(Vec<u8>, FileTime)>;

    /// Writes a file atomically. Does not create its directory.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Opens a lock file, which is created if it does not exist.
    fn open_lock(&self, path: &Path) -> io::Result<Box<dyn Lock>>;

    /// Returns whether a path in the container exists and, if so, whether it is a link.
    fn is_link(&self, path: &Path) -> io::Result<Option<bool>>;

    /// Creates a link in the container.
    fn link(&self, target: &Path, path: &Path) -> io::Result<()>;

    /// Deletes an empty directory in the container.
    fn remove_empty(&self, path: &Path) -> io::Result<()>;

    /// Returns the time since some moment, by a clock that is never set.
    fn uptime(&self) -> Duration;

    /// Pauses the build.
    fn sleep(&self, duration: Duration);

    /// Returns the time of the host's own clock, RFC 3339. Only messages show it: the clocks of two hosts differ.
    fn host_time(&self) -> String;

    /// Returns a name that nothing else has.
    fn unique_name(&self) -> String;
}

/// The file systems of this host.
#[derive(Debug)]
pub(super) struct Disk {
    start: Instant,
}

impl Default for Disk {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Storage for Disk {
    fn create_directories(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        match fs::create_dir(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            created => created,
        }
    }

    fn entries(&self, directory: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let is_directory = entry.file_type()?.is_dir();
            // What kaniko and the agent create has names in ASCII.
            entries.push(Entry { name: entry.file_name().to_string_lossy().into_owned(), is_directory });
        }
        entries.sort();
        Ok(entries)
    }

    fn fingerprint(&self, directory: &Path) -> io::Result<Fingerprint> {
        let flags = (OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC).bits().cast_signed();
        let metadata = OpenOptions::new().read(true).custom_flags(flags).open(directory)?.metadata()?;
        Ok(Fingerprint {
            inode: metadata.ino(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if path.symlink_metadata()?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
    }

    fn read(&self, path: &Path) -> io::Result<(Vec<u8>, FileTime)> {
        let file =
            files::open(path).map_err(|error| if error.is_not_found() { ErrorKind::NotFound.into() } else { io::Error::other(error) })?;
        let metadata = file.metadata()?;
        let bytes = files::read_opened(&file, LIMIT_BYTES).map_err(io::Error::other)?;
        Ok((bytes, (metadata.mtime(), metadata.mtime_nsec())))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let location = path.parent().map(Location::of).transpose()?;
        files::write(path, bytes, NewMode::Default, location.as_ref()).map_err(|error| match error {
            files::WriteError::Io(error) => error,
            error => io::Error::other(error),
        })
    }

    fn open_lock(&self, path: &Path) -> io::Result<Box<dyn Lock>> {
        let file = files::open_lock(path)?;
        // The engine inherits the lock, so that it is not free while an engine runs whose agent was killed. The lock belongs to the open
        // file, which both have, and unlocking it in the agent unlocks it in both.
        fcntl_setfd(&file, FdFlags::empty())?;
        Ok(Box::new(LockFile(file)))
    }

    fn is_link(&self, path: &Path) -> io::Result<Option<bool>> {
        match path.symlink_metadata() {
            Ok(metadata) => Ok(Some(metadata.is_symlink())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn link(&self, target: &Path, path: &Path) -> io::Result<()> {
        std::os::unix::fs::symlink(target, path)
    }

    fn remove_empty(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn uptime(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }

    fn host_time(&self) -> String {
        jiff::Timestamp::now().to_string()
    }

    fn unique_name(&self) -> String {
        crate::unique::unique_token()
    }
}

/// `flock` on a file.
#[derive(Debug)]
struct LockFile(File);

impl Lock for LockFile {
    fn try_lock(&self) -> io::Result<bool> {
        match self.0.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn unlock(&self) {
        // The end of the process releases it, too.
        let _ = self.0.unlock();
    }
}
