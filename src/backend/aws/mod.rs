//! The backend for CloudFormation in an AWS account, through the SDK.
//!
//! Takes a [`Session`] and the requests of [`Backend`]; returns the types of [`backend`](super), converted from the SDK's types here, so
//! that no other module uses them. Credentials, retries and timeouts belong to [`aws`](crate::aws).

mod change_sets;
mod convert;
mod drift;
mod error;
mod events;
mod hooks;
mod operation_events;
mod refactor;
mod retried;
mod rollback;
mod sent_secrets;
mod ssm_parameters;
mod templates;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::TemplateStage;
use indexmap::IndexMap;

use self::error::{failed, is_absent, no_change_set, no_stack};
use self::sent_secrets::SentSecrets;
pub use self::templates::template_address;
use super::deployed::hide_secret_outputs;
use super::{
    Backend, BackendCapabilities, BackendError, ChangeSetDescription, ChangeSetRequest, DeleteOptions, EventPage, EventQuery, EventTail,
    HookQuery, HookResults, OperationEvents, OperationState, RefactorAction, RefactorDescription, RefactorRequest, ResourceDrift,
    RollbackOptions, SsmParameters, StackDescription, StackResource, StackSummary,
};
use crate::aws::{Identity, Session};
use crate::cloudformation::{StackEvent, StackStatus};

/// Pause between two polls of a change set in creation.
const POLL_PAUSE: Duration = Duration::from_secs(1);

/// CloudFormation in one account and region.
pub struct AwsBackend {
    session: Arc<Session>,
    client: Client,
    /// Secrets in requests, which are masked in responses.
    sent_secrets: SentSecrets,
    /// A client for polls.
    polling_client: Client,
}

impl std::fmt::Debug for AwsBackend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwsBackend").finish_non_exhaustive()
    }
}

impl AwsBackend {
    /// Creates a backend with a session.
    pub fn new(session: Arc<Session>) -> Self {
        Self {
            client: Client::new(session.config()),
            sent_secrets: SentSecrets::default(),
            polling_client: events::polling_client(session.config()),
            session,
        }
    }
}

impl Backend for AwsBackend {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn region(&self) -> String {
        self.session.region().to_owned()
    }

    fn identity(&self) -> Result<Identity, BackendError> {
        Ok(self.session.identity()?.clone())
    }

    fn list_stacks(&self) -> Result<Vec<StackSummary>, BackendError> {
        let pages = self.client.list_stacks().into_paginator().items().send();
        let found = self.session.block_on(pages.collect::<Result<Vec<_>, _>>()).map_err(|error| failed("ListStacks", error))?;
        let mut stacks: Vec<StackSummary> =
            found.iter().map(convert::summary).filter(|stack| stack.status != StackStatus::DeleteComplete).collect();
        stacks.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(stacks)
    }

    fn describe_stack(&self, stack: &str) -> Result<Option<StackDescription>, BackendError> {
        let response = match self.session.block_on(self.client.describe_stacks().stack_name(stack).send()) {
            Ok(response) => response,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(failed("DescribeStacks", error)),
        };
        let Some(found) = response.stacks().first() else { return Ok(None) };
        let mut described = self.sent_secrets.stack(convert::stack(found));
        // A stack in REVIEW_IN_PROGRESS has no template; CloudFormation would respond with a ValidationError.
        if !described.status.is_review() {
            let template = self
                .session
                .block_on(self.client.get_template().stack_name(stack).template_stage(TemplateStage::Original).send())
                .map_err(|error| failed("GetTemplate", error))?;
            described.template = template.template_body().unwrap_or_default().to_owned();
            hide_secret_outputs(&mut described);
        }
        let latest = self
            .session
            .block_on(self.client.describe_stack_events().stack_name(stack).send())
            .map_err(|error| failed("DescribeStackEvents", error))?;
        described.revision = latest.stack_events().first().and_then(|event| event.event_id()).unwrap_or_default().to_owned();
        Ok(Some(described))
    }

    fn list_resources(&self, stack: &str) -> Result<Vec<StackResource>, BackendError> {
        let pages = self.client.list_stack_resources().stack_name(stack).into_paginator().items().send();
        let found =
            self.session.block_on(pages.collect::<Result<Vec<_>, _>>()).map_err(|error| no_stack("ListStackResources", error, stack))?;
        let mut resources: Vec<StackResource> = found.iter().map(convert::resource).filter(|resource| !resource.status.is_gone()).collect();
        resources.sort_by(|a, b| a.logical_id.cmp(&b.logical_id));
        Ok(resources)
    }

    fn list_exports(&self) -> Result<IndexMap<String, String>, BackendError> {
        let pages = self.client.list_exports().into_paginator().items().send();
        let found = self.session.block_on(pages.collect::<Result<Vec<_>, _>>()).map_err(|error| failed("ListExports", error))?;
        let mut exports: IndexMap<String, String> =
            found.iter().filter_map(|export| Some((export.name()?.to_owned(), export.value()?.to_owned()))).collect();
        exports.sort_keys();
        Ok(exports)
    }

    fn create_change_set(&self, request: &ChangeSetRequest) -> Result<String, BackendError> {
        self.start_change_set(request)
    }

    fn list_change_sets(&self, stack: &str) -> Result<Vec<String>, BackendError> {
        self.change_set_names(stack)
    }

    fn pause(&self) {
        std::thread::sleep(POLL_PAUSE);
    }

    fn stack_policy(&self, stack: &str) -> Result<Option<String>, BackendError> {
        let response = self
            .session
            .block_on(self.client.get_stack_policy().stack_name(stack).send())
            .map_err(|error| no_stack("GetStackPolicy", error, stack))?;
        Ok(response.stack_policy_body().map(ToOwned::to_owned))
    }

    fn set_stack_policy(&self, stack: &str, policy: &str) -> Result<(), BackendError> {
        self.session
            .block_on(self.client.set_stack_policy().stack_name(stack).stack_policy_body(policy).send())
            .map(drop)
            .map_err(|error| no_stack("SetStackPolicy", error, stack))
    }

    fn describe_change_set(&self, stack: &str, change_set: &str) -> Result<ChangeSetDescription, BackendError> {
        let mut changes = Vec::new();
        let mut token = None;
        loop {
            let response = self
                .session
                .block_on(
                    self.client
                        .describe_change_set()
                        .stack_name(stack)
                        .change_set_name(change_set)
                        .include_property_values(true)
                        .set_next_token(token)
                        .send(),
                )
                .map_err(|error| no_change_set("DescribeChangeSet", error, stack, change_set))?;
            for change in response.changes() {
                changes.extend(convert::change(change)?);
            }
            token = response.next_token().map(ToOwned::to_owned);
            if token.is_none() {
                return Ok(self.sent_secrets.change_set(convert::change_set(&response, changes)));
            }
        }
    }

    fn execute_change_set(&self, stack: &str, change_set: &str) -> Result<(), BackendError> {
        self.start_execution(stack, change_set)
    }

    fn delete_change_set(&self, stack: &str, change_set: &str) -> Result<(), BackendError> {
        self.delete_change_set_and_review(stack, change_set)
    }

    fn delete_stack(&self, stack: &str, options: &DeleteOptions) -> Result<(), BackendError> {
        self.start_deletion(stack, options)
    }

    fn continue_update_rollback(&self, stack: &str, options: &RollbackOptions) -> Result<(), BackendError> {
        self.start_continued_rollback(stack, options)
    }

    fn rollback_stack(&self, stack: &str, options: &RollbackOptions) -> Result<(), BackendError> {
        self.start_rollback(stack, options)
    }

    fn create_refactor(&self, request: &RefactorRequest) -> Result<String, BackendError> {
        self.start_refactor(request)
    }

    fn describe_refactor(&self, id: &str) -> Result<RefactorDescription, BackendError> {
        self.read_refactor(id)
    }

    fn refactor_actions(&self, id: &str) -> Result<Vec<RefactorAction>, BackendError> {
        self.read_refactor_actions(id)
    }

    fn execute_refactor(&self, id: &str) -> Result<(), BackendError> {
        self.start_refactor_execution(id)
    }

    fn detect_drift(&self, stack: &str) -> Result<Vec<ResourceDrift>, BackendError> {
        self.find_drift(stack)
    }

    fn ssm_parameters(&self, names: &[String]) -> Result<Option<SsmParameters>, BackendError> {
        ssm_parameters::ssm_parameters(&self.session, names).map(Some)
    }

    fn cancel_update(&self, stack: &str) -> Result<(), BackendError> {
        self.session
            .block_on(self.client.cancel_update_stack().stack_name(stack).send())
            .map(drop)
            .map_err(|error| failed("CancelUpdateStack", error))
    }

    fn set_termination_protection(&self, stack: &str, on: bool) -> Result<(), BackendError> {
        self.session
            .block_on(self.client.update_termination_protection().stack_name(stack).enable_termination_protection(on).send())
            .map(drop)
            .map_err(|error| no_stack("UpdateTerminationProtection", error, stack))
    }

    fn capabilities(&self) -> BackendCapabilities {
        BackendCapabilities {
            runs_in_background: true,
            confirms_plans: true,
            uploads_templates: true,
            supports_stack_options: true,
            has_express_mode: true,
            detects_drift: true,
        }
    }

    fn advance(&self, stack: &str) -> Result<OperationState, BackendError> {
        self.operation_state(stack)
    }

    fn list_events(&self, stack: &str, after: Option<&str>) -> Result<EventPage, BackendError> {
        // CloudFormation pages from the latest back, so everything since `after` is one page here.
        let mut tail = EventTail::after(after.map(ToOwned::to_owned));
        Ok(EventPage { events: self.new_events(stack, &mut tail)?, more: false })
    }

    fn recent_events(&self, stack: &str) -> Result<Vec<StackEvent>, BackendError> {
        self.latest_events(stack)
    }

    fn operation_events(&self, query: &EventQuery<'_>) -> Result<OperationEvents, BackendError> {
        self.events_of_operations(query)
    }

    fn hook_results(&self, query: HookQuery<'_>) -> HookResults {
        self.results_of_hooks(query)
    }

    fn new_events(&self, stack: &str, tail: &mut EventTail) -> Result<Vec<StackEvent>, BackendError> {
        self.events_of(stack, tail)
    }
}
