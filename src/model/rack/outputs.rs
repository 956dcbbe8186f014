//! The rack's outputs: the values that a build or an operator needs.

use super::access::LOG_GROUP;
use super::builds::{CLUSTER, EC2_TASK, FARGATE_TASK};
use super::network::SUBNETS;
use super::parameters::{THIRD_ZONE, USE_FARGATE_BUILD};
use crate::model::build_cache::{self, HostTemplate};
use crate::model::ecs::TaskDefinition;
use crate::model::name::Id;
use crate::model::sections::Sections;
use crate::model::value::{OrNoValue, Value};

/// The first Fargate platform version that can mount EFS. A task definition has no such property, so the `RunTask` call sets it.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html>
const PLATFORM_VERSION: &str = "1.4.0";

pub(super) fn declare(rack: &mut Sections, host: &HostTemplate) {
    let [first, second, third] = SUBNETS.map(|subnet| subnet.reference().to_text());
    let subnets = Value::join(",", vec![first.into(), second.into(), OrNoValue::only_if(&THIRD_ZONE, third)]);
    let task = Value::<Id<TaskDefinition>>::if_else(&USE_FARGATE_BUILD, FARGATE_TASK.reference(), EC2_TASK.reference());
    let launch_type = Value::if_else(&USE_FARGATE_BUILD, "FARGATE", "EC2");
    rack.output("Vpc", None, "VPC of the rack", &host.vpc_id().to_text());
    rack.output("Cluster", None, "Cluster that builds run in", &CLUSTER.reference().to_text());
    rack.output("LogGroup", None, "Log group of the rack", &LOG_GROUP.reference().to_text());
    rack.output("BuildTaskDefinition", None, "Task definition of a build", &task.to_text());
    rack.output("BuildLaunchType", None, "Launch type of a build task", &launch_type);
    rack.output("BuildPlatformVersion", Some(&USE_FARGATE_BUILD), "Fargate platform version of a build task", &PLATFORM_VERSION.into());
    rack.output("BuildSubnets", None, "Subnets of a build task", &subnets);
    rack.output("BuildSecurityGroup", None, "Security group of a build task", &host.build_security_group().to_text());
    let repository_uri = build_cache::REPOSITORY.attribute("RepositoryUri");
    rack.output("BuildCacheRepositoryUri", Some(&build_cache::BUILD_CACHE_ENABLED), "Repository of cached layers", &repository_uri);
    let file_system = build_cache::FILE_SYSTEM.reference().to_text();
    rack.output("BuildCacheFilesystem", Some(&build_cache::FARGATE), "File system of cached directories", &file_system);
}
