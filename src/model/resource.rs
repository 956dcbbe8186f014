//! A resource as it stands in a template: its type, condition, dependencies and policies around its properties.

use serde::{Serialize, Serializer};

use super::reference::{ConditionName, LogicalId};
use super::value::{OrNoValue, Value};

/// The properties of one resource type.
pub trait Resource: Serialize {
    /// The type's name, such as `AWS::EFS::FileSystem`.
    const TYPE: &'static str;
}

/// What happens to the physical resource when it leaves the stack, or when an update replaces it.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum RetentionPolicy {
    /// It is deleted with its content.
    Delete,
    /// It stays in the account, no longer in the stack.
    Retain,
}

/// A resource with what stands around its properties.
#[derive(Clone, Debug)]
pub struct Declared<R> {
    condition: Option<ConditionName>,
    depends_on: Vec<String>,
    retention: Option<RetentionPolicy>,
    properties: R,
}

impl<R: Resource> Declared<R> {
    /// Returns a resource that exists whatever the conditions are.
    pub fn new(properties: R) -> Self {
        Self { condition: None, depends_on: Vec::new(), retention: None, properties }
    }

    /// Makes the resource exist only under a condition.
    #[must_use]
    pub fn only_if(mut self, condition: &ConditionName) -> Self {
        self.condition = Some(condition.clone());
        self
    }

    /// Creates the resource after another one, for an order that no reference tells.
    #[must_use]
    pub fn after<O: Resource>(mut self, other: &LogicalId<O>) -> Self {
        self.depends_on.push(other.name().to_owned());
        self
    }

    /// Says what happens on removal and on replacement alike, as both `DeletionPolicy` and `UpdateReplacePolicy`.
    #[must_use]
    pub fn on_removal(mut self, retention: RetentionPolicy) -> Self {
        self.retention = Some(retention);
        self
    }
}

impl<R: Resource> Serialize for Declared<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Written<'a, R> {
            r#type: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            condition: &'a Option<ConditionName>,
            #[serde(skip_serializing_if = "<[String]>::is_empty")]
            depends_on: &'a [String],
            #[serde(skip_serializing_if = "Option::is_none")]
            deletion_policy: Option<RetentionPolicy>,
            #[serde(skip_serializing_if = "Option::is_none")]
            update_replace_policy: Option<RetentionPolicy>,
            properties: &'a R,
        }
        Written {
            r#type: R::TYPE,
            condition: &self.condition,
            depends_on: &self.depends_on,
            deletion_policy: self.retention,
            update_replace_policy: self.retention,
            properties: &self.properties,
        }
        .serialize(serializer)
    }
}

/// A tag.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Value<String>,
}

impl Tag {
    /// Returns a tag.
    pub fn new(key: &str, value: impl Into<Value<String>>) -> Self {
        Self { key: key.to_owned(), value: value.into() }
    }

    /// Returns the tag that consoles show as a resource's name.
    pub fn name(value: impl Into<Value<String>>) -> Self {
        Self::new("Name", value)
    }
}

/// An optional property: absent, there, or there under a condition.
pub type Property<T> = Option<OrNoValue<T>>;
