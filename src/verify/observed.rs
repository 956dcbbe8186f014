//! What an account answers, in plain types.

use indexmap::{IndexMap, IndexSet};

use super::expected::{Expected, ExpectedKey};
use super::inspector::Inspector;
use crate::backend::request_hint;

/// Why something could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The permission that the call takes, such as `ecs:DescribeTaskDefinition`.
    pub action: &'static str,
    /// AWS's error code, where AWS answered.
    pub code: Option<String>,
    /// What was said, or why nobody was reached.
    pub message: String,
}

impl Refusal {
    /// Returns that an answer came and lacks what was asked for: that is no word on whether it is there.
    #[cfg(feature = "aws")]
    pub(super) fn unsaid(action: &'static str, what: &str) -> Self {
        Self { action, code: None, message: format!("the answer does not tell {what}") }
    }

    /// Tells whether the caller lacks the permission.
    pub fn is_denied(&self) -> bool {
        self.code.as_deref().is_some_and(|code| {
            ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "NotAuthorized", "Forbidden", "403"]
                .contains(&code)
        })
    }

    /// Returns what to do about it; `asker` is what `rackform permissions --for` calls whoever looks.
    pub(super) fn remedy(&self, asker: &str) -> String {
        match self.code.as_deref() {
            _ if self.is_denied() => format!("grant it: `rackform permissions --for {asker}` lists what looking takes"),
            Some(code) => request_hint(code).unwrap_or("look again in a while; what AWS said is its own reason").to_owned(),
            None => "look again once it answers, or by hand in the console".to_owned(),
        }
    }

    /// Returns why there is no permission, where AWS says so: which kind of policy lacks or denies it.
    ///
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
    fn reason(&self) -> Option<&str> {
        let begins = ["because ", "with an explicit deny"].into_iter().filter_map(|words| self.message.find(words)).min()?;
        // EC2 adds a long text that only `sts:DecodeAuthorizationMessage` reads.
        self.message.get(begins..)?.split(". ").next().map(|reason| reason.trim_end_matches('.'))
    }
}

impl std::fmt::Display for Refusal {
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

/// An answer, or why there is none.
pub type Answer<T> = Result<T, Refusal>;

/// Something by its ID; `None` where there is no such thing.
pub type Asked<T> = Answer<Option<T>>;

/// A file system.
#[derive(Clone, Debug, PartialEq)]
pub struct FileSystem {
    /// `LifeCycleState`, such as `available`.
    pub state: String,
    /// Whether it is encrypted; `None` where that is not told.
    pub encrypted: Option<bool>,
    /// The key's ARN or ID.
    pub key: Option<String>,
    /// `PerformanceMode`.
    pub performance_mode: String,
    /// `ThroughputMode`.
    pub throughput_mode: String,
    /// `ProvisionedThroughputInMibps`.
    pub provisioned_mibps: Option<f64>,
    /// The lifecycle policies: what happens, and after what; sorted.
    pub lifecycle: Answer<Vec<(String, String)>>,
    /// The one zone of One Zone storage.
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
    /// Its security groups, sorted; none where it has none in this state.
    pub groups: Asked<Vec<String>>,
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Its VPC.
    pub vpc: Option<String>,
    /// What it admits.
    pub ingress: Vec<Ingress>,
}

/// What a security group admits: one protocol and range of ports from one source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ingress {
    /// The protocol; `-1` is every one.
    pub protocol: String,
    /// The first port; `None` is every one.
    pub from_port: Option<i32>,
    /// The last port.
    pub to_port: Option<i32>,
    /// A group's ID, a block of addresses or a prefix list's ID.
    pub source: String,
}

impl Ingress {
    /// Returns what one rule admits from one source, in one spelling: ports are none where the protocol has none.
    pub(super) fn new(protocol: &str, ports: [Option<i32>; 2], source: &str) -> Self {
        let protocol = if protocol == "6" { "tcp" } else { protocol };
        let [from_port, to_port] = ports.map(|port| port.filter(|port| *port >= 0 && protocol != "-1"));
        Self { protocol: protocol.to_owned(), from_port, to_port, source: source.to_owned() }
    }

    /// Tells whether it admits TCP at a port.
    pub fn admits_tcp(&self, port: i32) -> bool {
        match self.protocol.as_str() {
            "-1" => true,
            "tcp" => self.from_port.is_none_or(|from| from <= port) && self.to_port.is_none_or(|to| port <= to),
            _ => false,
        }
    }
}

impl std::fmt::Display for Ingress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let protocol = if self.protocol == "-1" { "everything" } else { &self.protocol };
        match (self.from_port, self.to_port) {
            (Some(from), Some(to)) if from == to => write!(f, "{protocol} {from} from {}", self.source),
            (Some(from), Some(to)) if self.protocol != "-1" => write!(f, "{protocol} {from}-{to} from {}", self.source),
            _ => write!(f, "{protocol} from {}", self.source),
        }
    }
}

/// The settings of a VPC that mounting rests on.
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
    /// The file system, where it is one.
    pub efs: Option<EfsVolume>,
}

/// A file system as a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EfsVolume {
    /// The file system.
    pub file_system: String,
    /// The directory; `/` is the whole.
    pub root_directory: String,
    /// The access point.
    pub access_point: Option<String>,
    /// Whether what goes there and back is encrypted.
    pub transit_encryption: bool,
}

/// A container of a task; of its environment no more than is checked, since the rest may be secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// The value of `DOCKER_BUILDKIT`.
    pub buildkit: Option<String>,
    /// Where volumes appear.
    pub mount_points: Vec<MountPoint>,
}

/// Where a volume appears in a container.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MountPoint {
    /// The volume's name.
    pub volume: String,
    /// The path.
    pub path: String,
    /// Whether it cannot be written to.
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
    pub lifecycle_policy: Answer<Option<String>>,
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
    /// Whether it can be used at present.
    pub is_available: bool,
    /// Whether EFS is offered there; `Ok(None)` where nobody says.
    pub has_efs: Asked<bool>,
}

/// How much of something there may be in the account's region, and is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Security groups on one network interface.
    pub groups_per_interface: Option<usize>,
    /// Elastic IP addresses.
    pub elastic_ips: Option<usize>,
    /// Elastic IP addresses there are.
    pub elastic_ips_in_use: Option<usize>,
    /// Security groups there are.
    pub groups_in_use: Option<usize>,
    /// Why some of it is not known.
    pub refusals: Vec<Refusal>,
}

/// What there is of what was expected, by ID.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// File systems.
    pub file_systems: IndexMap<String, Asked<FileSystem>>,
    /// Mount targets by file system.
    pub mount_targets: IndexMap<String, Answer<Vec<MountTarget>>>,
    /// Security groups.
    pub security_groups: IndexMap<String, Asked<SecurityGroup>>,
    /// VPCs.
    pub vpcs: IndexMap<String, Asked<Vpc>>,
    /// Subnets.
    pub subnets: IndexMap<String, Asked<Subnet>>,
    /// Task definitions by ARN.
    pub task_definitions: IndexMap<String, Asked<TaskDefinition>>,
    /// Repositories by name.
    pub repositories: IndexMap<String, Asked<Repository>>,
    /// Keys, those that file systems turned out to have among them.
    pub keys: IndexMap<String, Asked<Key>>,
}

/// Asks for everything that a expected is about, each thing once.
pub fn inspect(expected: &Expected, inspector: &dyn Inspector) -> Observed {
    let mut observed = Observed::default();
    let mut keys: IndexSet<String> = expected.keys.iter().filter_map(|(_, id)| id.clone()).collect();
    for file_system in &expected.file_systems {
        let Some(id) = &file_system.physical_id else { continue };
        let found = inspector.file_system(id);
        if let Ok(Some(found)) = &found
            && let Some(key) = &found.key
        {
            keys.insert(key.clone());
        }
        if let ExpectedKey::Id(key) = &file_system.key {
            keys.insert(key.clone());
        }
        observed.file_systems.insert(id.clone(), found);
    }
    let file_systems: IndexSet<&String> =
        expected.mount_targets.iter().filter_map(|target| target.file_system.as_ref()).chain(observed.file_systems.keys()).collect();
    observed.mount_targets = file_systems.into_iter().map(|id| (id.clone(), inspector.mount_targets(id))).collect();
    let rules = expected.rules.iter().flat_map(|rule| [rule.group.clone(), rule.build_group.clone()].into_iter().flatten());
    let mut groups: IndexSet<String> = rules.collect();
    groups.sort();
    observed.security_groups = groups.into_iter().map(|id| (id.clone(), inspector.security_group(&id))).collect();
    let mut subnets: IndexSet<String> = expected.mount_targets.iter().filter_map(|target| target.subnet.clone()).collect();
    subnets.extend(expected.build_subnets.iter().cloned());
    observed.subnets = subnets.into_iter().map(|id| (id.clone(), inspector.subnet(&id))).collect();
    // Whether names are resolved matters where builds mount something.
    let mounted =
        expected.file_systems.iter().filter(|file_system| file_system.for_builds).filter_map(|found| found.physical_id.as_deref());
    let of_builds = mounted.flat_map(|id| expected.targets_of(id)).filter_map(|target| target.subnet.as_ref());
    let vpcs: IndexSet<String> =
        of_builds.filter_map(|subnet| Some(observed.subnets.get(subnet)?.as_ref().ok()?.as_ref()?.vpc.clone())).collect();
    observed.vpcs = vpcs.into_iter().map(|id| (id.clone(), inspector.vpc(&id))).collect();
    let tasks = expected.tasks.iter().filter_map(|task| task.physical_id.clone());
    observed.task_definitions = tasks.map(|arn| (arn.clone(), inspector.task_definition(&arn))).collect();
    let repositories = expected.repositories.iter().filter_map(|repository| repository.physical_id.clone());
    observed.repositories = repositories.map(|name| (name.clone(), inspector.repository(&name))).collect();
    observed.keys = keys.into_iter().map(|id| (id.clone(), inspector.key(&id))).collect();
    observed
}
