//! Parameter groups.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-interface.html>

use crate::template::{Node, Template};

/// The label of the group of build parameters, which every template has.
pub const BUILD_GROUP: &str = "build";

/// A group of parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterGroup<'a> {
    /// The label.
    pub label: &'a str,
    /// The names of the parameters in the group's order, without undeclared names.
    pub parameters: Vec<&'a str>,
}

/// Returns whether a parameter configures builds, by the names in a Convox rack, whose template has no groups.
pub fn is_build_parameter(name: &str) -> bool {
    name.starts_with("Build") || name.starts_with("FargateBuild") || name == "PrivateBuild"
}

/// Returns the groups of `AWS::CloudFormation::Interface`, and the [`BUILD_GROUP`] if the template does not have it.
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
