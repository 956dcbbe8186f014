//! AWS KMS: keys and their aliases.

use serde::Serialize;

use super::iam::PolicyDocument;
use super::reference::Id;
use super::resource::{Resource, Tag};
use super::value::Value;

/// A customer-managed key.
///
/// Deleting it makes everything under it unreadable for ever, hence the waiting time in days.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Key {
    /// What it is for.
    pub description: Value<String>,
    /// Who may use it; a key without a statement for the account's root can be locked out.
    pub key_policy: PolicyDocument,
    /// Whether its material changes every year.
    pub enable_key_rotation: bool,
    /// Days between the removal from the stack and the end of the key, 7 to 30.
    pub pending_window_in_days: u8,
    /// Tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl Resource for Key {
    const TYPE: &'static str = "AWS::KMS::Key";
}

/// A name for a key.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-alias.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Alias {
    /// The name, which starts with `alias/`.
    pub alias_name: Value<String>,
    /// The key.
    pub target_key_id: Value<Id<Key>>,
}

impl Resource for Alias {
    const TYPE: &'static str = "AWS::KMS::Alias";
}
