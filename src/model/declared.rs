//! Resource declarations: type, condition, dependencies and policies with the properties.

use serde::{Serialize, Serializer};

use super::name::{ConditionName, LogicalId};
use super::resource::Resource;
use super::value::{OrNoValue, Value};

/// What CloudFormation does with the physical resource when the resource is removed from the stack or replaced.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum DeletionPolicy {
    /// The resource is deleted with its content.
    Delete,
    /// The resource stays in the account but no longer belongs to the stack.
    Retain,
}

/// How CloudFormation updates the instances of an Auto Scaling group.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum UpdatePolicy {
    /// CloudFormation replaces the instances batch by batch.
    #[serde(rename = "AutoScalingRollingUpdate")]
    Rolling(RollingUpdate),
}

/// A rolling update of an Auto Scaling group.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RollingUpdate {
    /// The number of instances that a batch replaces.
    pub max_batch_size: Value<u32>,
    /// The number of instances that stay in service meanwhile.
    pub min_instances_in_service: Value<u32>,
    /// How long CloudFormation waits for the signals of a batch, as an ISO 8601 duration such as `PT5M`.
    pub pause_time: &'static str,
    /// The scaling processes that are suspended meanwhile.
    pub suspend_processes: &'static [&'static str],
    /// Whether each new instance has to signal success.
    pub wait_on_resource_signals: bool,
}

/// A resource declaration: properties, condition, dependencies and policies.
#[derive(Clone, Debug)]
pub struct Declared<R> {
    condition: Option<ConditionName>,
    depends_on: Vec<String>,
    deletion_policy: Option<DeletionPolicy>,
    update_policy: Option<UpdatePolicy>,
    properties: R,
}

impl<R: Resource> Declared<R> {
    /// Returns an unconditional resource.
    pub fn new(properties: R) -> Self {
        Self { condition: None, depends_on: Vec::new(), deletion_policy: None, update_policy: None, properties }
    }

    /// Sets `Condition`: the resource exists only if the condition is true.
    #[must_use]
    pub fn only_if(mut self, condition: &ConditionName) -> Self {
        self.condition = Some(condition.clone());
        self
    }

    /// Adds to `DependsOn`: CloudFormation creates the resource after the other one. Only needed without a reference to it.
    #[must_use]
    pub fn after<O: Resource>(mut self, other: &LogicalId<O>) -> Self {
        self.depends_on.push(other.name().to_owned());
        self
    }

    /// Sets both `DeletionPolicy` and `UpdateReplacePolicy`.
    #[must_use]
    pub fn with_deletion_policy(mut self, policy: DeletionPolicy) -> Self {
        self.deletion_policy = Some(policy);
        self
    }

    /// Sets `UpdatePolicy`.
    #[must_use]
    pub fn with_update_policy(mut self, policy: UpdatePolicy) -> Self {
        self.update_policy = Some(policy);
        self
    }
}

impl<R: Resource> Serialize for Declared<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Serialized<'a, R> {
            r#type: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            condition: &'a Option<ConditionName>,
            #[serde(skip_serializing_if = "<[String]>::is_empty")]
            depends_on: &'a [String],
            #[serde(skip_serializing_if = "Option::is_none")]
            deletion_policy: Option<DeletionPolicy>,
            #[serde(skip_serializing_if = "Option::is_none")]
            update_replace_policy: Option<DeletionPolicy>,
            #[serde(skip_serializing_if = "Option::is_none")]
            update_policy: &'a Option<UpdatePolicy>,
            properties: &'a R,
        }
        Serialized {
            r#type: R::TYPE,
            condition: &self.condition,
            depends_on: &self.depends_on,
            deletion_policy: self.deletion_policy,
            update_replace_policy: self.deletion_policy,
            update_policy: &self.update_policy,
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

    /// Returns the tag `Name`, which the console shows as the name of a resource.
    pub fn name(value: impl Into<Value<String>>) -> Self {
        Self::new("Name", value)
    }
}

/// An optional property: absent, present, or present under a condition.
pub type Property<T> = Option<OrNoValue<T>>;
