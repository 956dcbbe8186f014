//! Requests that were sent more than once, since no answer came: whether what they ask for happened all the same.
//!
//! The SDK tries a call again that was cut off or not answered in time, and CloudFormation may have heard it the first time. Doing it twice,
//! or telling that it failed, would both be wrong.

use super::AwsBackend;
use super::error::failed;
use crate::backend::BackendError;
use crate::cloudformation::STACK_TYPE;

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

    /// Finds out whether a stack goes back though the answer says that it cannot, or there was none: the second request finds it in a state in
    /// which there is nothing to take back any more. `before` is the latest event from before the first.
    pub(super) fn goes_back(&self, stack: &str, token: &str, before: Option<&str>, error: BackendError) -> Result<(), BackendError> {
        let is_of_status = matches!(&error, BackendError::Request { code: Some(code), .. } if code == "ValidationError");
        if !is_of_status && !may_have_been_heard(&error) {
            return Err(error);
        }
        let Ok(answer) = self.session.block_on(self.client.describe_stack_events().stack_name(stack).send()) else {
            return Err(unsure(error));
        };
        let newer = answer.stack_events().iter().take_while(|event| event.event_id() != before);
        let says_so = |event: &aws_sdk_cloudformation::types::StackEvent| {
            let is_of_stack = event.resource_type() == Some(STACK_TYPE) && event.physical_resource_id() == event.stack_id();
            let goes_back = event.resource_status().is_some_and(|status| status.as_str().contains("ROLLBACK"));
            event.client_request_token() == Some(token) || (is_of_stack && goes_back)
        };
        if newer.into_iter().any(says_so) { Ok(()) } else { Err(error) }
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
