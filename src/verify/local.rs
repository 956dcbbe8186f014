//! Inspects the resources of the local backend, so that verification and preflight work without an account.
//!
//! Properties that a template omits have the service's default. Resources outside the backend's stacks cannot be inspected.

use std::cell::OnceCell;

use serde_json::Value as Json;

use super::inspector::Inspector;
use super::observed::{
    Container, EfsVolume, FileSystem, Ingress, InspectError, InspectResult, Key, Limits, Lookup, MountPoint, MountTarget, Repository,
    SecurityGroup, Subnet, TaskDefinition, Volume, Vpc, Zone,
};
use crate::backend::{Backend, StackResource};
use crate::evaluate::availability_zones;

/// Inspects the stacks of a backend that stores the properties of its resources.
pub struct LocalInspector<'b> {
    backend: &'b dyn Backend,
    region: String,
    resources: OnceCell<Vec<StackResource>>,
}

impl std::fmt::Debug for LocalInspector<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalInspector").field("region", &self.region).finish_non_exhaustive()
    }
}

impl<'b> LocalInspector<'b> {
    /// Returns an inspector of a backend; it queries the backend at the first lookup.
    pub fn new(backend: &'b dyn Backend, region: &str) -> Self {
        Self { backend, region: region.to_owned(), resources: OnceCell::new() }
    }

    fn resources(&self, action: &'static str) -> InspectResult<&[StackResource]> {
        if let Some(resources) = self.resources.get() {
            return Ok(resources);
        }
        let failed = |error: crate::backend::BackendError| InspectError { action, code: None, message: error.to_string() };
        let mut resources = Vec::new();
        for stack in self.backend.list_stacks().map_err(failed)?.iter().filter(|stack| !stack.status.is_review()) {
            resources.extend(self.backend.list_resources(&stack.id).map_err(failed)?);
        }
        // Retained resources still exist.
        resources.extend(self.backend.stackless_resources().map_err(failed)?);
        Ok(self.resources.get_or_init(|| resources))
    }

    fn find(&self, action: &'static str, resource_type: &str, id: &str) -> Lookup<&StackResource> {
        let of_type = |resource: &&StackResource| resource.resource_type == resource_type && resource.physical_id == id;
        match self.resources(action)?.iter().find(of_type) {
            Some(resource) => Ok(Some(resource)),
            // A resource outside the backend's stacks; in an account it would be looked up.
            None if self.is_external(id, action)? => Err(external_resource(action)),
            None => Ok(None),
        }
    }

    /// Returns whether no stack created a resource with that ID.
    fn is_external(&self, id: &str, action: &'static str) -> InspectResult<bool> {
        Ok(!self.resources(action)?.iter().any(|resource| resource.physical_id == id))
    }

    fn zone_of(&self, subnet: &str) -> Option<String> {
        self.subnet(subnet).ok().flatten().map(|subnet| subnet.zone)
    }
}

fn external_resource(action: &'static str) -> InspectError {
    InspectError { action, code: None, message: "the local backend cannot inspect resources outside its own stacks".to_owned() }
}

fn text<'j>(properties: &'j Json, name: &str) -> Option<&'j str> {
    properties.get(name).and_then(Json::as_str)
}

fn owned(properties: &Json, name: &str) -> Option<String> {
    match properties.get(name)? {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns a Boolean; services accept both `true` and `"true"`.
fn switch(properties: &Json, name: &str) -> Option<bool> {
    let value = properties.get(name)?;
    value.as_bool().or_else(|| value.as_str().map(|text| text.eq_ignore_ascii_case("true")))
}

fn items<'j>(properties: &'j Json, name: &str) -> &'j [Json] {
    properties.get(name).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

impl Inspector for LocalInspector<'_> {
    fn description(&self) -> &'static str {
        "the local backend"
    }

    fn file_system(&self, id: &str) -> Lookup<FileSystem> {
        let action = "elasticfilesystem:DescribeFileSystems";
        let Some(resource) = self.find(action, "AWS::EFS::FileSystem", id)? else { return Ok(None) };
        let properties = &resource.properties;
        let or = |name: &str, default: &str| text(properties, name).unwrap_or(default).to_owned();
        let mut lifecycle: Vec<(String, String)> = items(properties, "LifecyclePolicies")
            .iter()
            .filter_map(Json::as_object)
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect();
        lifecycle.sort();
        let encrypted = switch(properties, "Encrypted").unwrap_or(false);
        Ok(Some(FileSystem {
            state: "available".to_owned(),
            encrypted: Some(encrypted),
            key: owned(properties, "KmsKeyId").or_else(|| encrypted.then(|| AWS_KEY.to_owned())),
            performance_mode: or("PerformanceMode", "generalPurpose"),
            throughput_mode: or("ThroughputMode", "bursting"),
            provisioned_mibps: owned(properties, "ProvisionedThroughputInMibps").and_then(|text| text.parse().ok()),
            lifecycle: Ok(lifecycle),
            zone: owned(properties, "AvailabilityZoneName"),
        }))
    }

    fn mount_targets(&self, file_system: &str) -> InspectResult<Vec<MountTarget>> {
        let resources = self.resources("elasticfilesystem:DescribeMountTargets")?;
        let of_file_system = |resource: &&StackResource| {
            resource.resource_type == "AWS::EFS::MountTarget" && text(&resource.properties, "FileSystemId") == Some(file_system)
        };
        let target = |resource: &StackResource| {
            let subnet = owned(&resource.properties, "SubnetId").unwrap_or_default();
            let groups = items(&resource.properties, "SecurityGroups").iter().filter_map(Json::as_str);
            let mut groups: Vec<String> = groups.map(ToOwned::to_owned).collect();
            groups.sort();
            MountTarget {
                id: resource.physical_id.clone(),
                file_system: file_system.to_owned(),
                zone: self.zone_of(&subnet),
                subnet,
                state: "available".to_owned(),
                groups: Ok(Some(groups)),
            }
        };
        Ok(resources.iter().filter(of_file_system).map(target).collect())
    }

    fn security_group(&self, id: &str) -> Lookup<SecurityGroup> {
        let action = "ec2:DescribeSecurityGroups";
        let Some(resource) = self.find(action, "AWS::EC2::SecurityGroup", id)? else { return Ok(None) };
        let separate = self
            .resources(action)?
            .iter()
            .filter(|other| other.resource_type == "AWS::EC2::SecurityGroupIngress" && text(&other.properties, "GroupId") == Some(id));
        let inline = items(&resource.properties, "SecurityGroupIngress").iter();
        let ingress = inline.chain(separate.map(|other| &other.properties)).filter_map(ingress).collect();
        Ok(Some(SecurityGroup { vpc: owned(&resource.properties, "VpcId"), ingress }))
    }

    fn vpc(&self, id: &str) -> Lookup<Vpc> {
        let Some(resource) = self.find("ec2:DescribeVpcAttribute", "AWS::EC2::VPC", id)? else { return Ok(None) };
        // The defaults of EC2: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpc.html>
        let is_on = |name: &str, default| switch(&resource.properties, name).unwrap_or(default);
        Ok(Some(Vpc { dns_support: is_on("EnableDnsSupport", true), dns_hostnames: is_on("EnableDnsHostnames", false) }))
    }

    fn subnet(&self, id: &str) -> Lookup<Subnet> {
        let Some(resource) = self.find("ec2:DescribeSubnets", "AWS::EC2::Subnet", id)? else { return Ok(None) };
        let [vpc, zone] = ["VpcId", "AvailabilityZone"].map(|name| owned(&resource.properties, name));
        Ok(Some(Subnet { vpc: vpc.unwrap_or_default(), zone: zone.unwrap_or_default() }))
    }

    fn task_definition(&self, arn: &str) -> Lookup<TaskDefinition> {
        let Some(resource) = self.find("ecs:DescribeTaskDefinition", "AWS::ECS::TaskDefinition", arn)? else { return Ok(None) };
        let properties = &resource.properties;
        Ok(Some(TaskDefinition {
            status: "ACTIVE".to_owned(),
            cpu: owned(properties, "Cpu"),
            memory: owned(properties, "Memory"),
            volumes: items(properties, "Volumes").iter().map(volume).collect(),
            containers: items(properties, "ContainerDefinitions").iter().map(container).collect(),
        }))
    }

    fn repository(&self, name: &str) -> Lookup<Repository> {
        let Some(resource) = self.find("ecr:DescribeRepositories", "AWS::ECR::Repository", name)? else { return Ok(None) };
        let policy = resource.properties.get("LifecyclePolicy").and_then(|policy| owned(policy, "LifecyclePolicyText"));
        Ok(Some(Repository {
            tag_mutability: text(&resource.properties, "ImageTagMutability").unwrap_or("MUTABLE").to_owned(),
            lifecycle_policy: Ok(policy),
        }))
    }

    fn key(&self, id: &str) -> Lookup<Key> {
        if id == AWS_KEY {
            return Ok(Some(Key { arn: AWS_KEY.to_owned(), state: "Enabled".to_owned(), is_aws_managed: true }));
        }
        let id = id.rsplit_once(":key/").map_or(id, |(_, id)| id);
        let Some(resource) = self.find("kms:DescribeKey", "AWS::KMS::Key", id)? else { return Ok(None) };
        let state = if switch(&resource.properties, "Enabled").unwrap_or(true) { "Enabled" } else { "Disabled" };
        Ok(Some(Key { arn: resource.physical_id.clone(), state: state.to_owned(), is_aws_managed: false }))
    }

    fn zones(&self) -> InspectResult<Vec<Zone>> {
        let zone = |name: &String| Zone { name: name.clone(), kind: "availability-zone".to_owned(), is_available: true, has_efs: Ok(None) };
        let names: Vec<String> = availability_zones(&self.region).into_iter().flatten().map(|zone| zone.to_string()).collect();
        Ok(names.iter().map(zone).collect())
    }

    fn limits(&self) -> InspectResult<Limits> {
        // The local backend has no quotas.
        Ok(Limits::default())
    }

    fn name_owner(&self, resource_type: &str, name: &str, scope: Option<&str>) -> Option<Lookup<String>> {
        let property = crate::schema::resource_type(resource_type).and_then(|facts| facts.custom_name_property());
        let has_name = |resource: &&StackResource| {
            let named = property.and_then(|property| text(&resource.properties, property)) == Some(name);
            let in_scope = scope.is_none_or(|scope| text(&resource.properties, "VpcId") == Some(scope));
            resource.resource_type == resource_type && named && in_scope
        };
        let owner = self.resources("cloudformation:ListStackResources").map(|all| all.iter().find(has_name));
        Some(owner.map(|owner| owner.map(|resource| resource.physical_id.clone())))
    }

    fn bucket(&self, _: &str) -> Lookup<()> {
        // The local backend needs no bucket.
        Ok(Some(()))
    }
}

/// The ID of the AWS managed key for EFS.
const AWS_KEY: &str = "alias/aws/elasticfilesystem";

fn ingress(rule: &Json) -> Option<Ingress> {
    let port = |name: &str| owned(rule, name).and_then(|text| text.parse().ok());
    let source = ["SourceSecurityGroupId", "CidrIp", "CidrIpv6", "SourcePrefixListId"].into_iter().find_map(|name| text(rule, name))?;
    Some(Ingress::new(&owned(rule, "IpProtocol")?, [port("FromPort"), port("ToPort")], source))
}

fn volume(volume: &Json) -> Volume {
    let efs = volume.get("EFSVolumeConfiguration").map(|efs| EfsVolume {
        file_system: owned(efs, "FilesystemId").unwrap_or_default(),
        root_directory: text(efs, "RootDirectory").unwrap_or("/").to_owned(),
        access_point: efs.get("AuthorizationConfig").and_then(|config| owned(config, "AccessPointId")),
        transit_encryption: text(efs, "TransitEncryption").is_some_and(|text| text.eq_ignore_ascii_case("enabled")),
    });
    Volume { name: owned(volume, "Name").unwrap_or_default(), efs }
}

fn container(container: &Json) -> Container {
    let buildkit = items(container, "Environment").iter().find(|variable| text(variable, "Name") == Some("DOCKER_BUILDKIT"));
    let mount = |mount: &Json| MountPoint {
        volume: owned(mount, "SourceVolume").unwrap_or_default(),
        path: owned(mount, "ContainerPath").unwrap_or_default(),
        read_only: switch(mount, "ReadOnly").unwrap_or(false),
    };
    Container {
        name: owned(container, "Name").unwrap_or_default(),
        buildkit: buildkit.and_then(|variable| owned(variable, "Value")),
        mount_points: items(container, "MountPoints").iter().map(mount).collect(),
    }
}
