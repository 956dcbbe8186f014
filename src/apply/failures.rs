//! What the events of a failed operation add to its root cause: the failure inside nested stacks, every error of the resource, and failures
//! that stack events do not contain, such as those of validations.

use super::history::RootCause;
use super::nested::find_nested_causes;
use crate::backend::{Backend, EventQuery, EventsUnavailable, HookQuery, Operations};
use crate::cloudformation::{EventType, OperationEvent};

/// Completes a root cause that was found in a stack's events.
///
/// Returns why the operation's own events could not be read, if so: the root cause is then what the stack's events contain.
pub fn explain_failure(backend: &dyn Backend, stack: &str, cause: &mut RootCause) -> Option<EventsUnavailable> {
    find_nested_causes(backend, cause);
    let of_hook = add_hook_result(backend, cause);
    add_errors(backend, stack, cause).or(of_hook)
}

/// Adds the findings of the hook that refused the resource.
fn add_hook_result(backend: &dyn Backend, cause: &mut RootCause) -> Option<EventsUnavailable> {
    let invocation = cause.hook.as_ref()?.invocation_id.clone()?;
    let found = backend.hook_results(HookQuery::Invocation(&invocation));
    cause.hook_result = found.results.into_iter().next();
    found.unavailable
}

/// Adds every error of the resource, and failures that stack events do not contain.
fn add_errors(backend: &dyn Backend, stack: &str, cause: &mut RootCause) -> Option<EventsUnavailable> {
    // A nested stack is an operation of its own.
    let outer = cause.nested.len().checked_sub(2).and_then(|index| cause.nested.get(index)).unwrap_or(&cause.event);
    let stack = if cause.nested.is_empty() { Some(stack) } else { outer.physical_id.as_deref() };
    let (stack, operation) = (stack?.to_owned(), cause.innermost().operation_id.clone()?);
    let query = EventQuery { stack: &stack, operations: Operations::Operation(&operation), failed_only: true };
    let found = match backend.operation_events(&query) {
        Ok(found) => found,
        Err(error) => return Some(EventsUnavailable::of(error)),
    };
    let failures: Vec<&OperationEvent> = found.failures().filter(|failure| !failure.event.is_cancellation()).collect();
    add_failures(cause, &failures);
    found.unavailable
}

/// Adds the errors of the resource that failed first. If stack events show no resource, the first failed one becomes the cause.
fn add_failures(cause: &mut RootCause, failures: &[&OperationEvent]) {
    let is_of_resource = |failure: &OperationEvent| failure.event_type != EventType::Stack && !failure.event.logical_id.is_empty();
    if cause.event.is_of_stack()
        && !cause.event.is_user_initiated()
        && let Some(first) = failures.iter().find(|failure| is_of_resource(failure))
    {
        let mut event = first.event.clone();
        event.status_reason = first.reason().map(ToOwned::to_owned);
        let mut others: Vec<&str> =
            failures.iter().filter(|other| is_of_resource(other)).map(|other| other.event.logical_id.as_str()).collect();
        others.sort_unstable();
        others.dedup();
        others.retain(|other| *other != event.logical_id);
        cause.followers = others.len();
        cause.event = event;
    }
    let failed = cause.innermost();
    let known = failed.status_reason.clone().unwrap_or_default();
    let mut errors: Vec<OperationEvent> = Vec::new();
    for failure in failures.iter().filter(|failure| is_of_resource(failure) && failure.event.logical_id == failed.logical_id) {
        let Some(reason) = failure.reason() else { continue };
        let is_known = failure.validation.is_none() && known.contains(reason);
        let is_repeated = errors.iter().any(|other| other.reason() == Some(reason) && other.validation == failure.validation);
        if !is_known && !is_repeated {
            errors.push((*failure).clone());
        }
    }
    // The only error that is left may be the cause itself, with its place.
    cause.errors = errors;
}

#[cfg(test)]
mod tests {
    use super::add_failures;
    use crate::apply::RootCause;
    use crate::cloudformation::{EventType, OperationEvent, StackEvent, ValidationResult};

    fn failure(logical_id: &str, reason: &str) -> OperationEvent {
        let event = StackEvent { logical_id: logical_id.to_owned(), status_reason: Some(reason.to_owned()), ..StackEvent::default() };
        OperationEvent { event, event_type: EventType::ProvisioningError, ..OperationEvent::default() }
    }

    fn cause(event: StackEvent) -> RootCause {
        crate::apply::history::cause_of(event)
    }

    #[test]
    fn other_errors_of_the_same_resource_are_added_once() {
        let mut found = cause(failure("Queue", "Bad delay").event);
        let [same, second, other] = [failure("Queue", "Bad delay"), failure("Queue", "Bad name"), failure("Topic", "Bad topic")];
        add_failures(&mut found, &[&same, &second, &second, &other]);
        let reasons: Vec<_> = found.errors.iter().filter_map(OperationEvent::reason).collect();
        assert_eq!(reasons, ["Bad name"]);
    }

    #[test]
    fn a_failed_validation_is_the_cause_if_no_resource_event_shows_one() {
        let stack = StackEvent {
            logical_id: "rack".to_owned(),
            physical_id: Some("arn:aws:cloudformation:us-east-1:1:stack/rack/1".to_owned()),
            resource_type: crate::cloudformation::STACK_TYPE.to_owned(),
            status_reason: Some("Validation failure detected.".to_owned()),
            ..StackEvent::default()
        };
        let invalid = |name: &str, reason: &str| OperationEvent {
            event: StackEvent { logical_id: name.to_owned(), ..StackEvent::default() },
            event_type: EventType::ValidationError,
            validation: Some(ValidationResult { reason: Some(reason.to_owned()), ..ValidationResult::default() }),
            ..OperationEvent::default()
        };
        let mut found = cause(stack);
        let [first, second, other] = [invalid("Bucket", "required key"), invalid("Bucket", "unknown key"), invalid("Role", "no name")];
        add_failures(&mut found, &[&first, &second, &other]);
        assert_eq!((found.event.logical_id.as_str(), found.event.status_reason.as_deref()), ("Bucket", Some("required key")));
        assert_eq!((found.errors.len(), found.followers), (2, 1));
    }
}
