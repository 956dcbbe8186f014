//! Amazon Route 53: hosted zones and record sets.

use serde::Serialize;

use super::ec2::Vpc;
use super::name::Id;
use super::reference::region;
use super::resource::Resource;
use super::value::Value;

/// A private hosted zone: only one VPC can resolve its names.
///
/// The name is a create-only property. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-route53-hostedzone.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HostedZone {
    name: Value<String>,
    #[serde(rename = "VPCs")]
    vpcs: [ZoneVpc; 1],
}

impl HostedZone {
    /// Returns the zone of a VPC in the stack's region.
    pub fn private(name: Value<String>, vpc: Value<Id<Vpc>>) -> Self {
        Self { name, vpcs: [ZoneVpc { vpc_id: vpc, vpc_region: region() }] }
    }
}

impl Resource for HostedZone {
    const TYPE: &'static str = "AWS::Route53::HostedZone";
}

#[derive(Clone, Debug, Serialize)]
struct ZoneVpc {
    #[serde(rename = "VPCId")]
    vpc_id: Value<Id<Vpc>>,
    #[serde(rename = "VPCRegion")]
    vpc_region: Value<String>,
}

/// A record set with plain values.
///
/// Name, type and zone are create-only properties. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-route53-recordset.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RecordSet {
    hosted_zone_id: Value<Id<HostedZone>>,
    name: Value<String>,
    r#type: &'static str,
    #[serde(rename = "TTL")]
    ttl_seconds: String,
    resource_records: Vec<Value<String>>,
}

impl RecordSet {
    /// Returns a record of an IPv4 address.
    pub fn address(zone: Value<Id<HostedZone>>, name: Value<String>, ttl_seconds: u32, address: Value<String>) -> Self {
        Self { hosted_zone_id: zone, name, r#type: "A", ttl_seconds: ttl_seconds.to_string(), resource_records: vec![address] }
    }

    /// Returns an alias of another name.
    pub fn canonical_name(zone: Value<Id<HostedZone>>, name: Value<String>, ttl_seconds: u32, target: Value<String>) -> Self {
        Self { r#type: "CNAME", ..Self::address(zone, name, ttl_seconds, target) }
    }
}

impl Resource for RecordSet {
    const TYPE: &'static str = "AWS::Route53::RecordSet";
}
