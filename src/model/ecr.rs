//! Amazon ECR: repositories and their lifecycle policies.

use std::fmt::Write as _;

use serde::{Serialize, Serializer};

use super::resource::{Property, Resource, Tag};
use super::value::Value;

/// A repository of images.
///
/// The name can only be set at creation, and is lower-case. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Repository {
    /// The name.
    pub repository_name: Value<String>,
    /// Whether a tag can be pushed again.
    pub image_tag_mutability: TagMutability,
    /// Whether the repository can be deleted with images in it; CloudFormation fails to delete it otherwise.
    pub empty_on_delete: bool,
    /// What is thrown away and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle_policy: Property<LifecyclePolicy>,
    /// Tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl Resource for Repository {
    const TYPE: &'static str = "AWS::ECR::Repository";
}

/// Whether a tag can be pushed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TagMutability {
    /// It can; a cache needs that.
    Mutable,
    /// It cannot.
    Immutable,
}

/// Rules for throwing images away, written as the JSON text that ECR takes.
///
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html>
#[derive(Clone, Debug, PartialEq)]
pub struct LifecyclePolicy {
    /// The rules; the first has priority 1.
    pub rules: Vec<LifecycleRule>,
}

/// A rule: images with those tags are deleted so many days after their push.
#[derive(Clone, Debug, PartialEq)]
pub struct LifecycleRule {
    /// What it is for; without quotation marks or `${`, since it stands inside a text.
    pub description: &'static str,
    /// Which images.
    pub tags: TagStatus,
    /// How many days after the push: a number, or a parameter.
    pub days_since_push: Value<u32>,
}

/// Which images a lifecycle rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagStatus {
    /// All; such a rule comes last.
    Any,
    /// Those that no tag names any more.
    Untagged,
}

impl LifecyclePolicy {
    /// Returns the policy as JSON text in which a parameter stands as `${Name}`.
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
        struct Written {
            lifecycle_policy_text: Value<String>,
        }
        let text = self.text();
        let lifecycle_policy_text = if text.contains("${") { Value::sub(text) } else { Value::literal(text) };
        Written { lifecycle_policy_text }.serialize(serializer)
    }
}
