//! The build cache in typed pieces, for our own rack and for [`patch`](crate::patch) alike.
//!
//! What the cache needs of the template around it is said in [`HostTemplate`]; what it brings is [`BuildCache`]. The
//! choices, and what they mean for data and cost, are in `docs/design/build-cache.md`.

use serde_json::Value as Json;

use super::condition::Condition;
use super::ec2::{Ingress, Peer, SecurityGroup, Subnet, Vpc};
use super::ecr::{LifecyclePolicy, LifecycleRule, Repository, TagMutability, TagStatus};
use super::ecs::{EfsVolume, EnvironmentVariable, MountPoint, Volume};
use super::efs::{FileSystem, MountTarget};
use super::json;
use super::kms::Key;
use super::parameter::Parameter;
use super::reference::{ConditionName, Id, LogicalId, ParameterName};
use super::resource::{Declared, Property, RetentionPolicy, Tag};
use super::sections::{Entries, Sections};
use super::value::{OrNoValue, Value};

/// The switch, `Yes` or `No`.
pub const BUILD_CACHE: ParameterName<String> = ParameterName::new("BuildCache");
/// Whether old layers are thrown away, `Yes` or `No`.
pub const CLEANUP: ParameterName<String> = ParameterName::new("BuildCacheCleanup");
/// After how many days.
pub const RETENTION_DAYS: ParameterName<u32> = ParameterName::new("BuildCacheRetentionDays");

/// The cache is on.
pub const BUILD_CACHE_ENABLED: ConditionName = ConditionName::new("BuildCache");
/// Old layers are thrown away.
pub const CLEANUP_ENABLED: ConditionName = ConditionName::new("BuildCacheCleanup");
/// The cache is on and builds run on Fargate.
pub const FARGATE: ConditionName = ConditionName::new("BuildCacheFargate");
/// The same, with a third availability zone in use.
pub const FARGATE_THIRD_ZONE: ConditionName = ConditionName::new("BuildCacheFargateThirdAvailabilityZone");

/// The file system that keeps kaniko's cache directories.
pub const FILE_SYSTEM: LogicalId<FileSystem> = LogicalId::new("BuildCacheFilesystem");
/// The security group of its mount targets.
pub const SECURITY: LogicalId<SecurityGroup> = LogicalId::new("BuildCacheSecurity");
/// Its mount targets, one per availability zone.
pub const MOUNT_TARGETS: [LogicalId<MountTarget>; 3] =
    [LogicalId::new("BuildCacheTarget0"), LogicalId::new("BuildCacheTarget1"), LogicalId::new("BuildCacheTarget2")];
/// The repository of cached layers.
pub const REPOSITORY: LogicalId<Repository> = LogicalId::new("BuildCacheRepository");

/// The volume's name in the build task.
pub const VOLUME: &str = "build-cache";
/// Where kaniko keeps the directories of `RUN --mount=type=cache`.
pub const CONTAINER_PATH: &str = "/kaniko/caches";
/// NFS.
const NFS_PORT: u16 = 2049;

/// What the template around the cache offers.
#[derive(Clone, Debug)]
pub struct HostTemplate {
    /// The condition under which builds run on Fargate: that of `ApiBuildFargate`.
    pub fargate: ConditionName,
    /// The condition under which the third subnet exists; `None` for a template with two subnets.
    pub third_zone: Option<ConditionName>,
    /// The public subnets, one per availability zone. The third counts only with `third_zone`.
    pub subnets: [LogicalId<Subnet>; 3],
    /// The template's VPC.
    pub vpc: LogicalId<Vpc>,
    /// An existing VPC instead of it: the parameter, and the condition under which it is blank.
    pub existing_vpc: Option<(ConditionName, ParameterName<Id<Vpc>>)>,
    /// The security group that instances get.
    pub instances_security: LogicalId<SecurityGroup>,
    /// Another one instead: the parameter, and the condition under which it is blank.
    pub instance_security_group: Option<(ConditionName, ParameterName<Id<SecurityGroup>>)>,
    /// Another one for builds only: the parameter, and the condition under which it is blank.
    pub build_instance_security_group: Option<(ConditionName, ParameterName<Id<SecurityGroup>>)>,
    /// The rack's own key for file systems, and the condition under which it is used.
    pub key: Option<(ConditionName, LogicalId<Key>)>,
}

impl Default for HostTemplate {
    /// Returns the host template of a current rack, both of rackform and of Convox.
    fn default() -> Self {
        Self {
            fargate: ConditionName::new("UseFargateBuild"),
            third_zone: Some(ConditionName::new("ThirdAvailabilityZoneAndHighAvailability")),
            subnets: super::rack::SUBNETS,
            vpc: LogicalId::new("Vpc"),
            existing_vpc: Some((ConditionName::new("BlankExistingVpc"), ParameterName::new("ExistingVpc"))),
            instances_security: LogicalId::new("InstancesSecurity"),
            instance_security_group: Some((ConditionName::new("BlankInstanceSecurityGroup"), ParameterName::new("InstanceSecurityGroup"))),
            build_instance_security_group: Some((
                ConditionName::new("BlankBuildInstanceSecurityGroup"),
                ParameterName::new("BuildInstanceSecurityGroup"),
            )),
            key: Some((ConditionName::new("EnableSharedEFSVolumeEncryptionCond"), LogicalId::new("CustomerManagedKey"))),
        }
    }
}

impl HostTemplate {
    /// Returns the ID of the VPC that the rack lives in.
    pub fn vpc_id(&self) -> Value<Id<Vpc>> {
        unless_blank(self.existing_vpc.as_ref(), self.vpc.reference())
    }

    /// Returns the security group that a build task runs in: the one for builds, else the one for instances, else the rack's own.
    pub fn build_security_group(&self) -> Value<Id<SecurityGroup>> {
        let instances = unless_blank(self.instance_security_group.as_ref(), self.instances_security.reference());
        unless_blank(self.build_instance_security_group.as_ref(), instances)
    }
}

/// Returns the parameter's value, or `otherwise` where it is blank or the template has none.
fn unless_blank<R>(parameter: Option<&(ConditionName, ParameterName<Id<R>>)>, otherwise: Value<Id<R>>) -> Value<Id<R>> {
    match parameter {
        Some((blank, parameter)) => Value::if_else(blank, otherwise, parameter.value()),
        None => otherwise,
    }
}

/// The build cache's pieces.
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

    /// Returns everything that has a name, and leaves the pieces of the build tasks behind.
    pub fn into_sections(self) -> Sections {
        self.sections
    }
}

/// Returns the environment variable that every build task on an instance gets.
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

/// Returns the mount point as an entry of a list that holds others already.
pub fn mount_point_entry() -> Json {
    json(&OrNoValue::only_if(&FARGATE, mount_point()))
}

/// Returns the volume as an entry of a list that holds others already.
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
        &BUILD_CACHE,
        &Parameter::choice(
            &["No", "Yes"],
            "Keep a build cache between builds: an encrypted EFS file system for Fargate builds, and an ECR repository for cached layers. Turning it off deletes what is in it",
        ),
    );
    sections.parameter(
        &CLEANUP,
        &Parameter::choice(&["Yes", "No"], "Delete cached layers from the build cache repository after BuildCacheRetentionDays"),
    );
    sections.parameter(
        &RETENTION_DAYS,
        &Parameter::number(
            30,
            "Number of days after which a cached layer is deleted, counted from its push. Only used when BuildCacheCleanup is set to Yes",
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
    let key: Property<Id<Key>> = host.key.as_ref().map(|(used, key)| OrNoValue::only_if(used, key.reference()));
    sections.resource(
        &FILE_SYSTEM,
        &Declared::new(FileSystem::new(name()).with_key(key)).only_if(&FARGATE).on_removal(RetentionPolicy::Delete),
    );
    sections.resource(
        &SECURITY,
        &Declared::new(SecurityGroup {
            group_description: Value::sub("${AWS::StackName} build cache"),
            vpc_id: host.vpc_id(),
            ingress: vec![Ingress::tcp(NFS_PORT, NFS_PORT, Peer::Group(host.build_security_group()))],
            tags: name(),
        })
        .only_if(&FARGATE),
    );
    // Never the private subnets: a mount target's subnet is create-only, two in one zone collide, and the private subnet of the
    // same index is in the same zone, so it reaches this one whatever `Private` says.
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
        lifecycle_policy: Some(OrNoValue::only_if(&CLEANUP_ENABLED, LifecyclePolicy { rules: vec![rule] })),
        tags: vec![Tag::name(Value::sub("${AWS::StackName}-build-cache"))],
    })
    .only_if(&BUILD_CACHE_ENABLED)
    .on_removal(RetentionPolicy::Delete)
}
