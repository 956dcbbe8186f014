//! Properties whose change in place takes the resource out of service for a while.
//!
//! Provider schemas do not say this; the resource pages do ("Update requires: Some interruptions"). Only types whose
//! interruption a user would notice are here; everything else is updated without one.

use super::ResourceType;

impl ResourceType {
    /// Tells whether changing a property in place interrupts the resource.
    pub fn interrupts(&self, path: &[&str]) -> bool {
        path.first()
            .is_some_and(|property| INTERRUPTING.iter().any(|(name, properties)| *name == self.name() && properties.contains(property)))
    }
}

/// Types with the properties that interrupt; each row is read off the type's page below
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/>.
const INTERRUPTING: &[(&str, &[&str])] = &[
    // aws-resource-ec2-instance.html: the instance is stopped and started.
    ("AWS::EC2::Instance", &["EbsOptimized", "InstanceType", "KernelId", "RamdiskId", "UserData"]),
    // aws-resource-rds-dbinstance.html: a restart, or a failover with several zones.
    ("AWS::RDS::DBInstance", &["DBInstanceClass", "EngineVersion"]),
    // aws-resource-rds-dbcluster.html
    ("AWS::RDS::DBCluster", &["DBClusterInstanceClass", "EngineVersion", "Port"]),
    // aws-resource-docdb-dbinstance.html
    ("AWS::DocDB::DBInstance", &["DBInstanceClass"]),
    // aws-resource-neptune-dbinstance.html
    ("AWS::Neptune::DBInstance", &["DBInstanceClass"]),
    // aws-resource-elasticache-cachecluster.html
    ("AWS::ElastiCache::CacheCluster", &["EngineVersion"]),
    // aws-resource-redshift-cluster.html: queries fail while the cluster is resized.
    ("AWS::Redshift::Cluster", &["ClusterParameterGroupName", "ClusterType", "NodeType", "NumberOfNodes"]),
];

#[cfg(test)]
mod tests {
    use super::super::resource_type;
    use super::*;

    #[test]
    fn interrupting_properties_exist_and_do_not_replace() {
        for (name, properties) in INTERRUPTING {
            let facts = resource_type(name);
            for property in *properties {
                let kept = facts.filter(|facts| facts.property(&[property]).is_some());
                assert!(
                    kept.is_some_and(|facts| facts.requires_recreation(&[property]) < super::super::RequiresRecreation::Always),
                    "{name} {property}"
                );
            }
        }
    }
}
