//! EC2 Spot Fleets.

use serde::Serialize;

use super::launch_template::{LaunchTemplate, TagSpecification};
use super::network::Subnet;
use crate::model::declared::Property;
use crate::model::iam::Role;
use crate::model::name::{Arn, Id};
use crate::model::resource::Resource;
use crate::model::value::Value;

/// A request that keeps a capacity of Spot Instances running.
///
/// Most properties are create-only. Source:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-spotfleet.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SpotFleet {
    /// The request.
    pub spot_fleet_request_config_data: SpotFleetRequest,
}

impl Resource for SpotFleet {
    const TYPE: &'static str = "AWS::EC2::SpotFleet";
}

/// The request of a Spot Fleet.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ec2-spotfleet-spotfleetrequestconfigdata.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SpotFleetRequest {
    /// The role that launches, tags and ends instances.
    pub iam_fleet_role: Value<Arn<Role>>,
    /// The launch templates.
    pub launch_template_configs: [LaunchTemplateConfig; 1],
    /// How the fleet selects among Spot capacity pools.
    pub allocation_strategy: Value<String>,
    /// Whether the fleet replaces unhealthy instances.
    pub replace_unhealthy_instances: bool,
    /// Tags of the request.
    pub tag_specifications: [TagSpecification; 1],
    /// The capacity.
    pub target_capacity: Value<u32>,
    /// The part of the capacity that is On-Demand.
    pub on_demand_target_capacity: u32,
    /// The largest price in US dollars per hour of all Spot Instances.
    pub spot_max_total_price: Value<String>,
    /// The unit of the capacity: `units`, `vcpu` or `memory-mib`.
    pub target_capacity_unit_type: Value<String>,
    /// `maintain` replaces instances that end; `request` does not.
    pub r#type: &'static str,
}

/// A launch template of a fleet.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LaunchTemplateConfig {
    /// The launch template.
    pub launch_template_specification: FleetLaunchTemplate,
    /// Settings that replace those of the launch template; one for each subnet.
    pub overrides: [LaunchTemplateOverrides; 1],
}

/// The version of a launch template that a fleet uses.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct FleetLaunchTemplate {
    /// The launch template.
    pub launch_template_id: Value<Id<LaunchTemplate>>,
    /// The version number.
    pub version: Value<String>,
}

/// Settings that replace those of a launch template.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LaunchTemplateOverrides {
    /// The attributes of suitable instance types.
    pub instance_requirements: InstanceRequirements,
    /// The subnet.
    pub subnet_id: Value<Id<Subnet>>,
}

/// The attributes of suitable instance types.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ec2-spotfleet-instancerequirementsrequest.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstanceRequirements {
    /// The only types to use, perhaps with wildcards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_instance_types: Property<Vec<String>>,
    /// Types not to use, perhaps with wildcards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded_instance_types: Property<Vec<String>>,
    /// Whether burstable types are `included`, `required` or `excluded`.
    pub burstable_performance: &'static str,
    /// Memory in MiB.
    #[serde(rename = "MemoryMiB")]
    pub memory_mib: AtLeast,
    /// The number of virtual CPUs.
    #[serde(rename = "VCpuCount")]
    pub vcpu_count: AtLeast,
}

/// A minimum.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AtLeast {
    /// The minimum.
    pub min: Value<u32>,
}
