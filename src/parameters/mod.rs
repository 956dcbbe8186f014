//! Parameters: declarations, overrides, and the resulting values with their provenance.
//!
//! Takes the declarations of a [`Template`](crate::template::Template) and values from `rack.yaml`, parameter files, the command line and
//! the deployed stack; returns a [`ParameterSet`]. Applying the values to the template is left to [`evaluate`](crate::evaluate).

mod constraints;
mod declaration;
mod groups;
mod java_pattern;
mod overrides;
mod pattern;
mod places;
mod set;

pub(crate) use constraints::MAX_VALUE_BYTES;
pub use declaration::{Declaration, ParameterType};
pub use groups::{BUILD_GROUP, ParameterGroup, groups, is_build_parameter};
pub(crate) use overrides::without_values;
pub use overrides::{OverrideSpan, ParameterOverride, ParameterOverrides};
pub(crate) use pattern::{Patterns, is_malformed_pattern};
pub(crate) use places::collect_names;
pub use set::{Parameter, ParameterSet};

/// The source of a parameter's value, in ascending order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// The template's `Default`.
    Default,
    /// The deployed stack, as with `UsePreviousValue`.
    Deployed,
    /// `rack.yaml` or a parameter file.
    File,
    /// A command line option.
    Flag,
    /// An environment variable, a file or a terminal that an operator chose to keep the value secret.
    Secret,
}

impl std::fmt::Display for Provenance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::Deployed => "deployed",
            Self::File => "file",
            Self::Flag => "flag",
            Self::Secret => "secret",
        })
    }
}
