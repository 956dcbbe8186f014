//! Explains why a build task did not start or failed, and what to do.
//!
//! ECS reports reasons as text, which these tables match. Sources:
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html>,
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html>,
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html>,
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html>.

mod stops;

use serde::Serialize;

use super::service::{Container, Failure, Task};
use crate::aws::RequestError;

/// The explanation of a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The cause.
    pub cause: String,
    /// What to do.
    pub fix: String,
    /// The fix as data, if its text depends on the options of the caller.
    #[serde(skip)]
    pub remedy: Option<Remedy>,
}

/// A fix that the caller can describe with its own options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Request less memory.
    RequestLessMemory,
    /// Request fewer CPU units.
    RequestLessCpu,
    /// Try again, or request less CPU and memory.
    RequestLessCapacity,
    /// Use another build ID or client token, or follow the running task.
    UseAnotherToken,
    /// Grant the permissions that builds need.
    GrantPermissions,
}

impl Explanation {
    fn new(cause: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { cause: cause.into(), fix: fix.into(), remedy: None }
    }
}

/// Returns why a task could not be placed.
pub fn explain_failure(failure: &Failure, is_fargate: bool) -> Explanation {
    let reason = failure.reason.as_str();
    if let Some(resource) = reason.strip_prefix("RESOURCE:") {
        let (what, fix) = match resource {
            "MEMORY" => ("memory", "request less memory (the rack's setting is `BuildMemory`), or use a larger `BuildInstance`"),
            "CPU" => ("CPU units", "request fewer CPU units (the rack's setting is `BuildCpu`), or use a larger `BuildInstance`"),
            "ENI" => ("network interfaces", "wait until other tasks end, or use a larger instance type"),
            "PORTS" | "PORTS_TCP" | "PORTS_UDP" => ("host ports", "wait until the task that uses the port ends"),
            "GPU" => ("GPUs", "a build needs none: check the task definition"),
            other => (other, "wait until other tasks end, or use a larger instance type"),
        };
        let remedy = match resource {
            "MEMORY" => Some(Remedy::RequestLessMemory),
            "CPU" => Some(Remedy::RequestLessCpu),
            _ => None,
        };
        return Explanation { remedy, ..Explanation::new(format!("no container instance has enough free {what} for the build task"), fix) };
    }
    let (cause, fix) = match reason {
        "AGENT" => (
            "the container agent of the instance is disconnected from ECS",
            "replace the instance, or restart its agent (`systemctl restart ecs`); a new instance takes some minutes to register",
        ),
        "LOCATION" => (
            "the container instances are not in the availability zones of the subnets",
            "run the build instances in the subnets' availability zones",
        ),
        "ATTRIBUTE" => (
            "no container instance has an attribute that the task definition requires, such as EFS support or the CPU architecture",
            "update the instances' AMI, and compare `BuildArchitecture` with the instance type",
        ),
        "MISSING" => ("the cluster or task definition does not exist", "run `rackform verify` to see what is missing"),
        "INACTIVE" => ("the cluster or instance is inactive", "run `rackform verify` to see what is missing"),
        "NO ACTIVE INSTANCES" | "EMPTY CAPACITY PROVIDER" => {
            ("the cluster has no active container instance", "scale the build cluster's Auto Scaling group to at least one instance")
        }
        reason if reason.starts_with("Capacity is unavailable") => (
            "Fargate currently has no capacity of this size in these availability zones",
            "try again, request less CPU and memory, or build on EC2",
        ),
        reason if reason.contains("limit on the number") => {
            ("the account has reached its Fargate quota of tasks or vCPUs", "wait until other tasks end, or request a higher quota")
        }
        _ if is_fargate => ("Fargate could not run the task", "see ECS's reason above and try again"),
        _ => ("ECS could not place the task", "see ECS's reason above; `rackform verify` checks the build's resources"),
    };
    let remedy = reason.starts_with("Capacity is unavailable").then_some(Remedy::RequestLessCapacity);
    Explanation { remedy, ..Explanation::new(cause, fix) }
}

/// Returns why ECS refused a request, if the cause is known.
pub fn explain_refusal(error: &RequestError) -> Option<Explanation> {
    let RequestError::Request { code, message, .. } = error else { return None };
    let (code, message) = (code.as_deref().unwrap_or_default(), message.to_lowercase());
    let says = |words: &str| message.contains(words);
    let (cause, fix) = match code {
        "ClusterNotFoundException" => ("the cluster does not exist", "run `rackform verify` and `rackform drift` to see what is missing"),
        "PlatformUnknownException" => ("the Fargate platform version does not exist in this region", "build on EC2 in this region"),
        "PlatformTaskDefinitionIncompatibilityException" => (
            "the platform version cannot run this task definition",
            "EFS volumes require platform version 1.4.0; check the task definition's volumes",
        ),
        "ConflictException" => (
            "a different build was started under the same client token within the last day",
            "use another build ID or client token, or attach to the running task",
        ),
        "AccessDeniedException" if says("iam:passrole") => (
            "the caller lacks permission to pass the build task's roles to ECS (iam:PassRole)",
            "`rackform permissions` lists the required permissions",
        ),
        "AccessDeniedException" | "AccessDenied" => {
            ("the caller lacks permission for this action", "`rackform permissions` lists the required permissions")
        }
        "ThrottlingException" if says("capacity is unavailable") => {
            ("Fargate currently has no capacity of this size in these availability zones", "try again, or request less CPU and memory")
        }
        _ if says("no container instances were found") => (
            "the build cluster has no container instance",
            "scale the build cluster's Auto Scaling group to at least one instance, or set BuildMethod=fargate",
        ),
        _ if says("capacity is unavailable") => {
            ("Fargate currently has no capacity of this size in these availability zones", "try again, or request less CPU and memory")
        }
        _ if says("limit on the number") || says("vcpu") => {
            ("the account has reached its Fargate quota of tasks or vCPUs", "wait until other tasks end, or request a higher quota")
        }
        _ if says("taskdefinition is inactive") || says("taskdefinition not found") || says("unable to describe task definition") => {
            ("the task definition's revision no longer exists", "register it again with `rackform apply`, then run the build again")
        }
        _ if says("override") && says("8192") => {
            ("the overrides are too long", "move long values, such as registry credentials, to the task definition's `Secrets`")
        }
        _ if says("service linked role") => (
            "the service-linked role of ECS does not exist: the account has never used ECS",
            "create it: `aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com`",
        ),
        _ if says("subnet") => ("ECS rejects the subnets", "`rackform verify` compares the rack's subnets with the account"),
        _ if says("security group") => ("ECS rejects the security group", "`rackform verify` checks the security group of builds"),
        _ => return None,
    };
    let remedy = match code {
        "ConflictException" => Some(Remedy::UseAnotherToken),
        "AccessDeniedException" | "AccessDenied" => Some(Remedy::GrantPermissions),
        _ if says("capacity is unavailable") => Some(Remedy::RequestLessCapacity),
        _ => None,
    };
    Some(Explanation { remedy, ..Explanation::new(cause, fix) })
}

/// Returns why a task failed, if the cause is known.
pub fn explain_stop(task: &Task, container: Option<&Container>) -> Option<Explanation> {
    let reasons = [task.stopped_reason.as_deref(), container.and_then(|container| container.reason.as_deref())];
    let reasons_text = reasons.into_iter().flatten().collect::<Vec<_>>().join("\n").to_lowercase();
    let exit_code = container.and_then(|container| container.exit_code);
    stops::by_text(&reasons_text)
        .or_else(|| stops::by_code(task.stop_code.as_deref(), exit_code))
        .map(|(cause, fix)| Explanation::new(cause, fix))
}
