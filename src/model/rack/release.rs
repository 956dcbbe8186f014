//! The release of the API and its password. A rack without a release has no API.

use crate::model::condition::Condition;
use crate::model::declared::Declared;
use crate::model::name::{ConditionName, LogicalId, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::sections::Sections;
use crate::model::ssm;
use crate::model::value::Value;

/// The release of the API, or blank.
pub(super) const VERSION: ParameterName<String> = ParameterName::new("Version");
/// The password of the API.
const PASSWORD: ParameterName<String> = ParameterName::new("Password");

/// The rack has an API.
pub(super) const HAS_API: ConditionName = ConditionName::new("HasApi");

const SECRET: LogicalId<ssm::Parameter> = LogicalId::new("RackApiSecret");

/// The end of the secret's name after the name of the stack.
const SECRET_SUFFIX: &str = "RackApiSecret";

pub(super) fn declare(rack: &mut Sections) {
    let version = Parameter::string("", "Release of the rack's API. If blank, the rack has no API, and builds are started by other means")
        .matching("[A-Za-z0-9_.-]{0,64}", "must be a release, such as 20260421120000, or blank");
    rack.parameter(Group::Api, &VERSION, &version);
    let password = Parameter::string("", "Password of the API, at most 50 characters. Required with Version").secret().of_length(0, 50);
    rack.parameter(Group::Api, &PASSWORD, &password);
    rack.condition(&HAS_API, &Condition::parameter_is(&VERSION, "").negated());
    let secret = ssm::Parameter::string(Value::sub(format!("${{AWS::StackName}}{SECRET_SUFFIX}")), PASSWORD.value());
    rack.resource(&SECRET, &Declared::new(secret).only_if(&HAS_API));
    rack.output("Version", Some(&HAS_API), "Release of the API", &VERSION.value());
}

/// Returns the ARN of the secret with the password, from which ECS reads it.
pub(super) fn password_arn() -> Value<String> {
    Value::sub(format!("arn:${{AWS::Partition}}:ssm:${{AWS::Region}}:${{AWS::AccountId}}:parameter/${{AWS::StackName}}{SECRET_SUFFIX}"))
}
