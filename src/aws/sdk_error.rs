//! The SDK's errors as [`RequestError`]s.

use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};

use super::{RequestError, sdk_text};

/// Converts a failed call to a [`RequestError`]: AWS's message, or why AWS was not reached.
pub(crate) fn request_error<E, R>(operation: &'static str, error: SdkError<E, R>) -> RequestError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    if let Some(service_error) = error.as_service_error()
        && (service_error.message().is_some() || service_error.code().is_some())
    {
        let code = service_error.code().map(ToOwned::to_owned);
        let message = service_error.message().filter(|message| !message.is_empty()).unwrap_or("AWS gave no reason").to_owned();
        return RequestError::Request { operation, code, message };
    }
    let text = error_chain(&error);
    match error {
        // A response that is not the API's: a proxy's page, or a truncated body.
        SdkError::ResponseError(_) | SdkError::ServiceError(_) => RequestError::Request { operation, code: None, message: text },
        _ if lacks_credentials(&text) => RequestError::Credentials { operation, message: sdk_text::credentials_problem(&text) },
        _ => RequestError::Unreachable { operation, message: sdk_text::connection_problem(&text) },
    }
}

/// Returns whether a call was not sent because there are no credentials. The SDK reports this only in the text of nested errors.
fn lacks_credentials(text: &str) -> bool {
    ["credential", "identity", "access token", "SSO", "IMDS"].iter().any(|word| text.contains(word))
}

/// Returns an error's message followed by its causes, without repetitions.
pub(crate) fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}
