//! The rack's own parameters and the conditions made of them.

use crate::model::condition::Condition;
use crate::model::ec2::{InternetGateway, SecurityGroup, Vpc};
use crate::model::ecs::CpuArchitecture;
use crate::model::parameter::Parameter;
use crate::model::reference::{ConditionName, Id, ParameterName};
use crate::model::sections::Sections;
use crate::model::value::{Value, region};

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
pub(super) const CUSTOMER_MANAGED_KEY: ConditionName = ConditionName::new("EnableSharedEFSVolumeEncryptionCond");
pub(super) const OWN_GATEWAY: ConditionName = ConditionName::new("ExistingVpcAndInternetGateway");
pub(super) const ROUTES: ConditionName = ConditionName::new("NotExistingVpcAndBlankInternetGateway");
pub(super) const THIRD_ZONE_ROUTES: ConditionName =
    ConditionName::new("ThirdAvailabilityZoneAndNotExistingVpcAndBlankInternetGatewayAndHighAvailability");
pub(super) const THIRD_ZONE: ConditionName = ConditionName::new("ThirdAvailabilityZoneAndHighAvailability");
pub(super) const USE_BUILD_INSTANCE: ConditionName = ConditionName::new("UseBuildInstance");
pub(super) const USE_FARGATE_BUILD: ConditionName = ConditionName::new("UseFargateBuild");

/// Days that CloudWatch Logs accepts; the empty text is for ever.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
const RETENTIONS: [&str; 23] = [
    "", "1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731", "1096", "1827", "2192", "2557",
    "2922", "3288", "3653",
];

/// Sizes of a Fargate task in CPU units; which memory goes with which stands in the template's rules.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html>
const FARGATE_CPUS: [&str; 7] = ["256", "512", "1024", "2048", "4096", "8192", "16384"];

const IPV4_BLOCK: &str = r"(\d{1,3}\.){3}\d{1,3}/(1[6-9]|2[0-8])";
const IPV4_BLOCK_WORDS: &str = "an IPv4 block of 16 to 28 bits, such as 10.0.0.0/16";

pub(super) fn declare(rack: &mut Sections) {
    let method = "Where builds run: ec2 takes an instance of the cluster, fargate takes a task of its own size";
    rack.parameter(&BUILD_METHOD, &Parameter::choice(&["ec2", "fargate"], method));
    rack.parameter(&BUILD_IMAGE, &Parameter::string("", "Another builder image than the default one"));
    rack.parameter(&BUILD_CPU, &Parameter::number(256, "CPU units kept for a build on an instance, 1024 to a core").between(128, 196_608));
    rack.parameter(
        &BUILD_MEMORY,
        &Parameter::number(1000, "Memory in MiB that a build on an instance gets at most").between(64, 3_145_728),
    );
    let cpu = "CPU units of a build on Fargate, 1024 to a core. Only used when BuildMethod is set to fargate";
    rack.parameter(&FARGATE_BUILD_CPU, &Parameter::choice(&FARGATE_CPUS, cpu).default_to("1024"));
    let memory = "Memory in MiB of a build on Fargate; it has to suit FargateBuildCpu. Only used when BuildMethod is set to fargate";
    rack.parameter(&FARGATE_BUILD_MEMORY, &Parameter::string("4096", memory).matching(r"\d{3,6}", "a number of MiB, such as 4096"));
    rack.parameter(&BUILD_ARCHITECTURE, &Parameter::choice(&["X86_64", "ARM64"], "Processor of builds on Fargate"));
    let for_builds = "Security group for builds. If blank, builds get the one of the instances";
    rack.parameter(&BUILD_INSTANCE_SECURITY_GROUP, &security_group(for_builds));
    rack.parameter(
        &INSTANCE_SECURITY_GROUP,
        &security_group("Security group for instances. If blank, the rack makes one that is open to its VPC"),
    );
    let encryption = "Encrypt file systems with a key of the rack instead of the AWS managed one. Changing this replaces the build cache's file system and loses what is in it";
    rack.parameter(&ENABLE_SHARED_EFS_VOLUME_ENCRYPTION, &Parameter::choice(&["false", "true"], encryption));
    let existing_vpc = Parameter::string(
        "",
        "VPC to live in. If blank, the rack makes one. It needs DNS hostnames and DNS resolution for the build cache",
    );
    rack.parameter(&EXISTING_VPC, &existing_vpc.matching("(vpc-[0-9a-f]+)?", "a VPC's ID, such as vpc-0123456789abcdef0, or blank"));
    let gateway = "Internet gateway of the existing VPC. If blank, the subnets use the VPC's main route table";
    rack.parameter(
        &INTERNET_GATEWAY,
        &Parameter::string("", gateway).matching("(igw-[0-9a-f]+)?", "an internet gateway's ID, such as igw-0123456789abcdef0, or blank"),
    );
    rack.parameter(&HIGH_AVAILABILITY, &Parameter::choice(&["true", "false"], "Use a third availability zone where the region has one"));
    rack.parameter(&MAX_AVAILABILITY_ZONES, &Parameter::number(3, "The most availability zones to use").between(2, 3));
    rack.parameter(&VPC_CIDR, &Parameter::string("10.0.0.0/16", "Addresses of the VPC").matching(IPV4_BLOCK, IPV4_BLOCK_WORDS));
    for (index, name) in SUBNET_CIDRS.iter().enumerate() {
        let parameter = Parameter::string(&format!("10.0.{}.0/24", index + 1), &format!("Addresses of public subnet {index}"));
        rack.parameter(name, &parameter.matching(IPV4_BLOCK, IPV4_BLOCK_WORDS));
    }
    rack.parameter(&LOG_RETENTION, &Parameter::choice(&RETENTIONS, "Number of days to keep logs (blank for unlimited)").default_to("7"));
}

fn security_group(description: &str) -> Parameter {
    Parameter::string("", description).matching("(sg-[0-9a-f]+)?", "a security group's ID, such as sg-0123456789abcdef0, or blank")
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
    rack.condition(&CUSTOMER_MANAGED_KEY, &Condition::parameter_is(&ENABLE_SHARED_EFS_VOLUME_ENCRYPTION, "true"));
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
