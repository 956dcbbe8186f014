//! Output files, written whole or not at all.

use std::io::Write as _;
use std::path::Path;

use crate::cli::shared::failure::Failure;

/// Writes a file so that whoever looks sees the old bytes or the new ones, never half.
///
/// # Errors
///
/// Returns a failure to write; the file is then what it was before.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let attempt = || -> std::io::Result<()> {
        // A link stays a link, and a device such as /dev/stdout cannot be replaced by a rename.
        let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let metadata = std::fs::metadata(&target).ok();
        if metadata.as_ref().is_some_and(|metadata| !metadata.is_file()) {
            return std::fs::write(&target, bytes);
        }
        let directory = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        // Asked first, since the error of the temporary file would name a path that the user never gave.
        std::fs::metadata(directory)?;
        let made = tempfile::Builder::new().prefix(".rackform-").permissions(permissions(metadata.as_ref())).tempfile_in(directory);
        let mut file = made.map_err(|error| {
            std::io::Error::new(error.kind(), format!("cannot make a file in the directory `{}`: {}", directory.display(), error.kind()))
        })?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(&target).map_err(|error| error.error)?;
        Ok(())
    };
    attempt().map_err(|error| Failure::cannot_write(path, &error))
}

/// Returns the old file's permissions, else those of any new file.
fn permissions(existing: Option<&std::fs::Metadata>) -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    existing.map_or_else(|| std::fs::Permissions::from_mode(0o666), std::fs::Metadata::permissions)
}
