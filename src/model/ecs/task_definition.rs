//! ECS task definitions.

use serde::{Serialize, Serializer};

use super::container::ContainerDefinition;
use super::volume::Volume;
use crate::model::declared::{Property, Tag};
use crate::model::iam::Role;
use crate::model::name::Arn;
use crate::model::resource::Resource;
use crate::model::value::Value;

/// The launch type of a task, with its specific properties.
#[derive(Clone, Debug, PartialEq)]
pub enum LaunchType {
    /// EC2 instances of the cluster.
    Ec2,
    /// Fargate, which requires CPU and memory of the task and supports only some combinations.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html>
    Fargate {
        /// CPU units, 1024 per core.
        cpu: Value<String>,
        /// Memory in MiB.
        memory: Value<String>,
        /// The runtime platform.
        platform: RuntimePlatform,
    },
}

/// The CPU architecture and operating system of a task.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-taskdefinition-runtimeplatform.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RuntimePlatform {
    /// The CPU architecture.
    pub cpu_architecture: Value<CpuArchitecture>,
    /// The operating system.
    pub operating_system_family: &'static str,
}

impl RuntimePlatform {
    /// Returns Linux on this CPU architecture.
    pub fn linux(cpu_architecture: impl Into<Value<CpuArchitecture>>) -> Self {
        Self { cpu_architecture: cpu_architecture.into(), operating_system_family: "LINUX" }
    }
}

/// A CPU architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum CpuArchitecture {
    /// 64-bit Intel and AMD.
    #[serde(rename = "X86_64")]
    X86,
    /// 64-bit ARM.
    #[serde(rename = "ARM64")]
    Arm,
}

/// A task definition. Every change creates a new revision: a replacement without data loss.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-taskdefinition.html>
#[derive(Clone, Debug)]
pub struct TaskDefinition {
    /// The name of all revisions.
    pub family: Value<String>,
    /// The launch type.
    pub launch_type: LaunchType,
    /// The role of the containers.
    pub task_role: Value<Arn<Role>>,
    /// The role with which ECS starts the task: it pulls images, writes logs and reads secrets.
    pub execution_role: Value<Arn<Role>>,
    /// The containers.
    pub containers: Vec<ContainerDefinition>,
    /// The volumes.
    pub volumes: Property<Vec<Volume>>,
    /// Tags.
    pub tags: Vec<Tag>,
}

impl Resource for TaskDefinition {
    const TYPE: &'static str = "AWS::ECS::TaskDefinition";
}

impl Serialize for TaskDefinition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Serialized<'a> {
            family: &'a Value<String>,
            requires_compatibilities: [&'static str; 1],
            #[serde(skip_serializing_if = "Option::is_none")]
            network_mode: Option<&'static str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            cpu: Option<&'a Value<String>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            memory: Option<&'a Value<String>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            runtime_platform: Option<&'a RuntimePlatform>,
            task_role_arn: &'a Value<Arn<Role>>,
            execution_role_arn: &'a Value<Arn<Role>>,
            container_definitions: &'a [ContainerDefinition],
            #[serde(skip_serializing_if = "Option::is_none")]
            volumes: &'a Property<Vec<Volume>>,
            #[serde(skip_serializing_if = "<[Tag]>::is_empty")]
            tags: &'a [Tag],
        }
        let Self { family, launch_type, task_role, execution_role, containers, volumes, tags } = self;
        let (compatibility, network_mode, cpu, memory, runtime_platform) = match launch_type {
            LaunchType::Ec2 => ("EC2", None, None, None, None),
            LaunchType::Fargate { cpu, memory, platform } => ("FARGATE", Some("awsvpc"), Some(cpu), Some(memory), Some(platform)),
        };
        Serialized {
            family,
            requires_compatibilities: [compatibility],
            network_mode,
            cpu,
            memory,
            runtime_platform,
            task_role_arn: task_role,
            execution_role_arn: execution_role,
            container_definitions: containers,
            volumes,
            tags,
        }
        .serialize(serializer)
    }
}
