//! Amazon ECS: clusters, services and task definitions.

mod cluster;
mod container;
mod service;
mod task_definition;
mod volume;

pub use cluster::Cluster;
pub use container::{ContainerDefinition, EnvironmentVariable, LinuxParameters, LogConfiguration, MountPoint, PortMapping, Secret};
pub use service::{CircuitBreaker, DeploymentConfiguration, PlacementConstraint, Service, ServiceLoadBalancer};
pub use task_definition::{CpuArchitecture, LaunchType, RuntimePlatform, TaskDefinition};
pub use volume::{AuthorizationConfig, EfsVolume, HostVolume, Volume};
