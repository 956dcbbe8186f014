//! What is rendered into a file, and whether a file is still what would be rendered.

use std::path::{Path, PathBuf};

use crate::cli::{Context, ExitCode, Failure};
use crate::template::Source;

/// Where a rendered text goes, or what it is compared with.
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
    /// Makes the directory that the file goes into, for files whose place a program prescribes.
    ///
    /// # Errors
    ///
    /// Returns that it cannot be made.
    pub fn make_directory(&self) -> Result<(), Failure> {
        let directory = self.output.as_deref().and_then(Path::parent).filter(|directory| !directory.as_os_str().is_empty());
        directory.map_or(Ok(()), |directory| std::fs::create_dir_all(directory).map_err(|error| Failure::cannot_write(directory, &error)))
    }

    /// Writes a text where it is wanted, or tells how a file differs from it.
    ///
    /// # Errors
    ///
    /// Returns a failure to read or write.
    pub fn give(&self, text: &str, context: &mut Context<'_>) -> Result<ExitCode, Failure> {
        self.give_unless(text, context, |_| None)
    }

    /// Does so, unless a file that differs is none to be compared with, which `refuses` tells.
    ///
    /// # Errors
    ///
    /// Returns that, or a failure to read or write.
    pub fn give_unless(
        &self,
        text: &str,
        context: &mut Context<'_>,
        refuses: impl FnOnce(&Source) -> Option<Failure>,
    ) -> Result<ExitCode, Failure> {
        let Some(path) = &self.check else {
            context.answer_to(self.output.as_deref(), text)?;
            return Ok(ExitCode::Done);
        };
        let file = Source::read(path)?;
        if file.text() == text {
            context.status(&format!("`{}` is up to date", file.name()));
            return Ok(ExitCode::Done);
        }
        if let Some(failure) = refuses(&file) {
            return Err(failure);
        }
        let difference = crate::ui::difference((file.name(), file.text()), ("rendered", text), context.layout());
        context.answer(&difference)?;
        context.status(&format!("`{0}` is not up to date; the same command with `-o {0}` in place of `--check` writes it", file.name()));
        Ok(ExitCode::Differences)
    }
}
