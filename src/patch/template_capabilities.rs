//! Finds the parts of a rack template that the build cache depends on.

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
    /// The path to `Properties`.
    pub properties_path: Vec<Step<'a>>,
    /// The container definition named `build`.
    pub container: &'a Node<'a>,
    /// The path to the container definition.
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

/// The parts of a template that the build cache depends on. A missing part is reported as a problem, and the pieces that need it are not
/// planned.
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
    /// The expression that the rack uses for its VPC.
    pub vpc_id: Option<&'a Node<'a>>,
    /// Whether and under which condition the rack has a third subnet.
    pub third_zone: ThirdZone<'a>,
    /// Whether the rack takes a security group for its instances (`InstanceSecurityGroup`).
    pub instance_group: bool,
    /// Whether the rack takes a security group for its build instances (`BuildInstanceSecurityGroup`).
    pub build_instance_group: bool,
    /// The missing `Blank...` conditions of security group parameters that the template has, each with its parameter.
    pub missing_blank_conditions: Vec<(&'static str, &'static str)>,
    /// Whether the rack has a switch for encrypting with its own key, and the key.
    pub customer_managed_key: bool,
}

/// CloudFormation's name for a task definition.
const TASK_DEFINITION: &str = "AWS::ECS::TaskDefinition";

/// The resources that the patch finds by logical ID.
const NAMES: [&str; 6] = ["ApiBuildFargate", "ApiBuildTasks", "InstancesSecurity", "Subnet0", "Subnet1", "Subnet2"];

impl<'a> TemplateCapabilities<'a> {
    /// Inspects a template and reports everything that is missing.
    pub(super) fn of(template: &Template<'a>, problems: &mut Diagnostics) -> Self {
        let mut inspector = Inspector { template, problems };
        let fargate = inspector.task("ApiBuildFargate", "the EFS cache is mounted into the Fargate build task");
        let ec2 = inspector.task("ApiBuildTasks", "its environment turns on BuildKit for builds on EC2");
        let fargate_condition = inspector.condition_of("ApiBuildFargate");
        inspector.resource("InstancesSecurity", "AWS::EC2::SecurityGroup", "builds in this security group need access to the EFS cache");
        for subnet in ["Subnet0", "Subnet1"] {
            inspector.resource(subnet, "AWS::EC2::Subnet", "the EFS cache needs a mount target in it");
            inspector.require_unconditional(subnet);
        }
        let third_zone = if template.resources.contains("Subnet2") {
            inspector.resource("Subnet2", "AWS::EC2::Subnet", "the EFS cache needs a mount target in it");
            let fallbacks = ["ThirdAvailabilityZoneAndHighAvailability", "ThirdAvailabilityZone"];
            inspector
                .condition_of("Subnet2")
                .or_else(|| fallbacks.into_iter().find(|name| template.conditions.contains(name)))
                .map_or(ThirdZone::Always, ThirdZone::When)
        } else {
            ThirdZone::Never
        };
        let instance_group = inspector.has_group_parameter("InstanceSecurityGroup", "BlankInstanceSecurityGroup");
        if !instance_group || inspector.condition_of("InstancesSecurity") != Some("BlankInstanceSecurityGroup") {
            inspector.require_unconditional("InstancesSecurity");
        }
        let build_instance_group = inspector.has_group_parameter("BuildInstanceSecurityGroup", "BlankBuildInstanceSecurityGroup");
        let mut missing_blank_conditions = Vec::new();
        for (has_parameter, condition, parameter) in [
            (instance_group, "BlankInstanceSecurityGroup", "InstanceSecurityGroup"),
            (build_instance_group, "BlankBuildInstanceSecurityGroup", "BuildInstanceSecurityGroup"),
        ] {
            if has_parameter && !template.conditions.contains(condition) {
                missing_blank_conditions.push((condition, parameter));
            }
        }
        Self {
            source: template.source,
            fargate,
            fargate_condition,
            ec2,
            vpc_id: inspector.vpc_id(),
            third_zone,
            instance_group,
            build_instance_group,
            missing_blank_conditions,
            customer_managed_key: template.conditions.contains(FILE_SYSTEM_ENCRYPTION)
                && inspector.is("CustomerManagedKey", "AWS::KMS::Key")
                && inspector
                    .condition_of("CustomerManagedKey")
                    .is_none_or(|condition| is_implied(template, condition, FILE_SYSTEM_ENCRYPTION)),
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

/// Searches a template and collects the problems.
struct Inspector<'a, 't> {
    template: &'t Template<'a>,
    problems: &'t mut Diagnostics,
}

impl<'a> Inspector<'a, '_> {
    fn is(&self, name: &str, resource_type: &str) -> bool {
        self.template.resources.get(name).is_some_and(|entry| entry.body.get("Type").and_then(Node::as_str) == Some(resource_type))
    }

    /// Returns the resource if it exists with this type; otherwise reports what needs it.
    fn resource(&mut self, name: &'static str, resource_type: &'static str, why: &str) -> Option<Entry<'a>> {
        let source = self.template.source;
        let Some(&entry) = self.template.resources.get(name) else {
            let span = section_span(self.template, "Resources");
            let problem = Diagnostic::error("patch-missing-resource", format!("the template has no `{name}` ({resource_type}): {why}")).at(
                source,
                span,
                "the resource is not defined here",
            );
            let others =
                self.template.resources.iter().filter(|entry| entry.body.get("Type").and_then(Node::as_str) == Some(resource_type));
            let near = did_you_mean(name, others.map(|entry| entry.name).filter(|other| !NAMES.contains(other)));
            self.problems.push(problem.hinted(near.map_or_else(
                || "if the rack version is too old to have it, update the rack first, then apply the patch".to_owned(),
                |near| format!("{near} The patch requires the logical ID `{name}`"),
            )));
            return None;
        };
        let found = entry.body.get("Type");
        if found.and_then(Node::as_str) == Some(resource_type) {
            return Some(entry);
        }
        let type_name = found.and_then(Node::as_str).unwrap_or("a resource without a valid `Type`");
        self.problems.push(
            Diagnostic::error("patch-other-type", format!("`{name}` is {type_name}, not {resource_type}: {why}"))
                .at(source, found.map_or(entry.name_span, |node| node.span), format!("expected {resource_type}"))
                .hinted("the patch supports only rack templates, in which this logical ID has that type"),
        );
        None
    }

    /// Returns the name of a resource's condition, if the template defines it; reports an undefined one.
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
                self.problems
                    .push(problem.hinted(near.unwrap_or_else(|| "define the condition, or remove it from the resource".to_owned())));
            }
        }
        condition
    }

    /// Reports a condition on a resource that the cache always refers to.
    fn require_unconditional(&mut self, name: &'static str) {
        let Some(condition) = self.condition_of(name) else { return };
        let span =
            self.template.resources.get(name).and_then(|entry| entry.body.get("Condition")).map_or_else(Span::default, |node| node.span);
        self.problems.push(
            Diagnostic::error(
                "patch-conditional-resource",
                format!("`{name}` exists only under the condition `{condition}`, but the EFS cache always refers to it"),
            )
            .at(self.template.source, span, "the resource does not exist if this condition is false")
            .hinted("remove the condition from the resource; otherwise the rack cannot use the EFS cache"),
        );
    }

    /// Returns whether the rack accepts a security group in this parameter; reports a parameter that is a list.
    fn has_group_parameter(&mut self, parameter: &'static str, blank: &'static str) -> bool {
        let Some(entry) = self.template.parameters.get(parameter) else { return false };
        let parameter_type = entry.body.get("Type");
        if parameter_type.and_then(Node::as_str).is_some_and(|name| name.contains("List<") || name == "CommaDelimitedList") {
            self.problems.push(
                Diagnostic::error(
                    "patch-other-type",
                    format!("the parameter `{parameter}` is a list, but the EFS cache's ingress rule accepts one security group"),
                )
                .at(self.template.source, parameter_type.map_or(entry.name_span, |node| node.span), "a list")
                .hinted(format!("a rack declares `{parameter}` with type String, and the condition `{blank}` is true if it is empty")),
            );
        }
        true
    }

    /// Returns the rack's expression for its VPC, from its security group or a subnet.
    fn vpc_id(&mut self) -> Option<&'a Node<'a>> {
        let found = ["InstancesSecurity", "Subnet0"]
            .into_iter()
            .find_map(|name| self.template.resources.get(name)?.body.get("Properties")?.get("VpcId"));
        if let (None, Some(entry)) = (found, self.template.resources.get("InstancesSecurity")) {
            self.problems.push(
                Diagnostic::error("patch-missing-property", "`InstancesSecurity` has no `VpcId`, so the VPC of the EFS cache is unknown")
                    .at(self.template.source, entry.name_span, "no `VpcId`")
                    .hinted("set it to the `VpcId` of the rack's subnets"),
            );
        }
        found
    }

    /// Returns a task definition and its container `build`; reports what is missing.
    fn task(&mut self, name: &'static str, why: &'static str) -> Option<Task<'a>> {
        let entry = self.resource(name, TASK_DEFINITION, why)?;
        let source = self.template.source;
        let container_definitions = entry.body.get("Properties").and_then(|properties| properties.get("ContainerDefinitions"));
        let (Some(properties), Some(definitions)) = (entry.body.get("Properties"), container_definitions) else {
            self.problems.push(
                Diagnostic::error("patch-missing-property", format!("`{name}` has no `Properties.ContainerDefinitions`: {why}"))
                    .at(source, entry.name_span, "no containers")
                    .hinted("a rack's build task needs a container named `build`"),
            );
            return None;
        };
        let named = |item: &&Node<'a>| item.get("Name").and_then(Node::as_str) == Some("build");
        let Some(container) = definitions.items().iter().find(named) else {
            let what = match Intrinsic::of(definitions) {
                Some(_) => "`ContainerDefinitions` is an intrinsic function, so its containers cannot be edited".to_owned(),
                None => format!("found {}", names(definitions)),
            };
            self.problems.push(
                Diagnostic::error("patch-missing-container", format!("`{name}` has no container named `build`: {why}"))
                    .at(source, definitions.span, what)
                    .hinted("a rack's build task needs a container named `build`"),
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
    if names.is_empty() { "no named container".to_owned() } else { names.join(", ") }
}

/// Returns the span of a section's name, or the start of the document.
pub(super) fn section_span(template: &Template<'_>, section: &str) -> Span {
    template.root.member(section).map_or(Span::new(0, 1), |member| member.key_span)
}
