//! Converts SDK types to the backend's types, and back.

use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::primitives::{DateTime, DateTimeFormat};
use aws_sdk_cloudformation::types::{self as sdk};
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::aws::RequestError;
use crate::backend::{BackendError, ChangeSetDescription, Drift, ParameterInput, StackDescription, StackResource, StackSummary};
use crate::cloudformation::{
    Capability, Change, ChangeSetStatus, DeploymentMode, ExecutionStatus, HookProgress, HookStatus, OnFailure, ResourceStatus,
    StackDriftStatus, StackEvent, StackStatus,
};
use crate::plan::ResourceImport;
use crate::secret::MASKED;

pub(super) fn stack(stack: &sdk::Stack) -> StackDescription {
    StackDescription {
        name: text(stack.stack_name()),
        id: text(stack.stack_id()),
        status: stack.stack_status().map(|status| StackStatus::from(status.as_str())).unwrap_or_default(),
        status_reason: stack.stack_status_reason().filter(|reason| !reason.is_empty()).map(ToOwned::to_owned),
        parameters: stack
            .parameters()
            .iter()
            .filter_map(|parameter| {
                let value = parameter.parameter_value().filter(|value| *value != MASKED).map(ToOwned::to_owned);
                Some((parameter.parameter_key()?.to_owned(), value))
            })
            .collect(),
        ssm: stack
            .parameters()
            .iter()
            .filter_map(|parameter| Some((parameter.parameter_value()?.to_owned(), parameter.resolved_value()?.to_owned())))
            .collect(),
        outputs: stack
            .outputs()
            .iter()
            .filter_map(|output| Some((output.output_key()?.to_owned(), output.output_value()?.to_owned())))
            .collect(),
        tags: stack.tags().iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()))).collect(),
        template: String::new(),
        revision: String::new(),
        created: time(stack.creation_time()),
        updated: stack.last_updated_time().map(|at| time(Some(at))),
        termination_protection: stack.enable_termination_protection().unwrap_or(false),
        drift: stack.drift_information().map(|drift| Drift {
            status: drift.stack_drift_status().map(|status| StackDriftStatus::from(status.as_str())).unwrap_or_default(),
            checked: drift.last_check_timestamp().map(|at| time(Some(at))),
        }),
        role_arn: stack.role_arn().filter(|arn| !arn.is_empty()).map(ToOwned::to_owned),
        notification_topics: stack.notification_arns().to_vec(),
        rollback_alarms: stack
            .rollback_configuration()
            .map(|found| found.rollback_triggers().iter().map(alarm).collect())
            .unwrap_or_default(),
        rollback_monitoring_minutes: stack
            .rollback_configuration()
            .and_then(|found| found.monitoring_time_in_minutes())
            .and_then(|minutes| u32::try_from(minutes).ok()),
    }
}

fn alarm(trigger: &sdk::RollbackTrigger) -> String {
    crate::cloudformation::rollback_alarm(trigger.arn().unwrap_or_default(), trigger.r#type().unwrap_or_default())
}

pub(super) fn summary(stack: &sdk::StackSummary) -> StackSummary {
    StackSummary {
        name: text(stack.stack_name()),
        id: text(stack.stack_id()),
        status: stack.stack_status().map(|status| StackStatus::from(status.as_str())).unwrap_or_default(),
        updated: time(stack.last_updated_time().or(stack.creation_time())),
    }
}

pub(super) fn resource(resource: &sdk::StackResourceSummary) -> StackResource {
    StackResource {
        logical_id: text(resource.logical_resource_id()),
        physical_id: text(resource.physical_resource_id()),
        resource_type: text(resource.resource_type()),
        status: resource.resource_status().map(|status| ResourceStatus::from(status.as_str())).unwrap_or_default(),
        // CloudFormation does not return them.
        properties: Value::Null,
        attributes: IndexMap::new(),
    }
}

pub(super) fn event(event: &sdk::StackEvent) -> StackEvent {
    StackEvent {
        id: text(event.event_id()),
        timestamp: time(event.timestamp()),
        logical_id: text(event.logical_resource_id()),
        physical_id: given(event.physical_resource_id()),
        resource_type: text(event.resource_type()),
        status: event.resource_status().map(|status| ResourceStatus::from(status.as_str())).unwrap_or_default(),
        status_reason: given(event.resource_status_reason()),
        operation_id: given(event.operation_id()),
        client_request_token: given(event.client_request_token()),
        detailed_status: event.detailed_status().map(|status| status.as_str().to_owned()),
        hook: event.hook_type().map(|hook_type| HookProgress {
            hook_type: hook_type.to_owned(),
            status: event.hook_status().map(|status| HookStatus::from(status.as_str())).unwrap_or_default(),
            reason: event.hook_status_reason().map(ToOwned::to_owned),
            failure_mode: event.hook_failure_mode().map(|mode| mode.as_str().to_owned()),
            invocation_id: given(event.hook_invocation_id()),
        }),
    }
}

pub(super) fn change_set(response: &DescribeChangeSetOutput, changes: Vec<Change>) -> ChangeSetDescription {
    ChangeSetDescription {
        name: text(response.change_set_name()),
        id: text(response.change_set_id()),
        status: response.status().map(|status| ChangeSetStatus::from(status.as_str())).unwrap_or_default(),
        execution_status: response.execution_status().map(|status| ExecutionStatus::from(status.as_str())).unwrap_or_default(),
        status_reason: response.status_reason().map(ToOwned::to_owned),
        changes,
    }
}

pub(super) fn parameters(parameters: &IndexMap<String, ParameterInput>) -> Vec<sdk::Parameter> {
    parameters
        .iter()
        .map(|(name, input)| {
            let parameter = sdk::Parameter::builder().parameter_key(name);
            match input {
                ParameterInput::Value(value) => parameter.parameter_value(value),
                ParameterInput::UsePrevious => parameter.use_previous_value(true),
            }
            .build()
        })
        .collect()
}

pub(super) fn capabilities(capabilities: &[Capability]) -> Vec<sdk::Capability> {
    capabilities.iter().map(|capability| sdk::Capability::from(capability.name())).collect()
}

pub(super) fn on_failure(choice: OnFailure) -> sdk::OnStackFailure {
    match choice {
        OnFailure::Rollback => sdk::OnStackFailure::Rollback,
        OnFailure::Delete => sdk::OnStackFailure::Delete,
        OnFailure::DoNothing => sdk::OnStackFailure::DoNothing,
    }
}

/// Returns the configuration of the express mode.
pub(super) fn express() -> sdk::DeploymentConfig {
    sdk::DeploymentConfig::builder().mode(sdk::DeploymentConfigMode::Express).build()
}

pub(super) fn deployment_mode(mode: DeploymentMode) -> sdk::DeploymentMode {
    match mode {
        DeploymentMode::RevertDrift => sdk::DeploymentMode::RevertDrift,
    }
}

/// Returns the resources to import.
pub(super) fn resources_to_import(imports: &[ResourceImport]) -> Vec<sdk::ResourceToImport> {
    let resource = |import: &ResourceImport| {
        sdk::ResourceToImport::builder()
            .resource_type(&import.resource_type)
            .logical_resource_id(&import.logical_resource_id)
            .set_resource_identifier(Some(import.resource_identifier.clone().into_iter().collect()))
            .build()
    };
    imports.iter().map(resource).collect()
}

pub(super) fn tags(tags: &IndexMap<String, String>) -> Vec<sdk::Tag> {
    tags.iter().map(|(key, value)| sdk::Tag::builder().key(key).value(value).build()).collect()
}

/// Converts a change through the JSON format that both sides document; returns `None` for a change without a resource, such as a hook.
///
/// Unknown values are kept as text; the comparison with a plan decides about them.
///
/// # Errors
///
/// Returns an error if a change lacks its resource or its action.
pub(super) fn change(change: &sdk::Change) -> Result<Option<Change>, BackendError> {
    let Some(resource) = change.resource_change() else { return Ok(None) };
    let mut object = Map::new();
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            object.insert(name.to_owned(), Value::from(value));
        }
    };
    put("PolicyAction", resource.policy_action().map(sdk::PolicyAction::as_str));
    put("Action", resource.action().map(sdk::ChangeAction::as_str));
    put("LogicalResourceId", resource.logical_resource_id());
    put("PhysicalResourceId", resource.physical_resource_id());
    put("ResourceType", resource.resource_type());
    put("Replacement", resource.replacement().map(sdk::Replacement::as_str));
    put("ResourceDriftStatus", resource.resource_drift_status().map(sdk::StackResourceDriftStatus::as_str));
    object.insert("Scope".to_owned(), resource.scope().iter().map(sdk::ResourceAttribute::as_str).collect());
    object.insert("Details".to_owned(), resource.details().iter().map(detail).collect());
    let contexts = [
        ("BeforeContext", resource.before_context()),
        ("AfterContext", resource.after_context()),
        ("PreviousDeploymentContext", resource.previous_deployment_context()),
    ];
    for (name, context) in contexts {
        if let Some(context) = context {
            object.insert(name.to_owned(), serde_json::from_str(context).unwrap_or_else(|_| Value::from(context)));
        }
    }
    let kind = change.r#type().map_or("Resource", sdk::ChangeType::as_str);
    serde_json::from_value(json!({ "Type": kind, "ResourceChange": object })).map(Some).map_err(|error| {
        let message = format!("cannot read the change of `{}`: {error}", text(resource.logical_resource_id()));
        RequestError::Request { operation: "DescribeChangeSet", code: None, message }.into()
    })
}

fn detail(detail: &sdk::ResourceChangeDetail) -> Value {
    let mut target_object =
        Map::from_iter([("Attribute", "Properties"), ("RequiresRecreation", "Never")].map(|(name, word)| (name.to_owned(), word.into())));
    if let Some(target) = detail.target() {
        let fields = [
            // Missing fields get the most common value, and never one that understates the change.
            ("Attribute", Some(target.attribute().map_or("Properties", sdk::ResourceAttribute::as_str))),
            ("Name", target.name()),
            ("RequiresRecreation", Some(target.requires_recreation().map_or("Never", sdk::RequiresRecreation::as_str))),
            ("Path", target.path()),
            ("BeforeValue", target.before_value()),
            ("AfterValue", target.after_value()),
            ("AttributeChangeType", target.attribute_change_type().map(sdk::AttributeChangeType::as_str)),
            ("BeforeValueFrom", target.before_value_from().map(sdk::BeforeValueFrom::as_str)),
            ("AfterValueFrom", target.after_value_from().map(sdk::AfterValueFrom::as_str)),
        ];
        if let Some(drift) = target.drift() {
            let values = [("PreviousValue", drift.previous_value()), ("ActualValue", drift.actual_value())];
            let values = values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?))));
            target_object.insert("Drift".to_owned(), Value::Object(values.collect()));
        }
        target_object.extend(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?)))));
    }
    let mut object = Map::new();
    object.insert("Target".to_owned(), Value::Object(target_object));
    let fields = [
        ("Evaluation", Some(detail.evaluation().map_or("Dynamic", sdk::EvaluationType::as_str))),
        ("ChangeSource", Some(detail.change_source().map_or("DirectModification", sdk::ChangeSource::as_str))),
        ("CausingEntity", detail.causing_entity()),
    ];
    object.extend(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?)))));
    Value::Object(object)
}

/// Returns a text that AWS may leave out or empty.
pub(super) fn given(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(ToOwned::to_owned)
}

pub(super) fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

pub(super) fn time(at: Option<&DateTime>) -> String {
    at.and_then(|at| at.fmt(DateTimeFormat::DateTime).ok()).unwrap_or_default()
}
