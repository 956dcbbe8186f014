//! The CloudFormation that plans are carried out on: one trait in plain Rust types, kept twice.
//!
//! [`local`] is the embedded default, a directory; `aws` is the SDK, behind the feature of that name. A backend keeps stacks and executes change sets;
//! what a change set should be is [`plan`](crate::plan)'s, following it is [`apply`](crate::apply)'s.

#[cfg(feature = "aws")]
pub mod aws;
mod deployed;
mod description;
mod drift;
mod error;
pub mod local;
mod policy;
mod stored;
mod tail;
mod template_bucket;

use crate::cloudformation::StackEvent;
use indexmap::IndexMap;

pub use deployed::{add_attributes_of_outputs, deployed_state, exports, imports};
pub use description::{
    ChangeSetDescription, Drift, EventPage, Identity, Progress, StackDescription, StackName, StackResource, StackSummary,
};
pub use drift::{PropertyDifference, ResourceDrift};
pub use error::BackendError;
pub(crate) use error::request_hint;
pub use stored::StoredParameters;
pub use tail::{EventTail, Pages};
pub use template_bucket::TemplateBucket;

pub use crate::cloudformation::ChangeSetOptions;
pub use crate::plan::ResourceImport;

/// What a change set asks for.
#[derive(Clone, Debug, Default)]
pub struct ChangeSetRequest {
    /// The stack, which need not exist: a change set of a new stack creates it.
    pub stack: StackName,
    /// The change set's name, unique in the stack.
    pub name: String,
    /// The text of the template.
    pub template: String,
    /// A value for each parameter; one that is left out takes the template's default.
    pub parameters: IndexMap<String, ParameterInput>,
    /// The stack's tags.
    pub tags: IndexMap<String, String>,
    /// How CloudFormation is to go about it.
    pub options: ChangeSetOptions,
    /// Existing resources that it takes into the stack, and then does nothing else; the stack's tags stay as they are.
    pub imports: Vec<ResourceImport>,
}

/// How a stack is to be deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// Logical IDs of resources that leave the stack and stay in the account; only those that could not be deleted.
    pub retain: Vec<String>,
    /// The role that CloudFormation takes for it, on AWS.
    pub role_arn: Option<String>,
}

/// How a rollback is to be gone about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RollbackOptions {
    /// Logical IDs of resources that are taken for rolled back as they are, where a rollback goes on.
    pub skip: Vec<String>,
    /// The role that CloudFormation takes for it, on AWS.
    pub role_arn: Option<String>,
}

/// What a change set says about one parameter.
#[derive(Clone, PartialEq, Eq)]
pub enum ParameterInput {
    /// A new value.
    Value(String),
    /// The value that the stack has: `UsePreviousValue`.
    UsePrevious,
}

impl std::fmt::Debug for ParameterInput {
    /// Shows no value: which parameters are secret is not known here.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Value(_) => "Value(..)",
            Self::UsePrevious => "UsePrevious",
        })
    }
}

/// A CloudFormation.
///
/// Operations start and return at once; [`Backend::advance`] lets them go on and [`Backend::list_events`] tells what happened.
/// `stack` is a stack's name or its ID; a deleted stack is found by its ID alone.
pub trait Backend {
    /// Returns the backend's name, such as `local`.
    fn name(&self) -> &'static str;

    /// Returns the region that stacks are in.
    fn region(&self) -> String;

    /// Returns who asks, and in which account.
    ///
    /// # Errors
    ///
    /// Returns an error when the backend cannot be asked.
    fn identity(&self) -> Result<Identity, BackendError>;

    /// Returns the stacks there are, by name.
    ///
    /// # Errors
    ///
    /// Returns an error when the backend cannot be asked.
    fn list_stacks(&self) -> Result<Vec<StackSummary>, BackendError>;

    /// Returns a stack as it is deployed, or `None` when there is none.
    ///
    /// # Errors
    ///
    /// Returns an error when the backend cannot be asked.
    fn describe_stack(&self, stack: &str) -> Result<Option<StackDescription>, BackendError>;

    /// Returns a stack's resources in logical ID order.
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::StackNotFound`] when there is no such stack.
    fn list_resources(&self, stack: &str) -> Result<Vec<StackResource>, BackendError>;

    /// Returns resources that are there and in no stack, as far as the backend knows of any; their logical IDs are those they had.
    ///
    /// # Errors
    ///
    /// Returns an error when the backend cannot be asked.
    fn stackless_resources(&self) -> Result<Vec<StackResource>, BackendError> {
        Ok(Vec::new())
    }

    /// Returns the exports of every stack by name.
    ///
    /// # Errors
    ///
    /// Returns an error when the backend cannot be asked.
    fn list_exports(&self) -> Result<IndexMap<String, String>, BackendError>;

    /// Makes a change set, and the stack in `REVIEW_IN_PROGRESS` when there is none; returns the change set's ID.
    ///
    /// It may still have to be worked out: see [`ChangeSetDescription::is_pending`].
    ///
    /// # Errors
    ///
    /// Returns an error when the template or parameters are not valid, or something else is being done to the stack.
    fn create_change_set(&self, request: &ChangeSetRequest) -> Result<String, BackendError>;

    /// Returns a change set; one without changes has the status `FAILED`.
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::ChangeSetNotFound`] when there is none.
    fn describe_change_set(&self, stack: &str, change_set: &str) -> Result<ChangeSetDescription, BackendError>;

    /// Returns the names of a stack's change sets; none when there is no such stack.
    ///
    /// # Errors
    ///
    /// Returns an error when the backend cannot be asked.
    fn list_change_sets(&self, stack: &str) -> Result<Vec<String>, BackendError>;

    /// Gives a remote backend time between two looks; the embedded one needs none.
    fn pause(&self) {}

    /// Starts to execute a change set. However often the answer is lost on the way, it is executed once.
    ///
    /// # Errors
    ///
    /// Returns an error when the change set failed, is gone, or the stack moved on since it was made.
    fn execute_change_set(&self, stack: &str, change_set: &str) -> Result<(), BackendError>;

    /// Deletes a change set that was not executed, and the stack with it when it never was more than that.
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::ChangeSetNotFound`] when there is none.
    fn delete_change_set(&self, stack: &str, change_set: &str) -> Result<(), BackendError>;

    /// Starts to delete a stack.
    ///
    /// # Errors
    ///
    /// Returns an error when the stack is protected, exports something in use, something else is being done to it, or resources are to be
    /// retained of a stack whose deletion has not failed.
    fn delete_stack(&self, stack: &str, options: &DeleteOptions) -> Result<(), BackendError>;

    /// Goes on with a rollback that failed; the resources to `skip` are taken for rolled back as they are.
    ///
    /// # Errors
    ///
    /// Returns an error when no rollback of an update failed, or a resource to skip is not one that failed.
    fn continue_update_rollback(&self, stack: &str, options: &RollbackOptions) -> Result<(), BackendError>;

    /// Turns back a creation or an update that was left where it failed; nothing is there to be skipped.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackStack.html>
    ///
    /// # Errors
    ///
    /// Returns an error when nothing was left so.
    fn rollback_stack(&self, stack: &str, options: &RollbackOptions) -> Result<(), BackendError>;

    /// Compares a stack's resources with what its template made of them; returns what was found of each, by logical ID.
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::StackNotFound`] when there is no such stack, or that the backend cannot be asked.
    fn detect_drift(&self, stack: &str) -> Result<Vec<ResourceDrift>, BackendError>;

    /// Returns what Parameter Store holds now under some names, as an update would find it; `None` where the backend asks no such store.
    ///
    /// # Errors
    ///
    /// Returns that the store cannot be asked, or that whoever asks may not.
    fn stored_parameters(&self, _names: &[String]) -> Result<Option<StoredParameters>, BackendError> {
        Ok(None)
    }

    /// Turns an update that is under way back.
    ///
    /// # Errors
    ///
    /// Returns an error when no update is under way.
    fn cancel_update(&self, stack: &str) -> Result<(), BackendError>;

    /// Turns termination protection on or off.
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::StackNotFound`] when there is no such stack.
    fn set_termination_protection(&self, stack: &str, on: bool) -> Result<(), BackendError>;

    /// Returns the text of a stack's policy, where it has one.
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::StackNotFound`] when there is no such stack.
    fn stack_policy(&self, stack: &str) -> Result<Option<String>, BackendError>;

    /// Gives a stack a policy: the text of one.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html>
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::StackNotFound`] when there is no such stack, or that the policy is none.
    fn set_stack_policy(&self, stack: &str, policy: &str) -> Result<(), BackendError>;

    /// Tells whether operations go on without being asked to, so that whoever follows one waits between two looks.
    fn works_by_itself(&self) -> bool {
        false
    }

    /// Lets what is being done to a stack go on for a moment, where that needs asking, and tells whether it does.
    ///
    /// # Errors
    ///
    /// Returns an error when the backend cannot be asked; a resource that fails is no error but an event.
    fn advance(&self, stack: &str) -> Result<Progress, BackendError>;

    /// Returns a page of a stack's events, oldest first: those after the one with the ID `after`, or the first.
    ///
    /// # Errors
    ///
    /// Returns [`BackendError::StackNotFound`] when there are no events of such a stack.
    fn list_events(&self, stack: &str, after: Option<&str>) -> Result<EventPage, BackendError>;

    /// Returns all of a stack's events after the one with the ID `after`, or all there are.
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

    /// Returns a stack's latest events, oldest first: at least those of its last operation, and of the one that a rollback follows from.
    ///
    /// # Errors
    ///
    /// As [`Backend::list_events`].
    fn recent_events(&self, stack: &str) -> Result<Vec<StackEvent>, BackendError> {
        self.events_since(stack, None)
    }

    /// Returns a stack's events that `tail` has not seen, oldest first, and lets it take them in.
    ///
    /// # Errors
    ///
    /// As [`Backend::list_events`]; the tail is then as it was.
    fn new_events(&self, stack: &str, tail: &mut EventTail) -> Result<Vec<StackEvent>, BackendError> {
        let events = self.events_since(stack, tail.last())?;
        Ok(tail.take(events))
    }
}
