//! Imports: existing resources that a stack adopts before an update.
//!
//! Takes the requested imports, the new template and the deployed one; returns an [`ImportStep`]. By CloudFormation's rules an import is an
//! operation of its own that contains nothing but imports. So the first operation deploys the deployed template with only the imported
//! resources added, as they are, and the second is the update. See `docs/design/import.md`.

mod request;
mod resource;
mod step;
mod template;

pub use request::{ImportProblem, ImportRequest, ResolvedImports, resolve_imports};
pub use resource::ResourceImport;
pub use step::ImportStep;
pub use template::{DEFINITION_KEY, import_step, without_import_metadata};
