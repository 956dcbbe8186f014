//! The refused changes, sorted by type.
//!
//! Pages below `TemplateReference` say "Update requires: Updates are not supported", or that the update fails, or that the value cannot
//! change. Issues show the message in a stack's events.

use super::NoUpdate;
use super::RefusedChange::{self, Any, Decrease, Downgrade, From, ItemsOnceSet, MoreThanDouble, OnceSet, SkipsMinor, TurnOff};

/// Returns the address of a page of the template reference.
macro_rules! page {
    ($name:literal) => {
        concat!("https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/", $name, ".html")
    };
}

impl NoUpdate {
    const fn default(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    const fn message(self, message: &'static str) -> Self {
        Self { message: Some(message), ..self }
    }

    const fn unproven(self) -> Self {
        Self { is_proven: false, ..self }
    }

    const fn except(self, property: &'static str, value: &'static str) -> Self {
        Self { except: Some((property, value)), ..self }
    }

    const fn fix(self, fix: &'static str) -> Self {
        Self { fix, ..self }
    }
}

const fn refuses(resource_type: &'static str, path: &'static str, change: RefusedChange, source: &'static str) -> NoUpdate {
    NoUpdate { resource_type, path, change, default: None, except: None, is_proven: true, message: None, fix: NEW_ID, source }
}

const NEW_ID: &str = "create a new resource under another logical ID, move to it, and then remove this one";
const COPY: &str = "create a smaller resource under another logical ID, copy the data, and then remove this one";
const TWO_STEPS: &str = "remove the resource in one update and add it in the next";
const SNAPSHOT: &str = "take a snapshot, create a new volume from it under another logical ID, and then remove this one";
const KEEP_VERSION: &str = "keep the version; to go back, restore a snapshot of the earlier version into a new resource";

const VOLUME: &str = page!("aws-resource-ec2-volume");
const VOLUME_WORDS: &str = "Volume properties other than AutoEnableIO, type, size, and IOPS cannot be updated. Change the properties back to \
                            previous values and update the stack again.";
const VOLUME_ISSUE: &str = "https://github.com/awsdocs/aws-cloudformation-user-guide/pull/556";
const KEY: &str = page!("aws-resource-kms-key");
const POOL: &str = page!("aws-resource-cognito-userpool");
const WAIT: &str = page!("aws-resource-cloudformation-waitcondition");
const WORKSPACE: &str = page!("aws-resource-workspaces-workspace");
const ACCOUNT: &str = page!("aws-resource-organizations-account");
const EVENT_DATA_STORE: &str = page!("aws-resource-cloudtrail-eventdatastore");
const FIREHOSE: &str = page!("aws-resource-kinesisfirehose-deliverystream");
const RDS_STORAGE: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html";
const OPENSEARCH: &str = "https://docs.aws.amazon.com/opensearch-service/latest/developerguide/encryption-at-rest.html";
const OPENSEARCH_NODES: &str = "https://docs.aws.amazon.com/opensearch-service/latest/developerguide/ntn.html";
const OPENSEARCH_VERSIONS: &str = "https://docs.aws.amazon.com/opensearch-service/latest/developerguide/version-migration.html";
const OPENSEARCH_ACCESS: &str = "https://docs.aws.amazon.com/opensearch-service/latest/developerguide/fgac.html";

const fn volume(path: &'static str) -> NoUpdate {
    refuses("AWS::EC2::Volume", path, Any, VOLUME_ISSUE).message(VOLUME_WORDS).fix(SNAPSHOT)
}

pub(super) const TABLE: &[NoUpdate] = &[
    refuses(
        "AWS::AmazonMQ::Broker",
        "EngineVersion",
        Downgrade,
        "https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/upgrading-brokers.html",
    )
    .unproven()
    .fix(KEEP_VERSION),
    refuses(
        "AWS::CloudFormation::CustomResource",
        "ServiceToken",
        Any,
        "https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/802",
    )
    .message("Modifying service token is not allowed.")
    .fix("give the custom resource another logical ID, which creates a new one and deletes the old one"),
    refuses("AWS::CloudFormation::Stack", "TimeoutInMinutes", Any, page!("aws-resource-cloudformation-stack"))
        .unproven()
        .fix("keep the value"),
    refuses("AWS::CloudFormation::WaitCondition", "", Any, WAIT).fix("give the wait condition and its handle other logical IDs"),
    refuses("AWS::CloudTrail::EventDataStore", "KmsKeyId", OnceSet, EVENT_DATA_STORE),
    refuses("AWS::CodeStar::GitHubRepository", "", Any, page!("aws-resource-codestar-githubrepository")),
    refuses("AWS::Cognito::UserPool", "AliasAttributes", Any, POOL),
    refuses("AWS::Cognito::UserPool", "Schema", ItemsOnceSet("Name"), "https://github.com/aws-amplify/amplify-cli/issues/13160")
        .message("Existing schema attributes cannot be modified or deleted.")
        .fix("keep every attribute as it is and add another one instead"),
    refuses("AWS::Cognito::UserPool", "UsernameAttributes", Any, POOL),
    refuses("AWS::Cognito::UserPool", "UsernameConfiguration", Any, "https://github.com/aws-amplify/amplify-cli/issues/4227")
        .message("Updates are not allowed for property - UsernameConfiguration"),
    refuses(
        "AWS::DocDB::DBCluster",
        "EngineVersion",
        Downgrade,
        "https://docs.aws.amazon.com/documentdb/latest/developerguide/docdb-mvu.html",
    )
    .unproven()
    .fix(KEEP_VERSION),
    volume("AvailabilityZone"),
    volume("AvailabilityZoneId"),
    volume("Encrypted").default("false"),
    volume("KmsKeyId"),
    volume("OutpostArn"),
    volume("SnapshotId"),
    volume("SourceVolumeId"),
    refuses("AWS::EC2::Volume", "MultiAttachEnabled", Any, VOLUME).unproven().fix(SNAPSHOT),
    refuses("AWS::EC2::Volume", "Size", Decrease, "https://github.com/aws/aws-cli/issues/4216")
        .message("New size cannot be smaller than existing size")
        .fix(COPY),
    refuses("AWS::EKS::Cluster", "Version", Downgrade, "https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html")
        .unproven()
        .fix("keep the version; a new cluster under another logical ID can run an earlier one"),
    refuses("AWS::EKS::Cluster", "Version", SkipsMinor, "https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html")
        .fix("update one minor version at a time, each in an update of its own"),
    refuses("AWS::ElastiCache::CacheCluster", "EngineVersion", Downgrade, page!("aws-resource-elasticache-cachecluster")).fix(KEEP_VERSION),
    refuses("AWS::ElastiCache::ReplicationGroup", "EngineVersion", Downgrade, page!("aws-resource-elasticache-replicationgroup"))
        .fix(KEEP_VERSION),
    refuses(
        "AWS::ElastiCache::ReplicationGroup",
        "Engine",
        From("valkey", "redis"),
        "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagement.HowTo.html",
    )
    .unproven()
    .fix(KEEP_VERSION),
    refuses("AWS::ElastiCache::SecurityGroupIngress", "", Any, page!("aws-resource-elasticache-securitygroupingress")).fix(TWO_STEPS),
    refuses("AWS::Elasticsearch::Domain", "AdvancedSecurityOptions/Enabled", TurnOff, OPENSEARCH_ACCESS),
    refuses("AWS::Elasticsearch::Domain", "EncryptionAtRestOptions/Enabled", TurnOff, OPENSEARCH),
    refuses("AWS::Elasticsearch::Domain", "NodeToNodeEncryptionOptions/Enabled", TurnOff, OPENSEARCH_NODES),
    refuses("AWS::Elasticsearch::Domain", "ElasticsearchVersion", Downgrade, OPENSEARCH_VERSIONS).fix(KEEP_VERSION),
    refuses("AWS::FMS::ResourceSet", "Name", Any, page!("aws-resource-fms-resourceset")).unproven(),
    refuses(
        "AWS::FSx::FileSystem",
        "StorageCapacity",
        Decrease,
        "https://docs.aws.amazon.com/fsx/latest/APIReference/API_UpdateFileSystem.html",
    )
    // The second generation for NetApp ONTAP can also shrink.
    .except("FileSystemType", "ONTAP")
    .fix(COPY),
    refuses("AWS::GameLift::GameServerGroup", "VpcSubnets", Any, page!("aws-resource-gamelift-gameservergroup")),
    refuses("AWS::IoTAnalytics::Channel", "ChannelStorage", OnceSet, page!("aws-resource-iotanalytics-channel")).unproven(),
    refuses("AWS::IoTAnalytics::Datastore", "DatastoreStorage", OnceSet, page!("aws-resource-iotanalytics-datastore")).unproven(),
    refuses("AWS::IoTAnalytics::Datastore", "FileFormatConfiguration", OnceSet, page!("aws-resource-iotanalytics-datastore")).unproven(),
    refuses("AWS::KMS::Key", "KeySpec", Any, KEY).default("SYMMETRIC_DEFAULT"),
    refuses("AWS::KMS::Key", "KeyUsage", Any, KEY).default("ENCRYPT_DECRYPT"),
    refuses("AWS::KMS::Key", "MultiRegion", Any, KEY).default("false"),
    refuses("AWS::KMS::Key", "Origin", Any, KEY).default("AWS_KMS"),
    refuses("AWS::Kendra::Index", "DocumentMetadataConfigurations", ItemsOnceSet("Name"), page!("aws-resource-kendra-index")).unproven(),
    refuses(
        "AWS::Kinesis::Stream",
        "ShardCount",
        MoreThanDouble,
        "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html",
    )
    .fix("reach the number in several updates, each of at most twice and at least half as many shards"),
    refuses(
        "AWS::KinesisFirehose::DeliveryStream",
        "ExtendedS3DestinationConfiguration/S3BackupMode",
        From("Enabled", "Disabled"),
        FIREHOSE,
    ),
    refuses("AWS::KinesisFirehose::DeliveryStream", "RedshiftDestinationConfiguration/S3BackupMode", From("Enabled", "Disabled"), FIREHOSE),
    refuses(
        "AWS::KinesisFirehose::DeliveryStream",
        "SplunkDestinationConfiguration/S3BackupMode",
        From("AllEvents", "FailedEventsOnly"),
        FIREHOSE,
    ),
    refuses(
        "AWS::Lambda::EventSourceMapping",
        "AmazonManagedKafkaEventSourceConfig/ConsumerGroupId",
        OnceSet,
        page!("aws-properties-lambda-eventsourcemapping-amazonmanagedkafkaeventsourceconfig"),
    )
    .unproven(),
    refuses(
        "AWS::Lambda::EventSourceMapping",
        "SelfManagedKafkaEventSourceConfig/ConsumerGroupId",
        OnceSet,
        page!("aws-properties-lambda-eventsourcemapping-selfmanagedkafkaeventsourceconfig"),
    )
    .unproven(),
    refuses(
        "AWS::MSK::Cluster",
        "BrokerNodeGroupInfo/StorageInfo/EBSStorageInfo/VolumeSize",
        Decrease,
        "https://docs.aws.amazon.com/msk/latest/developerguide/msk-update-storage.html",
    )
    .fix(COPY),
    refuses("AWS::MSK::Cluster", "KafkaVersion", Downgrade, "https://docs.aws.amazon.com/msk/latest/developerguide/version-upgrades.html")
        .fix("keep the version; a new cluster under another logical ID can run an earlier one"),
    refuses(
        "AWS::MSK::Cluster",
        "StorageMode",
        From("TIERED", "LOCAL"),
        "https://docs.aws.amazon.com/msk/latest/developerguide/msk-tiered-storage.html",
    )
    .unproven(),
    refuses(
        "AWS::MSK::Cluster",
        "NumberOfBrokerNodes",
        Decrease,
        "https://docs.aws.amazon.com/msk/latest/developerguide/msk-update-broker-count.html",
    )
    .unproven(),
    refuses(
        "AWS::MemoryDB::Cluster",
        "EngineVersion",
        Downgrade,
        "https://docs.aws.amazon.com/memorydb/latest/devguide/engine-versions.html",
    )
    .unproven()
    .fix(KEEP_VERSION),
    refuses(
        "AWS::Neptune::DBCluster",
        "EngineVersion",
        Downgrade,
        "https://docs.aws.amazon.com/neptune/latest/userguide/engine-updates.html",
    )
    .unproven()
    .fix(KEEP_VERSION),
    refuses("AWS::OpenSearchService::Domain", "NodeToNodeEncryptionOptions/Enabled", TurnOff, OPENSEARCH_NODES),
    refuses("AWS::OpenSearchService::Domain", "AdvancedSecurityOptions/Enabled", TurnOff, OPENSEARCH_ACCESS),
    refuses("AWS::OpenSearchService::Domain", "EncryptionAtRestOptions/Enabled", TurnOff, OPENSEARCH),
    refuses("AWS::OpenSearchService::Domain", "EngineVersion", Downgrade, OPENSEARCH_VERSIONS).fix(KEEP_VERSION),
    refuses("AWS::Organizations::Account", "AccountName", Any, ACCOUNT).unproven().fix("change it in the account itself"),
    refuses("AWS::Organizations::Account", "Email", Any, ACCOUNT).fix("change it in the account itself"),
    refuses("AWS::Organizations::Account", "RoleName", Any, ACCOUNT).fix("keep the value"),
    refuses("AWS::RDS::DBCluster", "AllocatedStorage", Decrease, RDS_STORAGE).fix(COPY),
    refuses(
        "AWS::RDS::DBCluster",
        "EngineVersion",
        Downgrade,
        "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBCluster.html",
    )
    .fix(KEEP_VERSION),
    refuses("AWS::RDS::DBInstance", "AllocatedStorage", Decrease, RDS_STORAGE)
        .fix("use a blue/green deployment of RDS, or restore the data into a new instance under another logical ID"),
    refuses("AWS::RDS::DBInstance", "EngineVersion", Downgrade, RDS_STORAGE).fix(KEEP_VERSION),
    refuses("AWS::S3::Bucket", "ObjectLockEnabled", TurnOff, "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html")
        .unproven()
        .fix("keep Object Lock; a new bucket under another logical ID can do without it"),
    refuses("AWS::SDB::Domain", "", Any, page!("aws-resource-simpledb")).fix(TWO_STEPS),
    refuses("AWS::SES::DedicatedIpPool", "ScalingMode", From("MANAGED", "STANDARD"), page!("aws-resource-ses-dedicatedippool")),
    refuses(
        "AWS::SSM::Parameter",
        "Tier",
        From("Advanced", "Standard"),
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html",
    )
    .fix(TWO_STEPS),
    refuses(
        "AWS::SageMaker::NotebookInstance",
        "VolumeSizeInGB",
        Decrease,
        "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateNotebookInstance.html",
    )
    .fix(COPY),
    refuses("AWS::ServiceDiscovery::HttpNamespace", "Tags", Any, page!("aws-resource-servicediscovery-httpnamespace")).unproven(),
    refuses("AWS::ServiceDiscovery::PrivateDnsNamespace", "Tags", Any, page!("aws-resource-servicediscovery-privatednsnamespace"))
        .unproven(),
    refuses("AWS::ServiceDiscovery::PublicDnsNamespace", "Tags", Any, page!("aws-resource-servicediscovery-publicdnsnamespace")).unproven(),
    refuses(
        "AWS::ServiceDiscovery::Service",
        "HealthCheckConfig/Type",
        OnceSet,
        page!("aws-properties-servicediscovery-service-healthcheckconfig"),
    )
    .unproven(),
    refuses("AWS::ServiceDiscovery::Service", "Tags", Any, page!("aws-resource-servicediscovery-service")).unproven(),
    refuses(
        "AWS::Timestream::InfluxDBInstance",
        "AllocatedStorage",
        Decrease,
        "https://docs.aws.amazon.com/ts-influxdb/latest/ts-influxdb-api/API_UpdateDbInstance.html",
    )
    .unproven()
    .fix(COPY),
    refuses("AWS::Timestream::Table", "Schema/CompositePartitionKey", Any, page!("aws-properties-timestream-table-schema")).unproven(),
    refuses("AWS::WAFv2::RuleGroup", "Capacity", Any, page!("aws-resource-wafv2-rulegroup")).unproven(),
    refuses("AWS::WorkSpaces::Workspace", "BundleId", Any, WORKSPACE),
    refuses("AWS::WorkSpaces::Workspace", "RootVolumeEncryptionEnabled", Any, WORKSPACE),
    refuses("AWS::WorkSpaces::Workspace", "UserVolumeEncryptionEnabled", Any, WORKSPACE),
    refuses("AWS::WorkSpaces::Workspace", "VolumeEncryptionKey", Any, WORKSPACE),
    refuses(
        "AWS::WorkSpaces::Workspace",
        "WorkspaceProperties/RootVolumeSizeGib",
        Decrease,
        "https://docs.aws.amazon.com/workspaces/latest/api/API_ModifyWorkspaceProperties.html",
    ),
    refuses(
        "AWS::WorkSpaces::Workspace",
        "WorkspaceProperties/UserVolumeSizeGib",
        Decrease,
        "https://docs.aws.amazon.com/workspaces/latest/api/API_ModifyWorkspaceProperties.html",
    ),
];
