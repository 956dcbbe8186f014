//! Amazon CloudWatch Logs: log groups.

use serde::Serialize;

use super::declared::{Property, Tag};
use super::kms::{Encryptable, EncryptionKey, Key, KeyService};
use super::name::Arn;
use super::resource::Resource;

/// A log group.
///
/// A change of the key affects only log events that arrive later.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LogGroup {
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_id: Property<Arn<Key>>,
    /// Days until a log event is deleted. Absent: log events never expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_in_days: Property<u32>,
    /// Tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl LogGroup {
    /// Returns a log group that CloudWatch Logs encrypts with its own key.
    pub fn new(retention_in_days: Property<u32>, tags: Vec<Tag>) -> Self {
        Self { kms_key_id: None, retention_in_days, tags }
    }
}

impl Resource for LogGroup {
    const TYPE: &'static str = "AWS::Logs::LogGroup";
}

impl Encryptable for LogGroup {
    const SERVICE: KeyService = KeyService::Logs;

    fn encrypted_with(mut self, key: &EncryptionKey) -> Self {
        self.kms_key_id = Some(key.arn());
        self
    }
}
