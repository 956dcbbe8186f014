//! ECS: starts, describes and stops build tasks.

use std::collections::BTreeMap;

use aws_sdk_ecs::error::SdkError;
use aws_sdk_ecs::operation::run_task::RunTaskError;
use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, ContainerOverride, KeyValuePair, LaunchType, NetworkConfiguration, PropagateTags, Tag,
    TaskOverride,
};

use super::AwsBuilds;
use crate::aws::RequestError;
use crate::aws::request_error;
use crate::build::task::run_task::{self, RunTask};
use crate::build::task::{Container, Failure, Started, Task, variables};

pub(super) fn run_task(aws: &AwsBuilds, request: &RunTask) -> Result<Started, RequestError> {
    let pair = |variable: &run_task::KeyValuePair| KeyValuePair::builder().name(&variable.name).value(&variable.value).build();
    let container = |container: &run_task::ContainerOverride| {
        ContainerOverride::builder()
            .name(&container.name)
            .set_command(container.command.clone())
            .set_environment(Some(container.environment.iter().map(pair).collect()))
            .set_cpu(container.cpu)
            .set_memory(container.memory)
            .build()
    };
    let overrides = TaskOverride::builder()
        .set_container_overrides(Some(request.overrides.container_overrides.iter().map(container).collect()))
        .set_cpu(request.overrides.cpu.clone())
        .set_memory(request.overrides.memory.clone())
        .build();
    let network = match &request.network_configuration {
        Some(network) => {
            let vpc = &network.awsvpc_configuration;
            let vpc = AwsVpcConfiguration::builder()
                .set_subnets(Some(vpc.subnets.clone()))
                .set_security_groups(Some(vpc.security_groups.clone()))
                .set_assign_public_ip(vpc.assign_public_ip.as_deref().map(AssignPublicIp::from))
                .build()
                .map_err(|error| RequestError::Request { operation: "RunTask", code: None, message: error.to_string() })?;
            Some(NetworkConfiguration::builder().awsvpc_configuration(vpc).build())
        }
        None => None,
    };
    let tags =
        (!request.tags.is_empty()).then(|| request.tags.iter().map(|tag| Tag::builder().key(&tag.key).value(&tag.value).build()).collect());
    let call = aws
        .ecs
        .run_task()
        .cluster(&request.cluster)
        .task_definition(&request.task_definition)
        .count(request.count)
        .set_launch_type(request.launch_type.as_deref().map(LaunchType::from))
        .set_platform_version(request.platform_version.clone())
        .set_network_configuration(network)
        .overrides(overrides)
        .set_started_by(request.started_by.clone())
        .set_tags(tags)
        .set_propagate_tags(request.propagate_tags.as_deref().map(PropagateTags::from))
        .set_client_token(request.client_token.clone());
    let response = match aws.session.block_on(call.send()) {
        Ok(response) => response,
        Err(error) => return earlier_task(aws, request, error),
    };
    Ok(Started { task: response.tasks().first().map(task), failures: response.failures().iter().map(failure).collect() })
}

/// Returns the task that an earlier request with the same client token started, if the requests differ only in registry credentials:
/// ECR returns new ones every time.
///
/// # Errors
///
/// Returns the original error otherwise.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html>
fn earlier_task(aws: &AwsBuilds, request: &RunTask, error: SdkError<RunTaskError>) -> Result<Started, RequestError> {
    let tasks: &[String] = match error.as_service_error() {
        Some(RunTaskError::ConflictException(conflict)) => conflict.resource_ids(),
        _ => &[],
    };
    if let [arn] = tasks {
        let call = aws.ecs.describe_tasks().cluster(&request.cluster).tasks(arn).send();
        if let Ok(response) = aws.session.block_on(call)
            && let Some(found) = response.tasks().first()
            && matches(found, request)
        {
            return Ok(Started { task: Some(task(found)), failures: Vec::new() });
        }
    }
    Err(request_error("RunTask", error))
}

/// Returns whether a task has the properties of a request, except for registry credentials.
fn matches(found: &aws_sdk_ecs::types::Task, request: &RunTask) -> bool {
    let Some(overrides) = found.overrides() else { return false };
    let container_matches = |found: &ContainerOverride, requested: &run_task::ContainerOverride| {
        let variables: BTreeMap<_, _> = found.environment().iter().filter_map(|pair| Some((pair.name()?, pair.value()?))).collect();
        let expected: BTreeMap<_, _> = requested.environment.iter().map(|pair| (pair.name.as_str(), pair.value.as_str())).collect();
        let without_credentials = |variables: &BTreeMap<&str, &str>| {
            let others = variables.iter().filter(|(name, _)| **name != variables::AUTH);
            others.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
        };
        found.name() == Some(requested.name.as_str())
            && found.command() == requested.command.as_deref().unwrap_or_default()
            && (found.cpu(), found.memory()) == (requested.cpu, requested.memory)
            && without_credentials(&variables) == without_credentials(&expected)
    };
    let (containers, requested) = (overrides.container_overrides(), &request.overrides.container_overrides);
    found.task_definition_arn() == Some(request.task_definition.as_str())
        && found.started_by() == request.started_by.as_deref()
        && (overrides.cpu(), overrides.memory()) == (request.overrides.cpu.as_deref(), request.overrides.memory.as_deref())
        && containers.len() == requested.len()
        && containers.iter().zip(requested).all(|(found, requested)| container_matches(found, requested))
}

pub(super) fn describe_task(aws: &AwsBuilds, cluster: &str, name: &str) -> Result<Option<Task>, RequestError> {
    let call = aws.ecs_for_polling.describe_tasks().cluster(cluster).tasks(name).send();
    let response = aws.session.block_on(call).map_err(|error| request_error("DescribeTasks", error))?;
    Ok(response.tasks().first().map(task))
}

pub(super) fn stop_task(aws: &AwsBuilds, cluster: &str, name: &str, reason: &str) -> Result<(), RequestError> {
    let call = aws.ecs.stop_task().cluster(cluster).task(name).reason(reason).send();
    aws.session.block_on(call).map(|_| ()).map_err(|error| request_error("StopTask", error))
}

fn task(found: &aws_sdk_ecs::types::Task) -> Task {
    let owned = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(ToOwned::to_owned);
    let containers = found.containers().iter().map(|container| Container {
        name: container.name().unwrap_or_default().to_owned(),
        exit_code: container.exit_code(),
        reason: owned(container.reason()),
    });
    Task {
        task_arn: found.task_arn().unwrap_or_default().to_owned(),
        last_status: found.last_status().unwrap_or_default().to_owned(),
        availability_zone: owned(found.availability_zone()),
        stop_code: owned(found.stop_code().map(|code| code.as_str())),
        stopped_reason: owned(found.stopped_reason()),
        containers: containers.collect(),
    }
}

fn failure(found: &aws_sdk_ecs::types::Failure) -> Failure {
    Failure {
        arn: found.arn().map(ToOwned::to_owned),
        reason: found.reason().unwrap_or_default().to_owned(),
        detail: found.detail().map(ToOwned::to_owned),
    }
}
