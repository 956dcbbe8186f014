//! Creates, executes and deletes change sets. Each call may be retried after a lost response, and still takes effect once.

use aws_sdk_cloudformation::types::{self as sdk, ChangeSetType};

use super::error::{failed, is_absent, no_change_set};
use super::retried::{may_have_been_processed, unknown_start};
use super::templates::Templates;
use super::{AwsBackend, convert};
use crate::backend::{Backend as _, BackendError, ChangeSetRequest};
use crate::cloudformation::{ChangeSetStatus, ExecutionStatus, INLINE_TEMPLATE_LIMIT_BYTES, StackStatus, parse_rollback_alarm};
use crate::unique::unique_token;

/// Polls until a stack shows a started operation, or that it is deleted, about a second apart.
const POLLS: usize = 30;

/// Polls until it is known whether a call without a response was processed, about a second apart.
const RETRY_POLLS: usize = 4;

/// The ID and status of an existing stack.
struct ExistingStack {
    id: String,
    status: StackStatus,
}

impl AwsBackend {
    fn existing_stack(&self, stack: &str) -> Result<Option<ExistingStack>, BackendError> {
        match self.session.block_on(self.client.describe_stacks().stack_name(stack).send()) {
            Ok(response) => Ok(response.stacks().first().map(|found| ExistingStack {
                id: found.stack_id().unwrap_or(stack).to_owned(),
                status: found.stack_status().map(|status| StackStatus::from(status.as_str())).unwrap_or_default(),
            })),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(failed("DescribeStacks", error)),
        }
    }

    /// Requests a change set and returns its ID.
    pub(super) fn start_change_set(&self, request: &ChangeSetRequest) -> Result<String, BackendError> {
        self.sent_secrets.add(request);
        // A stack that consists only of a change set does not exist yet: the next change set has the type CREATE too.
        let present = self.existing_stack(&request.stack)?.filter(|present| !present.status.is_review());
        let is_import = !request.imports.is_empty();
        let kind = match present {
            _ if is_import => ChangeSetType::Import,
            Some(_) => ChangeSetType::Update,
            None => ChangeSetType::Create,
        };
        let options = &request.options;
        let alarm = |text: &String| {
            let (arn, alarm_type) = parse_rollback_alarm(text);
            sdk::RollbackTrigger::builder().arn(arn).r#type(alarm_type).build()
        };
        let rollback = (!options.rollback_alarms.is_empty() || options.rollback_monitoring_minutes.is_some()).then(|| {
            sdk::RollbackConfiguration::builder()
                // An empty list would remove the existing triggers.
                .set_rollback_triggers((!options.rollback_alarms.is_empty()).then(|| options.rollback_alarms.iter().map(alarm).collect()))
                .set_monitoring_time_in_minutes(options.rollback_monitoring_minutes.and_then(|minutes| i32::try_from(minutes).ok()))
                .build()
        });
        // An empty list removes the stack's tags; without a list they stay.
        let tags = ((!request.tags.is_empty() && !is_import) || kind == ChangeSetType::Update).then(|| convert::tags(&request.tags));
        let mut call = self
            .client
            .create_change_set()
            .stack_name(&request.stack)
            .change_set_name(&request.name)
            .client_token(token(&unique_token()))
            .change_set_type(kind)
            .set_parameters(Some(convert::parameters(&request.parameters)))
            .set_tags(tags)
            .set_capabilities(Some(convert::capabilities(&options.capabilities)))
            .set_role_arn(options.role_arn.clone())
            .set_notification_arns(options.notification_topics.clone())
            // A new stack cannot have drifted.
            .set_deployment_mode(options.deployment_mode.filter(|_| present.is_some()).map(convert::deployment_mode))
            .set_deployment_config(options.express.then(convert::express))
            .set_on_stack_failure(options.on_failure.map(convert::on_failure))
            .set_rollback_configuration(rollback)
            .set_resources_to_import(is_import.then(|| convert::resources_to_import(&request.imports)));
        call = if request.template.len() <= INLINE_TEMPLATE_LIMIT_BYTES {
            call.template_body(&request.template)
        } else {
            let resources = match &present {
                Some(present) => self.list_resources(&present.id)?,
                None => Vec::new(),
            };
            call.template_url(Templates::new(&self.session)?.upload(request, &resources)?)
        };
        match self.session.block_on(call.send()).map_err(|error| failed("CreateChangeSet", error)) {
            Ok(response) => Ok(response.id().unwrap_or(&request.name).to_owned()),
            // The first response was lost. The name is unique, so an existing change set is this one.
            Err(error) if may_have_been_processed(&error) => {
                self.describe_change_set(&request.stack, &request.name).map(|found| found.id).map_err(|_| error)
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the names of a stack's change sets, without those that are being deleted.
    pub(super) fn change_set_names(&self, stack: &str) -> Result<Vec<String>, BackendError> {
        Ok(self.change_sets(stack)?.into_iter().map(|(name, _)| name).collect())
    }

    /// Returns the names of a stack's change sets, and whether each is still being created.
    fn change_sets(&self, stack: &str) -> Result<Vec<(String, bool)>, BackendError> {
        let pages = self.client.list_change_sets().stack_name(stack).into_paginator().items().send();
        match self.session.block_on(pages.collect::<Result<Vec<_>, _>>()) {
            Ok(found) => Ok(found
                .iter()
                .filter_map(|summary| {
                    let status = summary.status().map(|status| ChangeSetStatus::from(status.as_str())).unwrap_or_default();
                    let name = summary.change_set_name()?.to_owned();
                    (!status.is_deletion()).then_some((name, status.is_pending()))
                })
                .collect()),
            Err(error) if is_absent(&error) => Ok(Vec::new()),
            Err(error) => Err(failed("ListChangeSets", error)),
        }
    }

    /// Starts to execute a change set, and waits until the stack shows it: until then its status looks final.
    pub(super) fn start_execution(&self, stack: &str, change_set: &str) -> Result<(), BackendError> {
        let before = self.latest_event(stack)?;
        let token = token(change_set);
        let call = self.client.execute_change_set().stack_name(stack).change_set_name(change_set).client_request_token(&token);
        if let Err(error) = self.session.block_on(call.send()) {
            let error = no_change_set("ExecuteChangeSet", error, stack, change_set);
            if !may_have_been_processed(&error) {
                return Err(error);
            }
            return self.check_execution_started(stack, change_set, &token, before.as_deref(), error);
        }
        for _ in 0..POLLS {
            match self.latest_event(stack) {
                Ok(latest) if latest != before => return Ok(()),
                Ok(_) => {}
                Err(error) if error.is_transient() => {}
                Err(error) => return Err(error),
            }
            self.pause();
        }
        // The request was accepted; the follower polls further.
        Ok(())
    }

    /// Checks whether a change set is being executed although the response was an error or was lost.
    fn check_execution_started(
        &self,
        stack: &str,
        change_set: &str,
        token: &str,
        before: Option<&str>,
        error: BackendError,
    ) -> Result<(), BackendError> {
        for _ in 0..RETRY_POLLS {
            if self.has_events_of(stack, token).unwrap_or(false) {
                return Ok(());
            }
            match self.describe_change_set(stack, change_set) {
                Ok(found) if found.execution_status.is_started() => return Ok(()),
                Ok(found) if found.execution_status == ExecutionStatus::Obsolete => {
                    return Err(BackendError::ChangeSetObsolete { stack: stack.to_owned(), change_set: found.name });
                }
                // It can still be executed: the call may still be in transit.
                Ok(_) => {}
                // After execution it may be deleted, and the stack has a newer event.
                Err(BackendError::ChangeSetNotFound { .. }) => match self.latest_event(stack) {
                    Ok(latest) if latest.as_deref() != before => return Ok(()),
                    Ok(_) => {}
                    Err(_) => return Err(unknown_start(error)),
                },
                Err(_) => return Err(unknown_start(error)),
            }
            self.pause();
        }
        Err(error)
    }

    pub(super) fn latest_event(&self, stack: &str) -> Result<Option<String>, BackendError> {
        let response = self
            .session
            .block_on(self.client.describe_stack_events().stack_name(stack).send())
            .map_err(|error| failed("DescribeStackEvents", error))?;
        Ok(response.stack_events().first().and_then(|event| event.event_id()).map(ToOwned::to_owned))
    }

    /// Deletes a change set, and the stack if it was created only for it.
    pub(super) fn delete_change_set_and_review(&self, stack: &str, change_set: &str) -> Result<(), BackendError> {
        // A stack that was created only for the change set is deleted with it at once, so that an interruption leaves neither behind. That
        // is impossible while the change set is being created.
        if let Some(present) = self.existing_stack(stack)?.filter(|present| present.status.is_review())
            && let [(name, is_pending)] = self.change_sets(&present.id)?.as_slice()
            && is_name_of(name, change_set)
            && !is_pending
            && self.delete_review(&present).is_ok()
        {
            return self.wait_until_deleted(stack);
        }
        let deleted = self
            .session
            .block_on(self.client.delete_change_set().stack_name(stack).change_set_name(change_set).send())
            .map(drop)
            .map_err(|error| no_change_set("DeleteChangeSet", error, stack, change_set));
        if !matches!(deleted, Ok(()) | Err(BackendError::ChangeSetNotFound { .. })) {
            return deleted;
        }
        // A stack that consists only of this change set would stay in REVIEW_IN_PROGRESS; with another change set, it is in use.
        for _ in 0..POLLS {
            let Some(present) = self.existing_stack(stack)?.filter(|present| present.status.is_review()) else { return deleted };
            let others = self.change_set_names(&present.id)?;
            if others.iter().any(|name| !is_name_of(name, change_set)) {
                return deleted;
            }
            if others.is_empty() {
                self.delete_review(&present)?;
            }
            self.pause();
        }
        deleted
    }

    /// Deletes a stack that consists only of change sets.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html>
    fn delete_review(&self, present: &ExistingStack) -> Result<(), BackendError> {
        let call = self.client.delete_stack().stack_name(&present.id).client_request_token(token(&present.id));
        self.session.block_on(call.send()).map(drop).map_err(|error| failed("DeleteStack", error))
    }

    fn wait_until_deleted(&self, stack: &str) -> Result<(), BackendError> {
        for _ in 0..POLLS {
            if self.existing_stack(stack)?.is_none() {
                break;
            }
            self.pause();
        }
        Ok(())
    }
}

/// Returns whether `change_set`, a name or ID, is the change set with this name.
fn is_name_of(name: &str, change_set: &str) -> bool {
    name == change_set || change_set.contains(&format!("/{name}/"))
}

/// Returns a token that identifies an operation in all retries: letters, digits and hyphens.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html>
fn token(of: &str) -> String {
    let last: String = of.rsplit('/').next().unwrap_or(of).chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("rackform-{last}").chars().take(128).collect()
}
