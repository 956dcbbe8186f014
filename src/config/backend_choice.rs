//! The choice of backend: `local`, `local:DIRECTORY` or `aws`.

use std::path::PathBuf;

/// Where plans are carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendChoice {
    /// The embedded CloudFormation in a directory.
    Local {
        /// Where it keeps its stacks.
        directory: PathBuf,
    },
    /// CloudFormation itself.
    Aws,
}

impl BackendChoice {
    /// Where the local backend keeps its stacks unless told otherwise.
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
