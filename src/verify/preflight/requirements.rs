//! What a plan rests on in the account, read off the template that it leads to. Pure.

use std::collections::HashMap;

use indexmap::IndexSet;

use crate::evaluate::{ConditionValue, Evaluation, Residual, Resource, Value, ValueKind};
use crate::plan::{Effect, Plan, ResourceEffect};
use crate::verify::expected::{Reader, is_explicit_value};

/// What a plan rests on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requirements {
    /// Mount targets that come.
    pub targets: Vec<NewTarget>,
    /// VPCs that are given by their ID, which mount targets come into.
    pub vpcs: Vec<String>,
    /// Security groups that are given by their ID.
    pub groups: Vec<String>,
    /// Keys that new file systems are encrypted with: logical ID of the file system, key.
    pub keys: Vec<(String, String)>,
    /// How many security groups come.
    pub new_groups: usize,
    /// How many Elastic IP addresses come.
    pub new_addresses: usize,
    /// Names that the template fixes, of resources that come.
    pub names: Vec<NamedResource>,
    /// What the stack holds: logical ID, physical ID.
    pub held: Vec<(String, String)>,
    /// Build tasks on Fargate that come: logical ID, CPU, memory.
    pub sizes: Vec<(String, String, String)>,
}

/// A mount target that comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTarget {
    /// The logical ID.
    pub logical_id: String,
    /// Whose it is.
    pub owner: Owner,
    /// Where it comes to stand.
    pub address: Address,
    /// How many security groups it gets.
    pub groups: usize,
}

/// The file system of a mount target.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// One that comes with the same plan, by logical ID.
    New(String),
    /// One that is there.
    Existing(String),
}

/// Where a mount target comes to stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// In this availability zone.
    Zone(String),
    /// In this one by the table of regions, which may not be the account's.
    Likely(String),
    /// In this subnet, which is there.
    Subnet(String),
    /// Nobody knows yet.
    Unknown,
}

/// A resource that comes with a name which the template fixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedResource {
    /// The logical ID.
    pub logical_id: String,
    /// The type.
    pub resource_type: String,
    /// The name.
    pub name: String,
    /// The VPC, for names that are unique in one.
    pub scope: Option<String>,
    /// The physical ID of the one that it replaces, which has the name until the end.
    pub replaces: Option<String>,
    /// Whether the one that it replaces goes first, or may stay after all: its name is then in nobody's way for certain.
    pub yields: bool,
}

impl Requirements {
    /// Reads what a plan rests on; `after` was evaluated with the physical IDs of the stack as it is.
    pub fn of(after: &Evaluation<'_>, plan: &Plan) -> Self {
        let effects = plan.effects.iter().map(|effect| (effect.logical_resource_id.as_str(), effect)).collect();
        let survey = Survey { reader: Reader { evaluation: after }, effects };
        let mut requirements = Self::default();
        let (mut vpcs, mut groups) = (IndexSet::new(), IndexSet::new());
        for resource in after.resources.values() {
            let id = resource.entry.name;
            let is_certain = resource.condition.is_none_or(|(_, value)| value == ConditionValue::Known(true));
            if !is_certain || !survey.is_touched(id) {
                continue;
            }
            let property = |name: &str| resource.properties.get(name);
            match resource.resource_type {
                "AWS::EFS::MountTarget" => {
                    groups.extend(survey.foreign_ids(property("SecurityGroups").and_then(Value::items).unwrap_or_default()));
                    if survey.comes(id) {
                        let (target, vpc) = survey.target(resource);
                        requirements.targets.extend(target);
                        vpcs.extend(vpc);
                    }
                }
                "AWS::EC2::SecurityGroup" => {
                    requirements.new_groups += usize::from(survey.comes(id));
                    let rules = property("SecurityGroupIngress").and_then(Value::items).unwrap_or_default();
                    let sources: Vec<_> = rules.iter().filter_map(|rule| rule.get("SourceSecurityGroupId")).copied().collect();
                    groups.extend(survey.foreign_ids(&sources));
                }
                "AWS::EC2::SecurityGroupIngress" => {
                    let sources: Vec<_> = ["SourceSecurityGroupId", "GroupId"].into_iter().filter_map(property).copied().collect();
                    groups.extend(survey.foreign_ids(&sources));
                }
                "AWS::EC2::EIP" => requirements.new_addresses += usize::from(survey.comes(id)),
                "AWS::EFS::FileSystem" if survey.comes(id) => {
                    if let Some(key) = property("KmsKeyId").and_then(|key| survey.standing_id(key)) {
                        requirements.keys.push((id.to_owned(), key));
                    }
                }
                "AWS::ECS::TaskDefinition" if survey.comes(id) => requirements.sizes.extend(size(resource)),
                _ => {}
            }
            if survey.comes(id) {
                requirements.names.extend(survey.named(resource));
            }
        }
        requirements.held = after.state.physical_ids.iter().map(|(name, id)| (name.clone(), id.clone())).collect();
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

struct Survey<'e, 'a> {
    reader: Reader<'e, 'a>,
    effects: HashMap<&'e str, &'e ResourceEffect>,
}

impl<'a> Survey<'_, 'a> {
    fn is_touched(&self, id: &str) -> bool {
        self.effects.get(id).is_some_and(|effect| effect.effect != Effect::Untouched)
    }

    /// Tells whether a new resource is made under this logical ID.
    fn comes(&self, id: &str) -> bool {
        self.effects.get(id).is_some_and(|effect| matches!(effect.effect, Effect::Created | Effect::Replaced))
    }

    /// Returns the resource of the template that a value refers to, by reference or by the physical ID that was put in for one.
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

    /// Returns the ID of something that is there and stays.
    fn standing_id(&self, value: &Value<'a>) -> Option<String> {
        if self.resource_of(value).is_some_and(|resource| self.comes(resource.entry.name)) {
            return None;
        }
        self.reader.id(value)
    }

    /// Returns IDs of what is not of this stack.
    fn foreign_ids(&self, values: &[Value<'a>]) -> Vec<String> {
        let is_foreign = |value: &&Value<'a>| self.resource_of(value).is_none();
        values.iter().filter(is_foreign).filter_map(|value| value.text()).map(ToOwned::to_owned).collect()
    }

    /// Returns a mount target that comes, and the VPC where that is there already.
    fn target(&self, resource: &Resource<'a>) -> (Option<NewTarget>, Option<String>) {
        let property = |name: &str| resource.properties.get(name);
        let (Some(file_system), Some(subnet)) = (property("FileSystemId"), property("SubnetId")) else { return (None, None) };
        let owner = match self.resource_of(file_system) {
            Some(own) if self.comes(own.entry.name) => Some(Owner::New(own.entry.name.to_owned())),
            _ => self.reader.id(file_system).map(Owner::Existing),
        };
        let own_subnet = self.resource_of(subnet);
        let zone = own_subnet.and_then(|subnet| subnet.properties.get("AvailabilityZone"));
        let address = match (self.standing_id(subnet), zone.and_then(Value::text)) {
            (Some(subnet), _) => Address::Subnet(subnet),
            (None, Some(text)) if zone.is_some_and(is_explicit_value) => Address::Zone(text.to_owned()),
            (None, Some(text)) => Address::Likely(text.to_owned()),
            (None, None) => Address::Unknown,
        };
        // The settings of a VPC of the template's own are the template's choice.
        let vpc = own_subnet.and_then(|subnet| self.foreign_ids(std::slice::from_ref(subnet.properties.get("VpcId")?)).pop());
        let groups = property("SecurityGroups").and_then(Value::items).unwrap_or_default().len();
        (owner.map(|owner| NewTarget { logical_id: resource.entry.name.to_owned(), owner, address, groups }), vpc)
    }

    fn named(&self, resource: &Resource<'a>) -> Option<NamedResource> {
        let property = crate::schema::resource_type(resource.resource_type)?.custom_name_property()?;
        let name = resource.properties.get(property)?.text()?.to_owned();
        let scope = match resource.properties.get("VpcId") {
            // In a VPC that comes with it every name is free.
            Some(vpc) => Some(self.standing_id(vpc)?),
            None => None,
        };
        let id = resource.entry.name;
        Some(NamedResource {
            logical_id: id.to_owned(),
            resource_type: resource.resource_type.to_owned(),
            name,
            scope,
            replaces: self.reader.physical_id(id),
            yields: self.effects.get(id).is_some_and(|effect| effect.possible || effect.deletes_first),
        })
    }
}
