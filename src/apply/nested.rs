//! The failure inside a nested stack that failed.

use super::history::{self, RootCause};
use crate::backend::Backend;
use crate::cloudformation::{STACK_TYPE, StackEvent};

/// How many stacks inside one another are looked into.
const DEPTH: usize = 8;

/// Adds to a root cause that is a nested stack what failed first in there, and in what is nested in that.
///
/// What cannot be asked is left out: the cause is told either way.
pub fn look_inside(backend: &dyn Backend, cause: &mut RootCause) {
    while cause.nested.len() < DEPTH {
        let event = cause.innermost();
        let is_nested = event.resource_type == STACK_TYPE && !event.is_of_stack();
        let Some(stack) = event.physical_id.as_deref().filter(|id| is_nested && id.starts_with("arn:")) else { return };
        let Some(inner) = backend.events_since(stack, None).ok().and_then(|events| first_failure(&events, event)) else { return };
        cause.followers += inner.followers;
        cause.nested.push(inner.event);
    }
}

/// Returns what failed first in a nested stack's operation that made it fail, and not in a later one that took it back.
fn first_failure(events: &[StackEvent], outer: &StackEvent) -> Option<RootCause> {
    let failed: Vec<RootCause> = history::operations(events).into_iter().filter_map(history::root_cause).collect();
    let before = failed.iter().rposition(|cause| !outer.is_before(&cause.event));
    before.or(failed.len().checked_sub(1)).and_then(|index| failed.into_iter().nth(index))
}
