//! Templates over the inline limit: the bucket that they are uploaded to, and the URL under which CloudFormation reads them.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, BucketLocationConstraint, CreateBucketConfiguration, ExpirationStatus,
    LifecycleExpiration, LifecycleRule, LifecycleRuleFilter, ObjectOwnership, PublicAccessBlockConfiguration, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};

use super::error::failed;
use crate::aws::{RequestError, Session};
use crate::backend::{BackendError, ChangeSetRequest, StackResource, TemplateBucket};
use crate::cloudformation::{INLINE_TEMPLATE_LIMIT_BYTES, S3_TEMPLATE_LIMIT_BYTES};

/// Days until a template expires in rackform's bucket: CloudFormation reads it only when the change set is created.
const EXPIRY_DAYS: i32 = 30;

/// The only region that must not be given as a bucket's location constraint.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>
const UNCONSTRAINED_REGION: &str = "us-east-1";

/// Uploads templates to S3.
pub(super) struct Templates<'s> {
    session: &'s Session,
    client: Client,
}

impl<'s> Templates<'s> {
    /// Creates a client in the session's region.
    pub(super) fn new(session: &'s Session) -> Result<Self, BackendError> {
        let client = Client::new(session.config());
        let templates = Self { session, client };
        // A custom endpoint rarely has a host name for every bucket.
        let address = templates.address("bucket-name", "key")?;
        let host = address.split('/').nth(2).unwrap_or_default();
        let suffixes = [crate::aws::partition(session.region()).1, "api.aws", "api.amazonwebservices.com.cn"];
        if suffixes.iter().any(|suffix| host.ends_with(suffix)) {
            return Ok(templates);
        }
        let config = aws_sdk_s3::config::Builder::from(session.config()).force_path_style(true).build();
        Ok(Self { session, client: Client::from_conf(config) })
    }

    /// Uploads the template of a request and returns its URL; `resources` are those of the deployed stack.
    pub(super) fn upload(&self, request: &ChangeSetRequest, resources: &[StackResource]) -> Result<String, BackendError> {
        let size = request.template.len();
        if size > S3_TEMPLATE_LIMIT_BYTES {
            return Err(BackendError::TemplateTooLarge { size, limit: S3_TEMPLATE_LIMIT_BYTES });
        }
        let (bucket, owner) = match TemplateBucket::of(&request.options, resources) {
            // A named bucket may belong to another account.
            TemplateBucket::Named(bucket) => (bucket, None),
            TemplateBucket::Settings(bucket) => (bucket, Some(self.session.identity()?.account.clone())),
            TemplateBucket::Own => {
                let account = self.session.identity()?.account.clone();
                (self.own_bucket(size, &account, request.options.create_template_bucket)?, Some(account))
            }
        };
        let digest = crate::text::sha256_hex(&request.template);
        let key = format!("rackform/{}/{digest}.template", request.stack);
        let call = self
            .client
            .put_object()
            .bucket(&bucket)
            .key(&key)
            .set_expected_bucket_owner(owner)
            .content_type("application/json")
            .body(ByteStream::from(request.template.clone().into_bytes()));
        self.session.block_on(call.send()).map_err(|error| in_bucket(&bucket, failed("PutObject", error)))?;
        self.address(&bucket, &key)
    }

    /// Returns the URL of an object for CloudFormation: the URL that the SDK would request, without the signature.
    pub(super) fn address(&self, bucket: &str, key: &str) -> Result<String, BackendError> {
        let unusable = |message: String| RequestError::Request { operation: "GetObject", code: None, message };
        let presigning = PresigningConfig::expires_in(Duration::from_secs(60)).map_err(|error| unusable(error.to_string()))?;
        let request = self
            .session
            .block_on(self.client.get_object().bucket(bucket).key(key).presigned(presigning))
            .map_err(|error| failed("GetObject", error))?;
        Ok(request.uri().split('?').next().unwrap_or_default().to_owned())
    }

    /// Returns rackform's bucket for templates, which is created if requested.
    fn own_bucket(&self, size: usize, account: &str, create: bool) -> Result<String, BackendError> {
        let region = self.session.region();
        let bucket = TemplateBucket::own_name(account, region);
        let found = self.session.block_on(self.client.head_bucket().bucket(&bucket).expected_bucket_owner(account).send());
        match found {
            Ok(_) => return Ok(bucket),
            Err(_) if create => {}
            Err(error) => {
                // The bucket does not exist or is not accessible: another one is required. Only a missing response is reported as such.
                let error = failed("HeadBucket", error);
                return Err(match error {
                    BackendError::Request(RequestError::Unreachable { .. } | RequestError::Credentials { .. }) => error,
                    _ => BackendError::NoTemplateBucket { size, limit: INLINE_TEMPLATE_LIMIT_BYTES },
                });
            }
        }
        let location = (region != UNCONSTRAINED_REGION)
            .then(|| CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(region)).build());
        let call = self
            .client
            .create_bucket()
            .bucket(&bucket)
            .object_ownership(ObjectOwnership::BucketOwnerEnforced)
            .set_create_bucket_configuration(location);
        match self.session.block_on(call.send()).map_err(|error| failed("CreateBucket", error)) {
            Ok(_) => {}
            // A lost response, or an earlier run that was interrupted below.
            Err(error) if error.code() == Some("BucketAlreadyOwnedByYou") => {}
            Err(error) => return Err(in_bucket(&bucket, error)),
        }
        self.configure_bucket(&bucket, account).map_err(|error| in_bucket(&bucket, error))?;
        Ok(bucket)
    }

    /// Makes a bucket private and encrypted, with objects that expire.
    fn configure_bucket(&self, bucket: &str, account: &str) -> Result<(), BackendError> {
        let unusable = |error: aws_sdk_s3::error::BuildError| RequestError::Request {
            operation: "CreateBucket",
            code: None,
            message: error.to_string(),
        };
        let private = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .ignore_public_acls(true)
            .block_public_policy(true)
            .restrict_public_buckets(true)
            .build();
        let call = self.client.put_public_access_block().bucket(bucket).expected_bucket_owner(account);
        self.session
            .block_on(call.public_access_block_configuration(private).send())
            .map_err(|error| failed("PutPublicAccessBlock", error))?;
        let by_default = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256).build().map_err(unusable)?;
        let encrypted = ServerSideEncryptionConfiguration::builder()
            .rules(ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(by_default).build())
            .build()
            .map_err(unusable)?;
        let call = self.client.put_bucket_encryption().bucket(bucket).expected_bucket_owner(account);
        self.session
            .block_on(call.server_side_encryption_configuration(encrypted).send())
            .map_err(|error| failed("PutBucketEncryption", error))?;
        let rule = LifecycleRule::builder()
            .id("rackform-templates-expire")
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().prefix("").build())
            .expiration(LifecycleExpiration::builder().days(EXPIRY_DAYS).build())
            .abort_incomplete_multipart_upload(AbortIncompleteMultipartUpload::builder().days_after_initiation(1).build())
            .build()
            .map_err(unusable)?;
        let expiring = BucketLifecycleConfiguration::builder().rules(rule).build().map_err(unusable)?;
        let call = self.client.put_bucket_lifecycle_configuration().bucket(bucket).expected_bucket_owner(account);
        self.session
            .block_on(call.lifecycle_configuration(expiring).send())
            .map(drop)
            .map_err(|error| failed("PutBucketLifecycleConfiguration", error))
    }
}

/// Adds the bucket's name to an error.
fn in_bucket(bucket: &str, error: BackendError) -> BackendError {
    match error {
        BackendError::Request(RequestError::Request { operation, code, message }) => {
            RequestError::Request { operation, code, message: format!("bucket `{bucket}`: {message}") }.into()
        }
        other => other,
    }
}

/// Returns the URL under which CloudFormation reads a template from a bucket.
///
/// # Errors
///
/// Returns an error if there are no credentials, without which the SDK creates no URL.
pub fn template_address(session: &Session, bucket: &str, key: &str) -> Result<String, BackendError> {
    Templates::new(session)?.address(bucket, key)
}
