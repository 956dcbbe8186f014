//! Parameters of the number of instances, and the sizes of the group of On-Demand Instances.

use super::spot::{FLEET_AND_HIGHLY_AVAILABLE, FLEET_MINIMUM, FLEET_MINIMUM_IS_ONE, SPOT_AND_HIGHLY_AVAILABLE};
use super::{INSTANCE_COUNT, ON_DEMAND_MINIMUM, SMALL_INSTANCE_COUNT, SPOT_FLEET};
use crate::model::name::ParameterName;
use crate::model::parameter::{Group, Parameter};
use crate::model::rack::network::HIGHLY_AVAILABLE;
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

pub(super) const BATCH_SIZE: ParameterName<u32> = ParameterName::new("InstanceUpdateBatchSize");

/// The largest number of instances of a group without a limit of its own.
pub(super) const UNLIMITED: u32 = 1000;

pub(super) fn declare(rack: &mut Sections) {
    let count = "Number of instances with HighAvailability; with Autoscale, the smallest number";
    rack.parameter(Group::Scaling, &INSTANCE_COUNT, &Parameter::number(3, count).at_least(3));
    let count = "Number of instances without HighAvailability when the group is created";
    rack.parameter(Group::Scaling, &SMALL_INSTANCE_COUNT, &Parameter::number(1, count).at_least(1));
    let batch = "Number of instances that an update of the stack replaces at a time";
    rack.parameter(Group::Scaling, &BATCH_SIZE, &Parameter::number(1, batch).at_least(1));
    let on_demand = "Smallest number of On-Demand Instances beside Spot Instances. Only used with SpotInstanceBid and HighAvailability";
    rack.parameter(Group::Scaling, &ON_DEMAND_MINIMUM, &Parameter::number(3, on_demand).at_least(1));
}

/// Returns the smallest number of On-Demand Instances without a Spot Fleet.
pub(super) fn minimum_without_fleet() -> Value<u32> {
    let without_spot = Value::if_else(&HIGHLY_AVAILABLE, INSTANCE_COUNT.value(), 1);
    Value::if_else(&SPOT_AND_HIGHLY_AVAILABLE, ON_DEMAND_MINIMUM.value(), without_spot)
}

/// Returns the number of On-Demand Instances to start with, without a Spot Fleet. Beside Spot Instances, the group keeps its number.
pub(super) fn desired_without_fleet() -> OrNoValue<u32> {
    OrNoValue::unless(&SPOT_AND_HIGHLY_AVAILABLE, instance_count())
}

/// Returns the number of instances that the operator wants.
pub(super) fn instance_count() -> Value<u32> {
    Value::if_else(&HIGHLY_AVAILABLE, INSTANCE_COUNT.value(), SMALL_INSTANCE_COUNT.value())
}

/// Returns the smallest, the desired and the largest number of On-Demand Instances. Beside a Spot Fleet, all three are equal.
pub(super) fn on_demand_sizes() -> (Value<u32>, OrNoValue<u32>, Value<u32>) {
    let beside_fleet = || Value::if_else(&FLEET_MINIMUM_IS_ONE, Value::if_else(&FLEET_AND_HIGHLY_AVAILABLE, 2, 1), FLEET_MINIMUM.value());
    (
        Value::if_else(&SPOT_FLEET, beside_fleet(), minimum_without_fleet()),
        OrNoValue::if_else(&SPOT_FLEET, beside_fleet(), desired_without_fleet()),
        Value::if_else(&SPOT_FLEET, beside_fleet(), UNLIMITED),
    )
}
