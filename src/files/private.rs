//! A directory that belongs to the user alone, whose files are opened without following links.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, fchmod, fstat, mkdirat, open, openat, readlinkat, statat, unlinkat};
use rustix::io::Errno;

use super::read::{FileKind, ReadError, read_opened};
use super::replace::{Attributes, replace_at, sync_directory};

/// The mode bits with which others may change a directory or file.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// What a component of the directory's path must be.
const DIRECTORY: &str = "a directory";

/// A directory of the user's own.
#[derive(Debug)]
pub struct PrivateDirectory {
    descriptor: OwnedFd,
    path: PathBuf,
    is_new: bool,
}

/// Why a directory or a file in it is not safe to use.
#[derive(Debug, thiserror::Error)]
pub enum PrivateError {
    /// The operating system's error.
    #[error("cannot access `{}`", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// The error.
        #[source]
        source: std::io::Error,
    },
    /// A symbolic link.
    #[error("`{}` is a symbolic link{}; links are not followed here", path.display(), target.as_ref().map(|to| format!(" to `{}`", to.display())).unwrap_or_default())]
    Link {
        /// The link.
        path: PathBuf,
        /// Its target, if it can be read.
        target: Option<PathBuf>,
    },
    /// Not a regular file, or not a directory.
    #[error("`{}` is not {expected}", path.display())]
    Kind {
        /// The path.
        path: PathBuf,
        /// What it must be.
        expected: &'static str,
    },
    /// Another user owns it.
    #[error("`{}` belongs to another user (ID {owner}; this program runs as {user})", path.display())]
    Owner {
        /// The path.
        path: PathBuf,
        /// The owner's user ID.
        owner: u32,
        /// The process's effective user ID.
        user: u32,
    },
    /// Other users may change it.
    #[error("other users can write to `{}` (mode {mode:04o})", path.display())]
    Writable {
        /// The path.
        path: PathBuf,
        /// The permission bits.
        mode: u32,
    },
    /// A hard link: the file has another name, perhaps outside the directory.
    #[error("`{}` has another name (hard link), so that writing to it would change another file", path.display())]
    HardLink {
        /// The path.
        path: PathBuf,
    },
    /// The file is longer than the limit.
    #[error("`{}` is larger than {limit_bytes} bytes", path.display())]
    TooLarge {
        /// The path.
        path: PathBuf,
        /// The limit in bytes.
        limit_bytes: u64,
    },
}

/// What the user can do about a [`PrivateError`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrivateHint {
    /// Delete what is in the way, or name the real directory.
    Remove {
        /// The path.
        path: PathBuf,
    },
    /// Run the program as the owner, or change the owner.
    ChangeOwner {
        /// The path.
        path: PathBuf,
    },
    /// Change the mode, such as `0700`.
    ChangeMode {
        /// The path.
        path: PathBuf,
        /// The right mode.
        mode: u32,
    },
    /// Make a copy of the file that has no other name.
    Unlink {
        /// The path.
        path: PathBuf,
    },
    /// Free space on the disk.
    FreeSpace,
}

impl PrivateError {
    /// Returns what the user can do about it, if anything.
    pub fn hint(&self) -> Option<PrivateHint> {
        Some(match self {
            Self::Link { path, .. } | Self::Kind { path, .. } => PrivateHint::Remove { path: path.clone() },
            Self::Owner { path, .. } => PrivateHint::ChangeOwner { path: path.clone() },
            Self::Writable { path, .. } => PrivateHint::ChangeMode { path: path.clone(), mode: 0o700 },
            Self::HardLink { path } => PrivateHint::Unlink { path: path.clone() },
            Self::Io { source, .. } if super::is_full(source) => PrivateHint::FreeSpace,
            Self::Io { .. } | Self::TooLarge { .. } => return None,
        })
    }
}

impl PrivateDirectory {
    /// Opens a directory; returns `None` if it does not exist and is not to be created. A created directory has the mode 0700.
    ///
    /// No component below `trusted` may be a link. If `path` is not below it, only the last component may not be one.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory cannot be opened, or belongs to or can be changed by another user.
    pub fn open(path: &Path, trusted: Option<&Path>, create: bool) -> Result<Option<Self>, PrivateError> {
        let is_plain = |rest: &Path| rest.components().all(|component| matches!(component, Component::Normal(_)));
        let below = trusted.and_then(|trusted| Some((trusted, path.strip_prefix(trusted).ok().filter(|rest| is_plain(rest))?)));
        let (base, rest) = match (below, path.file_name()) {
            (Some((base, rest)), _) => (base, rest.to_owned()),
            (None, Some(name)) => (path.parent().unwrap_or(Path::new("")), PathBuf::from(name)),
            // A path such as `..` has no name that could be a link.
            (None, None) => (path, PathBuf::new()),
        };
        let base = if base.as_os_str().is_empty() { Path::new(".") } else { base };
        if create {
            std::fs::create_dir_all(base).map_err(|source| PrivateError::Io { path: base.to_owned(), source })?;
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut directory = match open(base, flags, Mode::empty()) {
            Ok(directory) => directory,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(failed(base, error)),
        };
        let mut current = if base == Path::new(".") { PathBuf::new() } else { base.to_owned() };
        let mut is_new = false;
        let mut names = rest.components().peekable();
        while let Some(name) = names.next() {
            current.push(name);
            let is_last = names.peek().is_none();
            let mode = Mode::from_raw_mode(if is_last { 0o700 } else { 0o777 });
            let name = name.as_os_str();
            is_new = false;
            let opened = match openat(&directory, name, flags | OFlags::NOFOLLOW, Mode::empty()) {
                Err(Errno::NOENT) if create => {
                    match mkdirat(&directory, name, mode) {
                        Ok(()) => is_new = true,
                        Err(Errno::EXIST) => {}
                        Err(error) => return Err(failed(&current, error)),
                    }
                    openat(&directory, name, flags | OFlags::NOFOLLOW, Mode::empty())
                }
                opened => opened,
            };
            directory = match opened {
                Ok(opened) => opened,
                Err(Errno::NOENT) => return Ok(None),
                Err(Errno::NOTDIR | Errno::LOOP) => return Err(not_plain(&directory, name, &current, DIRECTORY)),
                Err(error) => return Err(failed(&current, error)),
            };
        }
        let path = if rest.as_os_str().is_empty() { base.to_owned() } else { current };
        if is_new {
            // The umask may have removed bits that the owner needs.
            fchmod(&directory, Mode::from_raw_mode(0o700)).map_err(|error| failed(&path, error))?;
        }
        let stat = fstat(&directory).map_err(|error| failed(&path, error))?;
        let user = rustix::process::geteuid().as_raw();
        if stat.st_uid != user {
            return Err(PrivateError::Owner { path, owner: stat.st_uid, user });
        }
        let mode = Mode::from_raw_mode(stat.st_mode).as_raw_mode() & 0o7777;
        if mode & WRITABLE_BY_OTHERS != 0 {
            return Err(PrivateError::Writable { path, mode });
        }
        Ok(Some(Self { descriptor: directory, path, is_new }))
    }

    /// Returns whether opening it created it.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Returns the path of a file in the directory.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Opens a file; `None` if it does not exist. Its mode becomes 0600.
    ///
    /// # Errors
    ///
    /// Returns an error if the file is a link, has several names, is not a regular file, or belongs to another user.
    pub fn open_file(&self, name: &str, for_writing: bool) -> Result<Option<File>, PrivateError> {
        let path = self.path_of(name);
        let access = if for_writing { OFlags::RDWR } else { OFlags::RDONLY };
        let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        // Checked before opening, because opening some devices has an effect, and a named pipe may wait.
        match statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file() => {}
            Ok(_) => return Err(not_plain(&self.descriptor, OsStr::new(name), &path, "a regular file")),
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(failed(&path, error)),
        }
        let file = match openat(&self.descriptor, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP | Errno::NXIO) => return Err(not_plain(&self.descriptor, OsStr::new(name), &path, "a regular file")),
            Err(error) => return Err(failed(&path, error)),
        };
        let metadata = file.metadata().map_err(|source| PrivateError::Io { path: path.clone(), source })?;
        let user = rustix::process::geteuid().as_raw();
        if FileKind::of(metadata.file_type()).is_some() {
            return Err(PrivateError::Kind { path, expected: "a regular file" });
        }
        if metadata.uid() != user {
            return Err(PrivateError::Owner { path, owner: metadata.uid(), user });
        }
        if metadata.nlink() > 1 {
            return Err(PrivateError::HardLink { path });
        }
        if metadata.mode() & 0o077 != 0 {
            let made_private = file.set_permissions(std::fs::Permissions::from_mode(0o600));
            // A read-only file system does not prevent reading.
            if for_writing {
                made_private.map_err(|source| PrivateError::Io { path, source })?;
            }
        }
        Ok(Some(file))
    }

    /// Reads a file of at most `limit_bytes`; `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// As [`PrivateDirectory::open_file`], or an error if the file is too large.
    pub fn read(&self, name: &str, limit_bytes: u64) -> Result<Option<Vec<u8>>, PrivateError> {
        self.open_file(name, false)?.map(|file| self.read_file(name, &file, limit_bytes)).transpose()
    }

    /// Reads an open file of the directory.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read or is too large.
    pub fn read_file(&self, name: &str, file: &File, limit_bytes: u64) -> Result<Vec<u8>, PrivateError> {
        read_opened(file, limit_bytes).map_err(|error| match error {
            ReadError::Io(source) => PrivateError::Io { path: self.path_of(name), source },
            ReadError::TooLarge { limit_bytes } => PrivateError::TooLarge { path: self.path_of(name), limit_bytes },
            ReadError::NotAFile(_) => PrivateError::Kind { path: self.path_of(name), expected: "a regular file" },
        })
    }

    /// Writes a file with the mode 0600 atomically. If `keep_existing`, an existing file is an error of the kind
    /// [`AlreadyExists`](std::io::ErrorKind::AlreadyExists).
    ///
    /// # Errors
    ///
    /// Returns an error if the existing file is not one of this directory's own, or if writing fails.
    pub fn write(&self, name: &str, bytes: &[u8], keep_existing: bool) -> Result<(), PrivateError> {
        // A link that a checkout contains is reported, not silently replaced.
        if !keep_existing {
            self.open_file(name, false)?;
        }
        replace_at(&self.descriptor, name, bytes, &Attributes::Exactly(0o600), keep_existing)
            .map_err(|source| PrivateError::Io { path: self.path_of(name), source })
    }

    /// Gives a file another name, which must not be a link; replaces a file of that name.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be renamed.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), PrivateError> {
        self.open_file(to, false)?;
        rustix::fs::renameat(&self.descriptor, from, &self.descriptor, to).map_err(|error| failed(&self.path_of(from), error))?;
        sync_directory(&self.descriptor).map_err(|source| PrivateError::Io { path: self.path.clone(), source })
    }

    /// Deletes a file, or the link of that name; a missing file is no error.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot be deleted.
    pub fn remove(&self, name: &str) -> Result<(), PrivateError> {
        match unlinkat(&self.descriptor, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(failed(&self.path_of(name), error)),
        }
    }

    /// Deletes the directory if it is empty.
    pub fn remove_if_empty(&self) {
        let (Some(parent), Some(name)) = (self.path.parent(), self.path.file_name()) else { return };
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        if let Ok(parent) = File::open(parent) {
            // A directory that contains other files stays.
            let _ = unlinkat(parent.as_fd(), name, AtFlags::REMOVEDIR);
        }
    }
}

fn failed(path: &Path, error: Errno) -> PrivateError {
    PrivateError::Io { path: path.to_owned(), source: error.into() }
}

/// Returns the error for something that is a link or of another kind.
fn not_plain(directory: impl AsFd, name: &OsStr, path: &Path, expected: &'static str) -> PrivateError {
    match readlinkat(directory, name, Vec::new()) {
        Ok(target) => {
            use std::os::unix::ffi::OsStringExt as _;
            let target = PathBuf::from(std::ffi::OsString::from_vec(target.into_bytes()));
            PrivateError::Link { path: path.to_owned(), target: Some(target) }
        }
        Err(_) if expected == DIRECTORY => failed(path, Errno::NOTDIR),
        Err(_) => PrivateError::Kind { path: path.to_owned(), expected },
    }
}
