//! Requests that were sent more than once, since no answer came: whether what they ask for happened all the same.
//!
//! The SDK tries a call again that was cut off or not answered in time, and CloudFormation may have heard it the first time. Doing it twice,
//! or telling that it failed, would both be wrong.

use super::AwsBackend;
use super::error::failed;
use crate::backend::BackendError;

impl AwsBackend {
    /// Tells whether the latest events of a stack bear a request's token: CloudFormation gives it to every event of what the request began.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html>
    pub(super) fn bears(&self, stack: &str, token: &str) -> Result<bool, BackendError> {
        let answer = self
            .session
            .block_on(self.client.describe_stack_events().stack_name(stack).send())
            .map_err(|error| failed("DescribeStackEvents", error))?;
        Ok(answer.stack_events().iter().any(|event| event.client_request_token() == Some(token)))
    }
}

/// Tells whether an error may be the answer to the second request where the first was heard, or no answer to either.
pub(super) fn may_have_been_heard(error: &BackendError) -> bool {
    const SAID_TO_THE_SECOND: [&str; 4] =
        ["AlreadyExistsException", "InvalidChangeSetStatus", "InvalidChangeSetStatusException", "OperationInProgressException"];
    error.is_passing()
        || matches!(error, BackendError::ChangeSetNotFound { .. })
        || matches!(error, BackendError::Request { code: Some(code), .. } if SAID_TO_THE_SECOND.contains(&code.as_str()))
}

pub(super) fn unsure(error: BackendError) -> BackendError {
    let say = |message: String| format!("{message}; whether it began could not be asked: `rackform status` tells where the stack is");
    match error {
        BackendError::Request { operation, code, message } => BackendError::Request { operation, code, message: say(message) },
        other => other,
    }
}
