//! File systems: mount targets that collide, and throughput without a figure.

use super::check::{Alternative, Check, When, alternatives, type_name, written};
use super::walk::Guards;
use crate::template::{Entry, Intrinsic, Node};

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

/// A pair of things that meet, and when.
type Meeting<'a> = (&'a Node<'a>, &'a Node<'a>, When);

/// Returns the pair of values that meets under the parameters in force, else the first that meets at all.
fn meeting<'a>(
    check: &mut Check<'_, 'a>,
    exists: &Guards,
    first: &[Alternative<'a>],
    second: &[Alternative<'a>],
    meets: impl Fn(Option<&'a Node<'a>>, Option<&'a Node<'a>>) -> Option<(&'a Node<'a>, &'a Node<'a>)>,
) -> Option<Meeting<'a>> {
    let mut found: Option<Meeting<'a>> = None;
    for (guards, a) in first {
        for (other_guards, b) in second {
            let Some((a, b)) = meets(*a, *b) else { continue };
            let inner = guards.iter().chain(other_guards).filter(|guard| !exists.contains(guard)).map(|guard| vec![*guard]).collect();
            let Some(when) = check.when_of(exists, inner) else { continue };
            if when.in_force {
                return Some((a, b, when));
            }
            found = found.or(Some((a, b, when)));
        }
    }
    found
}

fn collide<'a>(check: &mut Check<'_, 'a>, earlier: &Entry<'a>, later: &Entry<'a>) {
    let exists: Guards = check.exists(earlier).into_iter().chain(check.exists(later)).collect();
    let (subnets, others) = (values(check, earlier, "SubnetId"), values(check, later, "SubnetId"));
    let same = |a: Option<&'a Node<'a>>, b: Option<&'a Node<'a>>| a.zip(b).filter(|(a, b)| a.same(b));
    let Some((first, second, when)) = meeting(check, &exists, &subnets, &others, same) else {
        return in_one_zone(check, [earlier, later], [&subnets, &others], &exists);
    };
    let message = format!("`{}` and `{}` put two mount targets of one file system into one subnet", earlier.name, later.name);
    let diagnostic = check
        .error("mount-targets-in-one-subnet", message, second.span, "the same subnet")
        .at(check.template.source, first.span, "first here")
        .as_aws_says("mount target already exists in this AZ")
        .hinted("give each mount target a subnet in an availability zone of its own");
    check.report_when(diagnostic, &when);
}

/// Returns the resource of a type that a value refers to.
fn referred<'a>(check: &Check<'_, 'a>, node: &Node<'a>, resource_type: &str) -> Option<(&'a Node<'a>, Guards)> {
    let Some(Intrinsic::Ref(name)) = Intrinsic::of(node) else { return None };
    let entry = check.template.resources.get(name.as_str()?).filter(|entry| type_name(entry) == resource_type)?;
    Some((entry.body.get("Properties")?, check.exists(entry)))
}

/// Finds mount targets in different subnets of one availability zone, and a second one of a file system that is in one zone alone.
fn in_one_zone<'a>(check: &mut Check<'_, 'a>, targets: [&Entry<'a>; 2], subnets: [&[Alternative<'a>]; 2], exists: &Guards) {
    let [earlier, later] = targets;
    let zones = subnets.map(|subnets| zones(check, subnets));
    let same = |a: Option<&'a Node<'a>>, b: Option<&'a Node<'a>>| a.zip(b).filter(|(a, b)| a.same(b));
    let file_system = property(later, "FileSystemId").and_then(|node| referred(check, node, "AWS::EFS::FileSystem"));
    let found = match meeting(check, exists, &zones[0], &zones[1], same) {
        Some((first, second, when)) => Some((first, second, when, "one availability zone")),
        None => file_system.and_then(|(properties, guards)| {
            let one: Vec<Alternative<'a>> = written(check.template, properties, "AvailabilityZoneName", &guards)
                .into_iter()
                .map(|(guards, zone)| (guards, Some(zone)))
                .collect();
            let (zone, _, when) = meeting(check, exists, &one, &one, same)?;
            let second = property(later, "SubnetId")?;
            Some((zone, second, when, "a file system of one zone"))
        }),
    };
    let Some((first, second, when, place)) = found else { return };
    let message = format!("`{}` and `{}` put two mount targets of one file system into {place}", earlier.name, later.name);
    let diagnostic = check
        .error("mount-targets-in-one-zone", message, second.span, "the same zone")
        .at(check.template.source, first.span, "first here")
        .as_aws_says("mount target already exists in this AZ")
        .hinted("give each mount target a subnet in an availability zone of its own; others of the zone reach it too");
    check.report_when(diagnostic, &when);
}

/// Returns the zones of the subnets that a value may refer to, as far as the template says them.
fn zones<'a>(check: &Check<'_, 'a>, subnets: &[Alternative<'a>]) -> Vec<Alternative<'a>> {
    let mut zones = Vec::new();
    for (guards, subnet) in subnets {
        let Some((properties, there)) = subnet.and_then(|subnet| referred(check, subnet, "AWS::EC2::Subnet")) else { continue };
        let guards: Guards = guards.iter().copied().chain(there).collect();
        for name in ["AvailabilityZone", "AvailabilityZoneId"] {
            zones.extend(written(check.template, properties, name, &guards).into_iter().map(|(guards, zone)| (guards, Some(zone))));
        }
    }
    zones
}

/// Finds `ThroughputMode: provisioned` without the figure.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-efs-filesystem.html>
fn throughput<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>) {
    let exists = check.exists(entry);
    let (modes, figures) = (values(check, entry, "ThroughputMode"), values(check, entry, "ProvisionedThroughputInMibps"));
    let lacks = |mode: Option<&'a Node<'a>>, figure: Option<&'a Node<'a>>| {
        mode.filter(|mode| mode.as_str() == Some("provisioned") && figure.is_none()).map(|mode| (mode, mode))
    };
    let Some((mode, _, when)) = meeting(check, &exists, &modes, &figures, lacks) else { return };
    let message = format!("`{}` has provisioned throughput and does not say how much", entry.name);
    let diagnostic = check
        .error("provisioned-throughput-without-figure", message, mode.span, "needs ProvisionedThroughputInMibps")
        .hinted("set ProvisionedThroughputInMibps, or use elastic throughput");
    check.report_when(diagnostic, &when);
}
