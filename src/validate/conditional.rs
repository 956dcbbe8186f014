//! Properties that a value of another one asks for, which provider schemas do not say.

use super::check::{Check, is_no_value, member, type_name, written};
use super::walk::Guards;
use crate::template::{Entry, Kind, Node};

/// One value that asks for more.
struct Asks {
    resource_type: &'static str,
    property: &'static str,
    values: &'static [&'static str],
    wants: &'static [&'static str],
}

/// Sources: the property's description on the type's page below
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>.
const ASKS: &[Asks] = &[
    Asks { resource_type: "AWS::DynamoDB::Table", property: "BillingMode", values: &["PROVISIONED"], wants: &["ProvisionedThroughput"] },
    Asks { resource_type: "AWS::EC2::Volume", property: "VolumeType", values: &["io1", "io2"], wants: &["Iops"] },
    Asks {
        resource_type: "AWS::ElasticLoadBalancingV2::Listener",
        property: "Protocol",
        values: &["HTTPS", "TLS"],
        wants: &["Certificates"],
    },
    Asks {
        resource_type: "AWS::ElasticLoadBalancingV2::TargetGroup",
        property: "TargetType",
        values: &["alb", "instance", "ip"],
        wants: &["Port", "Protocol", "VpcId"],
    },
    Asks { resource_type: "AWS::Lambda::Function", property: "PackageType", values: &["Zip"], wants: &["Handler", "Runtime"] },
];

pub(super) fn check(check: &mut Check<'_, '_>) {
    // What a macro makes of properties, nobody knows before it ran.
    if check.template.transforms.iter().any(|name| *name != "AWS::LanguageExtensions") {
        return;
    }
    for (_, entry, facts) in check.resources() {
        let Some(properties) = entry.body.get("Properties") else { continue };
        let resource_type = type_name(entry);
        let exists = check.exists(entry);
        for asks in ASKS.iter().filter(|asks| asks.resource_type == resource_type) {
            asked(check, entry, properties, asks, &exists);
        }
        if resource_type == "AWS::AutoScaling::AutoScalingGroup" {
            sizes(check, entry, properties, &exists);
        }
        if let Some(tags) = facts.and_then(|facts| facts.tag_property()?.single()).and_then(|name| properties.get(name)) {
            unique_tags(check, entry, tags, &exists);
        }
    }
}

fn asked<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, properties: &'a Node<'a>, asks: &Asks, exists: &Guards) {
    for (guards, node) in written(check.template, properties, asks.property, exists) {
        let Some(value) = node.as_str().filter(|value| asks.values.contains(value)) else { continue };
        for name in asks.wants {
            for (guards, wanted) in member(check.template, properties, name, &guards) {
                if wanted.is_none() {
                    let message = format!("`{}` has {} `{value}` and no `{name}`", entry.name, asks.property);
                    let diagnostic = check.error("missing-property", message, node.span, format!("needs `{name}`"));
                    check.report_where(diagnostic, exists, &guards);
                }
            }
        }
    }
}

/// Checks that a group's sizes are in order.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-autoscaling-autoscalinggroup.html>
fn sizes<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, properties: &'a Node<'a>, exists: &Guards) {
    let number = |node: &Node<'_>| node.scalar().and_then(|text| text.trim().parse::<i64>().ok());
    for (low, high) in [("MinSize", "MaxSize"), ("MinSize", "DesiredCapacity"), ("DesiredCapacity", "MaxSize")] {
        for (guards, least) in written(check.template, properties, low, exists) {
            for (guards, most) in written(check.template, properties, high, &guards) {
                let (Some(a), Some(b)) = (number(least), number(most)) else { continue };
                if a > b {
                    let message = format!("`{}` has {low} {a} above {high} {b}", entry.name);
                    let diagnostic = check
                        .error("value-out-of-range", message, least.span, "")
                        .at(check.template.source, most.span, "below it")
                        .hinted("MinSize, DesiredCapacity and MaxSize rise in this order");
                    check.report_where(diagnostic, exists, &guards);
                }
            }
        }
    }
}

/// Finds tags of one key that are there at once.
fn unique_tags<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>, tags: &'a Node<'a>, exists: &Guards) {
    let Kind::Array(items) = tags.kind else { return };
    let keys: Vec<(&Node<'a>, &str)> = items
        .iter()
        .filter(|item| !is_no_value(item))
        .filter_map(|item| item.get("Key").and_then(|key| Some((key, key.as_str()?))))
        .collect();
    for (index, (later, key)) in keys.iter().enumerate() {
        if let Some((earlier, _)) = keys[..index].iter().find(|(_, other)| other == key) {
            let diagnostic = check
                .error("duplicate-tag", format!("`{}` has two tags of the key `{key}`", entry.name), later.span, "again here")
                .at(check.template.source, earlier.span, "first here")
                .hinted("keep one of them");
            check.report_where(diagnostic, exists, exists);
        }
    }
}
