//! What an evaluated template expects in the account, as far as the build cache and builds depend on it.
//!
//! Resources are found by type and by reference, not by logical ID: a file system belongs to builds if a task definition with a container
//! `build` mounts it. Only the security group of builds is found by the rack's names, since the rule that selects it is in no template.

mod reader;

pub(crate) use reader::Reader;
pub(super) use reader::is_explicit_value;

use super::observed::{Ingress, MountPoint, Volume};
use crate::evaluate::Evaluation;

/// What a template expects; `None` means that the template does not determine the value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expected {
    /// File systems.
    pub file_systems: Vec<ExpectedFileSystem>,
    /// Mount targets.
    pub mount_targets: Vec<ExpectedMountTarget>,
    /// The ingress rules of the security groups of the builds' mount targets.
    pub rules: Vec<ExpectedRule>,
    /// Task definitions with a container `build`.
    pub tasks: Vec<ExpectedTask>,
    /// Repositories.
    pub repositories: Vec<ExpectedRepository>,
    /// Keys: logical and physical ID.
    pub keys: Vec<(String, Option<String>)>,
    /// The subnets that builds run in: those in an output of the stack, else those that the rack's build service uses.
    pub build_subnets: Vec<String>,
}

/// A file system.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedFileSystem {
    /// The logical ID.
    pub logical_id: String,
    /// The physical ID.
    pub physical_id: Option<String>,
    /// Whether it is encrypted.
    pub encrypted: Option<bool>,
    /// The key.
    pub key: ExpectedKey,
    /// `PerformanceMode`.
    pub performance_mode: Option<String>,
    /// `ThroughputMode`.
    pub throughput_mode: Option<String>,
    /// `ProvisionedThroughputInMibps`.
    pub provisioned_mibps: Option<f64>,
    /// The lifecycle policies, sorted.
    pub lifecycle: Option<Vec<(String, String)>>,
    /// Whether a build task mounts it.
    pub for_builds: bool,
}

/// The key of a file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedKey {
    /// Not specified.
    Unspecified,
    /// The AWS managed key for EFS.
    AwsManaged,
    /// A key, by ID, ARN or alias.
    Id(String),
}

/// A mount target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedMountTarget {
    /// The logical ID.
    pub logical_id: String,
    /// The physical ID.
    pub physical_id: Option<String>,
    /// The file system.
    pub file_system: Option<String>,
    /// The subnet.
    pub subnet: Option<String>,
    /// The availability zone of the subnet, if the template specifies it.
    pub zone: Option<String>,
    /// The security groups, sorted.
    pub groups: Option<Vec<String>>,
}

/// The ingress rules of one security group of the builds' mount targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedRule {
    /// The logical ID, if the group is in the template.
    pub logical_id: Option<String>,
    /// The physical ID.
    pub group: Option<String>,
    /// The security group of build tasks.
    pub build_group: Option<String>,
    /// All rules in the template.
    pub ingress: Option<Vec<Ingress>>,
}

/// A task definition with a container `build`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedTask {
    /// The logical ID.
    pub logical_id: String,
    /// The ARN.
    pub physical_id: Option<String>,
    /// Whether it requires Fargate.
    pub is_fargate: bool,
    /// CPU units of the task.
    pub cpu: Option<String>,
    /// Memory of the task in MiB.
    pub memory: Option<String>,
    /// The EFS volumes.
    pub volumes: Option<Vec<Volume>>,
    /// The container `build`.
    pub container: ExpectedContainer,
}

/// The container `build`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedContainer {
    /// The mount points, sorted.
    pub mount_points: Option<Vec<MountPoint>>,
    /// The value of `DOCKER_BUILDKIT`, if it is set.
    pub buildkit: Option<String>,
}

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedRepository {
    /// The logical ID.
    pub logical_id: String,
    /// The name.
    pub physical_id: Option<String>,
    /// `ImageTagMutability`.
    pub tag_mutability: Option<String>,
    /// The text of the lifecycle policy; the inner `None` means no policy.
    pub lifecycle_policy: Option<Option<String>>,
}

impl Expected {
    /// Reads a template that was evaluated with the physical IDs of the deployed stack.
    pub fn of(evaluation: &Evaluation<'_>) -> Self {
        let reader = Reader { evaluation };
        let tasks: Vec<ExpectedTask> = reader.of_type("AWS::ECS::TaskDefinition").filter_map(|task| reader.task(task)).collect();
        let mounted: Vec<&str> = tasks
            .iter()
            .flat_map(|task| task.volumes.iter().flatten())
            .filter_map(|volume| volume.efs.as_ref().map(|efs| efs.file_system.as_str()))
            .collect();
        let mut file_systems: Vec<ExpectedFileSystem> =
            reader.of_type("AWS::EFS::FileSystem").map(|resource| reader.file_system(resource)).collect();
        for file_system in &mut file_systems {
            file_system.for_builds = file_system.physical_id.as_deref().is_some_and(|id| mounted.contains(&id));
        }
        let mount_targets: Vec<ExpectedMountTarget> =
            reader.of_type("AWS::EFS::MountTarget").map(|resource| reader.mount_target(resource)).collect();
        let mut rules: Vec<ExpectedRule> = Vec::new();
        let of_builds = |target: &&ExpectedMountTarget| target.file_system.as_deref().is_some_and(|id| mounted.contains(&id));
        for group in mount_targets.iter().filter(of_builds).flat_map(|target| target.groups.iter().flatten()) {
            if !rules.iter().any(|rule| rule.group.as_ref() == Some(group)) {
                rules.push(reader.rule(group));
            }
        }
        let has_mounted = mount_targets.iter().any(|target| of_builds(&target));
        Self {
            rules,
            repositories: reader.of_type("AWS::ECR::Repository").map(|resource| reader.repository(resource)).collect(),
            keys: reader.of_type("AWS::KMS::Key").map(|key| (key.entry.name.to_owned(), reader.physical_id(key.entry.name))).collect(),
            build_subnets: if has_mounted { reader.build_subnets() } else { Vec::new() },
            file_systems,
            mount_targets,
            tasks,
        }
    }

    /// Returns the mount targets of a file system.
    pub(super) fn targets_of<'p>(&'p self, file_system: &'p str) -> impl Iterator<Item = &'p ExpectedMountTarget> {
        self.mount_targets.iter().filter(move |target| target.file_system.as_deref() == Some(file_system))
    }
}
