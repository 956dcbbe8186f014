//! Replaces many files of one directory together.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rustix::fs::{AtFlags, renameat, unlinkat};

use super::replace::{Attributes, apply, create_beside, sync_directory};

/// New contents of files of one directory, which replace the old ones when all of them are written.
///
/// Several threads can add files. Without [`commit`](Self::commit), nothing changes.
#[derive(Debug)]
pub struct Batch {
    directory: File,
    path: PathBuf,
    /// Temporary names and the names that they will have.
    written: Mutex<Vec<(String, String)>>,
}

impl Batch {
    /// Starts a batch in a directory.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory cannot be opened.
    pub fn new(directory: &Path) -> std::io::Result<Self> {
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        Ok(Self { directory: File::open(directory)?, path: directory.to_owned(), written: Mutex::new(Vec::new()) })
    }

    /// Writes the content of a file under a temporary name. `name` must be a file name without a directory. A replaced file keeps its
    /// permissions, owner and group.
    ///
    /// # Errors
    ///
    /// Returns an error if writing fails, or if the name contains a `/`.
    pub fn add(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        if name.contains('/') || matches!(name, "" | "." | "..") {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is no file name"));
        }
        let existing = std::fs::symlink_metadata(self.path.join(name)).ok().filter(std::fs::Metadata::is_file);
        let attributes = existing.as_ref().map_or(Attributes::New { is_executable: false }, Attributes::Like);
        let (mut file, temporary) = create_beside(&self.directory, &attributes)?;
        if let Ok(mut written) = self.written.lock() {
            written.push((temporary, name.to_owned()));
        }
        apply(&file, &attributes)?;
        file.write_all(bytes)
    }

    /// Replaces the files: after a crash, each has its old or its new content, whole. A file that is a link is replaced, not followed.
    ///
    /// # Errors
    ///
    /// Returns an error if writing fails; some files may have been replaced then.
    pub fn commit(self) -> std::io::Result<()> {
        // One sync for all files: one for each would take most of the time.
        #[cfg(target_os = "linux")]
        rustix::fs::syncfs(&self.directory)?;
        #[cfg(not(target_os = "linux"))]
        rustix::fs::sync();
        if let Ok(mut written) = self.written.lock() {
            while let Some((temporary, name)) = written.last() {
                renameat(&self.directory, temporary, &self.directory, name)?;
                written.pop();
            }
        }
        sync_directory(&self.directory)
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        let Ok(written) = self.written.get_mut() else { return };
        for (temporary, _) in written {
            // Nothing else can be done about a temporary file that cannot be deleted.
            let _ = unlinkat(&self.directory, &*temporary, AtFlags::empty());
        }
    }
}
