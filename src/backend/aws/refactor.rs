//! Stack refactorings. Creating one changes nothing, so a lost response is harmless; executing one twice is not, so its status decides.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackRefactor.html>

use aws_sdk_cloudformation::types::{self as sdk, StackRefactorActionEntity, StackRefactorActionType};

use super::AwsBackend;
use super::error::failed;
use super::retried::unknown_start;
use super::templates::Templates;
use crate::aws::RequestError;
use crate::backend::{Backend as _, BackendError, ChangeSetRequest, RefactorAction, RefactorDescription, RefactorRequest, StackDefinition};
use crate::cloudformation::{
    INLINE_TEMPLATE_LIMIT_BYTES, ResourceLocation, ResourceMapping, StackRefactorExecutionStatus, StackRefactorStatus,
};

/// The description of rackform's refactorings.
const DESCRIPTION: &str = "rackform refactor";

impl AwsBackend {
    /// Creates a stack refactoring and returns its ID.
    pub(super) fn start_refactor(&self, request: &RefactorRequest) -> Result<String, BackendError> {
        let mut call = self
            .client
            .create_stack_refactor()
            .description(DESCRIPTION)
            .enable_stack_creation(request.stacks.iter().any(|stack| stack.is_new))
            .set_resource_mappings(Some(request.mappings.iter().map(mapping).collect()));
        for stack in &request.stacks {
            call = call.stack_definitions(self.definition(stack, request)?);
        }
        let response = self.session.block_on(call.send()).map_err(|error| failed("CreateStackRefactor", error))?;
        response.stack_refactor_id().map(ToOwned::to_owned).ok_or_else(|| incomplete("CreateStackRefactor"))
    }

    fn definition(&self, stack: &StackDefinition, request: &RefactorRequest) -> Result<sdk::StackDefinition, BackendError> {
        let definition = sdk::StackDefinition::builder().stack_name(&stack.name);
        if stack.template.len() <= INLINE_TEMPLATE_LIMIT_BYTES {
            return Ok(definition.template_body(&stack.template).build());
        }
        let resources = if stack.is_new { Vec::new() } else { self.list_resources(&stack.name)? };
        let upload = ChangeSetRequest {
            stack: stack.name.clone(),
            template: stack.template.clone(),
            options: request.options.clone(),
            ..ChangeSetRequest::default()
        };
        Ok(definition.template_url(Templates::new(&self.session)?.upload(&upload, &resources)?).build())
    }

    /// Returns a stack refactoring.
    pub(super) fn read_refactor(&self, id: &str) -> Result<RefactorDescription, BackendError> {
        let call = self.client.describe_stack_refactor().stack_refactor_id(id);
        let found = self.session.block_on(call.send()).map_err(|error| failed("DescribeStackRefactor", error))?;
        Ok(RefactorDescription {
            id: id.to_owned(),
            status: found.status().map(|status| StackRefactorStatus::from(status.as_str())).unwrap_or_default(),
            status_reason: found.status_reason().map(ToOwned::to_owned),
            execution_status: found
                .execution_status()
                .map(|status| StackRefactorExecutionStatus::from(status.as_str()))
                .unwrap_or_default(),
            execution_status_reason: found.execution_status_reason().map(ToOwned::to_owned),
        })
    }

    /// Returns what executing a stack refactoring would do.
    pub(super) fn read_refactor_actions(&self, id: &str) -> Result<Vec<RefactorAction>, BackendError> {
        let pages = self.client.list_stack_refactor_actions().stack_refactor_id(id).into_paginator().items().send();
        let found =
            self.session.block_on(pages.collect::<Result<Vec<_>, _>>()).map_err(|error| failed("ListStackRefactorActions", error))?;
        Ok(found.iter().filter_map(action).collect())
    }

    /// Starts to execute a stack refactoring. The request has no token: after an error, the status shows whether it was processed.
    pub(super) fn start_refactor_execution(&self, id: &str) -> Result<(), BackendError> {
        let call = self.client.execute_stack_refactor().stack_refactor_id(id);
        let Err(error) = self.session.block_on(call.send()) else { return Ok(()) };
        let error = failed("ExecuteStackRefactor", error);
        match self.read_refactor(id) {
            Ok(found) if found.execution_status.is_started() => Ok(()),
            Ok(_) => Err(error),
            Err(_) => Err(unknown_start(error)),
        }
    }
}

fn incomplete(operation: &'static str) -> BackendError {
    RequestError::Request { operation, code: None, message: "the response has no ID".to_owned() }.into()
}

fn mapping(mapping: &ResourceMapping) -> sdk::ResourceMapping {
    let location = |location: &ResourceLocation| {
        sdk::ResourceLocation::builder().stack_name(&location.stack_name).logical_resource_id(&location.logical_resource_id).build()
    };
    sdk::ResourceMapping::builder().source(location(&mapping.source)).destination(location(&mapping.destination)).build()
}

/// Returns the name in a stack's name or ID: actions have either.
fn stack_name(stack: &str) -> &str {
    if stack.starts_with("arn:") { stack.split('/').nth(1).unwrap_or(stack) } else { stack }
}

fn location(found: Option<&sdk::ResourceLocation>) -> Option<ResourceLocation> {
    let found = found?;
    Some(ResourceLocation::new(stack_name(found.stack_name()?), found.logical_resource_id()?))
}

/// Converts an action; `None` if it changes nothing.
fn action(found: &sdk::StackRefactorAction) -> Option<RefactorAction> {
    let mapping = found.resource_mapping();
    let moved = mapping
        .and_then(|mapping| Some(ResourceMapping { source: location(mapping.source())?, destination: location(mapping.destination())? }));
    match (found.entity(), found.action(), moved) {
        (Some(StackRefactorActionEntity::Resource), Some(StackRefactorActionType::Move), Some(moved)) => {
            (moved.source != moved.destination).then_some(RefactorAction::Move(moved))
        }
        (Some(StackRefactorActionEntity::Stack), Some(StackRefactorActionType::Create), _) => {
            let name = mapping.and_then(|mapping| mapping.destination()?.stack_name()).or(found.physical_resource_id());
            Some(RefactorAction::CreateStack(stack_name(name.unwrap_or_default()).to_owned()))
        }
        (entity, action, _) => {
            let entity = entity.map_or("", StackRefactorActionEntity::as_str);
            let action = action.map_or("", StackRefactorActionType::as_str);
            let id = found.physical_resource_id().unwrap_or_default();
            Some(RefactorAction::Other(format!("unknown action {action} on {entity} {id}")))
        }
    }
}
