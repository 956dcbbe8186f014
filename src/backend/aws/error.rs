//! What the SDK says of a failed call, in a backend's words.

use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};

use super::wording;
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

/// Returns a failed call as a backend's error: what AWS said, or why it was not reached.
pub(crate) fn failed<E, R>(operation: &'static str, error: SdkError<E, R>) -> BackendError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    if let Some(said) = error.as_service_error()
        && (said.message().is_some() || said.code().is_some())
    {
        let code = said.code().map(ToOwned::to_owned);
        let message = said.message().filter(|message| !message.is_empty()).unwrap_or("AWS gave no reason").to_owned();
        return BackendError::Request { operation, code, message };
    }
    let text = chain(&error);
    match error {
        // An answer that is none of the API's: a proxy's page, or a cut body.
        SdkError::ResponseError(_) | SdkError::ServiceError(_) => BackendError::Request { operation, code: None, message: text },
        _ if lacks_credentials(&text) => BackendError::Credentials { operation, message: wording::of_credentials(&text) },
        _ => BackendError::Unreachable { operation, message: wording::of_silence(&text) },
    }
}

/// Tells whether a call was never sent for want of credentials, which only words tell: the SDK's credentials error is behind several doors.
fn lacks_credentials(text: &str) -> bool {
    ["credential", "identity", "access token", "SSO"].iter().any(|word| text.contains(word))
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
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
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
