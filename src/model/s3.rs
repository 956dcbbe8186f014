//! Amazon S3: buckets and their policies.

use serde::Serialize;

use super::declared::Tag;
use super::iam::PolicyDocument;
use super::kms::Key;
use super::name::Id;
use super::resource::Resource;
use super::value::{OrNoValue, Value};

/// A bucket, always encrypted and always with all four public access blocks: this type cannot express another one.
///
/// The name is a create-only property; CloudFormation generates one if it is absent, as here. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Bucket {
    ownership_controls: OwnershipControls,
    bucket_encryption: BucketEncryption,
    public_access_block_configuration: PublicAccessBlock,
    #[serde(skip_serializing_if = "Option::is_none")]
    versioning_configuration: Option<Versioning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifecycle_configuration: Option<Lifecycle>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logging_configuration: Option<AccessLogging>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
}

/// The encryption of a bucket.
#[derive(Clone, Debug)]
pub enum Encryption {
    /// With a customer-managed key, and a bucket key, which saves requests to KMS.
    Key(Value<Id<Key>>),
    /// With keys that S3 manages.
    S3Managed,
}

impl Bucket {
    /// Returns a bucket without versions, lifecycle rules and access logs.
    pub fn new(encryption: Encryption, tags: Vec<Tag>) -> Self {
        Self {
            ownership_controls: OwnershipControls { rules: [OwnershipRule { object_ownership: "BucketOwnerPreferred" }] },
            bucket_encryption: BucketEncryption { server_side_encryption_configuration: [encryption.rule()] },
            public_access_block_configuration: PublicAccessBlock {
                block_public_acls: true,
                block_public_policy: true,
                ignore_public_acls: true,
                restrict_public_buckets: true,
            },
            versioning_configuration: None,
            lifecycle_configuration: None,
            logging_configuration: None,
            tags,
        }
    }

    /// Sets whether S3 keeps former versions of objects: `Enabled` or `Suspended`.
    #[must_use]
    pub fn versioned(mut self, status: Value<String>) -> Self {
        self.versioning_configuration = Some(Versioning { status });
        self
    }

    /// Sets the rules that expire objects.
    #[must_use]
    pub fn with_lifecycle(mut self, lifecycle: Lifecycle) -> Self {
        self.lifecycle_configuration = Some(lifecycle);
        self
    }

    /// Sets the bucket for access logs and the prefix of their keys.
    #[must_use]
    pub fn logging_to(mut self, destination_bucket_name: Value<Id<Bucket>>, log_file_prefix: Value<String>) -> Self {
        self.logging_configuration = Some(AccessLogging { destination_bucket_name, log_file_prefix });
        self
    }
}

impl Resource for Bucket {
    const TYPE: &'static str = "AWS::S3::Bucket";
}

impl Encryption {
    fn rule(self) -> EncryptionRule {
        let (bucket_key_enabled, sse_algorithm, key) = match self {
            Self::Key(key) => (Some(true), "aws:kms", Some(key)),
            Self::S3Managed => (None, "AES256", None),
        };
        EncryptionRule {
            bucket_key_enabled,
            server_side_encryption_by_default: EncryptionByDefault { sse_algorithm, kms_master_key_id: key },
        }
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct OwnershipControls {
    rules: [OwnershipRule; 1],
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct OwnershipRule {
    object_ownership: &'static str,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct BucketEncryption {
    server_side_encryption_configuration: [EncryptionRule; 1],
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct EncryptionRule {
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket_key_enabled: Option<bool>,
    server_side_encryption_by_default: EncryptionByDefault,
}

#[derive(Clone, Debug, Serialize)]
struct EncryptionByDefault {
    #[serde(rename = "SSEAlgorithm")]
    sse_algorithm: &'static str,
    #[serde(rename = "KMSMasterKeyID", skip_serializing_if = "Option::is_none")]
    kms_master_key_id: Option<Value<Id<Key>>>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct PublicAccessBlock {
    block_public_acls: bool,
    block_public_policy: bool,
    ignore_public_acls: bool,
    restrict_public_buckets: bool,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Versioning {
    status: Value<String>,
}

/// The lifecycle rules of a bucket; each of them is enabled.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-rule.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Lifecycle {
    rules: Vec<OrNoValue<LifecycleRule>>,
}

impl Lifecycle {
    /// Returns rules in this order.
    pub fn new(rules: Vec<OrNoValue<LifecycleRule>>) -> Self {
        Self { rules }
    }
}

/// A lifecycle rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LifecycleRule {
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_in_days: Option<Value<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    noncurrent_version_expiration: Option<NoncurrentVersionExpiration>,
    status: &'static str,
}

impl LifecycleRule {
    /// Returns a rule that deletes objects a number of days after their creation.
    pub fn expire_after(days: Value<u32>) -> Self {
        Self { expiration_in_days: Some(days), noncurrent_version_expiration: None, status: "Enabled" }
    }

    /// Returns a rule that keeps some former versions of an object, and deletes older ones a number of days after they were replaced.
    pub fn expire_former_versions(days: u32, kept: u32) -> Self {
        let expiration = NoncurrentVersionExpiration { newer_noncurrent_versions: kept, noncurrent_days: days };
        Self { expiration_in_days: None, noncurrent_version_expiration: Some(expiration), status: "Enabled" }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct NoncurrentVersionExpiration {
    newer_noncurrent_versions: u32,
    noncurrent_days: u32,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AccessLogging {
    destination_bucket_name: Value<Id<Bucket>>,
    log_file_prefix: Value<String>,
}

/// The policy of a bucket.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucketpolicy.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BucketPolicy {
    /// The bucket.
    pub bucket: Value<Id<Bucket>>,
    /// The policy.
    pub policy_document: PolicyDocument,
}

impl Resource for BucketPolicy {
    const TYPE: &'static str = "AWS::S3::BucketPolicy";
}
