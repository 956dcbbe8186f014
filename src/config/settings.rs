//! The effective settings: the command line takes precedence over `rack.yaml`, which takes precedence over the default.

use std::path::{Path, PathBuf};

use super::backend_choice::BackendChoice;
use super::error::ConfigError;
use super::rack_file::RackFile;

/// The region if neither the command line nor `rack.yaml` names one. The AWS backend uses the SDK's default region chain instead.
const DEFAULT_REGION: &str = "us-east-1";

/// The stack name if none is configured.
const DEFAULT_STACK_NAME: &str = "rack";

/// Values from the command line, which take precedence over `rack.yaml`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CommandLineValues<'c> {
    /// The region.
    pub region: Option<&'c str>,
    /// The AWS profile.
    pub profile: Option<&'c str>,
    /// The role to assume for requests to AWS.
    pub role_arn: Option<&'c str>,
    /// The service role of CloudFormation.
    pub cloudformation_role_arn: Option<&'c str>,
    /// The stack name.
    pub stack_name: Option<&'c str>,
    /// The backend.
    pub backend: Option<&'c BackendChoice>,
}

/// The command line and `rack.yaml`, which together determine every setting.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'c> {
    /// Values from the command line.
    pub command_line: CommandLineValues<'c>,
    /// `rack.yaml`; its default if the file does not exist.
    pub rack_file: &'c RackFile,
}

/// A stack name and its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StackNameSource {
    /// The command line, `rack.yaml` or the name of a template file.
    Named(String),
    /// The default name, because none is configured.
    Default(String),
}

impl<'c> Settings<'c> {
    /// Returns the region, or the default region if none is configured.
    pub fn region(&self) -> &'c str {
        self.configured_region().unwrap_or(DEFAULT_REGION)
    }

    /// Returns the configured region; `None` leaves the choice to the SDK's default region chain.
    pub fn configured_region(&self) -> Option<&'c str> {
        self.command_line.region.or(self.rack_file.region.as_deref())
    }

    /// Returns the AWS profile.
    pub fn profile(&self) -> Option<&'c str> {
        self.command_line.profile.or(self.rack_file.profile.as_deref())
    }

    /// Returns the role to assume for requests to AWS.
    pub fn role_arn(&self) -> Option<&'c str> {
        self.command_line.role_arn.or(self.rack_file.role_arn.as_deref())
    }

    /// Returns the service role that CloudFormation assumes.
    pub fn cloudformation_role_arn(&self) -> Option<&'c str> {
        self.command_line.cloudformation_role_arn.or(self.rack_file.cloudformation_role_arn.as_deref())
    }

    /// Returns the stack name: the configured one, else the stem of a template file, else the default.
    pub fn stack_name(&self, template_file: Option<&Path>) -> StackNameSource {
        if let Some(name) = self.command_line.stack_name.or(self.rack_file.name.as_deref()) {
            return StackNameSource::Named(name.to_owned());
        }
        let Some(stem) = template_file.and_then(Path::file_stem) else { return StackNameSource::Default(DEFAULT_STACK_NAME.to_owned()) };
        let name: String = stem.to_string_lossy().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let name = name.trim_matches('-');
        let is_valid = name.starts_with(|c: char| c.is_ascii_alphabetic());
        StackNameSource::Named(if is_valid { name } else { DEFAULT_STACK_NAME }.to_owned())
    }

    /// Returns the configured stack name, for commands that change a stack.
    ///
    /// # Errors
    ///
    /// Returns an error if neither the command line nor `rack.yaml` names a stack: an empty file, or one that lost its first line, must not
    /// change the stack with the default name.
    pub fn configured_stack_name(&self) -> Result<&'c str, ConfigError> {
        match (self.command_line.stack_name, &self.rack_file.path, self.rack_file.name.as_deref()) {
            (Some(name), ..) | (None, Some(_), Some(name)) => Ok(name),
            (None, Some(_), None) => Err(ConfigError::NoStackName { file: self.rack_file.location(None) }),
            (None, None, _) => Err(ConfigError::NoRackFile),
        }
    }

    /// Returns the backend; a relative directory in `rack.yaml`, and the default one, are relative to that file.
    pub fn backend(&self) -> BackendChoice {
        match (self.command_line.backend, &self.rack_file.backend) {
            (Some(backend), _) => backend.clone(),
            (None, Some(BackendChoice::Aws)) => BackendChoice::Aws,
            (None, Some(BackendChoice::Local { directory })) => BackendChoice::Local { directory: self.rack_file.resolve_path(directory) },
            (None, None) => BackendChoice::Local { directory: self.rack_file.resolve_path(Path::new(BackendChoice::DEFAULT_DIRECTORY)) },
        }
    }

    /// Returns the directory of the local backend; `None` for AWS.
    pub fn store(&self) -> Option<PathBuf> {
        match self.backend() {
            BackendChoice::Local { directory } => Some(directory),
            BackendChoice::Aws => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{BackendChoice, CommandLineValues, ConfigError, RackFile, Settings, StackNameSource};

    #[test]
    fn the_command_line_precedes_rack_yaml_and_rack_yaml_precedes_the_default() {
        let rack_file = RackFile {
            path: Some(PathBuf::from("racks/rack.yaml")),
            region: Some("eu-west-1".to_owned()),
            backend: Some(BackendChoice::Local { directory: PathBuf::from("state") }),
            ..RackFile::default()
        };
        let from_file = Settings { command_line: CommandLineValues::default(), rack_file: &rack_file };
        assert_eq!((from_file.region(), from_file.profile()), ("eu-west-1", None));
        assert_eq!(from_file.store(), Some(PathBuf::from("racks/state")));
        let command_line =
            CommandLineValues { region: Some("us-west-2"), backend: Some(&BackendChoice::Aws), ..CommandLineValues::default() };
        let both = Settings { command_line, rack_file: &rack_file };
        assert_eq!((both.region(), both.store()), ("us-west-2", None));
        let nothing = RackFile::default();
        let neither = Settings { command_line: CommandLineValues::default(), rack_file: &nothing };
        assert_eq!((neither.region(), neither.configured_region()), ("us-east-1", None));
        assert_eq!(neither.store(), Some(PathBuf::from(".rackform")));
    }

    #[test]
    fn a_command_that_changes_a_stack_requires_a_configured_name() {
        let unnamed = RackFile { path: Some(PathBuf::from("rack.yaml")), ..RackFile::default() };
        let settings = Settings { command_line: CommandLineValues::default(), rack_file: &unnamed };
        assert!(matches!(settings.configured_stack_name(), Err(ConfigError::NoStackName { .. })));
        assert_eq!(settings.stack_name(None), StackNameSource::Default("rack".to_owned()));
        assert_eq!(settings.stack_name(Some(Path::new("a/my_rack.json"))), StackNameSource::Named("my-rack".to_owned()));
        assert_eq!(settings.stack_name(Some(Path::new("7.json"))), StackNameSource::Named("rack".to_owned()));
        let missing = RackFile::default();
        let settings = Settings { command_line: CommandLineValues::default(), rack_file: &missing };
        assert!(matches!(settings.configured_stack_name(), Err(ConfigError::NoRackFile)));
    }
}
