//! Parameters and conditions of Spot Instances and of the Spot Fleet; a rack has at most one of the two.

use super::{SPOT, SPOT_FLEET};
use crate::model::condition::Condition;
use crate::model::name::{ConditionName, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::rack::network::HIGHLY_AVAILABLE;
use crate::model::sections::Sections;
use crate::model::value::Value;

pub(super) const BID: ParameterName<String> = ParameterName::new("SpotInstanceBid");
pub(super) const FLEET_PRICE: ParameterName<String> = ParameterName::new("SpotFleetMaxPrice");
pub(super) const FLEET_MINIMUM: ParameterName<u32> = ParameterName::new("SpotFleetMinOnDemandCount");
pub(super) const FLEET_ALLOWED: ParameterName<Vec<String>> = ParameterName::new("SpotFleetAllowedInstanceTypes");
pub(super) const FLEET_EXCLUDED: ParameterName<Vec<String>> = ParameterName::new("SpotFleetExcludedInstanceTypes");
pub(super) const FLEET_STRATEGY: ParameterName<String> = ParameterName::new("SpotFleetAllocationStrategy");
pub(super) const FLEET_MEMORY: ParameterName<u32> = ParameterName::new("SpotFleetMinMemoryMiB");
pub(super) const FLEET_VCPUS: ParameterName<u32> = ParameterName::new("SpotFleetMinVcpuCount");
pub(super) const FLEET_UNIT: ParameterName<String> = ParameterName::new("SpotFleetTargetType");

pub(super) const SPOT_AND_HIGHLY_AVAILABLE: ConditionName = ConditionName::new("SpotInstancesAndHA");
pub(super) const FLEET_AND_HIGHLY_AVAILABLE: ConditionName = ConditionName::new("SpotFleetAndHA");
pub(super) const FLEET_MINIMUM_IS_ONE: ConditionName = ConditionName::new("SpotFleetMinOnDemandCountIsOne");
pub(super) const SOME_ALLOWED: ConditionName = ConditionName::new("SpotFleetAllowedInstanceTypes");
pub(super) const SOME_EXCLUDED: ConditionName = ConditionName::new("SpotFleetExcludedInstanceTypes");
pub(super) const NO_SPOT_FLEET: ConditionName = ConditionName::new("NotSpotFleet");

pub(super) fn declare(rack: &mut Sections) {
    declare_parameters(rack);
    declare_conditions(rack);
}

fn declare_parameters(rack: &mut Sections) {
    let price = |description: &str| {
        Parameter::string("", description).matching(r"(\d+(\.\d+)?)?", "must be a price in US dollars per hour, such as 0.05, or blank")
    };
    let bid = "Highest price in US dollars per hour for a Spot Instance. If set, the cluster has a second group, of Spot Instances";
    rack.parameter(Group::Scaling, &BID, &price(bid));
    let fleet = "Highest price in US dollars per hour of the whole Spot Fleet. If set, the cluster has a Spot Fleet";
    rack.parameter(Group::Scaling, &FLEET_PRICE, &price(fleet));
    let minimum = "Number of On-Demand Instances beside the Spot Fleet. 1 means 2 with HighAvailability";
    rack.parameter(Group::Scaling, &FLEET_MINIMUM, &Parameter::number(1, minimum).at_least(1));
    let types = |description: &str| {
        let constraint = "must be instance types, perhaps with wildcards, such as m7i.*";
        Parameter::list("", description).matching(r"([a-z0-9-]+\.[a-z0-9*-]+)?", constraint)
    };
    let allowed = "Instance types of the Spot Fleet. If blank, all types with enough memory and CPUs";
    rack.parameter(Group::Scaling, &FLEET_ALLOWED, &types(allowed));
    let excluded = "Instance types that the Spot Fleet does not use. Not allowed together with SpotFleetAllowedInstanceTypes";
    rack.parameter(Group::Scaling, &FLEET_EXCLUDED, &types(excluded));
    let strategy = "How the Spot Fleet selects instances: the lowest price, all pools alike, or the pools with the most free capacity";
    let strategy = Parameter::choice(&["lowestPrice", "diversified", "capacityOptimized"], strategy);
    rack.parameter(Group::Scaling, &FLEET_STRATEGY, &strategy);
    let memory = "Least memory in MiB of an instance of the Spot Fleet";
    rack.parameter(Group::Scaling, &FLEET_MEMORY, &Parameter::number(1000, memory).at_least(0));
    let vcpus = "Least number of virtual CPUs of an instance of the Spot Fleet";
    rack.parameter(Group::Scaling, &FLEET_VCPUS, &Parameter::number(0, vcpus).at_least(0));
    let unit = "What InstanceCount and NoHaInstanceCount count for the Spot Fleet: instances, virtual CPUs, or MiB of memory";
    rack.parameter(Group::Scaling, &FLEET_UNIT, &Parameter::choice(&["units", "vcpu", "memory-mib"], unit));
}

fn declare_conditions(rack: &mut Sections) {
    let blank_list = |list: &ParameterName<Vec<String>>| Condition::Equals(Value::join_list(",", &list.value()), "".into());
    let blank_bid = || Condition::parameter_is(&BID, "");
    rack.condition(&SPOT, &blank_bid().negated());
    rack.condition(&SPOT_AND_HIGHLY_AVAILABLE, &Condition::both(&SPOT, &HIGHLY_AVAILABLE));
    rack.condition(&SPOT_FLEET, &Condition::And(vec![blank_bid(), Condition::parameter_is(&FLEET_PRICE, "").negated()]));
    rack.condition(&FLEET_AND_HIGHLY_AVAILABLE, &Condition::both(&SPOT_FLEET, &HIGHLY_AVAILABLE));
    rack.condition(&NO_SPOT_FLEET, &Condition::Named(SPOT_FLEET).negated());
    rack.condition(&FLEET_MINIMUM_IS_ONE, &Condition::parameter_is(&FLEET_MINIMUM, "1"));
    rack.condition(&SOME_ALLOWED, &blank_list(&FLEET_ALLOWED).negated());
    rack.condition(&SOME_EXCLUDED, &Condition::And(vec![blank_list(&FLEET_EXCLUDED).negated(), blank_list(&FLEET_ALLOWED)]));
}
