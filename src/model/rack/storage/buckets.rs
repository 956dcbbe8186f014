//! The buckets for settings and for access logs, and their policies.

use serde_json::json;

use super::{BALANCER_LOGS, BALANCER_LOGS_POLICY, BALANCER_LOGS_PREFIX, BLANK_LOG_BUCKET, LOG_BUCKET, LOGS, SETTINGS};
use super::{balancer_log_bucket, log_bucket};
use crate::model::condition::Condition;
use crate::model::declared::{Declared, DeletionPolicy, Tag};
use crate::model::iam::{PolicyDocument, Statement};
use crate::model::name::{LogicalId, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::rack::encryption::KEY;
use crate::model::rack::logs::{BLANK_LOG_RETENTION, LOG_RETENTION};
use crate::model::reference::stack_name;
use crate::model::s3::{Bucket, BucketPolicy, Encryption, Lifecycle, LifecycleRule};
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

const VERSIONING: ParameterName<String> = ParameterName::new("EnableS3Versioning");

const LOGS_POLICY: LogicalId<BucketPolicy> = LogicalId::new("LogsPolicy");
const SETTINGS_POLICY: LogicalId<BucketPolicy> = LogicalId::new("SettingsPolicy");

/// Days after which a former version of an object is deleted.
const FORMER_VERSION_DAYS: u32 = 365;
/// The prefix of access logs of the settings bucket in their bucket.
const ACCESS_LOGS_PREFIX: &str = "convox/logs/${AWS::StackName}/s3/";
/// The service that writes access logs of buckets.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html>
const ACCESS_LOG_DELIVERY: &str = "logging.s3.amazonaws.com";
/// The service that writes access logs of load balancers.
///
/// Source: <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html>
const BALANCER_LOG_DELIVERY: &str = "logdelivery.elasticloadbalancing.amazonaws.com";

pub(super) fn declare(rack: &mut Sections) {
    let bucket = "Bucket for access logs of buckets and load balancers. If blank, the rack creates two. Load balancers and S3 must be \
        allowed to write to it";
    let bucket = Parameter::string("", bucket)
        .matching(r"([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?", "must be the name of a bucket, such as my-access-logs, or blank");
    rack.parameter(Group::Logs, &LOG_BUCKET, &bucket);
    let versioning = "Whether the rack's buckets keep former versions of objects, the newest one without limit and others for a year";
    rack.parameter(Group::Storage, &VERSIONING, &Parameter::choice(&["Suspended", "Enabled"], versioning));
    rack.condition(&BLANK_LOG_BUCKET, &Condition::parameter_is(&LOG_BUCKET, ""));

    // Each bucket stays in the account when the stack is deleted: CloudFormation cannot delete a bucket with objects.
    let bucket = |properties| Declared::new(properties).with_deletion_policy(DeletionPolicy::Retain);
    rack.resource(&LOGS, &bucket(logs()));
    let delivered = Value::sub(format!("arn:${{AWS::Partition}}:s3:::${{Logs}}/{ACCESS_LOGS_PREFIX}*"));
    let delivery = Statement::allow("AccessLogs", &["s3:PutObject"], [delivered])
        .to_principal(json!({ "Service": ACCESS_LOG_DELIVERY }))
        .when(json!({ "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } } }));
    rack.resource(&LOGS_POLICY, &Declared::new(policy(&LOGS, [delivery])));
    rack.resource(&SETTINGS, &bucket(settings()).after(&LOGS_POLICY));
    rack.resource(&SETTINGS_POLICY, &Declared::new(policy(&SETTINGS, [])));
    rack.resource(&BALANCER_LOGS, &bucket(balancer_logs()));
    let delivered = Value::sub(format!("arn:${{AWS::Partition}}:s3:::${{ELBLogs}}/{BALANCER_LOGS_PREFIX}/AWSLogs/${{AWS::AccountId}}/*"));
    let delivery =
        Statement::allow("BalancerLogs", &["s3:PutObject"], [delivered]).to_principal(json!({ "Service": BALANCER_LOG_DELIVERY }));
    rack.resource(&BALANCER_LOGS_POLICY, &Declared::new(policy(&BALANCER_LOGS, [delivery])));

    rack.output("SettingsBucket", None, "Bucket of settings and build artifacts", &SETTINGS.reference().to_text());
    rack.output("LogBucket", None, "Bucket of access logs of buckets", &log_bucket().to_text());
    rack.output("ELBLogBucket", None, "Bucket of access logs of load balancers", &balancer_log_bucket().to_text());
}

fn tags() -> Vec<Tag> {
    vec![Tag::new("System", "convox"), Tag::new("Rack", stack_name())]
}

fn settings() -> Bucket {
    Bucket::new(Encryption::Key(KEY.reference()), tags())
        .versioned(VERSIONING.value())
        .with_lifecycle(Lifecycle::new(vec![OrNoValue::always(former_versions())]))
        .logging_to(log_bucket(), Value::sub(ACCESS_LOGS_PREFIX))
}

fn logs() -> Bucket {
    Bucket::new(Encryption::Key(KEY.reference()), tags()).versioned(VERSIONING.value()).with_lifecycle(log_lifecycle())
}

fn balancer_logs() -> Bucket {
    // Load balancers can write only to a bucket that S3 encrypts with its own keys. Source:
    // <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html>
    let tags = vec![Tag::new("System", "convox"), Tag::new("Type", "ELB"), Tag::new("Rack", stack_name())];
    Bucket::new(Encryption::S3Managed, tags).versioned(VERSIONING.value()).with_lifecycle(log_lifecycle())
}

fn former_versions() -> LifecycleRule {
    LifecycleRule::expire_former_versions(FORMER_VERSION_DAYS, 1)
}

fn log_lifecycle() -> Lifecycle {
    let expire = LifecycleRule::expire_after(LOG_RETENTION.value());
    Lifecycle::new(vec![OrNoValue::unless(&BLANK_LOG_RETENTION, expire), OrNoValue::always(former_versions())])
}

/// Returns a bucket policy that refuses requests without TLS, and allows what the statements allow.
fn policy<const N: usize>(bucket: &LogicalId<Bucket>, statements: [Statement; N]) -> BucketPolicy {
    let resources = [bucket.attribute("Arn"), Value::sub(format!("${{{}.Arn}}/*", bucket.name()))];
    let only_tls = Statement::deny("AllowSSLRequestsOnly", &["s3:*"], resources)
        .to_principal(json!("*"))
        .when(json!({ "Bool": { "aws:SecureTransport": "false" } }));
    let policy_document = PolicyDocument::new(statements.into_iter().chain([only_tls]));
    BucketPolicy { bucket: bucket.reference(), policy_document }
}
