//! AWS Lambda: functions with inline code, and the permission to invoke them.

use indexmap::IndexMap;
use serde::Serialize;

use super::declared::Property;
use super::ec2::{SecurityGroup, Subnet};
use super::iam::Role;
use super::name::{Arn, Id};
use super::resource::Resource;
use super::value::{OrNoValue, Value};

/// A function.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Function {
    /// The description.
    pub description: Value<String>,
    /// The code.
    pub code: Code,
    /// The environment variables.
    pub environment: Environment,
    /// The function to call, as `file.function`; the file of inline code is `index`.
    pub handler: &'static str,
    /// Memory in MiB; CPU time is proportional to it.
    pub memory_size: u32,
    /// The role of the function.
    pub role: Value<Arn<Role>>,
    /// The runtime, such as `python3.13`.
    pub runtime: &'static str,
    /// The longest duration of a call, in seconds.
    pub timeout: u32,
    /// The subnets and security groups; absent for a function outside a VPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_config: Property<VpcConfig>,
}

impl Resource for Function {
    const TYPE: &'static str = "AWS::Lambda::Function";
}

/// The code of a function.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Code {
    zip_file: Value<String>,
}

impl Code {
    /// Returns inline code, which CloudFormation puts into an archive as `index.py` or `index.js`.
    pub fn inline(code: Value<String>) -> Self {
        Self { zip_file: code }
    }
}

/// Environment variables of a function.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Environment {
    /// Values by name.
    pub variables: IndexMap<&'static str, Value<String>>,
}

/// The network of a function in a VPC.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-vpcconfig.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct VpcConfig {
    /// The security groups.
    pub security_group_ids: Vec<Value<Id<SecurityGroup>>>,
    /// The subnets.
    pub subnet_ids: Vec<OrNoValue<Id<Subnet>>>,
}

/// The permission of an AWS service to invoke a function.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Permission {
    action: &'static str,
    function_name: Value<Arn<Function>>,
    principal: &'static str,
    source_arn: Value<String>,
}

impl Permission {
    /// Returns the permission to invoke a function for one resource of a service, such as a rule of `events.amazonaws.com`.
    pub fn invoke(function: Value<Arn<Function>>, service: &'static str, source_arn: Value<String>) -> Self {
        Self { action: "lambda:InvokeFunction", function_name: function, principal: service, source_arn }
    }
}

impl Resource for Permission {
    const TYPE: &'static str = "AWS::Lambda::Permission";
}
