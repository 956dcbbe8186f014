//! The Spot Fleet: Spot Instances of any suitable type, in place of a group of one type.

use super::groups::cluster_instance;
use super::sizes::instance_count;
use super::spot::{
    FLEET_ALLOWED, FLEET_EXCLUDED, FLEET_MEMORY, FLEET_PRICE, FLEET_STRATEGY, FLEET_UNIT, FLEET_VCPUS, SOME_ALLOWED, SOME_EXCLUDED,
};
use super::{FLEET_TEMPLATE, SPOT_FLEET};
use crate::model::declared::{Declared, Tag};
use crate::model::ec2::{
    AtLeast, FleetLaunchTemplate, InstanceRequirements, LaunchTemplate, LaunchTemplateConfig, LaunchTemplateData, LaunchTemplateOverrides,
    SpotFleet, SpotFleetRequest, TagSpecification,
};
use crate::model::name::LogicalId;
use crate::model::rack::{network, region, roles, storage};
use crate::model::reference::stack_name;
use crate::model::sections::Sections;
use crate::model::value::OrNoValue;

const FLEET: LogicalId<SpotFleet> = LogicalId::new("SpotFleet");

pub(super) fn declare(rack: &mut Sections) {
    let template = LaunchTemplateData {
        instance_type: None,
        tag_specifications: vec![TagSpecification { resource_type: "instance", tags: tags() }],
        ..cluster_instance("spotfleet", "")
    };
    rack.resource(&FLEET_TEMPLATE, &Declared::new(LaunchTemplate { launch_template_data: template }).only_if(&SPOT_FLEET));
    let requirements = InstanceRequirements {
        allowed_instance_types: Some(OrNoValue::only_if(&SOME_ALLOWED, FLEET_ALLOWED.value())),
        excluded_instance_types: Some(OrNoValue::only_if(&SOME_EXCLUDED, FLEET_EXCLUDED.value())),
        burstable_performance: "included",
        memory_mib: AtLeast { min: FLEET_MEMORY.value() },
        vcpu_count: AtLeast { min: FLEET_VCPUS.value() },
    };
    let template =
        FleetLaunchTemplate { launch_template_id: FLEET_TEMPLATE.reference(), version: FLEET_TEMPLATE.attribute("LatestVersionNumber") };
    let request = SpotFleetRequest {
        iam_fleet_role: roles::SPOT_FLEET.arn(),
        launch_template_configs: [LaunchTemplateConfig {
            launch_template_specification: template,
            overrides: [LaunchTemplateOverrides { instance_requirements: requirements, subnet_id: network::first_subnet_of_instances() }],
        }],
        allocation_strategy: FLEET_STRATEGY.value(),
        replace_unhealthy_instances: true,
        tag_specifications: [TagSpecification { resource_type: "spot-fleet-request", tags: tags() }],
        target_capacity: instance_count(),
        on_demand_target_capacity: 0,
        spot_max_total_price: FLEET_PRICE.value(),
        target_capacity_unit_type: FLEET_UNIT.value(),
        r#type: "maintain",
    };
    rack.resource(&FLEET, &Declared::new(SpotFleet { spot_fleet_request_config_data: request }).only_if(&SPOT_FLEET));
}

/// Returns the tags of the request and of its instances; they make CloudFormation create what the instances need before the first of them.
fn tags() -> Vec<OrNoValue<Tag>> {
    let always = [
        Tag::name(stack_name()),
        Tag::new("Rack", stack_name()),
        Tag::new("GatewayAttachment", network::gateway_attachment()),
        Tag::new("NatGateways", network::nat_gateways_if(&network::PRIVATE_INSTANCES)),
    ];
    let mut tags: Vec<OrNoValue<Tag>> = always.map(OrNoValue::always).into();
    tags.push(OrNoValue::only_if(&region::HAS_EFS, Tag::new("VolumeTargets", storage::mount_target_list())));
    tags
}
