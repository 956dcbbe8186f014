//! Where a rack's builds run, read from its deployed stack: outputs, resources, parameters and the evaluated template.

use std::collections::BTreeSet;

use crate::backend::StackDescription;
use crate::evaluate::{Evaluation, Resource, Value};
use crate::model::build_cache;
use crate::template::{Diagnostic, Diagnostics};
use crate::verify::{Expected, Reader};

/// The first platform version of Fargate that mounts EFS; RunTask chooses it, a task definition cannot.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html>
const PLATFORM_VERSION: &str = "1.4.0";

/// Where a rack's builds run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildEnvironment {
    /// The stack.
    pub stack: String,
    /// The cluster.
    pub cluster: String,
    /// The task definition's ARN.
    pub task_definition: String,
    /// Whether it runs on Fargate; otherwise on the cluster's instances.
    pub is_fargate: bool,
    /// Fargate's platform version.
    pub platform_version: String,
    /// The container that builds.
    pub container: String,
    /// Its image, where the template tells.
    pub image: Option<String>,
    /// CPU units of the whole task.
    pub cpu: Option<String>,
    /// Memory of the whole task in MiB.
    pub memory: Option<String>,
    /// Where its network interface is, where it has one of its own.
    pub network: Option<Network>,
    /// Where its log goes, where it goes to CloudWatch Logs.
    pub log: Option<Log>,
    /// The build cache.
    pub cache: EnvironmentCache,
    /// Remarks: what was left out, and why.
    pub notes: Vec<String>,
}

/// Where a task's network interface is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// The subnets.
    pub subnets: Vec<String>,
    /// The security group.
    pub security_group: String,
    /// Whether it gets a public address; `None` on instances, which do not take the question.
    pub assign_public_ip: Option<bool>,
}

/// Where a container's log goes: the stream `{prefix}/{container}/{task id}` of a group.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The region, where it is said.
    pub region: Option<String>,
    /// The group.
    pub group: String,
    /// The prefix.
    pub prefix: String,
}

/// What a rack has of a build cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentCache {
    /// Whether there is one.
    pub is_on: bool,
    /// The repository of layers: registry and name.
    pub repository: Option<String>,
    /// The file systems that the build task mounts.
    pub file_systems: Vec<String>,
    /// Where the first of them is mounted.
    pub directory: Option<String>,
}

impl BuildEnvironment {
    /// Reads where builds run in a deployed stack.
    ///
    /// # Errors
    ///
    /// Returns everything that a build needs and the stack does not tell.
    pub fn of(evaluation: &Evaluation<'_>, stack: &StackDescription) -> Result<Self, Diagnostics> {
        let rack = Rack { evaluation, reader: Reader { evaluation }, stack };
        let mut problems = Diagnostics::default();
        let site = rack.site(&mut problems);
        problems.into_result(site)
    }
}

struct Rack<'r, 'a> {
    evaluation: &'r Evaluation<'a>,
    reader: Reader<'r, 'a>,
    stack: &'r StackDescription,
}

impl<'a> Rack<'_, 'a> {
    fn site(&self, problems: &mut Diagnostics) -> BuildEnvironment {
        let mut site = BuildEnvironment {
            stack: self.stack.name.clone(),
            platform_version: PLATFORM_VERSION.to_owned(),
            ..BuildEnvironment::default()
        };
        let Some((resource, container)) = self.build_task() else {
            problems.push(
                Diagnostic::error("no-build-task", format!("stack `{}` has no task definition with a container `build`", self.stack.name))
                    .hinted("a rack has `ApiBuildTasks` or `ApiBuildFargate`; `rackform evaluate` shows which conditions leave them out"),
            );
            return site;
        };
        let name = resource.entry.name;
        let text = |name: &str| resource.properties.get(name).and_then(Value::text).filter(|text| !text.is_empty());
        let platforms = resource.properties.get("RequiresCompatibilities").and_then(Value::items).unwrap_or_default();
        site.is_fargate = platforms.iter().any(|platform| platform.text() == Some("FARGATE"));
        site.container = container.get("Name").and_then(Value::text).unwrap_or_default().to_owned();
        site.image = container.get("Image").and_then(Value::text).map(ToOwned::to_owned);
        (site.cpu, site.memory) = (text("Cpu").map(ToOwned::to_owned), text("Memory").map(ToOwned::to_owned));
        site.log = self.log(container);
        if site.log.is_none() {
            site.notes.push("the build's log does not go to CloudWatch Logs, so it cannot be shown".to_owned());
        }
        match self.reader.physical_id(name) {
            Some(arn) => site.task_definition = arn,
            None => problems.push(Diagnostic::error("no-build-task", format!("`{name}` is in the template and not in the stack"))),
        }
        match self.cluster() {
            Some(cluster) => site.cluster = cluster,
            None => problems.push(
                Diagnostic::error("no-cluster", "neither outputs nor resources tell which cluster builds run in")
                    .hinted("an output `BuildCluster` or `Cluster` tells it"),
            ),
        }
        site.cache = self.cache(name, container);
        if site.is_fargate || text("NetworkMode") == Some("awsvpc") {
            site.network = self.network(&site.cache, site.is_fargate, &mut site.notes, problems);
        }
        site
    }

    /// Returns the task definition of builds with its container: of several, the one for Fargate.
    fn build_task(&self) -> Option<(&Resource<'a>, &'a Value<'a>)> {
        let build = |resource| {
            let resource: &Resource<'a> = resource;
            let containers = resource.properties.get("ContainerDefinitions")?.items()?;
            let container = containers.iter().find(|container| container.get("Name").and_then(Value::text) == Some("build"))?;
            Some((resource, container))
        };
        let tasks: Vec<_> = self.reader.of_type("AWS::ECS::TaskDefinition").filter_map(build).collect();
        let is_fargate = |(resource, _): &&(&Resource<'a>, &Value<'a>)| resource.properties.get("RequiresCompatibilities").is_some();
        tasks.iter().find(is_fargate).or(tasks.first()).copied()
    }

    /// Returns what an output of the stack says, as it is deployed.
    fn output(&self, name: &str) -> Option<String> {
        let deployed = self.stack.outputs.get(name).cloned();
        let of_template = || self.evaluation.outputs.get(name)?.value.text().map(ToOwned::to_owned);
        deployed.or_else(of_template).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn listed(&self, name: &str) -> Vec<String> {
        let text = self.output(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(ToOwned::to_owned).collect()
    }

    fn parameter_is(&self, name: &str, value: &str) -> bool {
        self.evaluation.parameters.parameters.get(name).is_some_and(|parameter| parameter.value.as_deref() == Some(value))
    }

    fn cluster(&self) -> Option<String> {
        let only = || {
            let mut clusters = self.reader.of_type("AWS::ECS::Cluster");
            let first = clusters.next()?;
            clusters.next().is_none().then(|| self.reader.physical_id(first.entry.name)).flatten()
        };
        self.output("BuildCluster").or_else(|| self.output("Cluster")).or_else(only)
    }

    fn log(&self, container: &Value<'a>) -> Option<Log> {
        let configuration = container.get("LogConfiguration")?;
        let options = configuration.get("Options")?;
        (configuration.get("LogDriver")?.text()? == "awslogs").then_some(())?;
        Some(Log {
            region: options.get("awslogs-region").and_then(Value::text).map(ToOwned::to_owned),
            group: self.reader.id(options.get("awslogs-group")?)?,
            prefix: options.get("awslogs-stream-prefix")?.text()?.to_owned(),
        })
    }

    fn cache(&self, task: &str, container: &Value<'a>) -> EnvironmentCache {
        let expected = Expected::of(self.evaluation);
        let volumes =
            expected.tasks.iter().filter(|definition| definition.logical_id == task).flat_map(|task| task.volumes.iter().flatten());
        let mounted: Vec<_> = volumes.filter_map(|volume| Some((volume.name.clone(), volume.efs.as_ref()?.file_system.clone()))).collect();
        let mounts = container.get("MountPoints").and_then(Value::items).unwrap_or_default();
        let text = |mount: &Value<'a>, name: &str| mount.get(name).and_then(Value::text).map(ToOwned::to_owned);
        let is_mounted = |mount: &&Value<'a>| mounted.iter().any(|(volume, _)| text(mount, "SourceVolume").as_ref() == Some(volume));
        EnvironmentCache {
            is_on: self.parameter_is(&build_cache::BUILD_CACHE.to_string(), "Yes"),
            repository: self.repository(),
            directory: mounts.iter().find(is_mounted).and_then(|mount| text(mount, "ContainerPath")),
            file_systems: mounted.into_iter().map(|(_, file_system)| file_system).filter(|id| !id.is_empty()).collect(),
        }
    }

    /// Returns registry and name of the cache repository: as an output tells it, else put together as ECR does.
    fn repository(&self) -> Option<String> {
        let logical_id = build_cache::REPOSITORY.to_string();
        self.reader.of_type("AWS::ECR::Repository").find(|repository| repository.entry.name == logical_id)?;
        let attribute = || self.evaluation.state.attributes.get(&logical_id)?.get("RepositoryUri")?.as_str().map(ToOwned::to_owned);
        let assembled = || {
            let pseudo = |name: &str| self.evaluation.state.pseudo.get(name)?.as_str();
            let (account, region, suffix) = (pseudo("AWS::AccountId")?, pseudo("AWS::Region")?, pseudo("AWS::URLSuffix")?);
            Some(format!("{account}.dkr.ecr.{region}.{suffix}/{}", self.reader.physical_id(&logical_id)?))
        };
        self.output("BuildCacheRepositoryUri").or_else(attribute).or_else(assembled)
    }

    fn network(&self, cache: &EnvironmentCache, is_fargate: bool, notes: &mut Vec<String>, problems: &mut Diagnostics) -> Option<Network> {
        let private = self.listed("SubnetsPrivate");
        let is_private = !private.is_empty() && (self.parameter_is("Private", "Yes") || self.parameter_is("PrivateBuild", "Yes"));
        let mut subnets = self.listed("BuildSubnets");
        if subnets.is_empty() {
            subnets = if is_private { private } else { self.listed("Subnets") };
        }
        if subnets.is_empty() {
            problems.push(
                Diagnostic::error("no-subnets", "the stack's outputs do not tell the subnets of builds")
                    .hinted("outputs `BuildSubnets`, or `Subnets` and `SubnetsPrivate`, tell them"),
            );
        }
        let subnets = self.covered(subnets, cache, notes, problems);
        let security_group = self.reader.build_group().or_else(|| self.output("BuildSecurityGroup"));
        if security_group.is_none() {
            problems.push(
                Diagnostic::error("no-security-group", "no security group of builds is known")
                    .hinted("it is `BuildInstanceSecurityGroup`, else `InstanceSecurityGroup`, else the rack's own `InstancesSecurity`"),
            );
        }
        Some(Network { subnets, security_group: security_group?, assign_public_ip: is_fargate.then_some(!is_private) })
    }

    /// Leaves out subnets from which the cache's file system cannot be mounted: those in whose zone there is no mount target.
    fn covered(&self, subnets: Vec<String>, cache: &EnvironmentCache, notes: &mut Vec<String>, problems: &mut Diagnostics) -> Vec<String> {
        let Some(file_system) = cache.file_systems.first() else { return subnets };
        let expected = Expected::of(self.evaluation);
        let targets = expected.mount_targets.iter().filter(|target| target.file_system.as_ref() == Some(file_system));
        let with_target: BTreeSet<String> = targets.filter_map(|target| target.subnet.clone()).collect();
        let zones: Vec<Value<'a>> = with_target.iter().filter_map(|subnet| self.zone(subnet)).collect();
        let reaches = |subnet: &String| {
            with_target.contains(subnet) || self.zone(subnet).is_some_and(|zone| zones.iter().any(|other| other.same(&zone)))
        };
        let (covered, left_out): (Vec<String>, Vec<String>) = subnets.into_iter().partition(reaches);
        if covered.is_empty() && !left_out.is_empty() {
            let message = format!("no mount target of {file_system} is in the zone of any subnet of builds ({})", left_out.join(", "));
            problems.push(
                Diagnostic::error("no-mount-target", message).hinted("`rackform verify` tells where mount targets are and should be"),
            );
        } else {
            notes.extend(left_out.iter().map(|subnet| format!("not in {subnet}: {file_system} has no mount target in its zone")));
        }
        covered
    }

    /// Returns the availability zone of one of the template's subnets, as the template says it.
    fn zone(&self, subnet: &str) -> Option<Value<'a>> {
        let is_it = |resource: &&Resource<'a>| self.reader.physical_id(resource.entry.name).as_deref() == Some(subnet);
        self.reader.of_type("AWS::EC2::Subnet").find(is_it)?.properties.get("AvailabilityZone").copied()
    }
}
