//! What an evaluated template promises of the account, as far as the build cache and builds rest on it.
//!
//! Everything is found by its type and by what refers to it, not by its logical ID: a file system is the builds' when a task definition with a container
//! `build` mounts it. Only the security group that builds get goes by the rack's own names, since that rule is in no template.

mod reader;

pub(crate) use reader::Reader;
pub(super) use reader::is_explicit_value;

use super::observed::{Ingress, MountPoint, Volume};
use crate::evaluate::Evaluation;

/// What a template promises; `None` stands for what cannot be known from it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expected {
    /// File systems.
    pub file_systems: Vec<ExpectedFileSystem>,
    /// Mount targets.
    pub mount_targets: Vec<ExpectedMountTarget>,
    /// What the security groups of the builds' mount targets admit.
    pub rules: Vec<ExpectedRule>,
    /// Task definitions with a container `build`.
    pub tasks: Vec<ExpectedTask>,
    /// Repositories.
    pub repositories: Vec<ExpectedRepository>,
    /// Keys: logical and physical ID.
    pub keys: Vec<(String, Option<String>)>,
    /// The subnets that builds run in: those that an output tells, else those that the rack's own build service takes.
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
    /// With which key.
    pub key: ExpectedKey,
    /// `PerformanceMode`.
    pub performance_mode: Option<String>,
    /// `ThroughputMode`.
    pub throughput_mode: Option<String>,
    /// `ProvisionedThroughputInMibps`.
    pub provisioned_mibps: Option<f64>,
    /// The lifecycle policies, sorted.
    pub lifecycle: Option<Vec<(String, String)>>,
    /// Whether builds mount it.
    pub for_builds: bool,
}

/// The key of a file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedKey {
    /// Nothing is said of it.
    Unsaid,
    /// The one that AWS manages for EFS.
    AwsManaged,
    /// This one, by ID, ARN or alias.
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
    /// The subnet's availability zone, where the template says it.
    pub zone: Option<String>,
    /// The security groups, sorted.
    pub groups: Option<Vec<String>>,
}

/// What one security group of the builds' mount targets admits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedRule {
    /// The group's logical ID, where it is the template's.
    pub logical_id: Option<String>,
    /// The group.
    pub group: Option<String>,
    /// The group that build tasks get.
    pub build_group: Option<String>,
    /// All that the template lets in.
    pub ingress: Option<Vec<Ingress>>,
}

/// A task definition with a container `build`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedTask {
    /// The logical ID.
    pub logical_id: String,
    /// The ARN.
    pub physical_id: Option<String>,
    /// Whether it is for Fargate.
    pub is_fargate: bool,
    /// CPU units of the task.
    pub cpu: Option<String>,
    /// Memory of the task in MiB.
    pub memory: Option<String>,
    /// The volumes that are file systems.
    pub volumes: Option<Vec<Volume>>,
    /// The container `build`.
    pub container: ExpectedContainer,
}

/// The container `build`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedContainer {
    /// Where volumes appear, sorted.
    pub mount_points: Option<Vec<MountPoint>>,
    /// The value of `DOCKER_BUILDKIT`, which may be absent.
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
    /// The lifecycle policy's text, which may be absent.
    pub lifecycle_policy: Option<Option<String>>,
}

impl Expected {
    /// Reads what a template promises that was evaluated with the physical IDs of the deployed stack.
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
