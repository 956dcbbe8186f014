//! What a caller receives while an operation is followed.

use std::time::Duration;

use super::validations::ChangeSetValidations;
use crate::backend::{BackendError, EventsUnavailable};
use crate::cloudformation::{OperationEvent, StackEvent};

/// Receives what happens while an operation is followed.
pub trait Observer {
    /// Receives the next event.
    fn event(&mut self, event: &StackEvent);

    /// Receives the next event of an operation that is followed by its ID.
    fn operation_event(&mut self, event: &OperationEvent) {
        self.event(&event.event);
    }

    /// Receives an event of the operation from before it was followed.
    fn earlier(&mut self, _event: &StackEvent) {}

    /// Called a few times per second between events.
    fn waiting(&mut self) {}

    /// Reports that the backend has not responded for `since`; polling continues.
    fn unreachable(&mut self, _error: &BackendError, _since: Duration) {}

    /// Reports that the backend responds again, after [`Observer::unreachable`].
    fn reachable(&mut self) {}

    /// Reports that the details of a failure are unknown, because the operation's own events cannot be read.
    fn events_unavailable(&mut self, _why: &EventsUnavailable) {}

    /// Receives what CloudFormation's checks found in a change set that can be executed: what only warns, or why it is unknown.
    fn validations(&mut self, _found: &ChangeSetValidations) {}

    /// Receives a remark about the operation.
    fn notice(&mut self, _text: &str) {}
}
