//! The rack's API: its balancer, its web service and its monitor. A rack without a `Version` has none; builds and networks do not need it.

mod balancer;
mod inputs;
mod labels;
mod tasks;

use crate::model::elb::{ListenerRule, TargetGroup};
use crate::model::name::LogicalId;
use crate::model::sections::Sections;

const TARGETS: LogicalId<TargetGroup> = LogicalId::new("ApiBalancerTargetGroup");
const RULE: LogicalId<ListenerRule> = LogicalId::new("ApiBalancerListenerRule");

pub(super) fn declare(rack: &mut Sections) {
    inputs::declare(rack);
    balancer::declare(rack);
    tasks::declare(rack);
}
