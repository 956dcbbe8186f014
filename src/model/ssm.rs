//! AWS Systems Manager: parameters.

use serde::Serialize;

use super::resource::Resource;
use super::value::Value;

/// A parameter of the Parameter Store with a string.
///
/// CloudFormation cannot create a `SecureString`. The name is a create-only property. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Parameter {
    name: Value<String>,
    r#type: &'static str,
    value: Value<String>,
}

impl Parameter {
    /// Returns a parameter.
    pub fn string(name: Value<String>, value: Value<String>) -> Self {
        Self { name, r#type: "String", value }
    }
}

impl Resource for Parameter {
    const TYPE: &'static str = "AWS::SSM::Parameter";
}
