//! Updates in place that take a resource out of service for a while.
//!
//! Provider schemas do not say which those are; each row here is what the resource's reference page says under
//! "Update requires: Some interruptions", at `https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/` and the page named.

use super::difference::Difference;
use crate::evaluate::Resource;

/// A resource type, its reference page, and the properties that interrupt it.
type Row = (&'static str, &'static str, &'static [&'static str]);

const ROWS: &[Row] = &[
    ("AWS::EC2::Instance", "aws-resource-ec2-instance.html", &["EbsOptimized", "InstanceType", "KernelId", "RamdiskId", "UserData"]),
    ("AWS::EC2::EIP", "aws-resource-ec2-eip.html", &["PublicIpv4Pool"]),
    (
        "AWS::RDS::DBInstance",
        "aws-resource-rds-dbinstance.html",
        &["AutoMinorVersionUpgrade", "DBInstanceClass", "DBParameterGroupName", "EngineVersion", "StorageType"],
    ),
    ("AWS::RDS::DBCluster", "aws-resource-rds-dbcluster.html", &["DBClusterParameterGroupName", "EngineVersion"]),
    ("AWS::ElastiCache::CacheCluster", "aws-resource-elasticache-cachecluster.html", &["CacheParameterGroupName", "EngineVersion"]),
];

/// Tells whether one of the differences interrupts the resource.
pub(super) fn interrupts<'d, 'a: 'd>(resource: &Resource<'a>, mut differences: impl Iterator<Item = &'d Difference<'a>>) -> bool {
    differences.any(|difference| property_interrupts(resource.resource_type, difference.property()))
}

/// Tells whether a change of a property interrupts the resource.
pub(super) fn property_interrupts(resource_type: &str, property: Option<&str>) -> bool {
    let row = ROWS.iter().find(|(row, _, _)| *row == resource_type);
    row.is_some_and(|(_, _, properties)| property.is_some_and(|name| properties.contains(&name)))
}
