//! Reads whole files up to a limit, and refuses what is not a regular file.

use std::fs::{File, FileType, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

/// What a path names instead of a regular file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A directory.
    Directory,
    /// A named pipe (FIFO).
    Pipe,
    /// A socket.
    Socket,
    /// A block or character device.
    Device,
    /// A symbolic link, where links are not followed.
    Link,
}

impl FileKind {
    /// Returns the kind; `None` for a regular file.
    pub fn of(file_type: FileType) -> Option<Self> {
        if file_type.is_file() {
            None
        } else if file_type.is_dir() {
            Some(Self::Directory)
        } else if file_type.is_fifo() {
            Some(Self::Pipe)
        } else if file_type.is_socket() {
            Some(Self::Socket)
        } else if file_type.is_symlink() {
            Some(Self::Link)
        } else {
            Some(Self::Device)
        }
    }
}

impl std::fmt::Display for FileKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Directory => "a directory",
            Self::Pipe => "a named pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
            Self::Link => "a symbolic link",
        })
    }
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system's error.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Not a regular file. Reading it could wait forever or never end.
    #[error("it is {0}, not a regular file")]
    NotAFile(FileKind),
    /// Longer than the limit.
    #[error("it is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit_bytes: u64,
    },
}

impl ReadError {
    /// Returns whether the file does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Io(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory))
    }
}

/// Opens a regular file for reading, without waiting. Also opens a pipe if the path names a descriptor of this process, such as
/// `/dev/stdin` or the `/dev/fd/63` of a shell's process substitution: the caller of the program opened it.
///
/// # Errors
///
/// Returns an error if the file cannot be opened or is not a regular file.
pub fn open(path: &Path) -> Result<File, ReadError> {
    // Checked before opening, because opening some devices has an effect.
    check_kind(std::fs::metadata(path)?.file_type(), path)?;
    // Without this flag, opening a pipe that replaced the file in the meantime would wait for a writer.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let file_type = file.metadata()?.file_type();
    check_kind(file_type, path)?;
    if file_type.is_fifo() {
        fcntl_setfl(&file, fcntl_getfl(&file).map_err(std::io::Error::from)? - OFlags::NONBLOCK).map_err(std::io::Error::from)?;
    }
    Ok(file)
}

/// Returns whether a path names a descriptor of this process.
pub(super) fn is_own_descriptor(path: &Path) -> bool {
    path == Path::new("/dev/stdin")
        || path == Path::new("/dev/stdout")
        || path == Path::new("/dev/stderr")
        || path.starts_with("/dev/fd")
        || path.starts_with("/proc/self/fd")
}

fn check_kind(file_type: FileType, path: &Path) -> Result<(), ReadError> {
    match FileKind::of(file_type) {
        None => Ok(()),
        Some(FileKind::Pipe) if is_own_descriptor(path) => Ok(()),
        Some(FileKind::Directory) => Err(std::io::Error::from(rustix::io::Errno::ISDIR).into()),
        Some(kind) => Err(ReadError::NotAFile(kind)),
    }
}

/// Reads a regular file of at most `limit_bytes`.
///
/// # Errors
///
/// Returns an error if the file cannot be read, is not a regular file, or is too large, which is known before all of it is read.
pub fn read(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, ReadError> {
    read_opened(&open(path)?, limit_bytes)
}

/// Reads an open file of at most `limit_bytes`.
///
/// # Errors
///
/// Returns an error if it cannot be read or is too large, which is known before all of it is read.
pub fn read_opened(file: &File, limit_bytes: u64) -> Result<Vec<u8>, ReadError> {
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    if length > limit_bytes {
        return Err(ReadError::TooLarge { limit_bytes });
    }
    read_limited(file, length, limit_bytes)
}

/// Reads a regular file of at most `limit_bytes` as UTF-8.
///
/// # Errors
///
/// As [`read`], or [`InvalidData`](std::io::ErrorKind::InvalidData) if the file is not UTF-8.
pub fn read_text(path: &Path, limit_bytes: u64) -> Result<String, ReadError> {
    String::from_utf8(read(path, limit_bytes)?)
        .map_err(|_| std::io::Error::new(std::io::ErrorKind::InvalidData, "the file is not UTF-8").into())
}

/// Reads standard input of at most `limit_bytes`.
///
/// # Errors
///
/// Returns an error if it cannot be read, or is longer.
pub fn read_stdin(limit_bytes: u64) -> Result<Vec<u8>, ReadError> {
    read_limited(std::io::stdin().lock(), 0, limit_bytes)
}

fn read_limited(reader: impl std::io::Read, expected_bytes: u64, limit_bytes: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    bytes.reserve_exact(usize::try_from(expected_bytes).unwrap_or(0).saturating_add(1));
    reader.take(limit_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit_bytes { Err(ReadError::TooLarge { limit_bytes }) } else { Ok(bytes) }
}
