//! Scheduled actions, which end all instances at some times and start them again at others.

use super::sizes::{UNLIMITED, desired_without_fleet, minimum_without_fleet};
use super::spot::NO_SPOT_FLEET;
use super::{BUILD_GROUP, BUILDERS, GROUP, SCHEDULED, SPOT, SPOT_GROUP};
use crate::model::autoscaling::{AutoScalingGroup, ScheduledAction};
use crate::model::condition::Condition;
use crate::model::declared::{Declared, Property};
use crate::model::name::{ConditionName, LogicalId, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

const DOWN: ParameterName<String> = ParameterName::new("ScheduleRackScaleDown");
const UP: ParameterName<String> = ParameterName::new("ScheduleRackScaleUp");

const ON_DEMAND_SCHEDULED: ConditionName = ConditionName::new("SetScheduleRackScaleAndNotSpotFleet");
const BUILDERS_SCHEDULED: ConditionName = ConditionName::new("SetScheduleRackScaleAndDedicatedBuilderAS");
const SPOT_SCHEDULED: ConditionName = ConditionName::new("SpotInstancesAndSetScheduleRack");

/// A group with its two actions.
struct Scheduled {
    group: LogicalId<AutoScalingGroup>,
    condition: ConditionName,
    down: LogicalId<ScheduledAction>,
    up: LogicalId<ScheduledAction>,
    /// The desired, the smallest and the largest number of instances after the start.
    sizes: (Property<u32>, Value<u32>, Value<u32>),
}

pub(super) fn declare(rack: &mut Sections) {
    let schedule = |description: &str| {
        let constraint = "must be a cron expression with five fields, such as 0 20 * * 5, or blank";
        Parameter::string("", description).matching(r"(\S+( \S+){4})?", constraint)
    };
    let down = "When all instances end, as a cron expression in UTC: minute, hour, day of month, month, day of week. Not allowed without \
        ScheduleRackScaleUp";
    rack.parameter(Group::Scaling, &DOWN, &schedule(down));
    let up = "When instances start again, as a cron expression in UTC. Not allowed without ScheduleRackScaleDown";
    rack.parameter(Group::Scaling, &UP, &schedule(up));

    let blank = |parameter| Condition::parameter_is(parameter, "");
    rack.condition(&SCHEDULED, &Condition::And(vec![blank(&DOWN), blank(&UP)]).negated());
    rack.condition(&ON_DEMAND_SCHEDULED, &Condition::both(&SCHEDULED, &NO_SPOT_FLEET));
    rack.condition(&BUILDERS_SCHEDULED, &Condition::both(&SCHEDULED, &BUILD_GROUP));
    rack.condition(&SPOT_SCHEDULED, &Condition::both(&SPOT, &SCHEDULED));

    for scheduled in groups() {
        declare_actions(rack, scheduled);
    }
}

fn groups() -> [Scheduled; 3] {
    [
        Scheduled {
            group: GROUP,
            condition: ON_DEMAND_SCHEDULED,
            down: LogicalId::new("InstancesScheduleRackScaleDown"),
            up: LogicalId::new("InstancesScheduleRackScaleUp"),
            sizes: (Some(desired_without_fleet()), minimum_without_fleet(), UNLIMITED.into()),
        },
        Scheduled {
            group: BUILDERS,
            condition: BUILDERS_SCHEDULED,
            down: LogicalId::new("BuildScheduleRackScaleDown"),
            up: LogicalId::new("BuildScheduleRackScaleUp"),
            sizes: (Some(OrNoValue::always(1)), 1.into(), 2.into()),
        },
        Scheduled {
            group: SPOT_GROUP,
            condition: SPOT_SCHEDULED,
            down: LogicalId::new("SpotScheduleRackScaleDown"),
            up: LogicalId::new("SpotScheduleRackScaleUp"),
            sizes: (None, 0.into(), UNLIMITED.into()),
        },
    ]
}

fn declare_actions(rack: &mut Sections, scheduled: Scheduled) {
    let Scheduled { group, condition, down, up, sizes: (desired_capacity, min_size, max_size) } = scheduled;
    let all_end = ScheduledAction {
        auto_scaling_group_name: group.reference(),
        desired_capacity: Some(OrNoValue::always(0)),
        min_size: 0.into(),
        max_size: 0.into(),
        recurrence: DOWN.value(),
    };
    rack.resource(&down, &Declared::new(all_end).only_if(&condition));
    let start =
        ScheduledAction { auto_scaling_group_name: group.reference(), desired_capacity, min_size, max_size, recurrence: UP.value() };
    rack.resource(&up, &Declared::new(start).only_if(&condition));
}
