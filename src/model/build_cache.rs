//! The build cache as typed template entries, for the rack and for [`patch`](crate::patch).
//!
//! [`HostTemplate`] names the entries of the surrounding template that the cache refers to; [`BuildCache`] holds the entries that it
//! adds. `docs/design/build-cache.md` explains the decisions and their effects on data and cost.

use serde_json::Value as Json;

use super::condition::Condition;
use super::declared::{Declared, DeletionPolicy, Tag};
use super::ec2::{Ingress, Peer, SecurityGroup, Subnet, Vpc};
use super::ecr::{LifecyclePolicy, LifecycleRule, Repository, TagMutability, TagStatus};
use super::ecs::{EfsVolume, EnvironmentVariable, MountPoint, Volume};
use super::efs::{FileSystem, MountTarget};
use super::json::json;
use super::kms::{Encryptable, EncryptionKey};
use super::name::{ConditionName, Id, LogicalId, ParameterName};
use super::parameter::{Group, Parameter};
use super::sections::{Entries, Sections};
use super::value::{OrNoValue, Value};

/// Whether the rack has a build cache, `Yes` or `No`.
pub const BUILD_CACHE: ParameterName<String> = ParameterName::new("BuildCache");
/// Whether cached layers expire, `Yes` or `No`.
pub const CLEANUP: ParameterName<String> = ParameterName::new("BuildCacheCleanup");
/// Days until a cached layer expires.
pub const RETENTION_DAYS: ParameterName<u32> = ParameterName::new("BuildCacheRetentionDays");

/// The cache is enabled.
pub const BUILD_CACHE_ENABLED: ConditionName = ConditionName::new("BuildCache");
/// Cached layers expire.
pub const CLEANUP_ENABLED: ConditionName = ConditionName::new("BuildCacheCleanup");
/// The cache is enabled and builds run on Fargate.
pub const FARGATE: ConditionName = ConditionName::new("BuildCacheFargate");
/// The same, with a third availability zone in use.
pub const FARGATE_THIRD_ZONE: ConditionName = ConditionName::new("BuildCacheFargateThirdAvailabilityZone");

/// The file system with kaniko's cache directories.
pub const FILE_SYSTEM: LogicalId<FileSystem> = LogicalId::new("BuildCacheFilesystem");
/// The security group of the file system's mount targets.
pub const SECURITY: LogicalId<SecurityGroup> = LogicalId::new("BuildCacheSecurity");
/// The file system's mount targets, one per availability zone.
pub const MOUNT_TARGETS: [LogicalId<MountTarget>; 3] =
    [LogicalId::new("BuildCacheTarget0"), LogicalId::new("BuildCacheTarget1"), LogicalId::new("BuildCacheTarget2")];
/// The ECR repository with cached layers.
pub const REPOSITORY: LogicalId<Repository> = LogicalId::new("BuildCacheRepository");

/// The volume's name in the build task.
pub const VOLUME: &str = "build-cache";
/// The path at which kaniko expects the directories of `RUN --mount=type=cache`.
pub const CONTAINER_PATH: &str = "/kaniko/caches";
/// The port of NFS.
const NFS_PORT: u16 = 2049;

/// The entries of the surrounding template that the build cache refers to.
#[derive(Clone, Debug)]
pub struct HostTemplate {
    /// The condition under which builds run on Fargate: that of `ApiBuildFargate`.
    pub fargate: ConditionName,
    /// The condition of the third subnet; `None` for a template with two subnets.
    pub third_zone: Option<ConditionName>,
    /// The public subnets, one per availability zone. The third is used only with `third_zone`.
    pub subnets: [LogicalId<Subnet>; 3],
    /// The template's VPC.
    pub vpc: LogicalId<Vpc>,
    /// The parameter for an existing VPC, and the condition that it is blank.
    pub existing_vpc: Option<(ConditionName, ParameterName<Id<Vpc>>)>,
    /// The template's security group for instances.
    pub instances_security: LogicalId<SecurityGroup>,
    /// The parameter for another security group for instances, and the condition that it is blank.
    pub instance_security_group: Option<(ConditionName, ParameterName<Id<SecurityGroup>>)>,
    /// The parameter for a separate security group for builds, and the condition that it is blank.
    pub build_instance_security_group: Option<(ConditionName, ParameterName<Id<SecurityGroup>>)>,
    /// The customer-managed key for file systems.
    pub key: Option<EncryptionKey>,
}

impl HostTemplate {
    /// Returns the ID of the rack's VPC.
    pub fn vpc_id(&self) -> Value<Id<Vpc>> {
        unless_blank(self.existing_vpc.as_ref(), self.vpc.reference())
    }

    /// Returns the security group of a build task: the one for builds, else the one for instances, else the template's own.
    pub fn build_security_group(&self) -> Value<Id<SecurityGroup>> {
        let instances = unless_blank(self.instance_security_group.as_ref(), self.instances_security.reference());
        unless_blank(self.build_instance_security_group.as_ref(), instances)
    }
}

/// Returns the parameter's value, or `otherwise` if it is blank or the template does not declare it.
fn unless_blank<R>(parameter: Option<&(ConditionName, ParameterName<Id<R>>)>, otherwise: Value<Id<R>>) -> Value<Id<R>> {
    match parameter {
        Some((blank, parameter)) => Value::if_else(blank, otherwise, parameter.value()),
        None => otherwise,
    }
}

/// The entries of the build cache.
#[derive(Clone, Debug)]
pub struct BuildCache {
    sections: Sections,
}

impl BuildCache {
    /// Returns the parts of the build cache for a host template.
    pub fn new(host: &HostTemplate) -> Self {
        let mut sections = Sections::default();
        declare_parameters(&mut sections);
        declare_conditions(&mut sections, host);
        declare_file_system(&mut sections, host);
        sections.resource(&REPOSITORY, &repository());
        Self { sections }
    }

    /// Returns the parameters by name.
    pub fn parameters(&self) -> &Entries {
        &self.sections.parameters
    }

    /// Returns the conditions by name.
    pub fn conditions(&self) -> &Entries {
        &self.sections.conditions
    }

    /// Returns the resources by logical ID.
    pub fn resources(&self) -> &Entries {
        &self.sections.resources
    }

    /// Returns all entries as sections. The changes to the build tasks are separate functions of this module.
    pub fn into_sections(self) -> Sections {
        self.sections
    }
}

/// Returns the environment variable of a build task on an instance.
pub fn environment_variable() -> EnvironmentVariable {
    EnvironmentVariable::new("DOCKER_BUILDKIT", "1")
}

/// Returns the property `MountPoints` of the container `build` on Fargate.
pub fn mount_points() -> OrNoValue<Vec<MountPoint>> {
    OrNoValue::only_if(&FARGATE, vec![mount_point()])
}

/// Returns the property `Volumes` of the build task on Fargate.
pub fn volumes() -> OrNoValue<Vec<Volume>> {
    OrNoValue::only_if(&FARGATE, vec![volume()])
}

/// Returns the mount point as an item for a list that already has items.
pub fn mount_point_entry() -> Json {
    json(&OrNoValue::only_if(&FARGATE, mount_point()))
}

/// Returns the volume as an item for a list that already has items.
pub fn volume_entry() -> Json {
    json(&OrNoValue::only_if(&FARGATE, volume()))
}

fn mount_point() -> MountPoint {
    MountPoint::writable(VOLUME, CONTAINER_PATH)
}

fn volume() -> Volume {
    Volume::efs(VOLUME, EfsVolume::whole(FILE_SYSTEM.reference()))
}

fn declare_parameters(sections: &mut Sections) {
    sections.parameter(
        Group::Build,
        &BUILD_CACHE,
        &Parameter::choice(
            &["No", "Yes"],
            "Keep a build cache between builds: an encrypted EFS file system for Fargate builds, and an ECR repository for cached layers. \
                Setting it to No deletes the cache and its content",
        ),
    );
    sections.parameter(
        Group::Build,
        &CLEANUP,
        &Parameter::choice(&["Yes", "No"], "Delete cached layers from the build cache repository after BuildCacheRetentionDays"),
    );
    sections.parameter(
        Group::Build,
        &RETENTION_DAYS,
        &Parameter::number(
            30,
            "Number of days after its push after which a cached layer is deleted. Only used when BuildCacheCleanup is set to Yes",
        )
        .between(1, 365),
    );
}

fn declare_conditions(sections: &mut Sections, host: &HostTemplate) {
    sections.condition(&BUILD_CACHE_ENABLED, &Condition::parameter_is(&BUILD_CACHE, "Yes"));
    sections.condition(&CLEANUP_ENABLED, &Condition::parameter_is(&CLEANUP, "Yes"));
    sections.condition(&FARGATE, &Condition::both(&BUILD_CACHE_ENABLED, &host.fargate));
    if let Some(third_zone) = &host.third_zone {
        sections.condition(&FARGATE_THIRD_ZONE, &Condition::both(&FARGATE, third_zone));
    }
}

fn declare_file_system(sections: &mut Sections, host: &HostTemplate) {
    let name = || vec![Tag::name(Value::sub("${AWS::StackName}-build-cache"))];
    let file_system = FileSystem::new(name());
    let file_system = match &host.key {
        Some(key) => file_system.encrypted_with(key),
        None => file_system,
    };
    sections.resource(&FILE_SYSTEM, &Declared::new(file_system).only_if(&FARGATE).with_deletion_policy(DeletionPolicy::Delete));
    sections.resource(
        &SECURITY,
        &Declared::new(SecurityGroup {
            group_description: Value::sub("${AWS::StackName} build cache"),
            vpc_id: host.vpc_id(),
            ingress: vec![OrNoValue::always(Ingress::tcp(NFS_PORT, NFS_PORT, Peer::Group(host.build_security_group())))],
            tags: name(),
        })
        .only_if(&FARGATE),
    );
    // Always the public subnets: a mount target's subnet is a create-only property, and EFS allows one mount target per zone. The private
    // subnet with the same index is in the same zone, so builds in it reach the mount target for each value of `Private`.
    for (index, (target, subnet)) in MOUNT_TARGETS.iter().zip(&host.subnets).enumerate() {
        let condition = if index < 2 { FARGATE } else { FARGATE_THIRD_ZONE };
        if index < 2 || host.third_zone.is_some() {
            let mount_target = MountTarget::new(FILE_SYSTEM.reference(), subnet.reference(), vec![SECURITY.reference()]);
            sections.resource(target, &Declared::new(mount_target).only_if(&condition));
        }
    }
}

fn repository() -> Declared<Repository> {
    let rule = LifecycleRule {
        description: "Delete cached layers some days after their push",
        tags: TagStatus::Any,
        days_since_push: RETENTION_DAYS.value(),
    };
    Declared::new(Repository {
        repository_name: Value::sub("${AWS::StackName}-build-cache"),
        image_tag_mutability: TagMutability::Mutable,
        empty_on_delete: true,
        encryption_configuration: None,
        lifecycle_policy: Some(OrNoValue::only_if(&CLEANUP_ENABLED, LifecyclePolicy { rules: vec![rule] })),
        tags: vec![Tag::name(Value::sub("${AWS::StackName}-build-cache"))],
    })
    .only_if(&BUILD_CACHE_ENABLED)
    .with_deletion_policy(DeletionPolicy::Delete)
}
