//! The failure inside a failed nested stack.

use super::history::{self, RootCause};
use crate::backend::Backend;
use crate::cloudformation::{STACK_TYPE, StackEvent};

/// The maximum depth of nested stacks.
const DEPTH: usize = 8;

/// Adds to a root cause that is a nested stack the first failure inside it, and inside the stacks nested in it.
///
/// Nested stacks whose events cannot be read are ignored.
pub(super) fn find_nested_causes(backend: &dyn Backend, cause: &mut RootCause) {
    while cause.nested.len() < DEPTH {
        let event = cause.innermost();
        let is_nested = event.resource_type == STACK_TYPE && !event.is_of_stack();
        let Some(stack) = event.physical_id.as_deref().filter(|id| is_nested && id.starts_with("arn:")) else { return };
        let Some(inner) = backend.events_since(stack, None).ok().and_then(|events| first_failure(&events, event)) else { return };
        cause.followers += inner.followers;
        cause.hook = inner.hook;
        cause.nested.push(inner.event);
    }
}

/// Returns the first failure in the nested stack's operation that failed, not in a later rollback.
fn first_failure(events: &[StackEvent], outer: &StackEvent) -> Option<RootCause> {
    let failed: Vec<RootCause> = history::operations(events).into_iter().filter_map(history::root_cause).collect();
    let before = failed.iter().rposition(|cause| !outer.is_before(&cause.event));
    before.or(failed.len().checked_sub(1)).and_then(|index| failed.into_iter().nth(index))
}
