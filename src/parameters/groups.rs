//! Groups that parameters are listed in.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-interface.html>

use crate::template::{Node, Template};

/// The name of the group that every template has: how the rack builds images.
pub const BUILD_GROUP: &str = "build";

/// Parameters that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterGroup<'a> {
    /// The label; [`BUILD_GROUP`] for the group that is built in.
    pub label: &'a str,
    /// The parameters' names, in the group's order; names that the template does not declare are left out.
    pub parameters: Vec<&'a str>,
}

/// Tells whether a parameter says how the rack builds images.
pub fn is_build_parameter(name: &str) -> bool {
    name.starts_with("Build") || name.starts_with("FargateBuild") || name == "PrivateBuild"
}

/// Returns the groups of `AWS::CloudFormation::Interface`, then the [`BUILD_GROUP`] unless the template has one of that name.
pub fn groups<'a>(template: &Template<'a>) -> Vec<ParameterGroup<'a>> {
    let mut groups: Vec<ParameterGroup<'a>> = template
        .root
        .get("Metadata")
        .and_then(|metadata| metadata.get("AWS::CloudFormation::Interface"))
        .and_then(|interface| interface.get("ParameterGroups"))
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .map(|group| ParameterGroup {
            label: group.get("Label").and_then(|label| label.get("default")).and_then(Node::as_str).unwrap_or_default(),
            parameters: group
                .get("Parameters")
                .map(Node::items)
                .unwrap_or_default()
                .iter()
                .filter_map(Node::as_str)
                .filter(|name| template.parameters.contains(name))
                .collect(),
        })
        .collect();
    if !groups.iter().any(|group| group.label.eq_ignore_ascii_case(BUILD_GROUP)) {
        let parameters = template.parameters.iter().map(|entry| entry.name).filter(|name| is_build_parameter(name)).collect();
        groups.push(ParameterGroup { label: BUILD_GROUP, parameters });
    }
    groups
}
