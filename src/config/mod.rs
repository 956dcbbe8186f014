//! The configuration: `rack.yaml`, the precedence of values and the choice of backend.
//!
//! Takes global options and the text of `rack.yaml`; returns the effective values. A value from the command line takes precedence
//! over `rack.yaml`, which takes precedence over the default. Opening a backend and printing are left to [`cli`](crate::cli).

mod backend_choice;
#[cfg(feature = "build")]
mod build_section;
mod error;
mod file_kind;
mod rack_edit;
mod rack_file;
mod rack_list;
mod reader;
mod settings;
mod stack_name;

pub use backend_choice::BackendChoice;
#[cfg(feature = "build")]
pub use build_section::BuildSection;
pub use error::ConfigError;
pub use file_kind::FileKind;
pub use rack_edit::with_parameters;
pub use rack_file::RackFile;
pub use rack_list::{ListedParameters, ListedRack, PSEUDO_PARAMETERS, RackList};
pub use settings::{CommandLineValues, Settings, StackNameSource};
pub use stack_name::{STACK_NAMES, is_stack_name};
