//! The resources that exist in an account, in plain types.

use indexmap::IndexMap;

use super::remedy::Remedy;
use crate::aws::{RequestHint, is_denied};

/// Why a resource could not be inspected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectError {
    /// The permission that the call requires, such as `ecs:DescribeTaskDefinition`.
    pub action: &'static str,
    /// The error code, if AWS responded.
    pub code: Option<String>,
    /// The message from AWS, or why the request failed.
    pub message: String,
}

impl InspectError {
    /// Returns the error for a response that lacks the requested value; whether the resource exists is unknown.
    #[cfg(feature = "aws")]
    pub(super) fn missing_value(action: &'static str, what: &str) -> Self {
        Self { action, code: None, message: format!("the response lacks {what}") }
    }

    /// Returns whether the caller lacks the permission.
    pub fn is_denied(&self) -> bool {
        self.code.as_deref().is_some_and(is_denied)
    }

    /// Returns what to do about it; `grant` is the remedy for a missing permission.
    pub(super) fn remedy(&self, grant: Remedy) -> Remedy {
        match self.code.as_deref() {
            _ if self.is_denied() => grant,
            Some(code) => RequestHint::of_code(code).map_or_else(|| "try again later; the message is from AWS".into(), Remedy::AwsRequest),
            None => "try again when the service responds, or check in the AWS console".into(),
        }
    }

    /// Returns the reason for a denial, if AWS gives one: which kind of policy denies the action or does not allow it.
    ///
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
    fn reason(&self) -> Option<&str> {
        let begins = ["because ", "with an explicit deny"].into_iter().filter_map(|words| self.message.find(words)).min()?;
        // EC2 appends a long encoded message that only `sts:DecodeAuthorizationMessage` decodes.
        self.message.get(begins..)?.split(". ").next().map(|reason| reason.trim_end_matches('.'))
    }
}

impl std::fmt::Display for InspectError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { action, code, message } = self;
        match code {
            _ if self.is_denied() => match self.reason() {
                Some(reason) => write!(f, "no permission for {action}: {reason}"),
                None => write!(f, "no permission for {action}"),
            },
            Some(code) => write!(f, "{action} failed: {message} ({code})"),
            None => write!(f, "{action} failed: {message}"),
        }
    }
}

/// The result of an inspection.
pub type InspectResult<T> = Result<T, InspectError>;

/// The result of a lookup by ID; `None` if the resource does not exist.
pub type Lookup<T> = InspectResult<Option<T>>;

/// A file system.
#[derive(Clone, Debug, PartialEq)]
pub struct FileSystem {
    /// `LifeCycleState`, such as `available`.
    pub state: String,
    /// Whether it is encrypted; `None` if the service does not report it.
    pub encrypted: Option<bool>,
    /// The key's ARN or ID.
    pub key: Option<String>,
    /// `PerformanceMode`.
    pub performance_mode: String,
    /// `ThroughputMode`.
    pub throughput_mode: String,
    /// `ProvisionedThroughputInMibps`.
    pub provisioned_mibps: Option<f64>,
    /// The lifecycle policies as name and value, sorted.
    pub lifecycle: InspectResult<Vec<(String, String)>>,
    /// The availability zone of One Zone storage.
    pub zone: Option<String>,
}

/// A mount target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountTarget {
    /// Its ID.
    pub id: String,
    /// Its file system.
    pub file_system: String,
    /// Its subnet.
    pub subnet: String,
    /// The subnet's availability zone.
    pub zone: Option<String>,
    /// `LifeCycleState`.
    pub state: String,
    /// Its security groups, sorted; `None` if the service does not report them in this state.
    pub groups: Lookup<Vec<String>>,
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Its VPC.
    pub vpc: Option<String>,
    /// Its ingress rules.
    pub ingress: Vec<Ingress>,
}

/// An ingress rule of a security group: one protocol and port range from one source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ingress {
    /// The protocol; `-1` means all.
    pub protocol: String,
    /// The first port; `None` means all.
    pub from_port: Option<i32>,
    /// The last port.
    pub to_port: Option<i32>,
    /// The ID of a security group, a CIDR block or the ID of a prefix list.
    pub source: String,
}

impl Ingress {
    /// Returns a rule in normal form: without ports if the protocol has none.
    pub(super) fn new(protocol: &str, ports: [Option<i32>; 2], source: &str) -> Self {
        let protocol = if protocol == "6" { "tcp" } else { protocol };
        let [from_port, to_port] = ports.map(|port| port.filter(|port| *port >= 0 && protocol != "-1"));
        Self { protocol: protocol.to_owned(), from_port, to_port, source: source.to_owned() }
    }

    /// Returns whether the rule allows TCP on a port.
    pub fn allows_tcp(&self, port: i32) -> bool {
        match self.protocol.as_str() {
            "-1" => true,
            "tcp" => self.from_port.is_none_or(|from| from <= port) && self.to_port.is_none_or(|to| port <= to),
            _ => false,
        }
    }
}

impl std::fmt::Display for Ingress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let protocol = if self.protocol == "-1" { "all traffic" } else { &self.protocol };
        match (self.from_port, self.to_port) {
            (Some(from), Some(to)) if from == to => write!(f, "{protocol} {from} from {}", self.source),
            (Some(from), Some(to)) if self.protocol != "-1" => write!(f, "{protocol} {from}-{to} from {}", self.source),
            _ => write!(f, "{protocol} from {}", self.source),
        }
    }
}

/// The settings of a VPC that mounting requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vpc {
    /// `enableDnsSupport`.
    pub dns_support: bool,
    /// `enableDnsHostnames`.
    pub dns_hostnames: bool,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// Its VPC.
    pub vpc: String,
    /// Its availability zone.
    pub zone: String,
}

/// A revision of a task definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskDefinition {
    /// `ACTIVE`, `INACTIVE`, ...
    pub status: String,
    /// CPU units of the task.
    pub cpu: Option<String>,
    /// Memory of the task in MiB.
    pub memory: Option<String>,
    /// Its volumes.
    pub volumes: Vec<Volume>,
    /// Its containers.
    pub containers: Vec<Container>,
}

/// A volume of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// The file system, if it is an EFS volume.
    pub efs: Option<EfsVolume>,
}

/// An EFS volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EfsVolume {
    /// The file system.
    pub file_system: String,
    /// The root directory.
    pub root_directory: String,
    /// The access point.
    pub access_point: Option<String>,
    /// Whether transit encryption is enabled.
    pub transit_encryption: bool,
}

/// A container of a task; of its environment only the variable that is checked, since others may be secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// The value of `DOCKER_BUILDKIT`.
    pub buildkit: Option<String>,
    /// Its mount points.
    pub mount_points: Vec<MountPoint>,
}

/// A mount point of a container.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MountPoint {
    /// The volume's name.
    pub volume: String,
    /// The path.
    pub path: String,
    /// Whether it is read-only.
    pub read_only: bool,
}

impl std::fmt::Display for MountPoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` at {}{}", self.volume, self.path, if self.read_only { ", read-only" } else { "" })
    }
}

/// A repository.
#[derive(Clone, Debug, PartialEq)]
pub struct Repository {
    /// `MUTABLE`, `IMMUTABLE`, ...
    pub tag_mutability: String,
    /// The text of its lifecycle policy.
    pub lifecycle_policy: InspectResult<Option<String>>,
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its ARN.
    pub arn: String,
    /// `KeyState`, such as `Enabled`.
    pub state: String,
    /// Whether AWS manages it.
    pub is_aws_managed: bool,
}

/// An availability zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// `availability-zone`, `local-zone` or `wavelength-zone`.
    pub kind: String,
    /// Whether its state is `available`.
    pub is_available: bool,
    /// Whether EFS is available there; `Ok(None)` if unknown.
    pub has_efs: Lookup<bool>,
}

/// Quotas of the account in the region, and their use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Security groups for each network interface.
    pub groups_per_interface: Option<usize>,
    /// Quota for Elastic IP addresses.
    pub elastic_ips: Option<usize>,
    /// Elastic IP addresses in use.
    pub elastic_ips_in_use: Option<usize>,
    /// Security groups in use.
    pub groups_in_use: Option<usize>,
    /// Why some of the values are unknown.
    pub errors: Vec<InspectError>,
}

/// The resources that exist of those that are expected, by ID.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// File systems.
    pub file_systems: IndexMap<String, Lookup<FileSystem>>,
    /// Mount targets by file system.
    pub mount_targets: IndexMap<String, InspectResult<Vec<MountTarget>>>,
    /// Security groups.
    pub security_groups: IndexMap<String, Lookup<SecurityGroup>>,
    /// VPCs.
    pub vpcs: IndexMap<String, Lookup<Vpc>>,
    /// Subnets.
    pub subnets: IndexMap<String, Lookup<Subnet>>,
    /// Task definitions by ARN.
    pub task_definitions: IndexMap<String, Lookup<TaskDefinition>>,
    /// Repositories by name.
    pub repositories: IndexMap<String, Lookup<Repository>>,
    /// Keys, including those that the file systems use.
    pub keys: IndexMap<String, Lookup<Key>>,
}
