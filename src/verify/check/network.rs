//! Security groups, VPCs and subnets.

use super::{Checker, list};
use crate::verify::expected::ExpectedRule;
use crate::verify::names::{BUILD_SECURITY_GROUP, NFS_INGRESS, NFS_INGRESS_ONLY, SUBNET_ZONES, VPC_DNS_HOSTNAMES, VPC_DNS_SUPPORT};
use crate::verify::observed::SecurityGroup;
use crate::verify::verdict::{About, State, Verdict};

/// The TCP port of NFS.
pub(in crate::verify) const NFS_PORT: i32 = 2049;

pub(super) fn rules(checker: &mut Checker<'_>) {
    let (expected, observed) = (checker.expected, checker.observed);
    for expected in &expected.rules {
        let Some(group) = expected.group.as_deref() else { continue };
        let about = About { logical_id: expected.logical_id.as_deref(), physical_id: Some(group) };
        let words = match &expected.build_group {
            Some(build) => format!("tcp {NFS_PORT} from {build}"),
            None => format!("tcp {NFS_PORT} from the security group of builds"),
        };
        let remedy = "the security group was deleted outside CloudFormation: disable and enable the cache";
        if let Some(found) = checker.found(observed.security_groups.get(group), &NFS_INGRESS, about, &words, remedy) {
            ingress(checker, expected, found, about, &words);
        }
    }
    let mut seen: Vec<&str> = Vec::new();
    for expected in &expected.rules {
        let Some(build) = expected.build_group.as_deref().filter(|build| !seen.contains(build)) else { continue };
        seen.push(build);
        let remedy = "set `BuildInstanceSecurityGroup` or `InstanceSecurityGroup` to an existing security group, or leave them empty";
        let lookup = observed.security_groups.get(build);
        let Some(found) = checker.found(lookup, &BUILD_SECURITY_GROUP, About::physical(build), "a security group", remedy) else {
            continue;
        };
        let vpcs: Vec<&String> = observed.vpcs.keys().collect();
        let Some(vpc) = &found.vpc else { continue };
        if !vpcs.is_empty() {
            let texts = (format!("in {}", list(&vpcs)), format!("in {vpc}"));
            let remedy = "a build task cannot use a security group of another VPC: choose one in the VPC of the rack";
            checker.compare(&BUILD_SECURITY_GROUP, About::physical(build), vpcs.contains(&vpc), texts, remedy);
        }
    }
}

fn ingress(checker: &mut Checker<'_>, expected: &ExpectedRule, found: &SecurityGroup, about: About<'_>, words: &str) {
    let nfs: Vec<_> = found.ingress.iter().filter(|rule| rule.allows_tcp(NFS_PORT)).collect();
    match &expected.build_group {
        Some(build) => checker.compare(
            &NFS_INGRESS,
            about,
            nfs.iter().any(|rule| rule.source == *build),
            (words.to_owned(), list(&nfs)),
            "builds cannot mount the cache: add the rule, and compare `BuildInstanceSecurityGroup` and `InstanceSecurityGroup` with the \
                group of the tasks",
        ),
        None => {
            let remedy = "set `BuildInstanceSecurityGroup` or `InstanceSecurityGroup` to a known value, or check manually";
            checker.unchecked(&NFS_INGRESS, about, words, "the parameters do not determine the security group of build tasks", remedy);
        }
    }
    if let Some(template) = &expected.ingress {
        // Missing rules are reported above; this check reports additional ones.
        let extra: Vec<_> = found.ingress.iter().filter(|rule| !template.contains(rule)).collect();
        let extra: Vec<_> = extra.into_iter().filter(|rule| expected.build_group.as_ref() != Some(&rule.source)).collect();
        let got = if extra.is_empty() { "no other rules".to_owned() } else { format!("also {}", list(&extra)) };
        checker.compare(
            &NFS_INGRESS_ONLY,
            about,
            extra.is_empty(),
            (format!("only {}", list(template)), got),
            "the rule was added outside CloudFormation: remove it, or add it to the template",
        );
    }
}

pub(super) fn vpcs(checker: &mut Checker<'_>) {
    let (expected, observed) = (checker.expected, checker.observed);
    let for_builds = expected.file_systems.iter().filter(|file_system| file_system.for_builds);
    let targets = for_builds.filter_map(|file_system| file_system.physical_id.as_deref()).flat_map(|id| expected.targets_of(id));
    let subnets = targets.filter_map(|target| observed.subnets.get(target.subnet.as_ref()?));
    // Only a subnet identifies its VPC.
    if let (true, Some(error)) = (observed.vpcs.is_empty(), subnets.filter_map(|lookup| lookup.as_ref().err()).next()) {
        checker.refused(&VPC_DNS_SUPPORT, About::default(), "on", error);
    }
    for (id, lookup) in &observed.vpcs {
        let about = About::physical(id);
        let Some(found) = checker.found(Some(lookup), &VPC_DNS_SUPPORT, about, "on", "the VPC was deleted") else { continue };
        let word = |on| if on { "on" } else { "off" }.to_owned();
        for (check, on, option) in [
            (&VPC_DNS_SUPPORT, found.dns_support, "--enable-dns-support"),
            (&VPC_DNS_HOSTNAMES, found.dns_hostnames, "--enable-dns-hostnames"),
        ] {
            let remedy = format!("`aws ec2 modify-vpc-attribute --vpc-id {id} {option}`: builds cannot mount the cache without it");
            checker.compare(check, about, on, (word(true), word(on)), &remedy);
        }
    }
}

/// Checks that the subnets of a file system's mount targets are in different availability zones. AWS refuses a second mount target in a
/// zone.
pub(super) fn zones(checker: &mut Checker<'_>) {
    let (expected, observed) = (checker.expected, checker.observed);
    for file_system in &expected.file_systems {
        let Some(id) = file_system.physical_id.as_deref() else { continue };
        let about = About::resource(&file_system.logical_id, Some(id));
        let mut zones: Vec<(&str, &str)> = Vec::new();
        let mut refused = None;
        for subnet in expected.targets_of(id).filter_map(|target| target.subnet.as_deref()) {
            match observed.subnets.get(subnet) {
                Some(Ok(Some(found))) => zones.push((found.zone.as_str(), subnet)),
                Some(Ok(None)) => {
                    let verdict = Verdict::new(&SUBNET_ZONES, About::physical(subnet), State::Failed, "a subnet", "does not exist");
                    checker.verdicts.push(verdict.with_remedy("the subnet and the mount target in it were deleted outside CloudFormation"));
                }
                Some(Err(error)) => refused = Some(error),
                None => {}
            }
        }
        if let Some(error) = refused {
            checker.refused(&SUBNET_ZONES, about, "one subnet in each zone", error);
        } else if !zones.is_empty() {
            zones.sort_unstable();
            let is_distinct = zones.windows(2).all(|pair| pair[0].0 != pair[1].0);
            let words = list(zones.iter().map(|(zone, subnet)| format!("{subnet} in {zone}")));
            checker.compare(
                &SUBNET_ZONES,
                about,
                is_distinct,
                ("each subnet in a different availability zone".to_owned(), words),
                "a file system supports one mount target for each availability zone: choose subnets in different zones",
            );
        }
    }
}
