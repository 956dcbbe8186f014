//! The file that gets JSON lines beside the human view.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::cli::GlobalArgs;
use crate::cli::shared::failure::Failure;
use crate::cli::shared::files;

/// A file for JSON lines, which are written one by one: a reader sees each at once.
pub struct JsonFile {
    path: PathBuf,
    file: File,
}

/// Parses the path of a file that gets JSON beside another view.
///
/// # Errors
///
/// Returns an error for `-`, which is standard output elsewhere: that has the other view already.
pub fn parse_path(text: &str) -> Result<PathBuf, String> {
    match text {
        "-" => Err("name a file; JSON on standard output is `--format json`".to_owned()),
        path => Ok(PathBuf::from(path)),
    }
}

impl JsonFile {
    /// Opens a file for JSON lines; an existing one is emptied.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot be written, or if a link leads out of the project.
    pub fn open(global: &GlobalArgs, path: &Path) -> Result<Self, Failure> {
        files::check_result_path(global, path)?;
        let project = files::project(global)?;
        let file = crate::files::open_output(path, project.as_ref()).map_err(|error| files::cannot_write(path, &error))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Writes a line.
    ///
    /// # Errors
    ///
    /// Returns an error if writing fails.
    pub fn write(&mut self, text: &str) -> Result<(), Failure> {
        // One call for each line: a reader never sees a part of one.
        self.file.write_all(text.as_bytes()).map_err(|error| Failure::cannot_write(&self.path, &error))
    }
}
