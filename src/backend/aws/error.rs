//! The SDK's errors as backend errors.

use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};

use crate::aws::{RequestError, request_error};
use crate::backend::BackendError;

/// Returns whether a call failed because the stack or change set does not exist.
///
/// CloudFormation has no error code for a missing stack: it responds with `ValidationError` and reports it only in the message.
pub(super) fn is_absent<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.as_service_error().is_some_and(|error| {
        matches!(error.code(), Some("ChangeSetNotFound" | "ChangeSetNotFoundException"))
            || (error.code() == Some("ValidationError") && error.message().is_some_and(|message| message.contains("does not exist")))
    })
}

/// Converts a failed call to a backend error.
pub(super) fn failed<E, R>(operation: &'static str, error: SdkError<E, R>) -> BackendError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    request_error(operation, error).into()
}

/// Converts a failed call about a stack; a missing stack becomes [`BackendError::StackNotFound`].
pub(super) fn no_stack<E, R>(operation: &'static str, error: SdkError<E, R>, stack: &str) -> BackendError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    if is_absent(&error) { BackendError::StackNotFound { stack: stack.to_owned() } } else { failed(operation, error) }
}

/// Converts a failed call about a change set; a missing change set or stack becomes [`BackendError::ChangeSetNotFound`].
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

/// Recognises termination protection in a failed deletion: it has no error code, only a message with `ValidationError`.
pub(super) fn protected(error: BackendError, stack: &str) -> BackendError {
    match error {
        BackendError::Request(RequestError::Request { message, .. }) if message.contains("TerminationProtection is enabled") => {
            BackendError::TerminationProtection { stack: stack.to_owned() }
        }
        error => error,
    }
}
