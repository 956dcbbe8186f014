//! VPCs, security groups and quotas.

use super::{Inspector, Requirements, judged, unchecked};
use crate::verify::names::{ELASTIC_IP_QUOTA, EXISTING_GROUP, GROUPS_PER_INTERFACE, SECURITY_GROUP_QUOTA, VPC_DNS};
use crate::verify::verdict::{Of, State};
use crate::verify::{Limits, Verdict};

/// Security groups in a region, unless AWS raised it for the account; no call of EC2 tells, but more of them than this do.
///
/// Source: <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>
const GROUPS_BY_DEFAULT: usize = 2_500;

/// Security groups on a mount target.
///
/// Source: <https://docs.aws.amazon.com/efs/latest/ug/limits.html>
const GROUPS_ON_MOUNT_TARGET: usize = 5;

pub(super) fn survey(requirements: &Requirements, inspector: &dyn Inspector) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for id in &requirements.vpcs {
        let expected = "resolves names and gives hostnames";
        verdicts.push(match inspector.vpc(id) {
            Ok(Some(vpc)) => {
                let word = |is_on| if is_on { "on" } else { "off" };
                let found = format!("DNS support {}, DNS hostnames {}", word(vpc.dns_support), word(vpc.dns_hostnames));
                let options: Vec<&str> = [(vpc.dns_support, "--enable-dns-support"), (vpc.dns_hostnames, "--enable-dns-hostnames")]
                    .into_iter()
                    .filter_map(|(is_on, option)| (!is_on).then_some(option))
                    .collect();
                let commands: Vec<String> =
                    options.iter().map(|option| format!("`aws ec2 modify-vpc-attribute --vpc-id {id} {option}`")).collect();
                let remedy = format!("builds could not mount the cache: {}", commands.join(", then "));
                judged(&VPC_DNS, Of::thing(id), options.is_empty(), (expected.to_owned(), found), &remedy)
            }
            Ok(None) => {
                let texts = (expected.to_owned(), "there is no such VPC".to_owned());
                judged(&VPC_DNS, Of::thing(id), false, texts, "name a VPC of this account and region")
            }
            Err(refusal) => unchecked(&VPC_DNS, Of::thing(id), expected, &refusal),
        });
    }
    for id in &requirements.groups {
        let expected = "a security group";
        verdicts.push(match inspector.security_group(id) {
            Ok(found) => {
                let there = if found.is_some() { "there is one" } else { "there is none" };
                let texts = (expected.to_owned(), there.to_owned());
                judged(
                    &EXISTING_GROUP,
                    Of::thing(id),
                    found.is_some(),
                    texts,
                    "name a group of this account, region and VPC, or leave the parameter empty",
                )
            }
            Err(refusal) => unchecked(&EXISTING_GROUP, Of::thing(id), expected, &refusal),
        });
    }
    quotas(requirements, inspector, &mut verdicts);
    verdicts
}

/// Returns where a quota is looked up and raised, by its code in Service Quotas.
///
/// Source: <https://docs.aws.amazon.com/general/latest/gr/vpc-service.html>
fn quota(service: &str, code: &str) -> String {
    format!("https://console.aws.amazon.com/servicequotas/home/services/{service}/quotas/{code} (code {code})")
}

fn quotas(requirements: &Requirements, inspector: &dyn Inspector, verdicts: &mut Vec<Verdict>) {
    let (groups, addresses) = (requirements.new_groups, requirements.new_addresses);
    if groups == 0 && addresses == 0 && requirements.targets.is_empty() {
        return;
    }
    let limits = match inspector.limits() {
        Ok(limits) => limits,
        Err(refusal) => {
            if groups > 0 || addresses > 0 {
                let words = format!("room for {groups} more security groups and {addresses} more Elastic IP addresses");
                verdicts.push(unchecked(&SECURITY_GROUP_QUOTA, Of::default(), &words, &refusal));
            }
            Limits::default()
        }
    };
    let refused = |action: &str| limits.refusals.iter().find(|refusal| refusal.action == action);
    let wanted = [(groups, "ec2:DescribeSecurityGroups", &SECURITY_GROUP_QUOTA), (addresses, "ec2:DescribeAddresses", &ELASTIC_IP_QUOTA)];
    for (more, action, check) in wanted {
        if let Some(refusal) = refused(action).filter(|_| more > 0) {
            verdicts.push(unchecked(check, Of::default(), &format!("room for {more} more"), refusal));
        }
    }
    if let Some(in_use) = limits.groups_in_use.filter(|_| groups > 0) {
        let expected = format!("room for {groups} more in {GROUPS_BY_DEFAULT}, the default quota of a region");
        let found = format!("{in_use} security groups in use");
        verdicts.push(if in_use > GROUPS_BY_DEFAULT {
            // It was raised, to what EC2 does not tell.
            let found = format!("{found}: the quota was raised, and EC2 does not tell to what");
            Verdict::new(&SECURITY_GROUP_QUOTA, Of::default(), State::Unchecked, expected, found)
                .remedied(format!("{} tells", quota("vpc", "L-E79EC296")))
        } else {
            let remedy = format!(
                "delete groups that nothing uses, or have the quota `VPC security groups per Region` raised: {}",
                quota("vpc", "L-E79EC296")
            );
            judged(&SECURITY_GROUP_QUOTA, Of::default(), in_use + groups <= GROUPS_BY_DEFAULT, (expected, found), &remedy)
        });
    }
    if let (Some(limit), Some(in_use)) = (limits.elastic_ips, limits.elastic_ips_in_use)
        && addresses > 0
    {
        let texts = (format!("room for {addresses} more in {limit}"), format!("{in_use} Elastic IP addresses in use"));
        let remedy =
            format!("release addresses that nothing uses, or have the quota `EC2-VPC Elastic IPs` raised: {}", quota("ec2", "L-0263D0A3"));
        verdicts.push(judged(&ELASTIC_IP_QUOTA, Of::default(), in_use + addresses <= limit, texts, &remedy));
    }
    let limit = limits.groups_per_interface.map_or(GROUPS_ON_MOUNT_TARGET, |limit| limit.min(GROUPS_ON_MOUNT_TARGET));
    for target in &requirements.targets {
        let texts = (format!("at most {limit} security groups"), target.groups.to_string());
        let of = Of::resource(&target.logical_id, None);
        let remedy = match limit {
            GROUPS_ON_MOUNT_TARGET => "give the mount target fewer groups; EFS takes no more".to_owned(),
            _ => format!("give the mount target fewer groups, or have the quota raised: {}", quota("vpc", "L-2AFB9258")),
        };
        verdicts.push(judged(&GROUPS_PER_INTERFACE, of, target.groups <= limit, texts, &remedy));
    }
}
