//! What outlives the rack's instances: buckets for settings and logs, tables of builds and releases, and the shared file system of apps.
//!
//! Names and encryption of these resources are create-only properties and equal those of a Convox rack, so that moving a stack
//! replaces none of them.

mod buckets;
mod tables;
mod volumes;

use super::network::THIRD_ZONE;
use crate::model::dynamodb::Table;
use crate::model::efs::{FileSystem, MountTarget};
use crate::model::name::{ConditionName, Id, LogicalId, ParameterName};
use crate::model::s3::{Bucket, BucketPolicy};
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

const LOG_BUCKET: ParameterName<Id<Bucket>> = ParameterName::new("LogBucket");

const BLANK_LOG_BUCKET: ConditionName = ConditionName::new("BlankLogBucket");

pub(super) const SETTINGS: LogicalId<Bucket> = LogicalId::new("Settings");
/// Access logs of buckets.
const LOGS: LogicalId<Bucket> = LogicalId::new("Logs");
/// Access logs of load balancers.
const BALANCER_LOGS: LogicalId<Bucket> = LogicalId::new("ELBLogs");
/// The policy without which a load balancer cannot be created with access logs.
pub(super) const BALANCER_LOGS_POLICY: LogicalId<BucketPolicy> = LogicalId::new("ELBLogsPolicy");
pub(super) const BUILDS: LogicalId<Table> = LogicalId::new("DynamoBuilds");
pub(super) const RELEASES: LogicalId<Table> = LogicalId::new("DynamoReleases");
pub(super) const FILE_SYSTEM: LogicalId<FileSystem> = LogicalId::new("VolumeFilesystem");
pub(super) const MOUNT_TARGETS: [LogicalId<MountTarget>; 3] =
    [LogicalId::new("VolumeTarget0"), LogicalId::new("VolumeTarget1"), LogicalId::new("VolumeTarget2")];

/// The prefix of access logs of load balancers in their bucket.
pub(super) const BALANCER_LOGS_PREFIX: &str = "convox/logs/${AWS::StackName}/alb";

pub(super) fn declare(rack: &mut Sections) {
    buckets::declare(rack);
    tables::declare(rack);
    volumes::declare(rack);
}

/// Returns the mount targets of the shared file system, separated by commas; they exist only in a region with EFS.
pub(super) fn mount_target_list() -> Value<String> {
    let [first, second, third] = MOUNT_TARGETS.map(|target| target.reference().to_text());
    Value::join(",", vec![first.into(), second.into(), OrNoValue::only_if(&THIRD_ZONE, third)])
}

/// Returns the bucket for access logs of buckets: the operator's own, or the rack's.
pub(super) fn log_bucket() -> Value<Id<Bucket>> {
    Value::if_else(&BLANK_LOG_BUCKET, LOGS.reference(), LOG_BUCKET.value())
}

/// Returns the bucket for access logs of load balancers: the operator's own, or the rack's.
pub(super) fn balancer_log_bucket() -> Value<Id<Bucket>> {
    Value::if_else(&BLANK_LOG_BUCKET, BALANCER_LOGS.reference(), LOG_BUCKET.value())
}
