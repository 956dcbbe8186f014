//! Reads the resources that builds depend on from an evaluated template.

use super::{ExpectedContainer, ExpectedFileSystem, ExpectedKey, ExpectedMountTarget, ExpectedRepository, ExpectedRule, ExpectedTask};
use crate::evaluate::{ConditionValue, Evaluation, Residual, Resource, Value, ValueKind};
use crate::model::rack;
use crate::template::Intrinsic;
use crate::verify::observed::{EfsVolume, Ingress, MountPoint, Volume};

/// The name of the build container.
const BUILD_CONTAINER: &str = "build";
/// The output that lists the build subnets.
const BUILD_SUBNETS: &str = "BuildSubnets";
/// The build subnets of a template without that output: a Convox rack starts Fargate builds in those of them that the stack has. The subnet
/// in a third availability zone gets a mount target but no builds.
///
/// Source: `fetchSubnets` in <https://github.com/convox/rack/blob/master/provider/aws/builds.go>
const BUILD_SUBNETS_BY_NAME: [&str; 4] = ["Subnet0", "Subnet1", "SubnetPrivate0", "SubnetPrivate1"];

/// Reads an evaluation.
pub(crate) struct Reader<'e, 'a> {
    pub(crate) evaluation: &'e Evaluation<'a>,
}

impl<'a> Reader<'_, 'a> {
    /// Returns the resources of a type that are certain to exist.
    pub(crate) fn of_type(&self, resource_type: &'static str) -> impl Iterator<Item = &Resource<'a>> {
        let exists = |resource: &&Resource<'a>| resource.condition.is_none_or(|(_, value)| value == ConditionValue::Known(true));
        self.evaluation.resources.values().filter(move |resource| resource.resource_type == resource_type).filter(exists)
    }

    pub(crate) fn physical_id(&self, logical_id: &str) -> Option<String> {
        self.evaluation.state.physical_ids.get(logical_id).cloned()
    }

    /// Returns the physical ID that a value refers to.
    pub(crate) fn id(&self, value: &Value<'a>) -> Option<String> {
        match value.kind {
            ValueKind::Unknown(Residual::Ref(name)) => self.physical_id(name),
            ValueKind::Unknown(Residual::GetAtt(name, attribute)) => {
                let names_itself = attribute == "Id" || (attribute.ends_with("Id") && attribute != "VpcId") || attribute == "Arn";
                self.physical_id(name).filter(|_| names_itself)
            }
            _ => value.text().map(ToOwned::to_owned),
        }
    }

    fn ids(&self, value: Option<&Value<'a>>) -> Option<Vec<String>> {
        let mut ids: Vec<String> = value?.items()?.iter().map(|item| self.id(item)).collect::<Option<_>>()?;
        ids.sort();
        Some(ids)
    }

    pub(super) fn file_system(&self, resource: &Resource<'a>) -> ExpectedFileSystem {
        let properties = &resource.properties;
        let text = |name: &str, default: &str| match properties.get(name) {
            None => Some(default.to_owned()),
            Some(value) => value.text().map(ToOwned::to_owned),
        };
        let encrypted = properties.get("Encrypted").and_then(Value::text).map(|text| text.eq_ignore_ascii_case("true"));
        let key = match properties.get("KmsKeyId") {
            None if encrypted == Some(true) => ExpectedKey::AwsManaged,
            value => value.and_then(|value| self.id(value)).map_or(ExpectedKey::Unspecified, ExpectedKey::Id),
        };
        ExpectedFileSystem {
            logical_id: resource.entry.name.to_owned(),
            physical_id: self.physical_id(resource.entry.name),
            encrypted,
            key,
            performance_mode: text("PerformanceMode", "generalPurpose"),
            throughput_mode: text("ThroughputMode", "bursting"),
            provisioned_mibps: properties.get("ProvisionedThroughputInMibps").and_then(Value::text).and_then(|text| text.parse().ok()),
            lifecycle: lifecycle(properties.get("LifecyclePolicies")),
            for_builds: false,
        }
    }

    pub(super) fn mount_target(&self, resource: &Resource<'a>) -> ExpectedMountTarget {
        let property = |name: &str| resource.properties.get(name);
        let subnet = property("SubnetId").and_then(|value| self.id(value));
        let is_subnet = |resource: &&Resource<'a>| subnet.is_some() && self.physical_id(resource.entry.name) == subnet;
        let zone = self.of_type("AWS::EC2::Subnet").find(is_subnet).and_then(|subnet| subnet.properties.get("AvailabilityZone"));
        let zone = zone.filter(|zone| is_explicit_value(zone)).and_then(Value::text);
        ExpectedMountTarget {
            logical_id: resource.entry.name.to_owned(),
            physical_id: self.physical_id(resource.entry.name),
            file_system: property("FileSystemId").and_then(|value| self.id(value)),
            zone: zone.map(ToOwned::to_owned),
            groups: self.ids(property("SecurityGroups")),
            subnet,
        }
    }

    pub(super) fn rule(&self, group: &str) -> ExpectedRule {
        let own = self.of_type("AWS::EC2::SecurityGroup").find(|resource| self.physical_id(resource.entry.name).as_deref() == Some(group));
        let is_of_group =
            |resource: &&Resource<'a>| resource.properties.get("GroupId").and_then(|value| self.id(value)).as_deref() == Some(group);
        let ingress = own.and_then(|own| {
            let inline = match own.properties.get("SecurityGroupIngress") {
                None => &[],
                Some(value) => value.items()?,
            };
            let separate = self.of_type("AWS::EC2::SecurityGroupIngress").filter(is_of_group).map(|resource| &resource.properties);
            let mut ingress: Vec<Ingress> = inline.iter().chain(separate).map(|rule| self.ingress(rule)).collect::<Option<_>>()?;
            ingress.sort();
            Some(ingress)
        });
        ExpectedRule {
            logical_id: own.map(|own| own.entry.name.to_owned()),
            group: Some(group.to_owned()),
            build_group: self.build_group(),
            ingress,
        }
    }

    fn ingress(&self, rule: &Value<'a>) -> Option<Ingress> {
        let sources = ["SourceSecurityGroupId", "CidrIp", "CidrIpv6", "SourcePrefixListId"];
        let port = |name: &str| rule.get(name).and_then(Value::text).and_then(|text| text.parse().ok());
        let source = self.id(sources.into_iter().find_map(|name| rule.get(name))?)?;
        Some(Ingress::new(rule.get("IpProtocol")?.text()?, [port("FromPort"), port("ToPort")], &source))
    }

    /// Returns the security group of build tasks: the parameter for builds, else the parameter for instances, else the rack's own group.
    pub(crate) fn build_group(&self) -> Option<String> {
        let rack = rack::host_template();
        let parameters = [rack.build_instance_security_group, rack.instance_security_group];
        for (_, parameter) in parameters.into_iter().flatten() {
            let name = parameter.to_string();
            let Some(parameter) = self.evaluation.parameters.parameters.get(name.as_str()) else { continue };
            match parameter.value.as_deref().map(str::trim) {
                None => return None,
                Some("") => {}
                Some(group) => return Some(group.to_owned()),
            }
        }
        self.physical_id(&rack.instances_security.to_string())
    }

    pub(super) fn build_subnets(&self) -> Vec<String> {
        let Some(output) = self.evaluation.outputs.get(BUILD_SUBNETS) else {
            let subnets: Vec<&str> = self.of_type("AWS::EC2::Subnet").map(|subnet| subnet.entry.name).collect();
            let known = BUILD_SUBNETS_BY_NAME.into_iter().filter(|name| subnets.contains(name));
            return known.filter_map(|name| self.physical_id(name)).collect();
        };
        let listed = output.value.text().unwrap_or_default();
        listed.split(',').map(str::trim).filter(|subnet| !subnet.is_empty()).map(ToOwned::to_owned).collect()
    }

    pub(super) fn task(&self, resource: &Resource<'a>) -> Option<ExpectedTask> {
        let properties = &resource.properties;
        let is_build = |container: &&Value<'a>| container.get("Name").and_then(Value::text) == Some(BUILD_CONTAINER);
        let container = properties.get("ContainerDefinitions")?.items()?.iter().find(is_build)?;
        let text = |name: &str| properties.get(name).and_then(Value::text).map(ToOwned::to_owned);
        let platforms = properties.get("RequiresCompatibilities").and_then(Value::items).unwrap_or_default();
        let volumes = match properties.get("Volumes") {
            None => Some(Vec::new()),
            Some(volumes) => volumes.items().and_then(|volumes| {
                volumes.iter().filter(|volume| volume.get("EFSVolumeConfiguration").is_some()).map(|volume| self.volume(volume)).collect()
            }),
        };
        let variables = container.get("Environment").and_then(Value::items).unwrap_or_default();
        let buildkit = variables.iter().find(|variable| variable.get("Name").and_then(Value::text) == Some("DOCKER_BUILDKIT"));
        let mount_points = match container.get("MountPoints") {
            None => Some(Vec::new()),
            Some(mounts) => mounts.items().and_then(|mounts| mounts.iter().map(mount_point).collect()),
        };
        Some(ExpectedTask {
            logical_id: resource.entry.name.to_owned(),
            physical_id: self.physical_id(resource.entry.name),
            is_fargate: platforms.iter().any(|platform| platform.text() == Some("FARGATE")),
            cpu: text("Cpu"),
            memory: text("Memory"),
            volumes,
            container: ExpectedContainer {
                mount_points: mount_points.map(|mut mounts: Vec<MountPoint>| {
                    mounts.sort();
                    mounts
                }),
                buildkit: buildkit.and_then(|variable| variable.get("Value")?.text()).map(ToOwned::to_owned),
            },
        })
    }

    fn volume(&self, volume: &Value<'a>) -> Option<Volume> {
        let efs = volume.get("EFSVolumeConfiguration")?;
        let text = |name: &str| efs.get(name).and_then(Value::text);
        Some(Volume {
            name: volume.get("Name")?.text()?.to_owned(),
            efs: Some(EfsVolume {
                // A volume with an unknown file system ID still counts.
                file_system: efs.get("FilesystemId").and_then(|value| self.id(value)).unwrap_or_default(),
                root_directory: text("RootDirectory").unwrap_or("/").to_owned(),
                access_point: efs.get("AuthorizationConfig").and_then(|config| self.id(config.get("AccessPointId")?)),
                transit_encryption: text("TransitEncryption").is_some_and(|text| text.eq_ignore_ascii_case("enabled")),
            }),
        })
    }

    pub(super) fn repository(&self, resource: &Resource<'a>) -> ExpectedRepository {
        let property = |name: &str| resource.properties.get(name);
        ExpectedRepository {
            logical_id: resource.entry.name.to_owned(),
            physical_id: self.physical_id(resource.entry.name),
            tag_mutability: property("ImageTagMutability").map_or(Some("MUTABLE"), |value| value.text()).map(ToOwned::to_owned),
            lifecycle_policy: match property("LifecyclePolicy").map(|policy| policy.get("LifecyclePolicyText")) {
                None => Some(None),
                Some(text) => text.and_then(Value::text).map(|text| Some(text.to_owned())),
            },
        }
    }
}

/// Returns whether a value is a literal or a parameter. `Fn::GetAZs` depends on the account, and a table only predicts it.
pub(in crate::verify) fn is_explicit_value(value: &Value<'_>) -> bool {
    Intrinsic::of(value.origin).is_none_or(|function| matches!(function, Intrinsic::Ref(_)))
}

fn lifecycle(policies: Option<&Value<'_>>) -> Option<Vec<(String, String)>> {
    let Some(policies) = policies else { return Some(Vec::new()) };
    let mut pairs = Vec::new();
    for policy in policies.items()? {
        for (name, value) in policy.members()? {
            pairs.push(((*name).to_owned(), value.text()?.to_owned()));
        }
    }
    pairs.sort();
    Some(pairs)
}

fn mount_point(mount: &Value<'_>) -> Option<MountPoint> {
    Some(MountPoint {
        volume: mount.get("SourceVolume")?.text()?.to_owned(),
        path: mount.get("ContainerPath")?.text()?.to_owned(),
        read_only: mount.get("ReadOnly").and_then(Value::text).is_some_and(|text| text.eq_ignore_ascii_case("true")),
    })
}
