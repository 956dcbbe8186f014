//! What happens to a stack, looked at again and again.

use std::time::Duration;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::config::retry::RetryConfig;
use aws_sdk_cloudformation::config::timeout::TimeoutConfig;

use super::error::{failed, is_absent, no_stack};
use super::{AwsBackend, convert};
use crate::backend::{BackendError, EventTail, Progress};
use crate::cloudformation::StackEvent;

/// How long one try of a look may take, so that Ctrl-C is heeded soon even where nobody answers.
const LOOK: Duration = Duration::from_secs(10);

/// How long to wait between two pages, so that a long history does not make a burst of calls.
const PAGE: Duration = Duration::from_millis(250);

/// Returns a client for looks that are repeated anyway: it gives up on one soon, and whoever follows has a patience of their own.
pub(super) fn onlooker(config: &aws_config::SdkConfig) -> Client {
    let attempt = config.timeout_config().and_then(TimeoutConfig::operation_attempt_timeout).map_or(LOOK, |attempt| attempt.min(LOOK));
    let config = aws_sdk_cloudformation::config::Builder::from(config)
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(attempt).build());
    Client::from_conf(config.build())
}

impl AwsBackend {
    /// Tells whether something is being done to a stack.
    pub(super) fn progress(&self, stack: &str) -> Result<Progress, BackendError> {
        let answer = match self.session.block_on(self.onlooker.describe_stacks().stack_name(stack).send()) {
            Ok(answer) => answer,
            Err(error) if is_absent(&error) => return Ok(Progress::Done),
            Err(error) => return Err(failed("DescribeStacks", error)),
        };
        let running = answer.stacks().first().is_some_and(|found| convert::stack(found).status.is_in_progress());
        Ok(if running { Progress::Running } else { Progress::Done })
    }

    /// Returns the events that `tail` has not seen, page by page from the latest back.
    pub(super) fn events_of(&self, stack: &str, tail: &mut EventTail) -> Result<Vec<StackEvent>, BackendError> {
        let events = self.paged(stack, tail, |_| true)?;
        Ok(tail.take(events))
    }

    /// Returns the latest events back to where the last operation began, and the one that a failed rollback follows from.
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

    /// Returns events that are new to a tail, oldest first, as long as `goes_on` says so of the page at hand.
    fn paged(
        &self,
        stack: &str,
        tail: &EventTail,
        mut goes_on: impl FnMut(&[StackEvent]) -> bool,
    ) -> Result<Vec<StackEvent>, BackendError> {
        let mut pages = tail.pages();
        let mut token = None;
        loop {
            let answer = self
                .session
                .block_on(self.onlooker.describe_stack_events().stack_name(stack).set_next_token(token).send())
                .map_err(|error| no_stack("DescribeStackEvents", error, stack))?;
            let page: Vec<StackEvent> = answer.stack_events().iter().map(|event| self.given.event(convert::event(event))).collect();
            let wanted = goes_on(&page);
            let more = pages.take(page) && wanted;
            token = answer.next_token().map(ToOwned::to_owned);
            if !more || token.is_none() {
                return Ok(pages.finish());
            }
            std::thread::sleep(PAGE);
        }
    }
}
