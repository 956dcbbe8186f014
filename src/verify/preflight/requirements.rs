//! What a plan requires of the account, read from its template and effects. Pure.

use std::collections::HashMap;

use indexmap::IndexSet;

use crate::evaluate::{ConditionValue, Evaluation, Residual, Resource, Value, ValueKind};
use crate::plan::{Effect, Plan, ResourceEffect};
use crate::verify::expected::{Reader, is_explicit_value};

/// What a plan requires of the account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requirements {
    /// New mount targets.
    pub targets: Vec<NewTarget>,
    /// Existing VPCs, given by ID, that get mount targets.
    pub vpcs: Vec<String>,
    /// Existing security groups, given by ID.
    pub groups: Vec<String>,
    /// Keys of new file systems: logical ID of the file system, key.
    pub keys: Vec<(String, String)>,
    /// The number of new security groups.
    pub new_groups: usize,
    /// The number of new Elastic IP addresses.
    pub new_addresses: usize,
    /// New resources with custom names.
    pub names: Vec<NamedResource>,
    /// The resources of the stack: logical ID, physical ID.
    pub stack_resources: Vec<(String, String)>,
    /// New build tasks on Fargate: logical ID, CPU, memory.
    pub sizes: Vec<(String, String, String)>,
}

/// A new mount target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTarget {
    /// The logical ID.
    pub logical_id: String,
    /// Its file system.
    pub owner: Owner,
    /// Its location.
    pub address: Address,
    /// The number of its security groups.
    pub groups: usize,
}

/// The file system of a mount target.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A file system that the same plan creates, by logical ID.
    New(String),
    /// An existing file system, by physical ID.
    Existing(String),
}

/// The location of a new mount target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// An availability zone.
    Zone(String),
    /// An availability zone predicted from the table of regions; the account may not have it.
    Likely(String),
    /// An existing subnet.
    Subnet(String),
    /// Not known before the deployment.
    Unknown,
}

/// A new resource with a custom name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedResource {
    /// The logical ID.
    pub logical_id: String,
    /// The type.
    pub resource_type: String,
    /// The name.
    pub name: String,
    /// The VPC, for names that are unique within a VPC.
    pub scope: Option<String>,
    /// The physical ID of the resource that it replaces, which keeps the name until the cleanup.
    pub replaces: Option<String>,
    /// Whether the replaced resource is deleted first, or may not be replaced: then its name is not a certain conflict.
    pub releases_name: bool,
}

impl Requirements {
    /// Reads the requirements of a plan; `after` was evaluated with the physical IDs of the deployed stack.
    pub fn of(after: &Evaluation<'_>, plan: &Plan) -> Self {
        let effects = plan.effects.iter().map(|effect| (effect.logical_resource_id.as_str(), effect)).collect();
        let reader = RequirementsReader { reader: Reader { evaluation: after }, effects };
        let mut requirements = Self::default();
        let (mut vpcs, mut groups) = (IndexSet::new(), IndexSet::new());
        for resource in after.resources.values() {
            let id = resource.entry.name;
            let is_certain = resource.condition.is_none_or(|(_, value)| value == ConditionValue::Known(true));
            if !is_certain || !reader.is_affected(id) {
                continue;
            }
            let property = |name: &str| resource.properties.get(name);
            match resource.resource_type {
                "AWS::EFS::MountTarget" => {
                    groups.extend(reader.external_ids(property("SecurityGroups").and_then(Value::items).unwrap_or_default()));
                    if reader.is_created(id) {
                        let (target, vpc) = reader.target(resource);
                        requirements.targets.extend(target);
                        vpcs.extend(vpc);
                    }
                }
                "AWS::EC2::SecurityGroup" => {
                    requirements.new_groups += usize::from(reader.is_created(id));
                    let rules = property("SecurityGroupIngress").and_then(Value::items).unwrap_or_default();
                    let sources: Vec<_> = rules.iter().filter_map(|rule| rule.get("SourceSecurityGroupId")).copied().collect();
                    groups.extend(reader.external_ids(&sources));
                }
                "AWS::EC2::SecurityGroupIngress" => {
                    let sources: Vec<_> = ["SourceSecurityGroupId", "GroupId"].into_iter().filter_map(property).copied().collect();
                    groups.extend(reader.external_ids(&sources));
                }
                "AWS::EC2::EIP" => requirements.new_addresses += usize::from(reader.is_created(id)),
                "AWS::EFS::FileSystem" if reader.is_created(id) => {
                    if let Some(key) = property("KmsKeyId").and_then(|key| reader.existing_id(key)) {
                        requirements.keys.push((id.to_owned(), key));
                    }
                }
                "AWS::ECS::TaskDefinition" if reader.is_created(id) => requirements.sizes.extend(size(resource)),
                _ => {}
            }
            if reader.is_created(id) {
                requirements.names.extend(reader.named(resource));
            }
        }
        requirements.stack_resources = after.state.physical_ids.iter().map(|(name, id)| (name.clone(), id.clone())).collect();
        requirements.vpcs = vpcs.into_iter().collect();
        requirements.groups = groups.into_iter().collect();
        requirements
    }
}

fn size(resource: &Resource<'_>) -> Option<(String, String, String)> {
    let text = |name: &str| resource.properties.get(name).and_then(Value::text).map(ToOwned::to_owned);
    let platforms = resource.properties.get("RequiresCompatibilities")?.items()?;
    let is_fargate = platforms.iter().any(|platform| platform.text() == Some("FARGATE"));
    is_fargate.then_some(())?;
    Some((resource.entry.name.to_owned(), text("Cpu")?, text("Memory")?))
}

struct RequirementsReader<'e, 'a> {
    reader: Reader<'e, 'a>,
    effects: HashMap<&'e str, &'e ResourceEffect>,
}

impl<'a> RequirementsReader<'_, 'a> {
    fn is_affected(&self, id: &str) -> bool {
        self.effects.get(id).is_some_and(|effect| effect.effect != Effect::Untouched)
    }

    /// Returns whether the plan creates a new resource with this logical ID.
    fn is_created(&self, id: &str) -> bool {
        self.effects.get(id).is_some_and(|effect| matches!(effect.effect, Effect::Created | Effect::Replaced))
    }

    /// Returns the resource of the template that a value refers to: by an unresolved reference, or by its physical ID.
    fn resource_of(&self, value: &Value<'a>) -> Option<&Resource<'a>> {
        let resources = &self.reader.evaluation.resources;
        match value.kind {
            ValueKind::Unknown(Residual::Ref(name) | Residual::GetAtt(name, _)) => resources.get(name),
            _ => {
                let id = value.text()?;
                resources.values().find(|resource| self.reader.physical_id(resource.entry.name).as_deref() == Some(id))
            }
        }
    }

    /// Returns the ID of an existing resource that is not replaced.
    fn existing_id(&self, value: &Value<'a>) -> Option<String> {
        if self.resource_of(value).is_some_and(|resource| self.is_created(resource.entry.name)) {
            return None;
        }
        self.reader.id(value)
    }

    /// Returns IDs of resources outside the stack.
    fn external_ids(&self, values: &[Value<'a>]) -> Vec<String> {
        let is_external = |value: &&Value<'a>| self.resource_of(value).is_none();
        values.iter().filter(is_external).filter_map(|value| value.text()).map(ToOwned::to_owned).collect()
    }

    /// Returns a new mount target, and its VPC if that is outside the stack.
    fn target(&self, resource: &Resource<'a>) -> (Option<NewTarget>, Option<String>) {
        let property = |name: &str| resource.properties.get(name);
        let (Some(file_system), Some(subnet)) = (property("FileSystemId"), property("SubnetId")) else { return (None, None) };
        let owner = match self.resource_of(file_system) {
            Some(own) if self.is_created(own.entry.name) => Some(Owner::New(own.entry.name.to_owned())),
            _ => self.reader.id(file_system).map(Owner::Existing),
        };
        let own_subnet = self.resource_of(subnet);
        let zone = own_subnet.and_then(|subnet| subnet.properties.get("AvailabilityZone"));
        let address = match (self.existing_id(subnet), zone.and_then(Value::text)) {
            (Some(subnet), _) => Address::Subnet(subnet),
            (None, Some(text)) if zone.is_some_and(is_explicit_value) => Address::Zone(text.to_owned()),
            (None, Some(text)) => Address::Likely(text.to_owned()),
            (None, None) => Address::Unknown,
        };
        // A VPC in the template has the settings that the template chooses.
        let vpc = own_subnet.and_then(|subnet| self.external_ids(std::slice::from_ref(subnet.properties.get("VpcId")?)).pop());
        let groups = property("SecurityGroups").and_then(Value::items).unwrap_or_default().len();
        (owner.map(|owner| NewTarget { logical_id: resource.entry.name.to_owned(), owner, address, groups }), vpc)
    }

    fn named(&self, resource: &Resource<'a>) -> Option<NamedResource> {
        let property = crate::schema::resource_type(resource.resource_type)?.custom_name_property()?;
        let name = resource.properties.get(property)?.text()?.to_owned();
        let scope = match resource.properties.get("VpcId") {
            // In a new VPC every name is available.
            Some(vpc) => Some(self.existing_id(vpc)?),
            None => None,
        };
        let id = resource.entry.name;
        Some(NamedResource {
            logical_id: id.to_owned(),
            resource_type: resource.resource_type.to_owned(),
            name,
            scope,
            replaces: self.reader.physical_id(id),
            releases_name: self.effects.get(id).is_some_and(|effect| effect.possible || effect.deletes_first),
        })
    }
}
