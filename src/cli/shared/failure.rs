//! The failure of a command, with its message, hint and exit code.

use std::error::Error;
use std::path::Path;

use crate::cli::shared::exit_codes::ExitCode;
use crate::config::ConfigError;
use crate::diagnostic::{Diagnostics, SourceError};
use crate::files::ReadError;

/// The failure of a command.
#[derive(Debug)]
pub enum Failure {
    /// An expected failure, such as invalid input or an error of the backend.
    Expected(Box<ExpectedFailure>),
    /// Errors with positions in files.
    Problems(Diagnostics, ExitCode),
    /// The reader of standard output closed the pipe. Nothing is printed.
    PipeClosed,
    /// A bug.
    Bug(Box<dyn Error>),
}

/// An expected failure: message, causes and hint.
#[derive(Debug)]
pub struct ExpectedFailure {
    /// What failed, without capital letter and period.
    pub message: String,
    /// The causes, outermost first.
    pub causes: Vec<String>,
    /// How to resolve it.
    pub hint: Option<String>,
    /// The exit code.
    pub exit_code: ExitCode,
}

impl Failure {
    /// Returns an expected failure.
    pub fn new(exit_code: ExitCode, message: impl Into<String>) -> Self {
        Self::Expected(Box::new(ExpectedFailure { message: message.into(), causes: Vec::new(), hint: None, exit_code }))
    }

    /// Adds a hint.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        if let Self::Expected(failure) = &mut self {
            failure.hint = Some(hint.into());
        }
        self
    }

    /// Adds a hint, if there is one.
    #[must_use]
    pub fn with_hint(self, hint: Option<String>) -> Self {
        match hint {
            Some(hint) => self.hinted(hint),
            None => self,
        }
    }

    /// Adds an error and its sources as causes.
    #[must_use]
    pub fn caused_by(mut self, error: &(dyn Error + 'static)) -> Self {
        if let Self::Expected(failure) = &mut self {
            let mut next = Some(error);
            while let Some(error) = next {
                let text = error.to_string();
                if failure.causes.last() != Some(&text) {
                    failure.causes.push(text);
                }
                next = error.source();
            }
        }
        self
    }

    /// Adds causes.
    #[must_use]
    pub fn with_causes<T: ToString>(mut self, causes: &[T]) -> Self {
        if let Self::Expected(failure) = &mut self {
            failure.causes.extend(causes.iter().map(T::to_string));
        }
        self
    }

    /// Returns the failure for an output file that cannot be written.
    pub fn cannot_write(path: &Path, error: &std::io::Error) -> Self {
        Self::new(ExitCode::CannotWrite, format!("cannot write `{}`", path.display())).caused_by(error).with_hint(space_hint(error))
    }

    /// Returns the failure for an input file that cannot be read.
    pub fn cannot_read(path: &Path, error: &ReadError) -> Self {
        let exit_code = if matches!(error, ReadError::TooLarge { .. }) { ExitCode::Data } else { ExitCode::NoInput };
        let failure = Self::new(exit_code, format!("cannot read `{}`", path.display())).caused_by(error);
        if matches!(error, ReadError::NotAFile(_)) { failure.hinted(COPY_TO_A_FILE) } else { failure }
    }

    /// Returns the exit code.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Expected(failure) => failure.exit_code,
            Self::Problems(_, exit_code) => *exit_code,
            Self::PipeClosed => ExitCode::PipeClosed,
            Self::Bug(_) => ExitCode::Bug,
        }
    }
}

/// What to do about an input that is not a regular file.
const COPY_TO_A_FILE: &str = "copy its content to a regular file";

/// Returns what to do if nothing more can be written.
pub fn space_hint(error: &std::io::Error) -> Option<String> {
    Some(
        match error.kind() {
            std::io::ErrorKind::StorageFull => "the disk is full: free some space, then run the command again",
            std::io::ErrorKind::QuotaExceeded => "the disk quota is exhausted: delete some files, then run the command again",
            std::io::ErrorKind::FileTooLarge => "the file size limit is reached: raise it with `ulimit -f`",
            _ => return None,
        }
        .to_owned(),
    )
}

impl From<Diagnostics> for Failure {
    fn from(problems: Diagnostics) -> Self {
        Self::Problems(problems, ExitCode::Data)
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        match &error {
            SourceError::Read { source, .. } => {
                let failure = Self::new(ExitCode::NoInput, error.to_string()).caused_by(source);
                match source.kind() {
                    std::io::ErrorKind::IsADirectory => failure.hinted("name a file in this directory"),
                    std::io::ErrorKind::NotFound => failure.hinted("check the path; `-` reads standard input"),
                    _ => failure,
                }
            }
            SourceError::NotAFile { .. } => {
                Self::new(ExitCode::NoInput, error.to_string()).hinted("copy its content to a regular file, or use `-` for standard input")
            }
            SourceError::TooLarge { .. } => Self::new(ExitCode::Data, error.to_string()),
            SourceError::NotUtf8 { .. } => Self::new(ExitCode::Data, error.to_string()).hinted("save it as UTF-8"),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Source(error) => error.into(),
            ConfigError::Invalid(problems) => problems.into(),
            ConfigError::NoRackFile => Self::new(ExitCode::NoInput, error.to_string())
                .hinted("run `rackform init` to create one, or use `--file` or `--stack-name`"),
            ConfigError::NoStackName { .. } => {
                Self::new(ExitCode::NoInput, error.to_string()).hinted("add a line such as `name: my-rack`, or use `--stack-name`")
            }
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Bug(Box::new(error))
    }
}
