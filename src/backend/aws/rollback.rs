//! Starts deletions and rollbacks.

use aws_sdk_cloudformation::types::DeletionMode;

use super::AwsBackend;
use super::error::{failed, no_stack, protected};
use crate::backend::{BackendError, DeleteOptions, RollbackOptions};

impl AwsBackend {
    /// Starts a stack's deletion.
    pub(super) fn start_deletion(&self, stack: &str, options: &DeleteOptions) -> Result<(), BackendError> {
        let retain = (!options.retain.is_empty()).then(|| options.retain.clone());
        let call = self.client.delete_stack().stack_name(stack).set_retain_resources(retain).set_role_arn(options.role_arn.clone());
        let call = call.set_deletion_mode(options.force.then_some(DeletionMode::ForceDeleteStack));
        self.session
            .block_on(call.client_request_token(token("delete")).send())
            .map(drop)
            .map_err(|error| protected(failed("DeleteStack", error), stack))
    }

    /// Starts the rollback of a failed update that was not rolled back.
    pub(super) fn start_rollback(&self, stack: &str, options: &RollbackOptions) -> Result<(), BackendError> {
        let call = self.client.rollback_stack().stack_name(stack).set_role_arn(options.role_arn.clone());
        let (before, token) = (self.latest_event(stack)?, token("rollback"));
        let sent = self.session.block_on(call.client_request_token(&token).send());
        let started = sent.map(drop).map_err(|error| no_stack("RollbackStack", error, stack));
        started.or_else(|error| self.check_rollback_started(stack, &token, before.as_deref(), error))
    }

    /// Continues a failed rollback.
    pub(super) fn start_continued_rollback(&self, stack: &str, options: &RollbackOptions) -> Result<(), BackendError> {
        let skip = (!options.skip.is_empty()).then(|| options.skip.clone());
        let call =
            self.client.continue_update_rollback().stack_name(stack).set_resources_to_skip(skip).set_role_arn(options.role_arn.clone());
        let (before, token) = (self.latest_event(stack)?, token("continue"));
        let sent = self.session.block_on(call.client_request_token(&token).send());
        let started = sent.map(drop).map_err(|error| no_stack("ContinueUpdateRollback", error, stack));
        started.or_else(|error| self.check_rollback_started(stack, &token, before.as_deref(), error))
    }
}

/// Returns a token for one request, by which CloudFormation recognises retries.
pub(super) fn token(what: &str) -> String {
    let now = jiff::Timestamp::now().as_nanosecond();
    format!("rackform-{what}-{now:x}-{:x}", std::process::id())
}
