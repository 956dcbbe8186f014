//! The events of operations: progress, provisioning errors, validation results and refusals by hooks.

use serde::{Deserialize, Serialize};

use super::StackEvent;
use super::api_values::api_values;

/// An event of an operation: what a stack event has, and what only `DescribeEvents` reports.
///
/// An operation is a creation, update, deletion or rollback of a stack, or the creation of a change set; each has an ID.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_OperationEvent.html>
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OperationEvent {
    /// The fields that a stack event has, too. The event of an operation itself may have no logical ID and no resource status.
    #[serde(flatten)]
    pub event: StackEvent,
    /// The ID of the stack; for a nested stack, its own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stack_id: String,
    /// The type of the operation.
    pub operation_type: OperationType,
    /// The status of the operation, in the events of the operation itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_status: Option<OperationStatus>,
    /// The type of the event.
    pub event_type: EventType,
    /// The result of a validation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<ValidationResult>,
}

/// The result of one of CloudFormation's checks before a deployment.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidationResult {
    /// The name of the check, such as `PROPERTY_VALIDATION`.
    pub name: String,
    /// The status.
    pub status: ValidationStatus,
    /// What the check found.
    pub reason: Option<String>,
    /// The place in the template as a JSON pointer, such as `/Resources/Logs/Properties/RetentionInDays`.
    pub path: Option<String>,
    /// Whether a failure stops the operation.
    pub mode: FailureMode,
}

api_values! {
    /// The type of an operation.
    OperationType {
        CreateStack = "CREATE_STACK",
        UpdateStack = "UPDATE_STACK",
        DeleteStack = "DELETE_STACK",
        ContinueRollback = "CONTINUE_ROLLBACK",
        Rollback = "ROLLBACK",
        CreateChangeSet = "CREATE_CHANGESET",
    }
}

api_values! {
    /// The status of an operation.
    OperationStatus {
        InProgress = "IN_PROGRESS",
        Succeeded = "SUCCEEDED",
        Failed = "FAILED",
    }
}

api_values! {
    /// The type of an operation's event.
    EventType {
        Stack = "STACK_EVENT",
        Progress = "PROGRESS_EVENT",
        ValidationError = "VALIDATION_ERROR",
        ProvisioningError = "PROVISIONING_ERROR",
        HookInvocationError = "HOOK_INVOCATION_ERROR",
    }
}

api_values! {
    /// The status of a validation. Successful validations have no events.
    ValidationStatus {
        Failed = "FAILED",
        Skipped = "SKIPPED",
    }
}

api_values! {
    /// Whether a failed validation or hook stops the operation.
    FailureMode {
        Fail = "FAIL",
        Warn = "WARN",
    }
}

impl OperationStatus {
    /// Returns whether the operation has ended.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

impl OperationType {
    /// Returns the type of the operation that a stack's event with this status starts or belongs to.
    fn of_status(status: &str) -> Self {
        match status {
            status if status.contains("ROLLBACK") => Self::Rollback,
            status if status.starts_with("CREATE_") => Self::CreateStack,
            status if status.starts_with("DELETE_") => Self::DeleteStack,
            status if status.starts_with("REVIEW_") => Self::CreateChangeSet,
            _ => Self::UpdateStack,
        }
    }
}

impl OperationEvent {
    /// Returns the operation event that corresponds to a stack event. Stack events contain no validation results.
    pub fn of_stack_event(event: StackEvent, operation_type: OperationType, stack_id: &str) -> Self {
        let is_of_stack = event.is_of_stack();
        let hook_failed = event.hook.as_ref().is_some_and(|hook| hook.status.is_failed());
        let event_type = match event.status {
            _ if is_of_stack => EventType::Stack,
            _ if hook_failed => EventType::HookInvocationError,
            status if status.is_failed() => EventType::ProvisioningError,
            _ => EventType::Progress,
        };
        let operation_status = is_of_stack.then(|| match event.status.as_stack_status() {
            status if status.is_in_progress() => OperationStatus::InProgress,
            status if status.is_failed() => OperationStatus::Failed,
            _ => OperationStatus::Succeeded,
        });
        Self { event, stack_id: stack_id.to_owned(), operation_type, operation_status, event_type, validation: None }
    }

    /// Returns whether the event reports a failure: of a resource, a validation, a hook or the operation. Warnings are failures, too.
    pub fn is_failure(&self) -> bool {
        self.event_type.is_error()
            || self.event.status.is_failed()
            || self.operation_status == Some(OperationStatus::Failed)
            || self.event.hook.as_ref().is_some_and(|hook| hook.status.is_failed())
            || self.validation.as_ref().is_some_and(|validation| validation.status == ValidationStatus::Failed)
    }

    /// Returns whether the failure only warns: the operation continues.
    pub fn is_warning(&self) -> bool {
        let mode = match (&self.validation, &self.event.hook) {
            (Some(validation), _) => Some(validation.mode.as_str()),
            (None, Some(hook)) => hook.failure_mode.as_deref(),
            (None, None) => None,
        };
        mode == Some(FailureMode::Warn.as_str())
    }

    /// Returns what the event reports in words: the reason of the validation, the hook or the resource.
    pub fn reason(&self) -> Option<&str> {
        let of_validation = self.validation.as_ref().and_then(|validation| validation.reason.as_deref());
        let of_hook = self.event.hook.as_ref().and_then(|hook| hook.reason.as_deref());
        of_validation.or(of_hook).or(self.event.status_reason.as_deref())
    }
}

impl EventType {
    /// Returns whether events of this type report errors.
    pub fn is_error(self) -> bool {
        matches!(self, Self::ValidationError | Self::ProvisioningError | Self::HookInvocationError)
    }
}

/// Returns a stack's events as events of its operations, oldest first.
///
/// The type of an operation is that of the last event of the stack itself.
pub fn operation_events(events: Vec<StackEvent>) -> Vec<OperationEvent> {
    let stack_id = events.iter().find(|event| event.is_of_stack()).and_then(|event| event.physical_id.clone()).unwrap_or_default();
    let mut operation_type = OperationType::default();
    let convert = |event: StackEvent| {
        if event.is_of_stack() && event.status.is_in_progress() {
            operation_type = OperationType::of_status(event.status.as_str());
        }
        OperationEvent::of_stack_event(event, operation_type, &stack_id)
    };
    events.into_iter().map(convert).collect()
}

#[cfg(test)]
mod tests {
    use super::{EventType, OperationStatus, OperationType, operation_events};
    use crate::cloudformation::StackEvent;

    fn event(logical_id: &str, status: &str) -> StackEvent {
        let own = logical_id == "rack";
        StackEvent {
            logical_id: logical_id.to_owned(),
            physical_id: own.then(|| "arn:aws:cloudformation:us-east-1:1:stack/rack/1".to_owned()),
            resource_type: if own { crate::cloudformation::STACK_TYPE } else { "AWS::SQS::Queue" }.to_owned(),
            status: status.into(),
            ..StackEvent::default()
        }
    }

    #[test]
    fn stack_events_have_the_shape_of_operation_events() {
        let lines = [
            ("rack", "UPDATE_IN_PROGRESS"),
            ("A", "UPDATE_FAILED"),
            ("rack", "UPDATE_ROLLBACK_IN_PROGRESS"),
            ("A", "UPDATE_COMPLETE"),
            ("rack", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"),
            ("rack", "UPDATE_ROLLBACK_COMPLETE"),
        ];
        let found = operation_events(lines.iter().map(|(name, status)| event(name, status)).collect());
        let types: Vec<EventType> = found.iter().map(|event| event.event_type).collect();
        assert_eq!(
            types,
            [EventType::Stack, EventType::ProvisioningError, EventType::Stack, EventType::Progress, EventType::Stack, EventType::Stack]
        );
        let operations: Vec<OperationType> = found.iter().map(|event| event.operation_type).collect();
        assert_eq!(operations[..2], [OperationType::UpdateStack; 2]);
        assert_eq!(operations[2..], [OperationType::Rollback; 4]);
        assert_eq!(found.last().and_then(|event| event.operation_status), Some(OperationStatus::Succeeded));
        assert!(found.iter().all(|event| event.stack_id.ends_with("stack/rack/1")));
        let json = serde_json::to_value(&found[1]).unwrap_or_default();
        assert_eq!((&json["logical_id"], &json["event_type"]), (&"A".into(), &"PROVISIONING_ERROR".into()), "{json}");
        assert!(serde_json::from_value::<super::OperationEvent>(json).is_ok_and(|read| read == found[1]));
    }
}
