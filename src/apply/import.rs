//! An import and the update after it: two operations, approved together.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{ApplyError, Observer, Outcome, Target, one_operation};
use crate::backend::{Backend, BackendError};
use crate::cloudformation::StackStatus;

/// Carries out an import, and once it ended well the rest of what was approved.
///
/// Whatever becomes of the rest, what was imported stays in the stack. The same command again finds it there and goes on with the rest.
pub(super) fn and_then(
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
    observer.notice(&format!("imported: {}; now the update", names.join(", ")));
    if interrupted.load(Ordering::SeqCst) {
        return Ok(Outcome::Interrupted { status, goes_on: false });
    }
    let stack = backend.describe_stack(&target.stack)?.ok_or_else(|| BackendError::StackNotFound { stack: target.stack.clone() });
    let stack = stack.map_err(|source| halfway(status.clone(), source.into()))?;
    let rest = Target { revision: Some(stack.revision), import: None, ..target.clone() };
    match one_operation(backend, &rest, observer, interrupted) {
        // Something was changed by then.
        Err(ApplyError::Interrupted { .. }) => Ok(Outcome::Interrupted { status, goes_on: false }),
        Err(error @ ApplyError::LostSight { .. }) => Err(error),
        Err(error) => Err(halfway(status, error)),
        Ok(Outcome::Unchanged { .. }) => Ok(Outcome::Complete { status, outputs: stack.outputs, left_behind: Vec::new() }),
        Ok(ended) => {
            if !ended.is_success() && !matches!(ended, Outcome::Interrupted { .. }) {
                observer.notice("what was imported stays in the stack; the same command again goes on with the update");
            }
            Ok(ended)
        }
    }
}

fn halfway(status: StackStatus, source: ApplyError) -> ApplyError {
    ApplyError::AfterImport { status, source: Box::new(source) }
}
