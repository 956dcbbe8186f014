//! The containers of a task definition.

use indexmap::IndexMap;
use serde::Serialize;

use crate::model::declared::Property;
use crate::model::value::{OrNoValue, Value};

/// A container definition.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-taskdefinition-containerdefinition.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ContainerDefinition {
    /// The name, unique in the task definition.
    pub name: String,
    /// The image.
    pub image: Value<String>,
    /// Reserved CPU units, 1024 per core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Property<u32>,
    /// The memory limit in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Property<u32>,
    /// Reserved memory in MiB; the container can use more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_reservation: Property<u32>,
    /// The command; that of the image if empty.
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    pub command: &'static [&'static str],
    /// Ports of the container on the network of the instance.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub port_mappings: Vec<PortMapping>,
    /// Whether the container runs with all privileges of the host's root user.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub privileged: bool,
    /// Whether the root file system is read-only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readonly_root_filesystem: Option<Value<bool>>,
    /// Settings of Linux.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linux_parameters: Option<LinuxParameters>,
    /// Environment variables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<EnvironmentVariable>,
    /// Environment variables with secret values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
    /// The mount points of the task's volumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mount_points: Property<Vec<MountPoint>>,
    /// Docker labels.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub docker_labels: IndexMap<String, OrNoValue<String>>,
    /// The log configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_configuration: Property<LogConfiguration>,
}

impl ContainerDefinition {
    /// Returns a container with only the required properties.
    pub fn new(name: &str, image: Value<String>) -> Self {
        Self {
            name: name.to_owned(),
            image,
            cpu: None,
            memory: None,
            memory_reservation: None,
            command: &[],
            port_mappings: Vec::new(),
            privileged: false,
            readonly_root_filesystem: None,
            linux_parameters: None,
            environment: Vec::new(),
            secrets: Vec::new(),
            mount_points: None,
            docker_labels: IndexMap::new(),
            log_configuration: None,
        }
    }
}

/// A port of a container on the network of the instance.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-taskdefinition-portmapping.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PortMapping {
    /// The port in the container.
    pub container_port: u16,
    /// The port of the instance.
    pub host_port: Value<u16>,
    /// `tcp` or `udp`.
    pub protocol: &'static str,
}

/// Settings of Linux for a container.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-taskdefinition-linuxparameters.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LinuxParameters {
    /// Whether a process with ID 1 forwards signals and reaps children.
    pub init_process_enabled: bool,
}

/// An environment variable.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct EnvironmentVariable {
    /// The name.
    pub name: String,
    /// The value.
    pub value: Value<String>,
}

impl EnvironmentVariable {
    /// Returns an environment variable.
    pub fn new(name: &str, value: impl Into<Value<String>>) -> Self {
        Self { name: name.to_owned(), value: value.into() }
    }
}

/// An environment variable whose value ECS reads from Secrets Manager or the SSM Parameter Store when the task starts.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-taskdefinition-secret.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Secret {
    /// The name of the environment variable.
    pub name: String,
    /// The ARN of the secret, not its value.
    pub value_from: Value<String>,
}

/// A mount point of a volume in a container.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-taskdefinition-mountpoint.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MountPoint {
    /// The volume's name in the task definition.
    pub source_volume: String,
    /// The path in the container.
    pub container_path: String,
    /// Whether the mount is read-only.
    pub read_only: bool,
}

impl MountPoint {
    /// Returns a writable mount point.
    pub fn writable(volume: &str, path: &str) -> Self {
        Self { source_volume: volume.to_owned(), container_path: path.to_owned(), read_only: false }
    }
}

/// A log configuration.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-taskdefinition-logconfiguration.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LogConfiguration {
    log_driver: &'static str,
    options: IndexMap<&'static str, Value<String>>,
}

impl LogConfiguration {
    /// Returns the configuration of the log driver `awslogs`, with one log stream per task.
    pub fn awslogs(log_group: Value<String>, region: Value<String>, stream_prefix: &str) -> Self {
        let options = [("awslogs-group", log_group), ("awslogs-region", region), ("awslogs-stream-prefix", Value::from(stream_prefix))];
        Self { log_driver: "awslogs", options: options.into_iter().collect() }
    }

    /// Returns the configuration of the log driver `syslog`, which Fargate does not support.
    pub fn syslog(address: Value<String>, format: Value<String>) -> Self {
        Self { log_driver: "syslog", options: [("syslog-address", address), ("syslog-format", format)].into_iter().collect() }
    }
}
