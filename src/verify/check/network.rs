//! Security groups, VPCs and subnets.

use super::{Checker, list};
use crate::verify::expected::ExpectedRule;
use crate::verify::names::{BUILD_SECURITY_GROUP, NFS_INGRESS, NFS_INGRESS_ONLY, SUBNET_ZONES, VPC_DNS_HOSTNAMES, VPC_DNS_SUPPORT};
use crate::verify::observed::SecurityGroup;
use crate::verify::verdict::{Of, State, Verdict};

/// NFS.
pub(in crate::verify) const NFS_PORT: i32 = 2049;

pub(super) fn rules(checker: &mut Checker<'_>) {
    let (expected, observed) = (checker.expected, checker.observed);
    for expected in &expected.rules {
        let Some(group) = expected.group.as_deref() else { continue };
        let of = Of { logical_id: expected.logical_id.as_deref(), physical_id: Some(group) };
        let words = match &expected.build_group {
            Some(build) => format!("tcp {NFS_PORT} from {build}"),
            None => format!("tcp {NFS_PORT} from the builds' group"),
        };
        let remedy = "the group was deleted by hand: turn the cache off and on again";
        if let Some(found) = checker.found(observed.security_groups.get(group), &NFS_INGRESS, of, &words, remedy) {
            ingress(checker, expected, found, of, &words);
        }
    }
    let mut seen: Vec<&str> = Vec::new();
    for expected in &expected.rules {
        let Some(build) = expected.build_group.as_deref().filter(|build| !seen.contains(build)) else { continue };
        seen.push(build);
        let remedy = "set `BuildInstanceSecurityGroup` or `InstanceSecurityGroup` to a group that exists, or leave them empty";
        let asked = observed.security_groups.get(build);
        let Some(found) = checker.found(asked, &BUILD_SECURITY_GROUP, Of::thing(build), "a security group", remedy) else { continue };
        let vpcs: Vec<&String> = observed.vpcs.keys().collect();
        let Some(vpc) = &found.vpc else { continue };
        if !vpcs.is_empty() {
            let texts = (format!("in {}", list(&vpcs)), format!("in {vpc}"));
            let remedy = "a group of another VPC cannot be given to the build task: name one of the rack's VPC";
            checker.compare(&BUILD_SECURITY_GROUP, Of::thing(build), vpcs.contains(&vpc), texts, remedy);
        }
    }
}

fn ingress(checker: &mut Checker<'_>, expected: &ExpectedRule, found: &SecurityGroup, of: Of<'_>, words: &str) {
    let nfs: Vec<_> = found.ingress.iter().filter(|rule| rule.admits_tcp(NFS_PORT)).collect();
    match &expected.build_group {
        Some(build) => checker.compare(
            &NFS_INGRESS,
            of,
            nfs.iter().any(|rule| rule.source == *build),
            (words.to_owned(), list(&nfs)),
            "builds cannot mount the cache: add the rule, and check `BuildInstanceSecurityGroup` and `InstanceSecurityGroup` against what the tasks get",
        ),
        None => {
            let remedy = "give `BuildInstanceSecurityGroup` or `InstanceSecurityGroup` a value that can be read, or look by hand";
            checker.unchecked(&NFS_INGRESS, of, words, "which group build tasks get is not known from the parameters", remedy);
        }
    }
    if let Some(template) = &expected.ingress {
        // What lacks is told above; here it is about what is too much. Half a rule is the same rule in another order of ports.
        let extra: Vec<_> = found.ingress.iter().filter(|rule| !template.contains(rule)).collect();
        let extra: Vec<_> = extra.into_iter().filter(|rule| expected.build_group.as_ref() != Some(&rule.source)).collect();
        let got = if extra.is_empty() { "nothing more".to_owned() } else { format!("also {}", list(&extra)) };
        checker.compare(
            &NFS_INGRESS_ONLY,
            of,
            extra.is_empty(),
            (format!("only {}", list(template)), got),
            "somebody opened it further by hand: take the rule out, or put it into the template",
        );
    }
}

pub(super) fn vpcs(checker: &mut Checker<'_>) {
    let (expected, observed) = (checker.expected, checker.observed);
    let for_builds = expected.file_systems.iter().filter(|file_system| file_system.for_builds);
    let targets = for_builds.filter_map(|file_system| file_system.physical_id.as_deref()).flat_map(|id| expected.targets_of(id));
    let subnets = targets.filter_map(|target| observed.subnets.get(target.subnet.as_ref()?));
    // Which VPC it is, only a subnet tells.
    if let (true, Some(refusal)) = (observed.vpcs.is_empty(), subnets.filter_map(|asked| asked.as_ref().err()).next()) {
        checker.refused(&VPC_DNS_SUPPORT, Of::default(), "on", refusal);
    }
    for (id, asked) in &observed.vpcs {
        let of = Of::thing(id);
        let Some(found) = checker.found(Some(asked), &VPC_DNS_SUPPORT, of, "on", "the VPC is gone") else { continue };
        let word = |on| if on { "on" } else { "off" }.to_owned();
        for (check, on, option) in [
            (&VPC_DNS_SUPPORT, found.dns_support, "--enable-dns-support"),
            (&VPC_DNS_HOSTNAMES, found.dns_hostnames, "--enable-dns-hostnames"),
        ] {
            let remedy = format!("`aws ec2 modify-vpc-attribute --vpc-id {id} {option}`: without it no build can mount the cache");
            checker.compare(check, of, on, (word(true), word(on)), &remedy);
        }
    }
}

/// No two mount targets of a file system may stand in one zone: AWS refuses the second, so two subnets of one zone mean that one is missing.
pub(super) fn zones(checker: &mut Checker<'_>) {
    let (expected, observed) = (checker.expected, checker.observed);
    for file_system in &expected.file_systems {
        let Some(id) = file_system.physical_id.as_deref() else { continue };
        let of = Of::resource(&file_system.logical_id, Some(id));
        let mut zones: Vec<(&str, &str)> = Vec::new();
        let mut refused = None;
        for subnet in expected.targets_of(id).filter_map(|target| target.subnet.as_deref()) {
            match observed.subnets.get(subnet) {
                Some(Ok(Some(found))) => zones.push((found.zone.as_str(), subnet)),
                Some(Ok(None)) => {
                    let verdict = Verdict::new(&SUBNET_ZONES, Of::thing(subnet), State::Failed, "a subnet", "there is none");
                    checker.verdicts.push(verdict.remedied("the subnet was deleted by hand; so was the mount target in it"));
                }
                Some(Err(refusal)) => refused = Some(refusal),
                None => {}
            }
        }
        if let Some(refusal) = refused {
            checker.refused(&SUBNET_ZONES, of, "one subnet in each zone", refusal);
        } else if !zones.is_empty() {
            zones.sort_unstable();
            let is_distinct = zones.windows(2).all(|pair| pair[0].0 != pair[1].0);
            let words = list(zones.iter().map(|(zone, subnet)| format!("{subnet} in {zone}")));
            checker.compare(
                &SUBNET_ZONES,
                of,
                is_distinct,
                ("each subnet in a zone of its own".to_owned(), words),
                "a file system takes one mount target in each zone: give the rack subnets in different zones",
            );
        }
    }
}
