//! Amazon ECR: repositories and their lifecycle policies.

use std::fmt::Write as _;

use serde::{Serialize, Serializer};

use super::declared::{Property, Tag};
use super::kms::{Encryptable, EncryptionKey, Key, KeyService};
use super::name::Arn;
use super::resource::Resource;
use super::value::Value;

/// A repository of images.
///
/// Name and encryption are create-only properties: a change of either replaces the repository. The name is in lower case. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Repository {
    /// The name.
    pub repository_name: Value<String>,
    /// Whether a push can overwrite a tag.
    pub image_tag_mutability: TagMutability,
    /// Whether the repository can be deleted with images in it. If false, CloudFormation fails to delete a repository with images.
    pub empty_on_delete: bool,
    /// The encryption; ECR uses its own key if absent. Set with [`Encryptable::encrypted_with`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_configuration: Property<EncryptionConfiguration>,
    /// The rules that expire images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle_policy: Property<LifecyclePolicy>,
    /// Tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl Resource for Repository {
    const TYPE: &'static str = "AWS::ECR::Repository";
}

impl Encryptable for Repository {
    const SERVICE: KeyService = KeyService::Ecr;

    fn encrypted_with(mut self, key: &EncryptionKey) -> Self {
        let with_key = |kms_key| Value::literal(EncryptionConfiguration { encryption_type: "KMS", kms_key });
        self.encryption_configuration = Some(key.with_arn(with_key));
        self
    }
}

/// The encryption of a repository with a customer-managed key.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecr-repository-encryptionconfiguration.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct EncryptionConfiguration {
    encryption_type: &'static str,
    kms_key: Value<Arn<Key>>,
}

/// Whether a push can overwrite a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TagMutability {
    /// A push can overwrite a tag; a build cache requires this.
    Mutable,
    /// A push to an existing tag fails.
    Immutable,
}

/// A lifecycle policy, which ECR takes as a JSON string.
///
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html>
#[derive(Clone, Debug, PartialEq)]
pub struct LifecyclePolicy {
    /// The rules in order of priority; the first has priority 1.
    pub rules: Vec<LifecycleRule>,
}

/// A rule that deletes images a number of days after their push.
#[derive(Clone, Debug, PartialEq)]
pub struct LifecycleRule {
    /// The rule's purpose; must not contain quotation marks or `${`, because it becomes part of a JSON string.
    pub description: &'static str,
    /// The images that the rule selects.
    pub tags: TagStatus,
    /// Days after the push: a number or a parameter.
    pub days_since_push: Value<u32>,
}

/// The images that a lifecycle rule selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagStatus {
    /// All images; such a rule must be the last one.
    Any,
    /// Images without a tag.
    Untagged,
}

impl LifecyclePolicy {
    /// Returns the policy as JSON text with a parameter as `${Name}`.
    fn text(&self) -> String {
        let mut text = String::from(r#"{"rules":["#);
        for (index, LifecycleRule { description, tags, days_since_push }) in self.rules.iter().enumerate() {
            let tags = match tags {
                TagStatus::Any => "any",
                TagStatus::Untagged => "untagged",
            };
            let days = match days_since_push.as_reference() {
                Some(parameter) => format!("${{{parameter}}}"),
                None => days_since_push.to_text().as_literal().cloned().unwrap_or_default(),
            };
            let separator = if index == 0 { "" } else { "," };
            let _ = write!(
                text,
                r#"{separator}{{"rulePriority":{priority},"description":"{description}","selection":{{"tagStatus":"{tags}","countType":"sinceImagePushed","countUnit":"days","countNumber":{days}}},"action":{{"type":"expire"}}}}"#,
                priority = index + 1,
            );
        }
        text.push_str("]}");
        text
    }
}

impl Serialize for LifecyclePolicy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Serialized {
            lifecycle_policy_text: Value<String>,
        }
        let text = self.text();
        let lifecycle_policy_text = if text.contains("${") { Value::sub(text) } else { Value::literal(text) };
        Serialized { lifecycle_policy_text }.serialize(serializer)
    }
}
