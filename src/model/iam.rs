//! AWS IAM: roles and policy documents.

use serde::Serialize;
use serde_json::Value as Json;

use super::declared::Property;
use super::name::ConditionName;
use super::resource::Resource;
use super::value::{OrNoValue, Value};

/// A policy document of the current policy language.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyDocument {
    version: &'static str,
    statement: Vec<OrNoValue<Statement>>,
}

impl PolicyDocument {
    /// Returns a document of statements that are always there.
    pub fn new(statements: impl IntoIterator<Item = Statement>) -> Self {
        Self { version: "2012-10-17", statement: statements.into_iter().map(OrNoValue::always).collect() }
    }

    /// Adds a statement that is there only under a condition.
    #[must_use]
    pub fn with_if(mut self, condition: &ConditionName, statement: Statement) -> Self {
        self.statement.push(OrNoValue::only_if(condition, statement));
        self
    }
}

/// A statement that allows something.
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
    /// Returns a statement that allows actions on resources, each an ARN or a pattern of one.
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

    /// Returns a statement that lets an AWS service take on the role that it stands in.
    pub fn assume_by_service(sid: &str, service: &str) -> Self {
        Self::allow(sid, &["sts:AssumeRole"], []).to_principal(serde_json::json!({ "Service": [service] }))
    }

    /// Says whom a resource's own policy allows.
    #[must_use]
    pub fn to_principal(mut self, principal: Json) -> Self {
        self.principal = Some(principal);
        self
    }

    /// Says under which condition keys, as `{operator: {key: value}}`.
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
    /// Who may take it on.
    pub assume_role_policy_document: PolicyDocument,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Property<String>,
    /// The path of its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Property<String>,
    /// Policies that AWS keeps, by ARN.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub managed_policy_arns: Vec<Value<String>>,
    /// Its own policies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Policy>,
}

impl Role {
    /// Returns a role that an AWS service takes on, and that may do nothing yet.
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

/// A policy inside a role.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    /// Its name, unique in the role.
    pub policy_name: String,
    /// What it allows.
    pub policy_document: PolicyDocument,
}
