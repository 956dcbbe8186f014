//! The instances of the cluster: their launch templates, Auto Scaling groups, Spot capacity, schedules, and the functions that scale and
//! drain them.

mod autoscale;
mod build;
mod fleet;
mod groups;
mod inputs;
mod lifecycle;
mod schedule;
mod sizes;
mod spot;
mod template;

pub(super) use build::cluster_of_builds;

use crate::model::autoscaling::AutoScalingGroup;
use crate::model::declared::{Declared, Tag};
use crate::model::ec2::{KeyPair, LaunchTemplate};
use crate::model::ecs::Cluster;
use crate::model::name::{ConditionName, Id, LogicalId, ParameterName};
use crate::model::rack::routing::declare_for_instances;
use crate::model::reference::stack_name;
use crate::model::sections::Sections;

/// The proxy of an instance and its containers as `host:port`, or blank.
pub(super) const HTTP_PROXY: ParameterName<String> = ParameterName::new("HttpProxy");
/// The number of instances of a rack in several availability zones.
const INSTANCE_COUNT: ParameterName<u32> = ParameterName::new("InstanceCount");
/// The number of instances of a rack without high availability.
const SMALL_INSTANCE_COUNT: ParameterName<u32> = ParameterName::new("NoHaInstanceCount");
/// The smallest number of On-Demand Instances beside Spot Instances.
pub(super) const ON_DEMAND_MINIMUM: ParameterName<u32> = ParameterName::new("OnDemandMinCount");
/// The name of the key pair for SSH.
pub(super) const KEY: ParameterName<Id<KeyPair>> = ParameterName::new("Key");

/// The processors of the cluster's instances have ARM architecture.
pub(super) const ARM: ConditionName = ConditionName::new("InstanceARM");
/// Builds have their own cluster.
pub(super) const DEDICATED_BUILDER: ConditionName = ConditionName::new("DedicatedBuilder");
/// The cluster has a second group, of Spot Instances.
pub(super) const SPOT: ConditionName = ConditionName::new("SpotInstances");
/// The cluster has a Spot Fleet.
pub(super) const SPOT_FLEET: ConditionName = ConditionName::new("SpotFleet");
/// The groups have scheduled actions.
const SCHEDULED: ConditionName = ConditionName::new("SetScheduleRackScale");
/// The group of the build cluster exists.
const BUILD_GROUP: ConditionName = ConditionName::new("DedicatedBuilderAS");

/// The cluster of the rack's services and tasks.
pub(super) const CLUSTER: LogicalId<Cluster> = LogicalId::new("Cluster");
/// The cluster of builds on instances.
pub(super) const BUILD_CLUSTER: LogicalId<Cluster> = LogicalId::new("BuildCluster");
/// The group of On-Demand Instances.
pub(super) const GROUP: LogicalId<AutoScalingGroup> = LogicalId::new("Instances");
/// The group of Spot Instances.
pub(super) const SPOT_GROUP: LogicalId<AutoScalingGroup> = LogicalId::new("SpotInstances");
/// The group of the build cluster.
const BUILDERS: LogicalId<AutoScalingGroup> = LogicalId::new("BuildInstances");
const TEMPLATE: LogicalId<LaunchTemplate> = LogicalId::new("InstancesLaunchTemplate");
const SPOT_TEMPLATE: LogicalId<LaunchTemplate> = LogicalId::new("SpotInstanceLaunchTemplate");
const FLEET_TEMPLATE: LogicalId<LaunchTemplate> = LogicalId::new("SpotFleetLT");
const BUILD_TEMPLATE: LogicalId<LaunchTemplate> = LogicalId::new("BuildLaunchTemplate");

pub(super) fn declare(rack: &mut Sections) {
    let cluster = Cluster { capacity_providers: vec!["FARGATE".into(), "FARGATE_SPOT".into()], tags: vec![Tag::name(stack_name())] };
    rack.resource(&CLUSTER, &Declared::new(cluster));
    rack.output("Cluster", None, "Cluster of the rack's services and tasks", &CLUSTER.reference().to_text()).export("Cluster");
    declare_for_instances(rack);
    inputs::declare(rack);
    sizes::declare(rack);
    spot::declare(rack);
    groups::declare(rack);
    build::declare(rack);
    fleet::declare(rack);
    schedule::declare(rack);
    lifecycle::declare(rack);
    autoscale::declare(rack);
}
