//! The events of operations, with the results of validations and hooks.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeEvents.html>

use std::collections::HashSet;

use aws_sdk_cloudformation::types::{self as sdk, EventFilter};

use super::error::no_stack;
use super::{AwsBackend, convert};
use crate::backend::{Backend as _, BackendError, EventQuery, EventsUnavailable, OperationEvents, Operations};
use crate::cloudformation::{
    EventType, FailureMode, HookProgress, HookStatus, OperationEvent, OperationStatus, OperationType, ResourceStatus, StackEvent,
    ValidationResult, ValidationStatus,
};

/// Most pages of one answer: an endpoint that repeats its pages must not keep the command busy.
const MOST_PAGES: usize = 100;

impl AwsBackend {
    /// Returns the events of operations; if `DescribeEvents` fails, those of the stack, with the reason.
    pub(super) fn events_of_operations(&self, query: &EventQuery<'_>) -> Result<OperationEvents, BackendError> {
        match self.described_events(query) {
            Ok(events) => Ok(OperationEvents { events, unavailable: None }),
            Err(error @ BackendError::StackNotFound { .. }) => Err(error),
            Err(error) => {
                let known = match query.operations {
                    Operations::ChangeSet(_) => Vec::new(),
                    Operations::Operation(_) | Operations::All => self.events_since(query.stack, None)?,
                };
                let unavailable = Some(EventsUnavailable::of(error));
                Ok(OperationEvents { unavailable, ..OperationEvents::of_stack_events(known, query) })
            }
        }
    }

    fn described_events(&self, query: &EventQuery<'_>) -> Result<Vec<OperationEvent>, BackendError> {
        let filter = query.failed_only.then(|| EventFilter::builder().failed_events(true).build());
        let (mut events, mut seen, mut token) = (Vec::new(), HashSet::new(), None);
        for _ in 0..MOST_PAGES {
            let call = self.client.describe_events().set_filters(filter.clone()).set_next_token(token);
            let call = match query.operations {
                Operations::ChangeSet(id) => call.change_set_name(id),
                Operations::Operation(id) => call.operation_id(id),
                Operations::All => call.stack_name(query.stack),
            };
            let response = self.session.block_on(call.send()).map_err(|error| no_stack("DescribeEvents", error, query.stack))?;
            let page = response.operation_events().iter().map(|event| self.sent_secrets.operation_event(operation_event(event)));
            // An event that arrives while pages are read shifts them. An event without an ID cannot be recognized.
            events.extend(page.filter(|event| event.event.id.is_empty() || seen.insert(event.event.id.clone())));
            token = response.next_token().filter(|token| !token.is_empty()).map(ToOwned::to_owned);
            if token.is_none() {
                break;
            }
        }
        // The order of the pages is not documented.
        events.sort_by_key(|event| event.event.at());
        Ok(events)
    }
}

/// Converts an event.
fn operation_event(event: &sdk::OperationEvent) -> OperationEvent {
    let status = event.resource_status().map(|status| ResourceStatus::from(status.as_str())).unwrap_or_default();
    OperationEvent {
        event: StackEvent {
            id: convert::text(event.event_id()),
            timestamp: convert::time(event.timestamp()),
            logical_id: convert::text(event.logical_resource_id()),
            physical_id: convert::given(event.physical_resource_id()),
            resource_type: convert::text(event.resource_type()),
            status,
            status_reason: convert::given(event.resource_status_reason()),
            operation_id: convert::given(event.operation_id()),
            client_request_token: convert::given(event.client_request_token()),
            detailed_status: event.detailed_status().map(|status| status.as_str().to_owned()),
            hook: event.hook_type().map(|hook_type| HookProgress {
                hook_type: hook_type.to_owned(),
                status: event.hook_status().map(|status| HookStatus::from(status.as_str())).unwrap_or_default(),
                reason: convert::given(event.hook_status_reason()),
                failure_mode: event.hook_failure_mode().map(|mode| mode.as_str().to_owned()),
                invocation_id: None,
            }),
        },
        stack_id: convert::text(event.stack_id()),
        operation_type: event.operation_type().map(|kind| OperationType::from(kind.as_str())).unwrap_or_default(),
        operation_status: event.operation_status().map(|status| OperationStatus::from(status.as_str())),
        event_type: event.event_type().map(|kind| EventType::from(kind.as_str())).unwrap_or_default(),
        validation: event.validation_name().map(|name| ValidationResult {
            name: name.to_owned(),
            status: event.validation_status().map(|status| ValidationStatus::from(status.as_str())).unwrap_or_default(),
            reason: convert::given(event.validation_status_reason()),
            path: convert::given(event.validation_path()),
            mode: event.validation_failure_mode().map(|mode| FailureMode::from(mode.as_str())).unwrap_or_default(),
        }),
    }
}
