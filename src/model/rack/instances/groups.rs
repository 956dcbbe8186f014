//! The groups of On-Demand and Spot Instances with their launch templates.

use super::inputs::{BLANK_CPU_CREDITS, CPU_CREDITS, INSTANCE_TYPE, VOLUME_SIZE};
use super::sizes::{BATCH_SIZE, UNLIMITED, minimum_without_fleet, on_demand_sizes};
use super::spot::BID;
use super::template::{Membership, data};
use super::{ARM, CLUSTER, GROUP, INSTANCE_COUNT, ON_DEMAND_MINIMUM, SPOT, SPOT_GROUP, SPOT_TEMPLATE, TEMPLATE};
use crate::model::autoscaling::{AutoScalingGroup, GroupTag, LaunchTemplateSpecification, MetricsCollection};
use crate::model::declared::{Declared, RollingUpdate, UpdatePolicy};
use crate::model::ec2::{CreditSpecification, LaunchTemplate, LaunchTemplateData, MarketOptions, Subnet};
use crate::model::name::{ConditionName, Id, LogicalId};
use crate::model::rack::{network, region, roles, routing, storage};
use crate::model::reference::stack_name;
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

pub(super) fn declare(rack: &mut Sections) {
    let template = LaunchTemplateData {
        credit_specification: Some(OrNoValue::unless(&BLANK_CPU_CREDITS, CreditSpecification { cpu_credits: CPU_CREDITS.value() })),
        ..cluster_instance("primary", "Instances")
    };
    rack.resource(&TEMPLATE, &Declared::new(LaunchTemplate { launch_template_data: template }));
    let (min_size, desired_capacity, max_size) = on_demand_sizes();
    let on_demand = AutoScalingGroup {
        min_size,
        desired_capacity: Some(desired_capacity),
        max_size,
        termination_policies: &["NewestInstance"],
        ..group(TEMPLATE, network::private_subnets_if(&network::PRIVATE_INSTANCES), network_tags())
    };
    let update = UpdatePolicy::Rolling(rolling(minimum_without_fleet()));
    rack.resource(&GROUP, &Declared::new(on_demand).with_update_policy(update));

    let template =
        LaunchTemplateData { instance_market_options: Some(MarketOptions::spot(BID.value())), ..cluster_instance("spot", "SpotInstances") };
    rack.resource(&SPOT_TEMPLATE, &Declared::new(LaunchTemplate { launch_template_data: template }).only_if(&SPOT));
    let mut tags = network_tags();
    tags.push(OrNoValue::always(GroupTag::of_group("InstanceCount", INSTANCE_COUNT.value().to_text())));
    let spot = group(SPOT_TEMPLATE, network::private_subnets_if(&network::PRIVATE_INSTANCES), tags);
    let update = UpdatePolicy::Rolling(rolling(0.into()));
    rack.resource(&SPOT_GROUP, &Declared::new(spot).only_if(&SPOT).with_update_policy(update));

    rack.output("AutoscalingGroup", None, "Auto Scaling group of the cluster's On-Demand Instances", &GROUP.reference().to_text());
    rack.output(
        "OnDemandMinCount",
        None,
        "Smallest number of On-Demand Instances beside Spot Instances",
        &ON_DEMAND_MINIMUM.value().to_text(),
    );
    rack.output("SpotInstances", None, "Whether the cluster has a group of Spot Instances", &Value::if_else(&SPOT, "Yes", "No"));
}

/// Returns the settings of an instance of the rack's cluster.
pub(super) fn cluster_instance(attribute: &'static str, signals: &'static str) -> LaunchTemplateData {
    let member = Membership { attribute, cluster: CLUSTER, signals, allows_itself: routing::INSTANCES_ALLOW_THEMSELVES };
    let group = network::instance_security_group();
    let settings = data(&network::PRIVATE_INSTANCES, &ARM, VOLUME_SIZE.value(), group, roles::INSTANCES_PROFILE.arn(), member);
    LaunchTemplateData { instance_type: Some(INSTANCE_TYPE.value().into()), ..settings }
}

/// Returns a group of Spot Instances, which has no limits.
pub(super) fn group(
    template: LogicalId<LaunchTemplate>,
    subnets: Value<Vec<OrNoValue<Id<Subnet>>>>,
    tags: Vec<OrNoValue<GroupTag>>,
) -> AutoScalingGroup {
    AutoScalingGroup {
        launch_template: LaunchTemplateSpecification {
            launch_template_id: template.reference(),
            version: template.attribute("LatestVersionNumber"),
        },
        subnets,
        min_size: 0.into(),
        max_size: UNLIMITED.into(),
        desired_capacity: None,
        cooldown: 5,
        health_check_type: "EC2",
        health_check_grace_period: 120,
        metrics_collection: [MetricsCollection::all()],
        termination_policies: &[],
        tags,
    }
}

/// Returns an update that replaces instances while a number of them stays in service, and that waits for the signal of each new one.
pub(super) fn rolling(min_instances_in_service: Value<u32>) -> RollingUpdate {
    RollingUpdate {
        max_batch_size: BATCH_SIZE.value(),
        min_instances_in_service,
        pause_time: "PT5M",
        suspend_processes: &["ScheduledActions"],
        wait_on_resource_signals: true,
    }
}

/// Returns the tags of a group, whose instances have the name of the rack.
///
/// The tags of the group name the gateways that its instances need: a reference to them is the only way to have CloudFormation create the
/// gateways before the first instance and delete them after the last.
pub(super) fn tags(private: &ConditionName) -> Vec<OrNoValue<GroupTag>> {
    [
        GroupTag::of_instances("Name", stack_name()),
        GroupTag::of_instances("Rack", stack_name()),
        GroupTag::of_group("GatewayAttachment", network::gateway_attachment()),
        GroupTag::of_group("NatGateways", network::nat_gateways_if(private)),
    ]
    .map(OrNoValue::always)
    .into()
}

/// Returns the tags of a group of the rack's cluster: its instances also need the shared file system.
fn network_tags() -> Vec<OrNoValue<GroupTag>> {
    let mut tags = tags(&network::PRIVATE_INSTANCES);
    tags.push(OrNoValue::only_if(&region::HAS_EFS, GroupTag::of_group("VolumeTargets", storage::mount_target_list())));
    tags
}
