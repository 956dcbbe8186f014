//! Explains why a build task did not start or failed, and what to do.
//!
//! ECS reports reasons as text, which these tables match. Sources:
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html>,
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html>,
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html>,
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html>.

mod fix;
mod stops;

pub use fix::Fix;

use serde::Serialize;

use super::service::{Container, Failure, Task};
use crate::aws::RequestError;

/// The explanation of a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The cause.
    pub cause: String,
    /// What to do.
    #[serde(skip)]
    pub fix: Fix,
}

impl Explanation {
    fn new(cause: impl Into<String>, fix: Fix) -> Self {
        Self { cause: cause.into(), fix }
    }
}

/// Returns why a task could not be placed.
pub fn explain_failure(failure: &Failure, is_fargate: bool) -> Explanation {
    let reason = failure.reason.as_str();
    if let Some(resource) = reason.strip_prefix("RESOURCE:") {
        let (what, fix) = match resource {
            "MEMORY" => ("memory", Fix::RequestLessMemory),
            "CPU" => ("CPU units", Fix::RequestLessCpu),
            "ENI" => ("network interfaces", Fix::WaitForTasks),
            "PORTS" | "PORTS_TCP" | "PORTS_UDP" => ("host ports", Fix::WaitForPort),
            "GPU" => ("GPUs", Fix::RemoveGpu),
            other => (other, Fix::WaitForTasks),
        };
        return Explanation::new(format!("no container instance has enough free {what} for the build task"), fix);
    }
    let (cause, fix) = match reason {
        "AGENT" => ("the container agent of the instance is disconnected from ECS", Fix::RestartEcsAgent),
        "LOCATION" => ("the container instances are not in the availability zones of the subnets", Fix::MoveInstances),
        "ATTRIBUTE" => (
            "no container instance has an attribute that the task definition requires, such as EFS support or the CPU architecture",
            Fix::UpdateAmi,
        ),
        "MISSING" => ("the cluster or task definition does not exist", Fix::VerifyRack),
        "INACTIVE" => ("the cluster or instance is inactive", Fix::VerifyRack),
        "NO ACTIVE INSTANCES" | "EMPTY CAPACITY PROVIDER" => ("the cluster has no active container instance", Fix::ScaleBuildCluster),
        reason if reason.starts_with("Capacity is unavailable") => {
            ("Fargate currently has no capacity of this size in these availability zones", Fix::RequestLessCapacity)
        }
        reason if reason.contains("limit on the number") => {
            ("the account has reached its Fargate quota of tasks or vCPUs", Fix::RaiseQuota)
        }
        _ if is_fargate => ("Fargate could not run the task", Fix::SeeReason),
        _ => ("ECS could not place the task", Fix::SeeReasonAndVerify),
    };
    Explanation::new(cause, fix)
}

/// Returns why ECS refused a request, if the cause is known.
pub fn explain_refusal(error: &RequestError) -> Option<Explanation> {
    let RequestError::Request { code, message, .. } = error else { return None };
    let (code, message) = (code.as_deref().unwrap_or_default(), message.to_lowercase());
    let contains = |words: &str| message.contains(words);
    let (cause, fix) = match code {
        "ClusterNotFoundException" => ("the cluster does not exist", Fix::VerifyAndDetectDrift),
        "PlatformUnknownException" => ("the Fargate platform version does not exist in this region", Fix::BuildOnEc2),
        "PlatformTaskDefinitionIncompatibilityException" => {
            ("the platform version cannot run this task definition", Fix::CheckPlatformVersion)
        }
        "ConflictException" => ("a different build was started under the same client token within the last day", Fix::UseAnotherToken),
        "AccessDeniedException" if contains("iam:passrole") => {
            ("the caller lacks permission to pass the build task's roles to ECS (iam:PassRole)", Fix::GrantPermissions)
        }
        "AccessDeniedException" | "AccessDenied" => ("the caller lacks permission for this action", Fix::GrantPermissions),
        "ThrottlingException" if contains("capacity is unavailable") => {
            ("Fargate currently has no capacity of this size in these availability zones", Fix::RequestLessCapacity)
        }
        _ if contains("no container instances were found") => {
            ("the build cluster has no container instance", Fix::ScaleBuildClusterOrUseFargate)
        }
        _ if contains("capacity is unavailable") => {
            ("Fargate currently has no capacity of this size in these availability zones", Fix::RequestLessCapacity)
        }
        _ if contains("limit on the number") || contains("vcpu") => {
            ("the account has reached its Fargate quota of tasks or vCPUs", Fix::RaiseQuota)
        }
        _ if contains("taskdefinition is inactive")
            || contains("taskdefinition not found")
            || contains("unable to describe task definition") =>
        {
            ("the task definition's revision no longer exists", Fix::RegisterTaskDefinition)
        }
        _ if contains("override") && contains("8192") => ("the overrides are too long", Fix::MoveValuesToSecrets),
        _ if contains("service linked role") => {
            ("the service-linked role of ECS does not exist: the account has never used ECS", Fix::CreateServiceLinkedRole)
        }
        _ if contains("subnet") => ("ECS rejects the subnets", Fix::VerifySubnets),
        _ if contains("security group") => ("ECS rejects the security group", Fix::VerifySecurityGroup),
        _ => return None,
    };
    Some(Explanation::new(cause, fix))
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
