//! EC2 launch templates.

use serde::Serialize;

use super::security_group::SecurityGroup;
use crate::model::declared::{Property, Tag};
use crate::model::iam::InstanceProfile;
use crate::model::name::{Arn, Id};
use crate::model::resource::Resource;
use crate::model::value::{OrNoValue, Value};

/// An Amazon Machine Image, as the type of an ID.
#[derive(Clone, Copy, Debug)]
pub struct Image;

/// A key pair for SSH, as the type of an ID.
#[derive(Clone, Copy, Debug)]
pub struct KeyPair;

/// A launch template; every change creates a version.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-launchtemplate.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LaunchTemplate {
    /// The settings of an instance.
    pub launch_template_data: LaunchTemplateData,
}

impl Resource for LaunchTemplate {
    const TYPE: &'static str = "AWS::EC2::LaunchTemplate";
}

/// The settings of an instance.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ec2-launchtemplate-launchtemplatedata.html>
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LaunchTemplateData {
    /// The volumes.
    pub block_device_mappings: Vec<OrNoValue<BlockDevice>>,
    /// How a burstable instance pays for CPU time beyond its baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit_specification: Property<CreditSpecification>,
    /// The instance profile.
    pub iam_instance_profile: ProfileSpecification,
    /// The AMI.
    pub image_id: Value<Id<Image>>,
    /// The purchasing option: absent for On-Demand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_market_options: Option<MarketOptions>,
    /// The instance type; absent if a fleet selects it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_type: Property<String>,
    /// The key pair for SSH.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_name: Property<Id<KeyPair>>,
    /// The instance metadata service.
    pub metadata_options: MetadataOptions,
    /// CloudWatch metrics.
    pub monitoring: Monitoring,
    /// The network interfaces.
    pub network_interfaces: [NetworkInterface; 1],
    /// Where instances run.
    pub placement: Placement,
    /// Tags of what the template launches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tag_specifications: Vec<TagSpecification>,
    /// The script that configures an instance at its first start, in base64.
    pub user_data: Value<String>,
}

/// A volume of an instance.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ec2-launchtemplate-blockdevicemapping.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BlockDevice {
    /// The device name, such as `/dev/xvda`.
    pub device_name: &'static str,
    /// The EBS volume.
    pub ebs: Ebs,
}

/// An EBS volume.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ec2-launchtemplate-ebs.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Ebs {
    /// Whether the volume is encrypted.
    pub encrypted: Value<bool>,
    /// The size in GiB.
    pub volume_size: Value<u32>,
    /// The volume type.
    pub volume_type: &'static str,
}

/// How a burstable instance pays for CPU time beyond its baseline.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ec2-launchtemplate-creditspecification.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreditSpecification {
    /// `standard` or `unlimited`.
    pub cpu_credits: Value<String>,
}

/// The instance profile of a launch template.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProfileSpecification {
    /// The profile's ARN.
    pub arn: Value<Arn<InstanceProfile>>,
}

/// The purchasing option of Spot Instances.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ec2-launchtemplate-instancemarketoptions.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MarketOptions {
    market_type: &'static str,
    spot_options: SpotOptions,
}

impl MarketOptions {
    /// Returns Spot Instances up to a price in US dollars per hour.
    pub fn spot(max_price: Value<String>) -> Self {
        Self { market_type: "spot", spot_options: SpotOptions { max_price } }
    }
}

/// The options of Spot Instances.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SpotOptions {
    max_price: Value<String>,
}

/// The instance metadata service of an instance. Version 2 requires a token, so that a forged request to a web server cannot read
/// credentials.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ec2-launchtemplate-metadataoptions.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetadataOptions {
    /// `enabled` or `disabled`.
    pub http_endpoint: &'static str,
    /// `required` allows only version 2, `optional` also version 1.
    pub http_tokens: Value<String>,
    /// The number of network hops that a response can take; containers on a bridge network are one hop away.
    pub http_put_response_hop_limit: Value<u32>,
}

/// CloudWatch metrics of an instance.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Monitoring {
    /// Whether metrics have a period of one minute instead of five.
    pub enabled: bool,
}

/// The network interface of an instance.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ec2-launchtemplate-networkinterface.html>
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct NetworkInterface {
    /// The index of the device; the primary interface has 0.
    pub device_index: u8,
    /// The security groups.
    pub groups: Vec<Value<Id<SecurityGroup>>>,
    /// Whether the interface has a public address.
    pub associate_public_ip_address: Value<bool>,
}

/// Where instances run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Placement {
    /// `default` for shared hardware, `dedicated` for hardware of this account only.
    pub tenancy: Value<String>,
}

/// The tags of one type of resource that a template or a fleet launches.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagSpecification {
    /// The resource type, such as `instance`.
    pub resource_type: &'static str,
    /// The tags.
    pub tags: Vec<OrNoValue<Tag>>,
}
