//! Where builds run: on instances or on Fargate.

use super::region;
use crate::model::condition::Condition;
use crate::model::name::{ConditionName, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::sections::Sections;

const BUILD_METHOD: ParameterName<String> = ParameterName::new("BuildMethod");

/// Builds run on instances.
pub(super) const USE_BUILD_INSTANCE: ConditionName = ConditionName::new("UseBuildInstance");
/// Builds run on Fargate.
pub(super) const USE_FARGATE_BUILD: ConditionName = ConditionName::new("UseFargateBuild");

pub(super) fn declare(rack: &mut Sections) {
    let method = "Where builds run: ec2 uses an instance of the cluster, fargate uses a separate Fargate task";
    rack.parameter(Group::Build, &BUILD_METHOD, &Parameter::choice(&["ec2", "fargate"], method));
    let chosen = Condition::parameter_is(&BUILD_METHOD, "fargate");
    rack.condition(&USE_FARGATE_BUILD, &Condition::And(vec![Condition::Named(region::HAS_EFS), chosen]));
    rack.condition(&USE_BUILD_INSTANCE, &Condition::Named(USE_FARGATE_BUILD).negated());
}
