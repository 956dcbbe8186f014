//! The bucket that a large template is uploaded to.

use super::error::OperationError;
use super::target::PreparedChange;
use crate::backend::{Backend, TemplateBucket};
use crate::cloudformation::INLINE_TEMPLATE_LIMIT_BYTES;

/// The bucket that a template is uploaded to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredBucket {
    /// Its name.
    pub name: String,
    /// Whether it is configured or part of the rack, rather than the bucket that rackform creates on request.
    pub is_configured: bool,
}

/// Returns the bucket that the template of a change is uploaded to; `None` if the backend takes the template inline.
///
/// # Errors
///
/// Returns an error if the backend fails.
pub fn required_bucket(backend: &dyn Backend, change: &PreparedChange<'_>) -> Result<Option<RequiredBucket>, OperationError> {
    if !backend.capabilities().uploads_templates || change.target.longest_template() <= INLINE_TEMPLATE_LIMIT_BYTES {
        return Ok(None);
    }
    let resources = match change.target.revision {
        Some(_) => backend.list_resources(&change.target.stack)?,
        None => Vec::new(),
    };
    Ok(Some(match TemplateBucket::of(&change.target.options, &resources) {
        TemplateBucket::Named(name) | TemplateBucket::Settings(name) => RequiredBucket { name, is_configured: true },
        TemplateBucket::Own => {
            let name = TemplateBucket::own_name(&backend.identity()?.account, &backend.region());
            RequiredBucket { name, is_configured: false }
        }
    }))
}
