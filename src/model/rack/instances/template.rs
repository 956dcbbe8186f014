//! What the four launch templates have in common. `templates/user_data.yaml.j2` configures an instance at its first boot.

use super::KEY;
use super::inputs::{AMI, BLANK_AMI, BLANK_KEY, DEFAULT_AMI, DEFAULT_AMI_ARM, ENCRYPT_EBS, HOP_LIMIT, HTTP_TOKENS, SWAP, SWAP_SIZE};
use crate::model::ec2::{
    BlockDevice, Ebs, Image, LaunchTemplateData, MetadataOptions, Monitoring, NetworkInterface, Placement, ProfileSpecification,
    SecurityGroup,
};
use crate::model::ecs::Cluster;
use crate::model::iam::InstanceProfile;
use crate::model::name::{Arn, ConditionName, Id, LogicalId};
use crate::model::rack::{network, region, routing, storage};
use crate::model::value::{OrNoValue, Value};

/// The source of the user data.
const USER_DATA: &str = "user_data.yaml.j2";
/// The device of an instance's root volume.
const ROOT: &str = "/dev/xvda";
/// The device of an instance's swap volume.
const SWAP_DEVICE: &str = "/dev/xvdb";

/// Where an instance belongs; the user data depends on it.
#[derive(Clone)]
pub(super) struct Membership {
    /// The attribute `asg` of the container instance, to which placement constraints refer.
    pub(super) attribute: &'static str,
    /// The cluster.
    pub(super) cluster: LogicalId<Cluster>,
    /// The resource that waits for a signal of each new instance, or empty.
    pub(super) signals: &'static str,
    /// The condition under which an instance adds its own address to the allow list of the API.
    pub(super) allows_itself: ConditionName,
}

/// Returns the settings of an instance in public subnets, or in private ones if the condition is true.
pub(super) fn data(
    private: &ConditionName,
    arm: &ConditionName,
    volume_size: Value<u32>,
    group: Value<Id<SecurityGroup>>,
    profile: Value<Arn<InstanceProfile>>,
    member: Membership,
) -> LaunchTemplateData {
    LaunchTemplateData {
        block_device_mappings: vec![volume(ROOT, volume_size).into(), OrNoValue::only_if(&SWAP, device(SWAP_DEVICE, SWAP_SIZE.value()))],
        credit_specification: None,
        iam_instance_profile: ProfileSpecification { arn: profile },
        image_id: image(arm),
        instance_market_options: None,
        instance_type: None,
        key_name: Some(OrNoValue::unless(&BLANK_KEY, KEY.value())),
        metadata_options: MetadataOptions {
            http_endpoint: "enabled",
            http_tokens: HTTP_TOKENS.value(),
            http_put_response_hop_limit: HOP_LIMIT.value(),
        },
        monitoring: Monitoring { enabled: true },
        network_interfaces: [NetworkInterface {
            device_index: 0,
            groups: vec![group],
            associate_public_ip_address: Value::if_else(private, false, true),
        }],
        placement: Placement { tenancy: network::tenancy() },
        tag_specifications: Vec::new(),
        user_data: user_data(member),
    }
}

fn image(arm: &ConditionName) -> Value<Id<Image>> {
    let default = Value::if_else(arm, DEFAULT_AMI_ARM.value(), DEFAULT_AMI.value());
    Value::if_else(&BLANK_AMI, default, AMI.value())
}

fn volume(name: &'static str, size: Value<u32>) -> Value<BlockDevice> {
    Value::literal(device(name, size))
}

fn device(device_name: &'static str, volume_size: Value<u32>) -> BlockDevice {
    BlockDevice { device_name, ebs: Ebs { encrypted: Value::if_else(&ENCRYPT_EBS, true, false), volume_size, volume_type: "gp3" } }
}

fn user_data(member: Membership) -> Value<String> {
    let Membership { attribute, cluster, signals, allows_itself } = member;
    let source = Value::text_of(USER_DATA, &[("asg", attribute), ("cluster", cluster.name()), ("signals", signals)]);
    let file_system = Value::if_else(&region::HAS_EFS, storage::FILE_SYSTEM.reference().to_text(), "");
    let allow_list = Value::if_else(&allows_itself, routing::API_BALANCER.reference().to_text(), "");
    Value::base64(Value::sub_with(source, &[("FileSystem", file_system), ("AllowListGroup", allow_list)]))
}
