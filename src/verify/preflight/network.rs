//! VPCs, security groups and quotas.

use super::{Inspector, Requirements, pass_or_fail, unchecked};
use crate::verify::names::{ELASTIC_IP_QUOTA, EXISTING_GROUP, GROUPS_PER_INTERFACE, SECURITY_GROUP_QUOTA, VPC_DNS};
use crate::verify::verdict::{About, State};
use crate::verify::{Limits, Verdict};

/// The default quota of security groups in a region. EC2 does not report the quota of an account; having more groups shows that it was
/// raised.
///
/// Source: <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>
const GROUPS_BY_DEFAULT: usize = 2_500;

/// The maximum number of security groups of a mount target.
///
/// Source: <https://docs.aws.amazon.com/efs/latest/ug/limits.html>
const GROUPS_ON_MOUNT_TARGET: usize = 5;

pub(super) fn check(requirements: &Requirements, inspector: &dyn Inspector) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for id in &requirements.vpcs {
        let expected = "DNS support and DNS hostnames enabled";
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
                let remedy = format!("builds cannot mount the cache without them: {}", commands.join(", then "));
                pass_or_fail(&VPC_DNS, About::physical(id), options.is_empty(), (expected.to_owned(), found), &remedy)
            }
            Ok(None) => {
                let texts = (expected.to_owned(), "does not exist".to_owned());
                pass_or_fail(&VPC_DNS, About::physical(id), false, texts, "use a VPC of this account and region")
            }
            Err(error) => unchecked(&VPC_DNS, About::physical(id), expected, &error),
        });
    }
    for id in &requirements.groups {
        let expected = "a security group";
        verdicts.push(match inspector.security_group(id) {
            Ok(found) => {
                let there = if found.is_some() { "exists" } else { "does not exist" };
                let texts = (expected.to_owned(), there.to_owned());
                pass_or_fail(
                    &EXISTING_GROUP,
                    About::physical(id),
                    found.is_some(),
                    texts,
                    "use a security group of this account, region and VPC, or leave the parameter empty",
                )
            }
            Err(error) => unchecked(&EXISTING_GROUP, About::physical(id), expected, &error),
        });
    }
    quotas(requirements, inspector, &mut verdicts);
    verdicts
}

/// Returns the page of a quota in Service Quotas.
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
        Err(error) => {
            if groups > 0 || addresses > 0 {
                let words = format!("quotas for {groups} more security groups and {addresses} more Elastic IP addresses");
                verdicts.push(unchecked(&SECURITY_GROUP_QUOTA, About::default(), &words, &error));
            }
            Limits::default()
        }
    };
    let failed = |action: &str| limits.errors.iter().find(|error| error.action == action);
    let wanted = [(groups, "ec2:DescribeSecurityGroups", &SECURITY_GROUP_QUOTA), (addresses, "ec2:DescribeAddresses", &ELASTIC_IP_QUOTA)];
    for (more, action, check) in wanted {
        if let Some(error) = failed(action).filter(|_| more > 0) {
            verdicts.push(unchecked(check, About::default(), &format!("quota for {more} more"), error));
        }
    }
    if let Some(in_use) = limits.groups_in_use.filter(|_| groups > 0) {
        let expected = format!("{groups} more within {GROUPS_BY_DEFAULT}, the default quota of a region");
        let found = format!("{in_use} security groups in use");
        verdicts.push(if in_use > GROUPS_BY_DEFAULT {
            // The quota was raised to a value that EC2 does not report.
            let found = format!("{found}: the quota was raised, and EC2 does not report its value");
            Verdict::new(&SECURITY_GROUP_QUOTA, About::default(), State::Unchecked, expected, found)
                .with_remedy(format!("look up the quota: {}", quota("vpc", "L-E79EC296")))
        } else {
            let remedy = format!(
                "delete unused security groups, or request an increase of the quota `VPC security groups per Region`: {}",
                quota("vpc", "L-E79EC296")
            );
            pass_or_fail(&SECURITY_GROUP_QUOTA, About::default(), in_use + groups <= GROUPS_BY_DEFAULT, (expected, found), &remedy)
        });
    }
    if let (Some(limit), Some(in_use)) = (limits.elastic_ips, limits.elastic_ips_in_use)
        && addresses > 0
    {
        let texts = (format!("{addresses} more within the quota of {limit}"), format!("{in_use} Elastic IP addresses in use"));
        let remedy =
            format!("release unused addresses, or request an increase of the quota `EC2-VPC Elastic IPs`: {}", quota("ec2", "L-0263D0A3"));
        verdicts.push(pass_or_fail(&ELASTIC_IP_QUOTA, About::default(), in_use + addresses <= limit, texts, &remedy));
    }
    let limit = limits.groups_per_interface.map_or(GROUPS_ON_MOUNT_TARGET, |limit| limit.min(GROUPS_ON_MOUNT_TARGET));
    for target in &requirements.targets {
        let texts = (format!("at most {limit} security groups"), target.groups.to_string());
        let about = About::resource(&target.logical_id, None);
        let remedy = match limit {
            GROUPS_ON_MOUNT_TARGET => "use fewer security groups; this is the limit of EFS".to_owned(),
            _ => format!("use fewer security groups, or request an increase of the quota: {}", quota("vpc", "L-2AFB9258")),
        };
        verdicts.push(pass_or_fail(&GROUPS_PER_INTERFACE, about, target.groups <= limit, texts, &remedy));
    }
}
