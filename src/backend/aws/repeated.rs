//! Requests that were sent more than once, since no answer came: whether what they ask for happened all the same.
//!
//! The SDK tries a call again that was cut off or not answered in time, and CloudFormation may have heard it the first time. Doing it twice,
//! or telling that it failed, would both be wrong.

use std::time::Duration;

use super::AwsBackend;
use super::error::{failed, no_change_set};
use super::recovery::token;
use crate::backend::BackendError;

/// How often it is looked whether something began, and how long to wait in between: an event may come a moment later.
const LOOKS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(500);

impl AwsBackend {
    /// Starts to execute a change set, once, however often the request has to be sent.
    pub(super) fn start_execution(&self, stack: &str, change_set: &str) -> Result<(), BackendError> {
        let token = token("execute");
        let call = self.client.execute_change_set().stack_name(stack).change_set_name(change_set).client_request_token(&token);
        let Err(error) = self.session.block_on(call.send()) else { return Ok(()) };
        let error = no_change_set("ExecuteChangeSet", error, stack, change_set);
        if !may_have_been_heard(&error) {
            return Err(error);
        }
        for _ in 0..LOOKS {
            match self.bears(stack, &token) {
                Ok(true) => return Ok(()),
                Ok(false) => std::thread::sleep(PAUSE),
                Err(_) => return Err(unsure(error)),
            }
        }
        Err(error)
    }

    /// Tells whether a change set is there although the request to make it was not answered.
    pub(super) fn was_made(&self, error: &BackendError, stack: &str, change_set: &str) -> bool {
        use crate::backend::Backend as _;
        may_have_been_heard(error) && self.describe_change_set(stack, change_set).is_ok()
    }

    /// Tells whether the latest events of a stack bear a request's token: CloudFormation gives it to every event of what the request began.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html>
    fn bears(&self, stack: &str, token: &str) -> Result<bool, BackendError> {
        let answer = self
            .session
            .block_on(self.client.describe_stack_events().stack_name(stack).send())
            .map_err(|error| failed("DescribeStackEvents", error))?;
        Ok(answer.stack_events().iter().any(|event| event.client_request_token() == Some(token)))
    }
}

/// Tells whether an error may be the answer to the second request where the first was heard, or no answer to either.
fn may_have_been_heard(error: &BackendError) -> bool {
    const SAID_TO_THE_SECOND: [&str; 4] =
        ["AlreadyExistsException", "InvalidChangeSetStatus", "InvalidChangeSetStatusException", "OperationInProgressException"];
    error.is_passing()
        || matches!(error, BackendError::ChangeSetNotFound { .. })
        || matches!(error, BackendError::Request { code: Some(code), .. } if SAID_TO_THE_SECOND.contains(&code.as_str()))
}

fn unsure(error: BackendError) -> BackendError {
    let say = |message: String| format!("{message}; whether it began could not be asked: `rackform status` tells where the stack is");
    match error {
        BackendError::Request { operation, code, message } => BackendError::Request { operation, code, message: say(message) },
        other => other,
    }
}
