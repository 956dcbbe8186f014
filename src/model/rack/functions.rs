//! What the rack's Lambda functions have in common.

use super::network;
use crate::model::condition::Condition;
use crate::model::lambda::VpcConfig;
use crate::model::name::{ConditionName, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

const PLACE_IN_VPC: ParameterName<String> = ParameterName::new("PlaceLambdaInVpc");

const IN_VPC: ConditionName = ConditionName::new("PrivateAndPlaceLambdaInVpc");

/// The runtime of the inline code.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>
pub(super) const RUNTIME: &str = "python3.13";

pub(super) fn declare(rack: &mut Sections) {
    const PLACED: ConditionName = ConditionName::new("PlaceLambdaInVpcCond");
    let place = "Run the rack's Lambda functions in the private subnets. Only used when Private is set to Yes";
    rack.parameter(Group::Network, &PLACE_IN_VPC, &Parameter::choice(&["No", "Yes"], place));
    rack.condition(&PLACED, &Condition::parameter_is(&PLACE_IN_VPC, "Yes"));
    rack.condition(&IN_VPC, &Condition::both(&network::PRIVATE_INSTANCES, &PLACED));
}

/// Returns the network of a function: the private subnets, or none.
pub(super) fn vpc_config() -> OrNoValue<VpcConfig> {
    let config = VpcConfig { security_group_ids: vec![network::instance_security_group()], subnet_ids: network::private_subnets() };
    OrNoValue::only_if(&IN_VPC, config)
}

/// Returns the managed policy of a function that writes a log and can be in a VPC.
///
/// Source: <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaVPCAccessExecutionRole.html>
pub(super) fn execution_policy() -> Value<String> {
    Value::sub("arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole")
}
