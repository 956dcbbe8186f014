//! The only place that replaces a file: a new file beside it, synced, renamed over it, and the directory synced.

use std::fs::{File, Metadata, Permissions};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::Write as _;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags, openat, renameat, renameat_with, unlinkat};
use rustix::io::Errno;

/// The attempts to find a name for the new file that does not exist yet.
const ATTEMPTS: usize = 16;

/// The permissions of a new or replaced file.
pub(super) enum Attributes<'m> {
    /// These permission bits.
    Exactly(u32),
    /// 0666 or, for a program, 0777, both less the umask.
    New { is_executable: bool },
    /// Permissions, owner and group of the file that is replaced.
    Like(&'m Metadata),
}

/// Replaces the file `name` in a directory atomically: after a crash, it has its old or its new content, whole. Follows no link: if `name`
/// is one, the link itself is replaced. Other names (hard links) of a replaced file keep the old content.
///
/// If `keep_existing`, an existing file is an error instead.
pub(super) fn replace_at(
    directory: impl AsFd,
    name: &str,
    bytes: &[u8],
    attributes: &Attributes<'_>,
    keep_existing: bool,
) -> std::io::Result<()> {
    let directory = directory.as_fd();
    let (mut file, temporary) = create_beside(directory, attributes)?;
    let write = || -> std::io::Result<()> {
        apply(&file, attributes)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        if keep_existing {
            match renameat_with(directory, &temporary, directory, name, RenameFlags::NOREPLACE) {
                // The file system does not support the flag.
                Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(renameat(directory, &temporary, directory, name)?),
                renamed => Ok(renamed?),
            }
        } else {
            Ok(renameat(directory, &temporary, directory, name)?)
        }
    };
    let mut write = write;
    if let Err(error) = write() {
        // Nothing else can be done about a temporary file that cannot be deleted.
        let _ = unlinkat(directory, &temporary, AtFlags::empty());
        return Err(error);
    }
    sync_directory(directory)
}

/// Makes a rename or deletion in a directory durable.
pub(super) fn sync_directory(directory: impl AsFd) -> std::io::Result<()> {
    match rustix::fs::fsync(directory) {
        // Some file systems cannot sync a directory; a path-only descriptor cannot, either.
        Ok(()) | Err(Errno::INVAL | Errno::NOTSUP | Errno::BADF) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn create_beside(directory: impl AsFd, attributes: &Attributes<'_>) -> std::io::Result<(File, String)> {
    let mode = match attributes {
        Attributes::New { is_executable: false } => 0o666,
        Attributes::New { is_executable: true } => 0o777,
        // The final permissions come later, so that the kernel's umask does not apply to them.
        Attributes::Exactly(_) | Attributes::Like(_) => 0o600,
    };
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    for _ in 0..ATTEMPTS {
        let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
        let name = format!(".rackform-{random:016x}");
        match openat(directory.as_fd(), &name, flags, Mode::from_raw_mode(mode)) {
            Ok(file) => return Ok((File::from(file), name)),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(std::io::Error::from(Errno::EXIST))
}

pub(super) fn apply(file: &File, attributes: &Attributes<'_>) -> std::io::Result<()> {
    match attributes {
        Attributes::New { .. } => Ok(()),
        Attributes::Exactly(mode) => file.set_permissions(Permissions::from_mode(*mode)),
        Attributes::Like(old) => {
            let own = file.metadata()?;
            let mut mode = old.mode() & 0o777;
            let has_owner = (own.uid(), own.gid()) == (old.uid(), old.gid())
                || std::os::unix::fs::fchown(file, Some(old.uid()), Some(old.gid())).is_ok()
                || own.gid() == old.gid()
                || std::os::unix::fs::fchown(file, None, Some(old.gid())).is_ok();
            if !has_owner {
                // The file gets another group, which must not read what it could not read before.
                mode &= !0o070 | ((mode & 0o007) << 3);
            }
            file.set_permissions(Permissions::from_mode(mode))
        }
    }
}
