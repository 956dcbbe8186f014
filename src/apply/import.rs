//! An import and the update after it: two operations, approved together.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{ApplyError, Observer, Outcome, Target, one_operation};
use crate::backend::{Backend, BackendError};
use crate::cloudformation::StackStatus;

/// Executes an import, and after it succeeded the rest of the approved plan.
///
/// Imported resources stay in the stack even if the rest fails. The same command again finds them there and continues with the rest.
pub(super) fn import_then_update(
    backend: &dyn Backend,
    first: &Target,
    target: &Target,
    observer: &mut dyn Observer,
    interrupted: &AtomicBool,
) -> Result<Outcome, ApplyError> {
    let status = match one_operation(backend, first, observer, interrupted)? {
        Outcome::Complete { status, .. } => status,
        ended => return Ok(ended),
    };
    let names: Vec<String> =
        first.resources_to_import.iter().map(|import| format!("{} ({})", import.logical_resource_id, import.identifier())).collect();
    observer.notice(&format!("imported: {}; starting the update", names.join(", ")));
    if interrupted.load(Ordering::SeqCst) {
        return Ok(Outcome::Interrupted { status, continues: false });
    }
    let stack = backend.describe_stack(&target.stack)?.ok_or_else(|| BackendError::StackNotFound { stack: target.stack.clone() });
    let stack = stack.map_err(|source| after_import(status, source.into()))?;
    let rest = Target { revision: Some(stack.revision), import: None, ..target.clone() };
    match one_operation(backend, &rest, observer, interrupted) {
        // The import already changed the stack.
        Err(ApplyError::Interrupted { .. }) => Ok(Outcome::Interrupted { status, continues: false }),
        Err(error @ ApplyError::FollowFailed { .. }) => Err(error),
        Err(error) => Err(after_import(status, error)),
        Ok(Outcome::Unchanged { .. }) => {
            Ok(Outcome::Complete { status, outputs: stack.outputs, left_behind: Vec::new(), retained: Vec::new() })
        }
        Ok(ended) => {
            if !ended.is_success() && !matches!(ended, Outcome::Interrupted { .. }) {
                observer.notice("the imported resources stay in the stack; run the same command again to continue with the update");
            }
            Ok(ended)
        }
    }
}

fn after_import(status: StackStatus, source: ApplyError) -> ApplyError {
    ApplyError::AfterImport { status, source: Box::new(source) }
}
