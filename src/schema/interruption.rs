//! Properties whose update interrupts the resource.
//!
//! Provider schemas do not contain this; the reference pages do ("Update requires: Some interruptions"). The table has only types whose
//! interruption users notice.

use super::ResourceType;

impl ResourceType {
    /// Returns whether an update of a property interrupts the resource.
    pub fn interrupts(&self, path: &[&str]) -> bool {
        path.first()
            .is_some_and(|property| INTERRUPTING.iter().any(|(name, properties)| *name == self.name() && properties.contains(property)))
    }
}

/// Types with the properties whose update interrupts, sorted; each row is from the reference page's "Update requires: Some interruptions",
/// below <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/>.
const INTERRUPTING: &[(&str, &[&str])] = &[
    // aws-resource-autoscaling-autoscalinggroup.html: instances in a subnet that is left are ended.
    ("AWS::AutoScaling::AutoScalingGroup", &["VPCZoneIdentifier"]),
    // aws-resource-dms-replicationinstance.html
    ("AWS::DMS::ReplicationInstance", &["EngineVersion", "ReplicationInstanceClass"]),
    // aws-resource-docdb-dbinstance.html
    ("AWS::DocDB::DBInstance", &["DBInstanceClass"]),
    // aws-resource-ec2-eip.html
    ("AWS::EC2::EIP", &["PublicIpv4Pool"]),
    // aws-resource-ec2-instance.html: an instance on EBS is stopped and started.
    ("AWS::EC2::Instance", &["AdditionalInfo", "EbsOptimized", "InstanceType", "KernelId", "RamdiskId", "UserData"]),
    // aws-resource-elasticache-cachecluster.html
    ("AWS::ElastiCache::CacheCluster", &["CacheParameterGroupName", "EngineVersion"]),
    // aws-resource-elasticbeanstalk-environment.html
    ("AWS::ElasticBeanstalk::Environment", &["TemplateName", "VersionLabel"]),
    // aws-resource-neptune-dbinstance.html
    ("AWS::Neptune::DBInstance", &["AutoMinorVersionUpgrade", "DBInstanceClass", "DBParameterGroupName"]),
    // aws-resource-rds-dbcluster.html
    ("AWS::RDS::DBCluster", &["DBClusterInstanceClass", "DBClusterParameterGroupName", "EngineVersion", "Port"]),
    // aws-resource-rds-dbinstance.html: a restart, or a failover with several zones.
    (
        "AWS::RDS::DBInstance",
        &["AutoMinorVersionUpgrade", "BackupRetentionPeriod", "DBInstanceClass", "DBParameterGroupName", "EngineVersion", "StorageType"],
    ),
    // aws-resource-redshift-cluster.html: queries fail while the cluster is resized.
    ("AWS::Redshift::Cluster", &["ClusterParameterGroupName", "ClusterType", "NodeType", "NumberOfNodes"]),
    // aws-resource-sagemaker-notebookinstance.html: the instance is stopped and started.
    ("AWS::SageMaker::NotebookInstance", &["InstanceType", "LifecycleConfigName", "VolumeSizeInGB"]),
];

#[cfg(test)]
mod tests {
    use super::super::resource_type;
    use super::*;

    #[test]
    fn interrupting_properties_exist_and_do_not_replace() {
        assert!(INTERRUPTING.is_sorted_by(|a, b| a.0 < b.0));
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
