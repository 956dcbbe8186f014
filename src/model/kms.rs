//! AWS KMS: keys, their aliases, and resources that a key encrypts.

use serde::Serialize;
use serde_json::json;

use super::declared::Tag;
use super::iam::{PolicyDocument, Statement};
use super::name::{Arn, ConditionName, Id, LogicalId};
use super::resource::Resource;
use super::value::{OrNoValue, Value};

/// A customer-managed key.
///
/// KMS deletes a key after a waiting period in days; all data under a deleted key is lost.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Key {
    /// The key's purpose.
    pub description: Value<String>,
    /// The principals that can use the key. Without a statement for the account's root user, no principal could change the policy later.
    pub key_policy: PolicyDocument,
    /// Whether KMS rotates the key material every year.
    pub enable_key_rotation: bool,
    /// Days between the removal of the key from the stack and its deletion, 7 to 30.
    pub pending_window_in_days: u8,
    /// Tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl Resource for Key {
    const TYPE: &'static str = "AWS::KMS::Key";
}

/// An alias of a key.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-alias.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Alias {
    /// The alias name, which starts with `alias/`.
    pub alias_name: Value<String>,
    /// The ID or ARN of the key.
    pub target_key_id: Value<String>,
}

impl Resource for Alias {
    const TYPE: &'static str = "AWS::KMS::Alias";
}

/// A resource that a customer-managed key can encrypt.
///
/// ```
/// use rackform::model::kms::{EncryptionKey, Encryptable};
/// use rackform::model::{ConditionName, LogicalId, efs::FileSystem};
/// let key = EncryptionKey::only_if(&ConditionName::new("EncryptFiles"), LogicalId::new("CustomerManagedKey"));
/// FileSystem::new(vec![]).encrypted_with(&key);
/// ```
pub trait Encryptable: Resource + Sized {
    /// The service that uses the key; [`KeyService::statement`] is its statement in the key policy.
    const SERVICE: KeyService;

    /// Encrypts the resource with a customer-managed key instead of the service's own key.
    #[must_use]
    fn encrypted_with(self, key: &EncryptionKey) -> Self;
}

/// A customer-managed key in the template, and the condition under which a resource uses it.
#[derive(Clone, Debug, PartialEq)]
pub struct EncryptionKey {
    condition: ConditionName,
    key: LogicalId<Key>,
}

impl EncryptionKey {
    /// Returns a key that a resource uses if a condition is true; otherwise it uses the service's own key.
    pub fn only_if(condition: &ConditionName, key: LogicalId<Key>) -> Self {
        Self { condition: condition.clone(), key }
    }

    /// Returns the key's ID, for a property that accepts one.
    pub fn id(&self) -> OrNoValue<Id<Key>> {
        OrNoValue::only_if(&self.condition, self.key.reference())
    }

    /// Returns the key's ARN, for a property that requires one.
    pub fn arn(&self) -> OrNoValue<Arn<Key>> {
        self.with_arn(|arn| arn)
    }

    /// Returns a property that contains the key's ARN.
    pub fn with_arn<T>(&self, property: impl FnOnce(Value<Arn<Key>>) -> Value<T>) -> OrNoValue<T> {
        OrNoValue::only_if(&self.condition, property(self.key.arn()))
    }
}

/// A service that uses a customer-managed key for its resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyService {
    /// Amazon EFS. Source: <https://docs.aws.amazon.com/efs/latest/ug/encryption-at-rest.html>
    Efs,
    /// Amazon ECR. Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html>
    Ecr,
    /// Amazon CloudWatch Logs. Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>
    Logs,
}

impl KeyService {
    /// Returns the statement of the key policy that lets the service use the key for resources of this account and region.
    pub fn statement(self) -> Statement {
        let all = || [Value::from("*")];
        let via = |endpoint: &str| {
            json!({ "StringEquals": {
                "kms:CallerAccount": { "Ref": "AWS::AccountId" },
                "kms:ViaService": Value::sub(format!("{endpoint}.${{AWS::Region}}.amazonaws.com")),
            } })
        };
        match self {
            Self::Efs => {
                let actions =
                    ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];
                Statement::allow("FileSystems", &actions, all()).to_principal(json!({ "AWS": "*" })).when(via("elasticfilesystem"))
            }
            Self::Ecr => {
                let actions = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*", "kms:RetireGrant"];
                Statement::allow("Repositories", &actions, all()).to_principal(json!({ "AWS": "*" })).when(via("ecr"))
            }
            Self::Logs => {
                let actions = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"];
                let log_groups = Value::sub("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:*");
                Statement::allow("LogGroups", &actions, all())
                    .to_principal(json!({ "Service": Value::sub("logs.${AWS::Region}.amazonaws.com") }))
                    .when(json!({ "ArnLike": { "kms:EncryptionContext:aws:logs:arn": log_groups } }))
            }
        }
    }
}
