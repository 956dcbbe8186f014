//! Stateful resource types: deletion or replacement loses data that AWS cannot restore.

use super::ResourceType;

impl ResourceType {
    /// Returns the data that is lost if a resource of this type is deleted or replaced; `None` for stateless types.
    pub fn holds_data(&self) -> Option<&'static str> {
        holds_data(self.name())
    }

    /// Returns whether a resource of this type contains data.
    pub fn is_stateful(&self) -> bool {
        self.holds_data().is_some()
    }
}

fn holds_data(name: &str) -> Option<&'static str> {
    let index = STATEFUL.binary_search_by_key(&name, |(name, _)| name).ok()?;
    Some(STATEFUL[index].1)
}

/// The stateful types with their data, sorted. This is our own assessment of each service. Data that can be rebuilt from another source
/// (a search index, a cached layer) counts, because an operator must rebuild it. An instance of a
/// DocumentDB or Neptune cluster is not in the table: the cluster has the data.
const STATEFUL: &[(&str, &str)] = &[
    ("AWS::AmazonMQ::Broker", "queued messages"),
    ("AWS::Backup::BackupVault", "recovery points"),
    ("AWS::Backup::LogicallyAirGappedBackupVault", "recovery points"),
    ("AWS::CloudFormation::Stack", "every resource of the nested stack"),
    ("AWS::CloudTrail::EventDataStore", "recorded events"),
    ("AWS::CodeArtifact::Domain", "published packages"),
    ("AWS::CodeArtifact::Repository", "published packages"),
    ("AWS::CodeCommit::Repository", "source code"),
    ("AWS::Cognito::IdentityPool", "identities"),
    ("AWS::Cognito::UserPool", "user accounts"),
    ("AWS::DocDB::DBCluster", "the database"),
    ("AWS::DocDBElastic::Cluster", "the database"),
    ("AWS::DynamoDB::GlobalTable", "the table's items"),
    ("AWS::DynamoDB::Table", "the table's items"),
    ("AWS::EC2::Instance", "the data on its root and instance store volumes"),
    ("AWS::EC2::Volume", "the volume's data"),
    ("AWS::ECR::PublicRepository", "pushed images"),
    ("AWS::ECR::Repository", "pushed images"),
    ("AWS::EFS::FileSystem", "the file system's files"),
    ("AWS::EMR::Cluster", "data in HDFS"),
    ("AWS::ElastiCache::CacheCluster", "cached data"),
    ("AWS::ElastiCache::GlobalReplicationGroup", "cached data"),
    ("AWS::ElastiCache::ReplicationGroup", "cached data"),
    ("AWS::ElastiCache::ServerlessCache", "cached data"),
    ("AWS::Elasticsearch::Domain", "indexed documents"),
    ("AWS::Events::Archive", "archived events"),
    ("AWS::FSx::FileSystem", "the file system's files"),
    ("AWS::FSx::Volume", "the volume's files"),
    ("AWS::Glue::Database", "table definitions"),
    ("AWS::Glue::Table", "a table definition and its versions"),
    ("AWS::KMS::Key", "the key and access to all data that it encrypts"),
    ("AWS::KMS::ReplicaKey", "the key and access to all data that it encrypts"),
    ("AWS::Kinesis::Stream", "records not yet read"),
    ("AWS::KinesisVideo::Stream", "recorded video"),
    ("AWS::Lightsail::Bucket", "stored objects"),
    ("AWS::Lightsail::Database", "the database"),
    ("AWS::Lightsail::Disk", "the disk's data"),
    ("AWS::Logs::LogGroup", "log events"),
    ("AWS::MSK::Cluster", "messages in topics"),
    ("AWS::MSK::ServerlessCluster", "messages in topics"),
    ("AWS::MemoryDB::Cluster", "the database"),
    ("AWS::MemoryDB::MultiRegionCluster", "the database"),
    ("AWS::Neptune::DBCluster", "the database"),
    ("AWS::NeptuneGraph::Graph", "the graph"),
    ("AWS::OpenSearchServerless::Collection", "indexed documents"),
    ("AWS::OpenSearchService::Domain", "indexed documents"),
    ("AWS::Organizations::Account", "an account with everything in it"),
    ("AWS::QLDB::Ledger", "the ledger's documents and history"),
    ("AWS::RDS::DBCluster", "the database"),
    ("AWS::RDS::DBInstance", "the database"),
    ("AWS::RDS::GlobalCluster", "the database"),
    ("AWS::Redshift::Cluster", "the data warehouse"),
    ("AWS::RedshiftServerless::Namespace", "the data warehouse"),
    ("AWS::Route53::HostedZone", "records and the name servers that a registrar points to"),
    ("AWS::S3::Bucket", "stored objects"),
    ("AWS::S3Express::DirectoryBucket", "stored objects"),
    ("AWS::S3Outposts::Bucket", "stored objects"),
    ("AWS::S3Tables::Table", "the table's rows"),
    ("AWS::S3Tables::TableBucket", "stored tables"),
    ("AWS::S3Vectors::Index", "stored vectors"),
    ("AWS::S3Vectors::VectorBucket", "stored vectors"),
    ("AWS::SDB::Domain", "stored items"),
    ("AWS::SQS::Queue", "messages not yet received"),
    ("AWS::SecretsManager::Secret", "the secret's value and versions"),
    ("AWS::Timestream::Database", "time series"),
    ("AWS::Timestream::InfluxDBInstance", "the database"),
    ("AWS::Timestream::Table", "time series"),
    ("AWS::WorkSpaces::Workspace", "the user's desktop and files"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stateful_types_are_sorted_and_published() {
        assert!(STATEFUL.is_sorted_by(|a, b| a.0 < b.0));
        for (name, _) in STATEFUL {
            assert!(super::super::resource_type(name).is_some(), "unknown type {name}");
        }
    }
}
