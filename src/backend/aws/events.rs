//! Polls a stack's events and status.

use std::time::Duration;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::config::retry::RetryConfig;
use aws_sdk_cloudformation::config::timeout::TimeoutConfig;

use super::error::{failed, is_absent, no_stack};
use super::{AwsBackend, convert};
use crate::backend::{BackendError, EventTail, OperationState};
use crate::cloudformation::StackEvent;

/// Time limit of one attempt of a poll, so that Ctrl-C takes effect soon even if AWS does not respond.
const POLL_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause between two pages, so that a long history does not cause a burst of calls.
const PAGE_PAUSE: Duration = Duration::from_millis(250);

/// Returns a client for polls, which are repeated anyway: it gives up soon, because the follower retries with its own schedule.
pub(super) fn polling_client(config: &aws_config::SdkConfig) -> Client {
    let attempt = config
        .timeout_config()
        .and_then(TimeoutConfig::operation_attempt_timeout)
        .map_or(POLL_TIMEOUT, |attempt| attempt.min(POLL_TIMEOUT));
    let config = aws_sdk_cloudformation::config::Builder::from(config)
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(attempt).build());
    Client::from_conf(config.build())
}

impl AwsBackend {
    /// Returns whether an operation on a stack is in progress.
    pub(super) fn operation_state(&self, stack: &str) -> Result<OperationState, BackendError> {
        let response = match self.session.block_on(self.polling_client.describe_stacks().stack_name(stack).send()) {
            Ok(response) => response,
            Err(error) if is_absent(&error) => return Ok(OperationState::Done),
            Err(error) => return Err(failed("DescribeStacks", error)),
        };
        let running = response.stacks().first().is_some_and(|found| convert::stack(found).status.is_in_progress());
        Ok(if running { OperationState::Running } else { OperationState::Done })
    }

    /// Returns the events that `tail` has not seen, page by page from the latest back.
    pub(super) fn events_of(&self, stack: &str, tail: &mut EventTail) -> Result<Vec<StackEvent>, BackendError> {
        let events = self.paged(stack, tail, |_| true)?;
        Ok(tail.add(events))
    }

    /// Returns the latest events, back to the start of the last operation and of the operation that it rolls back.
    pub(super) fn latest_events(&self, stack: &str) -> Result<Vec<StackEvent>, BackendError> {
        let mut is_within = false;
        self.paged(stack, &EventTail::default(), |page| {
            for event in page.iter().filter(|event| event.is_of_stack()) {
                if event.status.is_in_progress() {
                    is_within = true;
                } else if is_within && !event.status.is_failed() {
                    return false;
                }
            }
            true
        })
    }

    /// Returns the events that `tail` has not seen, oldest first, page by page until `wants_more` returns false for a page.
    fn paged(
        &self,
        stack: &str,
        tail: &EventTail,
        mut wants_more: impl FnMut(&[StackEvent]) -> bool,
    ) -> Result<Vec<StackEvent>, BackendError> {
        let mut pages = tail.pages();
        let mut token = None;
        loop {
            let response = self
                .session
                .block_on(self.polling_client.describe_stack_events().stack_name(stack).set_next_token(token).send())
                .map_err(|error| no_stack("DescribeStackEvents", error, stack))?;
            let page: Vec<StackEvent> =
                response.stack_events().iter().map(|event| self.sent_secrets.event(convert::event(event))).collect();
            let wanted = wants_more(&page);
            let more = pages.add(page) && wanted;
            token = response.next_token().map(ToOwned::to_owned);
            if !more || token.is_none() {
                return Ok(pages.finish());
            }
            std::thread::sleep(PAGE_PAUSE);
        }
    }
}
