//! The rack's parameters without those of the build cache, and the conditions that depend on them.

use crate::model::condition::Condition;
use crate::model::ec2::{InternetGateway, SecurityGroup, Vpc};
use crate::model::ecs::CpuArchitecture;
use crate::model::name::{ConditionName, Id, ParameterName};
use crate::model::parameter::{Group, Parameter};
use crate::model::reference::region;
use crate::model::sections::Sections;
use crate::model::value::Value;

pub(super) const BUILD_METHOD: ParameterName<String> = ParameterName::new("BuildMethod");
pub(super) const BUILD_IMAGE: ParameterName<String> = ParameterName::new("BuildImage");
pub(super) const BUILD_CPU: ParameterName<u32> = ParameterName::new("BuildCpu");
pub(super) const BUILD_MEMORY: ParameterName<u32> = ParameterName::new("BuildMemory");
pub(super) const FARGATE_BUILD_CPU: ParameterName<String> = ParameterName::new("FargateBuildCpu");
pub(super) const FARGATE_BUILD_MEMORY: ParameterName<String> = ParameterName::new("FargateBuildMemory");
pub(super) const BUILD_ARCHITECTURE: ParameterName<CpuArchitecture> = ParameterName::new("BuildArchitecture");
pub(super) const BUILD_INSTANCE_SECURITY_GROUP: ParameterName<Id<SecurityGroup>> = ParameterName::new("BuildInstanceSecurityGroup");
pub(super) const INSTANCE_SECURITY_GROUP: ParameterName<Id<SecurityGroup>> = ParameterName::new("InstanceSecurityGroup");
pub(super) const ENABLE_SHARED_EFS_VOLUME_ENCRYPTION: ParameterName<String> = ParameterName::new("EnableSharedEFSVolumeEncryption");
pub(super) const EXISTING_VPC: ParameterName<Id<Vpc>> = ParameterName::new("ExistingVpc");
pub(super) const INTERNET_GATEWAY: ParameterName<Id<InternetGateway>> = ParameterName::new("InternetGateway");
pub(super) const HIGH_AVAILABILITY: ParameterName<String> = ParameterName::new("HighAvailability");
pub(super) const MAX_AVAILABILITY_ZONES: ParameterName<u32> = ParameterName::new("MaxAvailabilityZones");
pub(super) const VPC_CIDR: ParameterName<String> = ParameterName::new("VPCCIDR");
pub(super) const SUBNET_CIDRS: [ParameterName<String>; 3] =
    [ParameterName::new("Subnet0CIDR"), ParameterName::new("Subnet1CIDR"), ParameterName::new("Subnet2CIDR")];
pub(super) const LOG_RETENTION: ParameterName<u32> = ParameterName::new("LogRetention");

pub(super) const BLANK_BUILD_IMAGE: ConditionName = ConditionName::new("BlankBuildImage");
pub(super) const BLANK_BUILD_INSTANCE_SECURITY_GROUP: ConditionName = ConditionName::new("BlankBuildInstanceSecurityGroup");
pub(super) const BLANK_EXISTING_VPC: ConditionName = ConditionName::new("BlankExistingVpc");
pub(super) const BLANK_INSTANCE_SECURITY_GROUP: ConditionName = ConditionName::new("BlankInstanceSecurityGroup");
pub(super) const BLANK_INTERNET_GATEWAY: ConditionName = ConditionName::new("BlankInternetGateway");
pub(super) const BLANK_LOG_RETENTION: ConditionName = ConditionName::new("BlankLogRetention");
pub(super) const FILE_SYSTEM_ENCRYPTION: ConditionName = ConditionName::new("EnableSharedEFSVolumeEncryptionCond");
pub(super) const OWN_GATEWAY: ConditionName = ConditionName::new("ExistingVpcAndInternetGateway");
pub(super) const ROUTES: ConditionName = ConditionName::new("NotExistingVpcAndBlankInternetGateway");
pub(super) const THIRD_ZONE_ROUTES: ConditionName =
    ConditionName::new("ThirdAvailabilityZoneAndNotExistingVpcAndBlankInternetGatewayAndHighAvailability");
pub(super) const THIRD_ZONE: ConditionName = ConditionName::new("ThirdAvailabilityZoneAndHighAvailability");
pub(super) const USE_BUILD_INSTANCE: ConditionName = ConditionName::new("UseBuildInstance");
pub(super) const USE_FARGATE_BUILD: ConditionName = ConditionName::new("UseFargateBuild");

/// The retention periods in days that CloudWatch Logs accepts. Blank: log events never expire.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
const RETENTIONS: [&str; 23] = [
    "", "1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731", "1096", "1827", "2192", "2557",
    "2922", "3288", "3653",
];

/// The sizes of a Fargate task in CPU units. `templates/rules.json.j2` has the memory sizes that each of them supports.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html>
const FARGATE_CPUS: [&str; 7] = ["256", "512", "1024", "2048", "4096", "8192", "16384"];

const IPV4_BLOCK: &str = r"(\d{1,3}\.){3}\d{1,3}/(1[6-9]|2[0-8])";
const IPV4_BLOCK_CONSTRAINT: &str = "must be an IPv4 CIDR block with a prefix length of 16 to 28, such as 10.0.0.0/16";

pub(super) fn declare(rack: &mut Sections) {
    declare_build(rack);
    declare_network(rack);
    let encryption = "Encrypt file systems with the rack's own KMS key instead of the AWS managed key. Changing this replaces the build \
        cache's file system and deletes its content";
    rack.parameter(Group::Storage, &ENABLE_SHARED_EFS_VOLUME_ENCRYPTION, &Parameter::choice(&["false", "true"], encryption));
    let retention = Parameter::choice(&RETENTIONS, "Number of days to keep logs (blank for unlimited)").default_to("7");
    rack.parameter(Group::Logs, &LOG_RETENTION, &retention);
}

fn declare_build(rack: &mut Sections) {
    let method = "Where builds run: ec2 uses an instance of the cluster, fargate uses a separate Fargate task";
    rack.parameter(Group::Build, &BUILD_METHOD, &Parameter::choice(&["ec2", "fargate"], method));
    rack.parameter(Group::Build, &BUILD_IMAGE, &Parameter::string("", "Builder image. If blank, the default builder image is used"));
    let cpu = "CPU units reserved for a build on an instance, 1024 per core";
    rack.parameter(Group::Build, &BUILD_CPU, &Parameter::number(256, cpu).between(128, 196_608));
    let memory = "Memory limit in MiB of a build on an instance";
    rack.parameter(Group::Build, &BUILD_MEMORY, &Parameter::number(1000, memory).between(64, 3_145_728));
    let cpu = "CPU units of a build on Fargate, 1024 per core. Only used when BuildMethod is set to fargate";
    rack.parameter(Group::Build, &FARGATE_BUILD_CPU, &Parameter::choice(&FARGATE_CPUS, cpu).default_to("1024"));
    let memory =
        "Memory in MiB of a build on Fargate; FargateBuildCpu limits the supported values. Only used when BuildMethod is set to fargate";
    let memory = Parameter::string("4096", memory).matching(r"\d{3,6}", "must be a number of MiB, such as 4096");
    rack.parameter(Group::Build, &FARGATE_BUILD_MEMORY, &memory);
    let architecture = Parameter::choice(&["X86_64", "ARM64"], "CPU architecture of builds on Fargate");
    rack.parameter(Group::Build, &BUILD_ARCHITECTURE, &architecture);
    let group = "Security group for builds. If blank, builds use the security group of the instances";
    rack.parameter(Group::Build, &BUILD_INSTANCE_SECURITY_GROUP, &security_group(group));
}

fn declare_network(rack: &mut Sections) {
    let vpc =
        "Existing VPC for the rack. If blank, the rack creates a VPC. The build cache requires DNS hostnames and DNS resolution in it";
    let vpc = Parameter::string("", vpc).matching("(vpc-[0-9a-f]+)?", "must be a VPC ID, such as vpc-0123456789abcdef0, or blank");
    rack.parameter(Group::Network, &EXISTING_VPC, &vpc);
    let gateway = "Internet gateway of the existing VPC. If blank, the subnets use the VPC's main route table";
    let gateway = Parameter::string("", gateway)
        .matching("(igw-[0-9a-f]+)?", "must be an internet gateway ID, such as igw-0123456789abcdef0, or blank");
    rack.parameter(Group::Network, &INTERNET_GATEWAY, &gateway);
    let block = |default: &str, description: &str| Parameter::string(default, description).matching(IPV4_BLOCK, IPV4_BLOCK_CONSTRAINT);
    rack.parameter(Group::Network, &VPC_CIDR, &block("10.0.0.0/16", "CIDR block of the VPC"));
    for (index, name) in SUBNET_CIDRS.iter().enumerate() {
        rack.parameter(Group::Network, name, &block(&format!("10.0.{}.0/24", index + 1), &format!("CIDR block of public subnet {index}")));
    }
    let high_availability = Parameter::choice(&["true", "false"], "Use a third availability zone if the region has one");
    rack.parameter(Group::Network, &HIGH_AVAILABILITY, &high_availability);
    let zones = Parameter::number(3, "Maximum number of availability zones").between(2, 3);
    rack.parameter(Group::Network, &MAX_AVAILABILITY_ZONES, &zones);
    let group = "Security group for instances. If blank, the rack creates one that allows TCP and UDP from its VPC";
    rack.parameter(Group::Network, &INSTANCE_SECURITY_GROUP, &security_group(group));
}

fn security_group(description: &str) -> Parameter {
    Parameter::string("", description).matching("(sg-[0-9a-f]+)?", "must be a security group ID, such as sg-0123456789abcdef0, or blank")
}

pub(super) fn declare_conditions(rack: &mut Sections) {
    const EXISTING: ConditionName = ConditionName::new("ExistingVpc");
    const EXISTING_AND_BLANK_GATEWAY: ConditionName = ConditionName::new("ExistingVpcAndBlankInternetGateway");
    const HAS_EFS: ConditionName = ConditionName::new("RegionHasEFS");
    let named = |name: &ConditionName| Condition::Named(name.clone());
    let region_has = |what: &str| Condition::Equals(Value::find_in_map("RegionConfig", region(), what), "Yes".into());

    rack.condition(&BLANK_BUILD_IMAGE, &Condition::parameter_is(&BUILD_IMAGE, ""));
    rack.condition(&BLANK_BUILD_INSTANCE_SECURITY_GROUP, &Condition::parameter_is(&BUILD_INSTANCE_SECURITY_GROUP, ""));
    rack.condition(&BLANK_EXISTING_VPC, &Condition::parameter_is(&EXISTING_VPC, ""));
    rack.condition(&BLANK_INSTANCE_SECURITY_GROUP, &Condition::parameter_is(&INSTANCE_SECURITY_GROUP, ""));
    rack.condition(&BLANK_INTERNET_GATEWAY, &Condition::parameter_is(&INTERNET_GATEWAY, ""));
    rack.condition(&BLANK_LOG_RETENTION, &Condition::parameter_is(&LOG_RETENTION, ""));
    rack.condition(&FILE_SYSTEM_ENCRYPTION, &Condition::parameter_is(&ENABLE_SHARED_EFS_VOLUME_ENCRYPTION, "true"));
    rack.condition(&EXISTING, &named(&BLANK_EXISTING_VPC).negated());
    rack.condition(&EXISTING_AND_BLANK_GATEWAY, &Condition::both(&EXISTING, &BLANK_INTERNET_GATEWAY));
    rack.condition(&OWN_GATEWAY, &Condition::And(vec![named(&EXISTING), named(&BLANK_INTERNET_GATEWAY).negated()]));
    rack.condition(&ROUTES, &named(&EXISTING_AND_BLANK_GATEWAY).negated());
    rack.condition(&HAS_EFS, &region_has("EFS"));
    let three_allowed = Condition::parameter_is(&MAX_AVAILABILITY_ZONES, "3");
    let highly_available = Condition::parameter_is(&HIGH_AVAILABILITY, "true");
    rack.condition(&THIRD_ZONE, &Condition::And(vec![region_has("ThirdAvailabilityZone"), three_allowed, highly_available]));
    rack.condition(&THIRD_ZONE_ROUTES, &Condition::both(&THIRD_ZONE, &ROUTES));
    rack.condition(&USE_FARGATE_BUILD, &Condition::And(vec![named(&HAS_EFS), Condition::parameter_is(&BUILD_METHOD, "fargate")]));
    rack.condition(&USE_BUILD_INSTANCE, &named(&USE_FARGATE_BUILD).negated());
}
