//! Parameters and conditions of an instance: type, image, volumes, metadata service and user data.

use super::{ARM, HTTP_PROXY, KEY};
use crate::model::condition::Condition;
use crate::model::ec2::Image;
use crate::model::name::{ConditionName, Id, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::sections::Sections;
use crate::model::value::Value;

pub(super) const AMI: ParameterName<Id<Image>> = ParameterName::new("Ami");
pub(super) const DEFAULT_AMI: ParameterName<Id<Image>> = ParameterName::new("DefaultAmi");
pub(super) const DEFAULT_AMI_ARM: ParameterName<Id<Image>> = ParameterName::new("DefaultAmiArm");
pub(super) const INSTANCE_TYPE: ParameterName<String> = ParameterName::new("InstanceType");
pub(super) const CPU_CREDITS: ParameterName<String> = ParameterName::new("CpuCredits");
pub(super) const VOLUME_SIZE: ParameterName<u32> = ParameterName::new("VolumeSize");
pub(super) const SWAP_SIZE: ParameterName<u32> = ParameterName::new("SwapSize");
pub(super) const HTTP_TOKENS: ParameterName<String> = ParameterName::new("IMDSHttpTokens");
pub(super) const HOP_LIMIT: ParameterName<u32> = ParameterName::new("IMDSHttpPutResponseHopLimit");
const ENCRYPT_EBS_CHOICE: ParameterName<String> = ParameterName::new("EncryptEbs");
const BOOT_COMMAND: ParameterName<String> = ParameterName::new("InstanceBootCommand");
const RUN_COMMAND: ParameterName<String> = ParameterName::new("InstanceRunCommand");
const PULL_BEHAVIOR: ParameterName<String> = ParameterName::new("ImagePullBehavior");
const STOP_TIMEOUT: ParameterName<String> = ParameterName::new("EcsContainerStopTimeout");
const PRUNE_AGE: ParameterName<u32> = ParameterName::new("PruneOlderImagesInHour");
const PRUNE_FREQUENCY: ParameterName<String> = ParameterName::new("PruneOlderImagesCronRunFreq");

pub(super) const BLANK_AMI: ConditionName = ConditionName::new("BlankAmi");
pub(super) const BLANK_CPU_CREDITS: ConditionName = ConditionName::new("BlankCpuCredits");
pub(super) const BLANK_KEY: ConditionName = ConditionName::new("BlankKey");
pub(super) const ENCRYPT_EBS: ConditionName = ConditionName::new("EncryptEbs");
pub(super) const SWAP: ConditionName = ConditionName::new("SwapEnabled");

/// The instance families with ARM processors, in groups of at most ten: the operands of `Fn::Or`.
///
/// Source: <https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-type-specifications.html>
const ARM_FAMILIES: [&[&str]; 3] = [
    &["a1.", "t4g.", "m6g", "m7g", "m8g", "c6g", "c7g", "c8g"],
    &["r6g", "r7g", "r8g", "x2gd.", "x8g", "i4g.", "im4gn.", "is4gen."],
    &["i7g", "i8g", "g5g.", "hpc7g."],
];

pub(super) fn declare(rack: &mut Sections) {
    declare_machine(rack);
    declare_volumes(rack);
    declare_user_data(rack);
    declare_images(rack);
}

fn declare_machine(rack: &mut Sections) {
    let instance_type = "Type of the cluster's instances";
    rack.parameter(Group::Instances, &INSTANCE_TYPE, &instance_type_parameter("t3.small", instance_type));
    let ami = "Machine image of the instances, with an ECS agent. If blank, the one that DefaultAmi or DefaultAmiArm names";
    let ami = Parameter::string("", ami).matching("(ami-[0-9a-f]+)?", "must be an image ID, such as ami-0123456789abcdef0, or blank");
    rack.parameter(Group::Instances, &AMI, &ami);
    let optimized = |architecture: &str| format!("/aws/service/ecs/optimized-ami/amazon-linux-2023/{architecture}recommended/image_id");
    let default_ami = "SSM parameter with the image of Intel and AMD instances. Each update of the stack reads it again and replaces \
        the instances, batch by batch, if AWS has released another image";
    rack.parameter(Group::Instances, &DEFAULT_AMI, &Parameter::image_from_ssm(&optimized(""), default_ami));
    let default_arm = "SSM parameter with the image of ARM instances";
    rack.parameter(Group::Instances, &DEFAULT_AMI_ARM, &Parameter::image_from_ssm(&optimized("arm64/"), default_arm));
    let credits = "How T instances pay for CPU time beyond their baseline: standard is slower without credits, unlimited is charged. If \
        blank, the default of the instance type";
    rack.parameter(Group::Instances, &CPU_CREDITS, &Parameter::choice(&["", "standard", "unlimited"], credits));
    let key = Parameter::string("", "Key pair for SSH to the instances. If blank, they accept none")
        .matching(r"([ -~]{1,255})?", "must be the name of a key pair, such as operators, or blank");
    rack.parameter(Group::Instances, &KEY, &key);
    let tokens = "Whether the instance metadata service requires a token: required allows only version 2, which a forged request to a web \
        server cannot use; optional also allows version 1";
    rack.parameter(Group::Instances, &HTTP_TOKENS, &Parameter::choice(&["required", "optional"], tokens));
    let hops = "Number of network hops that a response of the instance metadata service can take. With 1, containers on a bridge network \
        cannot reach it";
    rack.parameter(Group::Instances, &HOP_LIMIT, &Parameter::number(1, hops).between(1, 64));

    rack.condition(&BLANK_AMI, &Condition::parameter_is(&AMI, ""));
    rack.condition(&BLANK_CPU_CREDITS, &Condition::parameter_is(&CPU_CREDITS, ""));
    rack.condition(&BLANK_KEY, &Condition::parameter_is(&KEY, ""));
    rack.condition(&ARM, &is_arm(&INSTANCE_TYPE));
}

fn declare_volumes(rack: &mut Sections) {
    let volume = "Size of an instance's volume in GiB; it holds images and containers";
    rack.parameter(Group::Instances, &VOLUME_SIZE, &Parameter::number(50, volume).between(30, 16_384));
    let swap = "Size of an instance's swap volume in GiB. With 0, it is omitted";
    rack.parameter(Group::Instances, &SWAP_SIZE, &Parameter::number(5, swap).between(0, 16_384));
    let encrypt = "Encrypt the instances' volumes, with the account's default key for EBS";
    rack.parameter(Group::Instances, &ENCRYPT_EBS_CHOICE, &Parameter::choice(&["Yes", "No"], encrypt));
    rack.condition(&ENCRYPT_EBS, &Condition::parameter_is(&ENCRYPT_EBS_CHOICE, "Yes"));
    rack.condition(&SWAP, &Condition::parameter_is(&SWAP_SIZE, "0").negated());
}

fn declare_user_data(rack: &mut Sections) {
    let proxy = Parameter::string("", "Proxy for outgoing HTTP and HTTPS requests of instances and of the rack's tasks")
        .matching(r"([A-Za-z0-9.-]+:\d{1,5})?", "must be a host and a port, such as proxy.example.com:3128, or blank");
    rack.parameter(Group::Instances, &HTTP_PROXY, &proxy);
    let boot = "Shell command in one line that an instance runs early at every boot";
    rack.parameter(Group::Instances, &BOOT_COMMAND, &Parameter::string("", boot));
    let run = "Shell command in one line that an instance runs once, late in its first boot";
    rack.parameter(Group::Instances, &RUN_COMMAND, &Parameter::string("", run));
}

fn declare_images(rack: &mut Sections) {
    let pull = "When an instance pulls the image of a task: default tries to pull and otherwise uses its copy, always requires a pull, \
        once and prefer-cached use a copy if there is one. Only used for build instances";
    let pull = Parameter::choice(&["default", "always", "once", "prefer-cached"], pull);
    rack.parameter(Group::Instances, &PULL_BEHAVIOR, &pull);
    let stop = Parameter::string("", "How long a container can take to stop before it is killed. If blank, 30s")
        .matching(r"(\d+(s|m|h))?", "must be a number with a unit, such as 90s, or blank");
    rack.parameter(Group::Instances, &STOP_TIMEOUT, &stop);
    let age = "Age in hours from which instances delete images that no container uses";
    rack.parameter(Group::Instances, &PRUNE_AGE, &Parameter::number(96, age).at_least(1));
    let frequency = Parameter::choice(&["hourly", "daily", "weekly"], "How often instances delete such images").default_to("daily");
    rack.parameter(Group::Instances, &PRUNE_FREQUENCY, &frequency);
}

/// Returns a parameter for an instance type.
pub(super) fn instance_type_parameter(default: &str, description: &str) -> Parameter {
    Parameter::string(default, description).matching(r"[a-z][a-z0-9-]*\.[a-z0-9-]+", "must be an instance type, such as t4g.small")
}

/// Returns the condition that an instance type is of a family with ARM processors: the text before the family's name is empty.
pub(super) fn is_arm(instance_type: &ParameterName<String>) -> Condition {
    let starts_with = |family: &&str| {
        let before = Value::select(0, &Value::split(family, instance_type.value()));
        Condition::Equals(before, "".into())
    };
    Condition::Or(ARM_FAMILIES.iter().map(|families| Condition::Or(families.iter().map(starts_with).collect())).collect())
}
