//! Amazon ECS: clusters and task definitions.

mod cluster;
mod container;
mod task_definition;
mod volume;

pub use cluster::Cluster;
pub use container::{ContainerDefinition, EnvironmentVariable, LogConfiguration, MountPoint, Secret};
pub use task_definition::{CpuArchitecture, LaunchType, RuntimePlatform, TaskDefinition};
pub use volume::{AuthorizationConfig, EfsVolume, HostVolume, Volume};
