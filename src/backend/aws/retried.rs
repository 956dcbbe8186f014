//! Retried requests: whether the first attempt, whose response was lost, was processed.
//!
//! The SDK retries a call that was interrupted or timed out, and CloudFormation may have processed the first attempt. Executing it twice,
//! or reporting a failure, would both be wrong.

use super::AwsBackend;
use super::error::failed;
use crate::aws::RequestError;
use crate::backend::BackendError;
use crate::cloudformation::STACK_TYPE;

impl AwsBackend {
    /// Returns whether the latest events of a stack have a request's token: CloudFormation sets it in every event of the operation that the
    /// request started.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html>
    pub(super) fn has_events_of(&self, stack: &str, token: &str) -> Result<bool, BackendError> {
        let response = self
            .session
            .block_on(self.client.describe_stack_events().stack_name(stack).send())
            .map_err(|error| failed("DescribeStackEvents", error))?;
        Ok(response.stack_events().iter().any(|event| event.client_request_token() == Some(token)))
    }

    /// Checks whether a rollback started although the response is an error or was lost: the retried request finds the stack in a status
    /// that does not allow a rollback any more. `before` is the latest event from before the first attempt.
    pub(super) fn check_rollback_started(
        &self,
        stack: &str,
        token: &str,
        before: Option<&str>,
        error: BackendError,
    ) -> Result<(), BackendError> {
        let is_of_status = error.code() == Some("ValidationError");
        if !is_of_status && !may_have_been_processed(&error) {
            return Err(error);
        }
        let Ok(response) = self.session.block_on(self.client.describe_stack_events().stack_name(stack).send()) else {
            return Err(unknown_start(error));
        };
        let newer = response.stack_events().iter().take_while(|event| event.event_id() != before);
        let is_rollback = |event: &aws_sdk_cloudformation::types::StackEvent| {
            let is_of_stack = event.resource_type() == Some(STACK_TYPE) && event.physical_resource_id() == event.stack_id();
            let rolls_back = event.resource_status().is_some_and(|status| status.as_str().contains("ROLLBACK"));
            event.client_request_token() == Some(token) || (is_of_stack && rolls_back)
        };
        if newer.into_iter().any(is_rollback) { Ok(()) } else { Err(error) }
    }
}

/// Returns whether the error may be the response to a retry after the first attempt was processed, or no response to either.
pub(super) fn may_have_been_processed(error: &BackendError) -> bool {
    const RETRY_CODES: [&str; 4] =
        ["AlreadyExistsException", "InvalidChangeSetStatus", "InvalidChangeSetStatusException", "OperationInProgressException"];
    error.is_transient()
        || matches!(error, BackendError::ChangeSetNotFound { .. })
        || error.code().is_some_and(|code| RETRY_CODES.contains(&code))
}

/// Adds to an error that it is unknown whether the operation started.
pub(super) fn unknown_start(error: BackendError) -> BackendError {
    let explain =
        |message: String| format!("{message}; whether the operation started is unknown, because the stack's events cannot be read");
    match error {
        BackendError::Request(RequestError::Request { operation, code, message }) => {
            RequestError::Request { operation, code, message: explain(message) }.into()
        }
        other => other,
    }
}
