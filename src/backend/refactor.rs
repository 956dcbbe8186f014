//! Stack refactoring: requests and descriptions.

use super::{ChangeSetOptions, StackName};
use crate::cloudformation::{ResourceMapping, StackRefactorExecutionStatus, StackRefactorStatus};

/// A request for a stack refactoring.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefactorRequest {
    /// The stacks that take part, with the templates that they have afterwards.
    pub stacks: Vec<StackDefinition>,
    /// The resources that move.
    pub mappings: Vec<ResourceMapping>,
    /// On AWS, where templates over the inline limit are uploaded; the other options have no effect.
    pub options: ChangeSetOptions,
}

/// A stack that takes part.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StackDefinition {
    /// The stack.
    pub name: StackName,
    /// The text of its template afterwards.
    pub template: String,
    /// Whether the refactoring creates it.
    pub is_new: bool,
}

/// A stack refactoring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefactorDescription {
    /// Its ID.
    pub id: String,
    /// Whether it was created.
    pub status: StackRefactorStatus,
    /// The reason for a failure.
    pub status_reason: Option<String>,
    /// Whether it can be executed, or was.
    pub execution_status: StackRefactorExecutionStatus,
    /// The reason for a failure.
    pub execution_status_reason: Option<String>,
}

/// What the backend would do when it executes a stack refactoring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefactorAction {
    /// It creates a stack.
    CreateStack(StackName),
    /// It moves a resource.
    Move(ResourceMapping),
    /// Something else, in words.
    Other(String),
}
