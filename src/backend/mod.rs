//! Backends: what executes plans. One trait in plain Rust types, with two implementations.
//!
//! Takes requests such as [`ChangeSetRequest`]; returns descriptions of stacks, resources and change sets, and stack events. [`local`] is
//! an embedded CloudFormation in a directory, and the default; `aws` calls CloudFormation through the SDK, behind the feature `aws`. What a
//! change set should contain is decided by [`plan`](crate::plan), and an operation is followed by [`apply`](crate::apply).
//!
//! `mod.rs` defines the trait and its requests, and the other files of this folder the trait's results, so that they refer to each other: a
//! trait and the types of its methods belong to one API.

#[cfg(feature = "aws")]
pub mod aws;
mod capabilities;
mod deployed;
mod description;
mod drift;
mod error;
mod hook_results;
pub mod local;
mod operation_events;
mod policy;
mod refactor;
mod ssm_parameters;
mod tail;
mod template_bucket;

use crate::aws::Identity;
use crate::cloudformation::StackEvent;
use indexmap::IndexMap;

pub use capabilities::BackendCapabilities;
pub use deployed::{add_attributes_of_outputs, deployed_parameters, deployed_state, exports, imports};
pub use description::{ChangeSetDescription, Drift, EventPage, OperationState, StackDescription, StackName, StackResource, StackSummary};
pub use drift::{PropertyDifference, ResourceDrift};
pub use error::{BackendError, BackendHint};
pub use hook_results::{HookQuery, HookResults};
pub use operation_events::{EventQuery, EventsUnavailable, OperationEvents, Operations};
pub use refactor::{RefactorAction, RefactorDescription, RefactorRequest, StackDefinition};
pub use ssm_parameters::SsmParameters;
pub use tail::{EventTail, Pages};
pub use template_bucket::TemplateBucket;

pub use crate::cloudformation::ChangeSetOptions;
pub use crate::plan::ResourceImport;

/// A request for a change set.
#[derive(Clone, Debug, Default)]
pub struct ChangeSetRequest {
    /// The stack. If it does not exist, the change set creates it.
    pub stack: StackName,
    /// The change set's name, unique in the stack.
    pub name: String,
    /// The text of the template.
    pub template: String,
    /// The parameters; a missing one has the template's default.
    pub parameters: IndexMap<String, ParameterInput>,
    /// The stack's tags.
    pub tags: IndexMap<String, String>,
    /// Options of the change set.
    pub options: ChangeSetOptions,
    /// Existing resources to import. Such a change set does nothing else, and keeps the stack's tags.
    pub imports: Vec<ResourceImport>,
}

/// Options of a deletion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// Logical IDs of resources to retain in the account; only resources whose deletion failed.
    pub retain: Vec<String>,
    /// Whether to delete the stack even if resources cannot be deleted, which then stay in the account; only after a failed deletion.
    ///
    /// Source: `DeletionMode` in <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html>
    pub force: bool,
    /// On AWS, the ARN of the role that CloudFormation assumes.
    pub role_arn: Option<String>,
}

/// Options of a rollback.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RollbackOptions {
    /// Logical IDs of resources to skip when a failed rollback continues.
    pub skip: Vec<String>,
    /// On AWS, the ARN of the role that CloudFormation assumes.
    pub role_arn: Option<String>,
}

/// The value of a parameter in a request.
#[derive(Clone, PartialEq, Eq)]
pub enum ParameterInput {
    /// A new value.
    Value(String),
    /// The stack's current value: `UsePreviousValue`.
    UsePrevious,
}

impl std::fmt::Debug for ParameterInput {
    /// Prints no value, because it may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Value(_) => "Value(..)",
            Self::UsePrevious => "UsePrevious",
        })
    }
}

/// An implementation of CloudFormation's operations on stacks.
///
/// Methods start an operation and return at once; [`Backend::advance`] continues it, and [`Backend::list_events`] returns what happened.
/// `stack` is a stack's name or ID; a deleted stack is found only by its ID.
pub trait Backend {
    /// Returns the backend's name, such as `local`.
    fn name(&self) -> &'static str;

    /// Returns the region of the stacks.
    fn region(&self) -> String;

    /// Returns the caller's identity.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails.
    fn identity(&self) -> Result<Identity, BackendError>;

    /// Returns the existing stacks, ordered by name.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails.
    fn list_stacks(&self) -> Result<Vec<StackSummary>, BackendError>;

    /// Returns a stack, or `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails.
    fn describe_stack(&self, stack: &str) -> Result<Option<StackDescription>, BackendError>;

    /// Returns a stack's resources, ordered by logical ID.
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::StackNotFound`] if the stack does not exist.
    fn list_resources(&self, stack: &str) -> Result<Vec<StackResource>, BackendError>;

    /// Returns the known resources that exist outside any stack, with the logical IDs that they had.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails.
    fn stackless_resources(&self) -> Result<Vec<StackResource>, BackendError> {
        Ok(Vec::new())
    }

    /// Returns the exports of all stacks by name.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails.
    fn list_exports(&self) -> Result<IndexMap<String, String>, BackendError>;

    /// Creates a change set, and the stack in `REVIEW_IN_PROGRESS` if it does not exist; returns the change set's ID.
    ///
    /// Its changes may not be computed yet: see [`ChangeSetDescription::is_pending`].
    ///
    /// # Errors
    ///
    /// Returns an error if the template or a parameter is invalid, or another operation on the stack is in progress.
    fn create_change_set(&self, request: &ChangeSetRequest) -> Result<String, BackendError>;

    /// Returns a change set. A change set without changes has the status `FAILED`.
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::ChangeSetNotFound`] if it does not exist.
    fn describe_change_set(&self, stack: &str, change_set: &str) -> Result<ChangeSetDescription, BackendError>;

    /// Returns the names of a stack's change sets; an empty list if the stack does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails.
    fn list_change_sets(&self, stack: &str) -> Result<Vec<String>, BackendError>;

    /// Waits between two polls of a remote backend; the local one does not wait.
    fn pause(&self) {}

    /// Starts to execute a change set. It is executed once, even if responses are lost.
    ///
    /// # Errors
    ///
    /// Returns an error if the change set failed or does not exist, or if the stack changed since it was created.
    fn execute_change_set(&self, stack: &str, change_set: &str) -> Result<(), BackendError>;

    /// Deletes a change set that was not executed, and the stack if it was created only for it.
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::ChangeSetNotFound`] if it does not exist.
    fn delete_change_set(&self, stack: &str, change_set: &str) -> Result<(), BackendError>;

    /// Starts to delete a stack.
    ///
    /// # Errors
    ///
    /// Returns an error if the stack has termination protection or an imported export, if another operation is in progress, or if resources
    /// are to be retained although no deletion failed.
    fn delete_stack(&self, stack: &str, options: &DeleteOptions) -> Result<(), BackendError>;

    /// Continues a failed rollback of an update, without the resources to skip.
    ///
    /// # Errors
    ///
    /// Returns an error if no rollback of an update failed, or if a resource to skip did not fail.
    fn continue_update_rollback(&self, stack: &str, options: &RollbackOptions) -> Result<(), BackendError>;

    /// Rolls back a failed creation or update that was not rolled back. It ignores the resources to skip.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackStack.html>
    ///
    /// # Errors
    ///
    /// Returns an error if no creation or update failed.
    fn rollback_stack(&self, stack: &str, options: &RollbackOptions) -> Result<(), BackendError>;

    /// Creates a stack refactoring, and returns its ID. Nothing changes until it is executed.
    ///
    /// It may not be checked yet: see [`RefactorDescription::status`].
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackRefactor.html>
    ///
    /// # Errors
    ///
    /// Returns an error if the request is refused at once.
    fn create_refactor(&self, request: &RefactorRequest) -> Result<String, BackendError>;

    /// Returns a stack refactoring.
    ///
    /// # Errors
    ///
    /// Returns an error if it does not exist or the request fails.
    fn describe_refactor(&self, id: &str) -> Result<RefactorDescription, BackendError>;

    /// Returns what executing a stack refactoring would do.
    ///
    /// # Errors
    ///
    /// Returns an error if it does not exist or the request fails.
    fn refactor_actions(&self, id: &str) -> Result<Vec<RefactorAction>, BackendError>;

    /// Starts to execute a stack refactoring. It is executed once, even if responses are lost.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot be executed, for example because a stack changed since it was created.
    fn execute_refactor(&self, id: &str) -> Result<(), BackendError>;

    /// Detects drift: compares a stack's resources with its template; returns the result for each resource, ordered by logical ID.
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::StackNotFound`] if the stack does not exist, or an error if the request fails.
    fn detect_drift(&self, stack: &str) -> Result<Vec<ResourceDrift>, BackendError>;

    /// Returns the current values of SSM parameters, which an update would use; `None` if the backend has no Parameter Store.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails, for example because the caller lacks permission.
    fn ssm_parameters(&self, _names: &[String]) -> Result<Option<SsmParameters>, BackendError> {
        Ok(None)
    }

    /// Cancels the update in progress, which rolls it back.
    ///
    /// # Errors
    ///
    /// Returns an error if no update is in progress.
    fn cancel_update(&self, stack: &str) -> Result<(), BackendError>;

    /// Turns termination protection on or off.
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::StackNotFound`] if the stack does not exist.
    fn set_termination_protection(&self, stack: &str, on: bool) -> Result<(), BackendError>;

    /// Returns the text of a stack's policy, if it has one.
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::StackNotFound`] if the stack does not exist.
    fn stack_policy(&self, stack: &str) -> Result<Option<String>, BackendError>;

    /// Sets a stack's policy.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html>
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::StackNotFound`] if the stack does not exist, or an error if the policy is invalid.
    fn set_stack_policy(&self, stack: &str, policy: &str) -> Result<(), BackendError>;

    /// Returns what the backend does, where backends differ.
    fn capabilities(&self) -> BackendCapabilities {
        BackendCapabilities::default()
    }

    /// Continues the operation on a stack by one step, where the backend does not run in the background; returns whether it is still in
    /// progress.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails. A resource that fails is not an error but an event.
    fn advance(&self, stack: &str) -> Result<OperationState, BackendError>;

    /// Returns a page of a stack's events, oldest first: those after the one with the ID `after`, or the first.
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::StackNotFound`] if the stack does not exist and has no events.
    fn list_events(&self, stack: &str, after: Option<&str>) -> Result<EventPage, BackendError>;

    /// Returns a stack's events after the one with the ID `after`, or all events.
    ///
    /// # Errors
    ///
    /// As [`Backend::list_events`].
    fn events_since(&self, stack: &str, after: Option<&str>) -> Result<Vec<StackEvent>, BackendError> {
        let mut events: Vec<StackEvent> = Vec::new();
        loop {
            let last = events.last().map(|event| event.id.clone());
            let page = self.list_events(stack, last.as_deref().or(after))?;
            let more = page.more && !page.events.is_empty();
            events.extend(page.events);
            if !more {
                return Ok(events);
            }
        }
    }

    /// Returns a stack's latest events, oldest first: at least those of its last operation, and of the operation that it rolls back.
    ///
    /// # Errors
    ///
    /// As [`Backend::list_events`].
    fn recent_events(&self, stack: &str) -> Result<Vec<StackEvent>, BackendError> {
        self.events_since(stack, None)
    }

    /// Returns the events of operations on a stack, oldest first. A backend that cannot return them answers with the stack's own events
    /// and with the reason.
    ///
    /// # Errors
    ///
    /// As [`Backend::list_events`].
    fn operation_events(&self, query: &EventQuery<'_>) -> Result<OperationEvents, BackendError> {
        Ok(OperationEvents::of_stack_events(self.events_since(query.stack, None)?, query))
    }

    /// Returns the results of hooks, with the findings of those that failed. A backend without hooks returns none, and a failed request is
    /// part of the result.
    fn hook_results(&self, _query: HookQuery<'_>) -> HookResults {
        HookResults::default()
    }

    /// Returns a stack's events that `tail` has not seen yet, oldest first, and adds them to it.
    ///
    /// # Errors
    ///
    /// As [`Backend::list_events`]; the tail is then unchanged.
    fn new_events(&self, stack: &str, tail: &mut EventTail) -> Result<Vec<StackEvent>, BackendError> {
        let events = self.events_since(stack, tail.last())?;
        Ok(tail.add(events))
    }
}
