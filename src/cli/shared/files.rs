//! Atomic writes of output files.

use std::io::Write as _;
use std::path::Path;

use crate::cli::shared::failure::Failure;

/// Writes a file atomically: readers see the old or the new contents, never a part.
///
/// # Errors
///
/// Returns an error if writing fails; the file is then unchanged.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let attempt = || -> std::io::Result<()> {
        // Preserve symbolic links, and write to devices such as /dev/stdout directly, since a rename cannot replace them.
        let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let metadata = std::fs::metadata(&target).ok();
        if metadata.as_ref().is_some_and(|metadata| !metadata.is_file()) {
            return std::fs::write(&target, bytes);
        }
        let directory = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        // Checked first, because the error of the temporary file would name a path that the user did not give.
        std::fs::metadata(directory)?;
        let created = tempfile::Builder::new().prefix(".rackform-").permissions(permissions(metadata.as_ref())).tempfile_in(directory);
        let mut file = created.map_err(|error| {
            std::io::Error::new(error.kind(), format!("cannot create a file in directory `{}`: {}", directory.display(), error.kind()))
        })?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(&target).map_err(|error| error.error)?;
        Ok(())
    };
    attempt().map_err(|error| Failure::cannot_write(path, &error))
}

/// Returns the permissions of the existing file, else the default for a new file.
fn permissions(existing: Option<&std::fs::Metadata>) -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    existing.map_or_else(|| std::fs::Permissions::from_mode(0o666), std::fs::Metadata::permissions)
}
