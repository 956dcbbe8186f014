//! The typed rack: a network, an ECS cluster, the two build tasks and the build cache.
//!
//! Takes nothing; returns [`Sections`] in document order, and [`host_template`], the part of a rack that the build cache refers to.
//! Parameters, conditions and logical IDs have the same names as in a Convox rack, so that `host_template` fits both.
//!
//! One file per area. [`Sections`] keeps the order of declaration, and every parameter is declared in a group, so the rendered
//! document needs no list of names.

mod access;
mod builds;
mod encryption;
mod network;
mod outputs;
mod parameters;

pub use builds::{DOCKER_IMAGE, KANIKO_IMAGE};
pub use network::SUBNETS;

use super::build_cache::{BuildCache, HostTemplate};
use super::sections::Sections;

/// Returns the rack's sections in document order.
pub fn rack() -> Sections {
    let host = host_template();
    let mut rack = Sections::default();
    parameters::declare(&mut rack);
    parameters::declare_conditions(&mut rack);
    network::declare(&mut rack, &host);
    access::declare_log_group(&mut rack);
    encryption::declare(&mut rack);
    access::declare_roles(&mut rack);
    builds::declare(&mut rack);
    rack.extend(BuildCache::new(&host).into_sections());
    outputs::declare(&mut rack, &host);
    rack
}

/// Returns the names in a current rack that the build cache refers to, both in ours and in Convox's.
pub fn host_template() -> HostTemplate {
    HostTemplate {
        fargate: parameters::USE_FARGATE_BUILD,
        third_zone: Some(parameters::THIRD_ZONE),
        subnets: SUBNETS,
        vpc: network::VPC,
        existing_vpc: Some((parameters::BLANK_EXISTING_VPC, parameters::EXISTING_VPC)),
        instances_security: network::INSTANCES_SECURITY,
        instance_security_group: Some((parameters::BLANK_INSTANCE_SECURITY_GROUP, parameters::INSTANCE_SECURITY_GROUP)),
        build_instance_security_group: Some((parameters::BLANK_BUILD_INSTANCE_SECURITY_GROUP, parameters::BUILD_INSTANCE_SECURITY_GROUP)),
        key: Some(encryption::encryption_key(&parameters::FILE_SYSTEM_ENCRYPTION)),
    }
}
