//! Output of a rendered file, or comparison with an existing file.

use std::path::{Path, PathBuf};

use crate::cli::{Context, ExitCode, Failure};
use crate::diagnostic::Source;

/// Where to write a rendered file, or the file to compare it with.
#[derive(Debug, clap::Args)]
pub struct Rendered {
    /// Write to a file [default: standard output]
    #[arg(short, long, value_name = "FILE", conflicts_with = "check")]
    output: Option<PathBuf>,
    /// Compare with a file instead of writing; print the difference and exit with code 2 if there is one
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

impl Rendered {
    /// Returns the path to write to.
    pub fn output_path(&self) -> Option<&Path> {
        self.output.as_deref()
    }

    /// Returns the path to compare with.
    pub fn check_path(&self) -> Option<&Path> {
        self.check.as_deref()
    }

    /// Creates the directory of the output file, for files whose path another program prescribes.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot be created.
    #[cfg(feature = "build")]
    pub fn create_directory(&self, context: &Context<'_>) -> Result<(), Failure> {
        let directory = self.output.as_deref().and_then(Path::parent).filter(|directory| !directory.as_os_str().is_empty());
        directory.map_or(Ok(()), |directory| crate::cli::shared::files::create_directory(context.global, directory))
    }

    /// Writes the text, or prints the difference to an existing file with `--check`.
    ///
    /// # Errors
    ///
    /// Returns an error if reading or writing fails.
    #[cfg(feature = "build")]
    pub fn write_or_check(&self, text: &str, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
        self.write_or_check_unless(text, context, |_| None)
    }

    /// As [`write_or_check`](Self::write_or_check), but `refuse` may return a failure for a file that differs, such as another format.
    ///
    /// # Errors
    ///
    /// Returns that failure, or an error if reading or writing fails.
    pub fn write_or_check_unless(
        &self,
        text: &str,
        context: &mut Context<'_>,
        refuse: impl FnOnce(&Source) -> Option<Failure>,
    ) -> Result<ExitCode, Failure> {
        let Some(path) = &self.check else {
            context.document_to(self.output.as_deref(), text)?;
            return Ok(ExitCode::Done);
        };
        let file = Source::read(path)?;
        if file.text() == text {
            context.status(&format!("`{}` is up to date", file.name()));
            return Ok(ExitCode::Done);
        }
        if let Some(failure) = refuse(&file) {
            return Err(failure);
        }
        let difference = crate::ui::difference((file.name(), file.text()), ("rendered", text), context.layout());
        context.answer(&difference)?;
        context.status(&format!("`{0}` is out of date; to update it, use `-o {0}` instead of `--check`", file.name()));
        Ok(ExitCode::Differences)
    }
}
