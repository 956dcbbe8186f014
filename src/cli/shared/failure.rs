//! Why a command did not end well: expected failures know what to say and their exit code, anything else is a bug.

use std::error::Error;

use crate::cli::shared::exit_codes::ExitCode;
use crate::config::ConfigError;
use crate::template::{Diagnostics, SourceError};

/// Why a command did not end well.
#[derive(Debug)]
pub enum Failure {
    /// Something that can happen to a careful user.
    Expected(Box<ExpectedFailure>),
    /// Problems with places in files.
    Problems(Diagnostics, ExitCode),
    /// Whoever read standard output went away: nothing is said.
    PipeClosed,
    /// A bug.
    Bug(Box<dyn Error>),
}

/// A failure that can happen to a careful user: what, why, and what to do.
#[derive(Debug)]
pub struct ExpectedFailure {
    /// What failed, a lowercase fragment.
    pub message: String,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// What to do.
    pub hint: Option<String>,
    /// How the program ends.
    pub exit_code: ExitCode,
}

impl Failure {
    /// Returns an expected failure.
    pub fn new(exit_code: ExitCode, message: impl Into<String>) -> Self {
        Self::Expected(Box::new(ExpectedFailure { message: message.into(), causes: Vec::new(), hint: None, exit_code }))
    }

    /// Adds what to do.
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

    /// Adds why: an error and everything behind it.
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

    /// Returns a failure to write an output file.
    pub fn cannot_write(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(ExitCode::CannotWrite, format!("cannot write `{}`", path.display())).caused_by(error)
    }

    /// Returns how the program ends.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Expected(failure) => failure.exit_code,
            Self::Problems(_, exit_code) => *exit_code,
            Self::PipeClosed => ExitCode::PipeClosed,
            Self::Bug(_) => ExitCode::Bug,
        }
    }
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
                    std::io::ErrorKind::IsADirectory => failure.hinted("name a file in it"),
                    std::io::ErrorKind::NotFound => failure.hinted("check the path; `-` reads standard input"),
                    _ => failure,
                }
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
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Bug(Box::new(error))
    }
}
