//! Reads where a rack's builds run from its deployed stack: outputs, resources, parameters and the evaluated template.

use std::collections::BTreeSet;

use super::build_platform::task_platform;
use crate::backend::StackDescription;
use crate::build::task::{BuildEnvironment, EnvironmentCache, Log, Network};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::evaluate::{Evaluation, Resource, Value};
use crate::model::build_cache;
use crate::verify::{Expected, Reader};

/// The first Fargate platform version that mounts EFS; `RunTask` sets it, a task definition cannot.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html>
const PLATFORM_VERSION: &str = "1.4.0";

/// Returns where builds run in a deployed stack.
///
/// # Errors
///
/// Returns everything that a build needs and the stack does not have.
pub fn build_environment(evaluation: &Evaluation<'_>, stack: &StackDescription) -> Result<BuildEnvironment, Diagnostics> {
    let rack = Rack { evaluation, reader: Reader { evaluation }, stack };
    let mut problems = Diagnostics::default();
    let environment = rack.environment(&mut problems);
    problems.into_result(environment)
}

struct Rack<'r, 'a> {
    evaluation: &'r Evaluation<'a>,
    reader: Reader<'r, 'a>,
    stack: &'r StackDescription,
}

impl<'a> Rack<'_, 'a> {
    fn environment(&self, problems: &mut Diagnostics) -> BuildEnvironment {
        let mut environment = BuildEnvironment {
            stack: self.stack.name.clone(),
            platform_version: PLATFORM_VERSION.to_owned(),
            ..BuildEnvironment::default()
        };
        let Some((resource, container)) = self.build_task() else {
            problems.push(
                Diagnostic::error("no-build-task", format!("stack `{}` has no task definition with a container `build`", self.stack.name))
                    .hinted("a rack has `ApiBuildTasks` or `ApiBuildFargate`; `rackform evaluate` shows which conditions are false"),
            );
            return environment;
        };
        let name = resource.entry.name;
        let text = |name: &str| resource.properties.get(name).and_then(Value::text).filter(|text| !text.is_empty());
        let platforms = resource.properties.get("RequiresCompatibilities").and_then(Value::items).unwrap_or_default();
        environment.is_fargate = platforms.iter().any(|platform| platform.text() == Some("FARGATE"));
        environment.platform = task_platform(resource, environment.is_fargate, self.instance_type());
        environment.container = container.get("Name").and_then(Value::text).unwrap_or_default().to_owned();
        environment.image = container.get("Image").and_then(Value::text).map(ToOwned::to_owned);
        (environment.cpu, environment.memory) = (text("Cpu").map(ToOwned::to_owned), text("Memory").map(ToOwned::to_owned));
        environment.log = self.log(container);
        if environment.log.is_none() {
            environment.notes.push("the build's log does not go to CloudWatch Logs and cannot be shown".to_owned());
        }
        match self.reader.physical_id(name) {
            Some(arn) => environment.task_definition = arn,
            None => problems.push(Diagnostic::error("no-build-task", format!("`{name}` is in the template but not in the stack"))),
        }
        match self.cluster() {
            Some(cluster) => environment.cluster = cluster,
            None => problems.push(
                Diagnostic::error("no-cluster", "the cluster of builds is unknown: the stack has no output or single resource for it")
                    .hinted("add an output `BuildCluster` or `Cluster`"),
            ),
        }
        environment.cache = self.cache(name, container);
        if environment.is_fargate || text("NetworkMode") == Some("awsvpc") {
            environment.network = self.network(&environment.cache, environment.is_fargate, &mut environment.notes, problems);
        }
        environment
    }

    /// Returns the build task definition and its container; of several, the one for Fargate.
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

    /// Returns the deployed value of an output.
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

    /// Returns the type of the instances that run builds: those of a cluster of their own, else those of the rack.
    fn instance_type(&self) -> Option<&str> {
        let parameter = |name: &str| self.evaluation.parameters.parameters.get(name)?.value.as_deref().filter(|value| !value.is_empty());
        parameter("BuildInstance").or_else(|| parameter("InstanceType"))
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

    /// Returns registry and name of the cache repository, from an output, else composed as ECR does.
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
                Diagnostic::error("no-subnets", "the stack's outputs do not contain the subnets of builds")
                    .hinted("add an output `BuildSubnets`, or `Subnets` and `SubnetsPrivate`"),
            );
        }
        let subnets = self.covered(subnets, cache, notes, problems);
        let security_group = self.reader.build_group().or_else(|| self.output("BuildSecurityGroup"));
        if security_group.is_none() {
            problems.push(
                Diagnostic::error("no-security-group", "the security group of builds is unknown").hinted(
                    "builds use `BuildInstanceSecurityGroup`, else `InstanceSecurityGroup`, else the rack's own `InstancesSecurity`",
                ),
            );
        }
        Some(Network { subnets, security_group: security_group?, assign_public_ip: is_fargate.then_some(!is_private) })
    }

    /// Omits subnets whose availability zone has no mount target of the cache's file system.
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
            let message =
                format!("{file_system} has no mount target in the availability zone of any build subnet ({})", left_out.join(", "));
            problems.push(
                Diagnostic::error("no-mount-target", message)
                    .hinted("`rackform verify` shows which mount targets exist and which are missing"),
            );
        } else {
            notes.extend(
                left_out
                    .iter()
                    .map(|subnet| format!("subnet {subnet} is omitted: {file_system} has no mount target in its availability zone")),
            );
        }
        covered
    }

    /// Returns the availability zone of a subnet as the template specifies it.
    fn zone(&self, subnet: &str) -> Option<Value<'a>> {
        let is_it = |resource: &&Resource<'a>| self.reader.physical_id(resource.entry.name).as_deref() == Some(subnet);
        self.reader.of_type("AWS::EC2::Subnet").find(is_it)?.properties.get("AvailabilityZone").copied()
    }
}
