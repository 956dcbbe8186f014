//! Writes output files, whose paths the user names.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::location::{Location, OutsideProject};
use super::read::{FileKind, is_own_descriptor};
use super::replace::{Attributes, replace_at};

/// The longest chain of links to follow, as in Linux.
const MAX_LINKS: usize = 40;

/// The permissions of a file that does not exist yet. An existing file keeps its own, its owner and its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewMode {
    /// 0666 less the umask.
    Default,
    /// 0777 less the umask. Everyone who may read an existing file may also execute it afterwards.
    Executable,
    /// 0600, also for an existing file: it may contain secrets.
    Private,
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The operating system's error.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A link leads out of the project.
    #[error(transparent)]
    Outside(OutsideProject),
    /// A block device.
    #[error("it is a block device")]
    BlockDevice,
}

/// Writes a file atomically: readers see the old or the new content, never a part, also after a crash.
///
/// A link is followed if it leads to a file below the location of the output, whether that file exists or not. Without a location, every
/// link is followed. A character device or an open pipe, such as `/dev/stdout`, is written to directly.
///
/// # Errors
///
/// Returns an error if writing fails, or if a link leads out of the location; the file is then unchanged.
pub fn write(path: &Path, bytes: &[u8], new_mode: NewMode, location: Option<&Location>) -> Result<(), WriteError> {
    if is_own_descriptor(path) {
        let mut file = open_stream(path)?;
        return Ok(file.write_all(bytes)?);
    }
    if let Some(location) = location {
        location.check_output(path)?.map_err(WriteError::Outside)?;
    }
    let target = follow(path)?;
    let existing = match std::fs::symlink_metadata(&target) {
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    match existing.as_ref().map(std::fs::Metadata::file_type) {
        Some(kind) if kind.is_block_device() => return Err(WriteError::BlockDevice),
        Some(kind) if kind.is_dir() => return Err(std::io::Error::from(rustix::io::Errno::ISDIR).into()),
        Some(kind) if FileKind::of(kind).is_some() => {
            let mut file = open_stream(&target)?;
            return Ok(file.write_all(bytes)?);
        }
        _ => {}
    }
    let Some(name) = target.file_name().and_then(|name| name.to_str().map(ToOwned::to_owned)) else {
        return Err(std::io::Error::new(ErrorKind::InvalidInput, "the path has no file name").into());
    };
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let directory = File::open(parent)?;
    let attributes = match (new_mode, &existing) {
        (NewMode::Private, _) => Attributes::Exactly(0o600),
        (_, Some(existing)) => Attributes::Like(existing),
        (NewMode::Default, None) => Attributes::New { is_executable: false },
        (NewMode::Executable, None) => Attributes::New { is_executable: true },
    };
    replace_at(&directory, &name, bytes, &attributes, false).map_err(|error| match error.kind() {
        // The name of the temporary file would confuse: the user did not choose it.
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            std::io::Error::new(error.kind(), format!("cannot create a file in directory `{}`: {}", parent.display(), error.kind()))
        }
        _ => error,
    })?;
    if new_mode == NewMode::Executable && existing.is_some() {
        make_executable(&target)?;
    }
    Ok(())
}

/// Opens a file that is written piece by piece, so that readers see what is written at once; an existing one is emptied.
///
/// Links are followed as by [`write`].
///
/// # Errors
///
/// Returns an error if it cannot be opened, or if a link leads out of the location.
pub fn open_output(path: &Path, location: Option<&Location>) -> Result<File, WriteError> {
    if is_own_descriptor(path) {
        return Ok(open_stream(path)?);
    }
    if let Some(location) = location {
        location.check_output(path)?.map_err(WriteError::Outside)?;
    }
    let target = follow(path)?;
    match std::fs::symlink_metadata(&target).map(|metadata| metadata.file_type()) {
        Ok(kind) if kind.is_block_device() => return Err(WriteError::BlockDevice),
        Ok(kind) if !kind.is_dir() && FileKind::of(kind).is_some() => return Ok(open_stream(&target)?),
        _ => {}
    }
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    Ok(OpenOptions::new().write(true).create(true).truncate(true).custom_flags(flags).open(&target)?)
}

/// Appends to a file that another program named; creates it if it does not exist.
///
/// # Errors
///
/// Returns an error if writing fails, or if the path names a directory, device or pipe.
pub fn append(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let mut file = OpenOptions::new().append(true).create(true).custom_flags(flags).open(path)?;
    if let Some(kind) = FileKind::of(file.metadata()?.file_type()) {
        return Err(std::io::Error::new(ErrorKind::InvalidInput, format!("it is {kind}, not a regular file")).into());
    }
    Ok(file.write_all(bytes)?)
}

/// Opens a lock file, which is created if it does not exist. The path itself must not be a link.
///
/// # Errors
///
/// Returns an error if it cannot be opened or is not a regular file.
pub fn open_lock(path: &Path) -> std::io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).custom_flags(flags).open(path)?;
    match FileKind::of(file.metadata()?.file_type()) {
        None => Ok(file),
        Some(kind) => Err(std::io::Error::new(ErrorKind::InvalidInput, format!("it is {kind}, not a regular file"))),
    }
}

/// Opens a pipe or character device for writing, without waiting for a reader.
fn open_stream(path: &Path) -> std::io::Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = match OpenOptions::new().append(true).custom_flags(flags).open(path) {
        // What Linux reports for a pipe without a reader, and for a socket.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
            return Err(std::io::Error::new(error.kind(), "it is a pipe that no program reads, or a socket"));
        }
        opened => opened?,
    };
    fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    Ok(file)
}

/// Returns the path at the end of a chain of links; it may not exist.
fn follow(path: &Path) -> std::io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match std::fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => {
                let link = std::fs::read_link(&path)?;
                path = path.parent().unwrap_or(Path::new("")).join(link);
            }
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(path),
            Err(error) => return Err(error),
        }
    }
    Err(std::io::Error::from(rustix::io::Errno::LOOP))
}

fn make_executable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let file = super::read::open(path).map_err(std::io::Error::other)?;
    let mut permissions = file.metadata()?.permissions();
    permissions.set_mode(permissions.mode() | (permissions.mode() & 0o444) >> 2);
    file.set_permissions(permissions)
}
