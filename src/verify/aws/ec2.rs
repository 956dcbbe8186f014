//! Security groups, VPCs, subnets, zones and limits.

use aws_sdk_ec2::types::VpcAttributeName;

use super::AwsInspector;
use crate::verify::observed::{Ingress, InspectError, InspectResult, Limits, Lookup, SecurityGroup, Subnet, Vpc, Zone};

pub(super) fn security_group(aws: &AwsInspector, id: &str) -> Lookup<SecurityGroup> {
    let missing = ["InvalidGroup.NotFound", "InvalidGroupId.Malformed"];
    let call = aws.ec2.describe_security_groups().group_ids(id).send();
    let Some(response) = aws.lookup("ec2:DescribeSecurityGroups", &missing, call)? else { return Ok(None) };
    let found = response.security_groups().iter().find(|found| found.group_id() == Some(id));
    let Some(found) = found else { return Err(InspectError::missing_value("ec2:DescribeSecurityGroups", id)) };
    let mut ingress = Vec::new();
    for permission in found.ip_permissions() {
        let groups = permission.user_id_group_pairs().iter().filter_map(|pair| pair.group_id());
        let blocks = permission.ip_ranges().iter().filter_map(|range| range.cidr_ip());
        let wide_blocks = permission.ipv6_ranges().iter().filter_map(|range| range.cidr_ipv6());
        let lists = permission.prefix_list_ids().iter().filter_map(|list| list.prefix_list_id());
        let ports = [permission.from_port(), permission.to_port()];
        let sources = groups.chain(blocks).chain(wide_blocks).chain(lists);
        ingress.extend(sources.map(|source| Ingress::new(permission.ip_protocol().unwrap_or("-1"), ports, source)));
    }
    ingress.sort();
    Ok(Some(SecurityGroup { vpc: found.vpc_id().map(ToOwned::to_owned), ingress }))
}

pub(super) fn vpc(aws: &AwsInspector, id: &str) -> Lookup<Vpc> {
    let attribute = |name: VpcAttributeName| {
        let missing = ["InvalidVpcID.NotFound", "InvalidVpcId.Malformed"];
        aws.lookup("ec2:DescribeVpcAttribute", &missing, aws.ec2.describe_vpc_attribute().vpc_id(id).attribute(name).send())
    };
    let Some(support) = attribute(VpcAttributeName::EnableDnsSupport)? else { return Ok(None) };
    let Some(hostnames) = attribute(VpcAttributeName::EnableDnsHostnames)? else { return Ok(None) };
    let missing_value = |what| InspectError::missing_value("ec2:DescribeVpcAttribute", what);
    let dns_support = support.enable_dns_support().and_then(|value| value.value()).ok_or_else(|| missing_value("enableDnsSupport"))?;
    let dns_hostnames =
        hostnames.enable_dns_hostnames().and_then(|value| value.value()).ok_or_else(|| missing_value("enableDnsHostnames"))?;
    Ok(Some(Vpc { dns_support, dns_hostnames }))
}

pub(super) fn subnet(aws: &AwsInspector, id: &str) -> Lookup<Subnet> {
    let missing = ["InvalidSubnetID.NotFound", "InvalidSubnetId.Malformed"];
    let call = aws.ec2.describe_subnets().subnet_ids(id).send();
    let Some(response) = aws.lookup("ec2:DescribeSubnets", &missing, call)? else { return Ok(None) };
    let found = response.subnets().iter().find(|found| found.subnet_id() == Some(id));
    let location = found.and_then(|found| Some((found.vpc_id()?, found.availability_zone()?)));
    let Some((vpc, zone)) = location else {
        return Err(InspectError::missing_value("ec2:DescribeSubnets", &format!("VPC and zone of {id}")));
    };
    Ok(Some(Subnet { vpc: vpc.to_owned(), zone: zone.to_owned() }))
}

/// Returns the availability zones of the region. EFS is available in the zones of its VPC endpoint service; it has no API that lists its
/// zones.
///
/// Source:
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointServices.html>
pub(super) fn zones(aws: &AwsInspector) -> InspectResult<Vec<Zone>> {
    let response = aws.request("ec2:DescribeAvailabilityZones", aws.ec2.describe_availability_zones().send())?;
    let service = format!("com.amazonaws.{}.elasticfilesystem", aws.session.region());
    let call = aws.ec2.describe_vpc_endpoint_services().service_names(&service).send();
    let offered = aws.lookup("ec2:DescribeVpcEndpointServices", &["InvalidServiceName"], call).map(|response| {
        let response = response?;
        let detail = response.service_details().iter().find(|detail| detail.service_name() == Some(&service))?;
        Some(detail.availability_zones().to_vec()).filter(|zones| !zones.is_empty())
    });
    let zone = |zone: &aws_sdk_ec2::types::AvailabilityZone| {
        let name = zone.zone_name()?.to_owned();
        Some(Zone {
            has_efs: offered.clone().map(|zones| zones.map(|zones| zones.contains(&name))),
            kind: zone.zone_type().unwrap_or("availability-zone").to_owned(),
            is_available: zone.state().is_none_or(|state| state.as_str() == "available"),
            name,
        })
    };
    Ok(response.availability_zones().iter().filter_map(zone).collect())
}

/// Returns the quotas of the account that EC2 reports, and their use.
///
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAccountAttributes.html>
pub(super) fn limits(aws: &AwsInspector) -> InspectResult<Limits> {
    let response = aws.request("ec2:DescribeAccountAttributes", aws.ec2.describe_account_attributes().send())?;
    let limit = |name: &str| {
        let attribute = response.account_attributes().iter().find(|attribute| attribute.attribute_name() == Some(name))?;
        attribute.attribute_values().first()?.attribute_value()?.parse().ok()
    };
    let addresses = aws.request("ec2:DescribeAddresses", aws.ec2.describe_addresses().send());
    let pages = aws.ec2.describe_security_groups().max_results(1000).into_paginator().items().send();
    let groups = aws.request("ec2:DescribeSecurityGroups", pages.collect::<Result<Vec<_>, _>>());
    Ok(Limits {
        errors: addresses.as_ref().err().into_iter().chain(groups.as_ref().err()).cloned().collect(),
        groups_per_interface: limit("vpc-max-security-groups-per-interface"),
        elastic_ips: limit("vpc-max-elastic-ips"),
        elastic_ips_in_use: addresses.ok().map(|response| response.addresses().len()),
        groups_in_use: groups.ok().map(|groups| groups.len()),
    })
}
