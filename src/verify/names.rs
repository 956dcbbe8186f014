//! The checks: their stable names, levels and summaries. A test compares `docs/checks.md` with this list.

use serde::Serialize;

/// The severity of a failed check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Builds fail, lose their cache or expose it to others; for preflight: the plan would fail.
    Error,
    /// Any other difference.
    Warning,
}

/// When a check runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// After a deployment, on the resources in the account.
    Verify,
    /// Before a plan is executed, on what the plan requires.
    Preflight,
}

/// A check.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// When it runs.
    pub stage: Stage,
    /// Its severity if it fails.
    pub level: Level,
    /// What is true if it passes.
    pub summary: &'static str,
}

macro_rules! checks {
    ($($constant:ident $name:literal $stage:ident $level:ident $summary:literal)*) => {
        $(pub(super) static $constant: Check = Check { name: $name, stage: Stage::$stage, level: Level::$level, summary: $summary };)*

        /// Every check, in display order.
        pub static CHECKS: &[&Check] = &[$(&$constant),*];
    };
}

checks! {
    RESOURCE_PRESENT "resource-present" Verify Error "every resource of the template is in the stack"
    RESOURCE_UNEXPECTED "resource-unexpected" Verify Error "the stack has no resource that is not in the template"
    RESOURCE_PROPERTIES "resource-properties" Verify Error
        "each resource has the properties in the template, if the backend reports properties"
    FILE_SYSTEM_AVAILABLE "file-system-available" Verify Error "the file system exists and is available"
    FILE_SYSTEM_ENCRYPTED "file-system-encrypted" Verify Error "encryption of the file system is on or off as in the template"
    FILE_SYSTEM_KEY "file-system-key" Verify Error
        "the file system is encrypted with the key in the template, or with the AWS managed key for EFS"
    FILE_SYSTEM_THROUGHPUT "file-system-throughput" Verify Warning "throughput mode and performance mode are as in the template"
    FILE_SYSTEM_LIFECYCLE "file-system-lifecycle" Verify Warning "the lifecycle policies of the file system are those in the template"
    MOUNT_TARGET_AVAILABLE "mount-target-available" Verify Error "the mount target exists and is available"
    MOUNT_TARGET_PLACE "mount-target-place" Verify Error
        "the mount target belongs to the file system and is in the subnet and availability zone in the template"
    MOUNT_TARGET_SECURITY_GROUP "mount-target-security-group" Verify Error "the mount target has the security groups in the template"
    BUILD_SUBNET_COVERED "build-subnet-covered" Verify Error
        "each subnet that builds run in has an available mount target in its availability zone"
    NFS_INGRESS "nfs-ingress" Verify Error "the security group of the mount targets allows TCP 2049 from the security group of build tasks"
    NFS_INGRESS_ONLY "nfs-ingress-only" Verify Warning "the security group of the mount targets allows nothing that the template does not"
    BUILD_SECURITY_GROUP "build-security-group" Verify Error
        "the security group of build tasks exists and is in the VPC of the mount targets"
    VPC_DNS_SUPPORT "vpc-dns-support" Verify Error "DNS support is enabled in the VPC; mounting requires it"
    VPC_DNS_HOSTNAMES "vpc-dns-hostnames" Verify Error "DNS hostnames are enabled in the VPC; mounting requires them"
    SUBNET_ZONES "subnet-zones" Verify Error "no two mount targets of a file system are in the same availability zone"
    TASK_REVISION_ACTIVE "task-revision-active" Verify Error "the revision of the build task definition is active"
    TASK_VOLUMES "task-volumes" Verify Error "the build task has exactly the EFS volumes in the template"
    TASK_TRANSIT_ENCRYPTION "task-transit-encryption" Verify Error "transit encryption is enabled for the EFS volumes of the build task"
    TASK_MOUNT_POINTS "task-mount-points" Verify Error "the container `build` has the mount points in the template"
    TASK_BUILDKIT "task-buildkit" Verify Error "the container `build` has the value of `DOCKER_BUILDKIT` in the template"
    TASK_SIZE "task-size" Verify Error "CPU and memory are as in the template and, on Fargate, a combination that Fargate supports"
    REPOSITORY_PRESENT "repository-present" Verify Error "the repository exists"
    REPOSITORY_TAGS "repository-tags" Verify Error "tag mutability is as in the template; a cache repository requires mutable tags"
    REPOSITORY_LIFECYCLE "repository-lifecycle" Verify Warning "the lifecycle policy of the repository is the one in the template"
    KEY_ENABLED "key-enabled" Verify Error "the key is enabled"
    STACK_STATE "stack-state" Preflight Error "the stack status allows an update"
    TEMPLATE_BUCKET "template-bucket" Preflight Error "the S3 bucket for a large template exists and is accessible"
    ZONE_WITHOUT_EFS "zone-without-efs" Preflight Error "EFS is available in each availability zone that gets a mount target"
    MOUNT_TARGET_TAKEN "mount-target-taken" Preflight Error "the file system has no mount target yet in an availability zone that gets one"
    VPC_DNS "vpc-dns" Preflight Error "DNS support and DNS hostnames are enabled in an existing VPC that gets mount targets"
    EXISTING_GROUP "existing-group" Preflight Error "each security group that is given by ID exists"
    EXISTING_KEY "existing-key" Preflight Error "the key for a new file system is enabled"
    SECURITY_GROUP_QUOTA "security-group-quota" Preflight Error "the quota for security groups in the region allows the new ones"
    GROUPS_PER_INTERFACE "groups-per-interface" Preflight Error
        "no mount target gets more security groups than a network interface can have"
    ELASTIC_IP_QUOTA "elastic-ip-quota" Preflight Error "the quota for Elastic IP addresses allows the new ones"
    NAME_TAKEN "name-taken" Preflight Error "each custom name in the template is available for its resource"
    PERMISSIONS "permissions" Preflight Error
        "the caller, and the CloudFormation service role if there is one, have the permissions that the plan requires"
    FARGATE_SIZE "fargate-size" Preflight Error "CPU and memory of the build task are a combination that Fargate supports"
}
