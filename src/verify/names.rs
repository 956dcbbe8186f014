//! The list of checks: their names, which stay, and what each is for; `docs/checks.md` is held to it by a test.

use super::verdict::Level;

/// When a check is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Afterwards, of what there is.
    Verify,
    /// Before a plan is carried out, of what it rests on.
    Preflight,
}

/// A check.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// When it is made.
    pub stage: Stage,
    /// How much it matters when it fails.
    pub level: Level,
    /// What holds when all is well.
    pub summary: &'static str,
}

macro_rules! checks {
    ($($constant:ident $name:literal $stage:ident $level:ident $summary:literal)*) => {
        $(pub(super) static $constant: Check = Check { name: $name, stage: Stage::$stage, level: Level::$level, summary: $summary };)*

        /// Every check, in the order in which verdicts are shown.
        pub static CHECKS: &[&Check] = &[$(&$constant),*];
    };
}

checks! {
    RESOURCE_PRESENT "resource-present" Verify Error "every resource that the template promises is in the stack"
    RESOURCE_UNEXPECTED "resource-unexpected" Verify Error "the stack has no resource that the template does not promise"
    RESOURCE_PROPERTIES "resource-properties" Verify Error "a resource has the properties that the template gives it, where the backend tells them"
    FILE_SYSTEM_AVAILABLE "file-system-available" Verify Error "the file system is there and available"
    FILE_SYSTEM_ENCRYPTED "file-system-encrypted" Verify Error "the file system is encrypted, or not, as promised"
    FILE_SYSTEM_KEY "file-system-key" Verify Error "the file system is encrypted with the key that was promised: the rack's own, or AWS's for EFS"
    FILE_SYSTEM_THROUGHPUT "file-system-throughput" Verify Warning "throughput and performance mode are as promised"
    FILE_SYSTEM_LIFECYCLE "file-system-lifecycle" Verify Warning "files move to colder storage as promised, or not at all"
    MOUNT_TARGET_AVAILABLE "mount-target-available" Verify Error "the mount target is there and available"
    MOUNT_TARGET_PLACE "mount-target-place" Verify Error "the mount target is of the file system, in the subnet and in the availability zone that were promised"
    MOUNT_TARGET_SECURITY_GROUP "mount-target-security-group" Verify Error "the mount target has the security groups that were promised"
    BUILD_SUBNET_COVERED "build-subnet-covered" Verify Error "each subnet that builds run in has an available mount target in its availability zone"
    NFS_INGRESS "nfs-ingress" Verify Error "the mount targets' security group admits TCP 2049 from the group that build tasks get"
    NFS_INGRESS_ONLY "nfs-ingress-only" Verify Warning "the mount targets' security group admits nothing that the template does not"
    BUILD_SECURITY_GROUP "build-security-group" Verify Error "the group that build tasks get exists and is in the mount targets' VPC"
    VPC_DNS_SUPPORT "vpc-dns-support" Verify Error "the VPC resolves names, without which no mount finds its target"
    VPC_DNS_HOSTNAMES "vpc-dns-hostnames" Verify Error "the VPC gives hostnames, without which no mount finds its target"
    SUBNET_ZONES "subnet-zones" Verify Error "no two mount targets of a file system stand in one availability zone"
    TASK_REVISION_ACTIVE "task-revision-active" Verify Error "the build task definition's revision is active"
    TASK_VOLUMES "task-volumes" Verify Error "the build task has the EFS volumes that were promised, and no others"
    TASK_TRANSIT_ENCRYPTION "task-transit-encryption" Verify Error "what goes to and from the file system is encrypted on its way"
    TASK_MOUNT_POINTS "task-mount-points" Verify Error "the container `build` mounts what was promised where it was promised"
    TASK_BUILDKIT "task-buildkit" Verify Error "the container `build` has `DOCKER_BUILDKIT` as promised"
    TASK_SIZE "task-size" Verify Error "CPU and memory are as promised, and on Fargate a pair that Fargate offers"
    REPOSITORY_PRESENT "repository-present" Verify Error "the repository is there"
    REPOSITORY_TAGS "repository-tags" Verify Error "tags can be overwritten, or not, as promised; a cache's must be"
    REPOSITORY_LIFECYCLE "repository-lifecycle" Verify Warning "the lifecycle rule is the one promised, or there is none"
    KEY_ENABLED "key-enabled" Verify Error "the key is enabled"
    STACK_STATE "stack-state" Preflight Error "the stack is in a state in which it can be changed"
    TEMPLATE_BUCKET "template-bucket" Preflight Error "the bucket that a large template goes through is there and may be used"
    ZONE_WITHOUT_EFS "zone-without-efs" Preflight Error "EFS is offered in the availability zones that get mount targets"
    MOUNT_TARGET_TAKEN "mount-target-taken" Preflight Error "the file system has no mount target yet in a zone that gets one"
    VPC_DNS "vpc-dns" Preflight Error "an existing VPC that mount targets go into resolves names and gives hostnames"
    EXISTING_GROUP "existing-group" Preflight Error "a security group that is given by its ID exists"
    EXISTING_KEY "existing-key" Preflight Error "a key that a new file system is encrypted with is enabled"
    SECURITY_GROUP_QUOTA "security-group-quota" Preflight Error "there is room for the new security groups in the region"
    GROUPS_PER_INTERFACE "groups-per-interface" Preflight Error "no mount target gets more security groups than a network interface can have"
    ELASTIC_IP_QUOTA "elastic-ip-quota" Preflight Error "there is room for the new Elastic IP addresses"
    NAME_TAKEN "name-taken" Preflight Error "a name that the template fixes is free for the resource that is to have it"
    PERMISSIONS "permissions" Preflight Error "whoever asks, and the role that CloudFormation works as, may do what the plan takes"
    FARGATE_SIZE "fargate-size" Preflight Error "CPU and memory of the build task are a pair that Fargate offers"
}
