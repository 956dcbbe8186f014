//! Parameters: what a template declares, what was given, and what holds in the end, with where it came from.
//!
//! Takes a [`Template`](crate::template::Template)'s declarations and values from `rack.yaml`, parameter files, flags and the deployed stack; gives
//! a [`ParameterSet`]. What they do to the template is for [`evaluate`](crate::evaluate).

mod constraints;
mod declaration;
mod groups;
mod overrides;
mod set;

pub use declaration::{Declaration, ParameterType};
pub use groups::{BUILD_GROUP, ParameterGroup, groups, is_build_parameter};
pub use overrides::{OverrideSpan, ParameterOverride, ParameterOverrides};
pub use set::{Parameter, ParameterSet};

/// Where a parameter's value came from, the strongest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// The template's `Default`.
    Default,
    /// The deployed stack, kept as `UsePreviousValue` does.
    Deployed,
    /// `rack.yaml` or a parameter file.
    File,
    /// A flag on the command line.
    Flag,
}

impl std::fmt::Display for Provenance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::Deployed => "deployed",
            Self::File => "file",
            Self::Flag => "flag",
        })
    }
}
