//! Properties that are required because of the value of another property; provider schemas do not express this.

use rustc_hash::FxHashMap;

use super::check::{Check, is_no_value, member, type_name, written};
use super::walk::Guards;
use crate::template::{Entry, Kind, Node};

/// Values of a property that require other properties.
struct Requirement {
    resource_type: &'static str,
    property: &'static str,
    values: &'static [&'static str],
    requires: &'static [&'static str],
}

/// Sources: the property's description on the type's page below
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>.
const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        resource_type: "AWS::DynamoDB::Table",
        property: "BillingMode",
        values: &["PROVISIONED"],
        requires: &["ProvisionedThroughput"],
    },
    Requirement { resource_type: "AWS::EC2::Volume", property: "VolumeType", values: &["io1", "io2"], requires: &["Iops"] },
    Requirement {
        resource_type: "AWS::ElasticLoadBalancingV2::Listener",
        property: "Protocol",
        values: &["HTTPS", "TLS"],
        requires: &["Certificates"],
    },
    Requirement {
        resource_type: "AWS::ElasticLoadBalancingV2::TargetGroup",
        property: "TargetType",
        values: &["alb", "instance", "ip"],
        requires: &["Port", "Protocol", "VpcId"],
    },
    Requirement { resource_type: "AWS::Lambda::Function", property: "PackageType", values: &["Zip"], requires: &["Handler", "Runtime"] },
];

pub(super) fn check(check: &mut Check<'_, '_>) {
    // A macro can change properties in any way.
    if check.template.transforms.iter().any(|name| *name != "AWS::LanguageExtensions") {
        return;
    }
    for (_, entry, facts) in check.resources() {
        let Some(properties) = entry.body.get("Properties") else { continue };
        let resource_type = type_name(entry);
        let exists = check.exists(entry);
        for requirement in REQUIREMENTS.iter().filter(|requirement| requirement.resource_type == resource_type) {
            required_by_value(check, entry, properties, requirement, &exists);
        }
        if resource_type == "AWS::AutoScaling::AutoScalingGroup" {
            sizes(check, entry, properties, &exists);
        }
        if let Some(tags) = facts.and_then(|facts| facts.tag_property()?.single()).and_then(|name| properties.get(name)) {
            unique_tags(check, entry, tags, &exists);
        }
    }
}

fn required_by_value<'a>(
    check: &mut Check<'_, 'a>,
    entry: &Entry<'a>,
    properties: &'a Node<'a>,
    requirement: &Requirement,
    exists: &Guards,
) {
    for (guards, node) in written(check.template, properties, requirement.property, exists) {
        let Some(value) = node.as_str().filter(|value| requirement.values.contains(value)) else { continue };
        for name in requirement.requires {
            for (guards, wanted) in member(check.template, properties, name, &guards) {
                if wanted.is_none() {
                    let message = format!("`{}` has no {name}, which {} `{value}` requires", entry.name, requirement.property);
                    let diagnostic = check.error("missing-property", message, node.span, format!("requires `{name}`"));
                    check.report_where(diagnostic, exists, &guards);
                }
            }
        }
    }
}

/// Checks that MinSize <= DesiredCapacity <= MaxSize in an Auto Scaling group.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-autoscaling-autoscalinggroup.html>
fn sizes<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, properties: &'a Node<'a>, exists: &Guards) {
    let number = |node: &Node<'_>| node.scalar().and_then(|text| text.trim().parse::<i64>().ok());
    for (low, high) in [("MinSize", "MaxSize"), ("MinSize", "DesiredCapacity"), ("DesiredCapacity", "MaxSize")] {
        for (guards, minimum) in written(check.template, properties, low, exists) {
            for (guards, maximum) in written(check.template, properties, high, &guards) {
                if !check.may_compare() {
                    return;
                }
                let (Some(a), Some(b)) = (number(minimum), number(maximum)) else { continue };
                if a > b {
                    let message = format!("{low} {a} of `{}` is greater than {high} {b}", entry.name);
                    let diagnostic = check
                        .error("value-out-of-range", message, minimum.span, "")
                        .at(check.template.source, maximum.span, "smaller value")
                        .hinted("MinSize must not exceed DesiredCapacity, and DesiredCapacity must not exceed MaxSize");
                    check.report_where(diagnostic, exists, &guards);
                }
            }
        }
    }
}

/// Finds tags with the same key that can be present together.
fn unique_tags<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, tags: &'a Node<'a>, exists: &Guards) {
    let Kind::Array(items) = tags.kind else { return };
    let keys: Vec<(&Node<'a>, &str)> = items
        .iter()
        .filter(|item| !is_no_value(item))
        .filter_map(|item| item.get("Key").and_then(|key| Some((key, key.as_str()?))))
        .collect();
    let mut first: FxHashMap<&str, &Node<'a>> = FxHashMap::default();
    for (later, key) in &keys {
        if let Some(earlier) = first.get(key) {
            let diagnostic = check
                .error("duplicate-tag", format!("duplicate tag key `{key}` in `{}`", entry.name), later.span, "duplicate")
                .at(check.template.source, earlier.span, "first here")
                .hinted("remove one of the two tags");
            check.report_where(diagnostic, exists, exists);
        } else {
            first.insert(key, later);
        }
    }
}
