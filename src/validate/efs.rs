//! File systems: mount targets that collide, and throughput without a figure.

use super::check::{Alternative, Check, alternatives, type_name};
use super::walk::Guards;
use crate::template::{Entry, Node};

pub(super) fn check(check: &mut Check<'_, '_>) {
    mount_targets(check);
    for entry in check.template.resources.iter().filter(|entry| type_name(entry) == "AWS::EFS::FileSystem") {
        throughput(check, entry);
    }
}

/// Finds mount targets of one file system in one subnet; EFS takes one per availability zone.
///
/// Source: <https://docs.aws.amazon.com/efs/latest/ug/accessing-fs.html>
fn mount_targets(check: &mut Check<'_, '_>) {
    let template = check.template;
    let targets: Vec<_> = template.resources.iter().filter(|entry| type_name(entry) == "AWS::EFS::MountTarget").collect();
    for (index, later) in targets.iter().enumerate() {
        for earlier in &targets[..index] {
            let [a, b] = [earlier, later].map(|entry| property(entry, "FileSystemId"));
            if !a.zip(b).is_some_and(|(a, b)| a.same(b)) {
                continue;
            }
            collide(check, earlier, later);
        }
    }
}

fn property<'a>(entry: &Entry<'a>, name: &str) -> Option<&'a Node<'a>> {
    entry.body.get("Properties").and_then(|properties| properties.get(name))
}

/// Returns what a property may be, under the resource's own condition.
fn values<'a>(check: &Check<'_, 'a>, entry: &Entry<'a>, name: &str) -> Vec<Alternative<'a>> {
    let guards = check.exists(entry);
    match property(entry, name) {
        Some(node) => alternatives(check.template, node, &guards),
        None => vec![(guards, None)],
    }
}

fn collide<'a>(check: &mut Check<'_, 'a>, earlier: &Entry<'a>, later: &Entry<'a>) {
    let (earlier_subnets, later_subnets) = (values(check, earlier, "SubnetId"), values(check, later, "SubnetId"));
    for (guards, subnet) in &earlier_subnets {
        for (other_guards, other) in &later_subnets {
            let Some((subnet, other)) = subnet.zip(*other).filter(|(subnet, other)| subnet.same(other)) else { continue };
            let together: Guards = guards.iter().chain(other_guards).copied().collect();
            let Some(when) = check.reached(&together) else { continue };
            let message = format!("`{}` and `{}` put two mount targets of one file system into one subnet", earlier.name, later.name);
            let diagnostic = check
                .error("mount-targets-in-one-subnet", message, other.span, "the same subnet")
                .at(check.template.source, subnet.span, "first here")
                .as_aws_says("mount target already exists in this AZ")
                .hinted("give each mount target a subnet in an availability zone of its own");
            return check.report_when(diagnostic, &when);
        }
    }
}

/// Finds `ThroughputMode: provisioned` without the figure, and a figure that no mode reads.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-efs-filesystem.html>
fn throughput<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>) {
    let figures = values(check, entry, "ProvisionedThroughputInMibps");
    for (guards, mode) in values(check, entry, "ThroughputMode") {
        let Some(mode) = mode.filter(|mode| mode.as_str() == Some("provisioned")) else { continue };
        for (other_guards, figure) in &figures {
            if figure.is_some() {
                continue;
            }
            let together: Guards = guards.iter().chain(other_guards).copied().collect();
            let Some(when) = check.reached(&together) else { continue };
            let message = format!("`{}` has provisioned throughput and does not say how much", entry.name);
            let diagnostic = check
                .error("provisioned-throughput-without-figure", message, mode.span, "needs ProvisionedThroughputInMibps")
                .hinted("set ProvisionedThroughputInMibps, or use elastic throughput");
            return check.report_when(diagnostic, &when);
        }
    }
}
