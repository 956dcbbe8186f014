//! The choice of backend: `local`, `local:DIRECTORY` or `aws`.

use std::path::PathBuf;

/// The backend to deploy to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendChoice {
    /// The local backend, which simulates CloudFormation in a directory.
    Local {
        /// The directory of its store.
        directory: PathBuf,
    },
    /// AWS CloudFormation.
    Aws,
}

impl BackendChoice {
    /// The default directory of the local backend.
    pub const DEFAULT_DIRECTORY: &'static str = ".rackform";
}

impl std::str::FromStr for BackendChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "aws" => Ok(Self::Aws),
            None if text == "local" => Ok(Self::Local { directory: PathBuf::from(Self::DEFAULT_DIRECTORY) }),
            Some(("local", directory)) if !directory.is_empty() => Ok(Self::Local { directory: PathBuf::from(directory) }),
            _ => Err("expected `local`, `local:DIRECTORY` or `aws`".to_owned()),
        }
    }
}
