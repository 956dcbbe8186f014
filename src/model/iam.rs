//! AWS IAM: roles and policy documents.

use serde::Serialize;
use serde_json::Value as Json;

use super::declared::Property;
use super::name::{ConditionName, Id};
use super::resource::Resource;
use super::value::{OrNoValue, Value};

/// A policy document with the current version of the policy language.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyDocument {
    version: &'static str,
    statement: Vec<OrNoValue<Statement>>,
}

impl PolicyDocument {
    /// Returns a document with unconditional statements.
    pub fn new(statements: impl IntoIterator<Item = Statement>) -> Self {
        Self { version: "2012-10-17", statement: statements.into_iter().map(OrNoValue::always).collect() }
    }

    /// Adds a statement that is present only if a condition is true.
    #[must_use]
    pub fn with_if(mut self, condition: &ConditionName, statement: Statement) -> Self {
        self.statement.push(OrNoValue::only_if(condition, statement));
        self
    }
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    sid: String,
    effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<Json>,
    action: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource: Vec<Value<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Json>,
}

impl Statement {
    /// Returns a statement that allows actions on resources; each resource is an ARN or an ARN pattern.
    pub fn allow(sid: &str, actions: &[&str], resources: impl IntoIterator<Item = Value<String>>) -> Self {
        Self {
            sid: sid.to_owned(),
            effect: "Allow",
            principal: None,
            action: actions.iter().map(|&action| action.to_owned()).collect(),
            resource: resources.into_iter().collect(),
            condition: None,
        }
    }

    /// Returns a statement that denies actions on resources.
    pub fn deny(sid: &str, actions: &[&str], resources: impl IntoIterator<Item = Value<String>>) -> Self {
        Self { effect: "Deny", ..Self::allow(sid, actions, resources) }
    }

    /// Returns a trust policy statement that lets an AWS service assume the role.
    pub fn assume_by_service(sid: &str, service: &str) -> Self {
        Self::allow(sid, &["sts:AssumeRole"], []).to_principal(serde_json::json!({ "Service": [service] }))
    }

    /// Sets the principal, for a resource-based policy.
    #[must_use]
    pub fn to_principal(mut self, principal: Json) -> Self {
        self.principal = Some(principal);
        self
    }

    /// Sets the condition, as `{operator: {key: value}}`.
    #[must_use]
    pub fn when(mut self, condition: Json) -> Self {
        self.condition = Some(condition);
        self
    }
}

/// A role.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Role {
    /// The trust policy.
    pub assume_role_policy_document: PolicyDocument,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Property<String>,
    /// The path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Property<String>,
    /// The ARNs of managed policies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub managed_policy_arns: Vec<OrNoValue<String>>,
    /// The inline policies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Policy>,
}

impl Role {
    /// Returns a role without permissions that an AWS service can assume.
    pub fn for_service(service: &str) -> Self {
        Self {
            assume_role_policy_document: PolicyDocument::new([Statement::assume_by_service("Assume", service)]),
            description: None,
            path: None,
            managed_policy_arns: Vec::new(),
            policies: Vec::new(),
        }
    }
}

impl Resource for Role {
    const TYPE: &'static str = "AWS::IAM::Role";
}

/// An inline policy of a role.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    /// The name, unique in the role.
    pub policy_name: String,
    /// The policy document.
    pub policy_document: PolicyDocument,
}

/// A managed policy, which several roles can use.
///
/// Path and description are create-only properties. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ManagedPolicy {
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Property<String>,
    /// The path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Property<String>,
    /// The policy.
    pub policy_document: PolicyDocument,
}

impl Resource for ManagedPolicy {
    const TYPE: &'static str = "AWS::IAM::ManagedPolicy";
}

/// An instance profile, through which an instance gets its role.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-instanceprofile.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstanceProfile {
    /// The path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Property<String>,
    /// The role, as the only item of a list.
    pub roles: [Value<Id<Role>>; 1],
}

impl Resource for InstanceProfile {
    const TYPE: &'static str = "AWS::IAM::InstanceProfile";
}
