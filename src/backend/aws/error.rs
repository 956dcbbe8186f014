//! What the SDK says of a failed call, in a backend's words.

use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};

use crate::backend::BackendError;

/// Tells whether a call failed because the stack or change set does not exist.
///
/// CloudFormation has no code of its own for a missing stack: it answers `ValidationError` and says so in words.
pub(super) fn is_absent<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.as_service_error().is_some_and(|error| {
        matches!(error.code(), Some("ChangeSetNotFound" | "ChangeSetNotFoundException"))
            || (error.code() == Some("ValidationError") && error.message().is_some_and(|message| message.contains("does not exist")))
    })
}

/// Returns a failed call as a backend's error: what CloudFormation said, or why it was not reached.
pub(super) fn failed<E, R>(operation: &'static str, error: SdkError<E, R>) -> BackendError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    match error.as_service_error() {
        Some(said) if said.message().is_some() => BackendError::Request {
            operation,
            code: said.code().map(ToOwned::to_owned),
            message: said.message().unwrap_or_default().to_owned(),
        },
        _ => BackendError::Request { operation, code: None, message: chain(&error) },
    }
}

/// Returns a failed call about a stack; one about a stack that is not there says so.
pub(super) fn no_stack<E, R>(operation: &'static str, error: SdkError<E, R>, stack: &str) -> BackendError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    if is_absent(&error) { BackendError::StackNotFound { stack: stack.to_owned() } } else { failed(operation, error) }
}

/// Returns a failed call about a change set; one about a change set, or a stack, that is not there says so.
pub(super) fn no_change_set<E, R>(operation: &'static str, error: SdkError<E, R>, stack: &str, change_set: &str) -> BackendError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    if is_absent(&error) {
        BackendError::ChangeSetNotFound { stack: stack.to_owned(), change_set: change_set.to_owned() }
    } else {
        failed(operation, error)
    }
}

/// Returns a refusal to delete a stack for what it is: there is no code for termination protection, only words after `ValidationError`.
pub(super) fn protected(error: BackendError, stack: &str) -> BackendError {
    match error {
        BackendError::Request { message, .. } if message.contains("TerminationProtection is enabled") => {
            BackendError::TerminationProtection { stack: stack.to_owned() }
        }
        error => error,
    }
}

/// Returns an error with its causes, one after the other, each said once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}
