//! What the containers of the rack's tasks have in common.

use super::instances::HTTP_PROXY;
use crate::model::condition::Condition;
use crate::model::ecs::EnvironmentVariable;
use crate::model::name::{ConditionName, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::sections::Sections;
use crate::model::value::Value;

const READONLY_CHOICE: ParameterName<String> = ParameterName::new("EnableContainerReadonlyRootFilesystem");
const READONLY: ConditionName = ConditionName::new("EnableContainerReadonlyRootFilesystem");

/// The path of the engine's socket, on the instance and in the container.
pub(super) const DOCKER_SOCKET: &str = "/var/run/docker.sock";
/// Hosts that no proxy can reach: the metadata services of the instance and of the task, and the engine.
const NO_PROXY: &str = "169.254.169.254,169.254.170.2,/var/run/docker.sock";

pub(super) fn declare(rack: &mut Sections) {
    let readonly = "Give the rack's own containers a read-only root file system; they write to volumes only";
    rack.parameter(Group::Tasks, &READONLY_CHOICE, &Parameter::choice(&["No", "Yes"], readonly));
    rack.condition(&READONLY, &Condition::parameter_is(&READONLY_CHOICE, "Yes"));
}

/// Returns whether the root file system of a container is read-only.
pub(super) fn readonly() -> Value<bool> {
    Value::if_else(&READONLY, true, false)
}

/// Returns the variables with the proxy of a container.
pub(super) fn proxy_variables() -> [EnvironmentVariable; 3] {
    [
        EnvironmentVariable::new("NO_PROXY", NO_PROXY),
        EnvironmentVariable::new("HTTP_PROXY", HTTP_PROXY.value()),
        EnvironmentVariable::new("HTTPS_PROXY", HTTP_PROXY.value()),
    ]
}
