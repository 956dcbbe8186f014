//! Where a rack's builds run.

/// Where a rack's builds run: cluster, task definition, network, log and cache.
///
/// `operation` reads it from the deployed stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildEnvironment {
    /// The stack.
    pub stack: String,
    /// The cluster.
    pub cluster: String,
    /// The task definition's ARN.
    pub task_definition: String,
    /// Whether the task runs on Fargate, not on the cluster's instances.
    pub is_fargate: bool,
    /// Fargate's platform version.
    pub platform_version: String,
    /// The platform that the task runs on and builds for, such as `linux/arm64`, if it is known.
    pub platform: Option<String>,
    /// The container that builds.
    pub container: String,
    /// Its image, if the template specifies it.
    pub image: Option<String>,
    /// CPU units of the whole task.
    pub cpu: Option<String>,
    /// Memory of the whole task in MiB.
    pub memory: Option<String>,
    /// The task's network configuration, if it has a network interface of its own.
    pub network: Option<Network>,
    /// The task's log group and stream prefix, if its log goes to CloudWatch Logs.
    pub log: Option<Log>,
    /// The build cache.
    pub cache: EnvironmentCache,
    /// Notes on parts that were ignored, and why.
    pub notes: Vec<String>,
}

/// The network interface of a build task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// The subnets.
    pub subnets: Vec<String>,
    /// The security group.
    pub security_group: String,
    /// Whether it gets a public address; `None` on instances, where ECS does not support the setting.
    pub assign_public_ip: Option<bool>,
}

/// A container's log: the stream `{prefix}/{container}/{task id}` of a log group.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The region, if it is specified.
    pub region: Option<String>,
    /// The log group.
    pub group: String,
    /// The stream prefix.
    pub prefix: String,
}

/// A rack's build cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentCache {
    /// Whether the rack has one.
    pub is_on: bool,
    /// The repository of cached layers: registry and name.
    pub repository: Option<String>,
    /// The file systems that the build task mounts.
    pub file_systems: Vec<String>,
    /// Where the first of them is mounted.
    pub directory: Option<String>,
}
