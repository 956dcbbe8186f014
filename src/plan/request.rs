//! Requests that CloudFormation rejects independent of the stack's content: missing capabilities, resource types that are not allowed.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html>

use super::refusal::{Refusal, RefusalKind};
use crate::cloudformation::Capability;
use crate::template::{Intrinsic, Node, Template};

/// Resource types that require an IAM capability, each with the property that sets a custom name, if it has one.
const IDENTITIES: [(&str, Option<&str>); 8] = [
    ("AWS::IAM::AccessKey", None),
    ("AWS::IAM::Group", Some("GroupName")),
    ("AWS::IAM::InstanceProfile", Some("InstanceProfileName")),
    ("AWS::IAM::ManagedPolicy", Some("ManagedPolicyName")),
    ("AWS::IAM::Policy", None),
    ("AWS::IAM::Role", Some("RoleName")),
    ("AWS::IAM::User", Some("UserName")),
    ("AWS::IAM::UserToGroupAddition", None),
];

/// Returns the capabilities that a request with this template must acknowledge. Conditions are ignored, as in CloudFormation.
pub fn required_capabilities(template: &Template<'_>) -> Vec<Capability> {
    let mut needed: Option<Capability> = None;
    for entry in &template.resources {
        let resource_type = entry.body.get("Type").and_then(Node::as_str);
        let Some((_, name)) = IDENTITIES.iter().find(|(identity, _)| Some(*identity) == resource_type) else { continue };
        let is_named = name.is_some_and(|name| entry.body.get("Properties").is_some_and(|properties| properties.get(name).is_some()));
        needed = needed.max(Some(if is_named { Capability::NamedIam } else { Capability::Iam }));
    }
    let expands = !template.transforms.is_empty() || (template.mentions("Transform") && contains_transform(template.root));
    needed.into_iter().chain(expands.then_some(Capability::AutoExpand)).collect()
}

fn contains_transform(node: &Node<'_>) -> bool {
    matches!(Intrinsic::of(node), Some(Intrinsic::Transform(_)))
        || node.items().iter().any(contains_transform)
        || node.members().iter().any(|member| member.key == "Fn::Transform" || contains_transform(&member.value))
}

/// The parts of a request apart from the template.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The acknowledged capabilities; `None` skips the check.
    pub capabilities: Option<Vec<Capability>>,
    /// Allowed resource types, such as `AWS::EC2::*`; empty allows all.
    pub resource_types: Vec<String>,
}

impl Request {
    /// Returns the error with which CloudFormation would reject this request with this template.
    pub fn refusal(&self, template: &Template<'_>) -> Option<Refusal> {
        if let Some(acknowledged) = &self.capabilities {
            let missing: Vec<&str> = required_capabilities(template)
                .into_iter()
                .filter(|needed| !acknowledged.iter().any(|capability| capability.covers(*needed)))
                .map(Capability::name)
                .collect();
            if !missing.is_empty() {
                let message = format!("Requires capabilities : [{}]", missing.join(", "));
                return Some(Refusal::request(RefusalKind::Capabilities, "InsufficientCapabilitiesException", message));
            }
        }
        let types = template.resources.iter().filter_map(|entry| entry.body.get("Type")?.as_str());
        let rejected = types.filter(|_| !self.resource_types.is_empty()).find(|resource_type| !self.allows(resource_type))?;
        let allowed = self.resource_types.join(", ");
        let message = format!("Resource type {rejected} is not allowed by parameter ResourceTypes [{allowed}]");
        Some(Refusal::request(RefusalKind::ResourceTypes, "ValidationError", message))
    }

    fn allows(&self, resource_type: &str) -> bool {
        self.resource_types.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => resource_type.starts_with(prefix),
            None => pattern == resource_type,
        })
    }
}
