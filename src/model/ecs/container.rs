//! The containers of a task definition.

use indexmap::IndexMap;
use serde::Serialize;

use crate::model::declared::Property;
use crate::model::value::Value;

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
    pub docker_labels: IndexMap<String, Value<String>>,
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
            environment: Vec::new(),
            secrets: Vec::new(),
            mount_points: None,
            docker_labels: IndexMap::new(),
            log_configuration: None,
        }
    }
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
}
