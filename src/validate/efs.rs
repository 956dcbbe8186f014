//! EFS file systems: conflicting mount targets, and provisioned throughput without a value.

use super::check::{Alternative, Check, When, alternatives, type_name, written};
use super::walk::Guards;
use crate::template::{Entry, Intrinsic, Node};

pub(super) fn check(check: &mut Check<'_, '_>) {
    mount_targets(check);
    for entry in check.template.resources.iter().filter(|entry| type_name(entry) == "AWS::EFS::FileSystem") {
        throughput(check, entry);
    }
}

/// Finds mount targets of one file system in the same subnet; EFS allows one per availability zone.
///
/// Source: <https://docs.aws.amazon.com/efs/latest/ug/accessing-fs.html>
fn mount_targets(check: &mut Check<'_, '_>) {
    let template = check.template;
    let targets: Vec<_> = template.resources.iter().filter(|entry| type_name(entry) == "AWS::EFS::MountTarget").collect();
    for (index, later) in targets.iter().enumerate() {
        for earlier in &targets[..index] {
            if !check.may_compare() {
                return;
            }
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

/// Returns the possible values of a property under the resource's own condition.
fn values<'a>(check: &Check<'_, 'a>, entry: &Entry<'a>, name: &str) -> Vec<Alternative<'a>> {
    let guards = check.exists(entry);
    match property(entry, name) {
        Some(node) => alternatives(check.template, node, &guards),
        None => vec![(guards, None)],
    }
}

/// Two equal values, and the parameter values with which they occur together.
type Meeting<'a> = (&'a Node<'a>, &'a Node<'a>, When);

/// Returns the pair of values that occurs with the current parameter values, else the first possible pair.
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
            if !check.may_compare() {
                return found;
            }
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
    let message = format!("mount targets `{}` and `{}` of the same file system are in the same subnet", earlier.name, later.name);
    let diagnostic = check
        .error("mount-targets-in-one-subnet", message, second.span, "same subnet")
        .at(check.template.source, first.span, "first mount target")
        .with_aws_message("mount target already exists in this AZ")
        .hinted("use a subnet in a different availability zone for each mount target");
    check.report_when(diagnostic, &when);
}

/// Returns the resource to which a value refers, if it has this type.
fn referred<'a>(check: &Check<'_, 'a>, node: &Node<'a>, resource_type: &str) -> Option<(&'a Node<'a>, Guards)> {
    let Some(Intrinsic::Ref(name)) = Intrinsic::of(node) else { return None };
    let entry = check.template.resources.get(name.as_str()?).filter(|entry| type_name(entry) == resource_type)?;
    Some((entry.body.get("Properties")?, check.exists(entry)))
}

/// Finds mount targets in different subnets of the same availability zone, and a second mount target of a One Zone file system.
fn in_one_zone<'a>(check: &mut Check<'_, 'a>, targets: [&Entry<'a>; 2], subnets: [&[Alternative<'a>]; 2], exists: &Guards) {
    let [earlier, later] = targets;
    let zones = subnets.map(|subnets| zones(check, subnets));
    let same = |a: Option<&'a Node<'a>>, b: Option<&'a Node<'a>>| a.zip(b).filter(|(a, b)| a.same(b));
    let file_system = property(later, "FileSystemId").and_then(|node| referred(check, node, "AWS::EFS::FileSystem"));
    let found = match meeting(check, exists, &zones[0], &zones[1], same) {
        Some((first, second, when)) => Some((first, second, when, "are in the same availability zone")),
        None => file_system.and_then(|(properties, guards)| {
            let one: Vec<Alternative<'a>> = written(check.template, properties, "AvailabilityZoneName", &guards)
                .into_iter()
                .map(|(guards, zone)| (guards, Some(zone)))
                .collect();
            let (zone, _, when) = meeting(check, exists, &one, &one, same)?;
            let second = property(later, "SubnetId")?;
            Some((zone, second, when, "belong to a One Zone file system, which has only one"))
        }),
    };
    let Some((first, second, when, conflict)) = found else { return };
    let message = format!("mount targets `{}` and `{}` of the same file system {conflict}", earlier.name, later.name);
    let diagnostic = check
        .error("mount-targets-in-one-zone", message, second.span, "second mount target")
        .at(check.template.source, first.span, "first mount target")
        .with_aws_message("mount target already exists in this AZ")
        .hinted("keep one mount target per availability zone; all subnets of the zone can reach it");
    check.report_when(diagnostic, &when);
}

/// Returns the availability zones of the subnets to which a value can refer, as far as the template contains them.
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

/// Finds `ThroughputMode: provisioned` without `ProvisionedThroughputInMibps`.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-efs-filesystem.html>
fn throughput<'a>(check: &mut Check<'_, 'a>, entry: &Entry<'a>) {
    let exists = check.exists(entry);
    let (modes, throughputs) = (values(check, entry, "ThroughputMode"), values(check, entry, "ProvisionedThroughputInMibps"));
    let lacks = |mode: Option<&'a Node<'a>>, figure: Option<&'a Node<'a>>| {
        mode.filter(|mode| mode.as_str() == Some("provisioned") && figure.is_none()).map(|mode| (mode, mode))
    };
    let Some((mode, _, when)) = meeting(check, &exists, &modes, &throughputs, lacks) else { return };
    let message = format!("`{}` has ThroughputMode provisioned but no ProvisionedThroughputInMibps", entry.name);
    let diagnostic = check
        .error("provisioned-throughput-without-figure", message, mode.span, "requires ProvisionedThroughputInMibps")
        .hinted("set ProvisionedThroughputInMibps, or set ThroughputMode to elastic");
    check.report_when(diagnostic, &when);
}
