//! Answers from the resources that the embedded backend keeps, so that the whole road is there without an account.
//!
//! What a service would make of a property that is left out is filled in here; what lies outside the backend's own stacks nobody can tell.

use std::cell::OnceCell;

use serde_json::Value as Json;

use super::inspector::Inspector;
use super::observed::{
    Answer, Asked, Container, EfsVolume, FileSystem, Ingress, Key, Limits, MountPoint, MountTarget, Refusal, Repository, SecurityGroup,
    Subnet, TaskDefinition, Volume, Vpc, Zone,
};
use crate::backend::{Backend, StackResource};
use crate::evaluate::availability_zones;

/// Looks into the stacks of a backend that tells its resources' properties.
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
    /// Returns an inspector of a backend, which is asked when something is looked at.
    pub fn new(backend: &'b dyn Backend, region: &str) -> Self {
        Self { backend, region: region.to_owned(), resources: OnceCell::new() }
    }

    fn resources(&self, action: &'static str) -> Answer<&[StackResource]> {
        if let Some(resources) = self.resources.get() {
            return Ok(resources);
        }
        let refused = |error: crate::backend::BackendError| Refusal { action, code: None, message: error.to_string() };
        let mut resources = Vec::new();
        for stack in self.backend.list_stacks().map_err(refused)?.iter().filter(|stack| !stack.status.is_review()) {
            resources.extend(self.backend.list_resources(&stack.id).map_err(refused)?);
        }
        // What a stack let go is there all the same.
        resources.extend(self.backend.stackless_resources().map_err(refused)?);
        Ok(self.resources.get_or_init(|| resources))
    }

    fn find(&self, action: &'static str, resource_type: &str, id: &str) -> Asked<&StackResource> {
        let of_type = |resource: &&StackResource| resource.resource_type == resource_type && resource.physical_id == id;
        match self.resources(action)?.iter().find(of_type) {
            Some(resource) => Ok(Some(resource)),
            // Another stack's, or made by hand: on an account it would be looked up.
            None if self.is_foreign(id, action)? => Err(outside(action)),
            None => Ok(None),
        }
    }

    /// Tells whether no stack ever made something of that ID.
    fn is_foreign(&self, id: &str, action: &'static str) -> Answer<bool> {
        Ok(!self.resources(action)?.iter().any(|resource| resource.physical_id == id))
    }

    fn zone_of(&self, subnet: &str) -> Option<String> {
        self.subnet(subnet).ok().flatten().map(|subnet| subnet.zone)
    }
}

fn outside(action: &'static str) -> Refusal {
    Refusal { action, code: None, message: "the local backend knows nothing outside its own stacks".to_owned() }
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

/// Returns a switch as services read it: `true` and `"true"` alike.
fn switch(properties: &Json, name: &str) -> Option<bool> {
    let value = properties.get(name)?;
    value.as_bool().or_else(|| value.as_str().map(|text| text.eq_ignore_ascii_case("true")))
}

fn items<'j>(properties: &'j Json, name: &str) -> &'j [Json] {
    properties.get(name).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

impl Inspector for LocalInspector<'_> {
    fn what(&self) -> &'static str {
        "the local backend"
    }

    fn file_system(&self, id: &str) -> Asked<FileSystem> {
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

    fn mount_targets(&self, file_system: &str) -> Answer<Vec<MountTarget>> {
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

    fn security_group(&self, id: &str) -> Asked<SecurityGroup> {
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

    fn vpc(&self, id: &str) -> Asked<Vpc> {
        let Some(resource) = self.find("ec2:DescribeVpcAttribute", "AWS::EC2::VPC", id)? else { return Ok(None) };
        // EC2's own defaults: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpc.html>
        let is_on = |name: &str, default| switch(&resource.properties, name).unwrap_or(default);
        Ok(Some(Vpc { dns_support: is_on("EnableDnsSupport", true), dns_hostnames: is_on("EnableDnsHostnames", false) }))
    }

    fn subnet(&self, id: &str) -> Asked<Subnet> {
        let Some(resource) = self.find("ec2:DescribeSubnets", "AWS::EC2::Subnet", id)? else { return Ok(None) };
        let [vpc, zone] = ["VpcId", "AvailabilityZone"].map(|name| owned(&resource.properties, name));
        Ok(Some(Subnet { vpc: vpc.unwrap_or_default(), zone: zone.unwrap_or_default() }))
    }

    fn task_definition(&self, arn: &str) -> Asked<TaskDefinition> {
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

    fn repository(&self, name: &str) -> Asked<Repository> {
        let Some(resource) = self.find("ecr:DescribeRepositories", "AWS::ECR::Repository", name)? else { return Ok(None) };
        let policy = resource.properties.get("LifecyclePolicy").and_then(|policy| owned(policy, "LifecyclePolicyText"));
        Ok(Some(Repository {
            tag_mutability: text(&resource.properties, "ImageTagMutability").unwrap_or("MUTABLE").to_owned(),
            lifecycle_policy: Ok(policy),
        }))
    }

    fn key(&self, id: &str) -> Asked<Key> {
        if id == AWS_KEY {
            return Ok(Some(Key { arn: AWS_KEY.to_owned(), state: "Enabled".to_owned(), is_aws_managed: true }));
        }
        let id = id.rsplit_once(":key/").map_or(id, |(_, id)| id);
        let Some(resource) = self.find("kms:DescribeKey", "AWS::KMS::Key", id)? else { return Ok(None) };
        let state = if switch(&resource.properties, "Enabled").unwrap_or(true) { "Enabled" } else { "Disabled" };
        Ok(Some(Key { arn: resource.physical_id.clone(), state: state.to_owned(), is_aws_managed: false }))
    }

    fn zones(&self) -> Answer<Vec<Zone>> {
        let zone = |name: &String| Zone { name: name.clone(), kind: "availability-zone".to_owned(), is_available: true, has_efs: Ok(None) };
        let names: Vec<String> = availability_zones(&self.region).into_iter().flatten().map(|zone| zone.to_string()).collect();
        Ok(names.iter().map(zone).collect())
    }

    fn limits(&self) -> Answer<Limits> {
        // There are none.
        Ok(Limits::default())
    }

    fn holder(&self, resource_type: &str, name: &str, scope: Option<&str>) -> Option<Asked<String>> {
        let property = crate::schema::resource_type(resource_type).and_then(|facts| facts.custom_name_property());
        let has_name = |resource: &&StackResource| {
            let named = property.and_then(|property| text(&resource.properties, property)) == Some(name);
            let in_scope = scope.is_none_or(|scope| text(&resource.properties, "VpcId") == Some(scope));
            resource.resource_type == resource_type && named && in_scope
        };
        let holder = self.resources("cloudformation:ListStackResources").map(|all| all.iter().find(has_name));
        Some(holder.map(|holder| holder.map(|resource| resource.physical_id.clone())))
    }

    fn bucket(&self, _: &str) -> Asked<()> {
        // Nothing goes through a bucket here.
        Ok(Some(()))
    }
}

/// What stands for the key that AWS manages for EFS.
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
