//! Queries for the events of operations, and their answers.

use super::BackendError;
use crate::cloudformation::{OperationEvent, StackEvent, operation_events};

/// A query for the events of operations on a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventQuery<'q> {
    /// The stack's name or ID.
    pub stack: &'q str,
    /// The operations.
    pub operations: Operations<'q>,
    /// Whether to return failures only.
    pub failed_only: bool,
}

/// The operations of an [`EventQuery`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operations<'q> {
    /// The creation of a change set with this ID; its name does not suffice.
    ///
    /// Source: <https://github.com/aws-cloudformation/cloudformation-cli/issues/1116>
    ChangeSet(&'q str),
    /// The operation with this ID.
    Operation(&'q str),
    /// Every operation on the stack.
    All,
}

/// The events of operations, oldest first.
#[derive(Debug, Default)]
pub struct OperationEvents {
    /// The events.
    pub events: Vec<OperationEvent>,
    /// Why these are only the stack's events, which contain no validation results; `None` if the list is complete.
    pub unavailable: Option<EventsUnavailable>,
}

/// Why a backend does not return the events of operations.
#[derive(Debug)]
pub enum EventsUnavailable {
    /// The endpoint does not support the action.
    Unsupported(BackendError),
    /// The caller lacks permission for it.
    Denied(BackendError),
    /// The request failed.
    Failed(BackendError),
}

impl EventsUnavailable {
    /// Returns why a failed request means that the events are unavailable.
    pub fn of(error: BackendError) -> Self {
        match error.code() {
            Some("InvalidAction" | "UnknownOperation" | "UnknownOperationException" | "NotImplemented") => Self::Unsupported(error),
            Some(code) if crate::aws::is_denied(code) => Self::Denied(error),
            _ => Self::Failed(error),
        }
    }

    /// Returns the error of the request.
    pub fn error(&self) -> &BackendError {
        match self {
            Self::Unsupported(error) | Self::Denied(error) | Self::Failed(error) => error,
        }
    }

    /// Returns whether the endpoint has no such events at all, so that nothing is missing.
    pub fn is_unsupported(&self) -> bool {
        matches!(self, Self::Unsupported(_))
    }
}

impl OperationEvents {
    /// Returns the answer that a stack's events give to a query: all that they contain about its operations.
    pub fn of_stack_events(events: Vec<StackEvent>, query: &EventQuery<'_>) -> Self {
        let is_wanted = |event: &OperationEvent| match query.operations {
            // Stack events do not tell whose change set was created.
            Operations::ChangeSet(_) => false,
            Operations::Operation(id) => event.event.operation_id.as_deref() == Some(id),
            Operations::All => true,
        };
        let mut events = operation_events(events);
        events.retain(|event| is_wanted(event) && (!query.failed_only || event.is_failure()));
        Self { events, unavailable: None }
    }

    /// Returns the failures that stop the operation.
    pub fn failures(&self) -> impl Iterator<Item = &OperationEvent> {
        self.events.iter().filter(|event| event.is_failure() && !event.is_warning())
    }

    /// Returns the failures that only warn.
    pub fn warnings(&self) -> impl Iterator<Item = &OperationEvent> {
        self.events.iter().filter(|event| event.is_failure() && event.is_warning())
    }
}
