//! What is behind a build task that did not start, or did not end well, and what to do about it.
//!
//! ECS tells reasons in words, which these tables look for. Sources:
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html>,
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html>,
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html>,
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html>.

mod stops;

use serde::Serialize;

use super::service::{Container, Failure, Task};
use crate::aws::RequestError;

/// What is behind a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The cause.
    pub cause: String,
    /// What to do.
    pub fix: String,
}

impl Explanation {
    fn new(cause: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { cause: cause.into(), fix: fix.into() }
    }
}

/// Returns what is behind a task that found no place.
pub fn explain_failure(failure: &Failure, is_fargate: bool) -> Explanation {
    let reason = failure.reason.as_str();
    if let Some(resource) = reason.strip_prefix("RESOURCE:") {
        let (what, fix) = match resource {
            "MEMORY" => ("memory", "`--memory` asks for less, `BuildMemory` is the rack's setting; or use a larger `BuildInstance`"),
            "CPU" => ("CPU units", "`--cpu` asks for less, `BuildCpu` is the rack's setting; or use a larger `BuildInstance`"),
            "ENI" => ("network interfaces", "wait for other tasks to end, or use a larger instance type"),
            "PORTS" | "PORTS_TCP" | "PORTS_UDP" => ("host ports", "wait for the task that has the port to end"),
            "GPU" => ("GPUs", "a build needs none: look into the task definition"),
            other => (other, "wait for other tasks to end, or use a larger instance type"),
        };
        return Explanation::new(format!("no container instance has as much {what} free as the build task asks for"), fix);
    }
    let (cause, fix) = match reason {
        "AGENT" => (
            "the container agent of the instance is disconnected from ECS",
            "replace the instance, or restart its agent (`systemctl restart ecs`); a new instance takes some minutes to register",
        ),
        "LOCATION" => {
            ("the container instances are in other availability zones than the subnets", "let the build instances use the subnets' zones")
        }
        "ATTRIBUTE" => (
            "no container instance offers what the task definition needs, such as an agent that mounts EFS or the right CPU architecture",
            "update the instances' AMI, and compare `BuildArchitecture` with the instance type",
        ),
        "MISSING" => ("the cluster or task definition is not there (any more)", "`rackform verify` tells what of the rack is missing"),
        "INACTIVE" => ("the cluster or instance is inactive", "`rackform verify` tells what of the rack is missing"),
        "NO ACTIVE INSTANCES" | "EMPTY CAPACITY PROVIDER" => {
            ("there is no active instance to build on", "scale the build cluster's Auto Scaling group to at least one instance")
        }
        reason if reason.starts_with("Capacity is unavailable") => (
            "Fargate has no capacity of this size in these zones at the moment",
            "try again, ask for less with `--cpu` and `--memory`, or build on EC2",
        ),
        reason if reason.contains("limit on the number") => {
            ("the account's quota of tasks or vCPUs on Fargate is used up", "wait for other tasks to end, or ask AWS for a higher quota")
        }
        _ if is_fargate => ("Fargate could not take the task", "try again; the service's words are above"),
        _ => ("ECS could not place the task", "the service's words are above; `rackform verify` looks at what the build stands on"),
    };
    Explanation::new(cause, fix)
}

/// Returns what is behind a request that ECS refused, where it is known.
pub fn explain_refusal(error: &RequestError) -> Option<Explanation> {
    let RequestError::Request { code, message, .. } = error else { return None };
    let (code, message) = (code.as_deref().unwrap_or_default(), message.to_lowercase());
    let says = |words: &str| message.contains(words);
    let (cause, fix) = match code {
        "ClusterNotFoundException" => ("the cluster is not there", "`rackform verify` and `rackform drift` tell what of the stack is gone"),
        "PlatformUnknownException" => ("this region does not know the Fargate platform version", "build on EC2 in this region"),
        "PlatformTaskDefinitionIncompatibilityException" => (
            "the platform version cannot run this task definition",
            "EFS volumes need platform version 1.4.0; look at the task definition's volumes",
        ),
        "ConflictException" => (
            "a different build was started under the same client token within the last day",
            "give another `--id` or `--client-token`, or `--attach` to the task that runs",
        ),
        "AccessDeniedException" if says("iam:passrole") => {
            ("whoever asks may not pass the build task's roles to ECS", "`rackform permissions --for build` lists what it takes")
        }
        "AccessDeniedException" | "AccessDenied" => {
            ("whoever asks may not do this", "`rackform permissions --for build` lists what it takes")
        }
        "ThrottlingException" if says("capacity is unavailable") => {
            ("Fargate has no capacity of this size in these zones at the moment", "try again, or ask for less with `--cpu` and `--memory`")
        }
        _ if says("no container instances were found") => (
            "the build cluster has no container instance",
            "scale the build cluster's Auto Scaling group to at least one instance, or set BuildMethod=fargate",
        ),
        _ if says("capacity is unavailable") => {
            ("Fargate has no capacity of this size in these zones at the moment", "try again, or ask for less with `--cpu` and `--memory`")
        }
        _ if says("limit on the number") || says("vcpu") => {
            ("the account's quota of tasks or vCPUs on Fargate is used up", "wait for other tasks to end, or ask AWS for a higher quota")
        }
        _ if says("taskdefinition is inactive") || says("taskdefinition not found") || says("unable to describe task definition") => {
            ("the task definition's revision is gone", "`rackform apply` registers it again; another run of `build run` then finds it")
        }
        _ if says("override") && says("8192") => {
            ("the overrides are too long", "put long values, such as registry credentials, into the task definition's `Secrets`")
        }
        _ if says("service linked role") => (
            "the account has never used ECS, whose service-linked role is missing",
            "`aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com`",
        ),
        _ if says("subnet") => ("ECS does not accept the subnets", "`rackform verify` compares the rack's subnets with the account"),
        _ if says("security group") => ("ECS does not accept the security group", "`rackform verify` looks at the group that builds get"),
        _ => return None,
    };
    Some(Explanation::new(cause, fix))
}

/// Returns what is behind a task that stopped without success, where it is known.
pub fn explain_stop(task: &Task, container: Option<&Container>) -> Option<Explanation> {
    let reasons = [task.stopped_reason.as_deref(), container.and_then(|container| container.reason.as_deref())];
    let said = reasons.into_iter().flatten().collect::<Vec<_>>().join("\n").to_lowercase();
    let exit_code = container.and_then(|container| container.exit_code);
    stops::by_words(&said).or_else(|| stops::by_code(task.stop_code.as_deref(), exit_code)).map(|(cause, fix)| Explanation::new(cause, fix))
}
