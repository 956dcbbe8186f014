//! CloudFormation's own vocabulary, shared by `plan` and the backends: change sets, capabilities, statuses, events and limits.
//!
//! Takes nothing and decides nothing: these are the types of CloudFormation's API, spelled and serialised as AWS spells them. A value that
//! AWS adds later is kept as text, so that it never fails a command. What a change set contains is predicted by
//! [`plan`](crate::plan); what a stack's status is comes from a [`backend`](crate::backend).

mod api_values;
mod capability;
mod change_set;
mod change_set_options;
mod change_set_status;
mod drift_status;
mod hook_result;
mod limits;
mod operation_event;
mod resource_status;
mod stack_event;
mod stack_refactor;
mod stack_status;

pub use capability::Capability;
pub use change_set::{
    Action, Attribute, AttributeChangeType, Change, ChangeSet, ChangeSource, EvaluationType, KNOWN_AFTER_APPLY, LiveResourceDrift,
    PolicyAction, Replacement, ResourceChange, ResourceChangeDetail, ResourceTargetDefinition,
};
pub use change_set_options::{ChangeSetOptions, DeploymentMode, OnFailure, StackSettings, parse_rollback_alarm, rollback_alarm};
pub use change_set_status::{ChangeSetStatus, ExecutionStatus};
pub use drift_status::{DifferenceType, ResourceDriftStatus, StackDriftStatus};
pub use hook_result::{AnnotationSeverity, AnnotationStatus, HookAnnotation, HookResult, HookTarget};
pub use limits::{INLINE_TEMPLATE_LIMIT_BYTES, S3_TEMPLATE_LIMIT_BYTES};
pub use operation_event::{
    EventType, FailureMode, OperationEvent, OperationStatus, OperationType, ValidationResult, ValidationStatus, operation_events,
};
pub use resource_status::ResourceStatus;
pub use stack_event::{HookProgress, HookStatus, STACK_TYPE, StackEvent};
pub use stack_refactor::{ResourceLocation, ResourceMapping, StackRefactorExecutionStatus, StackRefactorStatus};
pub use stack_status::{StackOperation, StackStatus};

#[cfg(test)]
mod tests {
    use super::{ChangeSetStatus, ResourceStatus, StackStatus};

    #[test]
    fn statuses_are_read_and_written_as_aws_spells_them_and_unknown_ones_are_kept() {
        for status in StackStatus::ALL {
            assert_eq!(StackStatus::from(status.as_str()), *status);
            assert_eq!(ResourceStatus::of_stack(*status).as_stack_status(), *status);
            assert!(!matches!(ResourceStatus::of_stack(*status), ResourceStatus::Other(_)), "{status}");
            assert_eq!(status.operation().is_some(), status.is_in_progress(), "{status}");
        }
        let later = StackStatus::from("PARTIAL_FAILED");
        assert_eq!((serde_json::to_string(&later).ok().as_deref(), later.is_failed()), (Some("\"PARTIAL_FAILED\""), true));
        assert_eq!(serde_json::from_str::<ChangeSetStatus>("\"CREATE_PENDING\"").ok(), Some(ChangeSetStatus::CreatePending));
    }
}
