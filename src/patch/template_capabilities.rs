//! What a rack template has that the build cache rests on.

use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::template::{Entry, Intrinsic, Node, Template};
use crate::text::did_you_mean;

use super::insertion::Step;

/// A build task definition and its container `build`.
#[derive(Clone, Debug)]
pub(super) struct Task<'a> {
    /// Its logical ID.
    pub name: &'a str,
    /// `Properties`.
    pub properties: &'a Node<'a>,
    /// How to get to `Properties`.
    pub properties_path: Vec<Step<'a>>,
    /// The container definition named `build`.
    pub container: &'a Node<'a>,
    /// How to get to the container definition.
    pub container_path: Vec<Step<'a>>,
}

/// Whether the rack has a third zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ThirdZone<'a> {
    /// The template has no `Subnet2`.
    Never,
    /// `Subnet2` always exists.
    Always,
    /// `Subnet2` exists under this condition.
    When(&'a str),
}

/// What the template offers; where something lacks, a problem was told and the piece that needs it is not planned.
#[derive(Clone, Debug)]
pub(super) struct TemplateCapabilities<'a> {
    /// The template's text, for problems found later.
    pub source: &'a Source,
    /// The Fargate build task.
    pub fargate: Option<Task<'a>>,
    /// The Fargate build task's condition.
    pub fargate_condition: Option<&'a str>,
    /// The EC2 build task.
    pub ec2: Option<Task<'a>>,
    /// How the rack names its VPC.
    pub vpc_id: Option<&'a Node<'a>>,
    /// When there is a third subnet.
    pub third_zone: ThirdZone<'a>,
    /// Whether the rack takes a security group for its instances (`InstanceSecurityGroup`).
    pub instance_group: bool,
    /// Whether the rack takes a security group for its build instances (`BuildInstanceSecurityGroup`).
    pub build_instance_group: bool,
    /// Conditions that tell an empty security group parameter, where the template has the parameter alone: condition, then parameter.
    pub lacking_blanks: Vec<(&'static str, &'static str)>,
    /// Whether the rack has a switch for encrypting with its own key, and the key.
    pub customer_managed_key: bool,
}

/// CloudFormation's name for a task definition.
const TASK_DEFINITION: &str = "AWS::ECS::TaskDefinition";

/// The resources that the cache finds by name.
const NAMES: [&str; 6] = ["ApiBuildFargate", "ApiBuildTasks", "InstancesSecurity", "Subnet0", "Subnet1", "Subnet2"];

impl<'a> TemplateCapabilities<'a> {
    /// Looks a template through and tells everything that lacks.
    pub(super) fn of(template: &Template<'a>, problems: &mut Diagnostics) -> Self {
        let mut look = Look { template, problems };
        let fargate = look.task("ApiBuildFargate", "the EFS cache is mounted into the Fargate build task");
        let ec2 = look.task("ApiBuildTasks", "builds on EC2 are told there to use BuildKit");
        let fargate_condition = look.condition_of("ApiBuildFargate");
        look.resource("InstancesSecurity", "AWS::EC2::SecurityGroup", "builds that run with it must reach the EFS cache");
        for subnet in ["Subnet0", "Subnet1"] {
            look.resource(subnet, "AWS::EC2::Subnet", "the EFS cache has a mount target in it");
            look.unconditional(subnet);
        }
        let third_zone = if template.resources.contains("Subnet2") {
            look.resource("Subnet2", "AWS::EC2::Subnet", "the EFS cache has a mount target in it");
            let other = ["ThirdAvailabilityZoneAndHighAvailability", "ThirdAvailabilityZone"];
            look.condition_of("Subnet2")
                .or_else(|| other.into_iter().find(|name| template.conditions.contains(name)))
                .map_or(ThirdZone::Always, ThirdZone::When)
        } else {
            ThirdZone::Never
        };
        let instance_group = look.group("InstanceSecurityGroup", "BlankInstanceSecurityGroup");
        if !instance_group || look.condition_of("InstancesSecurity") != Some("BlankInstanceSecurityGroup") {
            look.unconditional("InstancesSecurity");
        }
        let build_instance_group = look.group("BuildInstanceSecurityGroup", "BlankBuildInstanceSecurityGroup");
        let mut lacking_blanks = Vec::new();
        for (offered, condition, parameter) in [
            (instance_group, "BlankInstanceSecurityGroup", "InstanceSecurityGroup"),
            (build_instance_group, "BlankBuildInstanceSecurityGroup", "BuildInstanceSecurityGroup"),
        ] {
            if offered && !template.conditions.contains(condition) {
                lacking_blanks.push((condition, parameter));
            }
        }
        Self {
            source: template.source,
            fargate,
            fargate_condition,
            ec2,
            vpc_id: look.vpc_id(),
            third_zone,
            instance_group,
            build_instance_group,
            lacking_blanks,
            customer_managed_key: template.conditions.contains(FILE_SYSTEM_ENCRYPTION)
                && look.is("CustomerManagedKey", "AWS::KMS::Key")
                && look.condition_of("CustomerManagedKey").is_none_or(|condition| is_implied(template, condition, FILE_SYSTEM_ENCRYPTION)),
        }
    }
}

/// The condition that file systems use the rack's own key.
const FILE_SYSTEM_ENCRYPTION: &str = "EnableSharedEFSVolumeEncryptionCond";

/// Returns whether a condition is true whenever `premise` is: it is the same one, or `Fn::Or` with `premise` as an operand.
fn is_implied(template: &Template<'_>, condition: &str, premise: &str) -> bool {
    let operands = template.conditions.get(condition).and_then(|entry| entry.body.get("Fn::Or")).map(Node::items).unwrap_or_default();
    condition == premise || operands.iter().any(|operand| operand.get("Condition").and_then(Node::as_str) == Some(premise))
}

/// The looking, with what it finds amiss.
struct Look<'a, 't> {
    template: &'t Template<'a>,
    problems: &'t mut Diagnostics,
}

impl<'a> Look<'a, '_> {
    fn is(&self, name: &str, resource_type: &str) -> bool {
        self.template.resources.get(name).is_some_and(|entry| entry.body.get("Type").and_then(Node::as_str) == Some(resource_type))
    }

    /// Finds a resource of a type, or tells that it lacks and what it is needed for.
    fn resource(&mut self, name: &'static str, resource_type: &'static str, why: &str) -> Option<Entry<'a>> {
        let source = self.template.source;
        let Some(&entry) = self.template.resources.get(name) else {
            let place = section_place(self.template, "Resources");
            let problem = Diagnostic::error("patch-lacks-resource", format!("the template has no `{name}` ({resource_type}): {why}")).at(
                source,
                place,
                "not among these resources",
            );
            let others =
                self.template.resources.iter().filter(|entry| entry.body.get("Type").and_then(Node::as_str) == Some(resource_type));
            let near = did_you_mean(name, others.map(|entry| entry.name).filter(|other| !NAMES.contains(other)));
            self.problems.push(problem.hinted(near.map_or_else(
                || "an older rack gets it with an update of the rack; put the cache in after that".to_owned(),
                |near| format!("{near} The cache finds it by the name `{name}` only"),
            )));
            return None;
        };
        let found = entry.body.get("Type");
        if found.and_then(Node::as_str) == Some(resource_type) {
            return Some(entry);
        }
        let type_name = found.and_then(Node::as_str).unwrap_or("no type that can be read");
        self.problems.push(
            Diagnostic::error("patch-other-type", format!("`{name}` is {type_name}, and not {resource_type}: {why}"))
                .at(source, found.map_or(entry.name_span, |node| node.span), format!("expected {resource_type}"))
                .hinted("this patch is for rack templates, where the name stands for that type"),
        );
        None
    }

    /// Returns the name of a resource's condition, if it has one that exists.
    fn condition_of(&mut self, name: &str) -> Option<&'a str> {
        let node = self.template.resources.get(name)?.body.get("Condition")?;
        let condition = node.as_str().filter(|condition| self.template.conditions.contains(condition));
        if condition.is_none() {
            let written = node.as_str().unwrap_or("no name");
            let problem = Diagnostic::error(
                "unknown-condition",
                format!("the condition of `{name}` is `{written}`, which the template does not define"),
            )
            .at(self.template.source, node.span, "not in `Conditions`");
            let known = self.problems.0.iter().any(|known| known.message == problem.message);
            if !known {
                let near = did_you_mean(written, self.template.conditions.iter().map(|entry| entry.name));
                self.problems.push(problem.hinted(near.unwrap_or_else(|| "define it, or take it off the resource".to_owned())));
            }
        }
        condition
    }

    /// Tells when a resource that the cache refers to may be absent.
    fn unconditional(&mut self, name: &'static str) {
        let Some(condition) = self.condition_of(name) else { return };
        let span =
            self.template.resources.get(name).and_then(|entry| entry.body.get("Condition")).map_or_else(Span::default, |node| node.span);
        self.problems.push(
            Diagnostic::error(
                "patch-conditional-resource",
                format!("`{name}` exists only under the condition `{condition}`, and the EFS cache refers to it always"),
            )
            .at(self.template.source, span, "the reference would be to nothing where this is false")
            .hinted("such a rack has no place for the EFS cache unless the condition goes"),
        );
    }

    /// Tells whether the rack takes a security group through this parameter.
    fn group(&mut self, parameter: &'static str, blank: &'static str) -> bool {
        let Some(entry) = self.template.parameters.get(parameter) else { return false };
        let parameter_type = entry.body.get("Type");
        if parameter_type.and_then(Node::as_str).is_some_and(|name| name.contains("List<") || name == "CommaDelimitedList") {
            self.problems.push(
                Diagnostic::error(
                    "patch-other-type",
                    format!("the parameter `{parameter}` is a list, and the EFS cache's ingress takes one security group"),
                )
                .at(self.template.source, parameter_type.map_or(entry.name_span, |node| node.span), "a list")
                .hinted(format!("the rack's own `{parameter}` is of type String, and `{blank}` tells whether it is empty")),
            );
        }
        true
    }

    /// Returns how the rack names its VPC, from its own groups and subnets.
    fn vpc_id(&mut self) -> Option<&'a Node<'a>> {
        let found = ["InstancesSecurity", "Subnet0"]
            .into_iter()
            .find_map(|name| self.template.resources.get(name)?.body.get("Properties")?.get("VpcId"));
        if let (None, Some(entry)) = (found, self.template.resources.get("InstancesSecurity")) {
            self.problems.push(
                Diagnostic::error(
                    "patch-lacks-property",
                    "`InstancesSecurity` names no VPC in its properties, so it is unknown which VPC the EFS cache belongs in",
                )
                .at(self.template.source, entry.name_span, "no `VpcId`")
                .hinted("give it the `VpcId` that the rack's subnets have"),
            );
        }
        found
    }

    /// Finds a task definition and its container `build`.
    fn task(&mut self, name: &'static str, why: &'static str) -> Option<Task<'a>> {
        let entry = self.resource(name, TASK_DEFINITION, why)?;
        let source = self.template.source;
        let container_definitions = entry.body.get("Properties").and_then(|properties| properties.get("ContainerDefinitions"));
        let (Some(properties), Some(definitions)) = (entry.body.get("Properties"), container_definitions) else {
            self.problems.push(
                Diagnostic::error("patch-lacks-property", format!("`{name}` has no `Properties.ContainerDefinitions`: {why}"))
                    .at(source, entry.name_span, "no containers")
                    .hinted("the build task of a rack has a container named `build`"),
            );
            return None;
        };
        let named = |item: &&Node<'a>| item.get("Name").and_then(Node::as_str) == Some("build");
        let Some(container) = definitions.items().iter().find(named) else {
            let what = match Intrinsic::of(definitions) {
                Some(_) => "`ContainerDefinitions` is a function here, so what it holds cannot be edited".to_owned(),
                None => format!("found {}", names(definitions)),
            };
            self.problems.push(
                Diagnostic::error("patch-lacks-container", format!("`{name}` has no container named `build`: {why}"))
                    .at(source, definitions.span, what)
                    .hinted("the build task of a rack has a container named `build`"),
            );
            return None;
        };
        let index = definitions.items().iter().position(|item| std::ptr::eq(item, container)).unwrap_or_default();
        let properties_path = vec![Step::Key("Resources"), Step::Key(name), Step::Key("Properties")];
        let mut container_path = properties_path.clone();
        container_path.extend([Step::Key("ContainerDefinitions"), Step::Index(index)]);
        Some(Task { name, properties, properties_path, container, container_path })
    }
}

fn names(definitions: &Node<'_>) -> String {
    let names: Vec<String> = definitions.items().iter().filter_map(|item| Some(format!("`{}`", item.get("Name")?.as_str()?))).collect();
    if names.is_empty() { "no container with a name".to_owned() } else { names.join(", ") }
}

/// Returns where a section's name stands, or the start of the document.
pub(super) fn section_place(template: &Template<'_>, section: &str) -> Span {
    template.root.member(section).map_or(Span::new(0, 1), |member| member.key_span)
}
