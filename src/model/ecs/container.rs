//! The containers of a task.

use indexmap::IndexMap;
use serde::Serialize;

use crate::model::declared::Property;
use crate::model::value::Value;

/// A container of a task.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-taskdefinition-containerdefinition.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ContainerDefinition {
    /// Its name, unique in the task.
    pub name: String,
    /// The image.
    pub image: Value<String>,
    /// CPU units, 1024 to a core, that are kept for it on an instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Property<u32>,
    /// The most memory it gets, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Property<u32>,
    /// Environment variables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<EnvironmentVariable>,
    /// Environment variables whose values stay in a store of secrets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
    /// Where the task's volumes appear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mount_points: Property<Vec<MountPoint>>,
    /// Labels.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub docker_labels: IndexMap<String, Value<String>>,
    /// Where its output goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_configuration: Property<LogConfiguration>,
}

impl ContainerDefinition {
    /// Returns a container with nothing but what it must have.
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
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value<String>,
}

impl EnvironmentVariable {
    /// Returns a variable.
    pub fn new(name: &str, value: impl Into<Value<String>>) -> Self {
        Self { name: name.to_owned(), value: value.into() }
    }
}

/// An environment variable that ECS fills from Secrets Manager or the parameter store when the task starts.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-taskdefinition-secret.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Secret {
    /// The variable's name.
    pub name: String,
    /// The secret's ARN; never its value.
    pub value_from: Value<String>,
}

/// Where a volume appears in a container.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-taskdefinition-mountpoint.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MountPoint {
    /// The volume's name in the task.
    pub source_volume: String,
    /// The path in the container.
    pub container_path: String,
    /// Whether the container cannot write there.
    pub read_only: bool,
}

impl MountPoint {
    /// Returns a mount point that can be written to.
    pub fn writable(volume: &str, path: &str) -> Self {
        Self { source_volume: volume.to_owned(), container_path: path.to_owned(), read_only: false }
    }
}

/// Where a container's output goes.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-taskdefinition-logconfiguration.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LogConfiguration {
    log_driver: &'static str,
    options: IndexMap<&'static str, Value<String>>,
}

impl LogConfiguration {
    /// Returns the configuration that writes to CloudWatch Logs, one stream per task.
    pub fn awslogs(log_group: Value<String>, region: Value<String>, stream_prefix: &str) -> Self {
        let options = [("awslogs-group", log_group), ("awslogs-region", region), ("awslogs-stream-prefix", Value::from(stream_prefix))];
        Self { log_driver: "awslogs", options: options.into_iter().collect() }
    }
}
