//! The typed rack: a network, an ECS cluster, the two build tasks and their build cache.
//!
//! Parameters, conditions and logical IDs carry the names that an operator of a Convox rack knows, so that
//! [`build_cache::HostTemplate::default`] fits both. One file per area; the order of the document is for `templates/`.

mod access;
mod builds;
mod network;
mod outputs;
mod parameters;

pub use builds::{DOCKER_IMAGE, KANIKO_IMAGE};

use super::build_cache::{self, BuildCache, HostTemplate};
use super::ec2::Subnet;
use super::reference::LogicalId;
use super::sections::Sections;

/// The public subnets, one per availability zone; the third only under a condition.
pub const SUBNETS: [LogicalId<Subnet>; 3] = [LogicalId::new("Subnet0"), LogicalId::new("Subnet1"), LogicalId::new("Subnet2")];

/// Returns the rack's sections, everything in the order in which a reader meets it.
pub fn rack() -> Sections {
    let host = HostTemplate::default();
    let mut rack = Sections::default();
    parameters::declare(&mut rack);
    parameters::declare_conditions(&mut rack);
    network::declare(&mut rack, &host);
    access::declare(&mut rack);
    builds::declare(&mut rack);
    rack.extend(BuildCache::new(&host).into_sections());
    outputs::declare(&mut rack, &host);
    rack
}
